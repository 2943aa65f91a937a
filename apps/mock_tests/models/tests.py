import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from apps.mock_tests.models.fields import TextPolicyField
from apps.mock_tests.models.media import MediaFile


class MockTest(models.Model):
    """A test that is being written, or the source of its published papers."""

    class Kind(models.TextChoices):
        MOCK_TEST = "MOCK_TEST"
        QUIZ = "QUIZ"

    class Status(models.TextChoices):
        DRAFT = "DRAFT"
        PUBLISHED = "PUBLISHED"

    class Level(models.TextChoices):
        N1 = "N1"
        N2 = "N2"
        N3 = "N3"
        N4 = "N4"
        N5 = "N5"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.MOCK_TEST)
    title = models.CharField(max_length=200)
    level = models.CharField(max_length=2, choices=Level, blank=True)
    description = models.TextField(blank=True)
    profile = models.CharField(max_length=40, default="custom", help_text="Code of the exam profile, dated.")
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    current_paper = models.ForeignKey(
        "Paper", null=True, on_delete=models.PROTECT, related_name="+", help_text="The edition that is published now."
    )
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Counts changes; the database does.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, help_text="Out of sight; its papers and their results stay.")

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="DRAFT", current_paper=None)
                | models.Q(status="PUBLISHED", current_paper__isnull=False),
                name="published_tests_have_a_paper",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TestSection(models.Model):
    """A timed part of a test."""

    class Type(models.TextChoices):
        VOCAB = "VOCAB"
        GRAMMAR_READING = "GRAMMAR_READING"
        LISTENING = "LISTENING"
        FULL_WRITTEN = "FULL_WRITTEN"
        GENERAL = "GENERAL"

    __test__ = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mock_test = models.ForeignKey(MockTest, on_delete=models.CASCADE, related_name="sections")
    name = models.CharField(max_length=120)
    section_type = models.CharField(max_length=15, choices=Type, default=Type.GENERAL)
    code = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Which section of its exam profile this is."
    )
    duration = models.PositiveIntegerField(help_text="Minutes.", validators=[MinValueValidator(1)])
    order = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Counts changes; the database does.")

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class QuestionGroup(models.Model):
    """Questions under one instruction, often with a shared passage, picture or recording."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    section = models.ForeignKey(TestSection, on_delete=models.CASCADE, related_name="question_groups")
    title = models.CharField(max_length=200, blank=True)
    mondai_number = models.PositiveIntegerField(null=True, blank=True)
    instruction = models.TextField(blank=True)
    reading_text = models.TextField(blank=True)
    image = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    audio = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    scored_area = models.CharField(max_length=40, blank=True, help_text="Empty: the area of its section's type.")
    text_policy = TextPolicyField()
    order = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Counts changes; the database does.")

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """One item. ``content`` is what takers may see of its type, ``key`` is what grades it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(QuestionGroup, on_delete=models.CASCADE, related_name="questions")
    type = models.CharField(max_length=20, default="single_choice", help_text="A name in rules.types.registry.")
    name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    question_number = models.PositiveIntegerField(null=True, blank=True)
    score = models.DecimalField(max_digits=8, decimal_places=3, default=1, help_text="Marks for a full answer.")
    has_own_score = models.BooleanField(
        default=True, db_default=True, help_text="Whether its author said so; if not, the exam profile does."
    )
    wrong_share = models.DecimalField(
        max_digits=11,
        decimal_places=10,
        null=True,
        blank=True,
        help_text="What a wrong answer earns of the marks, -1 to 0; empty: what the exam profile says.",
    )
    content = models.JSONField(default=dict, help_text='Choices: {"options": [{"id", "text", "image"}]}.')
    key = models.JSONField(
        default=dict,
        help_text='Choices: {"fractions": {option: share}}. Numeric: {"answers": [{"value", "tolerance", "fraction"}]}.',
    )
    seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="For this question alone, in a quiz; empty: what the quiz gives."
    )
    shuffle = models.BooleanField(default=False, help_text="Whether options may be shown in another order.")
    explanation = models.TextField(blank=True)
    text_policy = TextPolicyField()
    topic = models.CharField(max_length=120, blank=True)
    tags = models.JSONField(default=list, blank=True)
    image = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    audio = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    bank_version = models.ForeignKey(
        "BankVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What it copies."
    )
    order = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Counts changes; the database does.")

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name or f"Question {self.question_number or ''}".strip()
