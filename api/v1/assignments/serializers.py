from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.keys import KeyedIn
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer

STATUSES = ["SCHEDULED", "OPEN", "CLOSED", "FINALISED"]
NEW_STATUSES = ["SCHEDULED", "OPEN", "CLOSED"]
BOARD_POLICIES = ["LIVE", "AFTER_CLOSE", "HIDDEN", "ANONYMOUS"]
RESULT_POLICIES = ["IMMEDIATELY", "AFTER_CLOSE", "BY_HAND"]
LATE_POLICIES = ["WINDOW", "FULL_TIME"]
COUNTING = ["BEST", "LAST", "FIRST"]
LISTENING = ["FREE", "LIMITED", "SYNCHRONISED"]
STEP_KINDS = ["SECTION", "QUESTION", "BREAK"]
TOOLS = ["calculator", "dictionary", "notes"]
LONGEST_SECONDS = 24 * 3600
LONGEST_BREAK = 2 * 3600


class AssignmentFilters(Filters):
    search = Search(help_text="Part of the title.")
    status = serializers.ChoiceField(STATUSES, required=False)
    group_id = serializers.UUIDField(required=False, help_text="Rooms that are assigned to this group.")
    ordering = Order(["created_at", "opens_at", "closes_at", "title"])


class BreakIn(StrictSerializer):
    after = serializers.IntegerField(min_value=1, max_value=100, help_text="The section before it, from 1.")
    seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_BREAK)


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
    late_policy = serializers.ChoiceField(
        LATE_POLICIES,
        required=False,
        help_text="Late starters get what the window leaves, or their full time beyond it.",
    )
    latest_start_seconds = serializers.IntegerField(
        min_value=0, max_value=LONGEST_SECONDS, required=False, allow_null=True, help_text="After the opening."
    )
    is_sectioned = serializers.BooleanField(required=False, help_text="Sections are timed one by one, forward only.")
    breaks = BoundedList(child=BreakIn(), max_length=20, required=False, help_text="Between timed sections.")
    may_leave_early = serializers.BooleanField(required=False, help_text="A timed section may be left early.")
    has_review_screen = serializers.BooleanField(required=False, help_text="An overview before handing in.")
    tools = BoundedList(child=serializers.ChoiceField(TOOLS), max_length=len(TOOLS), required=False)
    counting = serializers.ChoiceField(COUNTING, required=False, help_text="Which of several attempts counts.")
    listening = serializers.ChoiceField(LISTENING, required=False, help_text="How recordings are played.")
    plays_allowed = serializers.IntegerField(min_value=1, max_value=20, required=False, help_text="Where LIMITED.")
    is_cued_by_clock = serializers.BooleanField(
        required=False, help_text="Where SYNCHRONISED, with timed sections: recordings start when theirs begins."
    )
    browser_keys = BoundedList(
        child=serializers.RegexField(r"^[0-9a-f]{64}$"),
        max_length=20,
        required=False,
        help_text="Config keys of the Safe Exam Browser, one for each configuration; empty: any browser.",
    )
    is_watermarked = serializers.BooleanField(required=False, help_text="Papers carry a mark of who sits.")
    attempts_allowed = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    access_code = serializers.CharField(max_length=40, required=False, allow_blank=True)
    shuffle_questions = serializers.BooleanField(required=False)
    shuffle_options = serializers.BooleanField(required=False)
    board_policy = serializers.ChoiceField(BOARD_POLICIES, required=False)
    result_policy = serializers.ChoiceField(RESULT_POLICIES, required=False)
    is_review_open = serializers.BooleanField(required=False)


class CreateAssignmentIn(AssignmentIn):
    """What is absent of how the room is sat (sections, breaks, early leaving, recordings, tools) is as in the exam of the
    test's paper; see ``mock-tests/{id}/sitting/``. Bodies with ``estimated_start_time`` are those of clients that time
    sections themselves: theirs is then the whole paper, as they expect."""

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
        attrs["as_in_exam"] = "estimated_start_time" not in self.initial_data
        return attrs


