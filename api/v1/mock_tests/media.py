"""The one gate through which pictures and recordings leave. The right to them is in the signed link."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common import gate, links
from api.common.negotiation import AnyAccept
from api.common.requests import Request as Requested
from api.v1.mock_tests.serializers import files
from apps.core import clock
from apps.core.files import store
from apps.mock_tests import queries
from apps.mock_tests.operations.files import media

if TYPE_CHECKING:
    from apps.mock_tests.models import MediaFile, MediaPreview

HEADERS = gate.HEADERS
WIDEST = 8_000


class MediaView(APIView):
    resource = "media"
    authentication_classes: list[type] = []
    throttle_classes: list[type] = []  # a classroom behind one address plays many recordings at once
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="media_retrieve",
        parameters=[files.MediaQuery],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY),
            206: None,
            302: None,
            304: None,
            416: None,
        },
    )
    def get(self, request: Request, id: uuid.UUID) -> HttpResponse:
        """A picture or recording, whole or the range that is asked for. With ``w`` a picture that is so wide at least and
        smaller than the whole one, if there is one."""
        given = request.query_params
        at = clock.now()
        links.check_media(
            tenant=request.tenant,  # type: ignore[attr-defined]
            media_id=id,
            expires=given.get("expires", ""),
            signature=given.get("sig", ""),
            at=at,
        )
        found = queries.get_media(media_id=id)
        width = given.get("w", "")
        wanted = int(width) if width.isascii() and width.isdigit() and len(width) <= 4 else WIDEST
        file = queries.find_preview(media_id=id, width=wanted) if wanted < WIDEST else None
        return gate.answer(request, leaving(found, file or found, seconds=int(given["expires"]) - int(at.timestamp())))


def leaving(whole: MediaFile, file: MediaFile | MediaPreview, *, seconds: int) -> gate.Leaving:
    """A file on its way out by a link that holds for so long."""
    # The name under which it was uploaded could give an answer away.
    disposition = f'attachment; filename="{whole.pk}.{file.storage_name.rpartition(".")[2]}"'
    return gate.Leaving(
        size=file.size,
        media_type=file.media_type,
        disposition=disposition,
        tag=f"{whole.sha256[:32]}-{file.size}",
        read=lambda begin, end: queries.read_media(file=file, begin=begin, end=end),
        elsewhere=store.link(file.storage_name, seconds=seconds, media_type=file.media_type, disposition=disposition),
    )


class UploadedView(APIView):
    resource = "media-uploads"

    @extend_schema(operation_id="media_uploads_delete", responses={204: None})
    def delete(self, request: Requested, id: uuid.UUID) -> Response:
        """Remove a picture or recording that nothing shows or plays: teachers their own, administrators any."""
        media.delete_media(actor=request.user, media_id=id)
        return Response(status=204)
