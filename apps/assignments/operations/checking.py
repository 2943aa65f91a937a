"""What rooms and homework are checked for before they are made or changed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from apps.assignments import rules
from apps.assignments.errors import BadCourse, BadWindow, NoAudience, UnknownAudience, UnknownTest
from apps.assignments.models import ExamAssignment
from apps.authentication import queries as people
from apps.core.errors import Problem
from apps.groups import queries as groups
from apps.mock_tests import queries as tests
from apps.mock_tests.errors import TestNotFound

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.models import Paper


def published_paper(*, test_id: uuid.UUID) -> Paper:
    """The paper that a new room gets now; refuses a test that is not published, at the field that named it."""
    try:
        return tests.get_published_paper(test_id=test_id)
    except TestNotFound:
        raise UnknownTest(problems=[Problem("/mock_test", "unknown_test", UnknownTest.message)]) from None


def hold_test(*, room: ExamAssignment) -> None:
    """Lock the test of a saved room, then look again: somebody who unpublished it meanwhile has been waited for, and
    whoever wants to from now on waits for us and finds the room."""
    rooms = ExamAssignment.objects.filter(pk=room.pk).select_related("mock_test")
    rooms.select_for_update(of=("mock_test",), no_key=True).get()
    published_paper(test_id=room.mock_test_id)


def check_window(*, room: ExamAssignment, at: datetime) -> None:
    """Refuses a window that ends before it begins, or in the past."""
    if not rules.is_window(room.opens_at, room.closes_at, at):
        raise BadWindow(problems=[Problem("/closes_at", "bad_window", BadWindow.message)])


def check_course(*, room: ExamAssignment) -> None:
    """Timed sections bring their own minutes; breaks lie between them."""
    sections = len(tests.section_times(paper_id=room.paper_id))
    problems = []
    if room.is_sectioned and room.seconds is not None:
        problems.append(Problem("/seconds", "not_with_timed_sections", "Timed sections bring their own minutes."))
    if room.breaks and not room.is_sectioned:
        problems.append(Problem("/breaks", "needs_timed_sections", "Only between timed sections there are breaks."))
    if room.is_cued_by_clock and not (room.is_sectioned and room.listening == ExamAssignment.Listening.SYNCHRONISED):
        detail = "Recordings start by the clock only where sections are timed and the whole room listens at once."
        problems.append(Problem("/is_cued_by_clock", "needs_timed_sections", detail))
    elif room.is_cued_by_clock and tests.quiz_rules(paper_id=room.paper_id) is not None:
        detail = "In a quiz it is questions that are timed; recordings do not start by the clock there."
        problems.append(Problem("/is_cued_by_clock", "needs_timed_sections", detail))
    places = [given["after"] for given in room.breaks]
    for index, after in enumerate(places):
        if not 1 <= after < sections or after in places[:index]:
            problems.append(
                Problem(f"/breaks/{index}/after", "no_such_break", f"One each, after section 1 to {sections - 1}.")
            )
    if problems:
        raise BadCourse(problems=problems)


def check_audience(
    *, actor: User, audience: dict[str, set[uuid.UUID]], known: dict[str, set[uuid.UUID]] | None = None
) -> None:
    """Who is assigned already may stay; who is new must be somebody whom ``actor`` may assign."""
    if not any(audience.values()):
        raise NoAudience(problems=[Problem("/assigned_group_ids", "no_audience", NoAudience.message)])
    new = {name: ids - (known or {}).get(name, set()) for name, ids in audience.items()}
    unknown = {
        "assigned_group_ids": new["group_ids"] - _assignable_groups(actor, new["group_ids"]),
        "assigned_user_ids": new["user_ids"] - _assignable_people(actor, new["user_ids"]),
    }
    problems = [
        Problem(f"/{name}", "unknown_audience", f"{missing} cannot be assigned by you.")
        for name, ids in unknown.items()
        for missing in sorted(ids)
    ]
    if problems:
        raise UnknownAudience(problems=problems)


def _assignable_groups(actor: User, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    known = groups.groups_for(actor).filter(pk__in=ids, is_active=True)
    return set(known.values_list("pk", flat=True)) if ids else set()


def _assignable_people(actor: User, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    if not ids:
        return set()
    visible = set(groups.people_for(actor).filter(pk__in=ids).values_list("pk", flat=True))
    roles = people.find_roles(user_ids=visible)
    return {user_id for user_id, role in roles.items() if role in (actor.Role.STUDENT, actor.Role.GUEST)}
