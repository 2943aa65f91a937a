"""How a room moves, what may still change in it, and who sees what of it afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from apps.assignments.errors import IllegalMove
from apps.assignments.events import AssignmentClosed, AssignmentFinalised, AssignmentOpened
from apps.core.errors import Problem
from apps.core.events import Event
from apps.mock_tests.rules.profiles.base import SectionType

SCHEDULED, OPEN, CLOSED, FINALISED = "SCHEDULED", "OPEN", "CLOSED", "FINALISED"
EXAM, HOMEWORK, PRACTICE = "EXAM", "HOMEWORK", "PRACTICE"

Shown = Literal["named", "anonymous", "hidden"]

# From each status, where a person may move a room. The clock may also close one whose whole window passed unopened.
MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        SCHEDULED: frozenset({OPEN}),
        OPEN: frozenset({CLOSED}),
        CLOSED: frozenset({FINALISED}),
        FINALISED: frozenset(),
    }
)
# Where a wish is fulfilled already: a second call changes nothing and announces nothing.
FULFILLED: Mapping[str, frozenset[str]] = MappingProxyType(
    {OPEN: frozenset({OPEN}), CLOSED: frozenset({CLOSED, FINALISED}), FINALISED: frozenset({FINALISED})}
)
ALWAYS = frozenset({"title", "description", "board_policy", "result_policy", "is_review_open"})
WHILE_OPEN = ALWAYS | {"group_ids", "user_ids", "closes_at", "access_code", "attempts_allowed"}
BEFORE_OPENING = WHILE_OPEN | {
    "mock_test_id",
    "opens_at",
    "seconds",
    "shuffle_questions",
    "shuffle_options",
    "late_policy",
    "latest_start_seconds",
    "is_sectioned",
    "breaks",
    "may_leave_early",
    "has_review_screen",
    "tools",
    "counting",
    "listening",
    "plays_allowed",
    "is_cued_by_clock",
    "browser_keys",
    "is_watermarked",
}
OF_SECTIONS = frozenset({"is_sectioned", "breaks", "may_leave_early"})
CHANGEABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {SCHEDULED: BEFORE_OPENING, OPEN: WHILE_OPEN, CLOSED: ALWAYS, FINALISED: ALWAYS}
)


def is_move(status: str, wanted: str) -> bool:
    """Whether a room has to move to become what is wanted; refuses a move that the table does not know."""
    if status in FULFILLED[wanted]:
        return False
    if wanted not in MOVES[status]:
        raise IllegalMove(present=status, wanted=wanted)
    return True


def announcement(status: str, assignment_id: uuid.UUID) -> Event:
    """What is announced when a room has come to this status."""
    if status == OPEN:
        return AssignmentOpened(assignment_id=assignment_id)
    if status == CLOSED:
        return AssignmentClosed(assignment_id=assignment_id)
    return AssignmentFinalised(assignment_id=assignment_id)


def status_by_clock(status: str, opens_at: datetime | None, closes_at: datetime | None, at: datetime) -> str:
    """The status that a room should have at this moment if only the clock moves it. Periods are half-open."""
    if status in (SCHEDULED, OPEN) and closes_at is not None and at >= closes_at:
        return CLOSED
    if status == SCHEDULED and opens_at is not None and at >= opens_at:
        return OPEN
    return status


def is_open(status: str, opens_at: datetime | None, closes_at: datetime | None, at: datetime) -> bool:
    """Whether somebody may start at this moment, also when no clock has moved the room yet."""
    return status_by_clock(status, opens_at, closes_at, at) == OPEN


def is_too_late(begun_at: datetime | None, latest_start_seconds: int, at: datetime, *, waited: float = 0) -> bool:
    """Whether nobody may start any more, so long after the opening. The seconds for which starts had to wait do not
    count."""
    return begun_at is not None and at > begun_at + timedelta(seconds=latest_start_seconds + waited)


def seconds_waited(pauses: Iterable[tuple[datetime, datetime]], since: datetime) -> float:
    """How long pauses (begin and end) have lasted since a moment; where several overlap, that time counts once."""
    waited, counted_to = timedelta(), since
    for began_at, ended_at in sorted(pauses):
        waited += max(ended_at - max(began_at, counted_to), timedelta())
        counted_to = max(counted_to, ended_at)
    return waited.total_seconds()


def is_window(opens_at: datetime | None, closes_at: datetime | None, at: datetime) -> bool:
    """Whether a room can have this window from now on: it ends after it begins, and not in the past."""
    if closes_at is None:
        return True
    return closes_at > at and (opens_at is None or opens_at < closes_at)


def unsaid(sitting: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What of the exam's own rules of sitting a new room takes over: nothing that was given, nor what would contradict it.
    A time for the whole paper, and sections that are not timed, leave no place for breaks and early leaving."""
    is_whole = given.get("seconds") is not None or given.get("is_sectioned") is False
    left_out = given.keys() | (OF_SECTIONS if is_whole else frozenset())
    return {name: value for name, value in sitting.items() if name not in left_out}


