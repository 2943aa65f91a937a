"""Prompts in columns of their own, options A, B, ..., and as the key which go together: ``1-B; 2-A``. Pairs may also
stand in the option columns as ``prompt => option``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.table.columns import LETTERS, OPTION, PROMPT, numbered
from apps.mock_tests.rules.exchange.table.mapping import (
    Cells,
    Line,
    RefusedRow,
    TableMapping,
    cell_of,
    html_of,
    joined,
    parts_of,
)
from apps.mock_tests.rules.types.base import Prompt

_ARROW = re.compile(r"\s*(?:=>|⇒|->|→)\s*")
_PAIR = re.compile(r"(\d{1,2})\s*[-=:>→]+\s*([A-Z]{1,2})")


class MatchingInTable(TableMapping):
    names = ("match", "pairs", "pairing", "組み合わせ", "組合せ", "マッチング", "moslashtirish", "соответствие")
    turn = 15
    example: ClassVar[Mapping[str, str]] = {
        "text": "Which capital?", "prompt_1": "Japan", "prompt_2": "Peru", "A": "Lima", "B": "Tokyo", "C": "Oslo",
        "key": "1-B; 2-A",
    }  # fmt: skip

    def takes(self, cells: Cells) -> bool:
        options = cells.several(OPTION)
        return bool(cells.several(PROMPT)) or (bool(options) and all(_ARROW.search(cell) for cell in options if cell))

    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        prompts = cells.several(PROMPT)
        if not prompts:
            return _of_pairs(cells, question)
        targets: dict[int, str] = {}
        options = cells.options()
        for part in parts_of(cells.plain("key").upper().replace(",", ";")):
            found = _PAIR.fullmatch(part)
            if found is None or found[2] not in LETTERS[: len(options)] or not 1 <= int(found[1]) <= len(prompts):
                raise RefusedRow(("key", f'"{shortened(part)}" is not a pair such as 1-B.'))
            targets[int(found[1]) - 1] = str(LETTERS.index(found[2]))
        missing = [str(place + 1) for place in range(len(prompts)) if place not in targets]
        if missing:
            raise RefusedRow(("key", f"It has no option for {', '.join(missing)}."))
        said = (Prompt("", html_of(cell, cells.texts), targets[place]) for place, cell in enumerate(prompts))
        return replace(question, prompts=tuple(said), options=options)

    def write(self, question: DraftQuestion, line: Line) -> None:
        for place, prompt in enumerate(question.prompts):
            line.put(numbered(PROMPT, place), cell_of(prompt.text))
        line.put_options(question)
        pairs = ((place, numbered(OPTION, int(prompt.target))) for place, prompt in enumerate(question.prompts, 1))
        line.put("key", joined(f"{place}-{letter}" for place, letter in pairs))


def _of_pairs(cells: Cells, question: DraftQuestion) -> DraftQuestion:
    pairs = [_ARROW.split(cell, maxsplit=1) for cell in cells.several(OPTION) if cell]
    if any(len(pair) != 2 for pair in pairs):
        raise RefusedRow(("A", 'Pairs are written as "prompt => option", or prompts in columns prompt_1, prompt_2.'))
    targets = [html_of(pair[1].strip(), cells.texts) for pair in pairs]
    places = {target: str(place) for place, target in enumerate(dict.fromkeys(targets))}
    prompts = tuple(
        Prompt("", html_of(pair[0].strip(), cells.texts), places[target])
        for pair, target in zip(pairs, targets, strict=True)
        if pair[0].strip()
    )
    return replace(question, prompts=prompts, options=tuple(DraftOption(target) for target in places))


MAPPING = MatchingInTable()
