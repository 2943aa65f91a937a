from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.assignments.serializers import COUNTING, AssignedGroupOut, AuthorOut, OwnTimeOut, PenaltyOut
from api.v1.attempts.serializers import LARGEST_SEQ
from apps.attempts.queries.homework import COMPLETED, IN_PROGRESS, NOT_STARTED, Standing

CHECKING = ["NEVER", "QUIZZES", "ALWAYS"]
PRACTICE = ["NEVER", "AFTER_DEADLINE", "ALWAYS"]
STATUSES = [NOT_STARTED, IN_PROGRESS, COMPLETED]
ITEM_TYPES = ["quiz", "mock_test"]
TYPES = {"QUIZ": "quiz", "MOCK_TEST": "mock_test"}
MOST_ITEMS = 50


# -- what is sent --------------------------------------------------------------------------------------------------


class HomeworkFilters(Filters):
    search = Search(help_text="Part of the title.")
    group_id = serializers.UUIDField(required=False, help_text="Homework that is assigned to this group.")
    ordering = Order(["created_at", "deadline", "title"])


class HomeworkIn(StrictSerializer):
    """What describes a homework."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    deadline = serializers.DateTimeField(help_text="In the future; without a zone it is one of the center's clock.")
    mock_test_ids = BoundedList(
        child=serializers.UUIDField(), max_length=MOST_ITEMS, required=False, help_text="Published tests."
    )
    quiz_ids = BoundedList(
        child=serializers.UUIDField(), max_length=MOST_ITEMS, required=False, help_text="Published quizzes."
    )
    assigned_group_ids = BoundedList(child=serializers.UUIDField(), max_length=200, required=False, source="group_ids")
    assigned_user_ids = BoundedList(child=serializers.UUIDField(), max_length=1000, required=False, source="user_ids")
    show_results_immediately = serializers.BooleanField(required=False, help_text="Otherwise after the deadline.")
    checking = serializers.ChoiceField(
        CHECKING,
        required=False,
        help_text="Where single answers may be checked, which makes them final. Unless said: QUIZZES where results are shown"
        " at once, else NEVER.",
    )
    is_one_by_one = serializers.BooleanField(
        required=False,
        help_text="In quizzes each question has its seconds by the server's clock, one after the other, forward only.",
    )
    practice = serializers.ChoiceField(
        PRACTICE, required=False, help_text="When there is practice, which never counts."
    )
    counting = serializers.ChoiceField(COUNTING, required=False, help_text="Which of several attempts counts.")
    attempts_allowed = serializers.IntegerField(min_value=1, max_value=1000, required=False)


class StartItemIn(StrictSerializer):
    practice = serializers.BooleanField(required=False, default=False, help_text="An attempt that counts for nothing.")


class CheckIn(StrictSerializer):
    question = serializers.UUIDField()
    response = serializers.JSONField(
        allow_null=True, source="given", help_text="As answers are saved, or by place or letter; null: none was found."
    )
    epoch = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, required=False)
    seq = serializers.IntegerField(
        min_value=1, max_value=LARGEST_SEQ, required=False, help_text="Of whoever numbers their answers."
    )


# -- what is answered ----------------------------------------------------------------------------------------------


class ItemOut(serializers.Serializer[Any]):
    """A test or quiz of a homework. ``status`` and what follows are one's own, null for staff."""

    id = serializers.UUIDField(source="mock_test_id", help_text="Of the test or quiz.")
    item = serializers.UUIDField(source="pk", help_text="Of the item.")
    title = serializers.CharField(source="mock_test.title")
    description = serializers.CharField(source="mock_test.description")
    type = serializers.SerializerMethodField()
    level = serializers.CharField(source="mock_test.level")
    question_count = serializers.IntegerField(source="room.paper.item_count")
    seconds = serializers.IntegerField(source="room.paper.seconds")
    my_seconds = serializers.SerializerMethodField(help_text="The time that one will have in an attempt that counts.")
    max_score = serializers.DecimalField(9, 3, source="room.paper.max_score")
    penalties = serializers.SerializerMethodField(
        help_text="Where wrong answers cost marks; told where one homework is read, else null."
    )
    status = serializers.SerializerMethodField()
    attempts_used = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField(help_text="Of the attempt that counts, once it may be seen.")

    @extend_schema_field(serializers.ChoiceField(ITEM_TYPES))
    def get_type(self, item: Any) -> str:
        return TYPES[item.mock_test.kind]

    @extend_schema_field(OwnTimeOut(allow_null=True))
    def get_my_seconds(self, item: Any) -> Any:
        times = self.context.get("times")
        return None if times is None else OwnTimeOut(times[item.room_id]).data

    @extend_schema_field(PenaltyOut(many=True, allow_null=True))
    def get_penalties(self, item: Any) -> Any:
        costs = self.context.get("penalties")
        return None if costs is None else PenaltyOut(costs[item.room.paper_id], many=True).data

    @extend_schema_field(serializers.ChoiceField(STATUSES, allow_null=True))
    def get_status(self, item: Any) -> str | None:
        own = self._own(item)
        return own.status if own else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_attempts_used(self, item: Any) -> int | None:
        own = self._own(item)
        return own.begun if own else None

    @extend_schema_field(serializers.DecimalField(9, 3, allow_null=True))
    def get_score(self, item: Any) -> str | None:
        own = self._own(item)
        attempt = own.counting if own else None
        if attempt is None or attempt.pk not in self.context["marks_visible"]:
            return None
        return None if attempt.score is None else str(attempt.score)

    def _own(self, item: Any) -> Standing | None:
        found = self.context.get("standings")
        if found is None:
            return None
        return found.get((self.context["request"].user.pk, item.room_id), Standing())


