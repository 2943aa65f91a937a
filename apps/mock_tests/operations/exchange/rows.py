"""Rows of the tables from drafts."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.mock_tests.models import BankVersion, MediaFile, MockTest, Question, QuestionGroup, Quiz, TestSection
from apps.mock_tests.operations.files.stored import Shelf
from apps.mock_tests.queries import profiles as center_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.bank import questions as bank
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.native import kept
from apps.mock_tests.rules.exchange.reading import Step, no_step
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Answer, Gap, Given, Option, Prompt, Text
from apps.mock_tests.rules.types.registry import TYPES

if TYPE_CHECKING:
    from apps.authentication.models import User

LONGEST_NAME = 120
LONGEST_TITLE = 200
AT_ONCE = 100
"""Questions that are made rows of and inserted at a time."""

Names = Mapping[str, uuid.UUID]


def store_test(
    *, actor: User, draft: DraftTest, level: str, title: str, shelf: Shelf, step: Step = no_step
) -> MockTest:
    """All rows of a test, for ``importing``; belongs inside its transaction. ``step`` is told how many questions are
    done."""
    profile = profiles.profile_for(level)
    test = MockTest(
        title=shortened(text=title, most=LONGEST_TITLE), level=level, profile=profile.code, created_by_id=actor.pk
    )
    if level == draft.level:
        _apply_to_test(test, draft.kept)
    test.save(force_insert=True)
    if quiz := draft.kept.get(kept.QUIZ):
        _store_quiz(test, quiz)
    pairs: list[tuple[QuestionGroup, DraftGroup]] = []
    sections = []
    for position, section in enumerate(draft.sections, 1):
        sections.append(_section(test, section, profile, position))
        pairs += ((_group(sections[-1], group, n, shelf), group) for n, group in enumerate(section.groups, 1))
    total = sum(len(group.questions) for _, group in pairs)
    step(0, total)
    TestSection.objects.bulk_create(sections)
    for place in range(0, len(pairs), AT_ONCE):
        QuestionGroup.objects.bulk_create([group for group, _ in pairs[place : place + AT_ONCE]])
        step(0, total)
    _store_questions(pairs, shelf, step)
    return test


def _store_questions(pairs: Iterable[tuple[QuestionGroup, DraftGroup]], shelf: Shelf, step: Step) -> None:
    pairs = list(pairs)
    total = sum(len(group.questions) for _, group in pairs)
    versions = _versions([question for _, group in pairs for question in group.questions])
    waiting: list[Question] = []
    number = 0
    for group, draft in pairs:
        for order, question in enumerate(draft.questions, 1):
            number += 1
            row = question_of(group=group, draft=question, order=order, number=number, shelf=shelf)
            version = versions.get(question.kept.get(kept.BANK, ""))
            # What a file says is tied to the bank only if the bank says the same.
            if version is not None and version.content_hash == bank.content_hash(bank.wording_of(row)):
                row.bank_version = version
            waiting.append(row)
            if len(waiting) >= AT_ONCE:
                Question.objects.bulk_create(waiting)
                waiting = []
                step(number, total)
    Question.objects.bulk_create(waiting)
    step(number, total)


def _versions(drafts: Iterable[DraftQuestion]) -> dict[str, BankVersion]:
    named = {draft.kept[kept.BANK] for draft in drafts if kept.BANK in draft.kept}
    if not named:
        return {}
    found = BankVersion.objects.filter(pk__in=named, question__deleted_at=None)
    return {str(version.pk): version for version in found.only("id", "content_hash")}


def _apply_to_test(test: MockTest, values: Mapping[str, Any]) -> None:
    test.description = values.get(kept.DESCRIPTION, "")
    code = values.get(kept.PROFILE, "")
    if code and center_profiles.find_profile(code):
        test.profile = code
    if kept.QUIZ in values:
        test.kind = MockTest.Kind.QUIZ


def _store_quiz(test: MockTest, values: Mapping[str, Any]) -> None:
    percent = values.get("passing_percent")
    quiz = Quiz(test=test, passing_percent=None if percent is None else Decimal(percent))
    if "seconds" in values:
        quiz.default_question_seconds = values["seconds"]
    quiz.save(force_insert=True)


def _section(test: MockTest, draft: DraftSection, profile: profiles.Profile, order: int) -> TestSection:
    count = sum(len(group.questions) for group in draft.groups)
    return TestSection(
        mock_test=test,
        name=shortened(text=draft.name, most=LONGEST_NAME),
        section_type=draft.section_type,
        code=draft.kept.get(kept.CODE, ""),
        duration=draft.minutes or profiles.minutes_for(draft.section_type, profile, count),
        order=order,
    )


def _group(section: TestSection, draft: DraftGroup, order: int, shelf: Shelf) -> QuestionGroup:
    names = _names(draft.files, shelf)
    return QuestionGroup(
        section=section,
        title=shortened(text=draft.title, most=LONGEST_TITLE),
        mondai_number=draft.kept.get(kept.NUMBER, order) or None,
        instruction=_placed(draft.instruction, names),
        reading_text=_placed(draft.reading_text, names),
        image_id=names.get(draft.kept.get(kept.IMAGE, "")),
        audio=_audio(draft.files, shelf),
        scored_area=draft.kept.get(kept.AREA, ""),
        order=order,
    )


def question_of(*, group: QuestionGroup, draft: DraftQuestion, order: int, number: int, shelf: Shelf) -> Question:
    """The row of a question, not saved; ``shelf`` has the files of the center for those of the draft."""
    names = _names(draft.files, shelf)
    given = _given(draft, names).renamed(lambda: secrets.token_urlsafe(9))
    content, key = TYPES[draft.type].write(given)
    share = draft.kept.get(kept.WRONG_SHARE)
    return Question(
        group=group,
        type=draft.type,
        name=shortened(text=draft.name, most=LONGEST_TITLE),
        text=_placed(draft.text, names),
        question_number=draft.kept.get(kept.NUMBER, number) or None,
        score=draft.marks,
        has_own_score=draft.kept.get(kept.OWN_SCORE, True),
        wrong_share=None if share is None else Decimal(share),
        content=content,
        key=key,
        seconds=draft.kept.get(kept.SECONDS),
        shuffle=draft.shuffle,
        explanation=_placed(draft.explanation, names),
        topic=shortened(text=draft.topic, most=LONGEST_NAME),
        tags=list(draft.tags),
        image_id=names.get(draft.kept.get(kept.IMAGE, "")),
        audio=_audio(draft.files, shelf),
        order=order,
    )


def shortened(*, text: str, most: int) -> str:
    """Plain text as a column holds it."""
    return richtext.without_control_characters(text)[:most]


def _given(draft: DraftQuestion, names: Names) -> Given:
    truth = draft.truth
    pictures = {place: names[name] for place, name in draft.kept.get(kept.PICTURES, {}).items()}
    return Given(
        options=tuple(
            Option(
                str(place),
                _placed(option.text, names),
                option.fraction,
                pictures.get(f"options/{place}"),
                _placed(option.feedback, names),
            )
            for place, option in enumerate(draft.options)
        ),
        answers=tuple(Answer(answer.value, answer.tolerance, answer.fraction) for answer in draft.answers),
        texts=_texts(draft.texts, names),
        case_sensitive=draft.case_sensitive,
        truth=truth
        and replace(
            truth,
            feedback_true=_placed(truth.feedback_true, names),
            feedback_false=_placed(truth.feedback_false, names),
        ),
        prompts=tuple(
            _prompt(prompt, names, pictures.get(f"prompts/{place}")) for place, prompt in enumerate(draft.prompts)
        ),
        gaps=tuple(_gap(gap, f"gaps/{place}", names, pictures) for place, gap in enumerate(draft.gaps)),
        policy=draft.policy,
        star=draft.star,
        own=own_fields.with_html(TYPES[draft.type].fields, draft.own, lambda text: _placed(text, names)),
    )


def _prompt(prompt: Prompt, names: Names, image: uuid.UUID | None) -> Prompt:
    return replace(prompt, text=_placed(prompt.text, names), image=image)


def _gap(gap: Gap, place: str, names: Names, pictures: Names) -> Gap:
    options = tuple(
        replace(
            option,
            text=_placed(option.text, names),
            feedback=_placed(option.feedback, names),
            image=pictures.get(f"{place}/options/{number}"),
        )
        for number, option in enumerate(gap.options)
    )
    return replace(gap, options=options, texts=_texts(gap.texts, names))


def _texts(texts: Iterable[Text], names: Names) -> tuple[Text, ...]:
    return tuple(replace(text, feedback=_placed(text.feedback, names)) for text in texts)


def _names(drafts: Iterable[DraftFile], shelf: Shelf) -> dict[str, uuid.UUID]:
    return {file.name: shelf[id(file)].pk for file in drafts}


def _placed(text: str, names: Names) -> str:
    return richtext.replace_media(text, lambda name: f"media:{names[name]}") if "media:" in text else text


def _audio(drafts: Iterable[DraftFile], shelf: Shelf) -> MediaFile | None:
    return next((shelf[id(file)] for file in drafts if file.kind == "audio"), None)
