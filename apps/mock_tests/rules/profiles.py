"""Exam profiles: dated data about timed sections, scored areas and pass rules. A change of rules gets a new date; tests
and attempts keep the profile they were made with.

Timed sections and scored areas are separate: one timed block may feed two areas, two blocks may feed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

LANGUAGE, READING, LISTENING = "language_knowledge", "reading", "listening"
LANGUAGE_AND_READING = "language_reading_combined"


@dataclass(frozen=True, slots=True)
class TimedSection:
    """A part with a time of its own. Groups with a passage feed ``passage_area``, all others ``area``."""

    section_type: str
    name: str
    minutes: int
    area: str
    passage_area: str


@dataclass(frozen=True, slots=True)
class ScoredArea:
    """A line of the result, scaled from 0 to ``max_score``; below ``min_score`` the whole test is failed."""

    code: str
    name: str
    max_score: int
    min_score: int


@dataclass(frozen=True, slots=True)
class ItemKind:
    """A kind of item as the exam names it, and how many are usual; guidance, not a rule."""

    name: str
    section_type: str
    count: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One exam under the rules that hold from ``valid_from`` on."""

    code: str
    name: str
    level: str = ""
    valid_from: date | None = None
    sections: tuple[TimedSection, ...] = ()
    areas: tuple[ScoredArea, ...] = ()
    item_kinds: tuple[ItemKind, ...] = ()
    pass_score: int | None = None

    @property
    def total_score(self) -> int | None:
        return sum(area.max_score for area in self.areas) or None


@dataclass(frozen=True, slots=True)
class AreaEstimate:
    code: str
    score: int
    min_score: int
    max_score: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of a scaled result, never the result: the exam's own scaling is not public."""

    areas: tuple[AreaEstimate, ...]
    total: int
    passed: bool


def _written(section_type: str, name: str, minutes: int, area: str, passage_area: str = "") -> TimedSection:
    return TimedSection(section_type, name, minutes, area, passage_area or area)


def _listening(minutes: int) -> TimedSection:
    return TimedSection("LISTENING", "Listening", minutes, LISTENING, LISTENING)


def _kinds(section_type: str, **counts: int) -> tuple[ItemKind, ...]:
    return tuple(ItemKind(name.replace("_", " "), section_type, count) for name, count in counts.items())


_THREE_AREAS = (
    ScoredArea(LANGUAGE, "Language Knowledge (Vocabulary/Grammar)", 60, 19),
    ScoredArea(READING, "Reading", 60, 19),
    ScoredArea(LISTENING, "Listening", 60, 19),
)
_TWO_AREAS = (
    ScoredArea(LANGUAGE_AND_READING, "Language Knowledge (Vocabulary/Grammar) and Reading", 120, 38),
    ScoredArea(LISTENING, "Listening", 60, 19),
)
_ONE_BLOCK = "Language Knowledge (Vocabulary/Grammar) and Reading"

