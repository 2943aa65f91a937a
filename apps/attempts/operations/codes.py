"""Guesses at the access code of a room: slowed for whoever has guessed wrong, never for who has not."""

from __future__ import annotations

import hmac
import logging
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from apps.assignments.errors import WrongAccessCode
from apps.attempts.errors import TooManyCodes
from apps.core import tenancy, volatile

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment

log = logging.getLogger(__name__)

WINDOW_SECONDS = 600
MOST_OF_ONE = 10
MOST_OF_ROOM = 60
_here: Counter[str] = Counter()
_here_until = 0.0


def check_code(*, room: ExamAssignment, student_id: uuid.UUID, code: str) -> None:
    """Refuses a wrong access code, and any code of a student who has guessed wrong ten times in ten minutes, or at all
    while the room has seen sixty wrong guesses: a class that guesses together gets no more tries than that and one for
    each of its students. Whoever has not guessed wrong is never kept waiting; no code at all is no guess. Without Redis
    each process counts alone."""
    if not room.access_code:
        return
    code = code.strip()
    if not code:
        raise WrongAccessCode
    own, all_of_room = _guesses(room.pk, student_id)
    if own >= MOST_OF_ONE or (own and all_of_room >= MOST_OF_ROOM):
        raise TooManyCodes(retry_after=WINDOW_SECONDS)
    if not hmac.compare_digest(room.access_code.encode(), code.encode()):
        _count(room.pk, student_id)
        raise WrongAccessCode


def _keys(room_id: uuid.UUID, student_id: uuid.UUID) -> tuple[str, str]:
    # The window begins anew for all at once, so that one counter each is enough.
    window = int(time.time()) // WINDOW_SECONDS
    return tenancy.key("codes", room_id, student_id, window), tenancy.key("codes", room_id, window)


def _guesses(room_id: uuid.UUID, student_id: uuid.UUID) -> tuple[int, int]:
    keys = _keys(room_id, student_id)
    try:
        own, all_of_room = (int(str(found or 0)) for found in volatile.client().mget(keys))
    except RedisError as error:
        log.warning("Wrong access codes are counted in this process alone: %s", error)
        return _here[keys[0]], _here[keys[1]]
    return own, all_of_room


def _count(room_id: uuid.UUID, student_id: uuid.UUID) -> None:
    global _here_until
    keys = _keys(room_id, student_id)
    if time.monotonic() > _here_until:
        _here.clear()
        _here_until = time.monotonic() + WINDOW_SECONDS
    _here.update(keys)
    try:
        with volatile.client().pipeline() as pipe:
            for key in keys:
                pipe.incr(key)
                pipe.expire(key, WINDOW_SECONDS)
            pipe.execute()
    except RedisError:
        log.warning("A wrong access code was counted in this process alone.")
