from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer

ROLES = ["TEACHER", "STUDENT"]
STATUSES = ["PENDING", "APPROVED", "REJECTED", "EXPIRED"]
MOST = 100


class InvitationFilters(Filters):
    search = Search(help_text="Part of a code or an e-mail address.")
    role = serializers.ChoiceField(ROLES, required=False)
    status = serializers.ChoiceField(STATUSES, required=False)
    is_used = serializers.BooleanField(required=False, help_text="Whether somebody has registered with it.")
    ordering = Order(["created_at", "expires_at", "role", "status", "code"])


class InviteIn(StrictSerializer):
    role = serializers.ChoiceField(ROLES)
    is_guest = serializers.BooleanField(required=False, help_text="Students only: a GUEST, invited for a day.")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST, required=False, help_text="1 if not given.")
    emails = BoundedList(
        child=serializers.EmailField(max_length=254),
        max_length=MOST,
        required=False,
        help_text="Each gets an invitation by mail that works for this address alone.",
    )
    expires_at = serializers.DateTimeField(required=False, help_text="In two weeks if not given.")
    access_days = serializers.IntegerField(
        min_value=1, max_value=365, required=False, help_text="Guests only: how long they stay; thirty if not given."
    )


class InvitationCodeIn(StrictSerializer):
    code = serializers.CharField(max_length=20)


class InvitationDecisionIn(InvitationCodeIn):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RegistrantOut(serializers.Serializer[Any]):
    """Who registered with an invitation."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.EmailField()
    avatar = PictureField()


class InvitationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    is_guest = serializers.BooleanField()
    access_days = serializers.IntegerField(allow_null=True, help_text="How long a guest stays; null: thirty days.")
    email = serializers.CharField(help_text="Empty: for whoever has the code.")
    status = serializers.ChoiceField(STATUSES, source="state")
    reason = serializers.CharField(help_text="Why it was rejected, where no person did it.")
    center_id = serializers.SerializerMethodField()
    invited_by_id = serializers.UUIDField(allow_null=True)
    target_user = RegistrantOut(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField(allow_null=True)

    def get_center_id(self, invitation: Any) -> str:
        return str(self.context["request"].tenant.id)


class DecidedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    invitation = InvitationOut()
