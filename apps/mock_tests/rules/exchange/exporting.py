"""From a test as it is stored to one as files hold it, and what on the way has no place in any of them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
)
from apps.mock_tests.rules.exchange.interchange import Loss
from apps.mock_tests.rules.exchange.native import kept
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, TestSource
from apps.mock_tests.rules.profiles.base import SectionType
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Given, Option, Prompt, plain
from apps.mock_tests.rules.types.registry import TYPES

FileOf = Callable[[uuid.UUID], DraftFile]
_NOT_A_NAME: Final = re.compile(r"[^\w\-]+")


@dataclass(frozen=True, slots=True)
class Named:
    """What a stored question has beside that which makes it an item."""

    name: str
    tags: tuple[str, ...]
    difficulty: str = ""


def file_name(title: str, suffix: str) -> str:
    """A name for the file of a test that every system can keep."""
    return f"{_NOT_A_NAME.sub('-', title)[:80].strip('-') or 'test'}{suffix}"


def references(test: TestSource) -> set[uuid.UUID]:
    """Every file that the test shows or plays."""
    found: set[uuid.UUID] = set()

    def note(media_id: uuid.UUID) -> DraftFile:
        found.add(media_id)
        return DraftFile(str(media_id), b"", "", "image")

    draft_of(test, {question.id: Named("", ()) for question in test.questions()}, note)
    return found


def draft_of(
    test: TestSource,
    named: Mapping[uuid.UUID, Named],
    file_of: FileOf,
    *,
    keeps_all: bool = False,
    description: str = "",
) -> DraftTest:
    """The test as files hold it; `file_of` gives the file of an id. Pictures that have a place of their own become parts of
    texts, unless all is kept as it is."""
    sections = tuple(
        DraftSection(
            section.name,
            cast(SectionType, section.section_type),
            tuple(_group(group, named, file_of, keeps_all) for group in section.groups),
            section.duration,
            kept.said(**{kept.CODE: section.code}) if keeps_all else {},
        )
        for section in test.sections
    )
    return DraftTest(test.title, test.level, sections, _kept_of_test(test, description) if keeps_all else {})


def _kept_of_test(test: TestSource, description: str) -> dict[str, Any]:
    quiz = test.quiz
    percent = None if quiz is None or quiz.passing_percent is None else plain(quiz.passing_percent)
    return kept.said(
        **{
            kept.DESCRIPTION: description,
            kept.PROFILE: test.profile,
            kept.QUIZ: quiz and kept.said(seconds=quiz.default_question_seconds, passing_percent=percent),
        }
    )


def losses(
    test: TestSource, description: str, *, minutes_kept: bool = False, keeps_all: bool = False
) -> Iterator[Loss]:
    """What a format does not keep of this test because a draft does not: all but, where it says so, the minutes."""
    if keeps_all:
        return
    profile = profiles.profile_for(test.level)
    if description:
        yield Loss("/description", "No format keeps the description.")
    if test.profile != profile.code:
        yield Loss("/profile", "No format keeps the exam profile; the level decides.")
    number = 0
    for place, section in enumerate(test.sections):
        pointer = f"/sections/{place}"
        count = sum(len(group.questions) for group in section.groups)
        if not count:
            yield Loss(pointer, "A section without questions is left out.")
        elif not minutes_kept and section.duration != profiles.minutes_for(section.section_type, profile, count):
            yield Loss(f"{pointer}/duration", "The file does not keep the minutes of the section.")
        for position, group in enumerate(section.groups):
            inner = f"{pointer}/question_groups/{position}"
            yield from _group_losses(inner, group, position + 1)
            for order, question in enumerate(group.questions):
                number += 1
                yield from _question_losses(f"{inner}/questions/{order}", question, number)


def _group_losses(pointer: str, group: GroupSource, number: int) -> Iterator[Loss]:
    if not group.questions:
        yield Loss(pointer, "A group without questions is left out.")
        return
    if group.mondai_number not in (None, number):
        yield Loss(f"{pointer}/mondai_number", "No format keeps the number of the group.")
    if group.scored_area:
        yield Loss(f"{pointer}/scored_area", "No format keeps the scored area of a group.")
    if group.image:
        yield Loss(f"{pointer}/image", "The picture of the group becomes a part of its passage.")


def _question_losses(pointer: str, question: QuestionSource, number: int) -> Iterator[Loss]:
    if question.question_number not in (None, number):
        yield Loss(f"{pointer}/question_number", "No format keeps the number of the question.")
    if question.image:
        yield Loss(f"{pointer}/image", "The picture of the question becomes a part of its text.")
    given = question.given()
    things: Sequence[Option | Prompt] = [
        *given.options,
        *given.prompts,
        *(o for gap in given.gaps for o in gap.options),
    ]
    if any(thing.image for thing in things):
        yield Loss(f"{pointer}/options", "Pictures of options become parts of their texts.")


# -- drafts --------------------------------------------------------------------------------------------------------


class _Shelf:
    """The files of one group or question, and its texts with the names of these. Pictures that have a place of their own
    are put into the texts, or noted in ``pictures`` by these places."""

    def __init__(self, file_of: FileOf, *, keeps_all: bool) -> None:
        self._file_of = file_of
        self._keeps_all = keeps_all
        self._files: dict[uuid.UUID, DraftFile] = {}
        self.pictures: dict[str, str] = {}

    @property
    def files(self) -> tuple[DraftFile, ...]:
        return tuple(self._files.values())

    def name(self, media_id: uuid.UUID) -> str:
        if media_id not in self._files:
            self._files[media_id] = self._file_of(media_id)
        return self._files[media_id].name

    def text(self, text: str, image: uuid.UUID | None = None, place: str = "") -> str:
        if image and self._keeps_all:
            self.pictures[place] = self.name(image)
        elif image:
            text = f'{text}<img src="media:{image}">'
        return richtext.replace_media(text, lambda name: f"media:{self.name(uuid.UUID(name))}")


def _group(group: GroupSource, named: Mapping[uuid.UUID, Named], file_of: FileOf, keeps_all: bool) -> DraftGroup:
    shelf = _Shelf(file_of, keeps_all=keeps_all)
    instruction, passage = shelf.text(group.instruction), shelf.text(group.reading_text, group.image)
    if group.audio:
        shelf.name(group.audio)
    questions = tuple(_question(question, named[question.id], file_of, keeps_all) for question in group.questions)
    told = {kept.NUMBER: group.mondai_number or 0, kept.AREA: group.scored_area, kept.IMAGE: shelf.pictures.get("")}
    values = kept.said(**told) if keeps_all else {}
    return DraftGroup(group.title, instruction, passage, shelf.files, questions, values)


def _kept_of_question(question: QuestionSource, pictures: Mapping[str, str]) -> dict[str, Any]:
    return kept.said(
        **{
            kept.NUMBER: question.question_number or 0,
            kept.IMAGE: pictures.get(""),
            kept.PICTURES: {place: name for place, name in pictures.items() if place},
            kept.SECONDS: question.seconds,
            kept.OWN_SCORE: None if question.has_own_score else False,
            kept.WRONG_SHARE: None if question.wrong_share is None else plain(question.wrong_share),
            kept.BANK: question.bank_version and str(question.bank_version),
        }
    )


def _question(question: QuestionSource, named: Named, file_of: FileOf, keeps_all: bool) -> DraftQuestion:
    shelf = _Shelf(file_of, keeps_all=keeps_all)
    given = _given(question.type, question.given().numbered(), shelf)
    text, explanation = shelf.text(question.text, question.image), shelf.text(question.explanation)
    if question.audio:
        shelf.name(question.audio)
    return DraftQuestion(
        type=question.type,
        name=named.name,
        text=text,
        options=tuple(DraftOption(option.text, option.fraction, option.feedback) for option in given.options),
        answers=given.answers,
        texts=given.texts,
        case_sensitive=given.case_sensitive,
        truth=given.truth,
        prompts=given.prompts,
        gaps=given.gaps,
        policy=given.policy,
        star=given.star,
        own=given.own,
        marks=question.score,
        explanation=explanation,
        tags=named.tags,
        topic=question.topic,
        shuffle=question.shuffle,
        files=shelf.files,
        difficulty=named.difficulty,
        kept=_kept_of_question(question, shelf.pictures) if keeps_all else {},
    )


def _given(question_type: str, given: Given, shelf: _Shelf) -> Given:
    truth = given.truth
    return replace(
        given,
        options=_options(given.options, shelf, "options"),
        texts=tuple(replace(text, feedback=shelf.text(text.feedback)) for text in given.texts),
        truth=truth
        and replace(
            truth, feedback_true=shelf.text(truth.feedback_true), feedback_false=shelf.text(truth.feedback_false)
        ),
        prompts=tuple(
            replace(prompt, id="", text=shelf.text(prompt.text, prompt.image, f"prompts/{place}"), image=None)
            for place, prompt in enumerate(given.prompts)
        ),
        gaps=tuple(
            replace(
                gap,
                id="",
                options=_options(gap.options, shelf, f"gaps/{number}/options"),
                texts=tuple(replace(text, feedback=shelf.text(text.feedback)) for text in gap.texts),
            )
            for number, gap in enumerate(given.gaps)
        ),
        own=own_fields.with_html(TYPES[question_type].fields, given.own, shelf.text),
    )


def _options(options: Sequence[Option], shelf: _Shelf, where: str) -> tuple[Option, ...]:
    return tuple(
        replace(
            option,
            id=str(place),
            text=shelf.text(option.text, option.image, f"{where}/{place}"),
            image=None,
            feedback=shelf.text(option.feedback),
        )
        for place, option in enumerate(options)
    )
