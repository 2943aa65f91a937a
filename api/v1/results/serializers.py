from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.attempts.rules import results


class RankedPartOut(serializers.Serializer[Any]):
    """One section or topic, ranked by itself."""

    id = serializers.CharField(source="part.id", help_text="Of a topic, its name.")
    name = serializers.CharField(source="part.name")
    score = serializers.CharField()
    max_score = serializers.CharField(source="part.max_score")
    rank = serializers.IntegerField()
    percentile = serializers.CharField()


class PlacedOut(serializers.Serializer[Any]):
    """The marks of the attempt that counts, and where they stand among those of all."""

    attempt_id = serializers.UUIDField()
    score = serializers.CharField()
    max_score = serializers.CharField()
    percentage = serializers.SerializerMethodField()
    seconds_taken = serializers.FloatField()
    finished_at = serializers.DateTimeField()
    rank = serializers.IntegerField(help_text="1 + number of people strictly better; ties share it.")
    percentile = serializers.CharField(help_text="100 x (number scoring equal or less) / all.")

    def get_percentage(self, row: Any) -> str:
        return str(results.percentage(row.score, row.max_score))


class ExamResultOut(PlacedOut):
    """One person's result in a room."""

    student_id = serializers.UUIDField()
    name = serializers.CharField()
    sections = RankedPartOut(many=True)
    topics = RankedPartOut(many=True)


class OwnResultOut(PlacedOut):
    """A person's result in one of their rooms."""

    exam_assignment_id = serializers.UUIDField(source="assignment_id")
    title = serializers.CharField()
    people = serializers.IntegerField(help_text="How many are ranked.")
    is_final = serializers.BooleanField(help_text="Rank and percentile will not change any more.")
