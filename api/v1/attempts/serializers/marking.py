"""Marking by hand: the queue, one script with what it is marked by, and marks."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from apps.attempts.models import HandMark, Script
from apps.attempts.queries import marking as queries
from apps.mock_tests.rules.types.base import plain

MOST_CRITERIA = 50
LONGEST_COMMENT = 10_000


class NextFilters(Filters):
    exam_assignment_id = serializers.UUIDField(required=False, source="assignment_id")
    group_id = serializers.UUIDField(required=False, help_text="Only of its students.")
    question_id = serializers.UUIDField(required=False, help_text="The id it has in the paper.")

    @classmethod
    def wanted(cls, request: Any) -> queries.Wanted:
        """What was asked for, as rules know it."""
        return queries.Wanted(**cls.read(request))


class ScriptFilters(NextFilters):
    state = serializers.ChoiceField(
        queries.STATES, required=False, help_text="DISPUTED: a second mark differs from the one that counts."
    )
    unanswered = serializers.BooleanField(required=False, source="is_blank", allow_null=True, default=None)
    mine = serializers.BooleanField(required=False, source="is_mine", help_text="Only those that one holds.")


class PointsIn(StrictSerializer):
    criterion = serializers.IntegerField(min_value=0, max_value=MOST_CRITERIA, help_text="Its place, from 0.")
    points = serializers.DecimalField(max_digits=9, decimal_places=3, min_value=0)


class SecondMarkIn(StrictSerializer):
    scores = BoundedList(child=PointsIn(), max_length=MOST_CRITERIA, help_text="One for each criterion of the rubric.")
    comment = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_COMMENT,
        default="",
        trim_whitespace=False,
        help_text="For the student, who sees that of the mark that counts. Plain text.",
    )
    revision = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="Of the newest mark that the marker has seen; 0 for none."
    )

    def validate_scores(self, sent: list[dict[str, Any]]) -> dict[str, str]:
        times = Counter(one["criterion"] for one in sent)
        if twice := [place for place, count in times.items() if count > 1]:
            raise serializers.ValidationError(f"Criterion {twice[0]} has points twice.", code="twice")
        return {str(one["criterion"]): plain(one["points"]) for one in sent}


class MarkIn(SecondMarkIn):
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=500, default="", help_text="Needed to change the mark that counts."
    )


class UnansweredIn(StrictSerializer):
    exam_assignment_id = serializers.UUIDField(source="assignment_id")
    question_id = serializers.UUIDField(required=False, help_text="The id it has in the paper.")


class UnansweredOut(serializers.Serializer[Any]):
    marked = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Call again until this is 0, or only those are left that others hold.")


class MarkingPlanIn(StrictSerializer):
    is_anonymous = serializers.BooleanField(required=False, help_text="Markers are not told who wrote what.")
    zero_unanswered = serializers.BooleanField(
        required=False, help_text="What is not answered is zero at once, in attempts that end from now on."
    )


class MarkedQuestionOut(serializers.Serializer[Any]):
    """How far the marking of a question of a room is."""

    question = serializers.UUIDField(source="question_id")
    number = serializers.IntegerField(help_text="Of the question in its paper.")
    waiting = serializers.IntegerField()
    unanswered = serializers.IntegerField(help_text="Those among the waiting on which nothing is written.")
    marked = serializers.IntegerField()
    disputed = serializers.IntegerField()


class MarkedRoomOut(serializers.Serializer[Any]):
    """How far the marking of a room is, and how it is done."""

    exam_assignment = serializers.UUIDField(source="room.pk")
    title = serializers.CharField(source="room.title")
    waiting = serializers.IntegerField()
    unanswered = serializers.IntegerField(help_text="Those among the waiting on which nothing is written.")
    marked = serializers.IntegerField()
    disputed = serializers.IntegerField()
    questions = MarkedQuestionOut(many=True)
    is_anonymous = serializers.BooleanField()
    zero_unanswered = serializers.BooleanField()


class MarkerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="get_full_name")


class ScoreOut(serializers.Serializer[Any]):
    criterion = serializers.IntegerField()
    points = serializers.DecimalField(max_digits=9, decimal_places=3)


def scores_of(scores: Mapping[str, str]) -> list[dict[str, Any]]:
    """Points by the places of their criteria."""
    return [{"criterion": int(place), "points": scores[place]} for place in sorted(scores, key=int)]


class ScriptStudentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="get_full_name")


class ScriptOut(serializers.Serializer[Any]):
    """What one student wrote to one question. Where a room is marked without names, ``attempt``, ``student`` and
    ``finished_at`` are null, and ``candidate`` tells the writers apart."""

    id = serializers.UUIDField(source="pk")
    exam_assignment = serializers.UUIDField(source="assignment_id")
    title = serializers.CharField(source="assignment.title", help_text="Of the room.")
    question = serializers.UUIDField(source="question_id")
    number = serializers.IntegerField(help_text="Of the question in its paper.")
    max_marks = serializers.DecimalField(max_digits=9, decimal_places=3)
    is_blank = serializers.BooleanField(help_text="Nothing was written.")
    length = serializers.IntegerField(help_text="In characters.")
    state = serializers.SerializerMethodField()
    marks = serializers.DecimalField(
        max_digits=9, decimal_places=3, source="current.marks", allow_null=True, default=None
    )
    revision = serializers.IntegerField(help_text="Of its newest mark; to be sent with the next one.")
    claimed_by = MarkerOut(allow_null=True)
    claimed_until = serializers.DateTimeField(allow_null=True)
    candidate = serializers.SerializerMethodField(help_text="What the writer is called where names are not told.")
    attempt = serializers.SerializerMethodField()
    student = serializers.SerializerMethodField()
    finished_at = serializers.SerializerMethodField()

    def get_state(self, script: Script) -> str:
        if script.is_disputed:
            return queries.DISPUTED
        return queries.WAITING if script.current is None else queries.MARKED

    def get_candidate(self, script: Script) -> str:
        return queries.candidate_of(script)

    def get_attempt(self, script: Script) -> uuid.UUID | None:
        return None if self._is_anonymous(script) else script.attempt_id

    @extend_schema_field(ScriptStudentOut(allow_null=True))
    def get_student(self, script: Script) -> dict[str, Any] | None:
        return None if self._is_anonymous(script) else ScriptStudentOut(script.attempt.student).data

    def get_finished_at(self, script: Script) -> datetime | None:
        return None if self._is_anonymous(script) else script.attempt.finished_at

    def _is_anonymous(self, script: Script) -> bool:
        return script.assignment_id in self.context["anonymous"]


class GivenMarkOut(serializers.Serializer[Any]):
    """One judgement, of which the last that is no second mark counts."""

    revision = serializers.IntegerField()
    kind = serializers.ChoiceField(HandMark.Kind.values)
    marks = serializers.DecimalField(max_digits=9, decimal_places=3)
    scores = serializers.SerializerMethodField()
    comment = serializers.CharField(help_text="Plain text.")
    reason = serializers.CharField()
    marked_by = MarkerOut(allow_null=True)
    marked_at = serializers.DateTimeField()

    @extend_schema_field(ScoreOut(many=True))
    def get_scores(self, mark: HandMark) -> list[dict[str, Any]]:
        return scores_of(mark.scores)


class SheetOut(serializers.Serializer[Any]):
    """One script with all it is marked by."""

    script = ScriptOut()
    question = serializers.DictField(help_text="As its taker had it; ``limits`` say how long it was to be.")
    instruction = serializers.CharField(help_text="Of the group. HTML.")
    reading_text = serializers.CharField(help_text="Of the group. HTML.")
    key = serializers.JSONField(
        help_text="Of an essay: ``rubric``, whose criteria are named by their places from 0, and ``model_answer``."
    )
    answer = serializers.CharField(help_text="As it was written. Plain text.")
    words = serializers.IntegerField()
    characters = serializers.IntegerField(help_text="Without spaces.")
    marks = GivenMarkOut(many=True, help_text="The first one first.")
