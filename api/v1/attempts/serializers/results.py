"""What an attempt earned."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.v1.attempts.serializers.attempts import AttemptOut
from api.v1.attempts.serializers.marking import ScoreOut, scores_of
from api.v1.attempts.serializers.papers import TakerPaperOut


class PartOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    score = serializers.DecimalField(max_digits=9, decimal_places=3)
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3)
    percentage = serializers.DecimalField(max_digits=9, decimal_places=2)
    items = serializers.IntegerField()
    correct = serializers.IntegerField()
    blank = serializers.IntegerField()


class EstimatedAreaOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    score = serializers.IntegerField()
    min_score = serializers.IntegerField()
    max_score = serializers.IntegerField()
    passed = serializers.BooleanField()


class EstimateOut(serializers.Serializer[Any]):
    """A scaled result by a straight line. An estimate: the exam's own scaling is not public."""

    total = serializers.IntegerField()
    passed = serializers.BooleanField()
    areas = EstimatedAreaOut(many=True)


class RankOut(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="1 + the number of people strictly better.")
    percentile = serializers.DecimalField(max_digits=10, decimal_places=2, rounding=ROUND_HALF_UP)
    people = serializers.IntegerField()
    is_final = serializers.BooleanField(help_text="False while others may still sit.")


class ResultOut(serializers.Serializer[Any]):
    attempt = AttemptOut()
    score = serializers.DecimalField(max_digits=9, decimal_places=3, source="attempt.score")
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3, source="attempt.max_score")
    percentage = serializers.DecimalField(max_digits=9, decimal_places=2)
    passing_percent = serializers.DecimalField(5, 2, allow_null=True, help_text="Of a quiz that has one.")
    passed = serializers.BooleanField(allow_null=True, help_text="By ``passing_percent``; null where there is none.")
    revision = serializers.IntegerField(source="attempt.revision")
    seconds_taken = serializers.FloatField()
    sections = PartOut(many=True)
    topics = PartOut(many=True)
    jlpt_estimate = EstimateOut(source="estimate", allow_null=True)


class RankedResultOut(ResultOut):
    rank = RankOut(allow_null=True, help_text="null until it is counted, and where another attempt counts.")


class JudgementOut(serializers.Serializer[Any]):
    """What a person said about an answer; nobody is told who."""

    scores = serializers.SerializerMethodField()
    comment = serializers.CharField(help_text="Plain text.")
    marked_at = serializers.DateTimeField()

    @extend_schema_field(ScoreOut(many=True))
    def get_scores(self, mark: Any) -> list[dict[str, Any]]:
        return scores_of(mark.scores)


class ReviewItemOut(serializers.Serializer[Any]):
    response = serializers.JSONField(allow_null=True)
    marks = serializers.DecimalField(max_digits=9, decimal_places=3)
    outcome = serializers.CharField()
    score = serializers.DecimalField(max_digits=7, decimal_places=3)
    key = serializers.JSONField()
    explanation = serializers.CharField(help_text="HTML.")
    judgement = JudgementOut(allow_null=True, help_text="Of what a person marked.")


class ReviewOut(serializers.Serializer[Any]):
    attempt = AttemptOut()
    answers = serializers.DictField(child=serializers.JSONField(), help_text="As handed in, by question id.")
    items = serializers.DictField(child=ReviewItemOut(), help_text="By question id.")


class ReviewWithPaperOut(ReviewOut):
    paper = TakerPaperOut()
