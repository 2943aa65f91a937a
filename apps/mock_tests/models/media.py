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
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.original_name
