from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import FULL, BadResponse, Given, ItemSpec, Stored, plain
from apps.mock_tests.rules.types.choices import ChoiceType
from apps.mock_tests.rules.types.told import options_meant

TOLERANCE = Decimal("0.001")
"""Thirds are written 33.3333 %: a sum that close to the whole is the whole."""

JEE_PART = Decimal("0.25")
JEE_LOSS = Decimal("-0.5")
JEE_MOST_KEYS = 4


class MultipleChoice(ChoiceType):
    """Several options are chosen. A response is a list of option ids. By policy,
    ``fractions``: they earn the sum of their fractions, never less than nothing;
    ``all_or_nothing``: exactly the right options earn everything;
    ``jee_advanced`` (2018 and later): exactly the right ones everything (+4), some of the right and no other a quarter each
    (+1), any other choice loses a half (-2)."""

    name = "multiple_choice"
    is_asked_live = True
    uses = ("options", "policy", "shuffle")
    tells = frozenset({"fractions", "feedback", "policy"})
    policies = ("fractions", "all_or_nothing", "jee_advanced")

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        content, key = super().write(given)
        return content, self.with_policy(key, given)

    def read(self, content: Stored, key: Stored) -> Given:
        return replace(super().read(content, key), policy=key.get("policy", ""))

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from super().flaws(given)
        right = [option.fraction for option in given.options if option.fraction > 0]
        if self.policy(given) == "fractions":
            total = sum(right, Decimal(0))
            if abs(total - FULL) > TOLERANCE:
                detail = f"The weights of the right options add up to {plain(total * 100)} %, not to 100 %."
                yield Problem("/options", "weights_do_not_add_up", detail)
        elif not right:
            yield Problem("/options", "no_key", "At least one option must be right.")
        elif given.policy == "jee_advanced" and len(right) > JEE_MOST_KEYS:
            detail = (
                f"With {len(right)} right options a part of them could earn everything; {JEE_MOST_KEYS} are the most."
            )
            yield Problem("/options", "too_many_keys", detail)

    def meant(self, question: Stored, given: object) -> object:
        return options_meant(self.choices(question), given)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, list | tuple) or len(response) > len(spec.options):
            raise BadResponse("The response must be a list of option ids, each at most once.")
        chosen = {option for option in response if isinstance(option, str) and option in spec.options}
        if len(chosen) != len(response):
            raise BadResponse("The response must name options of the question, each at most once.")
        return sorted(chosen) or None

    def share(self, key: Stored, response: object) -> Decimal:
        chosen = {option for option in response if isinstance(option, str)} if isinstance(response, list) else set()
        fractions: Mapping[str, str] = key["fractions"]
        if "policy" not in key:
            total = sum((Decimal(fractions.get(option, 0)) for option in chosen), Decimal(0))
            return FULL if abs(total - FULL) <= TOLERANCE else min(max(total, Decimal(0)), FULL)
        right = {option for option, fraction in fractions.items() if Decimal(fraction) > 0}
        if chosen == right:
            return FULL
        if key["policy"] == "all_or_nothing":
            return Decimal(0)
        return JEE_PART * len(chosen) if chosen and chosen < right else JEE_LOSS


TYPE = MultipleChoice()
