"""Bringing texts that were cleaned under earlier rules to the present ones."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from apps.mock_tests.models import Question, QuestionGroup
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Gap, Given, Option
from apps.mock_tests.rules.types.registry import TYPES

_AT_ONCE = 200


def clean_old_texts() -> int:
    """Clean again what authors wrote before the present rules, a few rows at a time so that nobody waits; what somebody
    holds at the moment is left for the next time. Papers and versions of the bank never change: theirs are cleaned when
    they are shown. Returns how many rows are now as the present rules want them."""
    count = 0
    while done := _clean_groups() + _clean_questions():
        count += done
    return count


def _clean_groups() -> int:
    with transaction.atomic():
        old = QuestionGroup.objects.exclude(text_policy=richtext.POLICY_VERSION).order_by("pk")
        rows = list(old.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
        for row in rows:
            row.instruction = richtext.clean_html(row.instruction)
            row.reading_text = richtext.clean_html(row.reading_text)
            row.text_policy = richtext.POLICY_VERSION
        QuestionGroup.objects.bulk_update(rows, ["instruction", "reading_text", "text_policy"])
    return len(rows)


def _clean_questions() -> int:
    with transaction.atomic():
        old = Question.objects.exclude(text_policy=richtext.POLICY_VERSION).order_by("pk")
        rows = list(old.select_for_update(skip_locked=True, of=("self",))[:_AT_ONCE])
        for row in rows:
            row.text = richtext.clean_html(row.text)
            row.explanation = richtext.clean_html(row.explanation)
            _clean_answers(row)
            row.text_policy = richtext.POLICY_VERSION
        Question.objects.bulk_update(rows, ["text", "explanation", "content", "key", "text_policy"])
    return len(rows)


def _clean_answers(row: Question) -> None:
    item_type = TYPES.get(row.type)
    if item_type is None:
        return
    given = item_type.read(row.content, row.key)
    cleaned = _cleaned_answers(given)
    cleaned = replace(cleaned, own=own_fields.with_html(item_type.fields, cleaned.own, richtext.clean_html))
    if cleaned != given:
        row.content, row.key = item_type.write(cleaned)


def _cleaned_answers(given: Given) -> Given:
    """Everything of the answers that is shown as HTML, cleaned; nothing is left out, and every id stays."""
    html = richtext.clean_html
    truth = given.truth

    def option(one: Option) -> Option:
        return replace(one, text=html(one.text), feedback=html(one.feedback))

    def gap(one: Gap) -> Gap:
        texts = tuple(replace(text, feedback=html(text.feedback)) for text in one.texts)
        return replace(one, options=tuple(map(option, one.options)), texts=texts)

    return replace(
        given,
        options=tuple(map(option, given.options)),
        texts=tuple(replace(text, feedback=html(text.feedback)) for text in given.texts),
        truth=truth
        and replace(truth, feedback_true=html(truth.feedback_true), feedback_false=html(truth.feedback_false)),
        prompts=tuple(replace(prompt, text=html(prompt.text)) for prompt in given.prompts),
        gaps=tuple(map(gap, given.gaps)),
    )
