import uuid

from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

from apps.centers import rules


class Center(TenantMixin):
    """One tenant. Its people, content and results live in the schema ``c_<slug>``, and nothing there points here."""

    class Status(models.TextChoices):
        TRIAL = "TRIAL"
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        ARCHIVED = "ARCHIVED"

    class State(models.TextChoices):
        """How far the making of its schema has come."""

        WAITING = "WAITING"
        READY = "READY"
        FAILED = "FAILED"

    class Plan(models.TextChoices):
        FREE = "FREE"
        BASIC = "BASIC"
        PRO = "PRO"
        ENTERPRISE = "ENTERPRISE"

    class Registration(models.TextChoices):
        """Who may make an account without being added by an admin."""

        INVITATION = "INVITATION", "by invitation only"
        APPROVAL = "APPROVAL", "anybody, after approval"
        OPEN = "OPEN", "anybody who confirms an e-mail address"

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=41, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.TRIAL)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    state_reason = models.TextField(blank=True)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.FREE)
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    registration = models.CharField(max_length=10, choices=Registration, default=Registration.INVITATION)
    primary_color = models.CharField(max_length=7, default="#b3123b")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z][a-z0-9_]{2,40}$")
                & ~models.Q(slug__regex=rules.REFUSED)
                & ~models.Q(slug__in=sorted(rules.RESERVED)),
                name="center_slug_is_plain",
            ),
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=r"^c_[a-z][a-z0-9_]{2,40}$"), name="center_schema_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host of a center, lower case, without port."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(domain__regex=r"^[a-z0-9.-]+$"), name="domain_is_plain"),
        ]


class SchemaTemplate(models.Model):
    """The statements that make a migrated, empty center schema; recorded once per set of migrations, replayed for each."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    migrations = models.JSONField(help_text="Each migration that it holds, with a hash of its file.")
    statements = models.TextField(help_text="Run with the new schema first on the search path.")
    recorded_at = models.DateTimeField(db_default=Now())
