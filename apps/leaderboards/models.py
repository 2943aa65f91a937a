from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ExamResult(models.Model):
    """What counts of one graded attempt: the read model that boards and rankings are made from. Rebuildable."""

    attempt_id = models.UUIDField(primary_key=True)
    assignment_id = models.UUIDField()
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    display_name = models.CharField(max_length=170)
    revision = models.PositiveIntegerField()
    score = models.DecimalField(max_digits=9, decimal_places=3)
    max_score = models.DecimalField(max_digits=9, decimal_places=3)
    seconds_taken = models.FloatField()
    finished_at = models.DateTimeField()
    sections = models.JSONField(help_text="{section id: marks}.")
    topics = models.JSONField(help_text="{topic: marks}.")

    class Meta:
        indexes = [models.Index(fields=["assignment_id", "-score"], name="result_by_room")]


class Ranking(models.Model):
    """A whole table of ranks of one room, written in one go and then never changed; the current one is the highest."""

    assignment_id = models.UUIDField()
    is_final = models.BooleanField(help_text="Computed after the room was finalised, not while people still sat.")
    people = models.PositiveIntegerField(help_text="How many are ranked.")
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["assignment_id", "-id"], name="ranking_current")]


class Rank(models.Model):
    """One person's place in a ranking."""

    pk = models.CompositePrimaryKey("ranking_id", "attempt_id")
    ranking_id = models.BigIntegerField()
    attempt_id = models.UUIDField()
    student_id = models.UUIDField()
    display_name = models.CharField(max_length=170)
    score = models.DecimalField(max_digits=9, decimal_places=3)
    rank = models.IntegerField(help_text="1 + number of people strictly better.")
    percentile = models.DecimalField(max_digits=10, decimal_places=7, help_text="100 x (at or below) / all.")
    sections = models.JSONField(help_text="{section id: {score, rank, percentile}}.")
    topics = models.JSONField(help_text="{topic: {score, rank, percentile}}.")
