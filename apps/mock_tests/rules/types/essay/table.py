"""The model answer as the key, and as options the criteria: ``Content = 5``, or with levels
``Grammar: weak = 0 | good = 2``. How long it is to be has a column, ``100-200 words``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.table.columns import OPTION, numbered
from apps.mock_tests.rules.exchange.table.mapping import Cells, Line, RefusedRow, TableMapping, cell_of
from apps.mock_tests.rules.types import fields
from apps.mock_tests.rules.types.essay import TYPE, without_rubric

_LIMITS = re.compile(r"(\d{1,5})?\s*(-|~)?\s*(\d{1,5})?\s*(words?|語|characters?|chars?|字|文字)?", re.IGNORECASE)
_WORTH = re.compile(r"([^=|]{1,200}?)\s*=\s*(\d{1,5}(?:\.\d{1,3})?)")


class EssayInTable(TableMapping):
    names = (
        "composition",
        "writing",
        "long answer",
        "free text",
        "open ended",
        "作文",
        "論述",
        "小論文",
        "insho",
        "эссе",
    )
    turn = 90
    example: ClassVar[Mapping[str, str]] = {
        "text": "My hometown.",
        "A": "Content = 6",
        "B": "Grammar: weak = 0 | fair = 2 | good = 4",
        "limits": "100-200 words",
    }

    def takes(self, cells: Cells) -> bool:
        return bool(cells.value("limits"))

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        known = {"limits": _limits(cells.plain("limits")), "model_answer": cells.html("key")}
        rubric = [_criterion(place, cell) for place, cell in enumerate(cells.several(OPTION)) if cell]
        own = fields.filled(TYPE.fields, {"rubric": rubric, **known})
        return replace(question, own=own if rubric else without_rubric(question.marks, **known))

    def write(self, question: DraftQuestion, line: Line) -> None:
        own = fields.filled(TYPE.fields, question.own)
        line.put("key", cell_of(own["model_answer"]))
        line.put("limits", _told(own["limits"]))
        for place, criterion in enumerate(own["rubric"]):
            levels = " | ".join(f"{level['title']} = {level['points']}" for level in criterion["levels"])
            worth = f": {levels}" if levels else f" = {criterion['most']}"
            line.put(numbered(OPTION, place), f"{criterion['title']}{worth}")


def _limits(cell: str) -> dict[str, Any]:
    found = _LIMITS.fullmatch(cell)
    if found is None or (cell and not (found[1] or found[3])):
        raise RefusedRow(("limits", f'"{shortened(cell)}" is no length such as 100-200 words.'))
    least, most = (found[1], found[3]) if found[2] else ("", found[1])
    unit = "characters" if (found[4] or "").casefold()[:4] in ("char", "字", "文字") else "words"
    return {"unit": unit, "least": int(least) if least else None, "most": int(most) if most else None}


def _told(limits: Mapping[str, Any]) -> str:
    least, most = limits["least"], limits["most"]
    if not least and not most:
        return ""
    span = f"{least or ''}-{most or ''}" if least else str(most)
    return f"{span} {limits['unit']}"


def _criterion(place: int, cell: str) -> dict[str, Any]:
    cell = unicodedata.normalize("NFKC", cell)
    if found := _WORTH.fullmatch(cell):
        return {"title": found[1].strip(), "most": found[2]}
    title, colon, rest = cell.partition(":")
    levels = [_WORTH.fullmatch(level.strip()) for level in rest.split("|")]
    if not colon or not all(levels):
        sentence = f'"{shortened(cell)}" is no criterion such as "Content = 5" or "Grammar: weak = 0 | good = 2".'
        raise RefusedRow((numbered(OPTION, place), sentence))
    return {"title": title.strip(), "levels": [{"title": e[1].strip(), "points": e[2]} for e in levels if e]}


MAPPING = EssayInTable()
