"""Two centers with a little of everything, and browsers of the people who look at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from apps.assignments import operations as rooms
from apps.attempts.operations import grading, sitting
from apps.authentication.models import Session, User
from apps.core import tenancy
from apps.groups import operations as groups
from apps.leaderboards import operations as boards
from apps.notifications.models import Notice
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.client import host_of

CANARY = "sesame-7fd1"


@pytest.fixture
def browser() -> Callable[..., Client]:
    """``browser(person)`` has signed in at the admin of the person's host through its form."""

    def open_at(person: User | None = None, *, host: str = "north.localhost") -> Client:
        if person is not None:
            host = host_of(person.tenant)  # type: ignore[attr-defined]
        client = Client(SERVER_NAME=host)
        if person is not None:
            client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
        return client

    return open_at


@pytest.fixture
def in_north(cast: Cast) -> dict[str, Any]:
    return _furnish(cast, student=cast.alice, teacher=cast.carol, admin=cast.dora)


@pytest.fixture
def in_south(cast: Cast) -> dict[str, Any]:
    with tenancy.enter(cast.south):
        south = Cast(north=cast.south, south=cast.south)
        south.__dict__ |= {"alice": cast.mallory, "carol": cast.trent, "dora": cast.sybil}
        return _furnish(south, student=cast.mallory, teacher=cast.trent, admin=cast.sybil)


def _furnish(cast: Cast, *, student: User, teacher: User, admin: User) -> dict[str, Any]:
    """One row at least of every table that an admin shows, as operations make them."""
    place = cast.north.name
    group = groups.create_group(name=f"Class of {place}")
    groups.add_members(group_id=group.pk, members=[(student.pk, "STUDENT"), (teacher.pk, "TEACHER")])
    imported = factories.import_sample(cast, author=teacher)
    test = factories.make_test(cast, author=teacher, title=f"Test of {place}")
    factories.publish(cast, test)
    draft = factories.make_test(cast, author=teacher, title=f"Draft of {place}")
    room = factories.make_room(cast, student, test=test, title=f"Room of {place}")
    attempt = sitting.start_attempt(actor=student, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=student)
    grading.grade_attempt(attempt_id=attempt.pk)
    boards.record_result(attempt_id=attempt.pk)
    boards.compute_ranking(assignment_id=room.pk, is_final=False)
    later = rooms.assign_test(actor=admin, mock_test_id=test.pk, title=f"Later in {place}", group_ids=[group.pk])
    session = Session.objects.create(user=student, expires_at=Now() + timedelta(days=1), agent=f"Phone of {place}")
    notice = Notice.objects.create(user=student, notification_type="EXAM_OPENED", message=f"Notice of {place}")
    return {
        "group": group,
        "imported": imported,
        "test": test,
        "draft": draft,
        "room": room,
        "later": later,
        "attempt": attempt,
        "session": session,
        "notice": notice,
    }
