from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.invitations import serializers as shapes
from apps.authentication import queries
from apps.authentication.operations import invitations, registration

ONE_OR_MORE = PolymorphicProxySerializer(
    component_name="InvitationsMade",
    serializers=[shapes.InvitationOut, shapes.InvitationOut(many=True)],
    resource_type_field_name=None,
    many=False,
)


class InvitationViewSet(GenericViewSet[Any]):
    """Codes with which people make their accounts."""

    resource = "invitations"
    serializer_class = shapes.InvitationOut

    @extend_schema(operation_id="invitations_create", request=shapes.InviteIn, responses={201: ONE_OR_MORE})
    def create(self, request: Request) -> Response:
        """Invite up to a hundred people: by code, or by mail. One invitation is answered as itself, several as an array."""
        shape = shapes.InviteIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = registration.invite(actor=request.user, **shape.validated_data)
        data = shapes.InvitationOut(made, many=True, context={"request": request}).data
        return Response(data[0] if len(data) == 1 else data, status=201)

    @extend_schema(
        operation_id="invitations_list",
        parameters=[shapes.InvitationFilters],
        responses=shapes.InvitationOut(many=True),
    )
    @action(detail=False, methods=["get"], url_path="list")
    def listed(self, request: Request) -> Response:
        """The center's invitations, newest first."""
        wanted = shapes.InvitationFilters.read(request)
        order = wanted.pop("ordering", "-created_at")
        rows = self.paginate_queryset(queries.list_invitations(**wanted).order_by(order, "code"))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="invitations_approve", request=shapes.InvitationCodeIn, responses=shapes.DecidedOut)
    @action(detail=False, methods=["post"])
    def approve(self, request: Request) -> Response:
        """Let in who registered with this code; they are told by mail."""
        shape = shapes.InvitationCodeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        invitation = registration.approve_invitation(actor=request.user, **shape.validated_data)
        return self._answer(f"{invitation.target_user} can sign in now.", invitation)

    @extend_schema(operation_id="invitations_reject", request=shapes.InvitationDecisionIn, responses=shapes.DecidedOut)
    @action(detail=False, methods=["post"])
    def reject(self, request: Request) -> Response:
        """Shut out who registered with this code, or make it useless if nobody has."""
        shape = shapes.InvitationDecisionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        invitation = registration.reject_invitation(actor=request.user, **shape.validated_data)
        return self._answer("The invitation is rejected.", invitation)

    @extend_schema(
        operation_id="invitations_withdraw", request=shapes.InvitationDecisionIn, responses=shapes.DecidedOut
    )
    @action(detail=False, methods=["post"])
    def withdraw(self, request: Request) -> Response:
        """Make a code useless that nobody has used."""
        shape = shapes.InvitationDecisionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        invitation = invitations.withdraw_invitation(actor=request.user, **shape.validated_data)
        return self._answer("The invitation is withdrawn.", invitation)

    @extend_schema(operation_id="invitations_resend", request=shapes.InvitationCodeIn, responses=shapes.DecidedOut)
    @action(detail=False, methods=["post"])
    def resend(self, request: Request) -> Response:
        """Send the letter again; the code lives anew."""
        shape = shapes.InvitationCodeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        invitation = invitations.resend_invitation(actor=request.user, **shape.validated_data)
        return self._answer("The letter is on its way again.", invitation)

    def _answer(self, detail: str, invitation: Any) -> Response:
        data = {"detail": detail, "invitation": invitation}
        return Response(shapes.DecidedOut(data, context={"request": self.request}).data)
