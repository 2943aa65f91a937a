"""A profile as JSON: in the files that come with the product, in the rows of a center, in papers, and in the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.mock_tests.rules.profiles.base import (
    ItemKind,
    MarkingRule,
    Pause,
    Profile,
    ScoredArea,
    Sitting,
    Tie,
    TimedSection,
)


def read_profile(given: Mapping[str, Any]) -> Profile:
    """The profile that this describes. What is absent is what a profile has without it."""
    return Profile(
        code=given["code"],
        name=given["name"],
        level=given.get("level", ""),
        exam_type=given.get("exam_type", "CUSTOM"),
        valid_from=_date(given.get("valid_from")),
        valid_until=_date(given.get("valid_until")),
        sections=tuple(_section(section) for section in given.get("sections", ())),
        areas=tuple(ScoredArea(**area) for area in given.get("areas", ())),
        item_kinds=tuple(
            ItemKind(**{**kind, "marks": _number(kind.get("marks"))}) for kind in given.get("item_kinds", ())
        ),
        marking=tuple(_rule(rule) for rule in given.get("marking", ())),
        ties=tuple(Tie(**tie) for tie in given.get("ties", ())),
        conversion=given.get("conversion", "none"),
        pass_score=given.get("pass_score"),
        max_marks=_number(given.get("max_marks")),
        counts_are_exact=given.get("counts_are_exact", False),
        sitting=_sitting(given.get("sitting")),
    )


def write_profile(profile: Profile) -> dict[str, Any]:
    """The inverse, with everything named."""
    return {
        "code": profile.code,
        "name": profile.name,
        "level": profile.level,
        "exam_type": profile.exam_type,
        "valid_from": profile.valid_from and profile.valid_from.isoformat(),
        "valid_until": profile.valid_until and profile.valid_until.isoformat(),
        **write_rules(profile),
    }


def write_rules(profile: Profile) -> dict[str, Any]:
    """What it says about the exam, without its names and dates."""
    return {
        "sections": [_fields(section) for section in profile.sections],
        "areas": [_fields(area) for area in profile.areas],
        "item_kinds": [_fields(kind) for kind in profile.item_kinds],
        "marking": [_fields(rule) for rule in profile.marking],
        "ties": [_fields(tie) for tie in profile.ties],
        "conversion": profile.conversion,
        "pass_score": profile.pass_score,
        "max_marks": _plain(profile.max_marks),
        "counts_are_exact": profile.counts_are_exact,
        "sitting": profile.sitting and _written_sitting(profile.sitting),
    }


def _section(given: Mapping[str, Any]) -> TimedSection:
    return TimedSection(**{**given, "passage_area": given.get("passage_area") or given.get("area", "")})


def _rule(given: Mapping[str, Any]) -> MarkingRule:
    numbers = {name: Decimal(given[name]) for name in ("right", "wrong", "unanswered") if name in given}
    return MarkingRule(**{**given, **numbers})


def _sitting(given: Mapping[str, Any] | None) -> Sitting | None:
    if given is None:
        return None
    tools = given.get("tools")
    breaks = tuple(Pause(**pause) for pause in given.get("breaks", ()))
    return Sitting(**{**given, "breaks": breaks, "tools": None if tools is None else tuple(tools)})


def _written_sitting(sitting: Sitting) -> dict[str, Any]:
    tools = None if sitting.tools is None else list(sitting.tools)
    return {**_fields(sitting), "breaks": [_fields(pause) for pause in sitting.breaks], "tools": tools}


def _fields(value: Any) -> dict[str, Any]:
    fields = ((name, getattr(value, name)) for name in value.__slots__)
    return {name: _plain(field) if isinstance(field, Decimal) else field for name, field in fields}


def _date(given: str | date | None) -> date | None:
    return date.fromisoformat(given) if isinstance(given, str) else given


def _number(given: Any) -> Decimal | None:
    return None if given is None else Decimal(given)


def _plain(number: Decimal | None) -> str | None:
    """No exponent, no zeros at the end."""
    return None if number is None else f"{number.normalize():f}" if number else "0"
