import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now


class ExamAssignment(models.Model):
    """An exam room."""

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
