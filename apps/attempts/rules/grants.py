"""What a grant of time must be."""

from __future__ import annotations

from apps.attempts.errors import BadExtension
from apps.attempts.rules import ledger
from apps.core.errors import Problem


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
