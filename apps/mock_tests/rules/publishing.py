"""From a test as its author left it to an edition: what takers see, the key apart from it, one row per item, and a hash
that is the same for the same content. And before that: every reason why a test cannot be published."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from apps.core.errors import Problem
from apps.mock_tests.rules import quizzes, richtext
from apps.mock_tests.rules.profiles import CUSTOM, Profile, area_of, find_profile
from apps.mock_tests.rules.quizzes import QuizRules
from apps.mock_tests.rules.types.base import Gap, Given, ItemType, Option, Part, Prompt, plain
from apps.mock_tests.rules.types.registry import TYPES

MOST_MARKS = Decimal(10_000)
MOST_IN_ALL = Decimal(999_999)


@dataclass(frozen=True, slots=True)
class QuestionSource:
    id: uuid.UUID
    type: str
    text: str
    content: Mapping[str, Any]
    key: Mapping[str, Any]
    score: Decimal = Decimal(1)
    question_number: int | None = None
    shuffle: bool = False
    explanation: str = ""
    topic: str = ""
    image: uuid.UUID | None = None
    audio: uuid.UUID | None = None
    seconds: int | None = None

    def given(self) -> Given:
        """What the author said about its answers."""
        return TYPES[self.type].read(self.content, self.key)


@dataclass(frozen=True, slots=True)
class GroupSource:
    id: uuid.UUID
    questions: Sequence[QuestionSource]
    title: str = ""
    mondai_number: int | None = None
    instruction: str = ""
    reading_text: str = ""
    image: uuid.UUID | None = None
    audio: uuid.UUID | None = None
    scored_area: str = ""

    @property
    def has_stimulus(self) -> bool:
        return bool(self.audio or self.image or self.reading_text)


@dataclass(frozen=True, slots=True)
class SectionSource:
    id: uuid.UUID
    name: str
    section_type: str
    duration: int
    groups: Sequence[GroupSource]


@dataclass(frozen=True, slots=True)
class TestSource:
    """A whole test, in order."""

    title: str
    level: str
    profile: str
    sections: Sequence[SectionSource]
    quiz: QuizRules | None = None

    __test__: ClassVar[bool] = False

    def questions(self) -> Iterator[QuestionSource]:
        """All questions in the order of the test."""
        return (q for section in self.sections for group in section.groups for q in group.questions)

    def seconds_of(self, section: SectionSource) -> int:
        """The time of one of its sections. That of a quiz follows from its questions."""
        if self.quiz is None:
            return section.duration * 60
        return self.quiz.seconds_in_all(q.seconds for group in section.groups for q in group.questions)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as sums need it."""

    question_id: uuid.UUID
    number: int
    type: str
    section_id: uuid.UUID
    section_name: str
    area: str
    topic: str
    score: Decimal


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything that publishing freezes. ``content`` holds no trace of ``key``."""

    content: dict[str, Any]
    key: dict[str, Any]
    items: tuple[ItemRow, ...]
    content_hash: str
    seconds: int
    max_score: Decimal


# -- what is wrong -------------------------------------------------------------------------------------------------


def reasons_against(test: TestSource) -> tuple[Problem, ...]:
    """Every reason why the test cannot be published, with its place; nothing if it can."""
    return tuple(_test_flaws(test))


def _test_flaws(test: TestSource) -> Iterator[Problem]:
    profile = find_profile(test.profile)
    if profile is None:
        yield Problem("/profile", "unknown_profile", f'There is no exam profile "{test.profile}".')
    if not test.sections:
        yield Problem("/sections", "no_sections", "The test has no sections.")
    for position, section in enumerate(test.sections):
        yield from _section_flaws(f"/sections/{position}", section)
    if sum(question.score for question in test.questions()) > MOST_IN_ALL:
        yield Problem("/sections", "too_many_marks", f"All questions together give more than {MOST_IN_ALL:,} marks.")
    if profile is not None and profile.areas:
        yield from _area_flaws(test, profile)


def _section_flaws(place: str, section: SectionSource) -> Iterator[Problem]:
    if section.duration <= 0:
        yield Problem(f"{place}/duration", "no_duration", f'The section "{section.name}" has no time.')
    if not any(group.questions for group in section.groups):
        yield Problem(f"{place}/question_groups", "empty_section", f'The section "{section.name}" has no questions.')
        return
    for number, group in enumerate(section.groups):
        inner = f"{place}/question_groups/{number}"
        if not group.questions:
            yield Problem(f"{inner}/questions", "empty_group", f'The group "{group.title}" has no questions.')
        for position, question in enumerate(group.questions):
            yield from _question_flaws(f"{inner}/questions/{position}", group, question)


def _question_flaws(place: str, group: GroupSource, question: QuestionSource) -> Iterator[Problem]:
    says_something = richtext.to_text(question.text) or richtext.media_names(question.text)
    if not (says_something or question.image or question.audio or group.has_stimulus):
        yield Problem(f"{place}/text", "no_text", "The question has neither text nor media.")
    if not 0 < question.score <= MOST_MARKS:
        yield Problem(f"{place}/score", "bad_score", "The marks of a question are more than 0.")
    if question.type not in TYPES:
        yield Problem(f"{place}/type", "unknown_type", f'There is no question type "{question.type}".')
        return
    for flaw in TYPES[question.type].reasons(question.text, question.given()):
        yield Problem(place + flaw.pointer, flaw.code, flaw.detail)


def _area_flaws(test: TestSource, profile: Profile) -> Iterator[Problem]:
    known = {area.code for area in profile.areas}
    fed = set()
    for position, section in enumerate(test.sections):
        for number, group in enumerate(section.groups):
            area = _area(section, group, profile)
            fed.add(area)
            if area not in known:
                place = f"/sections/{position}/question_groups/{number}/scored_area"
                yield Problem(place, "unknown_area", f"{profile.name} has no scored area for this group.")
    for missing in profile.areas:
        if missing.code not in fed:
            yield Problem("/sections", "missing_area", f'No question counts for "{missing.name}".')


def _area(section: SectionSource, group: GroupSource, profile: Profile) -> str:
    default = area_of(section.section_type, profile, has_passage=bool(group.reading_text))
    return group.scored_area or default


# -- the edition ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Names:
    """How the edition calls things: by their ids for takers, by their places for the hash."""

    thing: Callable[[uuid.UUID], str]
    option: Callable[[], str]


def build(test: TestSource) -> Edition:
    """Freeze a test that has no flaws. Options get new random ids, so that an id tells nothing."""
    profile = find_profile(test.profile) or CUSTOM
    places, places_of_options = count(), count()
    content, key = _frozen(test, profile, _Names(str, lambda: secrets.token_urlsafe(9)))
    bare = _frozen(test, profile, _Names(lambda _: f"@{next(places)}", lambda: f"#{next(places_of_options)}"))
    items = tuple(_rows(test, profile))
    return Edition(
        content=content,
        key=key,
        items=items,
        content_hash=hashlib.sha256(canonical(bare)).hexdigest(),
        seconds=sum(test.seconds_of(section) for section in test.sections),
        max_score=sum((item.score for item in items), Decimal(0)),
    )


def canonical(value: object) -> bytes:
    """The one way to write a JSON value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _frozen(test: TestSource, profile: Profile, names: _Names) -> tuple[dict[str, Any], dict[str, Any]]:
    key: dict[str, Any] = {}
    numbers = count(1)
    sections = []
    for position, section in enumerate(test.sections, 1):
        groups = []
        for place, group in enumerate(section.groups, 1):
            questions = [
                _frozen_question(question, next(numbers), names, key, test.quiz) for question in group.questions
            ]
            groups.append(_shown_group(group, place, names) | {"questions": questions})
        area = area_of(section.section_type, profile)
        shown = _shown_section(section, position, area, names, test.seconds_of(section))
        sections.append(shown | {"question_groups": groups})
    content = {"title": test.title, "level": test.level, "profile": profile.code, "sections": sections}
    return content | ({"quiz": test.quiz.shown()} if test.quiz else {}), key


