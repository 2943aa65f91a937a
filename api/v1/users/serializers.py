from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.pictures import PictureField, picture_url
from api.common.serializers import BoundedList, PhoneField, StrictSerializer
from api.v1.authentication.serializers import MyGroupOut
from apps.mail.rules import LANGUAGES

ROLES = ["CENTER_ADMIN", "TEACHER", "STUDENT", "GUEST"]
MOST_AT_ONCE = 100


class UserFilters(Filters):
    search = Search(help_text="Each word is looked for in names and e-mail.")
    role = serializers.ChoiceField(ROLES, required=False)
    group = serializers.UUIDField(required=False, help_text="Who is in this group.")
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)
    wants_erasure = serializers.BooleanField(required=False, help_text="Who has asked to be erased.")
    ordering = Order(["first_name", "last_name", "email", "role", "created_at"])


class CreateUserIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(
        max_length=200,
        trim_whitespace=False,
        required=False,
        help_text="Without one the person gets a letter, and chooses it.",
    )
    role = serializers.ChoiceField(["TEACHER", "STUDENT", "GUEST"])
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    phone = PhoneField(required=False)
    locale = serializers.ChoiceField(LANGUAGES, required=False, allow_blank=True)
    access_ends_at = serializers.DateTimeField(required=False, help_text="Guests only; in thirty days if not given.")


class UpdateUserIn(StrictSerializer):
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    phone = PhoneField(required=False)
    locale = serializers.ChoiceField(LANGUAGES, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)


class ReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RoleIn(ReasonIn):
    role = serializers.ChoiceField(ROLES)


class ManyIn(StrictSerializer):
    user_ids = BoundedList(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)


class ManyWithReasonIn(ManyIn):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class NotDoneOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ManyOut(serializers.Serializer[Any]):
    """What became of each."""

    done = serializers.ListField(child=serializers.UUIDField())
    refused = NotDoneOut(many=True)


class PersonOut(serializers.Serializer[Any]):
    """A person as staff see them."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = PictureField(help_text="A signed address, good for some days.")
    role = serializers.CharField()
    phone = serializers.CharField()
    locale = serializers.CharField(help_text="Empty: the center's.")
    center = serializers.SerializerMethodField()
    center_avatar = serializers.SerializerMethodField()
    is_approved = serializers.BooleanField()
    is_active = serializers.BooleanField()
    is_invited = serializers.SerializerMethodField(help_text="Has got a letter, and has not chosen a password yet.")
    access_ends_at = serializers.DateTimeField(allow_null=True, help_text="When a guest's time here is over.")
    erasure_asked_at = serializers.DateTimeField(allow_null=True, help_text="Since when they ask to be erased.")
    created_at = serializers.DateTimeField()

    def get_center(self, user: Any) -> str:
        return str(self.context["request"].tenant.id)

    def get_center_avatar(self, user: Any) -> str | None:
        request = self.context["request"]
        return picture_url(request, request.tenant.logo)

    def get_is_invited(self, user: Any) -> bool:
        return user.invited_at is not None and not user.has_usable_password()


class PersonWithGroupsOut(PersonOut):
    my_groups = serializers.SerializerMethodField()

    @extend_schema_field(MyGroupOut(many=True))
    def get_my_groups(self, user: Any) -> Any:
        return MyGroupOut(self.context["memberships"], many=True).data


class GuestFilters(Filters):
    search = Search(help_text="Each word is looked for in names and e-mail.")
    is_expired = serializers.BooleanField(required=False, help_text="Whether their time here is over.")
    ordering = Order(["first_name", "last_name", "email", "access_ends_at", "created_at"])


class GuestOut(PersonOut):
    """A guest, with the invitation that they came by."""

    invitation_code = serializers.CharField(allow_null=True)
    invitation_expires_at = serializers.DateTimeField(allow_null=True)
    is_expired = serializers.BooleanField(help_text="Whether their time here is over.")


class UpgradeIn(StrictSerializer):
    user_id = serializers.UUIDField()


class ExtendStayIn(StrictSerializer):
    user_id = serializers.UUIDField()
    access_ends_at = serializers.DateTimeField(help_text="From now on, a year away at most.")


class UpgradedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    user = PersonOut()
