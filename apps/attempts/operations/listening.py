"""Playing recordings where a room limits it: each play is counted before it is heard, and what stalls is given back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound, RoomNotOpen
from apps.attempts import errors, queries
from apps.attempts.models import Attempt, Cue, Play
from apps.attempts.operations import browser, cues_by_clock, granting
from apps.attempts.queries import plays
from apps.attempts.rules import course, shown
from apps.attempts.rules import listening as rules
from apps.audit import operations as audit
from apps.core import clock, realtime, tenancy
from apps.core.errors import Problem
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.models import MediaFile

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Playing:
    """A play as its student knows it. ``plays_left`` is nothing where the whole room hears it at once; ``offset`` tells
    where to begin then."""

    play: Play
    plays_left: int | None
    offset: float
    server_time: datetime
    credited: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A recording and the first byte of it that is given out now."""

    file: MediaFile
    begin: int


# -- playing -------------------------------------------------------------------------------------------------------


def start_play(
    *,
    student_id: uuid.UUID,
    attempt_id: uuid.UUID,
    recording: uuid.UUID | None = None,
    cue_id: uuid.UUID | None = None,
    play_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Playing:
    """Begin to play a recording of the paper, which counts, or one that a cue started for the whole room. With the same
    ``play_id`` again it is the same play as long as it has not ended, so an answer that was lost costs nothing.

    However many windows ask at once, no more plays begin than the room allows. Refuses somebody else's attempt, one that
    is closed or paused, recordings of sections that are not open, and rooms in which recordings are free.
    """
    at = at or clock.now()
    attempt = cues_by_clock.sitting(student_id=student_id, attempt_id=attempt_id, at=at)
    room = attempt.assignment
    browser.check_browser(keys=room.browser_keys)
    if room.listening == rules.FREE:
        raise errors.RecordingsAreFree
    if room.listening == rules.SYNCHRONISED:
        return _join(attempt, cue_id, at)
    recording = _check_recording(attempt, recording, at)
    for _ in range(_TRIES):
        again = Play.objects.filter(pk=play_id, attempt=attempt, recording=recording).first() if play_id else None
        number = _last_number(attempt.pk, recording)
        if again is not None:
            if again.finished_at is not None:
                raise errors.NoPlaysLeft
            return Playing(again, max(room.plays_allowed - number, 0), 0.0, at)
        if number >= room.plays_allowed:
            raise errors.NoPlaysLeft
        play = Play(id=play_id or uuid.uuid4(), attempt=attempt, recording=recording, number=number + 1, started_at=at)
        if _insert(play):
            return Playing(play, room.plays_allowed - play.number, 0.0, at)
    raise errors.NoPlaysLeft


def finish_play(
    *, student_id: uuid.UUID, attempt_id: uuid.UUID, play_id: uuid.UUID, at: datetime | None = None
) -> Playing:
    """A play has come to its end, or was given up: nothing more of it is given out. Again, it changes nothing."""
    at = at or clock.now()
    with transaction.atomic():
        play = _lock_play(student_id, attempt_id, play_id)
        if play.finished_at is None:
            play.finished_at = at
            play.save(update_fields=["finished_at"])
    return _playing(play, at)


def report_stall(
    *,
    student_id: uuid.UUID,
    attempt_id: uuid.UUID,
    play_id: uuid.UUID,
    seconds: float,
    report: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Playing:
    """A play stood still for so long, as the student's screen measured it. What is plausible of that is given back through
    the ledger, within the bounds of ``rules.listening``; the play keeps what was measured and what was credited.

    A screen that was cut off tells late, also after the play has ended. The same ``report`` again changes nothing and is
    answered as it was."""
    at = at or clock.now()
    if not 0 < seconds <= rules.LONGEST_STALL:
        raise errors.BadPlay(problems=[Problem("/seconds", "out_of_bounds", "More than 0 and at most 600 seconds.")])
    with transaction.atomic():
        play = _lock_play(student_id, attempt_id, play_id)
        known_report = play.stalls.filter(report=report).first() if report else None
        if known_report is not None:
            return _playing(play, at, credited=known_report.credited_seconds)
        theirs = Play.objects.filter(attempt=attempt_id, recording=play.recording)
        known = theirs.aggregate(sum=Sum("credited_seconds"))["sum"] or 0.0
        credit = rules.creditable(
            seconds=seconds,
            started_at=_heard_from(play),
            finished_at=play.finished_at,
            at=at,
            of_play=play.credited_seconds,
            of_recording=known,
        )
        if credit:
            reason = f"Recording {play.recording}, play {play.number}: stood still for {seconds:.1f} s."
            credit = credit if granting.credit(attempt_id=attempt_id, seconds=credit, reason=reason, at=at) else 0.0
        play.stalled_seconds += seconds
        play.credited_seconds += credit
        play.save(update_fields=["stalled_seconds", "credited_seconds"])
        if report:
            play.stalls.create(report=report, seconds=seconds, credited_seconds=credit)
    return _playing(play, at, credited=credit)


def fetch_part(*, play_id: uuid.UUID, begin: int, at: datetime | None = None) -> Part:
    """Give out the recording of a running play from a byte on. Refuses one that has ended, an attempt that is closed, and
    what would be a way to seek or to play again."""
    at = at or clock.now()
    with transaction.atomic():
        play = Play.objects.select_for_update().filter(pk=play_id).first()
        if play is None or play.finished_at is not None:
            raise errors.PlayNotFound
        attempt = Attempt.objects.running().filter(pk=play.attempt_id).first()
        if attempt is None or queries.is_due(attempt, at):
            raise errors.PlayNotFound
        file = papers.get_media(media_id=play.recording)
        present = rules.Progress(play.fetches, play.first_byte, play.sent_bytes)
        progress = rules.fetch(present, begin=begin, size=file.size)
        if progress is None:
            raise errors.NotInOrder
        play.fetches, play.first_byte, play.sent_bytes = progress.fetches, progress.first_byte, progress.sent_bytes
        play.save(update_fields=["fetches", "first_byte", "sent_bytes"])
    return Part(file, begin)


# -- for the whole room --------------------------------------------------------------------------------------------


def give_cue(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    recording: uuid.UUID,
    starts_at: datetime | None = None,
    at: datetime | None = None,
) -> Cue:
    """Start a recording for everybody who sits in a room: in a few seconds, or at ``starts_at`` by the server's clock. Who
    comes later is told where to begin.

    Refuses a room that ``actor`` does not manage, that is not open or does not listen together, a recording that its paper
    has not, and a moment that is past or hours away.
    """
    at = at or clock.now()
    begin = starts_at or at + rules.CUE_LEAD
    with transaction.atomic():
        if not rooms.managed_by(actor).filter(pk=assignment_id).exists():
            raise AssignmentNotFound
        room = rooms.get_assignment(assignment_id=assignment_id, lock="update")
        if room.status != room.Status.OPEN:
            raise RoomNotOpen
        if room.listening != rules.SYNCHRONISED:
            raise errors.NotTogether
        problems = []
        if str(recording) not in papers.recordings_of(paper_id=room.paper_id):
            problems.append(Problem("/recording", "unknown_recording", "The paper has no such recording."))
        if not at <= begin <= at + rules.LATEST_CUE:
            problems.append(Problem("/starts_at", "out_of_bounds", "From now on, within four hours."))
        if problems:
            raise errors.BadPlay(problems=problems)
        cue = Cue.objects.create(assignment=room, recording=recording, starts_at=begin, given_by=actor)
        news = {"id": cue.pk, "recording": recording, "starts_at": begin, "server_time": at}
        realtime.push(tenancy.room("exam", room.pk), "cue", news)
        audit.record(
            action="room.cued",
            subject="room",
            subject_id=room.pk,
            name=room.title,
            after={"recording": str(recording), "starts_at": begin.isoformat()},
        )
    return cue


def _join(attempt: Attempt, cue_id: uuid.UUID | None, at: datetime) -> Playing:
    cue = Cue.objects.filter(pk=cue_id, assignment=attempt.assignment_id).first() if cue_id else None
    if cue is None:
        raise errors.BadPlay(problems=[Problem("/cue", "unknown_cue", "There is no such cue in this room.")])
    _check_recording(attempt, cue.recording, at)
    play = Play.objects.filter(attempt=attempt, cue=cue).first()
    for _ in range(_TRIES):
        if play is not None:
            break
        number = _last_number(attempt.pk, cue.recording) + 1
        begun = cues_by_clock.own_start(attempt=attempt, cue=cue, at=at) if cue.is_automatic else at
        new = Play(attempt=attempt, recording=cue.recording, number=number, cue=cue, started_at=begun)
        play = new if _insert(new) else Play.objects.filter(attempt=attempt, cue=cue).first()
    if play is None or play.finished_at is not None:
        raise errors.NoPlaysLeft
    return Playing(play, None, _offset(play, at), at)


def _offset(play: Play, at: datetime) -> float:
    begun = _heard_from(play) if play.cue and play.cue.is_automatic else play.cue.starts_at if play.cue else at
    return rules.offset(starts_at=begun, at=at, paused=plays.paused_since(play.attempt_id, begun))


# -- shared --------------------------------------------------------------------------------------------------------


def _check_recording(attempt: Attempt, recording: uuid.UUID | None, at: datetime) -> uuid.UUID:
    """It must be in the paper, and in a section, or a question, whose time it is."""
    sections = papers.recordings_of(paper_id=attempt.paper_id).get(str(recording))
    if recording is None or sections is None:
        raise errors.BadPlay(problems=[Problem("/recording", "unknown_recording", "The paper has no such recording.")])
    present = queries.present_step(attempt, at)
    if present is not None and attempt.course[present]["section"] not in sections:
        is_over = any(step["section"] in sections for step in attempt.course[:present])
        raise errors.SectionClosed if is_over else errors.SectionNotOpen
    if course.is_by_question(attempt.course):
        paper = queries.render_paper(attempt, sign=str, at=at)
        if str(recording) not in shown.recordings_of(paper):
            raise errors.SectionNotOpen
    return recording


def _last_number(attempt_id: uuid.UUID, recording: uuid.UUID) -> int:
    return Play.objects.filter(attempt=attempt_id, recording=recording).aggregate(last=Max("number"))["last"] or 0


def _insert(play: Play) -> bool:
    """False, if another window took the number at the same moment; the constraint decides."""
    try:
        with transaction.atomic():
            play.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _lock_play(student_id: uuid.UUID, attempt_id: uuid.UUID, play_id: uuid.UUID) -> Play:
    """All plays of the recording are held, so that what two windows report is added up."""
    found = Play.objects.filter(attempt=attempt_id, attempt__student=student_id)
    wanted = found.filter(pk=play_id).values_list("recording", flat=True).first()
    if wanted is None:
        raise errors.PlayNotFound
    rows = found.filter(recording=wanted).order_by("number").select_for_update(of=("self",))
    return next(row for row in rows if row.pk == play_id)


def _heard_from(play: Play) -> datetime:
    return max(play.started_at, play.cue.starts_at) if play.cue is not None else play.started_at


def _playing(play: Play, at: datetime, credited: float = 0.0) -> Playing:
    if play.cue is not None:
        return Playing(play, None, _offset(play, at), at, credited)
    allowed = Attempt.objects.values_list("assignment__plays_allowed", flat=True).get(pk=play.attempt_id)
    last = _last_number(play.attempt_id, play.recording)
    return Playing(play, max(allowed - last, 0), 0.0, at, credited)
