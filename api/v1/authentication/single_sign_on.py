"""Signing in with an account at an identity provider, connecting one, and the providers as admins keep them."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.pagination import Pages
from api.common.requests import Request
from api.common.serializers import BoundedList, StrictSerializer
from api.common.throttling import SignInRate
from api.v1.authentication import answers
from apps.authentication import queries
from apps.authentication.operations import single_sign_on, single_sign_on_providers
from apps.authentication.rules.sign_in import JOURNEY_LIFE
from apps.core import tenancy

_OURS = re.compile(r"[A-Za-z0-9_-]{43}")


# -- shapes ------------------------------------------------------------------------------------------------------------


class ProviderButtonOut(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class BeginIn(StrictSerializer):
    provider = serializers.SlugField(max_length=40)


class ConnectIn(BeginIn):
    password = serializers.CharField(
        max_length=200, trim_whitespace=False, required=False, allow_blank=True, default="", help_text="One's own."
    )


class JourneyOut(serializers.Serializer[Any]):
    authorization_url = serializers.URLField(help_text="Where to go now, in this browser, within ten minutes.")


class FinishIn(StrictSerializer):
    """What the provider put into the address to which it sent the browser back."""

    state = serializers.CharField(max_length=100)
    code = serializers.CharField(max_length=4000)
    iss = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class IdentityOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    provider = serializers.CharField(source="provider.slug")
    name = serializers.CharField(source="provider.name")
    email = serializers.EmailField(help_text="As the provider said it last.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()


class ProviderOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    issuer = serializers.CharField()
    client_id = serializers.CharField()
    has_client_secret = serializers.SerializerMethodField()
    scopes = serializers.CharField()
    email_domains = serializers.ListField(child=serializers.CharField())
    makes_people = serializers.BooleanField()
    new_role = serializers.CharField()
    is_enabled = serializers.BooleanField()
    redirect_uri = serializers.SerializerMethodField(help_text="To be told to the provider, once for each host.")
    created_at = serializers.DateTimeField()

    def get_has_client_secret(self, provider: Any) -> bool:
        return bool(provider.client_secret)

    def get_redirect_uri(self, provider: Any) -> str:
        return f"{origin_of(self.context['request']._request)}{single_sign_on.RETURN_PATH}"


class ProviderChangesIn(StrictSerializer):
    slug = serializers.CharField(max_length=40, required=False, help_text="In addresses; made from the name if absent.")
    name = serializers.CharField(max_length=60, required=False, help_text="What the button says.")
    issuer = serializers.CharField(max_length=300, required=False, help_text="As its discovery document has it.")
    client_id = serializers.CharField(max_length=300, required=False)
    client_secret = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        write_only=True,
        trim_whitespace=False,
        help_text="Never shown again.",
    )
    scopes = serializers.CharField(max_length=300, required=False)
    email_domains = BoundedList(
        child=serializers.CharField(max_length=253),
        max_length=single_sign_on_providers.MOST_DOMAINS,
        required=False,
        help_text="Whose addresses it answers for. Others are refused; empty: all are taken, but new people wait.",
    )
    makes_people = serializers.BooleanField(required=False, help_text="Make unknown people students.")
    new_role = serializers.ChoiceField(["STUDENT"], required=False)
    is_enabled = serializers.BooleanField(required=False)


class ProviderIn(ProviderChangesIn):
    name = serializers.CharField(max_length=60, help_text="What the button says.")
    issuer = serializers.CharField(max_length=300, help_text="As its discovery document has it.")
    client_id = serializers.CharField(max_length=300)


class ProviderCheckOut(serializers.Serializer[Any]):
    is_ok = serializers.BooleanField()
    detail = serializers.CharField()
    authorization_endpoint = serializers.CharField()
    lacks = serializers.ListField(child=serializers.CharField())


# -- the browser's part ------------------------------------------------------------------------------------------------


def origin_of(request: HttpRequest) -> str:
    """The address of this very host, as a browser has it."""
    host, _, port = request.get_host().partition(":")
    return f"{request.scheme}://{tenancy.clean_host(host)}{f':{port}' if port else ''}"


def _cookie(request: Request) -> str:
    # The prefix keeps neighbours under the same domain from planting one.
    return "__Host-journey" if request.is_secure() else "journey"


def _travel(request: Request, **begin: Any) -> Response:
    """Begin a journey, bound to this browser by a cookie that no script can read. Tabs share it."""
    known = request.COOKIES.get(_cookie(request), "")
    browser = known if _OURS.fullmatch(known) else secrets.token_urlsafe(32)
    url = single_sign_on.begin(origin=origin_of(request._request), browser=browser, **begin)
    response = Response({"authorization_url": url})
    life = int(JOURNEY_LIFE.total_seconds())
    response.set_cookie(
        _cookie(request), browser, max_age=life, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def _returned(request: Request) -> single_sign_on.Returned:
    shape = FinishIn(data=request.data)
    shape.is_valid(raise_exception=True)
    given = shape.validated_data
    return single_sign_on.Returned(
        given["state"], given["code"], given["iss"], request.COOKIES.get(_cookie(request), "")
    )


class ProviderButtonsView(APIView):
    resource = "auth/sso/providers"
    authentication_classes: list[type] = []

    @extend_schema(operation_id="auth_sso_providers", responses=ProviderButtonOut(many=True))
    def get(self, request: Request) -> Response:
        """With which providers people sign in here."""
        return Response(ProviderButtonOut(queries.list_providers().filter(is_enabled=True), many=True).data)


class BeginView(APIView):
    resource = "auth/sso/begin"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_sso_begin", request=BeginIn, responses=JourneyOut)
    def post(self, request: Request) -> Response:
        """Begin to sign in with a provider. The way back ends at ``/sign-in/provider/`` of this host, in this browser."""
        shape = BeginIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return _travel(request, slug=shape.validated_data["provider"])


class FinishView(APIView):
    resource = "auth/sso/finish"
    authentication_classes: list[type] = []
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_sso_finish", request=FinishIn, responses=answers.SIGN_IN_ANSWERS)
    def post(self, request: Request) -> Response:
        """Finish it with what the provider sent the browser back with; it works once."""
        return answers.answer(request, single_sign_on.finish(request=request._request, returned=_returned(request)))


class IdentitiesView(GenericAPIView):
    resource = "auth/identities"
    pagination_class = Pages
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_identities_list", responses=IdentityOut(many=True))
    def get(self, request: Request) -> Response:
        """The accounts at providers with which I sign in."""
        rows = self.paginate_queryset(queries.identities_of(request.user))
        return self.get_paginated_response(IdentityOut(rows, many=True).data)

    @extend_schema(operation_id="auth_identities_begin", request=ConnectIn, responses=JourneyOut)
    def post(self, request: Request) -> Response:
        """Begin to connect one, with my password."""
        shape = ConnectIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        return _travel(
            request,
            slug=given["provider"],
            password=given["password"],
            actor=request.user,
            session_id=request.auth.session_id,
        )


class IdentityFinishView(APIView):
    resource = "auth/identities/finish"
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="auth_identities_finish", request=FinishIn, responses=IdentityOut)
    def post(self, request: Request) -> Response:
        """Connect the account with which the browser came back."""
        found = single_sign_on.connect(
            actor=request.user, session_id=request.auth.session_id, returned=_returned(request)
        )
        return Response(IdentityOut(found).data)


class IdentityView(APIView):
    resource = "auth/identity"

    @extend_schema(operation_id="auth_identities_remove", responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Sign in with it no more."""
        single_sign_on.disconnect(actor=request.user, identity_id=id)
        return Response(status=204)


