"""A number as the key, or several: ``3.14±0.01; 3=50%``; ranges as ``1..5``. The tolerance has a column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.table.columns import OPTION
from apps.mock_tests.rules.exchange.table.mapping import (
    Cells,
    Line,
    RefusedRow,
    TableMapping,
    joined,
    number_in,
    parts_of,
    shared,
    with_share,
)
from apps.mock_tests.rules.types.base import FULL, Answer, plain

_OFF = re.compile(r"\s*(?:±|\+/?-)\s*")


class NumericInTable(TableMapping):
    names = ("number", "numerical", "integer", "numeric answer", "nat", "数値", "数", "計算", "son", "raqam", "число")
    turn = 40
    example: ClassVar[Mapping[str, str]] = {"text": "How long is 1 mile in km?", "key": "1.609", "tolerance": "0.01"}

    def takes(self, cells: Cells) -> bool:
        parts = parts_of(cells.value("key"))
        return not cells.several(OPTION) and bool(parts) and all(_is_number(part) for part in parts)

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        usual = Decimal(0)
        if said := cells.value("tolerance"):
            found = number_in(said)
            if found is None or found < 0:
                raise RefusedRow(("tolerance", f'"{shortened(said)}" is not a finite number of at least 0.'))
            usual = found
        parts = parts_of(cells.value("key"))
        if not parts:
            raise RefusedRow(("key", "It has no number."))
        return replace(question, answers=tuple(_answer(part, usual) for part in parts))

    def write(self, question: DraftQuestion, line: Line) -> None:
        tolerances = {answer.tolerance for answer in question.answers}
        common = tolerances.pop() if len(tolerances) == 1 else None
        line.put("tolerance", plain(common) if common else "")
        line.put("key", joined(_written(answer, common) for answer in question.answers))


def _answer(part: str, usual: Decimal) -> Answer:
    text, share = shared(part)
    low, dots, high = text.partition("..")
    if dots:
        ends = number_in(low), number_in(high)
        if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
            raise RefusedRow(("key", f'"{shortened(text)}" is not a range from one number to a larger one.'))
        value, tolerance = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    else:
        number, *off = _OFF.split(text, maxsplit=1)
        found, given = number_in(number), number_in(off[0]) if off else usual
        if found is None:
            raise RefusedRow(("key", f'"{shortened(number)}" is not a finite number, or not clearly one.'))
        if given is None or given < 0:
            raise RefusedRow(("key", f'"{shortened(text)}" has no tolerance of at least 0.'))
        value, tolerance = found, given
    return Answer(value, tolerance, FULL if share is None else share)


def _is_number(part: str) -> bool:
    try:
        _answer(part, Decimal(0))
    except RefusedRow:
        return False
    return True


def _written(answer: Answer, common: Decimal | None) -> str:
    off = "" if answer.tolerance == common else f"±{plain(answer.tolerance)}"
    return with_share(f"{plain(answer.value)}{off}", answer.fraction)


MAPPING = NumericInTable()
