"""What the types share whose takers choose in a `choiceInteraction`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apps.mock_tests.rules.exchange.qti.item import Choice, Item
from apps.mock_tests.rules.exchange.qti.values import Declaration
from apps.mock_tests.rules.files.elements import Element

_TRUE: Final = frozenset({"true", "t"})
_FALSE: Final = frozenset({"false", "f"})


@dataclass(frozen=True, slots=True)
class Choosing:
    """A choice interaction with its response."""

    interaction: Element
    declared: Declaration

    @property
    def is_single(self) -> bool:
        """One option can be chosen; some tools declare a container for it all the same."""
        return not self.declared.is_container or (
            self.interaction.get("maxChoices", "1") == "1" and len(self.declared.right) <= 1
        )

    def choices(self, item: Item) -> tuple[Choice, ...]:
        found = item.choices(self.interaction, "simpleChoice")
        item.check_known(self.declared, (choice.identifier for choice in found))
        shuffled = self.interaction.is_true("shuffle")
        for choice in found:
            if shuffled and choice.element.is_true("fixed"):
                item.findings.note("All options are shuffled here, also one that keeps its place.", choice.element)
        return found

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Identifiers and plain texts of the options."""
        options = (child for child in self.interaction.children if child.name == "simpleChoice")
        return tuple((option.get("identifier"), _said(option)) for option in options)


def choosing(item: Item) -> Choosing | None:
    """The choice that an item consists of, if it does."""
    interaction = item.only("choiceInteraction")
    declared = item.declared(interaction) if interaction is not None else None
    return Choosing(interaction, declared) if interaction is not None and declared is not None else None


def truths(words: Sequence[tuple[str, str]]) -> dict[bool, str]:
    """Which of two options says true and which false; nothing if they say anything else, which would be lost."""
    plain = [text.strip().casefold().rstrip(".") for _, text in words]
    if len(words) == 2 and plain[0] in _TRUE and plain[1] in _FALSE:
        return {True: words[0][0], False: words[1][0]}
    if len(words) == 2 and plain[0] in _FALSE and plain[1] in _TRUE:
        return {False: words[0][0], True: words[1][0]}
    return {}


def _said(option: Element) -> str:
    """The words of an option without the feedback that stands in it."""
    parts = (part if isinstance(part, str) else part.text for part in option.content if not _is_feedback(part))
    return "".join(parts)


def _is_feedback(part: Element | str) -> bool:
    return isinstance(part, Element) and part.name in ("feedbackInline", "feedbackBlock")
