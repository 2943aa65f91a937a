from __future__ import annotations

import zoneinfo
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.serializers import StrictSerializer
from apps.core.tenancy import Tenant
from apps.mail.rules import LANGUAGES

WS_PURPOSES = ["attempts", "leaderboards", "notifications", "rooms", ""]


class LoginIn(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class RefreshIn(StrictSerializer):
    refresh = serializers.CharField(max_length=200)


class LogoutIn(StrictSerializer):
    refresh = serializers.CharField(
        max_length=200, required=False, help_text="Not needed: the session ends either way."
    )


class TicketIn(StrictSerializer):
    purpose = serializers.ChoiceField(
        WS_PURPOSES, required=False, default="", help_text="Bind it to one kind of socket."
    )


class RegisterIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    invitation_code = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="Needed unless the center can be joined without."
    )
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    locale = serializers.ChoiceField(LANGUAGES, required=False)


class ProfileIn(StrictSerializer):
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    locale = serializers.ChoiceField(LANGUAGES, required=False, allow_blank=True, help_text="Empty: the center's.")
    time_zone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="An IANA name; empty: the center's."
    )

    def validate_time_zone(self, value: str) -> str:
        if value and value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("There is no such time zone.", code="invalid_choice")
        return value


class ResetIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)


class LinkIn(StrictSerializer):
    """What stands behind the # of a link in a letter."""

    uid = serializers.UUIDField()
    token = serializers.CharField(max_length=100)


class ResetConfirmIn(LinkIn):
    new_password = serializers.CharField(max_length=200, trim_whitespace=False)


class PasswordIn(StrictSerializer):
    old_password = serializers.CharField(max_length=200, trim_whitespace=False)
    new_password = serializers.CharField(max_length=200, trim_whitespace=False)


class DetailOut(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="A sentence for people.")


class RegisteredOut(DetailOut):
    email = serializers.EmailField()
    role = serializers.CharField()


class SessionOut(serializers.Serializer[Any]):
    """A sign-in of one's own that still holds."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    address = serializers.IPAddressField(allow_null=True)
    agent = serializers.CharField(help_text="What the browser says of itself.")
    is_current = serializers.SerializerMethodField()

    def get_is_current(self, session: Any) -> bool:
        return bool(session.pk == self.context["current"])


class EndedOut(DetailOut):
    ended = serializers.IntegerField(help_text="On how many devices.")


class CenterInfoOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


class UserOut(serializers.Serializer[Any]):
    """A person as they see themselves."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = serializers.SerializerMethodField()
    is_approved = serializers.BooleanField()
    locale = serializers.CharField(help_text="Empty: the center's.")
    time_zone = serializers.CharField(help_text="Empty: the center's.")
    email_verified_at = serializers.DateTimeField(allow_null=True)
    center_info = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_avatar(self, user: Any) -> str | None:
        return user.avatar or None

    @extend_schema_field(CenterInfoOut(allow_null=True))
    def get_center_info(self, user: Any) -> dict[str, Any] | None:
        tenant: Tenant = self.context["request"].tenant
        if tenant.is_public:
            return None
        return {"id": str(tenant.id), "name": tenant.name, "is_active": tenant.status in {"ACTIVE", "TRIAL"}}


class PairOut(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class LoginOut(PairOut):
    user = UserOut()


class TicketOut(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
