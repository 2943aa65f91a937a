"""Rooms that are paused: nobody begins meanwhile, and nobody loses time by that; and groups, which sit in rooms of their
own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.assignments.errors import RoomPaused, TooLateToStart
from apps.assignments.models import RoomPause
from apps.attempts import errors
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.operations import collecting, granting, reopening, sitting
from apps.attempts.queries import own_time
from apps.audit.models import Entry
from apps.core import clock
from apps.core.errors import NotFound
from apps.groups import operations as groups
from tests.apps.assignments.builders import make_group
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, people_of, publish

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


def begin(person, room, at=None):
    return sitting.start_attempt(actor=person, assignment_id=room.pk, at=at).attempt


def pause(cast, room, **fields):
    return granting.pause(actor=cast.dora, assignment_id=room.pk, **{"reason": "Fire drill", **fields})


def resume(cast, room, **fields):
    return granting.resume(actor=cast.dora, assignment_id=room.pk, **fields)


def deadline(attempt):
    return Attempt.objects.values_list("deadline_at", flat=True).get(pk=attempt.pk)


# -- the whole room ------------------------------------------------------------------------------------------------


def test_nobody_begins_while_the_room_is_paused_and_has_the_full_time_afterwards(cast, room, now):
    begun = begin(cast.alice, room, at=now)
    assert pause(cast, room, at=now + MINUTE) == [begun]
    with pytest.raises(RoomPaused) as refusal:
        begin(cast.bob, room, at=now + 2 * MINUTE)
    assert refusal.value.code == "room_paused"
    assert begin(cast.alice, room, at=now + 2 * MINUTE) == begun  # who sat already finds their attempt, standing still
    assert resume(cast, room, at=now + 11 * MINUTE) == [begun]
    late = begin(cast.bob, room, at=now + 12 * MINUTE)
    assert late.deadline_at == now + 42 * MINUTE
    assert deadline(begun) == now + 40 * MINUTE


def test_a_pause_before_anybody_has_begun_holds_too(cast, room, now):
    assert pause(cast, room, at=now) == []
    with pytest.raises(RoomPaused):
        begin(cast.alice, room, at=now)
    assert resume(cast, room, at=now + MINUTE) == []
    assert begin(cast.alice, room, at=now + MINUTE).is_running


def test_twice_is_as_once(cast, room, now):
    pause(cast, room, at=now)
    pause(cast, room, reason="Still the drill", at=now + MINUTE)
    held = RoomPause.objects.get()
    assert (held.began_at, held.reason, held.paused_by, held.ended_at) == (now, "Fire drill", cast.dora, None)
    resume(cast, room, at=now + 2 * MINUTE)
    resume(cast, room, at=now + 3 * MINUTE)
    held.refresh_from_db()
    assert held.ended_at == now + 2 * MINUTE


def test_a_pause_of_single_students_is_none_of_the_room(cast, room, now):
    begin(cast.alice, room, at=now)
    pause(cast, room, student_ids=[cast.alice.pk], at=now)
    assert begin(cast.bob, room, at=now).is_running
    pause(cast, room, at=now)
    resume(cast, room, student_ids=[cast.bob.pk], at=now)
    assert RoomPause.objects.filter(ended_at=None).count() == 1


def test_the_latest_start_waits_for_the_pause(cast, now):
    room = make_room(cast, cast.alice, cast.bob, latest_start_seconds=600)
    opened = room.opened_at
    pause(cast, room, at=opened + 5 * MINUTE)
    resume(cast, room, at=opened + 25 * MINUTE)
    with pytest.raises(TooLateToStart):
        begin(cast.bob, room, at=opened + 30 * MINUTE + timedelta(microseconds=1))
    assert begin(cast.alice, room, at=opened + 30 * MINUTE).is_running


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(10, 40), (25, 55), (28, 58), (31, 60), (45, 60)],
    ids=["full", "partly cut", "just full", "cut by the window that moved", "late"],
)
def test_what_the_window_would_take_is_given_back_as_far_as_the_pause_lasted(cast, now, begins, ends):
    """A window of 50 minutes, thirty minutes for the paper, ten of pause."""
    room = make_room(cast, cast.alice, cast.bob, closes_at=now + 50 * MINUTE, at=now)
    pause(cast, room, at=now)
    resume(cast, room, at=now + 10 * MINUTE)
    expected = own_time.own_time(
        actor=cast.alice, room=room_queries.get_assignment_for(cast.alice, room.pk), at=now + begins * MINUTE
    )
    attempt = begin(cast.alice, room, at=now + begins * MINUTE)
    assert attempt.deadline_at == now + ends * MINUTE
    assert expected.from_now == (attempt.deadline_at - attempt.started_at).total_seconds()
    ledger = TimeGrant.objects.filter(attempt=attempt)
    assert attempt.started_at + timedelta(seconds=sum(ledger.values_list("seconds", flat=True))) == attempt.deadline_at
    rooms.move_room_by_clock(assignment_id=room.pk, at=now + 50 * MINUTE)
    granting.close_attempts_of(assignment_id=room.pk, at=now + 50 * MINUTE)
    assert deadline(attempt) == now + ends * MINUTE


def test_it_is_made_up_in_the_last_of_timed_sections(cast, now):
    test = make_two_part_test(cast)
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True, closes_at=now + 40 * MINUTE, at=now)
    pause(cast, room, at=now)
    resume(cast, room, at=now + 10 * MINUTE)
    attempt = begin(cast.alice, room, at=now + 15 * MINUTE)
    assert attempt.step_ends == [now + 30 * MINUTE, now + 45 * MINUTE]


def test_closing_ends_the_pause_and_a_room_that_is_opened_again_lets_people_begin(cast, room, now):
    pause(cast, room, at=now)
    rooms.close_room(assignment_id=room.pk, at=now + MINUTE)
    assert RoomPause.objects.get().ended_at == now + MINUTE
    rooms.reopen_room(actor=cast.dora, assignment_id=room.pk, reason="Over", at=now + 2 * MINUTE)
    assert begin(cast.alice, room, at=now + 2 * MINUTE).is_running


def test_a_room_that_is_not_open_is_not_held(cast, now):
    room = make_room(cast, cast.alice, open_now=False, opens_at=now + 10 * MINUTE)
    pause(cast, room, at=now)
    assert not RoomPause.objects.exists()
    # Nobody needs a clock that moves it: from the window on it is open.
    pause(cast, room, at=now + 10 * MINUTE)
    with pytest.raises(RoomPaused):
        begin(cast.alice, room, at=now + 10 * MINUTE)
    rooms.close_room(assignment_id=room.pk, at=now + 11 * MINUTE)
    pause(cast, room, at=now + 12 * MINUTE)
    assert not RoomPause.objects.filter(ended_at=None).exists()


def test_the_room_says_that_it_is_paused(cast, room, now):
    seen = lambda: room_queries.get_assignment_for(cast.dora, room.pk).paused_at  # noqa: E731
    assert seen() is None
    pause(cast, room, at=now)
    assert seen() == now
    resume(cast, room)
    assert seen() is None


def test_what_is_refused_holds_nobody(cast, room, now):
    for refused, error in (
        ({"reason": " "}, errors.BadExtension),
        ({"student_ids": [cast.bob.pk], "group_ids": []}, errors.NotSitting),
        ({"group_ids": [uuid.uuid4()]}, NotFound),
    ):
        with pytest.raises(error):
            pause(cast, room, **refused)
    with pytest.raises(NotFound):
        granting.pause(actor=cast.other_teacher, assignment_id=room.pk, reason="Prank")
    assert not RoomPause.objects.exists()
    assert begin(cast.alice, room).is_running


# -- groups --------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_rooms(cast):
    """One exam in two rooms: Alice sits in the one, Bob and Gus's double in the other, and Dora's guest in neither."""
    left, right = make_group(cast, cast.alice, name="Left"), make_group(cast, cast.bob, name="Right")
    room = make_room(cast, cast.gus, group_ids=[left.pk, right.pk])
    return room, left, right


def test_what_is_about_a_group_is_about_who_sits_of_it(cast, two_rooms, now):
    room, left, right = two_rooms
    alice, bob, gus = (begin(person, room, at=now) for person in (cast.alice, cast.bob, cast.gus))
    extend = lambda **whom: granting.extend(  # noqa: E731
        actor=cast.dora, assignment_id=room.pk, seconds=60, reason="Late bus", at=now, **whom
    )
    assert extend(group_ids=[left.pk]) == [alice]
    assert set(extend(group_ids=[left.pk], student_ids=[cast.gus.pk])) == {alice, gus}
    assert set(extend(group_ids=[left.pk, right.pk], student_ids=[cast.alice.pk])) == {alice, bob}
    assert set(extend()) == {alice, bob, gus}
    assert extend(group_ids=[]) == []
    assert [deadline(a) - now for a in (alice, bob, gus)] == [34 * MINUTE, 32 * MINUTE, 32 * MINUTE]
    told = Entry.objects.filter(action="room.extended").order_by("id").values_list("changed", flat=True)
    assert ["groups" in changed for changed in told] == [True, True, True, False, True]
    assert pause(cast, room, group_ids=[right.pk]) == [bob]
    assert resume(cast, room, group_ids=[left.pk]) == []
    assert resume(cast, room, group_ids=[right.pk]) == [bob]
    sent = collecting.force_submit(actor=cast.dora, assignment_id=room.pk, group_ids=[left.pk], reason="Fire", at=now)
    assert [attempt.pk for attempt in sent] == [alice.pk]
    again = reopening.reopen(
        actor=cast.dora, assignment_id=room.pk, group_ids=[left.pk, right.pk], seconds=60, reason="No fire", at=now
    )
    assert again == [alice]


def test_a_group_that_is_not_of_the_room_is_not_to_be_found(cast, two_rooms, now):
    room, left, _ = two_rooms
    begin(cast.alice, room, at=now)
    other = make_group(cast, cast.alice, name="Elsewhere")
    whom = {"actor": cast.dora, "assignment_id": room.pk, "group_ids": [left.pk, other.pk], "at": now}
    for act in (
        lambda: granting.extend(**whom, seconds=60, reason="Late bus"),
        lambda: granting.pause(**whom, reason="Fire drill"),
        lambda: granting.resume(**whom),
        lambda: collecting.force_submit(**whom, reason="Fire"),
        lambda: reopening.reopen(**whom, seconds=60, reason="No fire"),
    ):
        with pytest.raises(NotFound) as refusal:
            act()
        assert refusal.value.code == "not_found"
    assert not RoomPause.objects.exists()
    assert not Entry.objects.filter(subject_id=str(room.pk), action__startswith="room.").exclude(
        action__in=["room.made", "room.open"]
    )


def test_nobody_of_a_paused_group_begins_and_everybody_else_does(cast, two_rooms, now):
    room, left, right = two_rooms
    pause(cast, room, group_ids=[left.pk], at=now)
    with pytest.raises(RoomPaused):
        begin(cast.alice, room, at=now)
    assert begin(cast.bob, room, at=now).is_running
    assert begin(cast.gus, room, at=now).is_running
    seen = room_queries.get_assignment_for(cast.dora, room.pk)
    assert (seen.paused_at, seen.paused_group_ids) == (None, [left.pk])
    resume(cast, room, group_ids=[right.pk], at=now + MINUTE)
    with pytest.raises(RoomPaused):
        begin(cast.alice, room, at=now + MINUTE)
    resume(cast, room, group_ids=[left.pk], at=now + MINUTE)
    assert begin(cast.alice, room, at=now + MINUTE).is_running


def test_a_pause_of_all_lasts_for_who_has_not_begun_until_all_go_on(cast, two_rooms, now):
    room, left, _ = two_rooms
    pause(cast, room, group_ids=[left.pk], at=now)
    pause(cast, room, at=now)
    resume(cast, room, group_ids=[left.pk], at=now)
    with pytest.raises(RoomPaused):
        begin(cast.alice, room, at=now)
    resume(cast, room, at=now)
    assert begin(cast.alice, room, at=now).is_running


def test_two_pauses_at_the_same_time_count_once(cast, two_rooms, now):
    room, left, _ = two_rooms
    pause(cast, room, group_ids=[left.pk], at=now)
    pause(cast, room, at=now + 2 * MINUTE)
    resume(cast, room, at=now + 5 * MINUTE)
    waits = room_queries.waits_of(student_id=cast.alice.pk, rooms=[room], at=now + 9 * MINUTE)
    assert waits == {room.pk: room_queries.Wait(False, 300.0)}
    waits = room_queries.waits_of(student_id=cast.gus.pk, rooms=[room], at=now + 9 * MINUTE)
    assert waits == {room.pk: room_queries.Wait(False, 180.0)}


def test_a_group_takes_as_few_queries_whatever_its_size(cast, now, count_queries):
    group = groups.create_group(name="Hall", teacher_ids=[cast.carol.pk])
    room = make_room(cast, cast.gus, group_ids=[group.pk], attempts_allowed=2)
    counts = []
    first, *others = people_of(cast, 13)
    for people in ([first], others):
        groups.add_members(group_id=group.pk, members=[(person.pk, "STUDENT") for person in people])
        for person in people:
            begin(person, room, at=now)
        with count_queries() as asked:
            granting.extend(
                actor=cast.dora, assignment_id=room.pk, group_ids=[group.pk], seconds=60, reason="Late bus", at=now
            )
        counts.append(len(asked))
    assert counts[0] == counts[1]
