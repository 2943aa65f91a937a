from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import Answer, BadResponse, Given, ItemSpec, ItemType, Stored, plain
from apps.mock_tests.rules.types.told import text_meant

LONGEST = 40
LARGEST_EXPONENT = 100
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


class Numeric(ItemType):
    """A number is typed and earns the best fraction among the answers that are near enough. A response is a string."""

    name = "numeric"
    uses = ("answers",)
    tells = frozenset({"answers"})
    shows = frozenset()

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {
            "answers": [
                {"value": plain(a.value), "tolerance": plain(a.tolerance), "fraction": plain(a.fraction)}
                for a in given.answers
            ]
        }

    def read(self, content: Stored, key: Stored) -> Given:
        return Given(
            answers=tuple(
                Answer(Decimal(a["value"]), Decimal(a["tolerance"]), Decimal(a["fraction"]))
                for a in key.get("answers", ())
            )
        )

    def flaws(self, given: Given) -> Iterator[Problem]:
        if not any(answer.fraction == 1 for answer in given.answers):
            yield Problem("/answers", "no_answer", "At least one number must be worth full marks.")
        for position, answer in enumerate(given.answers):
            place = f"/answers/{position}"
            if not _is_sensible(answer.value):
                yield Problem(place, "not_a_number", "The answer is not a finite number of sensible size.")
            if not _is_sensible(answer.tolerance) or answer.tolerance < 0:
                yield Problem(place, "bad_tolerance", "The tolerance is not a finite number of at least 0.")
            if not -1 <= answer.fraction <= 1:
                yield Problem(place, "fraction_out_of_range", "The share of an answer lies between -100 % and 100 %.")

    def meant(self, question: Stored, given: object) -> object:
        return text_meant(given)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, str) or len(response) > LONGEST:
            raise BadResponse(f"The response must be a number written as a string of at most {LONGEST} characters.")
        # Full-width digits and the typographic minus come from Japanese keyboards and from pasting.
        text = unicodedata.normalize("NFKC", response).replace("\N{MINUS SIGN}", "-").strip()
        if not text:
            return None
        if parse(text) is None:
            raise BadResponse("The response must be a number such as 12, -0.5 or 1.2e3.")
        return text

    def share(self, key: Stored, response: object) -> Decimal:
        given = parse(response) if isinstance(response, str) else None
        if given is None:
            return Decimal(0)
        near = (
            Decimal(answer["fraction"])
            for answer in key["answers"]
            if abs(Decimal(answer["value"]) - given) <= Decimal(answer["tolerance"])
        )
        return max(near, default=Decimal(0))


def parse(text: str) -> Decimal | None:
    """A finite number of sensible size, or nothing."""
    if len(text) > LONGEST or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if _is_sensible(number) else None


def _is_sensible(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) <= LARGEST_EXPONENT


TYPE = Numeric()
