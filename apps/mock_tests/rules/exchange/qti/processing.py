"""Marking as a QTI item describes it, carried out: what a response earns is found by trying it.

So it does not matter in which of many ways the same rule is written. What is random, computed by others or unknown is
refused; an item that needs such a thing cannot be taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.running import Run, same
from apps.mock_tests.rules.exchange.qti.values import Declaration, Value
from apps.mock_tests.rules.files.elements import Element

SCORE: Final = "SCORE"

Responses = Mapping[str, Value]


class Marking:
    """The response processing of an item."""

    def __init__(
        self, element: Element | None, responses: Mapping[str, Declaration], outcomes: Mapping[str, Declaration]
    ) -> None:
        self._responses = responses
        self._outcomes = outcomes
        self._rules = list(element.children) if element is not None else []
        self._template = _template(element)
        self.unknown_template = "" if self._rules or element is None else _unknown(element)
        self.score = _score_name(outcomes)

    @property
    def by_template(self) -> str:
        """Where all responses are marked in one of the usual ways: "match" or "map". Otherwise nothing."""
        if self._rules:
            return ""
        if self._template:
            return self._template
        return "map" if any(each.worths for each in self._responses.values()) else "match"

    @property
    def says_nothing(self) -> bool:
        """Whether nothing says what is right."""
        declared = self._responses.values()
        return not self._rules and not any(each.right or each.worths for each in declared)

    def worth(self, responses: Responses) -> Decimal:
        """What the responses earn, or `Refused`."""
        if not self._rules:
            return self._by_template(responses)
        value = self.run(responses).get(self.score)
        return value if isinstance(value, Decimal) else Decimal(0)

    def run(self, responses: Responses) -> dict[str, Value]:
        """All outcomes after the responses."""
        outcomes: dict[str, Value] = {name: each.default for name, each in self._outcomes.items()}
        if self._rules:
            run = Run(self._responses, self._outcomes, dict(responses), outcomes)
            run.all(self._rules)
        return outcomes

    def _by_template(self, responses: Responses) -> Decimal:
        earned = Decimal(0)
        for name, declared in self._responses.items():
            value = responses.get(name)
            if self.by_template == "map" and declared.worths:
                earned += declared.worths.of(value) if value is not None else 0
            elif self.by_template == "match" or declared.right:
                earned += matches(declared, value)
        return earned


def matches(declared: Declaration, value: Value) -> bool:
    """Whether a response is the correct one."""
    return value is not None and same(value, declared.correct, ordered=declared.cardinality == "ordered")


def _template(element: Element | None) -> str:
    """By the last part of its address: ``map_response`` and ``CC2_map_response`` are one."""
    if element is None:
        return ""
    name = _template_name(element)
    if name.endswith("map_response_point"):
        raise Refused("Places on a picture cannot be marked here.", element)
    if name.endswith("map_response"):
        return "map"
    return "match" if name.endswith(("match_correct", "cc2_match", "cc2_match_basic")) else ""


def _template_name(element: Element) -> str:
    address = element.get("template") or element.get("templateLocation")
    return address.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".xml")


def _unknown(element: Element) -> str:
    name = _template_name(element)
    return name if name and not _template(element) else ""


def _score_name(outcomes: Mapping[str, Declaration]) -> str:
    if SCORE in outcomes:
        return SCORE
    numbers = [
        name for name, each in outcomes.items() if each.base in ("float", "integer") and not name.startswith("MAX")
    ]
    return numbers[0] if len(numbers) == 1 else SCORE
