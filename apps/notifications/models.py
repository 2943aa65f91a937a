import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Notice(models.Model):
    """Something a person was told."""

    class Type(models.TextChoices):
        EXAM_OPENED = "EXAM_OPENED"
        EXAM_PUBLISHED = "EXAM_PUBLISHED"
        TASK_ASSIGNED = "TASK_ASSIGNED"
        HOMEWORK_UPDATED = "HOMEWORK_UPDATED"
        HOMEWORK_DEADLINE_CHANGED = "HOMEWORK_DEADLINE_CHANGED"
        DEADLINE_APPROACHING = "DEADLINE_APPROACHING"
        DEADLINE_MISSED = "DEADLINE_MISSED"
        MATERIAL_SHARED = "MATERIAL_SHARED"
        SCRIPTS_WAITING = "SCRIPTS_WAITING"
        CONTACT_REQUEST = "CONTACT_REQUEST"
        SYSTEM_UPDATE = "SYSTEM_UPDATE"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    notification_type = models.CharField(max_length=40, choices=Type)
    message = models.CharField(max_length=300)
    link = models.CharField(max_length=200, blank=True)
    related_task_id = models.UUIDField(null=True, help_text="The room, homework or material it is about.")
    related_contact_request_id = models.UUIDField(null=True)
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "notification_type", "related_task_id"], name="one_notice_per_thing"
            ),
            models.UniqueConstraint(
                fields=["user", "notification_type", "related_contact_request_id"], name="one_notice_per_request"
            ),
        ]
        indexes = [models.Index(fields=["user"], condition=models.Q(is_read=False), name="notice_unread")]

    def __str__(self) -> str:
        return self.message


class MailWish(models.Model):
    """Which letters a person wants that nobody has to get; without a row: all of them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    results = models.BooleanField(default=True, help_text="A letter when results of an exam are out.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Letters for {self.user_id}"
