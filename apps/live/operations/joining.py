"""Joining by code."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from apps.attempts import queries as attempts
from apps.authentication import queries as people
from apps.core import clock, realtime, tenancy
from apps.core.errors import Problem
from apps.core.guesses import guessing
from apps.live import errors, queries, rules
from apps.live.models import Player, QuizSession

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_GUESSES = 10
MOST_PLAYERS = 1000
"""Who comes at the very same moment may make it a few more."""


def join(*, actor: User, code: str) -> Player:
    """Become a player of the running session with this code; again gives the same player. A session that ends is waited for.

    Refuses an unknown code, and any code of somebody who has guessed wrong ten times in ten minutes; guests whom the host
    does not let in; who was taken out; who comes when it is full; and, where the host wants that, after the first question.
    """
    with guessing("quizcodes", actor.pk, most=MOST_GUESSES, refusal=errors.TooManyCodes) as guess, transaction.atomic():
        session = queries.find_running(code=rules.read_code(code))
        if session is None:
            guess.is_wrong = True
            raise errors.UnknownCode(problems=[Problem("/code", "unknown_code", errors.UnknownCode.message)])
        player = Player.objects.filter(session=session, user=actor).first()
        if player is None:
            player = _enter(actor, session)
    if player.removed_at is not None:
        raise errors.PlayerRemoved
    return player


def _enter(actor: User, session: QuizSession) -> Player:
    if actor.role == actor.Role.GUEST and not _lets_in(session, actor.pk):
        raise errors.GuestsNotAllowed
    if session.state != QuizSession.State.LOBBY and not session.may_join_late:
        raise errors.AlreadyBegun
    if Player.objects.filter(session=session, removed_at=None).count() >= MOST_PLAYERS:
        raise errors.SessionFull
    # Another request of the same person may have come first.
    player, is_new = Player.objects.get_or_create(
        session=session,
        user=actor,
        defaults={"display_name": attempts.display_name(actor), "joined_at": clock.now()},
    )
    if is_new:
        realtime.push(tenancy.room("quiz", session.pk), "joined", {})
    return player


def _lets_in(session: QuizSession, user_id: uuid.UUID) -> bool:
    if session.guests == QuizSession.Guests.NAMED:
        return user_id in session.named_guests
    return session.guests == QuizSession.Guests.CODE


def forget_person(*, user_id: uuid.UUID) -> int:
    """Take a person's name out of sessions; score and place stay. Returns how many sessions that were."""
    name = attempts.display_name(people.get_anybody(user_id=user_id))
    return Player.objects.filter(user=user_id).exclude(display_name=name).update(display_name=name)
