"""The host's moves, and the clock's. Each locks the session's row, happens once, and is told after the commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import queries as accommodations
from apps.audit import operations as audit
from apps.core import bus, clock, realtime, tenancy
from apps.live import errors, queries, rules
from apps.live.events import QuestionTimeUp
from apps.live.models import Player, QuizSession, Round
from apps.live.operations import scoring

if TYPE_CHECKING:
    from apps.authentication.models import User

State = QuizSession.State


def start(*, actor: User, session_id: uuid.UUID) -> QuizSession:
    """Ask the first question. Refuses a session that is not in its lobby."""
    with _moving(actor, session_id) as session:
        if session.state != State.LOBBY:
            raise errors.IllegalMove(state=session.state)
        _ask(session)
    return session


def next_question(*, actor: User, session_id: uuid.UUID) -> QuizSession:
    """Ask the question after the one that was revealed, or the first one. Refuses while one is open or locked, and after
    the last one."""
    with _moving(actor, session_id) as session:
        if session.state not in (State.LOBBY, State.REVEALED):
            raise errors.IllegalMove(state=session.state)
        if session.number == session.question_count:
            raise errors.NoMoreQuestions
        _ask(session)
    return session


def lock(*, actor: User, session_id: uuid.UUID) -> QuizSession:
    """Take no more answers to the open question; the clock may have been faster. Refuses where none is open or locked."""
    with _moving(actor, session_id, is_move=False) as session:
        if session.state == State.QUESTION:
            _lock(session)
            _tell(session)
        elif session.state != State.LOCKED:
            raise errors.IllegalMove(state=session.state)
    return session


def reveal(*, actor: User, session_id: uuid.UUID) -> QuizSession:
    """Mark the answers to the locked question and show its key; time that is up locks by itself. Refuses where no question
    is locked."""
    with _moving(actor, session_id) as session:
        if session.state != State.LOCKED:
            raise errors.IllegalMove(state=session.state)
        scoring.settle(session=session, at=clock.now())
        session.state = State.REVEALED
    return session


def finish(*, actor: User, session_id: uuid.UUID) -> QuizSession:
    """End the session and freeze its board. A locked question counts; one that is still open does not, for not everybody
    had their time. Refuses a session that is over."""
    with _moving(actor, session_id) as session:
        if session.state == State.FINISHED:
            raise errors.IllegalMove(state=session.state)
        _finish(session)
    return session


def finish_outlived(*, session_id: uuid.UUID) -> bool:
    """End a session that its host has left, as the host would; its code is free again. Whether it was ended here."""
    with transaction.atomic():
        session = queries.find_locked(session_id=session_id)
        if session is None or session.state == State.FINISHED:
            return False
        _lock_if_due(session)
        _finish(session)
        _tell(session)
    return True


def remove_player(*, actor: User, session_id: uuid.UUID, player_id: uuid.UUID) -> Player:
    """Take a player out for good: no more answers, no place on the board. Again is harmless. Refuses an unknown player, and
    a session that is over."""
    with _moving(actor, session_id, is_move=False) as session:
        player = Player.objects.filter(session=session, pk=player_id).first()
        if player is None:
            raise errors.PlayerNotFound
        if session.state == State.FINISHED:
            raise errors.IllegalMove(state=session.state)
        if player.removed_at is None:
            player.removed_at = clock.now()
            player.save(update_fields=["removed_at"])
            audit.record(
                action="quiz.player_removed", subject="quiz", subject_id=session.pk, name=session.title,
                after={"player": str(player.user_id)},
            )  # fmt: skip
            realtime.push(tenancy.room("quiz", session.pk), "removed", {"user": str(player.user_id)})
    return player


def lock_overdue(*, session_id: uuid.UUID, number: int) -> bool:
    """Lock this question if its time is up and nobody has yet; whoever notices may call it. Whether it was locked here."""
    with transaction.atomic():
        session = queries.find_locked(session_id=session_id)
        if session is None or session.number != number or not _lock_if_due(session):
            return False
        _tell(session)
    return True


@contextmanager
def _moving(actor: User, session_id: uuid.UUID, *, is_move: bool = True) -> Iterator[QuizSession]:
    """The row of a session of the actor's, locked; what became of it is stored and told. If time was up, it is locked in
    the first place."""
    with transaction.atomic():
        session = queries.find_locked(session_id=session_id)
        if session is None or not queries.may_host(actor=actor, session=session):
            raise errors.SessionNotFound
        is_locked_now = _lock_if_due(session)
        yield session
        if is_move or is_locked_now:
            _tell(session)


def _ask(session: QuizSession) -> None:
    at = clock.now()
    session.number += 1
    one = Round.objects.get(session=session, number=session.number)
    if session.gives_more_time:
        playing = Player.objects.filter(session=session, removed_at=None).values_list("user_id", flat=True)
        one.seconds = rules.stretched(one.seconds, accommodations.largest_factor(student_ids=playing, at=at))
    session.state = State.QUESTION
    session.opened_at = one.opened_at = at
    session.closes_at = at + timedelta(seconds=one.seconds)
    session.started_at = session.started_at or at
    one.save(update_fields=["opened_at", "seconds"])
    bus.publish(QuestionTimeUp(session_id=session.pk, number=session.number), due_at=session.closes_at)


def _finish(session: QuizSession) -> None:
    at = clock.now()
    if session.state == State.LOCKED:
        scoring.settle(session=session, at=at)
    scoring.freeze(session_id=session.pk)
    session.state = State.FINISHED
    session.finished_at = at
    audit.record(action="quiz.finished", subject="quiz", subject_id=session.pk, name=session.title)


def _lock_if_due(session: QuizSession) -> bool:
    at = clock.now()
    if session.state != State.QUESTION or session.closes_at is None or at <= session.closes_at:
        return False
    _lock(session, at=at)
    return True


def _lock(session: QuizSession, *, at: datetime | None = None) -> None:
    """The moment is read while the row is locked: an answer that was taken before came before it."""
    assert session.closes_at is not None
    session.closes_at = min(session.closes_at, at or clock.now())
    session.state = State.LOCKED
    Round.objects.filter(session=session, number=session.number).update(closed_at=session.closes_at)
    session.save()


def _tell(session: QuizSession) -> None:
    session.version += 1
    session.save()
    realtime.push(tenancy.room("quiz", session.pk), "moved", {"version": session.version})