class UpdateAssignmentIn(AssignmentIn):
    status = serializers.ChoiceField(
        STATUSES, required=False, help_text="OPEN and CLOSED open and close the room, as the verbs do."
    )
    is_published = serializers.BooleanField(required=False, help_text="True releases the results, as the verb does.")


class ReopenIn(StrictSerializer):
    closes_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: closed by hand.")
    reason = serializers.CharField(max_length=200)


class AnnounceIn(KeyedIn):
    text = serializers.CharField(max_length=1000)


class AnnouncementOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()
    said_at = serializers.DateTimeField()


def announced(said: Any) -> dict[str, Any]:
    """What was said just now, as HTTP tells it."""
    return dict(AnnouncementOut(said).data)


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


class BreakOut(serializers.Serializer[Any]):
    after = serializers.IntegerField()
    seconds = serializers.IntegerField()


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
    paused_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when time stands still in the whole room; nobody can begin until it goes on."
    )
    is_published = serializers.BooleanField()
    assigned_groups = AssignedGroupOut(source="groups", many=True)
    student_submission_status = serializers.SerializerMethodField(help_text="Of one's own newest attempt.")
    created_by_id = serializers.UUIDField(allow_null=True)
    created_by = AuthorOut(allow_null=True)
    board_policy = serializers.CharField()
    result_policy = serializers.CharField()
    is_review_open = serializers.BooleanField()
    late_policy = serializers.CharField()
    latest_start_seconds = serializers.IntegerField(allow_null=True)
    is_sectioned = serializers.BooleanField()
    breaks = BreakOut(many=True)
    may_leave_early = serializers.BooleanField()
    has_review_screen = serializers.BooleanField()
    tools = serializers.ListField(child=serializers.CharField())
    counting = serializers.CharField()
    listening = serializers.CharField()
    plays_allowed = serializers.IntegerField()
    is_cued_by_clock = serializers.BooleanField()
    is_watermarked = serializers.BooleanField()
    needs_exam_browser = serializers.SerializerMethodField()
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

    def get_needs_exam_browser(self, room: Any) -> bool:
        return bool(room.browser_keys)


class OwnSectionOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(STEP_KINDS)
    section = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    seconds = serializers.FloatField()


class OwnTimeOut(serializers.Serializer[Any]):
    """Exactly the time that one will have, with what an accommodation gives."""

    total = serializers.FloatField()
    extra = serializers.FloatField(help_text="The part of it that an accommodation gives.")
    from_now = serializers.FloatField(
        help_text="For who begins now, or when the room opens: its window may end before."
    )
    sections = OwnSectionOut(many=True, help_text="Where sections are timed, in their order, with the breaks.")


class PenaltyOut(serializers.Serializer[Any]):
    score = serializers.DecimalField(max_digits=8, decimal_places=3, help_text="For a right answer.")
    wrong_marks = serializers.DecimalField(max_digits=8, decimal_places=3, help_text="For a wrong one: below zero.")
    questions = serializers.IntegerField(help_text="For how many questions that holds.")


class OwnAssignmentOut(AssignmentOut):
    """A room as somebody sees it who looks at it before they sit in it."""

    my_seconds = OwnTimeOut()
    penalties = PenaltyOut(many=True, help_text="Where wrong answers cost marks.")


class StaffAssignmentOut(AssignmentOut):
    """A room as staff see it."""

    assigned_group_ids = serializers.SerializerMethodField()
    assigned_user_ids = serializers.SerializerMethodField(help_text="People who are assigned by name.")
    access_code = serializers.CharField()
    browser_keys = serializers.ListField(child=serializers.CharField())
    finalised_at = serializers.DateTimeField(allow_null=True)
    paused_group_ids = serializers.ListField(child=serializers.UUIDField(), help_text="Groups that are paused alone.")

    def get_assigned_group_ids(self, room: Any) -> list[str]:
        return [str(group.pk) for group in room.groups.all()]

    def get_assigned_user_ids(self, room: Any) -> list[str]:
        return [str(person.pk) for person in room.people.all()]
