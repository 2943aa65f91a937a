from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.users import serializers as shapes
from apps.authentication import queries as accounts
from apps.authentication.operations import guests


class GuestViewSet(GenericViewSet[Any]):
    """People who are here for a while and see only what is assigned to them by name."""

    resource = "guests"
    serializer_class = shapes.GuestOut

    @extend_schema(operation_id="guests_list", parameters=[shapes.GuestFilters])
    def list(self, request: Request) -> Response:
        """The center's guests, when their time is over, and the invitations they came by."""
        wanted = shapes.GuestFilters.read(request)
        order = wanted.pop("ordering", "last_name")
        rows = self.paginate_queryset(accounts.list_guests(**wanted).order_by(order, "first_name", "pk"))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="guests_upgrade", request=shapes.UpgradeIn, responses=shapes.UpgradedOut)
    @action(detail=False, methods=["post"])
    def upgrade(self, request: Request) -> Response:
        """Make a guest a student, with all their attempts. They sign in anew, since a new role ends all sessions."""
        shape = shapes.UpgradeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = guests.upgrade_guest(actor=request.user, **shape.validated_data)
        body = {"detail": f"{person} is a student now.", "user": person}
        return Response(shapes.UpgradedOut(body, context={"request": request}).data)

    @extend_schema(operation_id="guests_extend", request=shapes.ExtendStayIn, responses=shapes.GuestOut)
    @action(detail=False, methods=["post"])
    def extend(self, request: Request) -> Response:
        """Let a guest stay longer, or less long. One whose time was over can sign in again."""
        shape = shapes.ExtendStayIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        guest = guests.extend_guest(actor=request.user, user_id=given["user_id"], ends_at=given["access_ends_at"])
        return Response(self.get_serializer(guest).data)
