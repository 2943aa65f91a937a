"""What a sign-in is answered with, whichever way it came."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.response import Response

from api.common import tokens
from api.common.requests import Request
from api.v1.authentication import serializers as shapes
from apps.authentication.operations import sessions


class LoginOut(shapes.PairOut):
    user = shapes.UserOut()
    must_set_up_second_factor = serializers.BooleanField(
        help_text="The center demands a second factor that this person lacks: until it is set up, nothing else works."
    )


class ChallengeOut(serializers.Serializer[Any]):
    """Who this is has to be shown with a second factor. The challenge is good for ``auth/login/second-factor/`` alone."""

    second_factor_required = serializers.BooleanField()
    challenge = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


SIGN_IN_ANSWERS = {
    200: LoginOut,
    202: OpenApiResponse(ChallengeOut, description="This person has a second factor: its code comes next."),
}


def pair(request: Request, signed_in: sessions.SignedIn) -> dict[str, str]:
    """Access and refresh token of an open session."""
    user = signed_in.user
    access = tokens.issue_access(
        tenant=request.tenant,
        user_id=user.pk,
        session_id=signed_in.session_id,
        version=user.session_version,
        role=user.role,
    )
    return {"access": access, "refresh": signed_in.refresh}


def answer(request: Request, outcome: sessions.SignedIn | sessions.Challenge) -> Response:
    """Tokens and the person, or the question for a code."""
    if isinstance(outcome, sessions.Challenge):
        body = {"second_factor_required": True, "challenge": outcome.token, "expires_in": outcome.seconds}
        return Response(body, status=202)
    user = shapes.UserOut(outcome.user, context={"request": request}).data
    return Response({**pair(request, outcome), "user": user, "must_set_up_second_factor": outcome.lacks_factor})
