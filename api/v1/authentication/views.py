from __future__ import annotations

import uuid

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.pagination import Pages
from api.common.requests import Request
from api.common.throttling import RegisterRate, ResetRate, SignInRate
from api.v1.authentication import answers
from api.v1.authentication import serializers as shapes
from api.v1.mock_tests.uploads import limit_body
from apps.authentication import queries
from apps.authentication.operations import passwords, profile, registration, sessions, tickets
from apps.core import images


class LoginView(APIView):
    resource = "auth/login"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_login", request=shapes.LoginIn, responses=answers.SIGN_IN_ANSWERS)
    def post(self, request: Request) -> Response:
        """Sign in on this host. Who has a second factor gets a challenge for ``auth/login/second-factor/`` instead."""
        shape = shapes.LoginIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return answers.answer(request, sessions.sign_in(request=request._request, **shape.validated_data))


class RefreshView(APIView):
    resource = "auth/refresh"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_refresh", request=shapes.RefreshIn, responses=shapes.PairOut)
    def post(self, request: Request) -> Response:
        """A new pair for a refresh token, which is used up by this."""
        shape = shapes.RefreshIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(answers.pair(request, sessions.rotate(refresh=shape.validated_data["refresh"])))


class LogoutView(APIView):
    resource = "auth/logout"
    opens_without_factor = True

    @extend_schema(operation_id="auth_logout", request=shapes.LogoutIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this session, or ``everywhere`` all of mine: access tokens, refresh tokens and sockets, at once."""
        shape = shapes.LogoutIn(data=request.data)
        shape.is_valid(raise_exception=True)
        sessions.sign_out(
            actor=request.user, session_id=request.auth.session_id, everywhere=shape.validated_data["everywhere"]
        )
        return Response(status=204)


class MeView(APIView):
    resource = "auth/me"
    opens_without_factor = True

    @extend_schema(operation_id="auth_me", responses=shapes.UserOut)
    def get(self, request: Request) -> Response:
        """Who I am here."""
        return Response(shapes.UserOut(request.user, context={"request": request}).data)

    @extend_schema(operation_id="auth_me_replace", request=shapes.ProfileIn, responses=shapes.UserOut)
    def put(self, request: Request) -> Response:
        """The same as PATCH, for clients that send it so; absent fields stay."""
        return self.patch(request)

    @extend_schema(operation_id="auth_me_update", request=shapes.ProfileIn, responses=shapes.UserOut)
    def patch(self, request: Request) -> Response:
        """Change my name, language, time zone and what else I tell of myself; what is absent stays."""
        shape = shapes.ProfileIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = profile.update_profile(actor=request.user, **shape.validated_data)
        return Response(shapes.UserOut(person, context={"request": request}).data)


class AvatarView(APIView):
    resource = "auth/avatar"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="auth_avatar_set", request={"multipart/form-data": shapes.OwnAvatarIn}, responses=shapes.UserOut
    )
    def post(self, request: Request) -> Response:
        """Show me by this picture. It is made anew from its pixels, at most 512 a side; nothing else of the file is kept."""
        limit_body(request, images.MOST_BYTES)
        shape = shapes.OwnAvatarIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = profile.set_avatar(actor=request.user, data=shape.validated_data["avatar"].read())
        return Response(shapes.UserOut(person, context={"request": request}).data)

    @extend_schema(
        operation_id="auth_avatar_replace",
        request={"multipart/form-data": shapes.OwnAvatarIn},
        responses=shapes.UserOut,
    )
    def put(self, request: Request) -> Response:
        """The same as POST."""
        return self.post(request)

    @extend_schema(
        operation_id="auth_avatar_update", request={"multipart/form-data": shapes.OwnAvatarIn}, responses=shapes.UserOut
    )
    def patch(self, request: Request) -> Response:
        """The same as POST."""
        return self.post(request)

    @extend_schema(operation_id="auth_avatar_remove", responses=shapes.UserOut)
    def delete(self, request: Request) -> Response:
        """Show no picture of me any more."""
        person = profile.remove_avatar(actor=request.user)
        return Response(shapes.UserOut(person, context={"request": request}).data)


class NewEmailView(APIView):
    resource = "auth/email"
    throttle_classes = [ResetRate]

    @extend_schema(operation_id="auth_email_change", request=shapes.NewEmailIn, responses={202: shapes.DetailOut})
    def post(self, request: Request) -> Response:
        """Ask for another e-mail address. A letter goes to it, and it counts when the link in that is used; then every
        session ends and the old address is told. The answer is the same for every address."""
        shape = shapes.NewEmailIn(data=request.data)
        shape.is_valid(raise_exception=True)
        profile.ask_new_email(actor=request.user, **shape.validated_data)
        return Response({"detail": "If this address can be used, a letter is on its way to it."}, status=202)


class TicketView(APIView):
    resource = "auth/ws-ticket"

    @extend_schema(operation_id="auth_ws_ticket", request=shapes.TicketIn, responses=shapes.TicketOut)
    def post(self, request: Request) -> Response:
        """A ticket that lets one socket in: send it as subprotocol ``ticket.<ticket>`` within thirty seconds."""
        shape = shapes.TicketIn(data=request.data)
        shape.is_valid(raise_exception=True)
        entry = tickets.Entry(request.user.pk, request.auth.session_id, request.auth.version, request.user.role)
        ticket = tickets.issue_ticket(entry=entry, purpose=shape.validated_data["purpose"])
        return Response({"ticket": ticket, "expires_in": settings.SHIKEN_TICKET_SECONDS})


class RegisterView(APIView):
    resource = "auth/register"
    authentication_classes: list[type] = []
    throttle_classes = [RegisterRate]

    @extend_schema(operation_id="auth_register", request=shapes.RegisterIn, responses={201: shapes.RegisteredOut})
    def post(self, request: Request) -> Response:
        """Make an account: with an invitation code, or without one where the center allows that. The answer is the same
        when the address has an account already; its owner learns that by mail."""
        shape = shapes.RegisterIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = registration.register(**shape.validated_data)
        when = "you have confirmed your address by its link" if made.opens_by_email else "your account is approved"
        detail = f"We have sent you a letter. You can sign in when {when}."
        return Response({"detail": detail, "email": made.email, "role": made.role}, status=201)


class VerifyView(APIView):
    resource = "auth/verify"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_verify", request=shapes.LinkIn, responses=shapes.DetailOut)
    def post(self, request: Request) -> Response:
        """Confirm an e-mail address by the link from a letter; it works once."""
        shape = shapes.LinkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        link = shape.validated_data
        person = profile.confirm_address(user_id=link["uid"], token=link["token"])
        waits = "You can sign in now." if person.is_approved else "You can sign in when your account is approved."
        return Response({"detail": f"Your address is confirmed. {waits}"})


class ResetView(APIView):
    resource = "auth/password/reset"
    authentication_classes: list[type] = []
    throttle_classes = [ResetRate]

    @extend_schema(operation_id="auth_password_reset", request=shapes.ResetIn, responses={202: shapes.DetailOut})
    def post(self, request: Request) -> Response:
        """Have a link sent with which a new password can be chosen. The answer is the same for every address."""
        shape = shapes.ResetIn(data=request.data)
        shape.is_valid(raise_exception=True)
        passwords.ask_reset(**shape.validated_data)
        return Response({"detail": "If this address has an account here, a letter is on its way."}, status=202)


class ResetConfirmView(APIView):
    resource = "auth/password/reset/confirm"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(
        operation_id="auth_password_reset_confirm", request=shapes.ResetConfirmIn, responses=shapes.DetailOut
    )
    def post(self, request: Request) -> Response:
        """Choose a new password by the link from a letter; it works once, and every session ends."""
        shape = shapes.ResetConfirmIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        passwords.reset(user_id=given["uid"], token=given["token"], password=given["new_password"])
        return Response({"detail": "Your password is changed. Sign in with the new one."})


class PasswordView(APIView):
    resource = "auth/password/update"
    opens_without_factor = True
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_password_update", request=shapes.PasswordIn, responses=shapes.DetailOut)
    def post(self, request: Request) -> Response:
        """Change my password; all my other sessions end."""
        shape = shapes.PasswordIn(data=request.data)
        shape.is_valid(raise_exception=True)
        passwords.update_own(actor=request.user, session_id=request.auth.session_id, **shape.validated_data)
        return Response({"detail": "Your password is changed. You are signed out on all other devices."})


class SessionsView(GenericAPIView):
    resource = "auth/sessions"
    opens_without_factor = True
    pagination_class = Pages

    @extend_schema(operation_id="auth_sessions_list", responses=shapes.SessionOut(many=True))
    def get(self, request: Request) -> Response:
        """Where I am signed in, last used first."""
        rows = self.paginate_queryset(queries.sessions_of(request.user))
        context = {"current": request.auth.session_id}
        return self.get_paginated_response(shapes.SessionOut(rows, many=True, context=context).data)

    @extend_schema(operation_id="auth_sessions_end_others", responses=shapes.EndedOut)
    def delete(self, request: Request) -> Response:
        """Sign me out everywhere but here."""
        ended = sessions.end_other_sessions(
            user_id=request.user.pk, session_id=request.auth.session_id, because="signed out from another device"
        )
        return Response({"detail": "You are signed out on all other devices.", "ended": ended})


class SessionView(APIView):
    resource = "auth/session"
    opens_without_factor = True

    @extend_schema(operation_id="auth_sessions_end", responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Sign me out on one device, at once."""
        sessions.end_own_session(actor=request.user, session_id=id)
        return Response(status=204)
