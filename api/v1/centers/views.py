from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import PagesOrAll
from api.common.requests import Request
from api.v1.centers import serializers as shapes
from api.v1.centers.life import CenterLife
from apps.analytics import queries as analytics
from apps.centers.operations import centers
from apps.centers.queries import centers as queries


class OwnerPages(PagesOrAll):
    """Six a page unless asked otherwise: what clients of this list count with."""

    page_size = 6


class OwnerCenterViewSet(CenterLife, GenericViewSet[Any]):
    """Centers, for the owners of the platform; main host only."""

    resource = "owner-centers"
    pagination_class = OwnerPages
    serializer_class = shapes.CenterOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(
        operation_id="owner_centers_list",
        parameters=[shapes.CenterFilters],
        responses=shapes.CenterRowOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """All centers, newest first; six a page unless asked otherwise."""
        rows = self.paginate_queryset(queries.list_centers(**shapes.CenterFilters.read(request))) or []
        context = {"figures": analytics.center_figures(center.pk for center in rows)}
        return self.get_paginated_response(shapes.CenterRowOut(rows, many=True, context=context).data)

    @extend_schema(operation_id="owner_centers_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One center."""
        return Response(shapes.CenterOut(queries.get_center(center_id=id)).data)

    @extend_schema(operation_id="owner_centers_create", request=shapes.OpenCenterIn, responses={201: shapes.CenterOut})
    def create(self, request: Request) -> Response:
        """Open a center. ``state`` says whether its schema was made; one that is not ``READY`` can be tried again."""
        shape = shapes.OpenCenterIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(shapes.CenterOut(centers.open_center(**shape.validated_data)).data, status=201)

    @extend_schema(operation_id="owner_centers_update", request=shapes.ChangeCenterIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a center; a new status works like the verbs."""
        shape = shapes.ChangeCenterIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(shapes.CenterOut(centers.update_center(center_id=id, changes=shape.validated_data)).data)

    @extend_schema(operation_id="owner_centers_replace", request=shapes.ChangeCenterIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="owner_centers_activate", request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, id: uuid.UUID) -> Response:
        """Let people sign in and start; ends a trial."""
        return Response(shapes.CenterOut(centers.activate_center(center_id=id)).data)

    @extend_schema(operation_id="owner_centers_suspend", request=shapes.SuspendIn)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, id: uuid.UUID) -> Response:
        """No new sign-ins and starts; running attempts finish. The reason stands in the center's own trail."""
        shape = shapes.SuspendIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(shapes.CenterOut(centers.suspend_center(center_id=id, **shape.validated_data)).data)

    @extend_schema(operation_id="owner_centers_retry", request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: uuid.UUID) -> Response:
        """Make the schema of a center whose creation failed."""
        return Response(shapes.CenterOut(centers.retry_center(center_id=id)).data)
