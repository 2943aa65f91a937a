import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now


class ExamAssignment(models.Model):
    """An exam room, or one item of a homework, which is a room of its own kind."""

    class Kind(models.TextChoices):
        EXAM = "EXAM"
        HOMEWORK = "HOMEWORK", "an item of a homework"
        PRACTICE = "PRACTICE", "an item of a homework, without counting"

    class LatePolicy(models.TextChoices):
        """What a late starter gets."""

        WINDOW = "WINDOW", "what the window leaves"
        FULL_TIME = "FULL_TIME", "the full time, beyond the window"

    class Counting(models.TextChoices):
        """Which of several attempts counts."""

        BEST = "BEST"
        LAST = "LAST"
        FIRST = "FIRST"

    class Listening(models.TextChoices):
        """How recordings are played."""

        FREE = "FREE", "as often as wanted"
        LIMITED = "LIMITED", "so many times, without seeking"
        SYNCHRONISED = "SYNCHRONISED", "for the whole room at once"

    class Status(models.TextChoices):
        SCHEDULED = "SCHEDULED"
        OPEN = "OPEN"
        CLOSED = "CLOSED"
        FINALISED = "FINALISED"

    class BoardPolicy(models.TextChoices):
        LIVE = "LIVE"
        AFTER_CLOSE = "AFTER_CLOSE"
        HIDDEN = "HIDDEN"
        ANONYMOUS = "ANONYMOUS"

    class ResultPolicy(models.TextChoices):
        IMMEDIATELY = "IMMEDIATELY"
        AFTER_CLOSE = "AFTER_CLOSE"
        BY_HAND = "BY_HAND"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    mock_test = models.ForeignKey("mock_tests.MockTest", on_delete=models.PROTECT, related_name="+")
    paper = models.ForeignKey("mock_tests.Paper", on_delete=models.PROTECT, related_name="+")
    groups = models.ManyToManyField("groups.Group", related_name="+", blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.SCHEDULED)
    opens_at = models.DateTimeField(null=True, blank=True, help_text="Empty: opened by hand.")
    closes_at = models.DateTimeField(null=True, blank=True, help_text="Empty: closed by hand.")
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    finalised_at = models.DateTimeField(null=True, blank=True)
    seconds = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(10)], help_text="Empty: the time of the paper."
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.EXAM)
    late_policy = models.CharField(max_length=9, choices=LatePolicy, default=LatePolicy.WINDOW)
    latest_start_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="After the opening; nobody starts later. Empty: until it closes."
    )
    is_sectioned = models.BooleanField(
        default=False, help_text="Sections are timed one by one, forward only; each is shown when its time has come."
    )
    breaks = models.JSONField(
        default=list, blank=True, help_text='Between timed sections: [{"after": 1, "seconds": 600}], sections from 1.'
    )
    may_leave_early = models.BooleanField(default=True, help_text="A timed section may be left before its time is up.")
    has_review_screen = models.BooleanField(default=True, help_text="An overview of all questions before handing in.")
    tools = models.JSONField(default=list, blank=True, help_text="What the page offers: calculator, dictionary, notes.")
    counting = models.CharField(max_length=5, choices=Counting, default=Counting.BEST)
    listening = models.CharField(max_length=12, choices=Listening, default=Listening.FREE)
    plays_allowed = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    is_cued_by_clock = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Where the room listens at once: recordings start by themselves when their section begins.",
    )
    browser_keys = models.JSONField(
        default=list, blank=True, help_text="Config keys of the Safe Exam Browser; empty: any browser."
    )
    is_watermarked = models.BooleanField(default=False, help_text="Papers carry a mark of who sits.")
    attempts_allowed = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    access_code = models.CharField(max_length=40, blank=True)
    shuffle_questions = models.BooleanField(default=False)
    shuffle_options = models.BooleanField(default=False)
    board_policy = models.CharField(max_length=11, choices=BoardPolicy, default=BoardPolicy.LIVE)
    result_policy = models.CharField(max_length=11, choices=ResultPolicy, default=ResultPolicy.BY_HAND)
    is_published = models.BooleanField(default=False, help_text="Results are released to students.")
    is_review_open = models.BooleanField(default=False, help_text="Students may see keys and explanations.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens_at=None)
                | models.Q(closes_at=None)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="room_opens_before_it_closes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opens_at"], condition=models.Q(status="SCHEDULED", opens_at__isnull=False), name="room_to_open"
            ),
            models.Index(
                fields=["closes_at"], condition=models.Q(status="OPEN", closes_at__isnull=False), name="room_to_close"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def homework_id(self) -> uuid.UUID | None:
        """The homework of which this room is an item, if it is."""
        item = getattr(self, "item", None) or getattr(self, "practice_item", None)
        return item.homework_id if item else None


class HomeworkAssignment(models.Model):
    """Several tests and quizzes with one deadline. Each is an item, behind which stands a room of its own kind."""

    class Checking(models.TextChoices):
        """Which items tell, question by question, what was right; the answer is final then."""

        NEVER = "NEVER"
        QUIZZES = "QUIZZES", "quizzes only"
        ALWAYS = "ALWAYS"

    class Practice(models.TextChoices):
        """When attempts that count for nothing may be made."""

        NEVER = "NEVER"
        AFTER_DEADLINE = "AFTER_DEADLINE"
        ALWAYS = "ALWAYS"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    deadline = models.DateTimeField(help_text="Nothing counts that is begun later, and what runs ends.")
    groups = models.ManyToManyField("groups.Group", related_name="+", blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    show_results_immediately = models.BooleanField(default=True, help_text="Otherwise after the deadline.")
    checking = models.CharField(max_length=7, choices=Checking, default=Checking.QUIZZES)
    is_one_by_one = models.BooleanField(
        default=False,
        db_default=False,
        help_text="In quizzes each question has its seconds by the server's clock, one after the other, forward only.",
    )
    practice = models.CharField(max_length=14, choices=Practice, default=Practice.NEVER)
    counting = models.CharField(max_length=5, choices=ExamAssignment.Counting, default=ExamAssignment.Counting.BEST)
    attempts_allowed = models.PositiveSmallIntegerField(default=100, validators=[MinValueValidator(1)])
    reminded_deadline = models.DateTimeField(null=True, help_text="The deadline of which people were reminded.")
    ended_deadline = models.DateTimeField(null=True, help_text="The deadline that was said to have passed.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.title


class HomeworkItem(models.Model):
    """One test or quiz of a homework: a room whose attempts count, and, where there is practice, one whose do not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    homework = models.ForeignKey(HomeworkAssignment, on_delete=models.CASCADE, related_name="items")
    mock_test = models.ForeignKey("mock_tests.MockTest", on_delete=models.PROTECT, related_name="+")
    room = models.OneToOneField(ExamAssignment, on_delete=models.PROTECT, related_name="item")
    practice_room = models.OneToOneField(
        ExamAssignment, null=True, on_delete=models.PROTECT, related_name="practice_item"
    )
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["homework", "mock_test"], name="one_item_per_test"),
        ]


class Announcement(models.Model):
    """Something said to everybody in a room while it runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.ForeignKey(ExamAssignment, on_delete=models.CASCADE, related_name="announcements")
    text = models.CharField(max_length=1000)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    said_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-said_at", "id"]


class RoomPause(models.Model):
    """A time in which nobody could begin in an open room, or nobody of one of its groups."""

    assignment = models.ForeignKey(ExamAssignment, on_delete=models.CASCADE, related_name="pauses")
    group = models.ForeignKey(
        "groups.Group", null=True, on_delete=models.CASCADE, related_name="+", help_text="Empty: the whole room."
    )
    reason = models.CharField(max_length=200)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["began_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "group"],
                condition=models.Q(ended_at=None),
                name="one_pause_at_a_time",
                nulls_distinct=False,
            ),
        ]


class Accommodation(models.Model):
    """What a student is always given: approved once, applied to every exam that begins from then on. On no day are two of
    them in force, which the constraint ``one_accommodation_a_day`` holds."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        APPROVED = "APPROVED"
        REJECTED = "REJECTED"
        WITHDRAWN = "WITHDRAWN"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    factors = models.JSONField(
        help_text='How much of its time a section gets, by type: {"*": "1.25", "LISTENING": "1"}.'
    )
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=500, blank=True, default="", help_text="Why it was decided so.")

    class Meta:
        ordering = ["-asked_at", "id"]

    def __str__(self) -> str:
        return f"Accommodation of {self.student}"
