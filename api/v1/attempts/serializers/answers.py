"""Answers: saved one by one, told by places, handed in, and the receipt over them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.serializers import BoundedList, StrictSerializer
from api.v1.attempts.serializers.attempts import STATUSES

MOST_ANSWERS = 500
MOST_SHOWN_ANSWERS = 1000
LONGEST_ID = 36
LARGEST_SEQ = 2**31 - 1


class SavedAnswerIn(StrictSerializer):
    seq = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, help_text="Grows with each answer you send.")
    question = serializers.UUIDField()
    response = serializers.JSONField(
        allow_null=True,
        help_text="Single choice: option id. Multiple choice: list of option ids. Numeric: string. null clears.",
    )


class AnswersIn(StrictSerializer):
    epoch = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, help_text="Of the window that answers.")
    answers = BoundedList(child=SavedAnswerIn(), min_length=1, max_length=MOST_ANSWERS)


class ShownAnswersIn(serializers.DictField):
    """Answers by question id: where the chosen option stood."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.JSONField(allow_null=True),
            help_text="By question id: the index of the option in the order shown, from 0, or its letter from A, or its"
            ' id; "True" and "False"; numbers also as numbers; lists where several are chosen. null clears. May be empty'
            " or partial.",
            **kwargs,
        )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and len(data) > MOST_SHOWN_ANSWERS:
            raise serializers.ValidationError(f"At most {MOST_SHOWN_ANSWERS} answers.", code="max_length")
        if isinstance(data, dict) and any(len(name) > LONGEST_ID for name in data):
            raise serializers.ValidationError("Answers are named by the ids of questions.", code="invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "array", "items": {"$ref": "#/components/schemas/SavedAnswerInRequest"}, "maxItems": MOST_ANSWERS},
            {"type": "object", "additionalProperties": {}, "maxProperties": MOST_SHOWN_ANSWERS},
        ]
    }
)
class LastAnswersIn(serializers.Field[Any, Any, Any, Any]):
    """A numbered batch, as it is saved; or all answers by question, told by places, as ``submissions/`` takes them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            return ShownAnswersIn().run_validation(data)
        return BoundedList(child=SavedAnswerIn(), max_length=MOST_ANSWERS).run_validation(data)


class SubmitIn(StrictSerializer):
    epoch = serializers.IntegerField(
        min_value=1, max_value=LARGEST_SEQ, required=False, help_text="Refuses a window that was taken over."
    )
    answers = LastAnswersIn(
        required=False,
        default=list,
        help_text="A numbered batch; or an object of answers by question, told by places or letters, without an epoch.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if isinstance(given["answers"], list) and given["answers"] and "epoch" not in given:
            raise serializers.ValidationError({"epoch": ["Answers need the epoch of their window."]}, code="required")
        return given


class RefusedOut(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    code = serializers.CharField()


class SavedOut(serializers.Serializer[Any]):
    """Acknowledged answers are stored for good."""

    acked = serializers.ListField(child=serializers.IntegerField())
    refused = RefusedOut(many=True)
    server_time = serializers.DateTimeField(allow_null=True)


class EntryNumber(serializers.Serializer[Any]):
    epoch = serializers.IntegerField()
    seq = serializers.IntegerField()


class AnswerStateOut(serializers.Serializer[Any]):
    """What the server holds: resend whatever is newer on your side."""

    epoch = serializers.IntegerField()
    answers = serializers.DictField(child=serializers.JSONField(), help_text="By question id.")
    latest = serializers.DictField(
        child=EntryNumber(), help_text="By question id, cleared ones too: the number of the answer that counts."
    )
    last_seqs = serializers.DictField(child=serializers.IntegerField(), help_text="The highest seq of each epoch.")
    finals = serializers.ListField(
        child=serializers.UUIDField(), help_text="Questions whose answers were checked, and stay."
    )
    server_time = serializers.DateTimeField()


class HandedInOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(STATUSES, source="attempt.status")
    receipt = serializers.CharField(help_text="SHA-256 over the journal of answers.")
    entry_count = serializers.IntegerField()
    finished_at = serializers.DateTimeField(source="attempt.finished_at")
    was_expired = serializers.BooleanField(source="attempt.was_expired")
    batch = serializers.SerializerMethodField(help_text="What became of the answers that were sent along.")

    @extend_schema_field(SavedOut(allow_null=True))
    def get_batch(self, handed_in: Any) -> dict[str, Any] | None:
        return SavedOut(handed_in.batch.as_dict()).data if handed_in.batch else None


class HandedInWholeOut(HandedInOut):
    refused = serializers.DictField(
        child=serializers.CharField(),
        help_text="By question id: the code of why an answer was not taken, where answers were given by question.",
    )


class EntryOut(serializers.Serializer[Any]):
    epoch = serializers.IntegerField()
    seq = serializers.IntegerField()
    question = serializers.UUIDField(source="question_id")
    response = serializers.JSONField(allow_null=True)
    received_at = serializers.DateTimeField(help_text="By the database's clock.")
    is_falling = serializers.BooleanField(
        help_text="Earlier than a line before it: the clock was set back, or that line had to be sent again. Advice."
    )


class ReceiptOut(serializers.Serializer[Any]):
    """The receipt and the journal it was made from; docs/grading.md says how to work it out again."""

    receipt = serializers.CharField()
    frozen_at = serializers.DateTimeField()
    is_intact = serializers.BooleanField(help_text="The journal as it is now gives the same receipt.")
    entries = EntryOut(many=True)
