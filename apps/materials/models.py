import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Category(models.Model):
    """A folder. Who may see it may see what is in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_public = models.BooleanField(default=False, help_text="For every student of the center.")
    groups = models.ManyToManyField("groups.Group", related_name="+", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class StoredFile(models.Model):
    """The bytes of one or more materials."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    storage_name = models.CharField(max_length=200, unique=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    seconds = models.FloatField(null=True, help_text="Length of a recording.")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.storage_name


class Material(models.Model):
    """A file or a link that is handed out."""

    class Type(models.TextChoices):
        PDF = "PDF"
        DOCX = "DOCX"
        AUDIO = "AUDIO"
        IMAGE = "IMAGE"
        LINK = "LINK"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.CASCADE, related_name="materials")
    file_type = models.CharField(max_length=5, choices=Type)
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="materials")
    link = models.CharField(max_length=2000, blank=True)
    file_name = models.CharField(max_length=200, blank=True, help_text="As it was called when it was uploaded.")
    is_public = models.BooleanField(default=False, help_text="For every student of the center; outside of categories.")
    groups = models.ManyToManyField("groups.Group", related_name="+", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(file_type="LINK", file=None) & ~models.Q(link="")
                | ~models.Q(file_type="LINK") & models.Q(file__isnull=False, link=""),
                name="a_material_is_a_file_or_a_link",
            )
        ]

    def __str__(self) -> str:
        return self.name
