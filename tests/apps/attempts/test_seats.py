"""What an invigilator sees of a room, from PostgreSQL and from signs of life."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
import redis
from django.db import connection

from apps.assignments.errors import AssignmentNotFound
from apps.attempts import errors
from apps.attempts.models import Attempt
from apps.attempts.operations import collecting, granting, integrity, presence, reopening, sitting
from apps.attempts.operations.heartbeats import MOST_PLACES, Sign, put
from apps.attempts.queries import heartbeats, seats
from apps.attempts.queries.heartbeats import Heard, Hearing
from apps.audit.models import Entry
from apps.core import tenancy
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, people_of, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def deaf(monkeypatch):
    """Redis is away."""

    def refuse(*_, **__):
        raise redis.ConnectionError

    monkeypatch.setattr(heartbeats, "read", refuse)


def seat_of(cast, room, person):
    seen = seats.seats_for(cast.dora, room.pk)
    return next(seat for seat in seen.seats if seat.student_id == person.pk)


def heard(attempt, milliseconds, *, saved=None, place=""):
    sign = Sign(str(attempt.pk), milliseconds, saved, place)
    put(tenant=tenancy.current(), assignment_id=attempt.assignment_id, signs=[sign])


def test_everybody_who_is_expected_has_a_seat(cast, room, attempt):
    seen = seats.seats_for(cast.dora, room.pk)
    assert [(seat.name, seat.state) for seat in seen.seats] == [
        ("Alice North", "SITTING"),
        ("Bob North", "NOT_STARTED"),
    ]
    assert seen.counts["SITTING"] == 1
    assert seen.questions == 3


def test_only_who_manages_a_room_sees_its_seats(cast, room):
    for person in (cast.alice, cast.other_teacher):
        with pytest.raises(AssignmentNotFound):
            seats.seats_for(person, room.pk)
    with pytest.raises(AssignmentNotFound):
        seats.seats_for(cast.dora, uuid.uuid4())


def test_tells_what_is_answered_and_when(cast, room, attempt):
    for response in ("yes", "no"):
        journal.write(attempt, "river", response)
    entry = journal.write(attempt, "sum", "42")
    entry.refresh_from_db()
    seat = seat_of(cast, room, cast.alice)
    assert (seat.answered, seat.saved_at) == (2, entry.received_at)


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ((("river", "yes"), ("river", None)), 0),
        ((("river", None), ("river", "yes")), 1),
        ((("river", "yes"), ("sum", "42"), ("river", None)), 1),
        ((("river", None), ("sum", None)), 0),
    ],
    ids=["cleared", "given again", "one of two", "never given"],
)
def test_what_was_cleared_is_not_answered(cast, room, attempt, given, answered):
    for question, response in given:
        journal.write(attempt, question, response)
    assert seat_of(cast, room, cast.alice).answered == answered


def test_the_window_that_took_over_says_what_is_answered(cast, room, attempt):
    journal.write(attempt, "river", "yes", epoch=1, seq=900)
    journal.write(attempt, "river", None, epoch=2, seq=1)
    assert seat_of(cast, room, cast.alice).answered == 0


def test_a_null_of_json_is_no_answer_either(cast, room, attempt):
    entry = journal.write(attempt, "river", "yes")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO attempts_answerentry (attempt_id, epoch, seq, question_id, response, received_at)"
            " SELECT attempt_id, epoch, seq + 1, question_id, 'null'::jsonb, received_at FROM attempts_answerentry"
            " WHERE attempt_id = %s AND seq = %s",
            [attempt.pk, entry.seq],
        )
    assert seat_of(cast, room, cast.alice).answered == 0


def test_who_is_not_heard_of_for_half_a_minute_is_away_and_comes_back(cast, room, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(started_at=attempt.started_at - timedelta(minutes=5))
    heard(attempt, 31_000)
    assert seat_of(cast, room, cast.alice).state == "AWAY"
    heard(attempt, 100)
    seen = seats.seats_for(cast.dora, room.pk)
    seat = next(seat for seat in seen.seats if seat.student_id == cast.alice.pk)
    assert seat.state == "SITTING"
    assert timedelta() <= seen.server_time - seat.heard_at < timedelta(seconds=5)


def test_an_answer_is_a_sign_of_life_even_if_no_other_came(cast, room, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(started_at=attempt.started_at - timedelta(minutes=5))
    assert seat_of(cast, room, cast.alice).state == "AWAY"
    journal.write(attempt, "river", "yes")
    assert seat_of(cast, room, cast.alice).state == "SITTING"


@pytest.mark.usefixtures("deaf")
def test_without_redis_nobody_is_said_to_be_away_and_it_says_so(cast, room, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(started_at=attempt.started_at - timedelta(minutes=5))
    seen = seats.seats_for(cast.dora, room.pk)
    assert not seen.has_presence
    assert [seat.state for seat in seen.seats] == ["SITTING", "NOT_STARTED"]


def test_what_is_heard_later_moves_the_seats_without_the_database(cast, room, attempt, count_queries):
    seen = seats.seats_for(cast.dora, room.pk)
    later = seen.server_time + timedelta(seconds=90)
    with count_queries() as made:
        seen = seats.listen(seen, room.pk, at=later)
    assert len(made) == 0
    assert seen.seats[0].state == "AWAY"
    heard(attempt, 0, saved=0)
    seen = seats.listen(seen, room.pk, at=later + timedelta(seconds=1))
    assert seen.seats[0].state == "SITTING"
    assert seen.seats[0].saved_at == seen.seats[0].heard_at


def test_the_clock_of_redis_may_differ_from_the_databases(cast, room, attempt):
    seen = seats.seats_for(cast.dora, room.pk)
    hours = 7 * 3_600_000
    hearing = Hearing(hours, {attempt.pk: Heard(hours - 2000, 0, ())})
    at = seen.server_time + timedelta(minutes=1)
    assert seats.with_hearing(seen, hearing, at=at).seats[0].heard_at == at - timedelta(seconds=2)


def test_flags_tell_of_windows_focus_and_addresses(cast, room, attempt):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "blur"}, {"kind": "hidden"}, {"kind": "offline"}])
    for place in ("192.0.2.1", "192.0.2.1", "192.0.2.10"):
        heard(attempt, 0, place=place)
    flags = seat_of(cast, room, cast.alice).flags
    assert (flags.windows, flags.focus_lost, flags.addresses) == (2, 2, ("192.0.2.1", "192.0.2.10"))
    assert {"blur": 1, "hidden": 1, "offline": 1}.items() <= flags.events.items()


def test_addresses_are_not_gathered_without_end(cast, room, attempt):
    for number in range(20):
        heard(attempt, 0, place=f"192.0.2.{number}")
    assert len(seat_of(cast, room, cast.alice).flags.addresses) == MOST_PLACES


def test_what_is_noted_reaches_redis_within_seconds(cast, room, attempt):
    presence.note(
        tenant=tenancy.current(),
        assignment_id=room.pk,
        attempt_id=str(attempt.pk),
        is_saved=True,
        place="2001:db8::1",
    )
    for _ in range(60):
        found = heartbeats.read(room.pk).heard.get(attempt.pk)
        if found:
            break
        time.sleep(0.1)
    assert found is not None
    assert found.places == ("2001:db8::1",)
    assert found.saved


def test_a_room_of_another_center_with_the_same_id_is_another_one(cast, room, attempt):
    put(tenant=cast.south, assignment_id=room.pk, signs=[Sign(str(attempt.pk), 0, None, "")])
    assert heartbeats.read(room.pk).heard == {}


def test_timed_sections_and_pauses_show(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    seat = seat_of(cast, room, cast.alice)
    assert (seat.section, seat.section_ends_at) == ("Words", attempt.step_ends[0])
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    assert seat_of(cast, room, cast.alice).section == "Counting"
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Alarm")
    assert seat_of(cast, room, cast.alice).state == "PAUSED"


def test_a_room_of_thirty_takes_the_same_queries_as_one_of_three(cast, count_queries):
    few, many = (make_room(cast, *people) for people in (people_of(cast, 3), people_of(cast, 30, "GUEST")))
    counts = []
    for room in (few, many):
        with count_queries() as made:
            seats.seats_for(cast.dora, room.pk)
        counts.append(len(made))
    assert counts[0] == counts[1]


# -- handing in for others -----------------------------------------------------------------------------------------


def test_papers_are_collected_with_what_is_saved(cast, room, attempt):
    journal.write(attempt, "river", "yes")
    closed = collecting.force_submit(actor=cast.dora, assignment_id=room.pk, reason="Fire")
    assert [(found.pk, found.status) for found in closed] == [(attempt.pk, "SUBMITTED")]
    assert closed[0].sheet.entry_count == 1
    assert attempt.started_at <= closed[0].finished_at <= attempt.deadline_at
    assert seat_of(cast, room, cast.alice).state == "HANDED_IN"
    assert Entry.objects.get(action="room.collected").reason == "Fire"


def test_a_paused_paper_ended_when_its_time_stood_still(cast, room, attempt):
    at = attempt.started_at + timedelta(minutes=3)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Alarm", at=at)
    (closed,) = collecting.force_submit(
        actor=cast.dora, assignment_id=room.pk, reason="Fire", at=at + timedelta(hours=3)
    )
    assert (closed.finished_at, closed.paused_at) == (at, None)


def test_collecting_refuses_who_does_not_sit_and_no_reason(cast, room, attempt):
    with pytest.raises(errors.NotSitting):
        collecting.force_submit(
            actor=cast.dora, assignment_id=room.pk, student_ids=[cast.alice.pk, cast.bob.pk], reason="Fire"
        )
    with pytest.raises(errors.BadExtension):
        collecting.force_submit(actor=cast.dora, assignment_id=room.pk, reason=" ")
    with pytest.raises(AssignmentNotFound):
        collecting.force_submit(actor=cast.other_teacher, assignment_id=room.pk, reason="Fire")
    assert seat_of(cast, room, cast.alice).state == "SITTING"


def test_a_seat_that_was_reopened_says_so(cast, room, attempt):
    collecting.force_submit(actor=cast.dora, assignment_id=room.pk, reason="Fire")
    reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=600, reason="False alarm")
    seat = seat_of(cast, room, cast.alice)
    assert (seat.state, seat.flags.reopened, seat.flags.windows) == ("SITTING", 1, 1)
