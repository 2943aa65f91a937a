from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import BadResponse, Given, ItemSpec, ItemType, Stored
from apps.mock_tests.rules.types.choices import as_shown, bare_options, option_flaws
from apps.mock_tests.rules.types.told import options_meant


class Ordering(ItemType):
    """Options are put in order. A response is a list of option ids, the first ones first; it may be unfinished. By policy,
    ``exact``: the right order of all earns everything;
    ``star`` (JLPT's sentence building): the right option in the place with the star does, whatever stands elsewhere."""

    name = "ordering"
    uses = ("options", "policy", "star")
    tells = frozenset({"order", "policy", "star"})
    shows = frozenset({"options", "star"})
    always_drawn = frozenset({"options"})
    policies = ("exact", "star")

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = sorted((as_shown(option) for option in given.options), key=lambda option: option["id"])
        key = self.with_policy({"order": [option.id for option in given.options]}, given)
        star = {} if given.star is None else {"star": given.star}
        return {"options": shown, **star}, {**key, **star}

    def read(self, content: Stored, key: Stored) -> Given:
        known = bare_options(content)
        options = tuple(known[name] for name in key.get("order", ()) if name in known)
        return Given(options=options, policy=key.get("policy", ""), star=key.get("star"))

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from option_flaws(given.options)
        if self.policy(given) == "star" and not 1 <= (given.star or 0) <= len(given.options):
            yield Problem("/star", "no_star", "The star must stand at one of the places, counted from 1.")
        if self.policy(given) != "star" and given.star is not None:
            yield Problem("/star", "star_without_policy", "Only a question that is marked by its star has one.")

    def meant(self, question: Stored, given: object) -> object:
        return options_meant(self.choices(question), given)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, list | tuple) or len(response) > len(spec.options):
            raise BadResponse("The response must be a list of option ids, each at most once.")
        order = [option for option in response if isinstance(option, str) and option in spec.options]
        if len(order) != len(response) or len(set(order)) != len(order):
            raise BadResponse("The response must name options of the question, each at most once.")
        return order or None

    def share(self, key: Stored, response: object) -> Decimal:
        order = response if isinstance(response, list) else []
        if key.get("policy") != "star":
            return Decimal(order == key["order"])
        place = key["star"] - 1
        return Decimal(order[place : place + 1] == key["order"][place : place + 1])


TYPE = Ordering()
