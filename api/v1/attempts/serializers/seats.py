"""What is done to seats of a room, and whose time it changed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.keys import KeyedIn
from api.common.serializers import BoundedList
from api.v1.attempts.serializers.attempts import STATUSES, CourseOut


class SeatsIn(KeyedIn):
    """Which seats something is about: those of these students and of who studies in these groups; without either, all."""

    student_ids = BoundedList(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=1000,
        required=False,
        help_text="Students who sit, or who are done where their seats are opened again; all of them, or it is refused.",
    )
    group_ids = BoundedList(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=200,
        required=False,
        help_text="Groups of the room, as they sit in rooms of their own: those of their students whom it can be about.",
    )


class ExtendIn(SeatsIn):
    seconds = serializers.IntegerField(help_text="1 second to 24 hours.")
    reason = serializers.CharField(max_length=200)


class ResumeIn(SeatsIn):
    pass


class PauseIn(ResumeIn):
    reason = serializers.CharField(max_length=200)


class ExtendedOut(serializers.Serializer[Any]):
    attempt = serializers.UUIDField(source="pk")
    student = serializers.UUIDField(source="student_id")
    deadline_at = serializers.DateTimeField()


class ExtensionOut(serializers.Serializer[Any]):
    extended = ExtendedOut(many=True)


class SeatOut(CourseOut):
    attempt = serializers.UUIDField(source="pk")
    student = serializers.UUIDField(source="student_id")
    status = serializers.ChoiceField(STATUSES)
    deadline_at = serializers.DateTimeField()


class SeatsOut(serializers.Serializer[Any]):
    """Whose time has changed now."""

    seats = SeatOut(many=True)


class FinalisedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    finalised_at = serializers.DateTimeField()
