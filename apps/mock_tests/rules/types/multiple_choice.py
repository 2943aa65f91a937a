from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import BadResponse, Given, ItemSpec, Stored, plain
from apps.mock_tests.rules.types.choices import FULL, ChoiceType

TOLERANCE = Decimal("0.001")
"""Thirds are written 33.3333 %: a sum that close to the whole is the whole."""


class MultipleChoice(ChoiceType):
    """Several options are chosen and earn the sum of their fractions, never less than nothing. A response is a list."""

    name = "multiple_choice"

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from super().flaws(given)
        total = sum((option.fraction for option in given.options if option.fraction > 0), Decimal(0))
        if abs(total - FULL) > TOLERANCE:
            detail = f"The weights of the right options add up to {plain(total * 100)} %, not to 100 %."
            yield Problem("/options", "weights_do_not_add_up", detail)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, list | tuple) or len(response) > len(spec.options):
            raise BadResponse("The response must be a list of option ids, each at most once.")
        chosen = {option for option in response if isinstance(option, str) and option in spec.options}
        if len(chosen) != len(response):
            raise BadResponse("The response must name options of the question, each at most once.")
        return sorted(chosen) or None

    def share(self, key: Stored, response: object) -> Decimal:
        chosen = {option for option in response if isinstance(option, str)} if isinstance(response, list) else set()
        total = sum((Decimal(key["fractions"].get(option, 0)) for option in chosen), Decimal(0))
        return FULL if abs(total - FULL) <= TOLERANCE else min(max(total, Decimal(0)), FULL)
