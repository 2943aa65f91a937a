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
