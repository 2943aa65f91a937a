import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ExamProfile(models.Model):
    """An edition of an exam profile that the center wrote. It is never changed: an edit makes the next edition, and tests
    and papers keep the one they were made with. Profiles that come with the product are files, not rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=24, help_text="The same for all editions and dates of an exam.")
    edition = models.PositiveIntegerField(help_text="1 for the first one of this slug.")
    code = models.CharField(max_length=40, unique=True, help_text="How tests and papers name this edition.")
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=2, blank=True)
    exam_type = models.CharField(max_length=20)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True, help_text="The first day on which it does not hold any more.")
    data = models.JSONField(help_text="Sections, areas, kinds of items, marking, conversion, order of ties.")
    based_on = models.CharField(max_length=40, blank=True, help_text="Code of the profile that it was copied from.")
    replaced_at = models.DateTimeField(null=True, help_text="There is a newer edition of it.")
    retired_at = models.DateTimeField(null=True, help_text="Not offered for new tests any more.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["slug", "valid_from", "edition"]
        constraints = [models.UniqueConstraint(fields=["slug", "edition"], name="one_profile_per_edition")]

    def __str__(self) -> str:
        return self.name


class Blueprint(models.Model):
    """How a test is put together from the bank: so many questions of each sort for each group."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    spec = models.JSONField(help_text="Level, profile and sections with groups and lines.")
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Counts changes.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
