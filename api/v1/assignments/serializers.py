from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer

STATUSES = ["SCHEDULED", "OPEN", "CLOSED", "FINALISED"]
NEW_STATUSES = ["SCHEDULED", "OPEN", "CLOSED"]
BOARD_POLICIES = ["LIVE", "AFTER_CLOSE", "HIDDEN", "ANONYMOUS"]
RESULT_POLICIES = ["IMMEDIATELY", "AFTER_CLOSE", "BY_HAND"]
LONGEST_SECONDS = 24 * 3600


class AssignmentFilters(Filters):
    search = Search(help_text="Part of the title.")
    status = serializers.ChoiceField(STATUSES, required=False)
    group_id = serializers.UUIDField(required=False, help_text="Rooms that are assigned to this group.")
    ordering = Order(["created_at", "opens_at", "closes_at", "title"])


class AssignmentIn(StrictSerializer):
    """What describes a room. ``estimated_start_time`` is another name of ``opens_at``."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    mock_test = serializers.UUIDField(source="mock_test_id", help_text="A published test.")
    assigned_group_ids = BoundedList(child=serializers.UUIDField(), max_length=200, required=False, source="group_ids")
    assigned_user_ids = BoundedList(child=serializers.UUIDField(), max_length=1000, required=False, source="user_ids")
    estimated_start_time = serializers.DateTimeField(required=False, allow_null=True, source="opens_at")
    opens_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: opened by hand.")
    closes_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: closed by hand.")
    seconds = serializers.IntegerField(
        min_value=10, max_value=LONGEST_SECONDS, required=False, allow_null=True, help_text="Null: as the paper says."
    )
    attempts_allowed = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    access_code = serializers.CharField(max_length=40, required=False, allow_blank=True)
    shuffle_questions = serializers.BooleanField(required=False)
    shuffle_options = serializers.BooleanField(required=False)
    board_policy = serializers.ChoiceField(BOARD_POLICIES, required=False)
    result_policy = serializers.ChoiceField(RESULT_POLICIES, required=False)
    is_review_open = serializers.BooleanField(required=False)


class CreateAssignmentIn(AssignmentIn):
    status = serializers.ChoiceField(
        NEW_STATUSES, required=False, help_text="OPEN opens at once; CLOSED means not open yet."
    )
    is_published = serializers.BooleanField(required=False, help_text="A new room has no results: only false.")

    def validate_is_published(self, value: bool) -> bool:
        if value:
            raise serializers.ValidationError("A new room has no results to release.", code="too_early")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.pop("is_published", None)
        attrs["open_now"] = attrs.pop("status", "") == "OPEN"
        return attrs


class UpdateAssignmentIn(AssignmentIn):
    status = serializers.ChoiceField(
        STATUSES, required=False, help_text="OPEN and CLOSED open and close the room, as the verbs do."
    )
    is_published = serializers.BooleanField(required=False, help_text="True releases the results, as the verb does.")


class TestOut(serializers.Serializer[Any]):
    __test__ = False

    id = serializers.UUIDField()
    title = serializers.CharField()
    level = serializers.CharField()
    status = serializers.CharField()
    kind = serializers.CharField()


class AuthorOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = PictureField()


class AssignedGroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AssignmentOut(serializers.Serializer[Any]):
    """A room as those see it who may sit in it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    description = serializers.CharField()
    mock_test = serializers.UUIDField(source="mock_test_id")
    mock_test_data = TestOut(source="mock_test")
    paper_id = serializers.UUIDField()
    status = serializers.CharField()
    estimated_start_time = serializers.DateTimeField(source="opens_at", allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    is_published = serializers.BooleanField()
    assigned_groups = AssignedGroupOut(source="groups", many=True)
    student_submission_status = serializers.SerializerMethodField(help_text="Of one's own newest attempt.")
    created_by_id = serializers.UUIDField(allow_null=True)
    created_by = AuthorOut(allow_null=True)
    board_policy = serializers.CharField()
    result_policy = serializers.CharField()
    is_review_open = serializers.BooleanField()
    attempts_allowed = serializers.IntegerField()
    seconds = serializers.SerializerMethodField(help_text="For the whole paper.")
    question_count = serializers.IntegerField(source="paper.item_count")
    max_score = serializers.DecimalField(9, 3, source="paper.max_score")
    has_access_code = serializers.SerializerMethodField()
    shuffle_questions = serializers.BooleanField()
    shuffle_options = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_student_submission_status(self, room: Any) -> str | None:
        statuses: dict[Any, str] = self.context.get("statuses", {})
        return statuses.get(room.pk)

    def get_seconds(self, room: Any) -> int:
        return room.seconds or room.paper.seconds

    def get_has_access_code(self, room: Any) -> bool:
        return bool(room.access_code)


class StaffAssignmentOut(AssignmentOut):
    """A room as staff see it."""

    assigned_group_ids = serializers.SerializerMethodField()
    assigned_user_ids = serializers.SerializerMethodField(help_text="People who are assigned by name.")
    access_code = serializers.CharField()
    finalised_at = serializers.DateTimeField(allow_null=True)

    def get_assigned_group_ids(self, room: Any) -> list[str]:
        return [str(group.pk) for group in room.groups.all()]

    def get_assigned_user_ids(self, room: Any) -> list[str]:
        return [str(person.pk) for person in room.people.all()]
