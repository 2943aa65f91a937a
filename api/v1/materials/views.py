from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request as AnyRequest
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common import gate, links
from api.common.negotiation import AnyAccept
from api.common.pagination import PagesOrAll
from api.common.parsers import StrictJSONParser
from api.common.requests import Request
from api.v1.materials import serializers as shapes
from api.v1.mock_tests.uploads import limit_body
from apps.core import clock
from apps.core.files import store
from apps.materials import operations, queries, rules

CATEGORY = {"application/json": shapes.CategoryIn, "multipart/form-data": shapes.CategoryIn}
MATERIAL = {"application/json": shapes.MaterialLinkIn, "multipart/form-data": shapes.MaterialIn}


class CategoryViewSet(GenericViewSet[Any]):
    """Folders of what is handed out. Who may see one may see what is in it."""

    request: Request
    resource = "material-categories"
    parser_classes = [StrictJSONParser, MultiPartParser]
    pagination_class = PagesOrAll
    serializer_class = shapes.CategoryOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="material_categories_list", parameters=[shapes.CategoryFilters])
    def list(self, request: Request) -> Response:
        """Staff see all, students those for the whole center or for a group of theirs. ``?page=all`` answers an array."""
        wanted = shapes.CategoryFilters.read(request)
        order = wanted.pop("ordering", "name")
        rows = queries.list_categories_for(request.user, **wanted).order_by(order, "pk")
        return self.get_paginated_response(self._shown(self.paginate_queryset(rows), many=True))

    @extend_schema(operation_id="material_categories_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return self._answer(id)

    @extend_schema(operation_id="material_categories_create", request=CATEGORY, responses={201: shapes.CategoryOut})
    def create(self, request: Request) -> Response:
        """Make a folder."""
        category = operations.create_category(actor=request.user, **self._wanted())
        return self._answer(category.pk, status=201)

    @extend_schema(operation_id="material_categories_update", request=CATEGORY)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a folder: teachers their own, administrators any."""
        operations.update_category(actor=request.user, category_id=id, **self._wanted(partial=True))
        return self._answer(id)

    @extend_schema(operation_id="material_categories_replace", request=CATEGORY)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="material_categories_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a folder with everything in it. A teacher's that holds materials of others is refused."""
        operations.delete_category(actor=request.user, category_id=id)
        return Response(status=204)

    def _wanted(self, *, partial: bool = False) -> dict[str, Any]:
        shape = shapes.CategoryIn(data=self.request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        return shape.changes()

    def _answer(self, category_id: uuid.UUID, *, status: int = 200) -> Response:
        return Response(self._shown(queries.get_category_for(self.request.user, category_id)), status=status)

    def _shown(self, rows: Any, *, many: bool = False) -> Any:
        return shapes.CategoryOut(rows, many=many, context=self.get_serializer_context()).data


class MaterialViewSet(GenericViewSet[Any]):
    """Files and links that are handed out."""

    request: Request
    resource = "materials"
    parser_classes = [StrictJSONParser, MultiPartParser]
    pagination_class = PagesOrAll
    serializer_class = shapes.MaterialOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="materials_list", parameters=[shapes.MaterialFilters])
    def list(self, request: Request) -> Response:
        """Staff see all, students what is for the whole center or for a group of theirs. ``?page=all`` answers an array."""
        wanted = shapes.MaterialFilters.read(request)
        order = wanted.pop("ordering", "-created_at")
        wanted["file_type"] = rules.LINK if wanted.get("file_type") == shapes.OTHER else wanted.get("file_type", "")
        rows = queries.list_materials_for(request.user, **wanted).order_by(order, "pk")
        return self.get_paginated_response(self._shown(self.paginate_queryset(rows), many=True))

    @extend_schema(operation_id="materials_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return self._answer(id)

    @extend_schema(operation_id="materials_create", request=MATERIAL, responses={201: shapes.MaterialOut})
    def create(self, request: Request) -> Response:
        """Hand a file out (as a form), or a link (as JSON). Who may see it is told."""
        material = operations.share_material(actor=request.user, **self._wanted())
        return self._answer(material.pk, status=201)

    @extend_schema(operation_id="materials_update", request=MATERIAL)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a material or replace its file: teachers their own, administrators any."""
        operations.update_material(actor=request.user, material_id=id, **self._wanted(partial=True))
        return self._answer(id)

    @extend_schema(operation_id="materials_replace", request=MATERIAL)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="materials_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Take a material back; its file goes with the last material that it belongs to."""
        operations.delete_material(actor=request.user, material_id=id)
        return Response(status=204)

    def _wanted(self, *, partial: bool = False) -> dict[str, Any]:
        is_form = self.request.content_type.startswith("multipart/")
        if is_form:
            limit_body(self.request, rules.MOST_BYTES)
        kind = shapes.MaterialIn if is_form else shapes.MaterialLinkIn
        shape = kind(data=self.request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        return shape.changes()

    def _answer(self, material_id: uuid.UUID, *, status: int = 200) -> Response:
        return Response(self._shown(queries.get_material_for(self.request.user, material_id)), status=status)

    def _shown(self, rows: Any, *, many: bool = False) -> Any:
        return shapes.MaterialOut(rows, many=many, context=self.get_serializer_context()).data


class FileView(APIView):
    """The gate of materials. The right to one is in the signed link."""

    resource = "materials/file"
    authentication_classes: list[type] = []
    throttle_classes: list[type] = []  # a classroom behind one address opens the same handout at once
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="materials_file",
        parameters=[shapes.FileQuery],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY),
            206: None,
            302: None,
            304: None,
            416: None,
        },
    )
    def get(self, request: AnyRequest, id: uuid.UUID) -> HttpResponse:
        """The file of a material, whole or the range that is asked for."""
        given, at = request.query_params, clock.now()
        links.check_material(
            tenant=request.tenant,  # type: ignore[attr-defined]
            material_id=id,
            expires=given.get("expires", ""),
            signature=given.get("sig", ""),
            at=at,
        )
        material = queries.get_file(material_id=id)
        return gate.answer(request, _leaving(material, seconds=int(given["expires"]) - int(at.timestamp())))


def _leaving(material: Any, *, seconds: int) -> gate.Leaving:
    file = material.file
    end = file.storage_name.rpartition(".")[2]
    # What a browser shows by itself and cannot run is shown; documents are saved.
    is_kept = material.file_type in (rules.PDF, rules.DOCX)
    disposition = content_disposition_header(is_kept, f"{material.name}.{end}") or "attachment"
    return gate.Leaving(
        size=file.size,
        media_type=file.media_type,
        disposition=disposition,
        tag=file.sha256[:32],
        read=lambda begin, end: queries.read_file(file=file, begin=begin, end=end),
        elsewhere=store.link(file.storage_name, seconds=seconds, media_type=file.media_type, disposition=disposition),
    )
