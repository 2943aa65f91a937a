from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.v1.jobs import links
from api.v1.jobs import serializers as shapes
from apps.jobs import operations, queries


class TaskViewSet(GenericViewSet[Any]):
    """Long work that one has asked for."""

    resource = "tasks"
    serializer_class = shapes.TaskOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="tasks_list", parameters=[shapes.TaskFilters])
    def list(self, request: Request) -> Response:
        """One's own, newest first."""
        page = self.paginate_queryset(queries.jobs_for(request.user, **shapes.TaskFilters.read(request)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="tasks_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """How far it is, what became of it, and a link to its file if it left one."""
        return Response(self.get_serializer(queries.get_job_for(request.user, id)).data)

    @extend_schema(operation_id="tasks_cancel", request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: uuid.UUID) -> Response:
        """Stop an import or export that one has asked for: at once while it waits, otherwise within a second or so."""
        return Response(self.get_serializer(operations.cancel(actor=request.user, job_id=id)).data)


class TaskFileView(APIView):
    """The right to a file is in the signed link."""

    resource = "tasks/file"
    authentication_classes: list[type] = []
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="tasks_file",
        parameters=[shapes.FileQuery],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, id: uuid.UUID) -> StreamingHttpResponse:
        """The file of a task, as a stream."""
        given = request.query_params
        links.check(tenant=request.tenant, job_id=id, expires=given.get("expires", ""), signature=given.get("sig", ""))
        job = queries.get_file(job_id=id)
        return StreamingHttpResponse(
            _stream(request._request, queries.read_file(job=job)),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": content_disposition_header(True, job.file_name) or "attachment",
                "Content-Length": str(job.file_size),
                "X-Content-Type-Options": "nosniff",
            },
        )


def _stream(request: HttpRequest, pieces: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Piece by piece on either kind of server; an ordinary iterator would be read whole before the first byte leaves an
    asynchronous one."""
    return _pull(pieces) if isinstance(request, ASGIRequest) else pieces


async def _pull(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    take = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
    while piece := await take():
        yield piece
