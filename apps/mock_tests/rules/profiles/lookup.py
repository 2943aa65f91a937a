"""The profiles that come with the product, and what a test asks of a profile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from apps.mock_tests.rules.profiles.base import (
    CUSTOM,
    LANGUAGE_AND_READING,
    MarkingRule,
    Profile,
    TimedSection,
)
from apps.mock_tests.rules.profiles.data_form import read_profile

MINUTES_PER_QUESTION = 2
FEWEST_MINUTES = 5
_FILES = Path(__file__).with_name("data")


def _shipped() -> Mapping[str, Profile]:
    """One file per exam, in it an entry for each date on which its rules changed."""
    found = {CUSTOM.code: CUSTOM}
    for file in sorted(_FILES.glob("*.json")):
        for given in json.loads(file.read_text("utf-8")):
            profile = read_profile(given)
            found[profile.code] = profile
    return MappingProxyType(found)


PROFILES: Mapping[str, Profile] = _shipped()


def find_profile(code: str) -> Profile | None:
    """The shipped profile of this code, if there is one."""
    return PROFILES.get(code)


def profile_for(level: str, on: date | None = None) -> Profile:
    """The shipped profile of a level that holds on a day, by default the newest; the custom one for tests of no level."""
    of_level = [p for p in PROFILES.values() if level and p.level == level and (on is None or holds(p, on))]
    return max(of_level, key=lambda profile: profile.valid_from or date.min, default=CUSTOM)


def holds(profile: Profile, on: date) -> bool:
    """Whether its rules hold on a day."""
    return (profile.valid_from or date.min) <= on < (profile.valid_until or date.max)


def sections_for(profile: Profile) -> tuple[TimedSection, ...]:
    """The sections that a new test of this profile begins with."""
    return profile.sections


def minutes_for(section_type: str, profile: Profile, questions: int) -> int:
    """The time of a section: the profile's, or a guess by the number of questions."""
    guess = max(FEWEST_MINUTES, questions * MINUTES_PER_QUESTION)
    return next((part.minutes for part in profile.sections if part.section_type == section_type), guess)


def part_of(profile: Profile, *, code: str = "", section_type: str = "", name: str = "") -> TimedSection | None:
    """Which section of the profile a section of a test is: by its code, by its type where that tells it, or by its name."""
    parts = profile.sections
    by_code = [part for part in parts if part.code == code]
    by_type = [part for part in parts if part.section_type == section_type]
    by_name = [part for part in parts if part.name.casefold() == name.strip().casefold()]
    if code and by_code:
        return by_code[0]
    return by_type[0] if len(by_type) == 1 else by_name[0] if by_name else None


def area_of(section_type: str, profile: Profile, *, has_passage: bool = False, code: str = "", name: str = "") -> str:
    """The scored area that such a section feeds, or nothing where the profile knows none."""
    part = part_of(profile, code=code, section_type=section_type, name=name)
    if part is not None:
        return part.passage_area if has_passage else part.area
    return LANGUAGE_AND_READING if section_type == "FULL_WRITTEN" and _combines(profile) else ""


def marking_for(profile: Profile, *, type: str, section: str = "", score: object = None) -> MarkingRule | None:
    """The rule for a question of a type in a section (by its code). Where a type has several, the one whose full marks are
    ``score``, or else the first."""
    rules = [rule for rule in profile.marking if rule.type == type and rule.section in ("", section)]
    rules.sort(key=lambda rule: not rule.section)
    return next((rule for rule in rules if rule.right == score), rules[0] if rules else None)


def _combines(profile: Profile) -> bool:
    return any(area.code == LANGUAGE_AND_READING for area in profile.areas)
