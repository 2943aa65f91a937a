"""The gate for small pictures: of people, groups and the center. The right to see one is in its signed address."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.common import gate
from api.common.negotiation import AnyAccept
from api.v1.pictures import serializers as shapes
from apps.core import clock, images

# A picture never changes under its address, which is the same all day: a page asks for each once, not with each look.
HEADERS = gate.HEADERS | {"Cache-Control": "private, max-age=3600"}


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
        file = gate.Leaving(
            size=len(content),
            media_type=media_type,
            disposition="inline",
            tag=path.rpartition("/")[2].partition(".")[0],
            read=lambda begin, end: content[begin:end],
            headers=HEADERS,
        )
        return gate.answer(request, file)