def _shown_section(section: SectionSource, order: int, area: str, names: _Names, seconds: int) -> dict[str, Any]:
    return {
        "id": names.thing(section.id),
        "name": section.name,
        "section_type": section.section_type,
        "duration": quizzes.minutes(seconds),
        "seconds": seconds,
        "order": order,
        "area": area,
    }


def _shown_group(group: GroupSource, order: int, names: _Names) -> dict[str, Any]:
    return {
        "id": names.thing(group.id),
        "title": group.title,
        "mondai_number": group.mondai_number,
        "instruction": group.instruction,
        "reading_text": group.reading_text,
        "image": _media(group.image),
        "audio_file": _media(group.audio),
        "order": order,
    }


def _frozen_question(
    question: QuestionSource, number: int, names: _Names, key: dict[str, Any], quiz: QuizRules | None
) -> dict[str, Any]:
    """What takers see of a question, field by field; what grades it goes into ``key``."""
    name = names.thing(question.id)
    kind = TYPES[question.type]
    given = question.given().renamed(names.option)
    score = plain(question.score)
    key[name] = {
        "type": question.type,
        "score": score,
        "key": kind.write(given)[1],
        "explanation": question.explanation,
        "topic": question.topic,
    }
    return {
        "id": name,
        "question_number": question.question_number or number,
        "type": question.type,
        "text": question.text,
        "score": score,
        "image": _media(question.image),
        "audio_file": _media(question.audio),
        "shuffle": question.shuffle,
        "options": [],
        **{part: _SHOWN[part](given, kind) for part in sorted(kind.shows)},
        **({"seconds": quiz.seconds_of(question.seconds)} if quiz else {}),
    }


def _shown_options(given: Given, kind: ItemType) -> list[dict[str, Any]]:
    """Random ids give the order where the author's would tell the key."""
    drawn = "options" in kind.always_drawn
    options = sorted(given.options, key=lambda option: option.id) if drawn else given.options
    return [_shown_thing(option) for option in options]


def _shown_thing(thing: Option | Prompt) -> dict[str, Any]:
    return {"id": thing.id, "text": thing.text, "image": _media(thing.image)}


def _shown_gap(number: int, gap: Gap) -> dict[str, Any]:
    return {"id": gap.id, "number": number, "options": [_shown_thing(option) for option in gap.options]}


_SHOWN: Mapping[Part, Callable[[Given, ItemType], Any]] = {
    "options": _shown_options,
    "prompts": lambda given, _: [_shown_thing(prompt) for prompt in given.prompts],
    "gaps": lambda given, _: [_shown_gap(number, gap) for number, gap in enumerate(given.gaps, 1)],
    "star": lambda given, _: given.star,
}
"""The one place that says what takers see of answers: a type chooses among these and adds nothing."""


def _rows(test: TestSource, profile: Profile) -> Iterator[ItemRow]:
    numbers = count(1)
    for section in test.sections:
        for group in section.groups:
            area = _area(section, group, profile)
            for question in group.questions:
                yield ItemRow(
                    question_id=question.id,
                    number=next(numbers),
                    type=question.type,
                    section_id=section.id,
                    section_name=section.name,
                    area=area,
                    topic=question.topic,
                    score=question.score,
                )


def _media(media_id: uuid.UUID | None) -> str | None:
    return f"media:{media_id}" if media_id else None
