"""Homework: what it is made of, how it changes, and what its clock says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.assignments import queries, rules
from apps.assignments.errors import (
    BadDeadline,
    HasAttempts,
    HomeworkNotFound,
    NoAudience,
    NoItems,
    UnknownAudience,
    UnknownTest,
)
from apps.assignments.models import ExamAssignment, HomeworkAssignment
from apps.assignments.operations import homework as operations
from apps.assignments.operations import unpublish_unused_test
from apps.attempts.operations import homework as work
from apps.audit.models import Entry
from apps.core import clock
from apps.core.models import Delivery
from apps.mock_tests.errors import TestInUse
from apps.notifications.models import Notice
from tests import factories
from tests.apps.assignments.builders import make_group
from tests.homework import make_homework, make_quiz

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def notices(person):
    return list(
        Notice.objects.filter(user=person).order_by("created_at", "pk").values_list("notification_type", flat=True)
    )


def change(cast, homework, **changes):
    return operations.update_homework(actor=cast.carol, homework_id=homework.pk, **changes)


# -- making --------------------------------------------------------------------------------------------------------


def test_each_item_has_a_room_that_is_open_until_the_deadline_and_is_no_exam(cast):
    homework = make_homework(cast, cast.alice, cast.bob)
    items = list(homework.items.all())
    assert [item.mock_test.kind for item in items] == ["MOCK_TEST", "QUIZ"]
    for item in items:
        room = item.room
        assert (room.kind, room.status, room.closes_at) == ("HOMEWORK", "OPEN", homework.deadline)
        assert room.board_policy == "HIDDEN"
        assert item.practice_room is None
    for person in (cast.alice, cast.carol, cast.dora):
        assert not queries.assignments_for(person).exists()
        assert queries.rooms_for(person).count() == 2
    assert queries.count_open() == 0


def test_it_is_for_the_students_of_its_groups_and_for_whom_it_names(cast):
    group = make_group(cast, cast.alice)
    homework = make_homework(cast, cast.gus, group_ids=[group.pk], actor=cast.dora)
    for person in (cast.alice, cast.gus, cast.carol, cast.dora):
        assert queries.get_homework_for(person, homework.pk) == homework
    for person in (cast.bob, cast.other_teacher):
        with pytest.raises(HomeworkNotFound):
            queries.get_homework_for(person, homework.pk)
    assert queries.homework_audience_ids(homework=homework) == {cast.alice.pk, cast.gus.pk}


@pytest.mark.parametrize(
    ("fields", "refusal", "pointer"),
    [
        ({"deadline": timedelta(seconds=-1)}, BadDeadline, "/deadline"),
        ({"mock_test_ids": [], "quiz_ids": []}, NoItems, "/quiz_ids"),
        ({"group_ids": [], "user_ids": []}, NoAudience, "/assigned_group_ids"),
    ],
)
def test_refuses_what_cannot_be_a_homework(cast, fields, refusal, pointer):
    if "deadline" in fields:
        fields = {"deadline": clock.now() + fields["deadline"]}
    with pytest.raises(refusal) as refused:
        make_homework(cast, cast.alice, **fields)
    assert refused.value.problems[0].pointer == pointer
    assert not HomeworkAssignment.objects.exists()
    assert not ExamAssignment.objects.exists()


def test_refuses_drafts_and_tests_of_the_other_kind_each_at_its_place(cast):
    draft, quiz = factories.make_test(cast), make_quiz(cast)
    with pytest.raises(UnknownTest) as refused:
        make_homework(cast, cast.alice, mock_test_ids=[quiz.pk, draft.pk], quiz_ids=[])
    assert [problem.pointer for problem in refused.value.problems] == ["/mock_test_ids/0", "/mock_test_ids/1"]


def test_a_teacher_assigns_to_their_own_groups_only(cast):
    group = make_group(cast, cast.alice, teacher=cast.other_teacher)
    with pytest.raises(UnknownAudience):
        make_homework(cast, group_ids=[group.pk])


def test_its_tests_cannot_be_unpublished_before_the_deadline(cast):
    homework = make_homework(cast, cast.alice, practice="ALWAYS")
    test = homework.items.first().mock_test
    with pytest.raises(TestInUse):
        unpublish_unused_test(actor=cast.carol, test_id=test.pk)
    ExamAssignment.objects.filter(kind="HOMEWORK").update(status="CLOSED")
    unpublish_unused_test(actor=cast.carol, test_id=test.pk)


# -- changing ------------------------------------------------------------------------------------------------------


def test_whoever_works_on_it_follows_its_deadline(cast, deliver):
    homework = make_homework(cast, cast.alice)
    attempt = work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=homework.items.first().pk).attempt
    soon = clock.now() + timedelta(minutes=5)
    change(cast, homework, deadline=soon)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at == soon
    change(cast, homework, deadline=soon + HOUR)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at == attempt.started_at + timedelta(minutes=30)


def test_a_deadline_that_moves_on_lets_people_go_on(cast, deliver):
    homework = make_homework(cast, cast.alice)
    ExamAssignment.objects.update(status="CLOSED", closed_at=clock.now())
    HomeworkAssignment.objects.update(deadline=clock.now() - HOUR)
    change(cast, homework, deadline=clock.now() + DAY)
    assert set(ExamAssignment.objects.values_list("status", "closed_at")) == {("OPEN", None)}
    assert work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=homework.items.first().pk).is_new


def test_the_rooms_say_what_the_homework_says(cast):
    homework = make_homework(cast, cast.alice)
    changes = {"title": "Again", "counting": "LAST", "attempts_allowed": 2, "show_results_immediately": False}
    change(cast, homework, user_ids=[cast.bob.pk], practice="ALWAYS", group_ids=[], **changes)
    rooms = ExamAssignment.objects.filter(kind="HOMEWORK")
    assert set(rooms.values_list("title", "counting", "attempts_allowed", "result_policy")) == {
        ("Again", "LAST", 2, "AFTER_CLOSE")
    }
    assert {person for room in ExamAssignment.objects.all() for person in room.people.all()} == {cast.bob}
    assert ExamAssignment.objects.filter(kind="PRACTICE").count() == 2


def test_items_come_and_go_until_somebody_has_worked_on_them(cast):
    homework = make_homework(cast, cast.alice)
    kept, other = homework.items.all()
    quiz = make_quiz(cast, title="Another quiz")
    change(cast, homework, quiz_ids=[quiz.pk])
    assert [item.mock_test for item in homework.items.all()] == [kept.mock_test, quiz]
    assert not ExamAssignment.objects.filter(pk=other.room_id).exists()
    work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=kept.pk)
    with pytest.raises(HasAttempts):
        change(cast, homework, mock_test_ids=[])
    with pytest.raises(NoItems):
        change(cast, homework, mock_test_ids=[], quiz_ids=[])


def test_what_is_said_again_is_no_change_also_after_the_deadline(cast):
    homework = make_homework(cast, cast.alice)
    past = clock.now() - HOUR
    HomeworkAssignment.objects.update(deadline=past)
    before = Delivery.objects.count()
    change(cast, homework, deadline=past, title=homework.title)
    assert Delivery.objects.count() == before
    with pytest.raises(BadDeadline):
        change(cast, homework, deadline=past - HOUR)


def test_it_can_be_deleted_until_somebody_has_worked_on_it(cast):
    homework, other = make_homework(cast, cast.alice), make_homework(cast, cast.alice, practice="ALWAYS")
    operations.delete_homework(actor=cast.carol, homework_id=homework.pk)
    assert not HomeworkAssignment.objects.filter(pk=homework.pk).exists()
    work.start_item(actor=cast.alice, homework_id=other.pk, item_id=other.items.first().pk, practice=True)
    with pytest.raises(HasAttempts):
        operations.delete_homework(actor=cast.carol, homework_id=other.pk)
    assert other.items.count() == 2


def test_others_find_nothing_to_change(cast):
    homework = make_homework(cast, cast.alice)
    for person in (cast.other_teacher, cast.alice):
        with pytest.raises(HomeworkNotFound):
            operations.update_homework(actor=person, homework_id=homework.pk, title="Mine")
        with pytest.raises(HomeworkNotFound):
            operations.delete_homework(actor=person, homework_id=homework.pk)


def test_it_leaves_a_trail(cast):
    homework = make_homework(cast, cast.alice)
    change(cast, homework, title="Other")
    operations.delete_homework(actor=cast.carol, homework_id=homework.pk)
    told = Entry.objects.filter(subject="homework").order_by("id").values_list("action", flat=True)
    assert list(told) == ["homework.made", "homework.changed", "homework.deleted"]


# -- the clock and notices -----------------------------------------------------------------------------------------


def ring(homework, at, deliver):
    operations.ring_homework(homework_id=homework.pk, at=at)
    deliver()


def test_alarms_ring_a_day_before_and_at_the_deadline(cast):
    homework = make_homework(cast, cast.alice)
    due = Delivery.objects.filter(event="homework.due").order_by("due_at").values_list("due_at", flat=True)
    assert list(due) == [homework.deadline - DAY, homework.deadline]


def test_people_are_told_and_those_reminded_who_have_not_handed_in(cast, deliver):
    homework = make_homework(cast, cast.alice, cast.bob)
    deliver()
    assert notices(cast.alice) == notices(cast.bob) == ["TASK_ASSIGNED"]
    for item in homework.items.all():
        started = work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=item.pk)
        work.hand_in(actor=cast.alice, attempt_id=started.attempt.pk, answers={})
    work.start_item(actor=cast.bob, homework_id=homework.pk, item_id=homework.items.first().pk)
    ring(homework, homework.deadline - DAY - HOUR, deliver)
    assert notices(cast.bob) == ["TASK_ASSIGNED"]
    for _ in range(2):
        ring(homework, homework.deadline - HOUR, deliver)
    assert notices(cast.alice) == ["TASK_ASSIGNED"]
    assert notices(cast.bob) == ["TASK_ASSIGNED", "DEADLINE_APPROACHING"]
    for _ in range(2):
        ring(homework, homework.deadline, deliver)
    assert notices(cast.alice) == ["TASK_ASSIGNED"]
    assert notices(cast.bob) == ["TASK_ASSIGNED", "DEADLINE_APPROACHING", "DEADLINE_MISSED"]
    assert Delivery.objects.filter(event="homework.ending").count() == 1
    assert Delivery.objects.filter(event="homework.ended").count() == 1


def test_who_sits_at_the_deadline_has_not_missed_it(cast, deliver):
    homework = make_homework(cast, cast.alice, mock_test_ids=[])
    work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=homework.items.get().pk)
    ring(homework, homework.deadline, deliver)
    assert "DEADLINE_MISSED" not in notices(cast.alice)


def test_practice_is_not_handing_in(cast, deliver):
    homework = make_homework(cast, cast.alice, mock_test_ids=[], practice="ALWAYS")
    started = work.start_item(actor=cast.alice, homework_id=homework.pk, item_id=homework.items.get().pk, practice=True)
    work.hand_in(actor=cast.alice, attempt_id=started.attempt.pk, answers={})
    ring(homework, homework.deadline, deliver)
    assert "DEADLINE_MISSED" in notices(cast.alice)


def test_no_reminder_of_a_deadline_that_was_told_within_the_day(cast, deliver):
    homework = make_homework(cast, cast.alice, deadline=clock.now() + HOUR)
    ring(homework, clock.now(), deliver)
    assert notices(cast.alice) == ["TASK_ASSIGNED"]


def test_a_deadline_that_moves_is_announced_each_time_and_reminded_of_anew(cast, deliver):
    homework = make_homework(cast, cast.alice)
    deliver()
    ring(homework, homework.deadline - HOUR, deliver)
    for days in (5, 6):
        change(cast, homework, deadline=clock.now() + days * DAY)
        deliver()
    assert sorted(notices(cast.alice)) == ["DEADLINE_APPROACHING", "HOMEWORK_DEADLINE_CHANGED", "TASK_ASSIGNED"]
    message = Notice.objects.get(notification_type="HOMEWORK_DEADLINE_CHANGED").message
    assert f"{clock.now() + 6 * DAY:%Y-%m-%d}" in message
    Notice.objects.all().delete()
    homework.refresh_from_db()
    ring(homework, homework.deadline - HOUR, deliver)
    assert notices(cast.alice) == ["DEADLINE_APPROACHING"]


def test_who_joins_later_is_told_of_it_as_new(cast, deliver):
    homework = make_homework(cast, cast.alice)
    deliver()
    change(cast, homework, user_ids=[cast.alice.pk, cast.bob.pk], title="Again")
    deliver()
    assert notices(cast.alice) == ["TASK_ASSIGNED", "HOMEWORK_UPDATED"]
    assert notices(cast.bob) == ["TASK_ASSIGNED"]


def test_alarms_of_what_is_gone_find_nothing(cast, deliver):
    homework = make_homework(cast, cast.alice)
    operations.delete_homework(actor=cast.carol, homework_id=homework.pk)
    ring(homework, homework.deadline, deliver)
    assert notices(cast.alice) == []
    assert not Delivery.objects.filter(dead_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("practice", "is_over", "expected"),
    [("NEVER", True, False), ("AFTER_DEADLINE", False, False), ("AFTER_DEADLINE", True, True), ("ALWAYS", False, True)],
)
def test_when_there_is_practice(practice, is_over, expected):
    now = clock.now()
    assert rules.may_practise(practice, now if is_over else now + HOUR, now) is expected


@pytest.mark.parametrize(
    ("checking", "is_quiz", "expected"),
    [("NEVER", True, False), ("QUIZZES", True, True), ("QUIZZES", False, False), ("ALWAYS", False, True)],
)
def test_where_answers_are_checked(checking, is_quiz, expected):
    assert rules.may_check(checking, is_quiz=is_quiz) is expected
