from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import FULL, BadResponse, Given, ItemSpec, ItemType, Prompt, Stored
from apps.mock_tests.rules.types.choices import MOST_OPTIONS, as_shown, bare_options, image_of, is_empty, option_flaws
from apps.mock_tests.rules.types.told import option_meant


class Matching(ItemType):
    """Each prompt gets one of the options, of which some may serve several prompts and some none. A response is an object
    of option ids by prompt ids. By policy,
    ``pairs``: it earns the share of the prompts that got the right one;
    ``all_or_nothing``: all of them right earn everything."""

    name = "matching"
    uses = ("options", "prompts", "policy", "shuffle")
    tells = frozenset({"pairs", "order", "policy"})
    shows = frozenset({"options", "prompts"})
    always_drawn = frozenset({"options"})
    policies = ("pairs", "all_or_nothing")

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        options = sorted((as_shown(option) for option in given.options), key=lambda option: option["id"])
        pairs = {prompt.id: prompt.target for prompt in given.prompts}
        # The author's order, which takers never see.
        key = {"pairs": pairs, "order": [option.id for option in given.options]}
        return {"options": options, "prompts": [as_shown(p) for p in given.prompts]}, self.with_policy(key, given)

    def read(self, content: Stored, key: Stored) -> Given:
        known, pairs = bare_options(content), key.get("pairs", {})
        return Given(
            options=tuple(known[name] for name in key.get("order", ()) if name in known),
            prompts=tuple(
                Prompt(prompt["id"], prompt["text"], pairs.get(prompt["id"], ""), image_of(prompt))
                for prompt in content.get("prompts", ())
            ),
            policy=key.get("policy", ""),
        )

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from option_flaws(given.options)
        if not 2 <= len(given.prompts) <= MOST_OPTIONS:
            detail = f"It has {len(given.prompts)} prompts; 2 to {MOST_OPTIONS} are needed."
            yield Problem("/prompts", "prompt_count", detail)
        known = {option.id for option in given.options}
        seen: dict[tuple[str, object], int] = {}
        for position, prompt in enumerate(given.prompts):
            place = f"/prompts/{position}"
            if is_empty(prompt):
                yield Problem(place, "empty_prompt", "The prompt has neither text nor a picture.")
            if prompt.target not in known:
                yield Problem(f"{place}/target", "unknown_option", "Its right answer is none of the options.")
            first = seen.setdefault((" ".join(prompt.text.split()), prompt.image), position)
            if first != position:
                yield Problem(place, "duplicate_prompt", f"Prompts {first + 1} and {position + 1} are the same.")

    def meant(self, question: Stored, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {prompt: option_meant(self.choices(question), one) for prompt, one in given.items()}

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, dict) or not response.keys() <= spec.prompts:
            raise BadResponse("The response must be an object whose names are prompts of the question.")
        if not all(isinstance(option, str) and option in spec.options for option in response.values()):
            raise BadResponse("The response must give options of the question to its prompts.")
        return {prompt: response[prompt] for prompt in sorted(response)} or None

    def share(self, key: Stored, response: object) -> Decimal:
        given = response if isinstance(response, dict) else {}
        right = sum(given.get(prompt) == option for prompt, option in key["pairs"].items())
        if right == len(key["pairs"]):
            return FULL
        return Decimal(0) if key.get("policy") == "all_or_nothing" else Decimal(right) / len(key["pairs"])


TYPE = Matching()
