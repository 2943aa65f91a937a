"""For people who cannot get in: what their admin, or an owner, does for them."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from api.common.serializers import StrictSerializer
from apps.authentication import queries
from apps.authentication.operations import second_factor, sessions_rescue


class RescueIn(StrictSerializer):
    email = serializers.EmailField(max_length=254, help_text="Of somebody of the center.")
    reason = serializers.CharField(max_length=500, help_text="The center reads it in its audit trail.")


class SignInStateOut(serializers.Serializer[Any]):
    """What keeps a person out, or lets them in."""

    locked_addresses = serializers.ListField(
        child=serializers.CharField(), help_text="From where the password was guessed wrong too often."
    )
    is_second_step_locked = serializers.BooleanField()
    has_second_factor = serializers.BooleanField()
    recovery_codes_left = serializers.IntegerField()
    open_sessions = serializers.IntegerField()


class SignInStateView(APIView):
    resource = "users/sign-in"

    @extend_schema(operation_id="users_sign_in", responses=SignInStateOut)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """How a person of my center stands with signing in."""
        return Response(SignInStateOut(queries.sign_in_state(user_id=id)).data)


class LiftLockView(APIView):
    resource = "users/sign-in/lock"

    @extend_schema(operation_id="users_lift_lock", responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Let a person try again at once who is locked after wrong passwords or codes."""
        sessions_rescue.lift_lock(user_id=id)
        return Response(status=204)


class ResetFactorView(APIView):
    resource = "users/sign-in/second-factor"

    @extend_schema(operation_id="users_reset_second_factor", responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Take the second factor away from a person who lost phone and codes; their sessions end."""
        second_factor.reset(user_id=id)
        return Response(status=204)


class OwnerLiftLockView(APIView):
    resource = "owner-centers/lift-lock"

    @extend_schema(operation_id="owner_centers_lift_lock", request=RescueIn, responses={204: None})
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let somebody of a center try again at once who is locked after wrong passwords or codes."""
        shape = RescueIn(data=request.data)
        shape.is_valid(raise_exception=True)
        sessions_rescue.lift_lock_in(center_id=id, **shape.validated_data)
        return Response(status=204)


class OwnerResetFactorView(APIView):
    resource = "owner-centers/reset-second-factor"

    @extend_schema(operation_id="owner_centers_reset_second_factor", request=RescueIn, responses={204: None})
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Take the second factor away from somebody of a center; their sessions end."""
        shape = RescueIn(data=request.data)
        shape.is_valid(raise_exception=True)
        sessions_rescue.reset_second_factor_in(center_id=id, **shape.validated_data)
        return Response(status=204)
