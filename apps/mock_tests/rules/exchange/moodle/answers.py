"""The part of a Moodle question that differs from type to type, its answers: how a type reads and writes them, and what
several types share in that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.types.base import Answer, Gap, Given, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.choices import MOST_OPTIONS
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import normalised

MAX_OPTIONS: Final = MOST_OPTIONS
TRUE: Final = frozenset({"true", "1", "yes"})
ANY_OTHER: Final = "*"
_WILDCARD: Final = re.compile(r"(?<!\\)\*")


class RefusedQuestion(Exception):
    """The question cannot be taken; `reasons` say why, one sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Answers:
    """What a question says about its answers; `text` replaces the question's own, `areas` are checked for their files."""

    type: str
    options: tuple[DraftOption, ...] = ()
    numbers: tuple[Answer, ...] = ()
    texts: tuple[Text, ...] = ()
    case_sensitive: bool = False
    truth: Truth | None = None
    prompts: tuple[Prompt, ...] = ()
    gaps: tuple[Gap, ...] = ()
    policy: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)
    areas: tuple[Area, ...] = ()
    notes: tuple[str, ...] = ()
    shuffle: bool = False
    text: str | None = None
    marks: Decimal | None = None
    """Where the file does not say them: those of the answers."""


class MoodleMapping:
    """How one type of question stands in Moodle's XML; the ``MAPPING`` of a type's module ``moodle``."""

    def takes(self, node: Node) -> bool:
        """Whether an element is a question of this type."""
        raise NotImplementedError

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        """What the element says about the answers; refuses with `RefusedQuestion`. ``text`` is that of the question."""
        raise NotImplementedError

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        """The type of the question in Moodle, and the elements of its answers."""
        raise NotImplementedError

    def text(self, question: DraftQuestion) -> str:
        """The text of the question, where answers stand inside it."""
        return question.text


def kind_of(node: Node) -> str:
    """What Moodle calls the type of a question."""
    return node.attributes.get("type", "")


def refuse_if(reasons: Sequence[str]) -> None:
    """Refuse the question if there is any reason, each named once."""
    if reasons:
        raise RefusedQuestion(*dict.fromkeys(reasons))


def few(node: Node, tag: str) -> list[Node]:
    """The elements of one kind; refuses more of them than a question may have options."""
    elements = list(node.find_all(tag))
    if len(elements) > MAX_OPTIONS:
        raise RefusedQuestion(f"It has {len(elements)} options; at most {MAX_OPTIONS} are accepted.")
    return elements


def as_area(answer: Node) -> Node:
    """An answer is a text area except for its feedback, which is an area of its own."""
    own = [child for child in answer.children if child.tag in ("text", "file")]
    return Node(answer.tag, answer.attributes, answer.line, own)


def numbered(options: Iterable[DraftOption]) -> tuple[Option, ...]:
    """Options under their places."""
    return tuple(Option(str(place), option.text) for place, option in enumerate(options))


def refuse_flaws(question_type: str, text: str, given: Given) -> None:
    """Refuse the question if its type finds anything wrong."""
    refuse_if([flaw.detail for flaw in TYPES[question_type].reasons(text, given)])


def fraction_of(element: Node) -> Decimal:
    """The share of the marks that an answer is worth."""
    percent = parse_number(element.attributes.get("fraction", "0"))
    if percent is None or abs(percent) > 100:
        given = shortened(element.attributes.get("fraction", ""))
        raise RefusedQuestion(f'The weight "{given}" of an answer is not a number from -100 to 100.')
    return percent / 100


def accepted(said: Iterable[Text], *, strict: bool) -> tuple[tuple[Text, ...], tuple[str, ...]]:
    """Texts as they are typed: the first of those that count as the same, without the one for all others."""
    kept: dict[str, Text] = {}
    notes = []
    for text in said:
        if text.text == ANY_OTHER:
            notes.append('The answer "*" (anything else) was left out.')
            if text.fraction > 0:
                raise RefusedQuestion('The answer "*" gives marks for anything.')
            continue
        if _WILDCARD.search(text.text) and text.fraction <= 0:
            notes.append(f'The answer "{shortened(text.text)}" has a wildcard (*) and was left out; it earns nothing.')
            continue
        if _WILDCARD.search(text.text):
            raise RefusedQuestion(f'The answer "{shortened(text.text)}" has a wildcard (*); name the answers instead.')
        plain = Text(text.text.replace("\\*", "*"), text.fraction, text.feedback)
        same = normalised(plain.text, case_sensitive=strict)
        if same in kept:
            notes.append(f'The answer "{shortened(plain.text)}" counts as another one and was left out.')
        kept.setdefault(same, plain)
    return tuple(kept.values()), tuple(notes)
