from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.serializers import StrictSerializer
from apps.authentication.rules import acting as rules

STATES = list(rules.STATES)


class AskIn(StrictSerializer):
    reason = serializers.CharField(
        min_length=rules.SHORTEST_REASON, max_length=rules.LONGEST_REASON, help_text="The center's admins read it."
    )
    minutes = serializers.IntegerField(min_value=1, max_value=rules.MOST_MINUTES, default=rules.USUAL_MINUTES)
    admin_id = serializers.UUIDField(required=False, help_text="In whose place; the center's first admin if not given.")


class ActingOut(serializers.Serializer[Any]):
    """One time that an owner acts, or acted, in an admin's place."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(STATES, help_text="UNUSED: the link was never followed.")
    owner_id = serializers.UUIDField()
    owner_name = serializers.CharField()
    admin_id = serializers.UUIDField(allow_null=True)
    admin_name = serializers.SerializerMethodField()
    reason = serializers.CharField()
    minutes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    began_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()
    ended_because = serializers.CharField()

    def get_admin_name(self, row: Any) -> str:
        return str(row.admin or "")


class AskedOut(serializers.Serializer[Any]):
    """The code is told this once."""

    id = serializers.UUIDField(source="acting.id")
    code = serializers.CharField()
    link = serializers.CharField(help_text="On the center's host; works once.")
    code_expires_at = serializers.DateTimeField(source="acting.code_expires_at")
    minutes = serializers.IntegerField(source="acting.minutes")
    admin_id = serializers.UUIDField(source="acting.admin_id")


class CodeIn(StrictSerializer):
    code = serializers.CharField(max_length=100)


class BegunOut(serializers.Serializer[Any]):
    """A token without a refresh token: when its time is over, it is over."""

    access = serializers.CharField()
    acting = ActingOut()


class AllowedIn(StrictSerializer):
    is_allowed = serializers.BooleanField()


class AllowedOut(serializers.Serializer[Any]):
    is_allowed = serializers.BooleanField()
