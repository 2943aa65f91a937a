from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from api.common.requests import Request
from api.v1.results import serializers as shapes
from apps.leaderboards import queries


class ResultsView(GenericAPIView[Any]):
    """Pages of results, which know how to count and slice themselves."""

    def page(self, results: Any) -> Response:
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(results), many=True).data)


class ExamResultsView(ResultsView):
    resource = "results/exams"
    serializer_class = shapes.ExamResultOut

    @extend_schema(operation_id="results_exam", responses=shapes.ExamResultOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """The results of a room, best first, with ranks over all, per section and per topic. Students get their own,
        once results are released."""
        return self.page(queries.results_for(request.user, id))


class MyResultsView(ResultsView):
    resource = "results/my-results"
    serializer_class = shapes.OwnResultOut

    @extend_schema(operation_id="results_mine", responses=shapes.OwnResultOut(many=True))
    def get(self, request: Request) -> Response:
        """My results, newest first, as far as they are released."""
        return self.page(queries.results_of(request.user, request.user.pk))


class UserResultsView(ResultsView):
    resource = "results/users"
    serializer_class = shapes.OwnResultOut

    @extend_schema(operation_id="results_user", responses=shapes.OwnResultOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """A person's results, newest first: for admins, for teachers of that person, and for the person."""
        return self.page(queries.results_of(request.user, id))
