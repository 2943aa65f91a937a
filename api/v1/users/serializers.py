from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import StrictSerializer

ROLES = ["CENTER_ADMIN", "TEACHER", "STUDENT", "GUEST"]


class UserFilters(Filters):
    search = Search(help_text="Each word is looked for in names and e-mail.")
    role = serializers.ChoiceField(ROLES, required=False)
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)
    ordering = Order(["first_name", "last_name", "email", "role", "created_at"])


class CreateUserIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    role = serializers.ChoiceField(["TEACHER", "STUDENT", "GUEST"])
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)


class UpdateUserIn(StrictSerializer):
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)


class PersonOut(serializers.Serializer[Any]):
    """A person as staff see them."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = serializers.SerializerMethodField()
    role = serializers.CharField()
    is_approved = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_avatar(self, user: Any) -> str | None:
        return user.avatar or None


class MyGroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="group_id")
    name = serializers.CharField(source="group.name")
    role = serializers.CharField(source="role_in_group")


class PersonWithGroupsOut(PersonOut):
    my_groups = serializers.SerializerMethodField()

    @extend_schema_field(MyGroupOut(many=True))
    def get_my_groups(self, user: Any) -> Any:
        return MyGroupOut(self.context["memberships"], many=True).data


class GuestFilters(Filters):
    search = Search(help_text="Each word is looked for in names and e-mail.")
    ordering = Order(["first_name", "last_name", "email", "created_at"])


class GuestOut(PersonOut):
    """A guest, with the invitation that they came by."""

    invitation_code = serializers.CharField(allow_null=True)
    invitation_expires_at = serializers.DateTimeField(allow_null=True)
    is_expired = serializers.BooleanField(help_text="Whether the invitation has expired.")


class UpgradeIn(StrictSerializer):
    user_id = serializers.UUIDField()


class UpgradedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    user = PersonOut()
