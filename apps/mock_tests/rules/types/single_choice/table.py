"""Options A, B, ... and the letter of the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.table.columns import OPTION, numbered
from apps.mock_tests.rules.exchange.table.mapping import (
    Cells,
    Line,
    RefusedRow,
    TableMapping,
    joined,
    labels_in,
    letters_of,
)
from apps.mock_tests.rules.types.base import FULL, plain


class SingleChoiceInTable(TableMapping):
    names = (
        "single", "sc", "mc", "mcq", "choice", "radio", "multichoice", "single answer", "single select", "best answer",
        "one answer", "択一", "単一選択", "四択", "三択", "選択", "一択", "bitta tanlov", "один ответ",
    )  # fmt: skip
    turn = 20
    example: ClassVar[Mapping[str, str]] = {
        "text": "雨が_____います。",
        "A": "ふって",
        "B": "ふった",
        "C": "ふり",
        "key": "A",
    }

    def takes(self, cells: Cells) -> bool:
        return bool(cells.several(OPTION)) and len(labels_in(cells.value("key"), cells.options(), glued=True)) <= 1

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        options = cells.options()
        found = labels_in(cells.value("key"), options)
        if not found:
            raise RefusedRow(("key", "It does not say which option is right."))
        return replace(question, options=weighted(options, found, FULL))

    def write(self, question: DraftQuestion, line: Line) -> None:
        line.put_options(question)
        line.put("key", key_of(question.options, FULL))


def weighted(
    options: Sequence[DraftOption], found: Sequence[tuple[int, Decimal | None]], usual: Decimal
) -> tuple[DraftOption, ...]:
    """The options with what the key says; those that it names without a share are worth ``usual``."""
    shares = {place: usual if share is None else share for place, share in found}
    return tuple(replace(option, fraction=shares.get(place, Decimal(0))) for place, option in enumerate(options))


def key_of(options: Sequence[DraftOption], usual: Decimal) -> str:
    """The key of options: their letters, with shares where these are not the usual ones."""
    named = [(place, option.fraction) for place, option in enumerate(options) if option.fraction]
    if all(fraction == usual for _, fraction in named):
        return letters_of(place for place, _ in named)
    return joined(f"{numbered(OPTION, place)}={plain(fraction * 100)}%" for place, fraction in named)


MAPPING = SingleChoiceInTable()
