from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import BoundedList, StrictSerializer

ROLES_IN_GROUP = ["STUDENT", "TEACHER"]
MOST_AT_ONCE = 100


class GroupFilters(Filters):
    search = Search(help_text="Part of the name.")
    ordering = Order(["name", "created_at", "student_count"])


class GroupIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    max_students = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    is_active = serializers.BooleanField(required=False)
    teacher_ids = BoundedList(child=serializers.UUIDField(), max_length=MOST_AT_ONCE, required=False)


class GroupPersonOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="user_id")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    avatar = serializers.SerializerMethodField()
    email = serializers.EmailField(source="user.email")

    def get_avatar(self, row: Any) -> str | None:
        return row.user.avatar or None


class GroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    max_students = serializers.IntegerField()
    is_active = serializers.BooleanField()
    student_count = serializers.IntegerField()
    teacher_count = serializers.SerializerMethodField()
    teachers = GroupPersonOut(source="teacher_rows", many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_teacher_count(self, group: Any) -> int:
        return len(group.teacher_rows)


class MemberOut(serializers.Serializer[Any]):
    """A person in a group. E-mail addresses of members are for staff."""

    id = serializers.UUIDField(source="user_id")
    member_id = serializers.UUIDField(source="pk", help_text="Of the membership.")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    full_name = serializers.CharField(source="user.get_full_name")
    avatar = serializers.SerializerMethodField()
    email = serializers.SerializerMethodField()
    role = serializers.CharField(source="user.role")
    role_in_group = serializers.CharField()
    is_active = serializers.BooleanField(source="user.is_active")
    joined_at = serializers.DateTimeField()

    def get_avatar(self, row: Any) -> str | None:
        return row.user.avatar or None

    def get_email(self, row: Any) -> str | None:
        return row.user.email if self.context["request"].user.is_center_staff else None


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
