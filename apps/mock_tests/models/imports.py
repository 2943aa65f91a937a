import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.mock_tests.models.tests import MockTest


class ImportRun(models.Model):
    """A file that was imported, with the report of what was taken and what was not. ``test`` is empty after an
    import into the bank."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    test = models.ForeignKey(MockTest, null=True, on_delete=models.SET_NULL, related_name="imports")
    report = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["sha256"], name="import_by_content")]

    def __str__(self) -> str:
        return self.file_name
