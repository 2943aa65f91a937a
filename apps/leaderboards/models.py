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
    tie_break = models.CharField(
        max_length=120, db_collation="C", help_text="Orders equal scores, smallest first; made by the profile's chain."
    )
    is_best = models.BooleanField(help_text="Of this student's attempts in the room, the one that counts.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assignment_id", "student"],
                condition=models.Q(is_best=True),
                name="one_best_result_per_student",
            ),
        ]
        indexes = [
            models.Index(
                fields=["assignment_id", "-score", "tie_break"],
                condition=models.Q(is_best=True),
                name="result_by_place",
            ),
            models.Index(fields=["assignment_id", "recorded_at"], name="result_by_time"),
        ]

    def __str__(self) -> str:
        return self.display_name


class Ranking(models.Model):
    """A whole table of ranks of one room, written in one go and then never changed.

    The current one is the last that is final still, or else the last.
    """

    assignment_id = models.UUIDField()
    is_final = models.BooleanField(help_text="Computed after the room was finalised, not while people still sat.")
    withdrawn_at = models.DateTimeField(
        null=True, help_text="Since when it is final no more: its room was opened again."
    )
    people = models.PositiveIntegerField(help_text="How many are ranked.")
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["assignment_id", "-id"], name="ranking_current")]

    def __str__(self) -> str:
        return f"Ranking of {self.people}"


class Rank(models.Model):
    """One person's place in a ranking, with the marks it was made from. ``position`` orders those who share a rank."""

    pk = models.CompositePrimaryKey("ranking_id", "position")
    ranking_id = models.BigIntegerField()
    position = models.IntegerField(help_text="1, 2, 3 … without gaps: by score, then by the tie-break.")
    attempt_id = models.UUIDField()
    student_id = models.UUIDField()
    display_name = models.CharField(max_length=170)
    score = models.DecimalField(max_digits=9, decimal_places=3)
    rank = models.IntegerField(help_text="1 + number of people strictly better.")
    percentile = models.DecimalField(max_digits=10, decimal_places=7, help_text="100 x (at or below) / all.")
    sections = models.JSONField(help_text="{section id: marks}; ranks: see RankStep.")
    topics = models.JSONField(help_text="{topic: marks}; ranks: see RankStep.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ranking_id", "student_id"], name="one_rank_per_student")]


class RankStep(models.Model):
    """Rank and percentile of everybody with this score in one part of a ranking.

    Both are functions of the score alone, so they stand here once per score, not once per person.
    """

    pk = models.CompositePrimaryKey("ranking_id", "part", "score")
    ranking_id = models.BigIntegerField()
    part = models.CharField(max_length=130, help_text="'section:<id>', 'topic:<name>', or nothing for the whole paper.")
    score = models.DecimalField(max_digits=9, decimal_places=3)
    rank = models.IntegerField()
    percentile = models.DecimalField(max_digits=10, decimal_places=7)
