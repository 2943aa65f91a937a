"""Options A, B, ... and the letters of the right ones, which share the marks unless the key says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.table.columns import OPTION
from apps.mock_tests.rules.exchange.table.mapping import Cells, Line, RefusedRow, TableMapping, labels_in
from apps.mock_tests.rules.types.base import FULL
from apps.mock_tests.rules.types.single_choice.table import key_of, weighted

_SMALLEST = Decimal("0.0000001")


class MultipleChoiceInTable(TableMapping):
    names = (
        "multiple", "multi", "ma", "msq", "checkbox", "checkboxes", "multiple answer", "multiple answers", "multi select",
        "multiple select", "multiple response", "several answers", "複数選択", "複数回答", "kop tanlov", "несколько ответов",
    )  # fmt: skip
    turn = 30
    example: ClassVar[Mapping[str, str]] = {
        "text": "Which are prime?", "A": "2", "B": "4", "C": "7", "D": "9", "key": "A, C", "marks": "2",
    }  # fmt: skip

    def takes(self, cells: Cells) -> bool:
        return bool(cells.several(OPTION))

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        options = cells.options()
        found = labels_in(cells.value("key"), options, glued=True)
        if not found:
            raise RefusedRow(("key", "It does not say which options are right."))
        usual = _part(len(found)) if not question.policy else FULL
        return replace(question, options=weighted(options, found, usual))

    def write(self, question: DraftQuestion, line: Line) -> None:
        line.put_options(question)
        named = sum(bool(option.fraction) for option in question.options)
        line.put("key", key_of(question.options, _part(named) if not question.policy and named else FULL))


def _part(count: int) -> Decimal:
    return (FULL / count).quantize(_SMALLEST)


MAPPING = MultipleChoiceInTable()
