"""Exam profiles: dated data about timed sections, scored areas, marking and pass rules. A change of rules gets a new date;
tests and papers keep the profile they were made with."""

from apps.mock_tests.rules.profiles.base import (
    CUSTOM,
    LANGUAGE,
    LANGUAGE_AND_READING,
    LISTENING,
    READING,
    ItemKind,
    MarkingRule,
    Pause,
    Profile,
    ScoredArea,
    Sitting,
    Tie,
    TimedSection,
)
from apps.mock_tests.rules.profiles.data_form import read_profile, write_profile
from apps.mock_tests.rules.profiles.estimates import AreaEstimate, Estimate, estimate, passes
from apps.mock_tests.rules.profiles.flaws import profile_flaws
from apps.mock_tests.rules.profiles.lookup import (
    PROFILES,
    area_of,
    find_profile,
    holds,
    marking_for,
    minutes_for,
    part_of,
    profile_for,
    sections_for,
)
from apps.mock_tests.rules.profiles.sitting import sitting_of

__all__ = [
    "CUSTOM",
    "LANGUAGE",
    "LANGUAGE_AND_READING",
    "LISTENING",
    "PROFILES",
    "READING",
    "AreaEstimate",
    "Estimate",
    "ItemKind",
    "MarkingRule",
    "Pause",
    "Profile",
    "ScoredArea",
    "Sitting",
    "Tie",
    "TimedSection",
    "area_of",
    "estimate",
    "find_profile",
    "holds",
    "marking_for",
    "minutes_for",
    "part_of",
    "passes",
    "profile_flaws",
    "profile_for",
    "read_profile",
    "sections_for",
    "sitting_of",
    "write_profile",
]
