from __future__ import annotations

import zoneinfo
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.pictures import PictureField, picture_url
from api.common.serializers import PhoneField, StrictSerializer
from api.v1.centers.faces import BrandOut, brand_of
from apps.authentication.rules.sign_in import device_of
from apps.core.tenancy import Tenant
from apps.groups import queries as groups
from apps.mail.rules import LANGUAGES

WS_PURPOSES = ["attempts", "leaderboards", "notifications", "quizzes", "rooms", ""]


class LoginIn(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class RefreshIn(StrictSerializer):
    refresh = serializers.CharField(max_length=2000)


class LogoutIn(StrictSerializer):
    refresh = serializers.CharField(
        max_length=2000, required=False, help_text="Not needed: the session ends either way."
    )
    everywhere = serializers.BooleanField(required=False, default=False, help_text="On all devices.")


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
    bio = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = PhoneField(required=False)
    emergency_contact_phone = PhoneField(required=False)

    def validate_time_zone(self, value: str) -> str:
        if value and value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("There is no such time zone.", code="invalid_choice")
        return value


class OwnAvatarIn(StrictSerializer):
    avatar = serializers.FileField(allow_empty_file=True, help_text="PNG, JPEG, GIF or WebP, 10 MB at most.")


class NewEmailIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The present one.")


class ErasureIn(StrictSerializer):
    password = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The present one.")


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
    device = serializers.SerializerMethodField(help_text="The same for people: Firefox on Windows.")
    is_current = serializers.SerializerMethodField()

    def get_device(self, session: Any) -> str:
        return device_of(session.agent)

    def get_is_current(self, session: Any) -> bool:
        return bool(session.pk == self.context["current"])


class EndedOut(DetailOut):
    ended = serializers.IntegerField(help_text="On how many devices.")


class CenterInfoOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    avatar = serializers.URLField(allow_null=True, help_text="The logo.")
    brand = BrandOut()


class MyGroupOut(serializers.Serializer[Any]):
    """A group that a person is in."""

    id = serializers.UUIDField(source="group_id")
    name = serializers.CharField(source="group.name")
    role = serializers.CharField(source="role_in_group")


class UserOut(serializers.Serializer[Any]):
    """A person as they see themselves."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    new_email = serializers.CharField(help_text="Asked for; it counts when the letter to it is answered.")
    role = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = PictureField(help_text="A signed address, good for some days.")
    is_approved = serializers.BooleanField()
    locale = serializers.CharField(help_text="Empty: the center's.")
    time_zone = serializers.CharField(help_text="Empty: the center's.")
    bio = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    phone = serializers.CharField()
    emergency_contact_phone = serializers.CharField()
    email_verified_at = serializers.DateTimeField(allow_null=True)
    access_ends_at = serializers.DateTimeField(allow_null=True, help_text="When a guest's time here is over.")
    erasure_asked_at = serializers.DateTimeField(allow_null=True)
    center = serializers.SerializerMethodField()
    center_info = serializers.SerializerMethodField()
    my_groups = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_center(self, user: Any) -> str | None:
        tenant: Tenant = self.context["request"].tenant
        return None if tenant.is_public else str(tenant.id)

    @extend_schema_field(MyGroupOut(many=True))
    def get_my_groups(self, user: Any) -> Any:
        if self.context["request"].tenant.is_public:
            return []
        return MyGroupOut(groups.memberships_of(user.pk), many=True).data

    @extend_schema_field(CenterInfoOut(allow_null=True))
    def get_center_info(self, user: Any) -> dict[str, Any] | None:
        request = self.context["request"]
        tenant: Tenant = request.tenant
        if tenant.is_public:
            return None
        return {
            "id": str(tenant.id),
            "name": tenant.name,
            "is_active": tenant.status in {"ACTIVE", "TRIAL"},
            "avatar": picture_url(request, tenant.logo),
            "brand": brand_of(tenant.color),
        }


class PairOut(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class TicketOut(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
