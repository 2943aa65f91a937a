"""How an exam is sat: what a profile says of it, and what follows for a room that gives one of its papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.mock_tests.rules.profiles.base import Profile, TimedSection
from apps.mock_tests.rules.profiles.lookup import part_of

_PLAIN = ("listening", "plays_allowed", "has_review_screen")


def sitting_of(profile: Profile, sections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The rules that a room begins with for a paper of these sections: by the names of a room's fields, those alone of which
    the exam says something.

    Sections are timed one by one only where each is a part of its own in the exam: a paper of other sections, or of one,
    would otherwise be cut where no candidate is.
    """
    sitting = profile.sitting
    if sitting is None:
        return {}
    said = {name: getattr(sitting, name) for name in _PLAIN if getattr(sitting, name) is not None}
    if sitting.tools is not None:
        said["tools"] = list(sitting.tools)
    parts = _parts_apart(profile, sections)
    if sitting.is_sectioned and parts:
        after = {pause.after: pause.seconds for pause in sitting.breaks}
        said["is_sectioned"] = True
        said["breaks"] = [
            {"after": number, "seconds": after[part.code]}
            for number, part in enumerate(parts[:-1], start=1)
            if part.code in after
        ]
        if sitting.may_leave_early is not None:
            said["may_leave_early"] = sitting.may_leave_early
    return said


def _parts_apart(profile: Profile, sections: Sequence[Mapping[str, Any]]) -> list[TimedSection]:
    """The parts of the exam that these sections are, each with a time of its own; nothing where they are not such parts."""
    parts = [_part(profile, section) for section in sections]
    apart = [part for part in parts if part is not None and part.timed_apart]
    is_whole = len(apart) == len(sections) and len({part.code for part in apart}) == len(apart)
    return apart if is_whole and len(apart) > 1 else []


def _part(profile: Profile, section: Mapping[str, Any]) -> TimedSection | None:
    found = part_of(profile, section_type=section["section_type"], name=section["name"])
    if found is not None:
        return found
    feeding = [part for part in profile.sections if section.get("area") and part.area == section["area"]]
    return feeding[0] if len(feeding) == 1 else None
