import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.mock_tests.models.tests import MockTest


class Paper(models.Model):
    """A published, immutable edition of a test: what takers may see, without a trace of the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test = models.ForeignKey(MockTest, on_delete=models.PROTECT, related_name="papers")
    number = models.PositiveIntegerField(help_text="1 for the first edition of the test.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 over content and key, without random ids.")
    title = models.CharField(max_length=200)
    profile = models.CharField(max_length=40)
    profile_data = models.JSONField(
        null=True, help_text="The exam profile as it was; empty in papers from before it was kept."
    )
    content = models.JSONField(help_text="Sections, groups and items as takers may see them.")
    seconds = models.PositiveIntegerField(help_text="Time for the whole paper.")
    max_score = models.DecimalField(max_digits=9, decimal_places=3)
    item_count = models.PositiveIntegerField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["test", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["test", "number"], name="one_paper_per_number"),
            models.UniqueConstraint(fields=["test", "content_hash"], name="one_paper_per_content"),
        ]

    def __str__(self) -> str:
        return f"{self.title} #{self.number}"


class PaperKey(models.Model):
    """The key of a paper, apart from it: read by grading and by reviews that are released."""

    paper = models.OneToOneField(Paper, primary_key=True, on_delete=models.CASCADE, related_name="paper_key")
    items = models.JSONField(help_text="{question: {type, score, key, explanation}}.")


class PaperItem(models.Model):
    """An item of a paper as sums need it: where it stands, what it is worth. Holds no key."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="items")
    question_id = models.UUIDField()
    number = models.PositiveIntegerField()
    type = models.CharField(max_length=20)
    section_id = models.UUIDField()
    section_name = models.CharField(max_length=120)
    area = models.CharField(max_length=40)
    topic = models.CharField(max_length=120)
    score = models.DecimalField(max_digits=8, decimal_places=3)
    bank_version = models.UUIDField(null=True, help_text="The version of the bank's question that it is, if it is one.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["paper", "question_id"], name="one_item_per_question")]
        indexes = [
            models.Index(
                fields=["bank_version"], name="items_of_the_bank", condition=models.Q(bank_version__isnull=False)
            )
        ]
