"""Options, and as the key their right order: ``C, A, D, B``. Without a key they stand in the right order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.table.mapping import Cells, Line, RefusedRow, TableMapping, labels_in, letters_of


class OrderingInTable(TableMapping):
    names = (
        "order",
        "sort",
        "sequence",
        "arrange",
        "並べ替え",
        "並び替え",
        "並べかえ",
        "文の組み立て",
        "tartiblash",
        "порядок",
    )
    turn = 70
    example: ClassVar[Mapping[str, str]] = {
        "text": "つくえの_____ _____ ★ _____あります。", "A": "本", "B": "に", "C": "が", "D": "上", "key": "D, B, A, C",
        "policy": "star", "star": "3",
    }  # fmt: skip

    def takes(self, cells: Cells) -> bool:
        return False

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        options = cells.options()
        found = labels_in(cells.value("key"), options, glued=True)
        if found and sorted(place for place, _ in found) != list(range(len(options))):
            raise RefusedRow(("key", "It must name each option once, the first one first."))
        star = cells.plain("star")
        if star and not star.isdecimal():
            raise RefusedRow(("star", "The star stands at a place, counted from 1."))
        return replace(
            question,
            options=tuple(options[place] for place, _ in found) if found else options,
            star=int(star[:4]) if star else None,
            policy=question.policy or ("star" if star else ""),
        )

    def write(self, question: DraftQuestion, line: Line) -> None:
        line.put_options(question)
        line.put("key", letters_of(range(len(question.options))))
        line.put("star", "" if question.star is None else str(question.star))


MAPPING = OrderingInTable()
