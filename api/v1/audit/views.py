from __future__ import annotations

import uuid
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.common.streams import stream
from api.v1.audit import serializers as shapes
from apps.audit import queries
from apps.audit.operations import exporting, keeping

TYPES = {
    exporting.CSV: "text/csv; charset=utf-8",
    exporting.JSONL: "application/x-ndjson",
    exporting.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class AuditViewSet(GenericViewSet[Any]):
    """Who did what: a center's own trail for its admins, the platform's for owners. Nobody changes it."""

    resource = "audit"
    serializer_class = shapes.AuditEntryOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="audit_list", parameters=[shapes.EntryFilters])
    def list(self, request: Request) -> Response:
        """Newest first."""
        page = self.paginate_queryset(queries.entries_for(request.user, **shapes.EntryFilters.read(request)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="audit_retrieve", responses=shapes.AuditEntryDetailOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return Response(shapes.AuditEntryDetailOut(queries.get_entry_for(request.user, id)).data)

    @extend_schema(
        operation_id="audit_export",
        parameters=[shapes.ExportFilters],
        responses={(200, kind.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY) for kind in TYPES.values()},
    )
    @action(detail=False, methods=["get"], content_negotiation_class=AnyAccept)
    def export(self, request: Request) -> StreamingHttpResponse:
        """The same as a file, newest first; that it was taken is written down."""
        filters = shapes.ExportFilters.read(request)
        to = filters.pop("to")
        return StreamingHttpResponse(
            stream(request, exporting.export(actor=request.user, to=to, filters=filters)),
            content_type=TYPES[to],
            headers={
                "Content-Disposition": f'attachment; filename="audit-{request.tenant.slug}.{to}"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    @extend_schema(operation_id="audit_verify", responses=shapes.VerdictOut)
    @action(detail=False, methods=["get"])
    def verify(self, request: Request) -> Response:
        """Check every entry and the chain over them."""
        return Response(shapes.VerdictOut(keeping.verify()).data)
