"""What a grant of time must be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apps.attempts.errors import BadExtension
from apps.attempts.rules import ledger
from apps.attempts.rules.ledger import Grant
from apps.core.errors import Problem

LARGEST_SUM: Final = 7 * 24 * 60 * 60


def check_reason(reason: str, seconds: int = 1) -> str:
    """The reason without the space around it; refuses none, a long one, and less than a second or more than a day."""
    problems = []
    if not 1 <= seconds <= ledger.LONGEST_EXTENSION:
        problems.append(Problem("/seconds", "out_of_bounds", "Between 1 second and 24 hours."))
    if not 1 <= len(reason.strip()) <= 200:
        problems.append(Problem("/reason", "required", "Say why, in at most 200 characters."))
    if problems:
        raise BadExtension(problems=problems)
    return reason.strip()


def is_too_much(given: Iterable[Grant], seconds: int) -> bool:
    """Whether so many seconds more would be more than anybody is given by hand in one attempt, all in all."""
    return seconds + sum(grant.seconds for grant in given if grant.kind == ledger.EXTENSION) > LARGEST_SUM
