from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import BadResponse, Given, ItemSpec, ItemType, Stored, Truth
from apps.mock_tests.rules.types.told import option_meant

# For screens that only know options.
_TRUTHS: Final[Sequence[Stored]] = (
    {"id": "true", "text": "True", "image": None},
    {"id": "false", "text": "False", "image": None},
)


class TrueFalse(ItemType):
    """A statement is true or false. A response is ``true`` or ``false``."""

    name = "true_false"
    is_asked_live = True
    uses = ("truth",)
    tells = frozenset({"answer", "feedback"})
    shows = frozenset()

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        truth = given.truth
        if truth is None:
            return {}, {}
        feedback = {"true": truth.feedback_true, "false": truth.feedback_false}
        said = {name: text for name, text in feedback.items() if text}
        return {}, {"answer": truth.value, **({"feedback": said} if said else {})}

    def read(self, content: Stored, key: Stored) -> Given:
        if "answer" not in key:
            return Given()
        feedback = key.get("feedback", {})
        return Given(truth=Truth(key["answer"], feedback.get("true", ""), feedback.get("false", "")))

    def flaws(self, given: Given) -> Iterator[Problem]:
        if given.truth is None:
            yield Problem("/truth", "no_answer", "It must say whether the statement is true.")

    def choices(self, question: Stored) -> Sequence[Stored]:
        return _TRUTHS

    def meant(self, question: Stored, given: object) -> object:
        chosen = option_meant(_TRUTHS, given)
        return chosen == "true" if chosen in ("true", "false") else chosen

    def right(self, key: Stored) -> list[str]:
        return ["true" if key["answer"] else "false"]

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, bool):
            raise BadResponse("The response must be true or false.")
        return response

    def share(self, key: Stored, response: object) -> Decimal:
        return Decimal(response is key["answer"])


TYPE = TrueFalse()
