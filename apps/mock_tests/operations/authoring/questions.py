"""Questions of tests: written and changed by their authors, answers as a whole or by their parts."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent
from apps.mock_tests.models import Question
from apps.mock_tests.operations.authoring import access, marks
from apps.mock_tests.operations.authoring.checking import (
    Changes,
    checked,
    media_in_own,
    refuse_unknown_media,
    set_fields,
)
from apps.mock_tests.operations.authoring.parts import next_order
from apps.mock_tests.rules.bank import questions as bank
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.registry import TYPES

if TYPE_CHECKING:
    from apps.authentication.models import User

QUESTION_FIELDS = frozenset(
    {"type", "name", "text", "question_number", "score", "shuffle", "explanation", "topic", "tags", "order", "seconds"}
    | {"image_id", "audio_id", "given", "wrong_share"}
)
PARTS_OF_ANSWERS = frozenset(
    {"options", "answers", "texts", "case_sensitive", "truth", "prompts", "gaps", "policy", "star", "own"}
)


def create_question(*, actor: User, group_id: uuid.UUID, changes: Changes) -> Question:
    """Add a question to a draft; refuses answers that do not fit its type, with every reason. Its answers are ``given``
    as a whole, or by their parts; prompts then name options by their places."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        question = Question(group=group, order=next_order(siblings=Question.objects.filter(group=group)))
        question.has_own_score = changes.get("score") is not None
        given = put_together(present=Given(), changes=_without_blank_score(changes))
        write_question(question=question, changes={"given": Given(), **given})
        question.save(force_insert=True)
        marks.follow_own_profile(question=question)
    return question


def update_question(*, actor: User, question_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a question of a draft; refuses answers that do not fit its type, with every reason. Of answers that are given
    by their parts, those that are not named stay. One that came from the bank and now says something else is a question
    of its own from then on."""
    with transaction.atomic():
        question = access.question_to_change(actor=actor, question_id=question_id)
        access.check_revision(row=question, expected=expected)
        said = _said(question)
        if "score" in changes:
            question.has_own_score = changes["score"] is not None
        rewrite_question(question=question, changes=_without_blank_score(changes))
        if _said(question) != said:
            question.bank_version_id = None
        question.save()
        marks.follow_own_profile(question=question)


def delete_question(*, actor: User, question_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a question of a draft."""
    with transaction.atomic():
        question = access.question_to_change(actor=actor, question_id=question_id)
        access.check_revision(row=question, expected=expected)
        question.delete()


def _without_blank_score(changes: Changes) -> Changes:
    """No score of its own: the exam profile's."""
    return {name: value for name, value in changes.items() if name != "score" or value is not None}


def rewrite_question(*, question: Question, changes: Changes) -> None:
    """Set what is named in changes, and of its answers the parts that are; refuses answers that do not fit its type, with
    every reason. Saves nothing."""
    present = TYPES[question.type].read(question.content, question.key)
    changes = put_together(present=present.numbered(), changes=changes)
    if "type" in changes and "given" not in changes:
        changes = {**changes, "given": present}
    write_question(question=question, changes=changes)


def _said(question: Question) -> str:
    return bank.content_hash(bank.wording_of(question))


def put_together(*, present: Given, changes: Changes) -> Changes:
    """The changes with all named parts of answers in one value."""
    parts = {name: value for name, value in changes.items() if name in PARTS_OF_ANSWERS}
    if not parts:
        return changes
    if "own" in parts:
        parts["own"] = {**present.own, **parts["own"]}
    others = {name: value for name, value in changes.items() if name not in PARTS_OF_ANSWERS}
    return {**others, "given": replace(present, **parts)}


def write_question(*, question: Question, changes: Changes) -> None:
    """Set fields and answers of a question that is not saved yet; refuses answers that do not fit its type."""
    clean = checked(changes=changes)
    given = clean.pop("given", None)
    set_fields(row=question, changes=clean, fields=QUESTION_FIELDS)
    if question.type not in TYPES:
        raise BadContent(problems=[Problem("/type", "unknown_type", "There is no such type of question.")])
    item_type = TYPES[question.type]
    if given is None:
        present = item_type.read(question.content, question.key)
        flaws = tuple(item_type.text_flaws(question.text, present)) if "text" in clean else ()
    else:
        # A question of another type before may still carry what only that one says.
        given = replace(given, own={name: given.own[name] for name in item_type.own_names & given.own.keys()})
        flaws = tuple(item_type.reasons(question.text, given))
    if flaws:
        raise BadContent(problems=flaws)
    if given is not None:
        given = replace(given, own=own_fields.with_html(item_type.fields, given.own, richtext.clean_html))
        refuse_unknown_media(references=media_in_own(item_type=item_type, given=given))
        question.content, question.key = item_type.write(given.renamed(lambda: secrets.token_urlsafe(9)))
