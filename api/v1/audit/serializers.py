from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Search
from apps.audit.operations.exporting import FORMATS


class EntryFilters(Filters):
    actor = serializers.UUIDField(required=False, help_text="Who did it, also in somebody's place.")
    action = serializers.CharField(
        max_length=60, required=False, help_text="`room.closed`, or with a dot at its end all of a kind: `room.`"
    )
    subject = serializers.CharField(max_length=40, required=False, help_text="`room`, `user`, `center` and so on.")
    subject_id = serializers.CharField(max_length=64, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False, help_text="Up to, but without this moment.")
    only_owners = serializers.BooleanField(required=False, help_text="What owners of the platform did.")
    search = Search(help_text="Words in names, reasons and actions.")

    @classmethod
    def read(cls, request: Any) -> dict[str, Any]:
        values = super().read(request)
        if "actor" in values:
            values["person"] = values.pop("actor")
        return values


class ExportFilters(EntryFilters):
    to = serializers.ChoiceField(FORMATS, default="csv")


class AuditEntryOut(serializers.Serializer[Any]):
    """One act."""

    id = serializers.UUIDField(source="uid")
    number = serializers.IntegerField(source="id", help_text="In the order of writing, with gaps.")
    at = serializers.DateTimeField()
    action = serializers.CharField()
    subject = serializers.CharField()
    subject_id = serializers.CharField()
    name = serializers.CharField(help_text="What it was called then; empty once a person is erased.")
    reason = serializers.CharField()
    via = serializers.CharField(help_text="api, admin, socket, system or command.")
    actor_id = serializers.UUIDField(allow_null=True)
    actor_name = serializers.CharField()
    actor_role = serializers.CharField()
    owner_id = serializers.UUIDField(allow_null=True, help_text="The owner who acted in the actor's place.")
    owner_name = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    changed = serializers.ListField(child=serializers.CharField(), help_text="The names of what changed.")
    changes = serializers.DictField(help_text="Where the values are harmless: name -> [before, after].")


class AuditEntryDetailOut(AuditEntryOut):
    agent = serializers.CharField()
    request_id = serializers.CharField()
    before_hash = serializers.CharField(help_text="SHA-256 of the state before, as canonical JSON.")
    after_hash = serializers.CharField()
    seal = serializers.CharField()


class FlawOut(serializers.Serializer[Any]):
    entry = serializers.IntegerField()
    flaw = serializers.ChoiceField(["changed", "missing", "moved", "chain_broken", "put_in"])


class VerdictOut(serializers.Serializer[Any]):
    """What a check of the whole trail found."""

    is_sound = serializers.BooleanField()
    entries = serializers.IntegerField()
    chained = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Written, not chained yet.")
    unknown_key = serializers.IntegerField(help_text="Sealed with a secret that is not known here.")
    head = serializers.CharField(
        help_text="Digest of the last link. Note it to know later whether the end was cut off."
    )
    flaw_count = serializers.IntegerField()
    flaws = FlawOut(many=True)
