"""The second factor: to sign in with, to set up, to turn off."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.common.throttling import SignInRate
from api.v1.authentication import answers
from apps.authentication import queries
from apps.authentication.operations import second_factor, sessions

_CODE = "Six digits of the app, or a recovery code; spaces and hyphens do not matter."


class SecondStepIn(StrictSerializer):
    challenge = serializers.CharField(max_length=100)
    code = serializers.CharField(max_length=40, help_text=_CODE)


class SetUpIn(StrictSerializer):
    password = serializers.CharField(
        max_length=200,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        default="",
        help_text="One's own; who has none leaves it out.",
    )


class ConfirmIn(StrictSerializer):
    code = serializers.CharField(max_length=40, help_text="The six digits that the app shows.")


class ProofIn(SetUpIn):
    code = serializers.CharField(max_length=40, help_text=_CODE)


class SecondFactorOut(serializers.Serializer[Any]):
    is_on = serializers.BooleanField()
    is_demanded = serializers.BooleanField(help_text="The center asks it of people with this role.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    recovery_codes_left = serializers.IntegerField()
    has_password = serializers.BooleanField(help_text="Who came by an identity provider may have none.")


class SetUpOut(serializers.Serializer[Any]):
    """What an app needs. It is shown this once."""

    secret = serializers.CharField(help_text="To type in, where no picture can be taken.")
    uri = serializers.CharField(help_text="otpauth://")
    qr_svg = serializers.CharField(help_text="The same as a picture.")


class RecoveryCodesOut(serializers.Serializer[Any]):
    """Ten codes that stand in for the app, once each. They are shown this once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class SecondStepView(APIView):
    resource = "auth/login/second-factor"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_login_second_factor", request=SecondStepIn, responses=answers.LoginOut)
    def post(self, request: Request) -> Response:
        """Finish a sign-in with a code of the app, or with a recovery code."""
        shape = SecondStepIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return answers.answer(request, sessions.finish_sign_in(request=request._request, **shape.validated_data))


class SecondFactorView(APIView):
    resource = "auth/second-factor"
    throttle_classes = [SignInRate]
    opens_without_factor = True

    @extend_schema(operation_id="auth_second_factor", responses=SecondFactorOut)
    def get(self, request: Request) -> Response:
        """Whether I sign in with a second factor, and have to."""
        factor = queries.find_second_factor(user_id=request.user.pk)
        found = {
            "is_on": factor is not None,
            "is_demanded": queries.is_second_factor_demanded(user=request.user),
            "confirmed_at": factor.confirmed_at if factor else None,
            "has_password": request.user.has_usable_password(),
            "recovery_codes_left": factor.codes_left if factor else 0,  # type: ignore[attr-defined]
        }
        return Response(SecondFactorOut(found).data)

    @extend_schema(operation_id="auth_second_factor_set_up", request=SetUpIn, responses={201: SetUpOut})
    def post(self, request: Request) -> Response:
        """Begin to set one up: a secret for my app. It counts once ``confirm`` has got a code."""
        shape = SetUpIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = second_factor.set_up(actor=request.user, **shape.validated_data)
        return Response(SetUpOut(made).data, status=201)


class SecondFactorConfirmView(APIView):
    resource = "auth/second-factor/confirm"
    throttle_classes = [SignInRate]
    opens_without_factor = True

    @extend_schema(operation_id="auth_second_factor_confirm", request=ConfirmIn, responses=RecoveryCodesOut)
    def post(self, request: Request) -> Response:
        """Turn it on with a first code; my other sessions end. Answers ten recovery codes."""
        shape = ConfirmIn(data=request.data)
        shape.is_valid(raise_exception=True)
        codes = second_factor.confirm(
            actor=request.user, session_id=request.auth.session_id, code=shape.validated_data["code"]
        )
        return Response({"recovery_codes": codes})


class SecondFactorDisableView(APIView):
    resource = "auth/second-factor/disable"
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_second_factor_disable", request=ProofIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """Turn it off, with my password and a code."""
        shape = ProofIn(data=request.data)
        shape.is_valid(raise_exception=True)
        second_factor.disable(actor=request.user, **shape.validated_data)
        return Response(status=204)


class RecoveryCodesView(APIView):
    resource = "auth/second-factor/recovery-codes"
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_second_factor_recovery_codes", request=ProofIn, responses=RecoveryCodesOut)
    def post(self, request: Request) -> Response:
        """Ten new recovery codes, with my password and a code; the old ones are dead."""
        shape = ProofIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response({"recovery_codes": second_factor.renew_codes(actor=request.user, **shape.validated_data)})
