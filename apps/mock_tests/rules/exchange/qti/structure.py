"""The order of a test: its timed parts, and in them the items that stand together, with what they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.qti.findings import Findings
from apps.mock_tests.rules.exchange.qti.packaging import ITEM, MOST_ITEMS, SECTION, TEST, Package
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.files.unreadable import UnreadableFile

MOST_LEVELS: Final = 16
DEFAULT_SECTION: Final = "Questions"
_NOT_KEPT: Final = {
    "preCondition": "Conditions for questions are not kept; all are asked.",
    "branchRule": "Jumps between questions are not kept; all are asked.",
    "selection": "That some questions are drawn is not kept; all are asked.",
    "templateDefault": "Values for templates are not kept.",
    "testFeedback": "Feedback to the whole test is not kept.",
    "adaptiveSelection": "Adaptive selection is not kept; all questions are asked.",
}


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item in its place. Items with the same `section` stand together."""

    path: str
    weight: Decimal
    section: Element | None = None
    title: str = ""
    """Of the group that it stands in; the name of a part is not repeated there."""
    categories: tuple[str, ...] = ()


@dataclass(slots=True)
class Part:
    """A timed part of the test."""

    name: str
    minutes: int | None = None
    items: list[ItemRef] = field(default_factory=list)


@dataclass(slots=True)
class Structure:
    """The whole test. `files` are the paths of files that sections stand in, by the `id` of these."""

    title: str
    parts: list[Part]
    files: dict[int, str] = field(default_factory=dict)


def read_structure(package: Package, findings: Findings) -> Structure:
    """The test in the package, or its items one after another. Refuses with `UnreadableFile` what leads in circles."""
    tests = package.of_kind(TEST)
    if not tests:
        part = Part(DEFAULT_SECTION)
        part.items = [ItemRef(each.path, Decimal(1)) for each in package.of_kind(ITEM)]
        return Structure(package.title, [part])
    if len(tests) > 1:
        findings.note(f"The package holds {len(tests)} tests; their parts follow one another.")
    reading = _TestReading(package, findings)
    roots = [(each.path, package.root(each.path)) for each in tests]
    for path, root in roots:
        reading.test(root, path)
    title = roots[0][1].get("title") or package.title
    return Structure(title, [part for part in reading.parts if part.items], reading.files)


class _TestReading:
    """Collects the parts of tests."""

    def __init__(self, package: Package, findings: Findings) -> None:
        self.parts: list[Part] = []
        self.files: dict[int, str] = {}
        self._package = package
        self._findings = findings
        self._count = 0

    def test(self, root: Element, path: str) -> None:
        if root.name != TEST:
            raise UnreadableFile("not_qti", "The manifest calls a file a test that is none.", root.line, path)
        self._note_what_is_not_kept(root)
        parts = list(root.find_all("testPart")) or [root]
        whole = self._minutes(root)
        first = len(self.parts)
        for part in parts:
            self._test_part(part, path, whole if len(parts) == 1 else None, root.get("title"))
        if whole and len(self.parts) - first > 1:
            self._findings.note("The time of the whole test is not kept; sections are timed here.", root)

    def _test_part(self, part: Element, path: str, minutes: int | None, title: str) -> None:
        own = self._minutes(part) if part.name == "testPart" else None
        sections = [child for child in part.children if child.name in (SECTION, "assessmentSectionRef")]
        loaded = [self._loaded(section, path, ()) for section in sections]
        timed = own or minutes
        if timed and len(loaded) > 1 and not any(self._minutes(section) for section, _, _ in loaded):
            # One time for several sections: they are one part here, and groups of it.
            name = part.get("title") or (part.get("identifier") if own else title)
            together = Part(name or DEFAULT_SECTION, timed)
            for section, where, trail in loaded:
                together.items += self._items(section, where, trail, section.get("title"))
            self.parts.append(together)
            return
        for section, where, trail in loaded:
            name = section.get("title") or section.get("identifier") or DEFAULT_SECTION
            time = self._minutes(section) or (timed if len(loaded) == 1 else None)
            self.parts.append(Part(name, time, list(self._items(section, where, trail, ""))))

    def _loaded(self, section: Element, path: str, trail: tuple[str, ...]) -> tuple[Element, str, tuple[str, ...]]:
        """A section, also one in a file of its own, with its file and the files that led to it."""
        if section.name == SECTION:
            self.files[id(section)] = path
            return section, path, trail
        found = self._package.find(path, section.get("href"))
        if not found:
            message = f'The section "{section.get("href")[:80]}" is missing.'
            raise UnreadableFile("file_missing", message, section.line, path)
        if found in (*trail, path):
            raise UnreadableFile("cyclic_reference", "A section refers to itself.", section.line, path)
        root = self._package.root(found)
        if root.name != SECTION:
            raise UnreadableFile("not_qti", f'"{found}" is no section.', root.line, found)
        self.files[id(root)] = found
        self._note_what_is_not_kept(root)
        return root, found, (*trail, path)

    def _items(
        self, section: Element, path: str, trail: tuple[str, ...], title: str, depth: int = 0
    ) -> Iterator[ItemRef]:
        if depth > MOST_LEVELS:
            raise UnreadableFile(
                "too_deep", f"Sections are nested deeper than {MOST_LEVELS} levels.", section.line, path
            )
        for child in section.children:
            if child.name == "assessmentItemRef":
                yield self._item(child, path, section, title)
            elif child.name in (SECTION, "assessmentSectionRef"):
                inner, where, led = self._loaded(child, path, trail)
                if self._minutes(inner):
                    self._findings.note("The time of a section inside another is not kept.", inner)
                yield from self._items(inner, where, led, inner.get("title"), depth + 1)

    def _item(self, ref: Element, path: str, section: Element, title: str) -> ItemRef:
        self._count += 1
        if self._count > MOST_ITEMS:
            raise UnreadableFile("too_many_questions", f"The test has more than {MOST_ITEMS:,} items.", ref.line, path)
        found = self._package.find(path, ref.get("href"))
        if not found:
            message = f'The item "{ref.get("href")[:80]}" is missing.'
            raise UnreadableFile("file_missing", message, ref.line, path)
        weights = [weight.number("value") for weight in ref.find_all("weight")]
        weight = weights[0] if len(weights) == 1 and weights[0] and weights[0] > 0 else Decimal(1)
        if len(weights) > 1:
            self._findings.note("An item with several weights counts once.", ref)
        if ref.child("timeLimits") is not None:
            self._findings.note("The time of a single question is not kept.", ref)
        categories = tuple(name for name in ref.get("category").split() if not name.startswith("x-"))
        return ItemRef(found, weight, section, title, categories)

    def _minutes(self, element: Element) -> int | None:
        """The time of a part in whole minutes, at least one."""
        limits = element.child("timeLimits")
        seconds = limits.number("maxTime") if limits is not None else None
        if seconds is None or seconds <= 0:
            return None
        minutes = max(1, round(seconds / 60))
        if minutes * 60 != seconds:
            self._findings.note(f"The time of {seconds:f} seconds became {minutes} minutes.", element)
        return min(minutes, 24 * 60)

    def _note_what_is_not_kept(self, root: Element) -> None:
        for element in root.walk():
            if element.name in _NOT_KEPT:
                self._findings.note(_NOT_KEPT[element.name], element)
            elif element.name == "ordering" and element.is_true("shuffle"):
                self._findings.note("That questions are shuffled is set with the exam room here.", element)
