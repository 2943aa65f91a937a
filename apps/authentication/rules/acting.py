"""How long an owner may act in a center, and the words for how that stands."""

from __future__ import annotations

from datetime import timedelta

from apps.core.errors import Problem

SHORTEST_REASON, LONGEST_REASON = 10, 500
USUAL_MINUTES, MOST_MINUTES = 15, 60
CODE_LIFE = timedelta(minutes=5)
WAITING, RUNNING, OVER, UNUSED = "WAITING", "RUNNING", "OVER", "UNUSED"
STATES = (WAITING, RUNNING, OVER, UNUSED)


def reasons_against(reason: str, minutes: int) -> list[Problem]:
    """What is wrong with a request to act, each with its place."""
    found = []
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        text = f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters: the center reads it."
        found.append(Problem("/reason", "invalid", text))
    if not 1 <= minutes <= MOST_MINUTES:
        found.append(Problem("/minutes", "invalid", f"One to {MOST_MINUTES} minutes."))
    return found
