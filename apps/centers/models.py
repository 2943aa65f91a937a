import uuid

from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

from apps.centers.rules import names, plans


class Center(TenantMixin):
    """One tenant. Its people, content and results live in the schema ``c_<slug>``, and nothing there points here."""

    class Status(models.TextChoices):
        TRIAL = "TRIAL"
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        ARCHIVED = "ARCHIVED"

    class State(models.TextChoices):
        """How far the making of its schema has come, or its end."""

        WAITING = "WAITING"
        READY = "READY"
        FAILED = "FAILED"
        RESTORING = "RESTORING"
        DELETING = "DELETING"

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

    class QuestionReview(models.TextChoices):
        """What a question of the bank has to pass before tests may take it."""

        OFF = "OFF", "nothing: questions can be used at once"
        ON = "ON", "an approval"
        FOUR_EYES = "FOUR_EYES", "an approval by somebody other than its author"

    class Cycle(models.TextChoices):
        MONTHLY = "monthly"
        YEARLY = "yearly"

    class SuspendedBecause(models.TextChoices):
        """Why the clock suspended it."""

        TRIAL_OVER = "TRIAL_OVER", "its trial is over"
        PLAN_OVER = "PLAN_OVER", "its plan has ended"

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
    plan_since = models.DateTimeField(
        db_default=Now(), help_text="Limits and price are those of the price list of that day."
    )
    plan_ends_at = models.DateTimeField(null=True, blank=True, help_text="Of a plan that does not renew itself.")
    billing_cycle = models.CharField(max_length=7, choices=Cycle, default=Cycle.MONTHLY)
    limit_overrides = models.JSONField(default=dict, blank=True, help_text="{limit: number, or null for none}.")
    suspended_because = models.CharField(
        max_length=10, choices=SuspendedBecause, blank=True, help_text="Empty: an owner wanted it so."
    )
    time_zone = models.CharField(max_length=40, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    registration = models.CharField(max_length=10, choices=Registration, default=Registration.INVITATION)
    staff_second_factor = models.BooleanField(
        default=False, db_default=False, help_text="Staff without a second factor may do nothing but set one up."
    )
    allows_acting = models.BooleanField(
        default=True, db_default=True, help_text="Whether owners of the platform may work here in an admin's place."
    )
    question_review = models.CharField(
        max_length=9, choices=QuestionReview, default=QuestionReview.OFF, db_default=QuestionReview.OFF
    )
    primary_color = models.CharField(max_length=7, default="#b3123b")
    logo = models.CharField(max_length=200, blank=True, help_text="Storage name of a picture that everybody may see.")
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
                & ~models.Q(slug__regex=names.REFUSED)
                & ~models.Q(slug__in=sorted(names.RESERVED)),
                name="center_slug_is_plain",
            ),
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=r"^c_[a-z][a-z0-9_]{2,40}$"), name="center_schema_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> dict[str, int | None]:
        """What its plan and the owners allow, by name; nothing stands for no limit."""
        return plans.limits(self.plan, self.plan_since.date(), self.limit_overrides)


class Domain(DomainMixin):
    """A host of a center, lower case, without port."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(domain__regex=r"^[a-z0-9.-]+$"), name="domain_is_plain"),
        ]


class DomainClaim(models.Model):
    """A center says that a domain is its own. Only a proven one becomes a ``Domain``; anybody may claim anything."""

    class State(models.TextChoices):
        PENDING = "PENDING", "waits for its record"
        VERIFIED = "VERIFIED"
        FAILING = "FAILING", "its record has gone; still served for a while"
        LOST = "LOST", "not served any more"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.CASCADE, related_name="claims")
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=64, help_text="What the TXT record has to hold.")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    problem = models.CharField(max_length=300, blank=True, help_text="What was wrong when it was last looked up.")
    created_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True, help_text="When it is looked up again by itself.")

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["center", "domain"], name="one_claim_per_center_and_domain"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(state__in=["VERIFIED", "FAILING"]),
                name="one_center_holds_a_domain",
            ),
            models.CheckConstraint(condition=models.Q(domain__regex=r"^[a-z0-9.-]+$"), name="claimed_domain_is_plain"),
        ]
        indexes = [models.Index(fields=["look_at"], name="claim_look_at")]

    def __str__(self) -> str:
        return self.domain


class CenterAdmin(models.Model):
    """A director of a center, as the owners' lists show them: copied from the center's own people when they change."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="Worked out from center and person.")
    center = models.ForeignKey(Center, on_delete=models.CASCADE, related_name="admins")
    person_id = models.UUIDField(help_text="In the center; in a copy of it the same.")
    email = models.EmailField()
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    avatar = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField()
    is_approved = models.BooleanField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(fields=["center", "person_id"], name="one_copy_per_director")]

    def __str__(self) -> str:
        return self.email


class ContactRequest(models.Model):
    """Somebody who would like to become a center, or to be called back."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        CONTACTED = "CONTACTED"
        RESOLVED = "RESOLVED"
        REJECTED = "REJECTED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center_name = models.CharField(max_length=120)
    full_name = models.CharField(max_length=120)
    phone_number = models.CharField(max_length=40)
    phone_digits = models.CharField(
        max_length=20, help_text="By which the same number is known, however it is written."
    )
    message = models.TextField(blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_digits"],
                condition=models.Q(status__in=["PENDING", "CONTACTED"]),
                name="one_open_request_per_phone",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="request_inbox"),
            models.Index(fields=["-created_at"], name="request_age"),
        ]

    def __str__(self) -> str:
        return f"{self.center_name}: {self.full_name}"


class SchemaTemplate(models.Model):
    """The statements that make a migrated, empty center schema; recorded once per set of migrations, replayed for each."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    migrations = models.JSONField(help_text="Each migration that it holds, with a hash of its file.")
    statements = models.TextField(help_text="Run with the new schema first on the search path.")
    recorded_at = models.DateTimeField(db_default=Now())


class PlanChange(models.Model):
    """A step in the history of a center's plan: what it was, what it became, who wanted it and why."""

    center = models.ForeignKey(Center, on_delete=models.CASCADE, related_name="plan_changes")
    at = models.DateTimeField(db_default=Now())
    before = models.JSONField(null=True)
    after = models.JSONField()
    actor_id = models.UUIDField(null=True, help_text="An owner; empty: the clock.")
    actor_name = models.CharField(max_length=254, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["center", "-at"], name="plan_change_history")]


class EndReminder(models.Model):
    """The center's admins were reminded that its plan ends at this moment, so many days before."""

    center = models.ForeignKey(Center, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["center", "ends_at", "days"], name="one_reminder_per_step")]


class DeletedCenter(models.Model):
    """What is known of a center that is no more."""

    center_id = models.UUIDField(db_index=True)
    slug = models.CharField(max_length=41)
    name = models.CharField(max_length=120)
    schema_name = models.CharField(max_length=63)
    reason = models.CharField(max_length=500, blank=True)
    deleted_by = models.UUIDField(null=True)
    deleted_by_name = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    deleted_at = models.DateTimeField(db_default=Now())
    job_id = models.UUIDField(null=True, help_text="Its export can be fetched and restored there.")
    export_until = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text="Rows, files and keys that went.")

    class Meta:
        ordering = ["-deleted_at"]

    def __str__(self) -> str:
        return self.name
