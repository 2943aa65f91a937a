"""What an exam profile says: timed sections, scored areas, marking, conversion, pass rule, order of ties, and how it is sat.

Timed sections and scored areas are separate: one timed block may feed two areas, two blocks may feed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

LANGUAGE, READING, LISTENING = "language_knowledge", "reading", "listening"
LANGUAGE_AND_READING = "language_reading_combined"

Conversion = Literal["none", "scaled"]
TieBy = Literal["topic", "area", "wrong_ratio"]
CONVERSIONS: tuple[Conversion, ...] = ("none", "scaled")
TIES: tuple[TieBy, ...] = ("topic", "area", "wrong_ratio")
SectionType = Literal["VOCAB", "GRAMMAR_READING", "LISTENING", "FULL_WRITTEN", "GENERAL"]
SECTION_TYPES: tuple[SectionType, ...] = get_args(SectionType)
PLAYING = ("FREE", "LIMITED", "SYNCHRONISED")
TOOLS = ("calculator", "dictionary", "notes")

_SHARE_DIGITS = Decimal("1e-10")


@dataclass(frozen=True, slots=True)
class TimedSection:
    """A part of the exam. Groups with a passage feed ``passage_area``, all others ``area``. ``timed_apart``: its minutes are
    its own; otherwise they are its share of a time that all such sections have together."""

    code: str
    section_type: str
    name: str
    minutes: int
    area: str = ""
    passage_area: str = ""
    timed_apart: bool = True


@dataclass(frozen=True, slots=True)
class ScoredArea:
    """A line of the result, from 0 to ``max_score``; below ``min_score`` the whole test is failed."""

    code: str
    name: str
    max_score: int
    min_score: int = 0


@dataclass(frozen=True, slots=True)
class ItemKind:
    """A kind of item as the exam names it, the section it stands in (by code), and how many are usual. ``type``: the type
    of question that it always is, if there is one; ``marks``: of each, where they differ inside a type."""

    name: str
    section: str
    count: int
    type: str = ""
    marks: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MarkingRule:
    """What a question of a type earns: ``right`` in full, ``wrong`` and ``unanswered`` as signed decimals. ``policy`` says
    how an answer that is right in part is marked, where a type knows several ways. With ``section`` it holds there alone."""

    type: str
    right: Decimal
    wrong: Decimal = Decimal(0)
    unanswered: Decimal = Decimal(0)
    policy: str = ""
    section: str = ""

    @property
    def wrong_share(self) -> Decimal:
        """What a wrong answer earns, of the marks."""
        return (self.wrong / self.right).quantize(_SHARE_DIGITS)

    @property
    def blank_share(self) -> Decimal:
        """What no answer earns, of the marks."""
        return (self.unanswered / self.right).quantize(_SHARE_DIGITS)


@dataclass(frozen=True, slots=True)
class Tie:
    """A link of the chain that orders equal scores: more marks in a topic or an area, or a smaller number of wrong answers
    for each right one, in an area or (without a name) in the whole paper."""

    by: TieBy
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A break after a timed section (by its code)."""

    after: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """How the exam is sat, with which a room begins that gives one of its papers. Of what is None the exam says nothing.
    ``is_sectioned``: sections are sat one by one, each in its own time, forward only; ``breaks`` lie between them;
    ``listening``: one of ``PLAYING``, with so many ``plays_allowed`` where it is LIMITED; ``tools``: of ``TOOLS``."""

    is_sectioned: bool | None = None
    may_leave_early: bool | None = None
    breaks: tuple[Pause, ...] = ()
    listening: str | None = None
    plays_allowed: int | None = None
    has_review_screen: bool | None = None
    tools: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One exam under the rules that hold from ``valid_from`` up to ``valid_until``."""

    code: str
    name: str
    level: str = ""
    exam_type: str = "CUSTOM"
    valid_from: date | None = None
    valid_until: date | None = None
    sections: tuple[TimedSection, ...] = ()
    areas: tuple[ScoredArea, ...] = ()
    item_kinds: tuple[ItemKind, ...] = ()
    marking: tuple[MarkingRule, ...] = ()
    ties: tuple[Tie, ...] = ()
    conversion: Conversion = "none"
    pass_score: int | None = None
    max_marks: Decimal | None = None
    counts_are_exact: bool = False
    sitting: Sitting | None = None

    @property
    def total_score(self) -> int | None:
        """Of a converted result."""
        return sum(area.max_score for area in self.areas) or None

    @property
    def minutes(self) -> int:
        """Of all sections together."""
        return sum(section.minutes for section in self.sections)

    @property
    def question_count(self) -> int:
        """How many questions are usual."""
        return sum(kind.count for kind in self.item_kinds)


CUSTOM = Profile("custom", "Custom")
