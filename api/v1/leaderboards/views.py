from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from api.common.pagination import Pages
from api.common.requests import Request
from api.v1.leaderboards import serializers as shapes
from apps.leaderboards import queries


class BoardPages(Pages):
    """Opens at a row where no page is asked for."""

    index: int | None = None

    def get_page_number(self, request: Any, paginator: Any) -> Any:
        if self.index is not None and self.page_query_param not in request.query_params:
            return self.index // paginator.per_page + 1
        return super().get_page_number(request, paginator)


class ExamBoardView(GenericAPIView[Any]):
    resource = "leaderboards/exams"
    serializer_class = shapes.PlaceOut
    pagination_class = BoardPages

    @extend_schema(
        operation_id="leaderboards_exam", parameters=[shapes.BoardFilters], responses=shapes.PlaceOut(many=True)
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """The board of a room, best first, over the whole paper, a section or a topic: final and frozen once the room is
        finalised, provisional before. Students see it as the room's board policy allows."""
        wanted = shapes.BoardFilters.read(request)
        is_around_me = bool(wanted.pop("around", ""))
        board: Any = queries.board_for(request.user, id, **wanted)
        if is_around_me:
            self.paginator.index = board.own_index()  # type: ignore[union-attr]
        return self.get_paginated_response(shapes.PlaceOut(self.paginate_queryset(board), many=True).data)
