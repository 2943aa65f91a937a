import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Now


class Attempts(models.QuerySet["Attempt"]):
    def running(self) -> Self:
        return self.filter(status=Attempt.Status.IN_PROGRESS)

    def unfinished(self) -> Self:
        """Still running, or closed and waiting for marks."""
        return self.filter(status__in=[Attempt.Status.IN_PROGRESS, Attempt.Status.SUBMITTED, Attempt.Status.EXPIRED])

    def overdue(self, at: datetime) -> Self:
        """Running past deadline and grace: only waiting to be closed. Where time stands still, nothing is overdue."""
        grace = ExpressionWrapper(F("grace_seconds") * Value(timedelta(seconds=1)), output_field=DurationField())
        # The first comparison follows from the second; it is the one that an index helps with.
        running = self.running().filter(paused_at=None)
        return running.filter(deadline_at__lt=at).filter(deadline_at__lt=Value(at, DateTimeField()) - grace)


class Attempt(models.Model):
    """One student's sitting in one room."""

    class Status(models.TextChoices):
        IN_PROGRESS = "IN_PROGRESS"
        SUBMITTED = "SUBMITTED"
        EXPIRED = "EXPIRED"
        GRADED = "GRADED"
        VOID = "VOID"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.ForeignKey("assignments.ExamAssignment", on_delete=models.PROTECT, related_name="+")
    paper = models.ForeignKey("mock_tests.Paper", on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(default=1, help_text="1 for the student's first attempt in the room.")
    status = models.CharField(max_length=11, choices=Status, default=Status.IN_PROGRESS)
    epoch = models.PositiveIntegerField(
        default=1, help_text="Raised by a takeover; answers of older epochs are refused."
    )
    seed = models.BigIntegerField(help_text="Draws the order of questions and options.")
    shuffle_questions = models.BooleanField(default=False, help_text="As the room had it when the attempt began.")
    shuffle_options = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="Sum of the time ledger; moved only by named operations.")
    grace_seconds = models.PositiveSmallIntegerField(help_text="Answers are accepted until deadline plus this.")
    limit_at = models.DateTimeField(
        null=True, help_text="Where the room's window ends for this attempt; personal time counts beyond it."
    )
    course = models.JSONField(
        default=list, help_text="The steps of timed sections or questions and breaks; empty: open as a whole."
    )
    step_ends = ArrayField(models.DateTimeField(), null=True, help_text="When each step ends; the last: the deadline.")
    step_floor = models.PositiveSmallIntegerField(default=0, help_text="Steps before this one were left for good.")
    paused_at = models.DateTimeField(null=True, help_text="Since when time stands still and nothing can be written.")
    pause_reason = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Why time was last stopped."
    )
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who stopped it."
    )
    is_practice = models.BooleanField(default=False, help_text="Counts for nothing.")
    watermark = models.CharField(
        max_length=12, default="", db_default="", help_text="Shown on the paper where its room marks papers."
    )
    may_check = models.BooleanField(default=False, help_text="Single answers may be checked, which makes them final.")
    finals = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text="Questions whose answers were checked and stay."
    )
    finished_at = models.DateTimeField(null=True, help_text="When handed in; the deadline for an absent student.")
    was_expired = models.BooleanField(default=False, help_text="Closed by the clock, not by the student.")
    score = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    max_score = models.DecimalField(max_digits=9, decimal_places=3)
    revision = models.PositiveIntegerField(default=0, help_text="Raised each time marks are recorded.")
    graded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = Attempts.as_manager()

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "assignment"],
                condition=models.Q(status="IN_PROGRESS"),
                name="one_open_attempt_per_student",
            ),
            models.UniqueConstraint(fields=["student", "assignment", "number"], name="one_attempt_per_number"),
            models.CheckConstraint(
                condition=models.Q(status="IN_PROGRESS", finished_at=None)
                | (~models.Q(status="IN_PROGRESS") & models.Q(finished_at__isnull=False)),
                name="closed_attempts_have_an_end",
            ),
            models.CheckConstraint(
                condition=models.Q(deadline_at__gt=models.F("started_at")), name="deadline_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(status="IN_PROGRESS") | models.Q(paused_at=None), name="only_running_attempts_pause"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at"], condition=models.Q(status="IN_PROGRESS"), name="attempt_open_deadline"
            ),
            models.Index(fields=["assignment", "status"], name="attempt_by_room"),
            models.Index(fields=["watermark"], condition=~models.Q(watermark=""), name="attempt_by_watermark"),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.IN_PROGRESS


class TimeGrant(models.Model):
    """One entry of an attempt's time ledger; the entries add up to its deadline."""

    class Kind(models.TextChoices):
        BASE = "BASE"
        SECTION = "SECTION"
        QUESTION = "QUESTION"
        BREAK = "BREAK"
        ACCOMMODATION = "ACCOMMODATION"
        PAUSE = "PAUSE"
        INCIDENT = "INCIDENT"
        EXTENSION = "EXTENSION"
        REOPENED = "REOPENED"
        LEFT = "LEFT"
        WINDOW = "WINDOW"

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="time_grants")
    kind = models.CharField(max_length=13, choices=Kind)
    step = models.PositiveSmallIntegerField(default=0, help_text="The step of the course that it belongs to.")
    seconds = models.FloatField(help_text="Negative where a window cuts time off.")
    reason = models.CharField(max_length=200, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]


