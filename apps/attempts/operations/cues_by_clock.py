"""Recordings that start by themselves when the section begins in which they are heard: for the whole room at one moment,
which the first who gets there makes known; for whoever gets there later, from the beginning."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.attempts import errors, queries
from apps.attempts.models import Attempt, Cue, Play
from apps.attempts.operations import browser
from apps.attempts.queries import plays
from apps.attempts.rules import listening as rules
from apps.core import clock, realtime, tenancy
from apps.mock_tests import queries as papers
from apps.mock_tests.queries import Heard


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The recording that somebody hears now or next, and when it starts for them."""

    cue: Cue
    starts_at: datetime


def next_by_clock(
    *, student_id: uuid.UUID, attempt_id: uuid.UUID, at: datetime | None = None
) -> tuple[Upcoming | None, datetime]:
    """The recording of the present section that this student hears now or next, with the moment of the answer; nothing, if
    they have heard them all. The first of the room to get there starts it for everybody, a few seconds from now.

    Refuses somebody else's attempt, one that is closed or paused, and rooms whose recordings do not start by the clock.
    """
    at = at or clock.now()
    attempt = sitting(student_id=student_id, attempt_id=attempt_id, at=at)
    room = attempt.assignment
    browser.check_browser(keys=room.browser_keys)
    if room.listening != rules.SYNCHRONISED or not room.is_cued_by_clock:
        raise errors.NotByClock
    begun = _section_begun(attempt, at)
    heard = _heard_now(attempt, at)
    finished = dict(Play.objects.filter(attempt=attempt.pk).values_list("recording", "finished_at"))
    cues = {cue.recording: cue for cue in Cue.objects.filter(assignment=room.pk, is_automatic=True)}
    before: list[float] = []
    earliest = at + rules.CUE_LEAD
    for one in heard:
        cue = cues.get(one.recording) or _give(attempt, one, earliest, at)
        starts_at = rules.own_start(cue_at=cue.starts_at, section_at=begun, before=before)
        length = timedelta(seconds=one.seconds + plays.paused_since(attempt.pk, starts_at))
        is_over = finished.get(one.recording) is not None or (one.seconds > 0 and at >= starts_at + length)
        if not is_over:
            return Upcoming(cue, starts_at), at
        before.append(one.seconds)
        earliest = max(cue.starts_at + timedelta(seconds=one.seconds) + rules.GAP, at + rules.GAP)
    return None, at


def own_start(*, attempt: Attempt, cue: Cue, at: datetime) -> datetime:
    """When an automatic cue starts its recording for this attempt."""
    before: list[float] = []
    for one in _heard_now(attempt, at):
        if one.recording == cue.recording:
            break
        before.append(one.seconds)
    return rules.own_start(cue_at=cue.starts_at, section_at=_section_begun(attempt, at), before=before)


def sitting(*, student_id: uuid.UUID, attempt_id: uuid.UUID, at: datetime) -> Attempt:
    """A student's own attempt in which something can be heard now; refuses any other."""
    found = Attempt.objects.filter(pk=attempt_id, student=student_id).select_related("assignment")
    attempt = found.first()
    if attempt is None:
        raise errors.AttemptNotFound
    if not attempt.is_running or queries.is_due(attempt, at):
        raise errors.AttemptClosed
    if attempt.paused_at is not None:
        raise errors.Paused
    return attempt


def _heard_now(attempt: Attempt, at: datetime) -> Sequence[Heard]:
    step = queries.present_step(attempt, at)
    section = None if step is None else attempt.course[step]["section"]
    return [one for one in papers.heard_in_order(paper_id=attempt.paper_id) if one.section_id == section]


def _section_begun(attempt: Attempt, at: datetime) -> datetime:
    step = queries.present_step(attempt, at)
    if not step or attempt.step_ends is None:
        return attempt.started_at
    return attempt.step_ends[step - 1]


def _give(attempt: Attempt, heard: Heard, starts_at: datetime, at: datetime) -> Cue:
    """The constraint lets one of a whole class make it; the others find it."""
    room = attempt.assignment
    try:
        with transaction.atomic():
            cue = Cue.objects.create(assignment=room, recording=heard.recording, starts_at=starts_at, is_automatic=True)
            news = {"id": cue.pk, "recording": cue.recording, "starts_at": starts_at, "server_time": at}
            realtime.push(tenancy.room("exam", room.pk), "cue", news)
    except IntegrityError:
        return Cue.objects.get(assignment=room.pk, recording=heard.recording, is_automatic=True)
    return cue
