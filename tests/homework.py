"""Homework as a teacher gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.assignments.models import HomeworkAssignment
from apps.assignments.operations import homework
from apps.authentication.models import User
from apps.core import clock
from apps.groups.models import Group
from apps.mock_tests.models import MockTest
from apps.mock_tests.operations.authoring import quizzes
from tests import factories
from tests.apps.assignments.builders import make_group
from tests.cast import Cast

CLASS = "Class with homework"


def make_quiz(cast: Cast, *, title: str = "Kana quiz") -> MockTest:
    """A published quiz of Carol's with ``river``, ``verbs`` and ``sum``, half an hour in all."""
    changes = {"title": title, "default_question_seconds": 590}
    questions = [factories.RIVER, factories.VERBS, factories.SUM]
    quiz = quizzes.create_quiz(actor=cast.carol, changes=changes, questions=questions)
    quizzes.publish_quiz(actor=cast.carol, quiz_id=quiz.pk)
    quiz.refresh_from_db()
    return quiz


def make_homework(cast: Cast, *people: User, actor: User | None = None, **fields: Any) -> HomeworkAssignment:
    """Carol's homework for these people, due in three days, with a small test and a quiz unless told otherwise."""
    if "mock_test_ids" not in fields:
        test = factories.make_test(cast)
        factories.publish(cast, test)
        fields["mock_test_ids"] = [test.pk]
    if "quiz_ids" not in fields:
        fields["quiz_ids"] = [make_quiz(cast).pk]
    if people and actor is None:  # teachers name students of their groups only
        group = Group.objects.filter(name=CLASS).first()
        if group is None:
            make_group(cast, *{cast.alice, cast.bob, *people}, name=CLASS)
    fields = {"title": "Week one", "deadline": clock.now() + timedelta(days=3), **fields}
    fields.setdefault("user_ids", [person.pk for person in people])
    return homework.assign_homework(actor=actor or cast.carol, **fields)
