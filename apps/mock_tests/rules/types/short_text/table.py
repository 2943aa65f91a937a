"""The accepted texts as the key, with semicolons: ``Tokyo; 東京; Edo=50%``. Feedback stands in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.table.columns import FEEDBACK, OPTION, numbered
from apps.mock_tests.rules.exchange.table.mapping import (
    Cells,
    Line,
    RefusedRow,
    TableMapping,
    cell_of,
    texts_cell,
    texts_of,
)


class ShortTextInTable(TableMapping):
    names = (
        "text", "short answer", "shortanswer", "sa", "fill in", "fill in the blank", "fitb", "word", "typed", "open",
        "記述", "短答", "語句", "qisqa javob", "короткий ответ", "текст",
    )  # fmt: skip
    turn = 60
    example: ClassVar[Mapping[str, str]] = {"text": "What is the capital of Japan?", "key": "Tokyo; 東京; Edo=50%"}

    def takes(self, cells: Cells) -> bool:
        return not cells.several(OPTION) and bool(cells.value("key"))

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        texts = texts_of(cells.value("key"))
        if not texts:
            raise RefusedRow(("key", "It accepts no text."))
        told = tuple(replace(text, feedback=cells.feedback(place)) for place, text in enumerate(texts[:50]))
        return replace(question, texts=(*told, *texts[50:]), case_sensitive=cells.flag("case"))

    def write(self, question: DraftQuestion, line: Line) -> None:
        line.put("key", texts_cell(question.texts))
        line.put("case", "yes" if question.case_sensitive else "")
        for place, text in enumerate(question.texts):
            line.put(numbered(FEEDBACK, place), cell_of(text.feedback))


MAPPING = ShortTextInTable()
