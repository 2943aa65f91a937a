import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username, deleted_at=None)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An owner: ``createsuperuser`` runs in the public schema."""
        return self.create_user(email, password, role=User.Role.OWNER, is_approved=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person of one center, or an owner in the public schema."""

    class Role(models.TextChoices):
        OWNER = "OWNER"
        CENTER_ADMIN = "CENTER_ADMIN"
        TEACHER = "TEACHER"
        STUDENT = "STUDENT"
        GUEST = "GUEST"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=12, choices=Role, default=Role.STUDENT)
    avatar = models.CharField(max_length=200, blank=True, help_text="Storage name.")
    is_active = models.BooleanField(default=True)
    is_approved = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=10, blank=True)
    bio = models.TextField(max_length=1000, blank=True, default="", db_default="")
    address = models.CharField(max_length=300, blank=True, default="", db_default="")
    city = models.CharField(max_length=100, blank=True, default="", db_default="")
    phone = models.CharField(max_length=30, blank=True, default="", db_default="")
    emergency_contact_phone = models.CharField(max_length=30, blank=True, default="", db_default="")
    new_email = models.EmailField(
        blank=True, default="", db_default="", help_text="Asked for; it counts when the letter to it is answered."
    )
    email_verified_at = models.DateTimeField(null=True, blank=True)
    opens_by_email = models.BooleanField(
        default=False, help_text="Registered at an open center: confirming the e-mail address approves this person."
    )
    session_version = models.PositiveIntegerField(
        default=1, help_text="Raised to end every access token and socket of this person at once."
    )
    access_ends_at = models.DateTimeField(null=True, blank=True, help_text="When a guest's time here is over.")
    invited_at = models.DateTimeField(null=True, blank=True, help_text="Since when they may choose a first password.")
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Out of every list, kept for what was answered; the address is free again."
    )
    erasure_asked_at = models.DateTimeField(null=True, blank=True, help_text="Wants to be forgotten.")
    erased_at = models.DateTimeField(null=True, blank=True, help_text="Nothing here tells any more who it was.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["last_name", "first_name", "email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=models.Q(deleted_at=None), name="one_person_per_email"),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(deleted_at__isnull=False, is_active=False),
                name="erased_people_are_gone",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """The cookie of an admin ends when the sessions of the person do, not only with a new password."""
        value = f"{self.password}:{self.session_version}"
        return salted_hmac("shiken.cookie", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_staff(self) -> bool:
        """Who may open the admin of their host: owners on the main one, center admins on a center's."""
        return self.is_active and self.role in {self.Role.OWNER, self.Role.CENTER_ADMIN}

    @property
    def is_center_staff(self) -> bool:
        return self.role in {self.Role.CENTER_ADMIN, self.Role.TEACHER}


class Session(models.Model):
    """One sign-in on one device; the family of its refresh tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        return self.agent or "Session"


class RefreshToken(models.Model):
    """A refresh token, kept only as its hash. Used once; its successor can be worked out again for a short grace."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Invitation(models.Model):
    """A code that lets one person make an account with a certain role."""

    class Role(models.TextChoices):
        TEACHER = "TEACHER"
        STUDENT = "STUDENT"

    class Status(models.TextChoices):
        PENDING = "PENDING"
        APPROVED = "APPROVED"
        REJECTED = "REJECTED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=10, unique=True)
    role = models.CharField(max_length=12, choices=Role)
    is_guest = models.BooleanField(default=False)
    access_days = models.PositiveSmallIntegerField(null=True, help_text="How long a guest stays, from being let in.")
    email = models.EmailField(blank=True, help_text="Only this address can use the code; empty: any.")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=80, blank=True, help_text="Why it was rejected.")
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    target_user = models.OneToOneField(
        User, on_delete=models.SET_NULL, null=True, related_name="invitation", help_text="Who registered with it."
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_guest=False) | models.Q(role="STUDENT"), name="guests_are_invited_as_students"
            ),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z0-9]{10}$"), name="invitation_code_is_plain"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def given_role(self) -> str:
        """The role of the account that is made with it."""
        return User.Role.GUEST if self.is_guest else self.role


class SecondFactor(models.Model):
    """The secret that a person shares with an app on their phone. It counts once it is confirmed."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="second_factor")
    secret = models.TextField(help_text="Sealed.")
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(
        null=True, help_text="The half minute whose code was used last; none before it counts."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since the last right one.")
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "on" if self.confirmed_at else "waits for its first code"


class RecoveryCode(models.Model):
    """One of ten codes that stand in for the app once each; kept as their hashes."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "code_hash"], name="recovery_codes_differ")]


class Handle(models.Model):
    """A token for one purpose, for some minutes, kept as its hash: the second step of a sign-in, or the way back from an
    identity provider. It goes when it is used."""

    class Purpose(models.TextChoices):
        SECOND_STEP = "SECOND_STEP"
        PROVIDER = "PROVIDER"

    token_hash = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=12, choices=Purpose)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    data = models.JSONField(default=dict)
    expires_at = models.DateTimeField(db_index=True)


class IdentityProvider(models.Model):
    """An OpenID Connect provider with which a center lets its people sign in."""

    class Role(models.TextChoices):
        STUDENT = "STUDENT"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60, help_text="What the button says.")
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=300)
    client_secret = models.TextField(blank=True, help_text="Sealed; empty for a public client.")
    scopes = models.CharField(max_length=300, default="openid email profile")
    email_domains = models.JSONField(default=list, help_text="Whose addresses this provider answers for.")
    makes_people = models.BooleanField(default=False, help_text="Whether unknown people get an account.")
    new_role = models.CharField(max_length=12, choices=Role, default=Role.STUDENT)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="provider_slug_is_plain"
            ),
            models.CheckConstraint(condition=models.Q(new_role="STUDENT"), name="providers_make_students_only"),
        ]

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """Who somebody is at an identity provider, and so here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    email = models.EmailField(help_text="As the provider said it last.")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_identity")]

    def __str__(self) -> str:
        return self.email


class Acting(models.Model):
    """An owner's leave to work in the place of one of the center's admins: asked for with a reason, begun with a code,
    over at its time or before. The owner is a person of the public schema, hence an id and a name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    owner_name = models.CharField(max_length=170, blank=True)
    admin = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    session = models.OneToOneField(Session, on_delete=models.SET_NULL, null=True, related_name="acting")
    reason = models.CharField(max_length=500)
    minutes = models.PositiveSmallIntegerField()
    code_hash = models.CharField(max_length=64, unique=True)
    code_expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    began_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True, help_text="When its time is over.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=170, blank=True)
    ended_because = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["owner_id"], condition=models.Q(ended_at=None), name="acting_going_on")]
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=60), name="acting_is_short"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_name}: {self.reason}"