# -- the admins' part --------------------------------------------------------------------------------------------------


class ProvidersView(GenericAPIView):
    resource = "identity-providers"
    pagination_class = Pages

    @extend_schema(operation_id="identity_providers_list", responses=ProviderOut(many=True))
    def get(self, request: Request) -> Response:
        """The identity providers of my center."""
        rows = self.paginate_queryset(queries.list_providers())
        return self.get_paginated_response(ProviderOut(rows, many=True, context={"request": request}).data)

    @extend_schema(operation_id="identity_providers_create", request=ProviderIn, responses={201: ProviderOut})
    def post(self, request: Request) -> Response:
        """Let people sign in with a provider."""
        shape = ProviderIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = single_sign_on_providers.add_provider(changes=shape.validated_data)
        return Response(ProviderOut(made, context={"request": request}).data, status=201)


class ProviderView(APIView):
    resource = "identity-provider"

    @extend_schema(operation_id="identity_providers_retrieve", responses=ProviderOut)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """One of them; never its secret."""
        return Response(ProviderOut(queries.get_provider(provider_id=id), context={"request": request}).data)

    @extend_schema(operation_id="identity_providers_update", request=ProviderChangesIn, responses=ProviderOut)
    def patch(self, request: Request, id: uuid.UUID) -> Response:
        """Change it; what is absent stays, the secret too."""
        shape = ProviderChangesIn(data=request.data)
        shape.is_valid(raise_exception=True)
        changed = single_sign_on_providers.update_provider(provider_id=id, changes=shape.validated_data)
        return Response(ProviderOut(changed, context={"request": request}).data)

    @extend_schema(operation_id="identity_providers_remove", responses={204: None})
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Take it away; people and their sessions stay."""
        single_sign_on_providers.remove_provider(provider_id=id)
        return Response(status=204)


class ProviderCheckView(APIView):
    resource = "identity-provider/check"
    throttle_classes = [SignInRate]

    @extend_schema(operation_id="identity_providers_check", request=None, responses=ProviderCheckOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Ask it now whether it answers, and what it lacks."""
        return Response(ProviderCheckOut(single_sign_on_providers.check_provider(provider_id=id)).data)
