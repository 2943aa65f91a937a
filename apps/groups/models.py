import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now


class Group(models.Model):
    """A class of a center."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    max_students = models.PositiveIntegerField(default=30)
    is_active = models.BooleanField(default=True, help_text="Archived when not: nobody joins, no new room is given it.")
    avatar = models.CharField(max_length=200, blank=True, help_text="Storage name.")
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="Kept for what was assigned to it.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(deleted_at=None), name="one_group_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a group, from joining until leaving; rows are kept as history."""

    class Role(models.TextChoices):
        STUDENT = "STUDENT"
        TEACHER = "TEACHER"

    class Ending(models.TextChoices):
        """Why a membership is over; an open one has none."""

        REMOVED = "REMOVED"
        MOVED = "MOVED", "moved to another group"
        ROLE_CHANGED = "ROLE_CHANGED", "joined again in another role"
        DISSOLVED = "DISSOLVED", "the group was dissolved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role_in_group = models.CharField(max_length=8, choices=Role, default=Role.STUDENT)
    joined_at = models.DateTimeField(db_default=Now())
    joined_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    came_from = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, related_name="+", help_text="The group this person was moved from."
    )
    left_at = models.DateTimeField(null=True, blank=True)
    left_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    ending = models.CharField(max_length=12, choices=Ending, blank=True)
    went_to = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, related_name="+", help_text="The group this person was moved to."
    )

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], condition=models.Q(left_at=None), name="one_active_membership"
            ),
        ]
        indexes = [models.Index(fields=["user"], condition=models.Q(left_at=None), name="membership_active_user")]
