"""What random sequences have found, each told as a short story."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import granting, reopening, sitting
from apps.core import clock
from apps.core.models import Delivery
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def two_parts(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return test


def test_the_next_section_begins_at_once_also_where_the_window_had_cut_the_one_before(cast, two_parts, now):
    room = make_room(cast, cast.alice, test=two_parts, is_sectioned=True, closes_at=now + 12 * MINUTE)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=now).attempt
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0, at=now + 3 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.step_ends == [now + 3 * MINUTE, now + 12 * MINUTE]


def test_a_moved_window_leaves_alone_what_was_opened_again(cast, now):
    room = make_room(cast, cast.alice, closes_at=now + 60 * MINUTE)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=now).attempt
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=now + MINUTE)
    reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=300, reason="A slip", at=now + 2 * MINUTE)
    rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, closes_at=now + 16 * MINUTE)
    granting.move_windows(assignment_id=room.pk, at=now + 3 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline_at == now + 7 * MINUTE


def test_marks_are_not_asked_for_again_and_again_while_somebody_sits_on(cast, deliver, now):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=now).attempt
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=now)
    reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=300, reason="A slip", at=now)
    deliver()
    assert not Delivery.objects.exclude(last_error="").exists()
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=now + MINUTE)
    deliver()
    assert Attempt.objects.get().status == "GRADED"
