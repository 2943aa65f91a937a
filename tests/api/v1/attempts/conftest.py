from __future__ import annotations

import pytest

from apps.attempts.operations import grading, sitting
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish


@pytest.fixture
def room(cast):
    """An open room for Alice and Bob, with the test of two parts."""
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, test=test)


@pytest.fixture
def attempt(cast, room):
    """Alice sits."""
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def graded(cast, attempt):
    """Alice got 3 of 5: river wrong, verbs half, sum and free right."""
    for question, response in {"river": "no", "verbs": ["eat"], "sum": "42", "free": "yes"}.items():
        journal.write(attempt, question, response)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    return grading.grade_attempt(attempt_id=attempt.pk)
