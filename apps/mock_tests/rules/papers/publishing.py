"""From a test as its author left it to an edition: what takers see, the key apart from it, one row per item, and a hash
that is the same for the same content. Why a test cannot have one: `reasons`."""

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

from apps.mock_tests.rules.papers import items, quizzes
from apps.mock_tests.rules.papers.marking import Marking, settle
from apps.mock_tests.rules.papers.quizzes import QuizRules
from apps.mock_tests.rules.profiles import CUSTOM, Profile, area_of, find_profile, marking_for, part_of, write_profile
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Gap, Given, ItemType, Option, Part, Prompt, plain
from apps.mock_tests.rules.types.registry import TYPES


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
    has_own_score: bool = True
    wrong_share: Decimal | None = None
    bank_version: uuid.UUID | None = None

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
    code: str = ""


@dataclass(frozen=True, slots=True)
class TestSource:
    """A whole test, in order."""

    title: str
    level: str
    profile: str
    sections: Sequence[SectionSource]
    quiz: QuizRules | None = None
    rules: Profile | None = None
    """The exam profile where it is the center's own."""

    __test__: ClassVar[bool] = False

    @property
    def exam(self) -> Profile | None:
        """Its exam profile, if there is such a one."""
        return self.rules or find_profile(self.profile)

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
    bank_version: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything that publishing freezes. ``content`` holds no trace of ``key``."""

    content: dict[str, Any]
    key: dict[str, Any]
    items: tuple[ItemRow, ...]
    content_hash: str
    seconds: int
    max_score: Decimal
    profile: dict[str, Any]
    """The exam profile as it was."""


# -- what the exam profile adds ------------------------------------------------------------------------------------


def area_in(section: SectionSource, profile: Profile, group: GroupSource | None = None) -> str:
    """The scored area of a section, or of a group in it."""
    if group is not None and group.scored_area:
        return group.scored_area
    has_passage = bool(group and group.reading_text)
    return area_of(section.section_type, profile, has_passage=has_passage, code=section.code, name=section.name)


def markings(test: TestSource) -> dict[uuid.UUID, Marking]:
    """How each question is marked under the profile of the test. Those of an unknown type are left out."""
    profile = test.exam or CUSTOM
    found = {}
    for section in test.sections:
        part = part_of(profile, code=section.code, section_type=section.section_type, name=section.name)
        for group in section.groups:
            for question in group.questions:
                if question.type not in TYPES:
                    continue
                rule = marking_for(profile, type=question.type, section=part.code if part else "", score=question.score)
                found[question.id] = settle(
                    rule,
                    type=question.type,
                    score=question.score,
                    has_own_score=question.has_own_score,
                    wrong_share=question.wrong_share,
                    given=question.given(),
                )
    return found


# -- the edition ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Names:
    """How the edition calls things: by their ids for takers, by their places for the hash."""

    thing: Callable[[uuid.UUID], str]
    option: Callable[[], str]


def build(test: TestSource) -> Edition:
    """Freeze a test that has no flaws. Options get new random ids, so that an id tells nothing."""
    profile = test.exam or CUSTOM
    marking = markings(test)
    places, places_of_options = count(), count()
    content, key = _frozen(test, profile, marking, _Names(str, lambda: secrets.token_urlsafe(9)))
    bare = _frozen(test, profile, marking, _Names(lambda _: f"@{next(places)}", lambda: f"#{next(places_of_options)}"))
    items = tuple(_rows(test, profile, marking))
    return Edition(
        content=content,
        key=key,
        items=items,
        content_hash=hashlib.sha256(canonical(bare)).hexdigest(),
        seconds=sum(test.seconds_of(section) for section in test.sections),
        max_score=sum((item.score for item in items), Decimal(0)),
        profile=write_profile(profile),
    )


def canonical(value: object) -> bytes:
    """The one way to write a JSON value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _frozen(
    test: TestSource, profile: Profile, marking: Mapping[uuid.UUID, Marking], names: _Names
) -> tuple[dict[str, Any], dict[str, Any]]:
    key: dict[str, Any] = {}
    numbers = count(1)
    sections = []
    for position, section in enumerate(test.sections, 1):
        groups = []
        for place, group in enumerate(section.groups, 1):
            questions = [
                _frozen_question(question, next(numbers), names, key, marking[question.id], test.quiz)
                for question in group.questions
            ]
            groups.append(_shown_group(group, place, names) | {"questions": questions})
        area = area_in(section, profile)
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
    question: QuestionSource,
    number: int,
    names: _Names,
    key: dict[str, Any],
    marking: Marking,
    quiz: QuizRules | None,
) -> dict[str, Any]:
    """What takers see of a question, field by field; what grades it goes into ``key``."""
    name = names.thing(question.id)
    kind = TYPES[question.type]
    given = marking.given.renamed(names.option)
    score = plain(marking.score)
    key[name] = {
        "type": question.type,
        "score": score,
        "key": kind.write(given)[1],
        "explanation": question.explanation,
        "topic": question.topic,
        **{name: plain(share) for name, share in (("wrong", marking.wrong), ("blank", marking.blank)) if share},
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
        **own_fields.shown(kind.fields, given.own),
        **({"wrong_marks": items.wrong_marks(key[name])} if marking.wrong and not kind.is_marked_by_hand else {}),
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


def _rows(test: TestSource, profile: Profile, marking: Mapping[uuid.UUID, Marking]) -> Iterator[ItemRow]:
    numbers = count(1)
    for section in test.sections:
        for group in section.groups:
            area = area_in(section, profile, group)
            for question in group.questions:
                yield ItemRow(
                    question_id=question.id,
                    number=next(numbers),
                    type=question.type,
                    section_id=section.id,
                    section_name=section.name,
                    area=area,
                    topic=question.topic,
                    score=marking[question.id].score,
                    bank_version=question.bank_version,
                )


def _media(media_id: uuid.UUID | None) -> str | None:
    return f"media:{media_id}" if media_id else None
