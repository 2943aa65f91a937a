import uuid

from django.db import models
from django.db.models.functions import Now

# Equalities, not a list: PostgreSQL says a list of words otherwise once it has read it back, and then the schema of a center
# that was replayed would not read like one that was migrated.
_LIVES = models.Q(state="WAITING") | models.Q(state="RUNNING")
_IS_OVER = models.Q(state="DONE") | models.Q(state="FAILED")


class Job(models.Model):
    """One piece of long work. Whoever asked for it sees it; nothing here is shared between centers."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, blank=True, help_text="While one with this key goes on, no other is made.")
    params = models.JSONField(default=dict, help_text="Ids and plain values, for the worker.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0, help_text="0: nobody knows.")
    message = models.CharField(max_length=500, blank=True)
    code = models.CharField(max_length=60, blank=True, help_text="Why it failed, for programs.")
    result = models.JSONField(default=dict)
    file = models.CharField(max_length=200, blank=True, help_text="Storage name.")
    file_name = models.CharField(max_length=200, blank=True)
    file_size = models.BigIntegerField(default=0)
    file_until = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, help_text="Of the worker that runs it; another one's words do not count.")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True, help_text="When whoever asked for it wanted it no more.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=_LIVES & ~models.Q(key=""),
                name="one_living_job_per_key",
            ),
            models.CheckConstraint(
                condition=(_IS_OVER & models.Q(finished_at__isnull=False)) | (_LIVES & models.Q(finished_at=None)),
                name="job_ends_once",
            ),
        ]
        indexes = [models.Index(fields=["asked_by", "-created_at"], name="job_of_person")]

    def __str__(self) -> str:
        return self.title or self.kind

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}
