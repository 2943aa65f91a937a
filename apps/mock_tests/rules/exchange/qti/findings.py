"""What is found on the way through an item: reasons against it, and what of it was left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.mock_tests.rules.files.elements import Element


class Refused(Exception):
    """The item cannot be taken."""

    def __init__(self, reason: str, element: Element | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.element = element


@dataclass(slots=True)
class Findings:
    """`problems` forbid the use of the item, `notes` say what is not kept; both name the place in the file."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    line: int = 0
    """Of the first problem."""

    def problem(self, reason: str, element: Element | None = None) -> None:
        self.problems.append(_placed(reason, element))
        if element is not None and not self.line:
            self.line = element.line

    def note(self, reason: str, element: Element | None = None) -> None:
        self.notes.append(_placed(reason, element))

    def join(self, other: Findings) -> None:
        """Take over what was found elsewhere."""
        self.problems += other.problems
        self.notes += other.notes


def _placed(reason: str, element: Element | None) -> str:
    return reason if element is None else f"{reason} ({element.path}, line {element.line})"
