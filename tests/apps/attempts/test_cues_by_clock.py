"""Recordings that start by the clock of their section: one moment for the room, and no beginning missed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.assignments.errors import BadCourse
from apps.attempts import errors
from apps.attempts.models import Cue
from apps.attempts.operations import cues_by_clock, granting, listening, sitting
from apps.attempts.rules import listening as rules
from apps.core import clock, realtime, tenancy
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations import authoring
from tests import factories
from tests.apps.attempts.recordings import make_listening_room, make_recording

SECOND = timedelta(seconds=1)


def start(attempt, **how):
    return listening.start_play(student_id=attempt.student_id, attempt_id=attempt.pk, **how)


def finish(playing):
    attempt = playing.play.attempt
    return listening.finish_play(student_id=attempt.student_id, attempt_id=attempt.pk, play_id=playing.play.pk)


@pytest.fixture
def together(cast):
    return make_listening_room(cast, cast.alice, cast.bob, listening="SYNCHRONISED")


@pytest.fixture
def by_clock(cast):
    """Two timed sections of ten minutes, the second with two recordings: of twenty seconds, and of ten."""
    room, files = make_listening_room(
        cast,
        cast.alice,
        cast.bob,
        listening="SYNCHRONISED",
        is_sectioned=True,
        is_cued_by_clock=True,
    )
    MediaFile.objects.filter(pk=files[0].pk).update(seconds=20)
    MediaFile.objects.filter(pk=files[1].pk).update(seconds=10)
    return room, files


def upcoming(attempt, at):
    found, _ = cues_by_clock.next_by_clock(student_id=attempt.student_id, attempt_id=attempt.pk, at=at)
    return found


@pytest.mark.django_db
def test_the_first_to_get_there_starts_it_for_the_room(cast, by_clock, monkeypatch):
    told = []
    monkeypatch.setattr(realtime, "push", lambda *news: told.append(news))
    room, (first, _) = by_clock
    at = clock.now()
    alice = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    bob = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=at + SECOND).attempt
    mine = upcoming(alice, at)
    assert (mine.cue.recording, mine.starts_at) == (first.pk, at + rules.CUE_LEAD)
    assert upcoming(bob, at + 2 * SECOND) == mine
    assert upcoming(alice, at + 3 * SECOND) == mine
    assert [(kind, news["starts_at"]) for _, kind, news in told] == [("cue", mine.starts_at)]
    assert start(bob, cue_id=mine.cue.pk, at=mine.starts_at + 4 * SECOND).offset == 4


@pytest.mark.django_db
def test_who_gets_there_later_misses_no_beginning(cast, by_clock):
    room, _ = by_clock
    at = clock.now()
    alice = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    begun = upcoming(alice, at)
    late = at + 12 * SECOND
    bob = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=late).attempt
    own = upcoming(bob, late + SECOND)
    assert (own.cue, own.starts_at) == (begun.cue, late)
    assert start(bob, cue_id=own.cue.pk, at=late + 2 * SECOND).offset == 2


@pytest.mark.django_db
def test_one_recording_follows_the_other_and_then_there_is_none(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Two"})
    section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "One", "duration": 10})
    files = [make_recording("one"), make_recording("two")]
    for file, seconds in zip(files, (20, 10), strict=True):
        MediaFile.objects.filter(pk=file.pk).update(seconds=seconds)
        group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"audio_id": file.pk})
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=factories.RIVER)
    factories.publish(cast, test)
    fields = {"listening": "SYNCHRONISED", "is_sectioned": True, "is_cued_by_clock": True}
    room = factories.make_room(cast, cast.alice, cast.bob, test=test, **fields)
    at = clock.now()
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    one = upcoming(attempt, at)
    end = one.starts_at + 20 * SECOND
    assert upcoming(attempt, end - SECOND).cue == one.cue
    two = upcoming(attempt, end)
    assert (two.cue.recording, two.starts_at) == (files[1].pk, end + rules.GAP)
    # Who says early that it was over gets the next one no sooner.
    hasty = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=at).attempt
    finish(start(hasty, cue_id=one.cue.pk, at=one.starts_at))
    assert upcoming(hasty, one.starts_at + SECOND).starts_at == two.starts_at
    assert upcoming(attempt, two.starts_at + 10 * SECOND) is None


@pytest.mark.django_db
def test_a_pause_is_not_skipped_over(cast, by_clock):
    room, _ = by_clock
    at = clock.now() - 90 * SECOND
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    mine = upcoming(attempt, at)
    start(attempt, cue_id=mine.cue.pk, at=mine.starts_at)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Alarm", at=mine.starts_at + 5 * SECOND)
    with pytest.raises(errors.Paused):
        upcoming(attempt, mine.starts_at + 6 * SECOND)
    granting.resume(actor=cast.dora, assignment_id=room.pk, at=mine.starts_at + 65 * SECOND)
    later = mine.starts_at + 66 * SECOND
    assert upcoming(attempt, later).cue == mine.cue
    assert start(attempt, cue_id=mine.cue.pk, at=later).offset == 6


@pytest.mark.django_db
def test_it_is_not_asked_where_recordings_do_not_start_by_the_clock(cast, together):
    room, _ = together
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(errors.NotByClock):
        upcoming(attempt, clock.now())
    with pytest.raises(errors.AttemptNotFound):
        cues_by_clock.next_by_clock(student_id=cast.bob.pk, attempt_id=attempt.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"listening": "LIMITED", "is_sectioned": True}, {"listening": "SYNCHRONISED"}])
def test_the_clock_needs_timed_sections_and_a_room_that_listens_at_once(cast, fields):
    with pytest.raises(BadCourse):
        make_listening_room(cast, cast.alice, is_cued_by_clock=True, **fields)


# -- at the same moment --------------------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("is_exact", [True, False])
def test_a_class_that_gets_there_at_one_moment_makes_one_cue(cast, by_clock, monkeypatch, is_exact):
    """Without the constraint, everybody who looked too early starts the recording once more."""
    room, _ = by_clock
    students = factories.people_of(cast, 6)
    room.people.add(*students)
    attempts = [sitting.start_attempt(actor=student, assignment_id=room.pk).attempt for student in students]
    barrier = threading.Barrier(6)
    real = cues_by_clock._give

    def late(attempt, heard, starts_at, at):
        barrier.wait(timeout=20)
        if is_exact:
            return real(attempt, heard, starts_at, at)
        return Cue.objects.create(assignment=room, recording=heard.recording, starts_at=starts_at)

    monkeypatch.setattr(cues_by_clock, "_give", late)
    found = []

    def get_there(attempt):
        try:
            with tenancy.enter(cast.north):
                found.append(upcoming(attempt, clock.now()).cue.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=get_there, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 6
    assert len(set(found)) == (1 if is_exact else 6)
