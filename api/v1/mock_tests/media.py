"""The one gate through which pictures and recordings leave. The right to them is in the signed link."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.common import links
from api.common.negotiation import AnyAccept
from api.v1.mock_tests.serializers import files
from apps.core import clock
from apps.mock_tests import queries

if TYPE_CHECKING:
    from apps.mock_tests.models import MediaFile

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)
HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Accept-Ranges": "bytes",
}


class MediaView(APIView):
    resource = "media"
    authentication_classes: list[type] = []
    throttle_classes: list[type] = []  # a classroom behind one address plays many recordings at once
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="media_retrieve",
        parameters=[files.MediaQuery],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY), 206: None, 416: None},
    )
    def get(self, request: Request, id: uuid.UUID) -> HttpResponse:
        """A picture or recording, whole or the range that is asked for."""
        given = request.query_params
        links.check_media(
            tenant=request.tenant,  # type: ignore[attr-defined]
            media_id=id,
            expires=given.get("expires", ""),
            signature=given.get("sig", ""),
            at=clock.now(),
        )
        return _answer(queries.get_media(media_id=id), request.headers.get("Range", ""))


def _answer(file: MediaFile, wanted: str) -> HttpResponse:
    suffix = file.storage_name.rpartition(".")[2]
    # The name under which it was uploaded could give an answer away.
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{file.pk}.{suffix}"'}
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or not (found[1] or found[2]):
        return HttpResponse(_bytes(file, 0, file.size), content_type=file.media_type, headers=headers)
    part = _part(found[1], found[2], file.size)
    if part is None:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    first, end = part
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{file.size}"
    return HttpResponse(_bytes(file, first, end), status=206, content_type=file.media_type, headers=headers)


def _part(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Where the wanted part begins and ends; nothing where it lies outside the file."""
    begin, end = (int(first), int(last or size) + 1) if first else (max(0, size - int(last)), size)
    end = min(end, size)
    return (begin, end) if begin < end else None


def _bytes(file: MediaFile, begin: int, end: int) -> bytes:
    return queries.read_media(file=file, begin=begin, end=end)
