"""Recordings that a room limits: counted exactly, never played by seeking, stalls given back within bounds."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from apps.assignments import operations as rooms
from apps.assignments.errors import AssignmentNotFound, RoomNotOpen
from apps.attempts import errors
from apps.attempts.models import Attempt, Play, TimeGrant
from apps.attempts.operations import granting, listening, sitting
from apps.attempts.queries import plays
from apps.attempts.rules import listening as rules
from apps.attempts.rules.listening import Progress
from apps.core import clock, realtime, tenancy
from tests.apps.attempts.recordings import BYTES, make_listening_room
from tests.factories import make_room

SECOND = timedelta(seconds=1)


@pytest.fixture
def heard(cast):
    """Alice sits in a room where each recording is played twice at most."""
    room, files = make_listening_room(cast, cast.alice, cast.bob)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    return attempt, files


def start(attempt, file=None, **how):
    how = {"recording": file.pk, **how} if file else how
    return listening.start_play(student_id=attempt.student_id, attempt_id=attempt.pk, **how)


def stall(playing, seconds, at=None, report=None):
    attempt = Attempt.objects.get(pk=playing.play.attempt_id)
    names = {"student_id": attempt.student_id, "attempt_id": attempt.pk, "play_id": playing.play.pk}
    return listening.report_stall(**names, seconds=seconds, report=report, at=at)


def finish(playing, at=None):
    attempt = playing.play.attempt
    names = {"student_id": attempt.student_id, "attempt_id": attempt.pk, "play_id": playing.play.pk}
    return listening.finish_play(**names, at=at)


# -- rules ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1200), max_size=40))
def test_no_order_of_fetches_goes_back_or_ahead(begins):
    progress = Progress()
    for begin in begins:
        after = rules.fetch(progress, begin=begin, size=1000)
        if after is not None:
            assert progress.first_byte <= begin <= progress.sent_bytes
            progress = after
    assert progress.fetches <= rules.MOST_FETCHES


def test_a_fetch_that_broke_goes_on_from_where_it_was():
    after = rules.fetch(Progress(), begin=0, size=1000)
    assert after is not None
    assert rules.fetch(Progress(), begin=500, size=1000) is None
    again = rules.fetch(after, begin=400, size=1000)
    assert again == Progress(2, 400, 1000)
    assert rules.fetch(again, begin=399, size=1000) is None


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
def test_stalls_never_give_back_more_than_has_passed_nor_than_is_allowed(stalls):
    at = datetime(2026, 11, 20, tzinfo=UTC)
    credited = 0.0
    for seconds in stalls:
        passed = at + 45 * SECOND
        more = rules.creditable(seconds=seconds, started_at=at, at=passed, of_play=credited, of_recording=credited + 20)
        assert more == 0 or rules.LEAST_CREDITED <= more <= seconds + 0.001
        credited += more
    assert credited <= 40.001


# -- counting ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_recording_is_played_as_often_as_the_room_allows(heard):
    attempt, (first, second) = heard
    assert [start(attempt, first).plays_left for _ in range(2)] == [1, 0]
    with pytest.raises(errors.NoPlaysLeft):
        start(attempt, first)
    assert start(attempt, second).plays_left == 1


@pytest.mark.django_db
def test_the_same_start_twice_is_one_play_until_it_has_ended(heard):
    attempt, (first, _) = heard
    name = uuid.uuid4()
    one, two = (start(attempt, first, play_id=name) for _ in range(2))
    assert (one.play.pk, two.play.pk, two.plays_left) == (name, name, 1)
    finish(two)
    with pytest.raises(errors.NoPlaysLeft):
        start(attempt, first, play_id=name)


@pytest.mark.django_db
def test_somebody_elses_play_is_none(cast, heard):
    attempt, (first, _) = heard
    playing = start(attempt, first)
    bob = sitting.start_attempt(actor=cast.bob, assignment_id=attempt.assignment_id).attempt
    with pytest.raises(errors.AttemptNotFound):
        listening.start_play(student_id=cast.bob.pk, attempt_id=attempt.pk, recording=first.pk)
    for work in (listening.finish_play, listening.report_stall):
        more = {"seconds": 1.0} if work is listening.report_stall else {}
        with pytest.raises(errors.PlayNotFound):
            work(student_id=cast.bob.pk, attempt_id=bob.pk, play_id=playing.play.pk, **more)
    stolen = listening.start_play(student_id=cast.bob.pk, attempt_id=bob.pk, recording=first.pk, play_id=uuid.uuid4())
    assert stolen.play.attempt_id == bob.pk
    with pytest.raises(errors.NoPlaysLeft):  # the id is taken
        listening.start_play(student_id=cast.bob.pk, attempt_id=bob.pk, recording=first.pk, play_id=playing.play.pk)


@pytest.mark.django_db
def test_recordings_of_no_paper_and_free_ones_are_refused(cast, heard):
    attempt, _ = heard
    with pytest.raises(errors.BadPlay):
        start(attempt, recording=uuid.uuid4())
    with pytest.raises(errors.BadPlay):
        start(attempt)
    free = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    with pytest.raises(errors.RecordingsAreFree):
        start(free, recording=uuid.uuid4())


@pytest.mark.django_db
def test_nothing_is_played_in_a_pause_or_after_the_end(cast, heard):
    attempt, (first, _) = heard
    granting.pause(actor=cast.dora, assignment_id=attempt.assignment_id, reason="Fire alarm")
    with pytest.raises(errors.Paused):
        start(attempt, first)
    granting.resume(actor=cast.dora, assignment_id=attempt.assignment_id)
    playing = start(attempt, first)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(errors.AttemptClosed):
        start(attempt, first)
    with pytest.raises(errors.PlayNotFound):
        listening.fetch_part(play_id=playing.play.pk, begin=0)


@pytest.mark.django_db
def test_of_a_pause_that_began_before_only_what_came_after_counts(cast, heard):
    attempt, _ = heard
    at = attempt.started_at + 60 * SECOND
    granting.pause(actor=cast.dora, assignment_id=attempt.assignment_id, reason="Fire alarm", at=at)
    granting.resume(actor=cast.dora, assignment_id=attempt.assignment_id, at=at + 600 * SECOND)
    TimeGrant.objects.filter(kind="PAUSE").update(granted_at=at + 600 * SECOND)  # entries have the database's time
    for after, stood in ((-1, 600), (0, 600), (305, 295), (599, 1), (600, 0), (700, 0)):
        assert plays.paused_since(attempt.pk, at + after * SECOND) == stood


@pytest.mark.django_db
def test_a_recording_is_heard_in_its_own_section_only(cast):
    room, (first, second) = make_listening_room(cast, cast.alice, is_sectioned=True)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(errors.SectionNotOpen):
        start(attempt, second)
    start(attempt, first)
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    with pytest.raises(errors.SectionClosed):
        start(attempt, first)
    start(attempt, second)


# -- bytes ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_bytes_are_given_out_forwards_and_only_while_the_play_runs(heard):
    attempt, (first, _) = heard
    playing = start(attempt, first)
    with pytest.raises(errors.NotInOrder):
        listening.fetch_part(play_id=playing.play.pk, begin=len(BYTES) // 2)
    assert listening.fetch_part(play_id=playing.play.pk, begin=0).file == first
    listening.fetch_part(play_id=playing.play.pk, begin=500)
    with pytest.raises(errors.NotInOrder):
        listening.fetch_part(play_id=playing.play.pk, begin=0)
    finish(playing)
    with pytest.raises(errors.PlayNotFound):
        listening.fetch_part(play_id=playing.play.pk, begin=500)


# -- stalls --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_stall_is_given_back_by_the_ledger_with_its_evidence(heard):
    attempt, (first, _) = heard
    playing = start(attempt, first)
    at = playing.play.started_at + 30 * SECOND
    assert stall(playing, 12.5, at).credited == 12.5
    entry = TimeGrant.objects.get(attempt=attempt, kind="INCIDENT")
    assert (entry.seconds, entry.granted_by) == (12.5, None)
    assert str(first.pk) in entry.reason
    moved = Attempt.objects.get(pk=attempt.pk)
    assert moved.deadline_at - attempt.deadline_at == timedelta(seconds=12.5)


@pytest.mark.django_db
def test_who_claims_more_than_has_passed_gets_what_has_passed(heard):
    attempt, (first, _) = heard
    playing = start(attempt, first)
    at = playing.play.started_at + 10 * SECOND
    assert [stall(playing, 600, at).credited for _ in range(2)] == [10.0, 0.0]


@pytest.mark.django_db
def test_all_plays_of_a_recording_together_give_back_a_minute(heard):
    attempt, (first, second) = heard
    plays_of_it = [start(attempt, first) for _ in range(2)]
    at = clock.now() + 50 * SECOND
    assert [stall(playing, 45, at).credited for playing in plays_of_it] == [45.0, 15.0]
    other = start(attempt, second)
    assert stall(other, 45, at).credited == 45.0
    assert Play.objects.get(pk=plays_of_it[1].play.pk).stalled_seconds == 45


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [0, -1, 601, float("nan"), float("inf")])
def test_a_stall_that_is_none_is_refused(heard, seconds):
    playing = start(heard[0], heard[1][0])
    with pytest.raises(errors.BadPlay):
        stall(playing, seconds)


@pytest.mark.django_db
def test_a_stall_that_is_told_after_the_end_counts_up_to_the_end(heard):
    """The cable that was cut made the play stand still, and kept the report of it."""
    playing = start(heard[0], heard[1][0])
    begun = playing.play.started_at
    finish(playing, begun + 12 * SECOND)
    told = begun + 60 * SECOND
    assert [stall(playing, seconds, told).credited for seconds in (7.5, 9, 9)] == [7.5, 4.5, 0]


@pytest.mark.django_db
@pytest.mark.parametrize(("late", "credited"), [(timedelta(), 5), (timedelta(milliseconds=1), 0)])
def test_ten_minutes_after_the_end_nothing_is_given_back_any_more(heard, late, credited):
    playing = start(heard[0], heard[1][0])
    ended = playing.play.started_at + 30 * SECOND
    finish(playing, ended)
    assert stall(playing, 5, ended + rules.LATEST_REPORT + late).credited == credited


@pytest.mark.django_db
def test_a_play_that_ended_at_once_gives_nothing_back(heard):
    playing = start(heard[0], heard[1][0])
    finish(playing)
    assert stall(playing, 5, clock.now() + 60 * SECOND).credited == 0


@pytest.mark.django_db
def test_the_same_report_again_counts_once_and_is_answered_as_it_was(heard):
    attempt, (first, second) = heard
    playing, other = start(attempt, first), start(attempt, second)
    at = playing.play.started_at + 40 * SECOND
    name = uuid.uuid4()
    assert [stall(playing, 4, at, report=name).credited for _ in range(3)] == [4, 4, 4]
    finish(playing, at)
    assert stall(playing, 4, at + SECOND, report=name).credited == 4
    assert stall(playing, 4, at, report=uuid.uuid4()).credited == 4
    assert stall(other, 4, at, report=name).credited == 4  # ids are those of a play
    assert [one.seconds for one in TimeGrant.objects.filter(attempt=attempt, kind="INCIDENT")] == [4, 4, 4]
    assert Play.objects.get(pk=playing.play.pk).stalled_seconds == 8


@pytest.mark.django_db
def test_without_an_id_each_report_is_one_of_its_own(heard):
    attempt, (first, _) = heard
    playing = start(attempt, first)
    at = playing.play.started_at + 40 * SECOND
    assert [stall(playing, 4, at).credited for _ in range(2)] == [4, 4]


# -- the whole room ------------------------------------------------------------------------------------------------


@pytest.fixture
def together(cast):
    room, files = make_listening_room(cast, cast.alice, cast.bob, listening="SYNCHRONISED")
    return room, files


def cue(cast, room, file, **how):
    return listening.give_cue(actor=cast.dora, assignment_id=room.pk, recording=file.pk, **how)


@pytest.mark.django_db
def test_a_cue_reaches_all_who_sit_with_the_servers_moment(cast, together, monkeypatch):
    told = []
    monkeypatch.setattr(realtime, "push", lambda *news: told.append(news))
    room, (first, _) = together
    at = clock.now()
    given = cue(cast, room, first, at=at)
    assert told == [
        (
            tenancy.room("exam", room.pk),
            "cue",
            {"id": given.pk, "recording": first.pk, "starts_at": at + rules.CUE_LEAD, "server_time": at},
        )
    ]


@pytest.mark.django_db
def test_late_joiners_are_told_where_to_begin(cast, together):
    room, (first, _) = together
    given = cue(cast, room, first)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    assert plays.listening_of(actor=cast.alice, attempt_id=attempt.pk).cue == given
    joined = start(attempt, cue_id=given.pk, at=given.starts_at + 7 * SECOND)
    again = start(attempt, cue_id=given.pk, at=given.starts_at + 9 * SECOND)
    assert (joined.offset, again.offset, joined.play.pk) == (7.0, 9.0, again.play.pk)
    assert start(attempt, cue_id=given.pk, at=given.starts_at - SECOND).offset == 0
    [told] = plays.cues_for(actor=cast.dora, assignment_id=room.pk)
    assert (told.seats, told.finished) == (1, 0)


@pytest.mark.django_db
def test_what_was_heard_to_the_end_is_not_heard_again(cast, together):
    room, (first, _) = together
    given = cue(cast, room, first)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    finish(start(attempt, cue_id=given.pk))
    with pytest.raises(errors.NoPlaysLeft):
        start(attempt, cue_id=given.pk)
    with pytest.raises(errors.BadPlay):  # without a cue nothing is played
        start(attempt, first)


@pytest.mark.django_db
def test_stalls_before_the_start_of_the_room_give_nothing_back(cast, together):
    room, (first, _) = together
    given = cue(cast, room, first, starts_at=clock.now() + 100 * SECOND)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    playing = start(attempt, cue_id=given.pk)
    assert stall(playing, 30, given.starts_at).credited == 0
    assert stall(playing, 30, given.starts_at + 20 * SECOND).credited == 20


@pytest.mark.django_db
def test_refuses_cues_that_make_no_sense(cast, together):
    room, (first, _) = together
    with pytest.raises(AssignmentNotFound):
        listening.give_cue(actor=cast.other_teacher, assignment_id=room.pk, recording=first.pk)
    for how in ({"starts_at": clock.now() - SECOND}, {"starts_at": clock.now() + timedelta(hours=5)}):
        with pytest.raises(errors.BadPlay):
            cue(cast, room, first, **how)
    other, _ = make_listening_room(cast, cast.alice)
    with pytest.raises(errors.NotTogether):
        cue(cast, other, first)
    rooms.close_room(actor=cast.dora, assignment_id=room.pk)
    with pytest.raises(RoomNotOpen):
        cue(cast, room, first)


# -- at the same moment --------------------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("is_exact", [True, False])
def test_two_windows_at_once_begin_no_more_plays_than_are_allowed(cast, heard, monkeypatch, is_exact):
    """Without the number of the play and its constraint, whoever has counted too early begins one too many."""
    attempt, (first, _) = heard
    if not is_exact:
        numbers = iter(range(100, 200))
        real, barrier = listening._last_number, threading.Barrier(6)

        def late(*args):
            known = real(*args)
            barrier.wait(timeout=20)
            return known

        monkeypatch.setattr(listening, "_last_number", late)
        monkeypatch.setattr(listening, "_insert", lambda play: _insert_as(play, next(numbers)))
    outcomes = []

    def press():
        try:
            with tenancy.enter(cast.north):
                start(attempt, first)
            outcomes.append("played")
        except errors.NoPlaysLeft:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == 6
    assert outcomes.count("played") == (2 if is_exact else 6)
    assert Play.objects.count() == outcomes.count("played")


@pytest.mark.races
@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("is_exact", [True, False])
def test_a_report_that_is_sent_twice_at_once_counts_once(cast, heard, monkeypatch, is_exact):
    """Without the lock on the plays of a recording, both would find that the report is new."""
    attempt, (first, _) = heard
    playing = start(attempt, first)
    Play.objects.update(started_at=playing.play.started_at - 30 * SECOND)
    name = uuid.uuid4()
    if not is_exact:
        barrier = threading.Barrier(2)

        def found(student_id, attempt_id, play_id):
            barrier.wait(timeout=20)
            return Play.objects.get(pk=play_id)

        monkeypatch.setattr(listening, "_lock_play", found)
        real = rules.creditable
        monkeypatch.setattr(rules, "creditable", lambda **given: (barrier.wait(timeout=20), real(**given))[1])
    outcomes = []

    def tell():
        try:
            with tenancy.enter(cast.north):
                outcomes.append(stall(playing, 6, report=name).credited)
        except IntegrityError:
            outcomes.append("twice")
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == [6, 6] if is_exact else "twice" in outcomes
    assert TimeGrant.objects.filter(attempt=attempt, kind="INCIDENT").count() == 1


def _insert_as(play, number):
    play.number = number
    play.save(force_insert=True)
    return True
