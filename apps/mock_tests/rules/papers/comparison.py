"""What differs between two papers of a test: parts that came, went, moved or say something else. Options have other random
ids in each paper, so they are compared by what they say."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES

Kind = Literal["test", "section", "group", "question"]
What = Literal["added", "removed", "moved", "changed"]

_OF_SECTION = ("name", "section_type", "duration", "seconds", "area")
_NOT_OF_GROUP = frozenset({"id", "order", "questions"})
_NOT_OF_QUESTION = frozenset({"id", "wrong_marks"})  # what a wrong answer costs is said by the key
_NOT_OF_KEY = frozenset({"type", "score"})
_THINGS = ("options", "prompts", "gaps")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Field:
    """A field with other content; values as JSON, options by what they say."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``pointer`` is a place in the later paper, or in the earlier one for what was removed."""

    kind: Kind
    what: What
    id: str
    pointer: str
    name: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper beside its key."""

    content: Mapping[str, Any]
    key: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    kind: Kind
    id: str
    parent: str
    pointer: str
    name: str
    says: Mapping[str, Any]


def compare(before: Sheet, after: Sheet) -> tuple[Change, ...]:
    """All differences, in the order of the later paper; what was removed stands at the end. A part that stands elsewhere and
    says something else is told twice."""
    old = {part.id: part for part in _parts(before)}
    new = {part.id: part for part in _parts(after)}
    moved = _moved(old, new)
    found = []
    for part in new.values():
        known = old.get(part.id)
        if known is None:
            found.append(Change(part.kind, "added", part.id, part.pointer, part.name))
            continue
        if part.id in moved:
            places = (Field("place", known.pointer, part.pointer),)
            found.append(Change(part.kind, "moved", part.id, part.pointer, part.name, places))
        if fields := tuple(_differences(known.says, part.says)):
            found.append(Change(part.kind, "changed", part.id, part.pointer, part.name, fields))
    gone = (part for part in old.values() if part.id not in new)
    return (*found, *(Change(part.kind, "removed", part.id, part.pointer, part.name) for part in gone))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Field]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Field(name, before.get(name), after.get(name))


def _moved(old: Mapping[str, _Part], new: Mapping[str, _Part]) -> set[str]:
    """Parts under another whole, and of those that stayed under theirs, the fewest that explain the new order."""
    stayed: dict[str, list[str]] = {}
    moved = set()
    places = {part: place for place, part in enumerate(old)}
    for part in new.values():
        if part.id in old and part.parent != old[part.id].parent:
            moved.add(part.id)
        elif part.id in old:
            stayed.setdefault(part.parent, []).append(part.id)
    for siblings in stayed.values():
        kept = _longest_rise([places[part] for part in siblings])
        moved |= {part for position, part in enumerate(siblings) if position not in kept}
    return moved


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The positions of a longest rising row in a list of different numbers."""
    ends: list[int] = []
    at: list[int] = []
    before: list[int | None] = []
    for position, number in enumerate(numbers):
        place = bisect.bisect_left(ends, number)
        ends[place : place + 1] = [number]
        at[place : place + 1] = [position]
        before.append(at[place - 1] if place else None)
    found: set[int] = set()
    step = at[-1] if at else None
    while step is not None:
        found.add(step)
        step = before[step]
    return found


# -- the parts of a paper ------------------------------------------------------------------------------------------


def _parts(sheet: Sheet) -> Iterator[_Part]:
    content = sheet.content
    says = {name: content[name] for name in ("title", "level", "profile", "quiz") if name in content}
    yield _Part("test", "test", "", "", content["title"], says)
    for number, section in enumerate(content["sections"]):
        place = f"/sections/{number}"
        says = {name: section[name] for name in _OF_SECTION}
        yield _Part("section", section["id"], "test", place, section["name"], says)
        for position, group in enumerate(section["question_groups"]):
            inner = f"{place}/question_groups/{position}"
            says = {name: value for name, value in group.items() if name not in _NOT_OF_GROUP}
            yield _Part("group", group["id"], section["id"], inner, group["title"], says)
            for index, question in enumerate(group["questions"]):
                own = f"{inner}/questions/{index}"
                says = _said(question, sheet.key[question["id"]])
                yield _Part("question", question["id"], group["id"], own, _name_of(question), says)


def _name_of(question: Mapping[str, Any]) -> str:
    text = " ".join(richtext.to_text(question["text"]).split())
    return f"{question['question_number'] or ''} {text}".strip()[:_LONGEST_NAME]


def _said(question: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """What a question asks, and its key, without random ids."""
    labels = dict(_labels(question))
    drawn = TYPES[question["type"]].always_drawn if question["type"] in TYPES else frozenset()
    says = {}
    for name, value in question.items():
        if name not in _NOT_OF_QUESTION:
            named = _named(value, labels)
            says[name] = sorted(named, key=str) if name in drawn else named
    return says | {name: _named(value, labels) for name, value in item.items() if name not in _NOT_OF_KEY}


def _labels(question: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each id of the question stands for."""
    for part in _THINGS:
        yield from _labelled(question.get(part, ()), "")


def _labelled(things: Sequence[Mapping[str, Any]], inside: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, count[int]] = {}
    for thing in things:
        text = f"[[{thing['number']}]]" if "number" in thing else richtext.to_text(thing["text"]) or thing.get("image")
        again = next(seen.setdefault(text or "", count(1)))
        label = f"{inside}{text or ''}" + (f" ({again})" if again > 1 else "")
        yield thing["id"], label
        yield from _labelled(thing.get("options", ()), f"{label} ")


def _named(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {labels.get(name, name): _named(inner, labels) for name, inner in value.items() if name != "id"}
    if isinstance(value, list | tuple):
        return [_named(inner, labels) for inner in value]
    return labels.get(value, value) if isinstance(value, str) else value
