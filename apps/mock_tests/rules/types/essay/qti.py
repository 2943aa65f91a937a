"""An `extendedTextInteraction`. What a QTI item says to its markers is the model answer; the rubric itself has no place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.qti.body import LIFTED, for_takers
from apps.mock_tests.rules.exchange.qti.item import Item
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.essay import LONGEST, without_rubric

LIMIT = "data-shiken-"
"""Begins the attributes that only QTI 3 has room for."""
_THOUSANDTH = Decimal("0.001")


class EssayInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        return item.only("extendedTextInteraction") is not None

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        interaction = item.interactions[0]
        marks = item.said_marks
        for_markers = {id(each): LIFTED for each in item.body.find_all("rubricBlock") if not for_takers(each)}
        declared = item.declared(interaction)
        if declared is not None and (declared.right or declared.worths):
            item.findings.note("People mark it here; the answers that the file names are not used.", declared.element)
        model = item.for_markers()
        if not model and declared is not None and declared.right:
            model = richtext.escape_plain(str(declared.right[0]))
        return replace(
            question,
            type="essay",
            text=item.text(for_markers),
            own=without_rubric(marks.quantize(_THOUSANDTH), limits=_limits(interaction), model_answer=model),
            marks=marks,
            explanation=item.explanation(),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        writing.response("string", [])
        writing.by_hand()
        writing.for_markers(question.own.get("model_answer") or "")
        writing.text(question.text)
        limits = question.own.get("limits") or {}
        writing.essay({f"{LIMIT}{name}": str(value) for name, value in limits.items() if value is not None})


def _limits(interaction: Element) -> dict[str, Any]:
    """`expectedLength` says how large the field is to be, not what may be in it; only the house's own attributes limit."""
    known: dict[str, Any] = {"unit": "words", "least": None, "most": None}
    if interaction.get(f"{LIMIT}unit") == "characters":
        known["unit"] = "characters"
    for name in ("least", "most"):
        number = interaction.number(f"{LIMIT}{name}")
        if number is not None and 0 < number <= LONGEST:
            known[name] = int(number)
    return known


MAPPING = EssayInQti()
