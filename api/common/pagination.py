"""Lists: ``{count, next, previous, results}``; ``?page=all`` answers a bare array where a view allows it, capped too."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

ALL = "all"


class Pages(PageNumberPagination):
    """Twenty a page by default, a hundred at most."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class PagesOrAll(Pages):
    """Lists that fill a select box: ``?page=all`` gives up to 1,000 rows as an array."""

    most_at_once = 1000

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        self.everything = request.query_params.get(self.page_query_param) == ALL
        if self.everything:
            return list(queryset[: self.most_at_once])
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data) if self.everything else super().get_paginated_response(data)