CUSTOM = Profile("custom", "Custom")
_ALL = (
    CUSTOM,
    Profile(
        "jlpt-n5@2020-12",
        "JLPT N5",
        "N5",
        date(2020, 12, 1),
        (
            _written("VOCAB", "Vocabulary", 20, LANGUAGE_AND_READING),
            _written("GRAMMAR_READING", "Grammar and Reading", 40, LANGUAGE_AND_READING),
            _listening(30),
        ),
        _TWO_AREAS,
        (
            *_kinds("VOCAB", Kanji_reading=7, Orthography=5, Contextual=6, Paraphrase=3),
            *_kinds("GRAMMAR_READING", Grammar_form=9, Sentence_building=4, Text_grammar=4),
            *_kinds("GRAMMAR_READING", Short_passages=2, Mid_passages=2, Information_search=1),
            *_kinds("LISTENING", Task=7, Key_point=6, Utterance=5, Quick_response=6),
        ),
        pass_score=80,
    ),
    Profile(
        "jlpt-n4@2020-12",
        "JLPT N4",
        "N4",
        date(2020, 12, 1),
        (
            _written("VOCAB", "Vocabulary", 25, LANGUAGE_AND_READING),
            _written("GRAMMAR_READING", "Grammar and Reading", 55, LANGUAGE_AND_READING),
            _listening(35),
        ),
        _TWO_AREAS,
        pass_score=90,
    ),
    Profile(
        "jlpt-n3@2010-07",
        "JLPT N3",
        "N3",
        date(2010, 7, 1),
        (
            _written("VOCAB", "Vocabulary", 30, LANGUAGE),
            _written("GRAMMAR_READING", "Grammar and Reading", 70, LANGUAGE, READING),
            _listening(40),
        ),
        _THREE_AREAS,
        pass_score=95,
    ),
    Profile(
        "jlpt-n2@2010-07",
        "JLPT N2",
        "N2",
        date(2010, 7, 1),
        (_written("FULL_WRITTEN", _ONE_BLOCK, 105, LANGUAGE, READING), _listening(50)),
        _THREE_AREAS,
        pass_score=90,
    ),
    Profile(
        "jlpt-n1@2022-12",
        "JLPT N1",
        "N1",
        date(2022, 12, 1),
        (_written("FULL_WRITTEN", _ONE_BLOCK, 110, LANGUAGE, READING), _listening(55)),
        _THREE_AREAS,
        pass_score=100,
    ),
)
PROFILES: Mapping[str, Profile] = {profile.code: profile for profile in _ALL}

MINUTES_PER_QUESTION = 2
FEWEST_MINUTES = 5


def find_profile(code: str) -> Profile | None:
    """The profile of this code, if there is one."""
    return PROFILES.get(code)


def profile_for(level: str) -> Profile:
    """The newest profile of a level; the custom one for tests without a level."""
    of_level = [profile for profile in _ALL if level and profile.level == level]
    return max(of_level, key=lambda profile: profile.valid_from or date.min, default=CUSTOM)


def sections_for(profile: Profile) -> tuple[TimedSection, ...]:
    """The sections that a new test of this profile begins with."""
    return profile.sections


def minutes_for(section_type: str, profile: Profile, questions: int) -> int:
    """The time of a section: the profile's, or a guess by the number of questions."""
    guess = max(FEWEST_MINUTES, questions * MINUTES_PER_QUESTION)
    return next((part.minutes for part in profile.sections if part.section_type == section_type), guess)


def area_of(section_type: str, profile: Profile, *, has_passage: bool = False) -> str:
    """The scored area that a section of this type feeds, or nothing where the profile knows none."""
    for part in profile.sections:
        if part.section_type == section_type:
            return part.passage_area if has_passage else part.area
    return LANGUAGE_AND_READING if section_type == "FULL_WRITTEN" and _combines(profile) else ""


def _combines(profile: Profile) -> bool:
    return any(area.code == LANGUAGE_AND_READING for area in profile.areas)


def estimate(profile: Profile, shares: Mapping[str, Decimal]) -> Estimate:
    """Estimate the scaled result from the share of marks in each area (0 to 1; an absent area counts as 0).

    A straight line from nothing to full marks. The real exam weighs each person's pattern of answers instead.
    """
    areas = tuple(_area_estimate(area, shares.get(area.code, Decimal(0))) for area in profile.areas)
    total = sum(area.score for area in areas)
    return Estimate(areas, total, passes(profile, {area.code: area.score for area in areas}))


def passes(profile: Profile, scores: Mapping[str, int]) -> bool:
    """Whether the total reaches the pass mark and every area its minimum."""
    every_area = all(scores.get(area.code, 0) >= area.min_score for area in profile.areas)
    return every_area and sum(scores.values()) >= (profile.pass_score or 0)


def _area_estimate(area: ScoredArea, share: Decimal) -> AreaEstimate:
    within = min(max(share, Decimal(0)), Decimal(1))
    score = int((within * area.max_score).quantize(Decimal(1), ROUND_HALF_UP))
    return AreaEstimate(area.code, score, area.min_score, area.max_score, score >= area.min_score)
