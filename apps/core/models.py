from django.db import models
from django.db.models.functions import Now


class Delivery(models.Model):
    """One announcement on its way to one listener. Lives in the public schema, whatever center it is for."""

    schema_name = models.CharField(max_length=63)
    event = models.CharField(max_length=80)
    payload = models.JSONField()
    subscriber = models.CharField(max_length=160)
    queue = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True, help_text="Given up after the last try; needs a person.")

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at=None, dead_at=None),
                name="delivery_pending",
            ),
            models.Index(fields=["done_at"], condition=models.Q(done_at__isnull=False), name="delivery_done"),
            models.Index(fields=["dead_at"], condition=models.Q(dead_at__isnull=False), name="delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.event} -> {self.subscriber} ({self.schema_name})"
