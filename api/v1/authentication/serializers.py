from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.serializers import StrictSerializer
from apps.core.tenancy import Tenant

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
