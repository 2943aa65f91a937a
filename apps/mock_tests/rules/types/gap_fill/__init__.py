from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import FULL, BadResponse, Gap, Given, ItemSpec, ItemType, Stored, typed
from apps.mock_tests.rules.types.choices import as_shown, one_key_flaws, option_flaws, weighted_options, weights_of
from apps.mock_tests.rules.types.short_text import read_texts, share_of, text_flaws, write_texts
from apps.mock_tests.rules.types.told import option_meant, text_meant

MOST_GAPS = 50
MOST_WEIGHT = 100
MARK = re.compile(r"\[\[(\d{1,4})\]\]", re.ASCII)
"""Where gap 1 stands in the text of the question: ``[[1]]``."""


class GapFill(ItemType):
    """Gaps in the text, ``[[1]]`` and so on, are filled by a word or by one of the gap's own options; each earns its part
    of the marks, all together never less than nothing. A response is an object of texts or option ids by gap ids."""

    name = "gap_fill"
    uses = ("gaps", "shuffle")
    tells = frozenset({"gaps"})
    shows = frozenset({"gaps"})

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        gaps = [{"id": gap.id, "options": [as_shown(option) for option in gap.options]} for gap in given.gaps]
        return {"gaps": gaps}, {"gaps": {gap.id: _key(gap) for gap in given.gaps}}

    def read(self, content: Stored, key: Stored) -> Given:
        return Given(gaps=tuple(_read(gap, key["gaps"][gap["id"]]) for gap in content.get("gaps", ())))

    def flaws(self, given: Given) -> Iterator[Problem]:
        if not 1 <= len(given.gaps) <= MOST_GAPS:
            yield Problem("/gaps", "gap_count", f"It has {len(given.gaps)} gaps; 1 to {MOST_GAPS} are needed.")
        for position, gap in enumerate(given.gaps):
            yield from _gap_flaws(f"/gaps/{position}", gap)

    def text_flaws(self, text: str, given: Given) -> Iterator[Problem]:
        found = Counter(int(number) for number in MARK.findall(text))
        for number in range(1, len(given.gaps) + 1):
            if found.pop(number, 0) != 1:
                yield Problem("/text", "gap_not_in_text", f"The text must hold [[{number}]] once, where that gap is.")
        for number in found:
            yield Problem("/text", "unknown_gap", f"The text holds [[{number}]], but there is no such gap.")

    def meant(self, question: Stored, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        gaps = {gap["id"]: gap["options"] for gap in question["gaps"]}
        return {gap: option_meant(gaps[gap], one) if gaps.get(gap) else text_meant(one) for gap, one in given.items()}

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, dict) or not response.keys() <= spec.gaps.keys():
            raise BadResponse("The response must be an object whose names are gaps of the question.")
        filled = {name: _filled(spec.gaps[name], response[name]) for name in sorted(response)}
        return {name: value for name, value in filled.items() if value is not None} or None

    def share(self, key: Stored, response: object) -> Decimal:
        given = response if isinstance(response, dict) else {}
        gaps: Mapping[str, Stored] = key["gaps"]
        earned = sum((_share(gap, given.get(name)) * gap["weight"] for name, gap in gaps.items()), Decimal(0))
        return min(max(earned / sum(gap["weight"] for gap in gaps.values()), Decimal(0)), FULL)


def _key(gap: Gap) -> dict[str, Any]:
    answers = weights_of(gap.options) if gap.options else write_texts(gap.texts, case_sensitive=gap.case_sensitive)
    return {**answers, "weight": gap.weight}


def _read(content: Stored, key: Stored) -> Gap:
    return Gap(
        id=content["id"],
        options=weighted_options(content, key),
        texts=read_texts(key),
        case_sensitive=key.get("case_sensitive", False),
        weight=key["weight"],
    )


def _gap_flaws(place: str, gap: Gap) -> Iterator[Problem]:
    if not 1 <= gap.weight <= MOST_WEIGHT:
        yield Problem(f"{place}/weight", "bad_weight", f"A gap counts 1 to {MOST_WEIGHT} times.")
    if gap.options and gap.texts:
        yield Problem(place, "choice_or_text", "A gap has either options or accepted texts.")
    elif gap.options:
        yield from option_flaws(gap.options, f"{place}/options")
        yield from one_key_flaws(gap.options, f"{place}/options")
    else:
        yield from text_flaws(gap.texts, case_sensitive=gap.case_sensitive, place=f"{place}/texts")


def _filled(options: frozenset[str], response: object) -> str | None:
    if not options:
        return typed(response)
    if response is None or response == "":
        return None
    if not isinstance(response, str) or response not in options:
        raise BadResponse("A gap with options takes one of them.")
    return response


def _share(gap: Stored, response: object) -> Decimal:
    if "fractions" not in gap:
        return share_of(gap, response)
    return Decimal(gap["fractions"].get(response, 0) if isinstance(response, str) else 0)


TYPE = GapFill()
