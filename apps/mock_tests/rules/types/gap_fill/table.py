"""The text holds ``[[1]]``, ``[[2]]``; columns gap_1, gap_2 hold what is accepted there, ``Tokyo; 東京``, or the choices
with a mark at the right one: ``[x] Tokyo; [ ] Kyoto``. Marks in percents are shares, ``[50%] Edo``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.table.columns import GAP, numbered
from apps.mock_tests.rules.exchange.table.mapping import (
    MARKED_AS_HTML,
    NO,
    YES,
    Cells,
    Line,
    RefusedRow,
    TableMapping,
    cell_of,
    escaped,
    html_of,
    joined,
    parts_of,
    texts_cell,
    texts_of,
    unescaped,
)
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, Gap, Option, plain
from apps.mock_tests.rules.types.gap_fill import MARK

_MARKED = re.compile(r"\[\s*([xX✓○]?|-?\d{1,3}(?:\.\d{1,10})?%)\s*\]\s*(.*)", re.DOTALL)
_WEIGHT = re.compile(r"(.*?)\s*\{x(\d{1,3})\}", re.DOTALL)


class GapFillInTable(TableMapping):
    names = (
        "gap",
        "gaps",
        "cloze",
        "blanks",
        "dropdown",
        "gapfill",
        "穴埋め",
        "空欄補充",
        "空所補充",
        "boshliq",
        "пропуски",
    )
    turn = 5
    example: ClassVar[Mapping[str, str]] = {
        "text": "The [[1]] of Japan is [[2]].", "gap_1": "capital; capital city", "gap_2": "[x] Tokyo; [ ] Kyoto",
    }  # fmt: skip

    def takes(self, cells: Cells) -> bool:
        return bool(MARK.search(cells.value("text")))

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        said = cells.several(GAP)
        if not said:
            # One item of the key for each gap, alternatives with slashes.
            said = [part.replace("/", ";") for part in parts_of(cells.value("key"))]
        cases = [word.strip().casefold() for word in cells.value("case").split(";")]
        if any(case not in YES | NO for case in cases) or len(cases) not in (1, len(said)):
            raise RefusedRow(("case", "It says yes or no, once or for each gap."))
        gaps = []
        for place, cell in enumerate(said):
            column = numbered(GAP, place)
            try:
                gap = _gap(cell, cells, strict=cases[place if len(cases) > 1 else 0] in YES)
            except RefusedRow as refusal:
                raise RefusedRow(*((column, sentence) for _, sentence in refusal.faults)) from refusal
            gaps.append(gap)
        return replace(question, gaps=tuple(gaps))

    def write(self, question: DraftQuestion, line: Line) -> None:
        for place, gap in enumerate(question.gaps):
            weight = f" {{x{gap.weight}}}" if gap.weight != 1 else ""
            line.put(numbered(GAP, place), f"{_cell(gap)}{weight}")
        cases = ["yes" if gap.case_sensitive else "no" for gap in question.gaps]
        line.put("case", "" if "yes" not in cases else joined(cases) if "no" in cases else "yes")


def _gap(cell: str, cells: Cells, *, strict: bool) -> Gap:
    found = _WEIGHT.fullmatch(cell) if len(cell) < 10_000 and cell.endswith("}") else None
    weight = int(found[2]) if found else 1
    parts = parts_of(found[1] if found else cell)
    marked = [_MARKED.fullmatch(part) for part in parts]
    if not any(marked):
        return Gap(texts=texts_of(found[1] if found else cell), case_sensitive=strict, weight=weight)
    options = []
    for place, (part, mark) in enumerate(zip(parts, marked, strict=True)):
        if mark is None:
            raise RefusedRow(("", f'"{shortened(part)}" has no mark [x] or [ ] before it.'))
        text = html_of(unescaped(mark[2]).strip(), cells.texts)
        options.append(Option(str(place), text, _share(mark[1])))
    return Gap(options=tuple(options), weight=weight)


def _share(mark: str) -> Decimal:
    if mark.endswith("%"):
        return Decimal(mark[:-1]) / 100
    return FULL if mark else Decimal(0)


def _cell(gap: Gap) -> str:
    if not gap.options:
        return texts_cell(gap.texts)
    marks = {FULL: "x", Decimal(0): " "}
    return joined(
        f"[{marks.get(option.fraction) or f'{plain(option.fraction * 100)}%'}] {escaped(_on_one_line(option.text))}"
        for option in gap.options
    )


def _on_one_line(text: str) -> str:
    """A line break would end the choice."""
    cell = cell_of(text)
    if "\n" not in cell:
        return cell
    marked = text if richtext.has_tags(text) else f"{MARKED_AS_HTML}{text}"
    return marked.replace("\n", "&#10;")


MAPPING = GapFillInTable()
