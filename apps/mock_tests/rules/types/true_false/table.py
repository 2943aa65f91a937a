"""TRUE or FALSE as the key; feedback A is for those who take it for true, feedback B for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.exchange.table.columns import FEEDBACK, OPTION, folded, numbered
from apps.mock_tests.rules.exchange.table.mapping import Cells, Line, RefusedRow, TableMapping, cell_of
from apps.mock_tests.rules.types.base import Truth

_SIGNS = {"○": True, "◯": True, "〇": True, "⭕": True, "✓": True, "×": False, "✕": False, "✗": False, "❌": False}
_WORDS = {
    **dict.fromkeys(
        map(folded, ("true", "t", "yes", "right", "correct", "正", "正しい", "はい", "rost", "togri", "верно")), True
    ),
    **dict.fromkeys(
        map(folded, ("false", "f", "no", "wrong", "incorrect", "誤", "誤り", "いいえ", "yolgon", "неверно")), False
    ),
}


class TrueFalseInTable(TableMapping):
    names = (
        "tf",
        "t/f",
        "truefalse",
        "true or false",
        "yes/no",
        "正誤",
        "○×",
        "〇×",
        "まるばつ",
        "rost yolgon",
        "верно неверно",
    )
    turn = 10
    example: ClassVar[Mapping[str, str]] = {"text": "日本の首都は東京です。", "key": "TRUE"}

    def takes(self, cells: Cells) -> bool:
        return not cells.several(OPTION) and _value(cells.value("key")) is not None

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        key = cells.value("key")
        value = _value(key)
        if value is None and key in ("0", "1"):
            value = key == "1"
        if value is None and cells.several(OPTION):
            value = _value(_chosen(cells, key))
        if value is None:
            raise RefusedRow(("key", f'"{shortened(key)}" is neither TRUE nor FALSE.'))
        return replace(question, truth=Truth(value, cells.feedback(0), cells.feedback(1)))

    def write(self, question: DraftQuestion, line: Line) -> None:
        truth = question.truth
        if truth is None:
            raise CannotHold("It has no answer.")
        line.put("key", "TRUE" if truth.value else "FALSE")
        line.put(numbered(FEEDBACK, 0), cell_of(truth.feedback_true))
        line.put(numbered(FEEDBACK, 1), cell_of(truth.feedback_false))


def _value(text: str) -> bool | None:
    return _SIGNS[text] if text in _SIGNS else _WORDS.get(folded(text))


def _chosen(cells: Cells, key: str) -> str:
    """The words of an option, where true and false are given as two of them."""
    options = cells.several(OPTION)
    place = {"A": 0, "B": 1, "1": 0, "2": 1}.get(key.upper(), len(options))
    return options[place] if place < len(options) else ""


MAPPING = TrueFalseInTable()