def locked_fields(status: str, changed: Iterable[str]) -> list[str]:
    """Those of the changed fields that a room of this status keeps as they are."""
    return sorted(set(changed) - CHANGEABLE[status])


def results_visible(policy: str, status: str, is_published: bool, *, is_sat: bool) -> bool:
    """Whether students see their results; releasing them by hand always shows them. What waits for the close waits for the
    last seat too: ``is_sat`` says that somebody sits there still."""
    if is_published or policy == "IMMEDIATELY":
        return True
    return policy == "AFTER_CLOSE" and status in (CLOSED, FINALISED) and not is_sat


def board_visible(policy: str, status: str, *, is_sat: bool) -> Shown:
    """How students see the board of a room; one that waits for the close waits for the last seat too."""
    if policy == "LIVE":
        return "named"
    if policy == "ANONYMOUS":
        return "anonymous"
    if policy == "AFTER_CLOSE" and status in (CLOSED, FINALISED) and not is_sat:
        return "named"
    return "hidden"


# -- accommodations ------------------------------------------------------------------------------------------------

ALL_TYPES: Final = "*"
SECTION_TYPES: Final = frozenset({ALL_TYPES, *get_args(SectionType)})
LEAST_FACTOR, LARGEST_FACTOR = Decimal(1), Decimal(4)
LONGEST_DECISION: Final = 500


def find_bad_factors(factors: Mapping[str, Decimal]) -> list[Problem]:
    """What is wrong with how much of its time each type of section gets: a known type, between 1 and 4."""
    if not factors:
        return [Problem("/factors", "required", "At least one type of section, or * for all.")]
    return [
        Problem(f"/factors/{name}", "unknown_type", "There is no such type of section.")
        if name not in SECTION_TYPES
        else Problem(f"/factors/{name}", "out_of_bounds", "A factor is between 1 and 4.")
        for name, factor in factors.items()
        if name not in SECTION_TYPES or not (factor.is_finite() and LEAST_FACTOR <= factor <= LARGEST_FACTOR)
    ]


def find_bad_period(valid_from: date | None, valid_until: date | None, today: date) -> list[Problem]:
    """What is wrong with the days on which an accommodation holds, both included."""
    if valid_until is None or valid_until >= max(today, valid_from or today):
        return []
    return [Problem("/valid_until", "bad_period", "The period must end after it begins, and not in the past.")]


def holds_on(valid_from: date | None, valid_until: date | None, day: date) -> bool:
    """Whether an accommodation of these days, both included, holds on this one."""
    return (valid_from or day) <= day <= (valid_until or day)


def do_overlap(
    valid_from: date | None, valid_until: date | None, other_from: date | None, other_until: date | None
) -> bool:
    """Whether there is a day on which accommodations of both periods would hold."""
    begins_before_end = valid_from is None or other_until is None or valid_from <= other_until
    return begins_before_end and (other_from is None or valid_until is None or other_from <= valid_until)


def write_factors(factors: Mapping[str, Decimal]) -> dict[str, str]:
    """Factors as they are kept: exact, and without needless zeros."""
    return {name: format(factor.normalize(), "f") for name, factor in sorted(factors.items())}


# -- homework ------------------------------------------------------------------------------------------------------

REMINDED_BEFORE: Final = timedelta(hours=24)


def is_over(deadline: datetime, at: datetime) -> bool:
    """Whether nothing counts any more that is begun now. Periods are half-open."""
    return at >= deadline


def is_near(deadline: datetime, at: datetime) -> bool:
    """Whether the deadline is so near that people are reminded of it."""
    return at >= deadline - REMINDED_BEFORE


def usual_checking(*, is_shown_at_once: bool) -> str:
    """Where single answers may be checked if nobody says it: a check tells what results tell, so not before these."""
    return "QUIZZES" if is_shown_at_once else "NEVER"


def may_check(checking: str, *, is_quiz: bool) -> bool:
    """Whether single answers of an item may be checked while it is worked on."""
    return checking == "ALWAYS" or (checking == "QUIZZES" and is_quiz)


def may_practise(practice: str, deadline: datetime, at: datetime) -> bool:
    """Whether an attempt that counts for nothing may begin now."""
    return practice == "ALWAYS" or (practice == "AFTER_DEADLINE" and is_over(deadline, at))
