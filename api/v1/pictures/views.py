"""The gate for small pictures: of people, groups and the center. The right to see one is in its signed address."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.common.negotiation import AnyAccept
from api.v1.pictures import serializers as shapes
from apps.core import clock, images

HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Disposition": "inline",
}


class PictureView(APIView):
    resource = "pictures"
    authentication_classes: list[type] = []
    throttle_classes: list[type] = []  # a page of a hundred people shows a hundred pictures
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="pictures_retrieve",
        parameters=[shapes.PictureQuery],
        responses={(200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, path: str) -> HttpResponse:
        """A picture, by an address that another answer gave."""
        given = request.query_params
        content, media_type = images.read_picture(
            tenant=request.tenant,  # type: ignore[attr-defined]
            path=path,
            expires=given.get("expires", ""),
            signature=given.get("sig", ""),
            at=clock.now(),
        )
        return HttpResponse(content, content_type=media_type, headers=HEADERS)
