from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Search
from apps.mail import letters

STATUSES = ["WAITING", "SENDING", "SENT", "FAILED", "NEEDLESS", "DEAD"]


class MailFilters(Filters):
    status = serializers.ChoiceField(STATUSES, required=False, help_text="DEAD: given up.")
    letter = serializers.ChoiceField(letters.names(), required=False)
    search = Search(help_text="Part of the address, or of what the mail server said.")


class MailOut(serializers.Serializer[Any]):
    """A letter: to whom, of which kind, and what became of it. What it says is not shown."""

    id = serializers.UUIDField()
    letter = serializers.CharField()
    to = serializers.EmailField()
    status = serializers.ChoiceField(STATUSES)
    tries = serializers.IntegerField()
    reason = serializers.CharField(source="last_error", help_text="Why it has not left.")
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
