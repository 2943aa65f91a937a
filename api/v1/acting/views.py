from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common import tokens
from api.common.requests import Request
from api.common.throttling import SignInRate
from api.v1.acting import serializers as shapes
from apps.authentication import acting as queries
from apps.authentication.operations import acting
from apps.centers.queries import centers


class ActAsView(APIView):
    """Owners, on the main host."""

    resource = "owner-centers/act-as"

    @extend_schema(operation_id="owner_centers_act_as_list", responses=shapes.ActingOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Who acted and acts in this center, newest first, a hundred at most."""
        return Response(shapes.ActingOut(acting.list_from_platform(center_id=id), many=True).data)

    @extend_schema(operation_id="owner_centers_act_as", request=shapes.AskIn, responses={201: shapes.AskedOut})
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """A link with which one can work in this center in the place of an admin, for some minutes and a reason."""
        shape = shapes.AskIn(data=request.data)
        shape.is_valid(raise_exception=True)
        asked = acting.ask(actor=request.user, center_id=id, **shape.validated_data)
        return Response(shapes.AskedOut(asked).data, status=201)


class ActAsEndView(APIView):
    resource = "owner-centers/act-as/end"

    @extend_schema(operation_id="owner_centers_act_as_end", request=None, responses=shapes.ActingOut)
    def post(self, request: Request, id: uuid.UUID, acting_id: uuid.UUID) -> Response:
        """End it, now."""
        row = acting.end_from_platform(actor=request.user, center_id=id, acting_id=acting_id)
        return Response(shapes.ActingOut(row).data)


class BeginView(APIView):
    resource = "auth/act"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_act", request=shapes.CodeIn, responses=shapes.BegunOut)
    def post(self, request: Request) -> Response:
        """Begin to act in an admin's place, with the code of a link; it works once. The center's admins are told."""
        shape = shapes.CodeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        begun = acting.begin(**shape.validated_data)
        access = tokens.issue_access(
            tenant=request.tenant,
            user_id=begun.admin.pk,
            session_id=begun.session_id,
            version=begun.admin.session_version,
            role=begun.admin.role,
            acting_id=begun.acting.pk,
            seconds=begun.acting.minutes * 60,
        )
        return Response({"access": access, "acting": shapes.ActingOut(begun.acting).data})


class ActingViewSet(GenericViewSet[Any]):
    """A center's own admins."""

    resource = "acting"
    serializer_class = shapes.ActingOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="acting_list")
    def list(self, request: Request) -> Response:
        """Owners of the platform who acted and act here, newest first."""
        page = self.paginate_queryset(queries.acting_for(request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="acting_end", request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, id: uuid.UUID) -> Response:
        """End it, now: the next request is refused."""
        return Response(self.get_serializer(acting.end(actor=request.user, acting_id=id)).data)


class ActingSettingsView(APIView):
    resource = "acting/settings"

    @extend_schema(operation_id="acting_settings", responses=shapes.AllowedOut)
    def get(self, request: Request) -> Response:
        """Whether owners of the platform may act here."""
        center = centers.get_center(center_id=request.tenant.id)
        return Response({"is_allowed": center.allows_acting})

    @extend_schema(operation_id="acting_settings_update", request=shapes.AllowedIn, responses=shapes.AllowedOut)
    def patch(self, request: Request) -> Response:
        """Allow it or forbid it; a no ends whoever acts, and holds against owners."""
        shape = shapes.AllowedIn(data=request.data)
        shape.is_valid(raise_exception=True)
        allowed = acting.allow(actor=request.user, allowed=shape.validated_data["is_allowed"])
        return Response({"is_allowed": allowed})
