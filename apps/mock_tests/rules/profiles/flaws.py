"""What is wrong with a profile that somebody wrote: every reason, with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from apps.core.errors import Problem
from apps.mock_tests.rules.profiles.base import (
    CONVERSIONS,
    PLAYING,
    SECTION_TYPES,
    TIES,
    TOOLS,
    Profile,
    Sitting,
)
from apps.mock_tests.rules.types.registry import TYPES

MOST_MINUTES = 1440
MOST_PLAYS = 20
LONGEST_BREAK = 2 * 3600
MOST_LINKS = 9
"""Of the chain for ties: what orders a result is one line of text of bounded length."""
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EXAM_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,19}")


def profile_flaws(profile: Profile) -> tuple[Problem, ...]:
    """Every reason why tests cannot follow this profile; nothing if they can."""
    return tuple(_all_flaws(profile))


def _all_flaws(profile: Profile) -> Iterator[Problem]:
    if not _EXAM_TYPE.fullmatch(profile.exam_type):
        detail = "The type of exam is a word of capital letters, like JLPT or JEE_MAIN."
        yield Problem("/exam_type", "bad_exam_type", detail)
    if profile.valid_from and profile.valid_until and profile.valid_from >= profile.valid_until:
        yield Problem("/valid_until", "bad_dates", "The profile ends before it begins.")
    yield from _section_flaws(profile)
    yield from _area_flaws(profile)
    yield from _kind_flaws(profile)
    yield from _marking_flaws(profile)
    yield from _tie_flaws(profile)
    yield from _score_flaws(profile)
    yield from _sitting_flaws(profile)


def _section_flaws(profile: Profile) -> Iterator[Problem]:
    yield from _codes("/sections", [section.code for section in profile.sections])
    areas = {area.code for area in profile.areas}
    for position, section in enumerate(profile.sections):
        place = f"/sections/{position}"
        if not 0 < section.minutes <= MOST_MINUTES:
            yield Problem(f"{place}/minutes", "bad_minutes", f"A section has 1 to {MOST_MINUTES:,} minutes.")
        if section.section_type not in SECTION_TYPES:
            yield Problem(
                f"{place}/section_type", "unknown_type", f'There is no section type "{section.section_type}".'
            )
        if not section.name.strip():
            yield Problem(f"{place}/name", "blank", "The section needs a name.")
        for field in ("area", "passage_area"):
            if (areas or section.area) and getattr(section, field) not in areas:
                yield Problem(f"{place}/{field}", "unknown_area", f'There is no area "{getattr(section, field)}".')


def _area_flaws(profile: Profile) -> Iterator[Problem]:
    yield from _codes("/areas", [area.code for area in profile.areas])
    fed = {section.area for section in profile.sections} | {section.passage_area for section in profile.sections}
    for position, area in enumerate(profile.areas):
        place = f"/areas/{position}"
        if area.max_score <= 0:
            yield Problem(f"{place}/max_score", "bad_score", "The highest score of an area is more than 0.")
        if not 0 <= area.min_score <= area.max_score:
            detail = f"The minimum {area.min_score} does not lie between 0 and the highest score {area.max_score}."
            yield Problem(f"{place}/min_score", "minimum_above_maximum", detail)
        elif area.min_score and profile.conversion == "none":
            detail = "Only a profile that converts marks to scores (conversion: scaled) has minima."
            yield Problem(f"{place}/min_score", "needs_conversion", detail)
        if area.code not in fed:
            yield Problem(place, "area_not_fed", f'No section counts for "{area.name}".')


def _kind_flaws(profile: Profile) -> Iterator[Problem]:
    sections = {section.code for section in profile.sections}
    for position, kind in enumerate(profile.item_kinds):
        place = f"/item_kinds/{position}"
        if kind.section not in sections:
            yield Problem(f"{place}/section", "unknown_section", f'There is no section "{kind.section}".')
        if kind.count < 0:
            yield Problem(f"{place}/count", "bad_count", "A count is 0 or more.")
        if kind.type and kind.type not in TYPES:
            yield Problem(f"{place}/type", "unknown_type", f'There is no question type "{kind.type}".')
        if kind.marks is not None and kind.marks <= 0:
            yield Problem(f"{place}/marks", "bad_score", "The marks of a question are more than 0.")


def _marking_flaws(profile: Profile) -> Iterator[Problem]:
    sections = {section.code for section in profile.sections}
    seen = set()
    for position, rule in enumerate(profile.marking):
        place = f"/marking/{position}"
        if rule.type not in TYPES:
            yield Problem(f"{place}/type", "unknown_type", f'There is no question type "{rule.type}".')
        elif rule.policy and rule.policy not in TYPES[rule.type].policies:
            known = TYPES[rule.type].policies
            detail = f"Such a question is marked by: {', '.join(known)}." if known else "It has no policies."
            yield Problem(f"{place}/policy", "unknown_policy", detail)
        if rule.section and rule.section not in sections:
            yield Problem(f"{place}/section", "unknown_section", f'There is no section "{rule.section}".')
        if rule.right <= 0:
            yield Problem(f"{place}/right", "bad_score", "A right answer earns more than 0.")
            continue
        if not -rule.right <= rule.wrong <= 0:
            detail = "A wrong answer earns nothing, or loses at most what a right one earns: write it as 0 or below."
            yield Problem(f"{place}/wrong", "bad_wrong", detail)
        if not -rule.right <= rule.unanswered < rule.right:
            detail = "No answer earns less than a right one, and loses at most as much."
            yield Problem(f"{place}/unanswered", "bad_unanswered", detail)
        if (rule.type, rule.section, rule.right) in seen:
            yield Problem(place, "repeated", "There is a rule for these questions already.")
        seen.add((rule.type, rule.section, rule.right))


def _tie_flaws(profile: Profile) -> Iterator[Problem]:
    areas = {area.code for area in profile.areas}
    if len(profile.ties) > MOST_LINKS:
        yield Problem("/ties", "too_many", f"A chain has at most {MOST_LINKS} links.")
    for position, tie in enumerate(profile.ties):
        place = f"/ties/{position}"
        if tie.by not in TIES:
            yield Problem(f"{place}/by", "unknown_type", f"Ties are ordered by: {', '.join(TIES)}.")
        elif tie.by == "topic" and not tie.name:
            yield Problem(f"{place}/name", "blank", "The topic needs a name.")
        elif (tie.by == "area" or (tie.by == "wrong_ratio" and tie.name)) and tie.name not in areas:
            yield Problem(f"{place}/name", "unknown_area", f'There is no area "{tie.name}".')


def _score_flaws(profile: Profile) -> Iterator[Problem]:
    if profile.conversion not in CONVERSIONS:
        yield Problem("/conversion", "unknown_type", f"Marks are converted by: {', '.join(CONVERSIONS)}.")
    elif profile.conversion == "scaled" and not profile.areas:
        yield Problem("/conversion", "needs_areas", "Marks are converted by area; there is none.")
    top = Decimal(profile.total_score or 0) if profile.conversion == "scaled" else profile.max_marks
    if profile.pass_score is not None and (profile.pass_score < 0 or (top is not None and profile.pass_score > top)):
        most = "" if top is None else f" and {top:f}"
        yield Problem("/pass_score", "bad_pass_score", f"The pass mark lies between 0{most}.")
    yield from _sum_flaws(profile)


def _sum_flaws(profile: Profile) -> Iterator[Problem]:
    """Marks can be added up where every kind of item tells what it is worth."""
    if profile.max_marks is None:
        return
    worth = [_marks_of(profile, position) for position in range(len(profile.item_kinds))]
    told = [marks for marks in worth if marks is not None]
    if profile.item_kinds and len(told) == len(worth) and sum(told) != profile.max_marks:
        detail = f"The items give {sum(told):f} marks together, the profile says {profile.max_marks:f}."
        yield Problem("/max_marks", "does_not_add_up", detail)
    if profile.conversion == "none" and profile.areas and profile.total_score != profile.max_marks:
        detail = f"The areas add up to {profile.total_score}, the profile says {profile.max_marks:f}."
        yield Problem("/areas", "does_not_add_up", detail)


def _marks_of(profile: Profile, position: int) -> Decimal | None:
    kind = profile.item_kinds[position]
    if kind.marks is not None:
        return kind.marks * kind.count
    rules = [rule for rule in profile.marking if rule.type == kind.type and rule.section in ("", kind.section)]
    return rules[0].right * kind.count if len(rules) == 1 else None


def _sitting_flaws(profile: Profile) -> Iterator[Problem]:
    sitting = profile.sitting
    if sitting is None:
        return
    if sitting.is_sectioned and not all(section.timed_apart for section in profile.sections):
        detail = "Sections that share a time cannot be sat one by one."
        yield Problem("/sitting/is_sectioned", "shared_time", detail)
    if sitting.listening is not None and sitting.listening not in PLAYING:
        yield Problem("/sitting/listening", "unknown_type", f"Recordings are played: {', '.join(PLAYING)}.")
    if sitting.plays_allowed is not None and not 1 <= sitting.plays_allowed <= MOST_PLAYS:
        yield Problem("/sitting/plays_allowed", "out_of_bounds", f"A recording is played 1 to {MOST_PLAYS} times.")
    for position, tool in enumerate(sitting.tools or ()):
        if tool not in TOOLS:
            yield Problem(f"/sitting/tools/{position}", "unknown_type", f"Tools are: {', '.join(TOOLS)}.")
    yield from _break_flaws(profile, sitting)


def _break_flaws(profile: Profile, sitting: Sitting) -> Iterator[Problem]:
    if sitting.breaks and not sitting.is_sectioned:
        yield Problem("/sitting/breaks", "needs_timed_sections", "Only between timed sections there are breaks.")
    before_others = [section.code for section in profile.sections[:-1]]
    places = [pause.after for pause in sitting.breaks]
    for position, pause in enumerate(sitting.breaks):
        if pause.after not in before_others or pause.after in places[:position]:
            detail = "One each, after a section (by its code) that is not the last."
            yield Problem(f"/sitting/breaks/{position}/after", "no_such_break", detail)
        if not 0 < pause.seconds <= LONGEST_BREAK:
            detail = f"A break has 1 to {LONGEST_BREAK:,} seconds."
            yield Problem(f"/sitting/breaks/{position}/seconds", "out_of_bounds", detail)


def _codes(place: str, codes: Iterable[str]) -> Iterator[Problem]:
    codes = list(codes)
    often = Counter(codes)
    for position, code in enumerate(codes):
        if not _CODE.fullmatch(code):
            detail = "A code is 1 to 40 small letters, digits, hyphens and underscores."
            yield Problem(f"{place}/{position}/code", "bad_code", detail)
        elif often[code] > 1:
            yield Problem(f"{place}/{position}/code", "repeated", f'The code "{code}" stands here more than once.')
