"""Guesses at the access code of a room: slowed for whoever has guessed wrong, never for who has not."""

from __future__ import annotations

import hmac
import uuid
from typing import TYPE_CHECKING

from apps.assignments.errors import WrongAccessCode
from apps.attempts.errors import TooManyCodes
from apps.core.guesses import guessing

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment

MOST_OF_ONE = 10
MOST_OF_ROOM = 60


def check_code(*, room: ExamAssignment, student_id: uuid.UUID, code: str) -> None:
    """Refuses a wrong access code, and any code of a student who has guessed wrong ten times in ten minutes, or at all
    while the room has seen sixty wrong guesses: a class that guesses together gets no more tries than that and one for
    each of its students. Whoever has not guessed wrong is never kept waiting; no code at all is no guess."""
    if not room.access_code:
        return
    code = code.strip()
    if not code:
        raise WrongAccessCode
    with guessing(
        "codes", student_id, at=room.pk, most=MOST_OF_ONE, most_together=MOST_OF_ROOM, refusal=TooManyCodes
    ) as guess:
        guess.is_wrong = not hmac.compare_digest(room.access_code.encode(), code.encode())
    if guess.is_wrong:
        raise WrongAccessCode
