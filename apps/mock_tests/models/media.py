import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class MediaFile(models.Model):
    """A private picture or recording of the center, stored under a name nobody can guess."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        AUDIO = "audio"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    storage_name = models.CharField(max_length=200, unique=True)
    media_type = models.CharField(max_length=60)
    original_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64, unique=True)
    seconds = models.FloatField(null=True, help_text="Length of a recording.")
    width = models.PositiveIntegerField(null=True, help_text="Of a picture, in pixels.")
    height = models.PositiveIntegerField(null=True, help_text="Of a picture, in pixels.")
    unused_since = models.DateTimeField(null=True, help_text="When nothing was found that shows or plays it.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.original_name


class MediaPreview(models.Model):
    """A picture of the center made smaller; whoever may open the picture may open this."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    media = models.ForeignKey(MediaFile, on_delete=models.CASCADE, related_name="previews")
    width = models.PositiveIntegerField(help_text="In pixels.")
    storage_name = models.CharField(max_length=200, unique=True)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(help_text="Bytes.")

    class Meta:
        ordering = ["width"]
        constraints = [models.UniqueConstraint(fields=["media", "width"], name="one_preview_per_width")]

    def __str__(self) -> str:
        return f"{self.media_id}, {self.width} wide"
