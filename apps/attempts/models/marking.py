import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class MarkingPlan(models.Model):
    """How the scripts of a room are marked; a room without one has the defaults."""

    assignment = models.OneToOneField(
        "assignments.ExamAssignment", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    is_anonymous = models.BooleanField(default=False, help_text="Markers are not told who wrote a script.")
    zero_unanswered = models.BooleanField(default=False, help_text="What was not answered is marked as zero at once.")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())


class Scripts(models.QuerySet["Script"]):
    def waiting(self) -> Self:
        """Not marked yet."""
        return self.filter(current=None)

    def free(self, at: datetime) -> Self:
        """Held by nobody, or for too long."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=at))


class Script(models.Model):
    """What one student wrote to one question that people mark. It has a row from when the attempt is marked on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey("attempts.Attempt", on_delete=models.CASCADE, db_index=False, related_name="+")
    assignment = models.ForeignKey(
        "assignments.ExamAssignment", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    question_id = models.UUIDField()
    number = models.PositiveSmallIntegerField(default=0, help_text="Of the question in its paper.")
    max_marks = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    length = models.PositiveIntegerField(default=0, help_text="In characters.")
    answer_hash = models.CharField(max_length=64, help_text="SHA-256 of what was written; another text is marked anew.")
    is_blank = models.BooleanField(help_text="Nothing was written.")
    current = models.ForeignKey(
        "HandMark", null=True, on_delete=models.SET_NULL, related_name="+", help_text="The mark that counts."
    )
    is_disputed = models.BooleanField(default=False, help_text="A second mark differs from the one that counts.")
    revision = models.PositiveIntegerField(default=0, help_text="Of its newest mark.")
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True, help_text="Until then nobody else marks it.")
    created_at = models.DateTimeField(db_default=Now())

    objects = Scripts.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "question_id"], name="one_script_per_answer"),
        ]
        indexes = [
            models.Index(fields=["assignment", "question_id"], name="script_by_room"),
            models.Index(fields=["created_at", "id"], condition=Q(current=None), name="script_waiting"),
        ]


class HandMark(models.Model):
    """One judgement of a script. Only ever appended."""

    class Kind(models.TextChoices):
        FIRST = "FIRST"
        SECOND = "SECOND"
        CHANGED = "CHANGED"
        UNANSWERED = "UNANSWERED"

    script = models.ForeignKey(Script, on_delete=models.CASCADE, db_index=False, related_name="hand_marks")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    scores = models.JSONField(help_text="Points as strings, by the criteria of the rubric.")
    marks = models.DecimalField(max_digits=9, decimal_places=3)
    comment = models.TextField(blank=True, help_text="For the student.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why another mark was changed.")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["script_id", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["script", "revision"], name="one_mark_per_revision"),
        ]
