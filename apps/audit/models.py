from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One act. Only appended: triggers refuse every other change, but the blanking of names for a person who is erased
    and the dropping of old months, which both have operations of their own."""

    uid = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=40, help_text="What kind of thing it was done to.")
    subject_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True, help_text="What it was called then.")
    reason = models.CharField(max_length=500, blank=True)
    via = models.CharField(max_length=10, help_text="api, admin, socket, system or command.")
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=170, blank=True)
    actor_role = models.CharField(max_length=12, blank=True)
    owner_id = models.UUIDField(null=True, help_text="The owner who acted in the actor's place.")
    owner_name = models.CharField(max_length=170, blank=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    changed = models.JSONField(default=list, help_text="The names of what was changed.")
    changes = models.JSONField(default=dict, help_text="Plain values, before and after, where they are harmless.")
    before_hash = models.CharField(max_length=64, blank=True)
    after_hash = models.CharField(max_length=64, blank=True)
    actor_seal = models.CharField(max_length=64, help_text="Over names and place of the actor, so that they can go.")
    subject_seal = models.CharField(max_length=64, help_text="Over name and reason, so that they can go.")
    key_id = models.CharField(max_length=8)
    seal = models.CharField(max_length=64, help_text="Over the rest and both seals.")

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["subject", "subject_id"], name="audit_subject"),
            models.Index(fields=["subject_id"], name="audit_subject_id"),
            models.Index(fields=["actor_id"], name="audit_actor"),
            models.Index(fields=["action"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.name}".strip()


class Link(models.Model):
    """The place of an entry in the chain; each stands on the digest of the one before it."""

    entry_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=8)
    digest = models.CharField(max_length=64)


class Spill(models.Model):
    """An entry that the table could not take when it was written; moved there later."""

    at = models.DateTimeField(db_default=Now())
    body = models.JSONField()
    error = models.CharField(max_length=500)
