"""Assigning, changing and moving rooms: what is refused, what is announced, and what a second call does."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments import errors, operations, queries
from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.authentication.operations import people
from apps.core import bus, clock, tenancy
from apps.core.models import Delivery
from apps.groups import operations as groups
from apps.mock_tests.errors import NotPublished, TestInUse
from apps.mock_tests.models import Question
from apps.mock_tests.operations.authoring import publishing
from tests.apps.assignments.builders import make_group, make_room
from tests.factories import make_test, publish

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def told(monkeypatch):
    """What was announced about rooms, in order; alarms with ``due``."""
    seen = []
    publish_many = bus.publish_many

    def listen(events, *, due_at=None):
        events = list(events)
        seen.extend(event.name for event in events if event.name.startswith("assignment."))
        publish_many(events, due_at=due_at)

    monkeypatch.setattr(bus, "publish_many", listen)

    def since():
        found = [name.removeprefix("assignment.") for name in seen]
        seen.clear()
        return found

    return since


def at_once(room, *moves):
    for move in moves:
        move(assignment_id=room.pk)
    room.refresh_from_db()
    return room


# -- assigning -----------------------------------------------------------------------------------------------------


def test_a_room_gets_the_newest_paper_and_keeps_it(cast, told):
    test = make_test(cast)
    first = publish(cast, test)
    room = make_room(cast, test=test, attempts_allowed=3, access_code="sakura")
    assert (room.status, room.paper_id, room.created_by_id) == ("SCHEDULED", first.pk, cast.carol.pk)
    assert (room.attempts_allowed, room.access_code) == (3, "sakura")
    assert told() == ["created"]
    at_once(room, operations.open_room, operations.close_room)
    publishing.unpublish_test(actor=cast.carol, test_id=test.pk)
    Question.objects.filter(group__section__mock_test=test).update(explanation="Because.")
    second = publish(cast, test)
    assert second.pk != first.pk
    assert make_room(cast, test=test).paper_id == second.pk
    room.refresh_from_db()
    assert room.paper_id == first.pk


def test_refuses_a_test_that_is_not_published_or_not_there(cast):
    with pytest.raises(NotPublished):
        make_room(cast, test=make_test(cast))
    ghost = make_test(cast)
    ghost.pk = uuid.uuid4()
    with pytest.raises(errors.UnknownTest) as refusal:
        make_room(cast, test=ghost)
    assert refusal.value.problems[0].pointer == "/mock_test"
    assert not ExamAssignment.objects.exists()


def test_teachers_assign_to_groups_they_teach_and_students_of_these(cast):
    mine, other = make_group(cast, cast.alice), make_group(cast, cast.bob, name="Other", teacher=cast.other_teacher)
    room = make_room(cast, group_ids=[mine.pk], user_ids=[cast.alice.pk])
    assert queries.audience_ids(assignment_id=room.pk) == {cast.alice.pk}
    for refused in ({"group_ids": [other.pk]}, {"user_ids": [cast.bob.pk]}, {"user_ids": [cast.gus.pk]}):
        with pytest.raises(errors.UnknownAudience):
            make_room(cast, **refused)


def test_admins_assign_to_all_students_and_guests(cast):
    group = make_group(cast, cast.alice)
    room = make_room(cast, actor=cast.dora, group_ids=[group.pk], user_ids=[cast.bob.pk, cast.gus.pk])
    assert queries.audience_ids(assignment_id=room.pk) == {cast.alice.pk, cast.bob.pk, cast.gus.pk}
    people.deactivate(user_id=cast.bob.pk)
    for refused in (cast.bob, cast.carol, cast.mallory):
        with pytest.raises(errors.UnknownAudience) as refusal:
            make_room(cast, actor=cast.dora, user_ids=[refused.pk])
        assert refusal.value.problems[0].pointer == "/assigned_user_ids"


def test_refuses_a_room_for_nobody(cast):
    test = make_test(cast)
    publish(cast, test)
    with pytest.raises(errors.NoAudience):
        operations.assign_test(actor=cast.carol, title="Empty", mock_test_id=test.pk)


def test_refuses_a_window_without_a_future(cast):
    now = clock.now()
    for opens_at, closes_at in [(None, now - HOUR), (now + 2 * HOUR, now + HOUR), (now + HOUR, now + HOUR)]:
        with pytest.raises(errors.BadWindow):
            make_room(cast, opens_at=opens_at, closes_at=closes_at)


def test_can_open_at_once_by_wish_or_by_its_window(cast, told):
    assert make_room(cast, open_now=True).status == "OPEN"
    assert told() == ["created", "opened"]
    begun = make_room(cast, opens_at=clock.now() - HOUR, closes_at=clock.now() + HOUR)
    assert begun.status == "OPEN"
    assert told() == ["created", "due", "due", "opened"]


# -- who sees ------------------------------------------------------------------------------------------------------


def test_everybody_sees_what_concerns_them(cast):
    room = make_room(cast)
    named = make_room(cast, actor=cast.dora, user_ids=[cast.gus.pk, cast.bob.pk])
    seen = lambda person: set(queries.assignments_for(person))  # noqa: E731
    assert seen(cast.dora) == {room, named}
    assert seen(cast.carol) == {room}
    assert seen(cast.alice) == {room}
    assert seen(cast.bob) == {room, named}
    assert seen(cast.gus) == {named}
    assert seen(cast.other_teacher) == set()
    assert queries.managed_by(cast.bob).count() == 0


def test_who_leaves_the_group_leaves_the_room_and_who_joins_comes_in(cast):
    group = make_group(cast)
    row = groups.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    room = make_room(cast, group_ids=[group.pk])
    assigned = lambda person: queries.is_assigned(assignment=room, student_id=person.pk)  # noqa: E731
    assert (assigned(cast.alice), assigned(cast.bob), assigned(cast.carol)) == (True, False, False)
    groups.remove_member(membership_id=row.pk)
    groups.add_member(group_id=group.pk, user_id=cast.bob.pk, role="STUDENT")
    assert (assigned(cast.alice), assigned(cast.bob)) == (False, True)
    assert not queries.assignments_for(cast.alice).exists()
    assert queries.audience_ids(assignment_id=room.pk) == {cast.bob.pk}


def test_an_author_keeps_the_room_when_the_group_is_gone(cast):
    group = make_group(cast, cast.alice)
    room = make_room(cast, group_ids=[group.pk])
    groups.delete_group(group_id=group.pk)
    assert set(queries.assignments_for(cast.carol)) == {room}
    assert set(queries.assignments_for(cast.alice)) == set()


def test_another_center_never_sees_a_room(cast, south):
    room = make_room(cast)
    with tenancy.enter(south):
        assert not queries.assignments_for(cast.sybil).exists()
        for call in (operations.open_room, operations.close_room, operations.finalise_room):
            with pytest.raises(errors.AssignmentNotFound):
                call(assignment_id=room.pk)


# -- moving --------------------------------------------------------------------------------------------------------


def test_each_move_is_announced_once_and_a_second_call_changes_nothing(cast, told):
    room = make_room(cast)
    moves = [
        (operations.open_room, "opened", "opened_at"),
        (operations.close_room, "closed", "closed_at"),
        (operations.finalise_room, "finalised", "finalised_at"),
    ]
    told()
    for move, name, moment in moves:
        done = getattr(at_once(room, move), moment)
        assert told() == [name]
        assert getattr(at_once(room, move), moment) == done
        assert told() == []
    assert at_once(room, operations.close_room).status == "FINALISED"


def test_refuses_moves_that_the_table_does_not_know(cast):
    room = make_room(cast)
    for move in (operations.close_room, operations.finalise_room):
        with pytest.raises(errors.IllegalMove):
            move(assignment_id=room.pk)
    at_once(room, operations.open_room)
    with pytest.raises(errors.IllegalMove):
        operations.finalise_room(assignment_id=room.pk)
    at_once(room, operations.close_room)
    with pytest.raises(errors.IllegalMove):
        operations.open_room(assignment_id=room.pk)


def test_only_who_manages_a_room_moves_it(cast):
    room = make_room(cast)
    for person in (cast.other_teacher, cast.alice, cast.gus):
        with pytest.raises(errors.AssignmentNotFound):
            operations.open_room(assignment_id=room.pk, actor=person)
        with pytest.raises(errors.AssignmentNotFound):
            operations.release_results(assignment_id=room.pk, actor=person)
    assert operations.open_room(assignment_id=room.pk, actor=cast.dora).status == "OPEN"


def test_results_are_released_once_and_not_before_the_end(cast, told):
    room = make_room(cast, open_now=True)
    with pytest.raises(errors.TooEarly):
        operations.release_results(assignment_id=room.pk)
    operations.close_room(assignment_id=room.pk)
    told()
    at_once(room, operations.release_results, operations.release_results)
    assert (room.is_published, told()) == (True, ["results_released"])
    with pytest.raises(errors.IllegalMove):
        operations.update_assignment(actor=cast.carol, assignment_id=room.pk, is_published=False)


# -- the clock -----------------------------------------------------------------------------------------------------


def alarms():
    return [row.due_at for row in Delivery.objects.filter(event="assignment.due", done_at=None).order_by("due_at")]


def test_alarms_are_set_for_both_ends_of_the_window(cast):
    now = clock.now()
    make_room(cast, opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    assert alarms() == [now + HOUR, now + 2 * HOUR]


def test_an_alarm_waits_for_its_date_then_moves_the_room(cast, deliver, told):
    now = clock.now()
    room = make_room(cast, opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    deliver()
    room.refresh_from_db()
    assert room.status == "SCHEDULED"
    # An hour later: the same rows, as they would stand then.
    ExamAssignment.objects.update(opens_at=now - timedelta(seconds=1), closes_at=now + HOUR)
    Delivery.objects.filter(event="assignment.due", due_at=now + HOUR).update(due_at=now)
    told()
    deliver()
    room.refresh_from_db()
    assert (room.status, told()) == ("OPEN", ["opened"])
    assert len(alarms()) == 1
    ExamAssignment.objects.update(opens_at=now - 2 * HOUR, closes_at=now - timedelta(seconds=1))
    Delivery.objects.filter(event="assignment.due", done_at=None).update(due_at=now)
    deliver()
    room.refresh_from_db()
    assert "closed" in told()
    assert room.closed_at is not None


def test_an_alarm_of_a_window_that_was_moved_finds_nothing_to_do(cast, deliver, told):
    now = clock.now()
    room = make_room(cast, opens_at=now + HOUR)
    operations.update_assignment(actor=cast.carol, assignment_id=room.pk, opens_at=now + 3 * HOUR)
    assert alarms() == [now + HOUR, now + 3 * HOUR]
    told()
    Delivery.objects.filter(due_at=now + HOUR).update(due_at=now)
    deliver()
    room.refresh_from_db()
    assert (room.status, told()) == ("SCHEDULED", [])
    operations.move_room_by_clock(assignment_id=room.pk, at=now + 3 * HOUR)
    assert told() == ["opened"]


def test_an_alarm_of_a_room_that_is_gone_is_harmless(cast, deliver):
    room = make_room(cast, opens_at=clock.now() + HOUR)
    operations.delete_assignment(actor=cast.carol, assignment_id=room.pk)
    Delivery.objects.update(due_at=clock.now())
    deliver()
    assert not Delivery.objects.filter(event__startswith="assignment.", done_at=None).exists()
    assert bus.waiting()["dead"] == 0


def test_a_room_whose_window_passed_unseen_is_closed_not_opened(cast, told):
    now = clock.now()
    room = make_room(cast, opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    told()
    operations.move_room_by_clock(assignment_id=room.pk, at=now + 5 * HOUR)
    room.refresh_from_db()
    assert (room.status, room.opened_at, told()) == ("CLOSED", None, ["closed"])


def test_opening_by_hand_after_the_window_is_refused_and_before_it_allowed(cast):
    now = clock.now()
    room = make_room(cast, opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    with pytest.raises(errors.IllegalMove):
        operations.open_room(assignment_id=room.pk, at=now + 2 * HOUR)
    assert operations.open_room(assignment_id=room.pk, at=now).status == "OPEN"


# -- changing ------------------------------------------------------------------------------------------------------


def change(cast, room, **changes):
    return operations.update_assignment(actor=cast.carol, assignment_id=room.pk, **changes)


def test_everything_can_be_changed_before_the_opening(cast):
    room = make_room(cast)
    test = make_test(cast, title="Another")
    paper = publish(cast, test)
    other = make_group(cast, name="Second")
    now = clock.now()
    changed = change(
        cast,
        room,
        title="New",
        mock_test_id=test.pk,
        group_ids=[other.pk],
        opens_at=now + HOUR,
        closes_at=now + 2 * HOUR,
        seconds=60,
        shuffle_options=True,
        board_policy="HIDDEN",
    )
    assert (changed.title, changed.paper_id, changed.seconds) == ("New", paper.pk, 60)
    assert [group.pk for group in changed.groups.all()] == [other.pk]


@pytest.mark.parametrize("status", ["OPEN", "CLOSED", "FINALISED"])
def test_an_opened_room_keeps_what_takers_rely_on(cast, status):
    room = make_room(cast, seconds=60, open_now=True)
    if status != "OPEN":
        at_once(room, operations.close_room)
    if status == "FINALISED":
        at_once(room, operations.finalise_room)
    test = make_test(cast)
    publish(cast, test)
    fixed = {
        "mock_test_id": test.pk,
        "seconds": 61,
        "opens_at": clock.now() + HOUR,
        "shuffle_questions": True,
        "shuffle_options": True,
    }
    if status != "OPEN":
        fixed |= {"closes_at": clock.now() + HOUR, "attempts_allowed": 2, "access_code": "x", "user_ids": [cast.bob.pk]}
    for name, value in fixed.items():
        with pytest.raises(errors.RoomLocked) as refusal:
            change(cast, room, **{name: value})
        assert refusal.value.details == {"fields": [name]}
    same = {"mock_test_id": room.mock_test_id, "seconds": 60, "group_ids": [group.pk for group in room.groups.all()]}
    assert change(cast, room, title="Same room", result_policy="AFTER_CLOSE", **same).title == "Same room"


def test_an_open_room_takes_more_people_and_another_end(cast):
    room = make_room(cast, open_now=True, user_ids=[make_group(cast, cast.alice, cast.bob) and cast.alice.pk])
    end = clock.now() + HOUR
    change(cast, room, user_ids=[cast.alice.pk, cast.bob.pk], closes_at=end, attempts_allowed=2, access_code="x")
    assert queries.audience_ids(assignment_id=room.pk) == {cast.alice.pk, cast.bob.pk}
    assert alarms() == [end]
    with pytest.raises(errors.BadWindow):
        change(cast, room, closes_at=clock.now() - HOUR)
    with pytest.raises(errors.NoAudience):
        change(cast, room, user_ids=[])


def test_a_teacher_keeps_groups_of_others_but_cannot_add_them(cast):
    mine, other, third = (
        make_group(cast, name="Mine"),
        make_group(cast, name="Other", teacher=cast.other_teacher),
        make_group(cast, name="Third", teacher=cast.other_teacher),
    )
    room = make_room(cast, actor=cast.dora, group_ids=[mine.pk, other.pk])
    change(cast, room, group_ids=[mine.pk, other.pk], title="Ours")
    with pytest.raises(errors.UnknownAudience):
        change(cast, room, group_ids=[mine.pk, other.pk, third.pk])


def test_a_status_in_a_change_is_the_same_move(cast, told):
    room = make_room(cast)
    told()
    assert change(cast, room, status="CLOSED").status == "SCHEDULED"
    assert change(cast, room, status="OPEN", title="Now").status == "OPEN"
    assert change(cast, room, status="OPEN").status == "OPEN"
    assert change(cast, room, status="CLOSED", is_published=True).is_published
    assert told() == ["opened", "closed", "results_released"]
    with pytest.raises(errors.IllegalMove):
        change(cast, room, status="OPEN")


def test_a_refused_move_takes_the_whole_change_back(cast):
    room = make_room(cast)
    with pytest.raises(errors.TooEarly):
        change(cast, room, title="Lost", status="OPEN", is_published=True)
    room.refresh_from_db()
    assert (room.title, room.status) == ("Mock exam", "SCHEDULED")


# -- deleting and unpublishing -------------------------------------------------------------------------------------


def sit(room, student):
    now = clock.now()
    return Attempt.objects.create(
        assignment=room,
        paper_id=room.paper_id,
        student=student,
        seed=1,
        started_at=now,
        deadline_at=now + HOUR,
        grace_seconds=10,
        max_score=1,
        shuffle_questions=False,
        shuffle_options=False,
    )


def test_a_room_is_deleted_unless_somebody_sat_in_it(cast):
    empty, used = make_room(cast), make_room(cast)
    sit(used, cast.alice)
    operations.delete_assignment(actor=cast.carol, assignment_id=empty.pk)
    with pytest.raises(errors.HasAttempts):
        operations.delete_assignment(actor=cast.carol, assignment_id=used.pk)
    with pytest.raises(errors.AssignmentNotFound):
        operations.delete_assignment(actor=cast.other_teacher, assignment_id=used.pk)
    assert set(ExamAssignment.objects.all()) == {used}


def test_a_test_in_use_stays_published_until_its_rooms_are_closed(cast):
    test = make_test(cast)
    publish(cast, test)
    room = make_room(cast, test=test)
    for move in (operations.open_room, operations.close_room):
        with pytest.raises(TestInUse):
            operations.unpublish_unused_test(actor=cast.carol, test_id=test.pk)
        test.refresh_from_db()
        assert test.status == "PUBLISHED"
        at_once(room, move)
    operations.unpublish_unused_test(actor=cast.carol, test_id=test.pk)
    test.refresh_from_db()
    assert test.status == "DRAFT"


def test_refuses_to_open_at_once_what_says_that_it_opens_later(cast):
    later = clock.now() + HOUR
    with pytest.raises(errors.OpensLater) as refusal:
        make_room(cast, open_now=True, opens_at=later)
    assert [problem.pointer for problem in refusal.value.problems] == ["/opens_at"]
    assert not ExamAssignment.objects.exists()
    assert make_room(cast, opens_at=later).status == "SCHEDULED"
    assert make_room(cast, open_now=True, opens_at=clock.now() - HOUR).status == "OPEN"
    assert make_room(cast, open_now=True).status == "OPEN"


def test_an_archived_group_keeps_its_rooms_and_gets_no_new_one(cast):
    group = make_group(cast, cast.alice, name="Old class")
    room = make_room(cast, group_ids=[group.pk])
    groups.archive_group(group_id=group.pk)
    with pytest.raises(errors.UnknownAudience):
        make_room(cast, group_ids=[group.pk])
    changed = operations.update_assignment(actor=cast.dora, assignment_id=room.pk, title="Later", group_ids=[group.pk])
    assert changed.title == "Later"
    assert queries.audience_ids(assignment_id=room.pk) == {cast.alice.pk}


def test_whoever_is_moved_loses_the_rooms_of_the_old_group_and_gains_those_of_the_new_one(cast):
    old, new = make_group(cast, cast.alice, name="Old class"), make_group(cast, name="New class")
    theirs, others = make_room(cast, group_ids=[old.pk]), make_room(cast, group_ids=[new.pk])
    groups.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.alice.pk])
    assert set(queries.assignments_for(cast.alice)) == {others}
    assert queries.audience_ids(assignment_id=theirs.pk) == set()
