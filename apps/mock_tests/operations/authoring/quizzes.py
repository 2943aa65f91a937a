"""Quizzes: a test of their own kind, whose one section with its one group nobody sees. ``changes`` name fields and their
new values; a field that is not named stays as it is."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.mock_tests.errors import BadContent, CannotPublish, PartNotFound, QuizNotActive, TestLocked, TestNotFound
from apps.mock_tests.models import MockTest, Paper, Question, QuestionGroup, Quiz, TestSection
from apps.mock_tests.operations.authoring import access, publishing
from apps.mock_tests.operations.authoring.questions import write_question
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.registry import TYPES

if TYPE_CHECKING:
    from apps.authentication.models import User

Changes = Mapping[str, Any]

TEST_FIELDS = frozenset({"title", "description"})
QUIZ_FIELDS = frozenset({"default_question_seconds", "passing_percent", "is_active"})
ALWAYS_FREE = frozenset({"is_active"})
"""What is no part of the content, so that it may change while the quiz is published."""
HIDDEN = re.compile(r"^/sections(/\d+/question_groups(/\d+(?=/questions))?)?")
QUESTIONS = {"group__section__mock_test__kind": MockTest.Kind.QUIZ}


def create_quiz(*, actor: User, changes: Changes, questions: Sequence[Changes] = ()) -> MockTest:
    """Begin a quiz, with its questions if they are there already. Refuses answers that do not fit their types, with every
    reason and its place; then nothing is stored."""
    with transaction.atomic():
        test = MockTest(kind=MockTest.Kind.QUIZ, created_by_id=actor.pk)
        _set(test, changes, TEST_FIELDS)
        test.save(force_insert=True)
        quiz = Quiz(test=test)
        _set(quiz, changes, QUIZ_FIELDS)
        quiz.save(force_insert=True)
        section = TestSection.objects.create(mock_test=test, name=test.title[:120], duration=1, order=1)
        group = QuestionGroup.objects.create(section=section, order=1)
        _add_questions(group, questions)
        audit.record(action="test.created", subject="test", subject_id=test.pk, name=test.title)
    return test


def update_quiz(*, actor: User, quiz_id: uuid.UUID, changes: Changes) -> MockTest:
    """Change a quiz. Of a published one only whether it is active; refuses everything else there."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
        if test.status == MockTest.Status.PUBLISHED and changes.keys() - ALWAYS_FREE:
            raise TestLocked
        quiz = Quiz.objects.get(pk=test.pk)
        _set(test, changes, TEST_FIELDS)
        _set(quiz, changes, QUIZ_FIELDS)
        test.save(update_fields=[*(TEST_FIELDS & changes.keys()), "updated_at"])
        quiz.save()
    return test


def delete_quiz(*, actor: User, quiz_id: uuid.UUID) -> None:
    """Put a quiz out of sight, published or not. Its papers stay, and with them homework that gives it and all results."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
        MockTest.objects.filter(pk=test.pk).update(deleted_at=Now())
        audit.record(action="test.deleted", subject="test", subject_id=test.pk, name=test.title)


def publish_quiz(*, actor: User, quiz_id: uuid.UUID) -> Paper:
    """Freeze a quiz as a paper; as ``publish_test``."""
    try:
        return publishing.publish_test(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
    except CannotPublish as refusal:
        raise _without_parts(refusal) from None


def provide_paper(*, actor: User, quiz_id: uuid.UUID) -> Paper:
    """The paper of a quiz that is to be given to somebody. One that is active but was never published is published now:
    its author has said that it is ready. Refuses one that is not active, and an incomplete one with every reason."""
    with transaction.atomic():
        quizzes = MockTest.objects.filter(kind=MockTest.Kind.QUIZ, deleted_at=None)
        test = quizzes.select_for_update(of=("self",)).filter(pk=quiz_id).first()
        if test is None or not actor.is_center_staff:
            raise TestNotFound
        if not Quiz.objects.get(pk=test.pk).is_active:
            raise QuizNotActive
        try:
            return publishing.freeze_test(actor=actor, test=test)
        except CannotPublish as refusal:
            raise _without_parts(refusal) from None


def shuffle_options(*, actor: User, quiz_id: uuid.UUID) -> int:
    """Put the options of every choice of a draft into another order, at random and for good; so many questions there are.
    For authors who always write the right one first."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
        changed = []
        for question in Question.objects.filter(group__section__mock_test=test):
            item_type = TYPES[question.type]
            given = item_type.read(question.content, question.key)
            if "options" not in item_type.shows or "options" in item_type.always_drawn or given.prompts:
                continue
            options = list(given.options)
            secrets.SystemRandom().shuffle(options)
            question.content, question.key = item_type.write(replace(given, options=tuple(options)))
            changed.append(question)
        Question.objects.bulk_update(changed, ["content", "key"])
        test.save(update_fields=["updated_at"])
    return len(changed)


# -- questions -----------------------------------------------------------------------------------------------------


def create_question(*, actor: User, quiz_id: uuid.UUID, changes: Changes) -> Question:
    """Add a question to a draft, at the end unless ``order`` says otherwise; refuses answers that do not fit its type."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
        group = QuestionGroup.objects.filter(section__mock_test=test).order_by("section__order", "order", "pk").first()
        if group is None:
            raise TestNotFound
        last = Question.objects.filter(group=group).aggregate(last=Max("order"))["last"] or 0
        question = Question(group=group, order=last + 1)
        write_question(question=question, changes={"given": Given(), **changes})
        question.save(force_insert=True)
    return question


def update_question(*, actor: User, question_id: uuid.UUID, changes: Changes) -> None:
    """Change a question of a draft. Another type needs its answers with it."""
    with transaction.atomic():
        question = _to_change(actor, question_id)
        if changes.get("type", question.type) != question.type and "given" not in changes:
            changes = {**changes, "given": Given()}
        write_question(question=question, changes=changes)
        question.save()


def delete_question(*, actor: User, question_id: uuid.UUID) -> None:
    """Remove a question of a draft."""
    with transaction.atomic():
        _to_change(actor, question_id).delete()


def _to_change(actor: User, question_id: uuid.UUID) -> Question:
    rows = Question.objects.filter(pk=question_id, **QUESTIONS)
    quiz_id = rows.values_list("group__section__mock_test", flat=True).first()
    if quiz_id is None:
        raise PartNotFound
    try:
        access.lock_draft(actor=actor, test_id=quiz_id, kind=MockTest.Kind.QUIZ)
    except TestNotFound:
        raise PartNotFound from None
    question = rows.first()  # only now: it may have gone while we waited
    if question is None:
        raise PartNotFound
    return question


def _add_questions(group: QuestionGroup, questions: Sequence[Changes]) -> None:
    rows, problems = [], []
    for place, changes in enumerate(questions):
        row = Question(group=group, order=place + 1)
        try:
            write_question(question=row, changes={"given": Given(), **changes})
        except BadContent as refusal:
            problems += [replace(one, pointer=f"/questions/{place}{one.pointer}") for one in refusal.problems]
        rows.append(row)
    if problems:
        raise BadContent(problems=problems)
    Question.objects.bulk_create(rows)


def _without_parts(refusal: CannotPublish) -> CannotPublish:
    """The same refusal without the section and the group, which the author does not know of."""
    problems = [replace(one, pointer=HIDDEN.sub("", one.pointer) or "/questions") for one in refusal.problems]
    return CannotPublish(problems=problems)


def _set(row: MockTest | Quiz, changes: Changes, fields: frozenset[str]) -> None:
    for name in fields & changes.keys():
        setattr(row, name, changes[name])
