from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.accommodations import serializers as shapes
from apps.assignments import queries
from apps.assignments.operations import accommodations


class AccommodationViewSet(GenericViewSet[Any]):
    """What students are always given: staff ask, the center's admins decide, students see their own."""

    resource = "accommodations"
    serializer_class = shapes.AccommodationOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="accommodations_list", parameters=[shapes.AccommodationFilters])
    def list(self, request: Request) -> Response:
        """Admins see all, teachers those of their students, students their own, the latest first."""
        wanted = shapes.AccommodationFilters.read(request)
        if "student" in wanted:
            wanted["student_id"] = wanted.pop("student")
        rows = self.paginate_queryset(queries.list_accommodations_for(request.user, **wanted))
        return self.get_paginated_response(shapes.AccommodationOut(rows, many=True).data)

    @extend_schema(operation_id="accommodations_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return self._answer(queries.get_accommodation_for(request.user, id))

    @extend_schema(
        operation_id="accommodations_create",
        request=shapes.AccommodationIn,
        responses={201: shapes.AccommodationOut},
    )
    def create(self, request: Request) -> Response:
        """Ask for an accommodation of a student. Nothing follows from it until an admin approves it."""
        shape = shapes.AccommodationIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(accommodations.propose(actor=request.user, **shape.validated_data), status=201)

    @extend_schema(operation_id="accommodations_approve", request=shapes.ApproveIn)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: uuid.UUID) -> Response:
        """Put it in force, for every attempt that begins from then on. Again is harmless."""
        shape = shapes.ApproveIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(accommodations.approve(actor=request.user, accommodation_id=id, **shape.validated_data))

    @extend_schema(operation_id="accommodations_reject", request=shapes.DecideIn)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: uuid.UUID) -> Response:
        """Do not give what was asked for."""
        shape = shapes.DecideIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(accommodations.reject(actor=request.user, accommodation_id=id, **shape.validated_data))

    @extend_schema(operation_id="accommodations_withdraw", request=shapes.DecideIn)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: uuid.UUID) -> Response:
        """End it. Attempts that run keep what they were given."""
        shape = shapes.DecideIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(accommodations.withdraw(actor=request.user, accommodation_id=id, **shape.validated_data))

    def _answer(self, accommodation: Any, status: int = 200) -> Response:
        return Response(shapes.AccommodationOut(accommodation).data, status=status)