class HomeworkOut(serializers.Serializer[Any]):
    """A homework as those see it whom it is for."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    description = serializers.CharField()
    deadline = serializers.DateTimeField()
    assigned_groups = AssignedGroupOut(source="groups", many=True)
    quizzes = serializers.SerializerMethodField()
    mock_tests = serializers.SerializerMethodField()
    show_results_immediately = serializers.BooleanField()
    checking = serializers.CharField()
    is_one_by_one = serializers.BooleanField()
    practice = serializers.CharField()
    counting = serializers.CharField()
    attempts_allowed = serializers.IntegerField()
    created_by_id = serializers.UUIDField(allow_null=True)
    created_by = AuthorOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(ItemOut(many=True))
    def get_quizzes(self, homework: Any) -> Any:
        return self._items(homework, "QUIZ")

    @extend_schema_field(ItemOut(many=True))
    def get_mock_tests(self, homework: Any) -> Any:
        return self._items(homework, "MOCK_TEST")

    def _items(self, homework: Any, kind: str) -> Any:
        items = [item for item in homework.items.all() if item.mock_test.kind == kind]
        return ItemOut(items, many=True, context=self.context).data


class StaffHomeworkOut(HomeworkOut):
    """A homework as staff see it."""

    assigned_group_ids = serializers.SerializerMethodField()
    assigned_user_ids = serializers.SerializerMethodField(help_text="People who are assigned by name.")

    def get_assigned_group_ids(self, homework: Any) -> list[str]:
        return [str(group.pk) for group in homework.groups.all()]

    def get_assigned_user_ids(self, homework: Any) -> list[str]:
        return [str(person.pk) for person in homework.people.all()]


class StandingOut(serializers.Serializer[Any]):
    """One student in one item. The marks are those of the attempt that counts."""

    item = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    attempts_used = serializers.IntegerField()
    attempt = serializers.UUIDField(allow_null=True)
    score = serializers.DecimalField(9, 3, allow_null=True)
    max_score = serializers.DecimalField(9, 3)
    finished_at = serializers.DateTimeField(allow_null=True)


class ProgressOut(serializers.Serializer[Any]):
    student = serializers.UUIDField(source="student.pk")
    name = serializers.CharField()
    completed = serializers.IntegerField(help_text="So many items were handed in.")
    items = serializers.SerializerMethodField()

    @extend_schema_field(StandingOut(many=True))
    def get_items(self, row: Any) -> Any:
        return StandingOut([_standing(item, standing) for item, standing in row.items], many=True).data


def _standing(item: Any, standing: Standing) -> dict[str, Any]:
    attempt = standing.counting
    return {
        "item": item.pk,
        "title": item.mock_test.title,
        "status": standing.status,
        "attempts_used": standing.begun,
        "attempt": attempt.pk if attempt else None,
        "score": attempt.score if attempt else None,
        "max_score": item.room.paper.max_score,
        "finished_at": attempt.finished_at if attempt else None,
    }


class CheckedAnswerOut(serializers.Serializer[Any]):
    """Whether the answer was right, and what would have been once no other answer to this question can count; nothing of any
    other question."""

    question = serializers.UUIDField(source="question_id")
    response = serializers.JSONField(allow_null=True, help_text="As it is in the journal now, for good.")
    outcome = serializers.ChoiceField(["CORRECT", "PARTIAL", "WRONG", "BLANK"])
    marks = serializers.DecimalField(9, 3)
    score = serializers.DecimalField(7, 3, source="max_marks")
    key = serializers.JSONField(allow_null=True, help_text="null as long as another attempt at it may count.")
    explanation = serializers.CharField(help_text="HTML. Empty as long as there is no key.")
