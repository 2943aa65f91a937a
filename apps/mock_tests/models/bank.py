import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower, Now

from apps.mock_tests.models.media import MediaFile
from apps.mock_tests.models.papers import Paper


class Topic(models.Model):
    """A subject that questions of the bank are about; topics form trees."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = ArrayField(models.UUIDField(), help_text="The topic itself after all that it lies in.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    is_active = models.BooleanField(default=True, help_text="Whether new questions may be put here.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [GinIndex(fields=["path"], name="topics_below")]
        constraints = [
            models.UniqueConstraint(
                "parent",
                Lower("name"),
                name="one_topic_per_name_and_parent",
                condition=models.Q(parent__isnull=False),
            ),
            models.UniqueConstraint(Lower("name"), name="one_root_topic_per_name", condition=models.Q(parent=None)),
        ]

    def __str__(self) -> str:
        return self.name


class BankQuestion(models.Model):
    """A question of the center that tests take copies of. What it says stands in its versions."""

    class Difficulty(models.TextChoices):
        EASY = "EASY"
        MEDIUM = "MEDIUM"
        HARD = "HARD"

    class State(models.TextChoices):
        DRAFT = "DRAFT"
        IN_REVIEW = "IN_REVIEW"
        APPROVED = "APPROVED"
        RETIRED = "RETIRED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="questions")
    difficulty = models.CharField(max_length=6, choices=Difficulty, blank=True)
    exam_type = models.CharField(max_length=40, blank=True, help_text="The exam that it is like: JLPT N3, JEE Main.")
    language = models.CharField(max_length=12, blank=True, help_text="Of its text: ja, en.")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    type = models.CharField(max_length=20, help_text="Of the current version.")
    current_version = models.ForeignKey(
        "BankVersion", null=True, on_delete=models.PROTECT, related_name="+", help_text="The newest."
    )
    approved_version = models.ForeignKey(
        "BankVersion", null=True, on_delete=models.PROTECT, related_name="+", help_text="The newest that was approved."
    )
    content_hash = models.CharField(max_length=64, help_text="Of the current version.")
    search_text = models.TextField(
        db_collation="C", help_text="What of the current version is searched, in one plain form; compared byte by byte."
    )
    sketch = ArrayField(models.BigIntegerField(), default=list, help_text="Equal values make likely doubles.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, help_text="Out of sight; tests that took it keep their copies.")

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="bank_newest", condition=models.Q(deleted_at=None)),
            models.Index(fields=["content_hash"], name="bank_by_content"),
            GinIndex(fields=["tags"], name="bank_by_tag"),
        ]

    def __str__(self) -> str:
        return f"Question {self.pk}"


class BankVersion(models.Model):
    """What a question of the bank said after one edit. Never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.ForeignKey(BankQuestion, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(help_text="From 1.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True, help_text="Why it was changed.")
    created_at = models.DateTimeField(db_default=Now())
    type = models.CharField(max_length=20, help_text="A name in rules.types.registry.")
    name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    content = models.JSONField(default=dict)
    key = models.JSONField(default=dict)
    score = models.DecimalField(max_digits=8, decimal_places=3, default=1)
    has_own_score = models.BooleanField(default=True, db_default=True, help_text="If not, the exam profile says it.")
    wrong_share = models.DecimalField(
        max_digits=11, decimal_places=10, null=True, blank=True, help_text="Of the marks; empty: the exam profile's."
    )
    shuffle = models.BooleanField(default=False)
    explanation = models.TextField(blank=True)
    image = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    audio = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 over what is asked and answered, without ids.")

    class Meta:
        ordering = ["question", "-number"]
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return self.name or f"Version {self.number}"


class BankReview(models.Model):
    """A step of a question's way through its review."""

    class Step(models.TextChoices):
        SUBMITTED = "SUBMITTED"
        APPROVED = "APPROVED"
        SENT_BACK = "SENT_BACK"
        RETIRED = "RETIRED"
        REOPENED = "REOPENED"

    question = models.ForeignKey(BankQuestion, on_delete=models.CASCADE, related_name="reviews")
    version = models.ForeignKey(BankVersion, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=9, choices=Step)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["question", "id"]


class BankFigures(models.Model):
    """How takers of one paper did with a version that stands in it: sums over attempts that count, from which
    statistics are made."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="+")
    item = models.UUIDField(help_text="The question of the paper.")
    version = models.ForeignKey(BankVersion, on_delete=models.PROTECT, related_name="figures")
    score = models.DecimalField(max_digits=8, decimal_places=3, help_text="What the paper gives for it.")
    seen = models.PositiveIntegerField(help_text="Graded attempts that count.")
    blank = models.PositiveIntegerField(help_text="Of these, how many left it out.")
    marks = models.DecimalField(max_digits=20, decimal_places=3, help_text="Sum of its marks.")
    marks_squared = models.DecimalField(max_digits=24, decimal_places=6)
    rest = models.DecimalField(max_digits=20, decimal_places=3, help_text="Sum of all other marks of these takers.")
    rest_squared = models.DecimalField(max_digits=24, decimal_places=6)
    marks_by_rest = models.DecimalField(max_digits=24, decimal_places=6)
    timed = models.PositiveIntegerField(help_text="Attempts whose time on it is known.")
    seconds = models.FloatField(help_text="Sum of these times.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "item"], name="one_row_of_figures_per_item")]


class BankStatistics(models.Model):
    """How takers did with one version of a question, over all papers; made anew from ``BankFigures`` at any time."""

    version = models.OneToOneField(BankVersion, primary_key=True, on_delete=models.CASCADE, related_name="statistics")
    seen = models.PositiveIntegerField(help_text="Graded attempts that count.")
    blank = models.PositiveIntegerField()
    facility = models.FloatField(help_text="Mean share of the marks.")
    discrimination = models.FloatField(null=True, help_text="Correlation with the rest of the paper, -1 to 1.")
    mean_seconds = models.FloatField(null=True)
    computed_at = models.DateTimeField(db_default=Now())
