from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer
from apps.assignments import rules

STATUSES = ["PENDING", "APPROVED", "REJECTED", "WITHDRAWN"]


class AccommodationFilters(Filters):
    student = serializers.UUIDField(required=False, help_text="Only of this student.")
    status = serializers.ChoiceField(STATUSES, required=False)


class FactorsIn(serializers.DictField):
    """Factors by section type; ``*`` stands for all that are not named."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and len(data) > len(rules.SECTION_TYPES):
            raise serializers.ValidationError("There are not so many types of sections.", code="max_length")
        return super().to_internal_value(data)


class AccommodationIn(StrictSerializer):
    student = serializers.UUIDField(source="student_id")
    factors = FactorsIn(
        child=serializers.DecimalField(max_digits=4, decimal_places=3),
        help_text='How much of its time a section gets, by its type, "*" for all others: {"*": "1.25"}. From 1 to 4.',
    )
    reason = serializers.CharField(max_length=rules.LONGEST_DECISION, help_text="Why the student needs it.")
    valid_from = serializers.DateField(required=False, allow_null=True, help_text="Null: from now on.")
    valid_until = serializers.DateField(required=False, allow_null=True, help_text="The last day. Null: always.")


class ApproveIn(StrictSerializer):
    reason = serializers.CharField(max_length=rules.LONGEST_DECISION, required=False, allow_blank=True, default="")


class DecideIn(StrictSerializer):
    reason = serializers.CharField(max_length=rules.LONGEST_DECISION)


class AccommodatedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")


class AccommodationOut(serializers.Serializer[Any]):
    """What a student is always given, or is to be given."""

    id = serializers.UUIDField()
    student = AccommodatedOut()
    factors = serializers.DictField(child=serializers.CharField())
    reason = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    asked_by = AccommodatedOut(allow_null=True)
    asked_at = serializers.DateTimeField()
    decided_by = AccommodatedOut(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.CharField(help_text="Why it was decided so.")
