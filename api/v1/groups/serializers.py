from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer


class PictureIn(serializers.FileField):
    """A picture file; its bytes."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data).read()


ROLES_IN_GROUP = ["STUDENT", "TEACHER"]
MOST_AT_ONCE = 100


class GroupFilters(Filters):
    search = Search(help_text="Words in name or description.")
    is_active = serializers.BooleanField(required=False, help_text="Archived groups are not active.")
    teacher_id = serializers.UUIDField(required=False, help_text="Groups that this person teaches.")
    ordering = Order(["name", "created_at", "student_count", "max_students"])


class GroupIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    max_students = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    is_active = serializers.BooleanField(required=False, help_text="False archives the group, true takes it up again.")
    teacher_ids = BoundedList(child=serializers.UUIDField(), max_length=MOST_AT_ONCE, required=False)
    avatar = PictureIn(required=False, allow_null=True, help_text="In multipart a picture; null or empty removes it.")


class AvatarIn(StrictSerializer):
    avatar = PictureIn(help_text="PNG, JPEG, GIF or WebP, up to 10 MB; it is made anew from its pixels.")


class GroupPersonOut(serializers.Serializer[Any]):
    """A person of a membership. E-mail addresses are for staff."""

    id = serializers.UUIDField(source="user_id")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    avatar = PictureField(source="user.avatar")
    email = serializers.SerializerMethodField()

    def get_email(self, row: Any) -> str | None:
        return row.user.email if self.context["request"].user.is_center_staff else None


class GroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    avatar = PictureField()
    max_students = serializers.IntegerField()
    is_active = serializers.BooleanField()
    student_count = serializers.IntegerField()
    teacher_count = serializers.SerializerMethodField()
    teachers = GroupPersonOut(source="teacher_rows", many=True)
    teacher_ids = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_teacher_count(self, group: Any) -> int:
        return len(group.teacher_rows)

    def get_teacher_ids(self, group: Any) -> list[uuid.UUID]:
        return [row.user_id for row in group.teacher_rows]


class MemberFilters(Filters):
    search = Search(help_text="Words in names; for staff also in e-mail addresses.")
    role_in_group = serializers.ChoiceField(ROLES_IN_GROUP, required=False)


class MemberOut(GroupPersonOut):
    """A person in a group."""

    member_id = serializers.UUIDField(source="pk", help_text="Of the membership.")
    full_name = serializers.CharField(source="user.get_full_name")
    role = serializers.CharField(source="user.role")
    role_in_group = serializers.CharField()
    is_active = serializers.BooleanField(source="user.is_active")
    joined_at = serializers.DateTimeField()


class NamedOut(serializers.Serializer[Any]):
    """Somebody who did something."""

    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")


class GroupNameOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class HistoryOut(serializers.Serializer[Any]):
    """One stay of a person in a group: how it began, and how it ended if it did."""

    id = serializers.UUIDField(help_text="Of the membership.")
    user = NamedOut()
    group = GroupNameOut()
    role_in_group = serializers.CharField()
    joined_at = serializers.DateTimeField()
    joined_by = NamedOut(allow_null=True, help_text="Null: not a person of the center, or nobody knows.")
    came_from = GroupNameOut(allow_null=True, help_text="The group that the person was moved from.")
    left_at = serializers.DateTimeField(allow_null=True)
    left_by = NamedOut(allow_null=True)
    ending = serializers.ChoiceField(["", "REMOVED", "MOVED", "ROLE_CHANGED", "DISSOLVED"], help_text="Why it ended.")
    went_to = GroupNameOut(allow_null=True, help_text="The group that the person was moved to.")


class HistoryFilters(Filters):
    user_id = serializers.UUIDField(required=False)
    group_id = serializers.UUIDField(required=False)


class GroupHistoryFilters(Filters):
    user_id = serializers.UUIDField(required=False)


class MembershipFilters(Filters):
    group_id = serializers.UUIDField(required=False)
    user_id = serializers.UUIDField(required=False)
    role_in_group = serializers.ChoiceField(ROLES_IN_GROUP, required=False)


class MemberIn(StrictSerializer):
    user_id = serializers.UUIDField()
    role_in_group = serializers.ChoiceField(ROLES_IN_GROUP, required=False, default="STUDENT")


class MembershipIn(MemberIn):
    group_id = serializers.UUIDField()


class BulkAddIn(StrictSerializer):
    group_id = serializers.UUIDField()
    members = BoundedList(child=MemberIn(), allow_empty=False, max_length=MOST_AT_ONCE)


class MovedIn(StrictSerializer):
    user_id = serializers.UUIDField()


class MoveIn(StrictSerializer):
    from_group_id = serializers.UUIDField()
    to_group_id = serializers.UUIDField()
    members = BoundedList(child=MovedIn(), allow_empty=False, max_length=MOST_AT_ONCE)


class MoveOut(serializers.Serializer[Any]):
    from_group_id = serializers.UUIDField()
    to_group_id = serializers.UUIDField()
    moved_count = serializers.IntegerField()
    skipped_count = serializers.IntegerField(help_text="Who was in the other group already; they left the first.")
    moved_user_ids = serializers.ListField(child=serializers.UUIDField())


class MembershipOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    group_id = serializers.UUIDField()
    role_in_group = serializers.CharField()
    created_at = serializers.DateTimeField(source="joined_at")


class BulkAddOut(serializers.Serializer[Any]):
    group_id = serializers.UUIDField()
    created_count = serializers.IntegerField()
    skipped_count = serializers.IntegerField(help_text="Who was in already.")
    created_user_ids = serializers.ListField(child=serializers.UUIDField())


class MessageOut(serializers.Serializer[Any]):
    message = serializers.CharField()
