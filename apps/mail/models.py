import uuid

from django.db import models
from django.db.models.functions import Now


class Mail(models.Model):
    """A letter on its way. Lives in the public schema, whatever center it is from."""

    class Status(models.TextChoices):
        WAITING = "WAITING"
        SENDING = "SENDING", "being sent"
        SENT = "SENT"
        FAILED = "FAILED", "failed, will be tried again"
        NEEDLESS = "NEEDLESS", "not needed any more"
        DEAD = "DEAD", "given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schema_name = models.CharField(max_length=63)
    key = models.CharField(
        max_length=160, help_text="What it is about: a second letter with the same key is not written."
    )
    letter = models.CharField(max_length=40)
    language = models.CharField(max_length=10, blank=True, help_text="Empty: the person's, or the center's.")
    to = models.EmailField()
    about = models.JSONField(
        help_text="Ids and moments; of a letter that nobody fills in its words, until it has left. No secrets."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mails"
        constraints = [models.UniqueConstraint(fields=["schema_name", "key"], name="one_mail_per_key")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status__in=["WAITING", "FAILED"]), name="mail_pending"),
            models.Index(fields=["claimed_at"], condition=models.Q(status="SENDING"), name="mail_claimed"),
            models.Index(fields=["created_at"], name="mail_age"),
            models.Index(fields=["schema_name", "-created_at"], name="mail_of_center"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} to {self.to}"