class AnswerEntry(models.Model):
    """One line of the answer journal. Only ever appended; the highest (epoch, seq) of a question is its answer."""

    pk = models.CompositePrimaryKey("attempt_id", "epoch", "seq")
    # The statement that appends locks the attempt, which proves that it exists; a constraint would look it up again.
    attempt = models.ForeignKey(
        Attempt, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    epoch = models.IntegerField()
    seq = models.IntegerField()
    question_id = models.UUIDField()
    response = models.JSONField(null=True)
    received_at = models.DateTimeField()


class RefusedAnswer(models.Model):
    """An answer that came too late, after the end, or from a window that was taken over: kept for review, never graded."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="+")
    epoch = models.IntegerField()
    seq = models.IntegerField()
    question_id = models.UUIDField()
    response = models.JSONField(null=True)
    code = models.CharField(max_length=20)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "epoch", "seq", "code"], name="one_refusal_per_answer"),
        ]


class AnswerSheet(models.Model):
    """The answers as they stood when the attempt was closed, with the receipt over the journal."""

    attempt = models.OneToOneField(Attempt, primary_key=True, on_delete=models.CASCADE, related_name="sheet")
    answers = models.JSONField(help_text="{question: response}, without cleared ones.")
    entry_count = models.PositiveIntegerField()
    receipt = models.CharField(max_length=64, help_text="SHA-256 over the journal in order.")
    frozen_at = models.DateTimeField()


class WithdrawnSheet(models.Model):
    """A sheet that was frozen and then opened again: what it held and who opened it, with the reason."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="withdrawn_sheets")
    answers = models.JSONField()
    entry_count = models.PositiveIntegerField()
    receipt = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]


class ItemMark(models.Model):
    """The marks of one item of one attempt; absent answers have a row too."""

    class Outcome(models.TextChoices):
        CORRECT = "CORRECT"
        PARTIAL = "PARTIAL"
        WRONG = "WRONG"
        BLANK = "BLANK"
        PENDING = "PENDING"

    pk = models.CompositePrimaryKey("attempt_id", "question_id")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, db_index=False, related_name="+")
    question_id = models.UUIDField()
    marks = models.DecimalField(max_digits=9, decimal_places=3)
    outcome = models.CharField(max_length=7, choices=Outcome)


class IntegrityEvent(models.Model):
    """Something that a student's screen noticed, or the server: advice for people, on which no machine acts. Only ever
    appended."""

    # Without a constraint, which would lock the attempt to look it up: advice is in nobody's way.
    attempt = models.ForeignKey(
        Attempt, on_delete=models.DO_NOTHING, db_constraint=False, related_name="integrity_events"
    )
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(null=True, help_text="By the clock of the student's device.")
    received_at = models.DateTimeField(db_default=Now())
    details = models.JSONField(default=dict, help_text="A few short texts.")
    is_observed = models.BooleanField(default=False, db_default=False, help_text="Seen by the server itself.")

    class Meta:
        ordering = ["pk"]


class Whereabouts(models.Model):
    """From where an attempt was last entered, to notice another device or address."""

    attempt = models.OneToOneField(Attempt, primary_key=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    entries = models.PositiveIntegerField(default=0, help_text="How often a socket was opened.")
    seen_at = models.DateTimeField(db_default=Now())


class Cue(models.Model):
    """The start of a recording for a whole room at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.ForeignKey("assignments.ExamAssignment", on_delete=models.CASCADE, related_name="+")
    recording = models.UUIDField()
    starts_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    given_at = models.DateTimeField(db_default=Now())

    is_automatic = models.BooleanField(default=False, db_default=False, help_text="Given by the clock of a section.")

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "recording"],
                condition=models.Q(is_automatic=True),
                name="one_automatic_cue_per_recording",
            ),
        ]


class Play(models.Model):
    """One time that a recording is played to one student; the number makes the count exact."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, db_index=False, related_name="+")
    recording = models.UUIDField()
    number = models.PositiveSmallIntegerField(help_text="From 1, for each recording.")
    cue = models.ForeignKey(Cue, null=True, on_delete=models.CASCADE, related_name="plays")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    fetches = models.PositiveSmallIntegerField(default=0, help_text="How often bytes were asked for.")
    first_byte = models.BigIntegerField(default=0, help_text="Where the latest fetch began; none begins before it.")
    sent_bytes = models.BigIntegerField(default=0, help_text="How far bytes were given out; none begins behind it.")
    stalled_seconds = models.FloatField(default=0, help_text="As the student's screen measured it.")
    credited_seconds = models.FloatField(default=0, help_text="What the ledger gave back of that.")

    class Meta:
        ordering = ["attempt_id", "recording", "number"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "recording", "number"], name="one_play_per_number"),
            models.UniqueConstraint(fields=["attempt", "cue"], name="one_play_per_cue"),
        ]


class KeyedRequest(models.Model):
    """Something that was asked for under a key of the asker's own, and what was answered: asked again, for instance because
    the answer was lost on its way, it is answered alike and done no second time."""

    scope = models.UUIDField(help_text="The room or the attempt that it is about.")
    key = models.UUIDField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of who asked for what.")
    answer = models.JSONField(null=True)
    asked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_request_per_key")]
        indexes = [models.Index(fields=["asked_at"], name="keyed_request_by_age")]


class Stall(models.Model):
    """A report that a play stood still, under the id that the student's screen gave it: told twice, it counts once."""

    play = models.ForeignKey(Play, on_delete=models.CASCADE, db_index=False, related_name="stalls")
    report = models.UUIDField()
    seconds = models.FloatField()
    credited_seconds = models.FloatField()
    reported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["play", "report"], name="one_stall_per_report")]
