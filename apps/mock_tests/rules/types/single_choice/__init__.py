from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import BadResponse, Given, ItemSpec, Stored
from apps.mock_tests.rules.types.choices import ChoiceType, one_key_flaws
from apps.mock_tests.rules.types.told import option_meant


class SingleChoice(ChoiceType):
    """One option is chosen and earns its fraction, which may be negative. A response is an option id."""

    name = "single_choice"
    is_asked_live = True
    uses = ("options", "shuffle")
    tells = frozenset({"fractions", "feedback"})

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from super().flaws(given)
        yield from one_key_flaws(given.options)

    def meant(self, question: Stored, given: object) -> object:
        return option_meant(self.choices(question), given)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, str) or response not in spec.options:
            raise BadResponse("The response must be the id of one of the question's options.")
        return response

    def share(self, key: Stored, response: object) -> Decimal:
        return Decimal(key["fractions"].get(response, 0) if isinstance(response, str) else 0)


TYPE = SingleChoice()
