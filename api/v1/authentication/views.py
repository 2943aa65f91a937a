from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common import tokens
from api.common.permissions import ANYBODY, SIGNED_IN
from api.common.requests import Request
from api.common.throttling import SignInRate
from api.v1.authentication import serializers as shapes
from apps.authentication.operations import sessions, tickets


def _pair(request: Request, signed_in: sessions.SignedIn) -> dict[str, str]:
    user = signed_in.user
    access = tokens.issue_access(
        tenant=request.tenant,
        user_id=user.pk,
        session_id=signed_in.session_id,
        version=user.session_version,
        role=user.role,
    )
    return {"access": access, "refresh": signed_in.refresh}


class LoginView(APIView):
    policy = {"post": ANYBODY}
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_login", request=shapes.LoginIn, responses=shapes.LoginOut)
    def post(self, request: Request) -> Response:
        """Sign in on this host."""
        shape = shapes.LoginIn(data=request.data)
        shape.is_valid(raise_exception=True)
        signed_in = sessions.sign_in(request=request._request, **shape.validated_data)
        user = shapes.UserOut(signed_in.user, context={"request": request}).data
        return Response({**_pair(request, signed_in), "user": user})


class RefreshView(APIView):
    policy = {"post": ANYBODY}
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_refresh", request=shapes.RefreshIn, responses=shapes.PairOut)
    def post(self, request: Request) -> Response:
        """A new pair for a refresh token, which is used up by this."""
        shape = shapes.RefreshIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(_pair(request, sessions.rotate(refresh=shape.validated_data["refresh"])))


class LogoutView(APIView):
    policy = {"post": SIGNED_IN}

    @extend_schema(operation_id="auth_logout", request=shapes.LogoutIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this session: access token, refresh token and sockets, at once."""
        shape = shapes.LogoutIn(data=request.data)
        shape.is_valid(raise_exception=True)
        sessions.end_session(session_id=request.auth.session_id)
        return Response(status=204)


class MeView(APIView):
    policy = {"get": SIGNED_IN}

    @extend_schema(operation_id="auth_me", responses=shapes.UserOut)
    def get(self, request: Request) -> Response:
        """Who I am here."""
        return Response(shapes.UserOut(request.user, context={"request": request}).data)


class TicketView(APIView):
    policy = {"post": SIGNED_IN}

    @extend_schema(operation_id="auth_ws_ticket", request=shapes.TicketIn, responses=shapes.TicketOut)
    def post(self, request: Request) -> Response:
        """A ticket that lets one socket in: send it as subprotocol ``ticket.<ticket>`` within thirty seconds."""
        shape = shapes.TicketIn(data=request.data)
        shape.is_valid(raise_exception=True)
        entry = tickets.Entry(request.user.pk, request.auth.session_id, request.auth.version, request.user.role)
        ticket = tickets.issue_ticket(entry=entry, purpose=shape.validated_data["purpose"])
        return Response({"ticket": ticket, "expires_in": settings.SHIKEN_TICKET_SECONDS})
