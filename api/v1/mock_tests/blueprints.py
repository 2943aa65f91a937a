"""Tests that are put together from the bank."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import PagesOrAll
from api.common.requests import Request
from api.v1.mock_tests.revisions import IF_MATCH, expected, tagged
from api.v1.mock_tests.serializers.blueprints import (
    AssembledOut,
    AssembleIn,
    AssembleOnceIn,
    BlueprintFilters,
    BlueprintIn,
    BlueprintOut,
)
from apps.mock_tests.operations.bank import blueprints as operations
from apps.mock_tests.queries.bank import blueprints

ASSEMBLED = {201: AssembledOut, 200: OpenApiResponse(AssembledOut, description="A trial: nothing is made.")}


class BlueprintViewSet(GenericViewSet):
    """How tests are put together from the bank: so many questions of each sort for each group."""

    resource = "blueprints"
    pagination_class = PagesOrAll
    serializer_class = BlueprintOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="blueprints_list", parameters=[BlueprintFilters])
    def list(self, request: Request) -> Response:
        """The blueprints of the center, by name. ``?page=all`` answers an array."""
        rows = blueprints.blueprints_for(request.user).filter(**BlueprintFilters.read(request))
        return self.get_paginated_response(BlueprintOut(self.paginate_queryset(rows), many=True).data)

    @extend_schema(operation_id="blueprints_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One blueprint."""
        row = blueprints.get_blueprint_for(request.user, id)
        return tagged(Response(BlueprintOut(row).data), row)

    @extend_schema(operation_id="blueprints_create", request=BlueprintIn, responses={201: BlueprintOut})
    def create(self, request: Request) -> Response:
        """Keep a blueprint. A plan by which no test can be made is refused with every reason."""
        shape = BlueprintIn(data=request.data)
        shape.is_valid(raise_exception=True)
        row = operations.create_blueprint(actor=request.user, **shape.validated_data)
        return tagged(Response(BlueprintOut(row).data, status=201), row)

    @extend_schema(operation_id="blueprints_update", parameters=[IF_MATCH], request=BlueprintIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a blueprint: teachers their own, administrators any. A plan is replaced as a whole."""
        shape = BlueprintIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        row = operations.update_blueprint(
            actor=request.user, blueprint_id=id, changes=shape.validated_data, expected=expected(request)
        )
        return tagged(Response(BlueprintOut(row).data), row)

    @extend_schema(operation_id="blueprints_replace", parameters=[IF_MATCH], request=BlueprintIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="blueprints_delete", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a blueprint; tests that were made by it stay."""
        operations.delete_blueprint(actor=request.user, blueprint_id=id, expected=expected(request))
        return Response(status=204)

    @extend_schema(operation_id="blueprints_assemble", request=AssembleIn, responses=ASSEMBLED)
    @action(detail=True, methods=["post"])
    def assemble(self, request: Request, id: uuid.UUID) -> Response:
        """Make a draft of questions of the bank. Lines for which the bank does not have enough are refused, each with how
        many there are; a trial tells the same and makes nothing."""
        shape = AssembleIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = operations.assemble_by(actor=request.user, blueprint_id=id, **shape.validated_data)
        return Response(AssembledOut(made).data, status=201 if made.test else 200)

    @extend_schema(operation_id="blueprints_assemble_once", request=AssembleOnceIn, responses=ASSEMBLED)
    @action(detail=False, methods=["post"], url_path="assemble")
    def assemble_once(self, request: Request) -> Response:
        """The same by a plan that is not kept."""
        shape = AssembleOnceIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = operations.assemble(actor=request.user, **shape.validated_data)
        return Response(AssembledOut(made).data, status=201 if made.test else 200)
