"""A center's own face, for its admins."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.pictures import picture_url
from api.common.requests import Request
from api.v1.centers import faces
from api.v1.centers.serializers import QUESTION_REVIEWS, REGISTRATIONS, STATUSES, CenterDetailsIn
from api.v1.mock_tests.uploads import limit_body
from apps.centers.operations import profile
from apps.centers.queries import centers as queries
from apps.core import images

if TYPE_CHECKING:
    from apps.centers.models import Center


class ChangeProfileIn(CenterDetailsIn):
    """What is absent stays."""

    name = serializers.CharField(max_length=120, required=False)
    staff_second_factor = serializers.BooleanField(
        required=False, help_text="Staff without a second factor may do nothing but set one up, from now on."
    )
    question_review = serializers.ChoiceField(
        QUESTION_REVIEWS,
        required=False,
        help_text="Whether questions of the bank need an approval before tests may take them: OFF, ON, or FOUR_EYES, "
        "by somebody other than their author.",
    )


class LogoIn(serializers.Serializer[Any]):
    avatar = serializers.FileField(help_text="PNG, JPEG, GIF or WebP, up to 10 MB; it is made anew from its pixels.")


class OwnCenterOut(serializers.Serializer[Any]):
    """The center as its admins see it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    avatar = serializers.SerializerMethodField()
    description = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    website = serializers.CharField()
    address = serializers.CharField()
    primary_color = serializers.CharField()
    brand = serializers.SerializerMethodField()
    locale = serializers.CharField()
    time_zone = serializers.CharField()
    registration = serializers.ChoiceField(REGISTRATIONS)
    staff_second_factor = serializers.BooleanField(help_text="Whether staff need a second factor.")
    question_review = serializers.ChoiceField(
        QUESTION_REVIEWS, help_text="What a question of the bank has to pass before tests may take it."
    )
    plan = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    status_display = serializers.CharField(source="get_status_display")
    is_ready = serializers.SerializerMethodField()
    host = serializers.SerializerMethodField(help_text="Where links in letters lead.")
    trial_ends_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_avatar(self, center: Any) -> str | None:
        return picture_url(self.context["request"], center.logo)

    @extend_schema_field(faces.BrandOut)
    def get_brand(self, center: Any) -> dict[str, str]:
        return faces.brand_of(center.primary_color)

    def get_is_ready(self, center: Any) -> bool:
        return bool(center.state == "READY")

    def get_host(self, center: Any) -> str:
        return queries.host_of(center)


class OwnCenterViewSet(GenericViewSet[Any]):
    """The center of the signed-in admin; every other id is unknown."""

    resource = "center-admin-centers"
    serializer_class = OwnCenterOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="center_admin_centers_list", responses=OwnCenterOut(many=True))
    def list(self, request: Request) -> Response:
        """The one center of this host."""
        page = self.paginate_queryset([queries.get_center(center_id=request.tenant.id)])
        return self.get_paginated_response(OwnCenterOut(page, many=True, context={"request": request}).data)

    @extend_schema(operation_id="center_admin_centers_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One's own center."""
        return _shown(request, queries.get_own_center(center_id=id))

    @extend_schema(operation_id="center_admin_centers_update", request=ChangeProfileIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change how the center presents itself, its language, time zone and who may register."""
        queries.get_own_center(center_id=id)
        shape = ChangeProfileIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return _shown(request, profile.change_profile(changes=shape.validated_data))

    @extend_schema(operation_id="center_admin_centers_replace", request=ChangeProfileIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)


class LogoView(APIView):
    """The center's logo."""

    resource = "centers/avatar"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="centers_avatar_create", request={"multipart/form-data": LogoIn}, responses=OwnCenterOut
    )
    def post(self, request: Request) -> Response:
        """Show this picture on the center's pages, in its letters and lists."""
        return self._set(request)

    @extend_schema(
        operation_id="centers_avatar_update", request={"multipart/form-data": LogoIn}, responses=OwnCenterOut
    )
    def patch(self, request: Request) -> Response:
        """The same."""
        return self._set(request)

    @extend_schema(
        operation_id="centers_avatar_replace", request={"multipart/form-data": LogoIn}, responses=OwnCenterOut
    )
    def put(self, request: Request) -> Response:
        """The same."""
        return self._set(request)

    @extend_schema(operation_id="centers_avatar_remove", responses=OwnCenterOut)
    def delete(self, request: Request) -> Response:
        """Show the name alone."""
        return _shown(request, profile.remove_logo())

    def _set(self, request: Request) -> Response:
        limit_body(request, images.MOST_BYTES)
        shape = LogoIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return _shown(request, profile.set_logo(data=shape.validated_data["avatar"].read()))


def _shown(request: Request, center: Center) -> Response:
    return Response(OwnCenterOut(center, context={"request": request}).data)
