"""Moodle's ``ordering``, marked as a whole."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import (
    Answers,
    MoodleMapping,
    as_area,
    few,
    kind_of,
    numbered,
    refuse_flaws,
    refuse_if,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import text_and_files
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.single_choice.moodle import option_reasons

_WHOLE_ORDER = frozenset({"ALL_OR_NOTHING", "-1"})


class OrderingInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "ordering"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        texts = [read_area(as_area(element), shelf) for element in few(node, "answer")]
        refuse_if(option_reasons(texts))
        options = tuple(DraftOption(text.html) for text in texts)
        refuse_flaws("ordering", "", Given(numbered(options)))
        notes = []
        if node.value("gradingtype") not in _WHOLE_ORDER:
            notes.append("Parts of an order earn nothing here; only the whole order counts.")
        if node.value("selecttype", "ALL") not in ("ALL", "0"):
            notes.append("All its items are shown, not some of them.")
        return Answers("ordering", options, areas=tuple(texts), notes=tuple(notes))

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        return "ordering", [
            "<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype><selectcount>0</selectcount>",
            "<gradingtype>ALL_OR_NOTHING</gradingtype><showgrading>SHOW</showgrading>",
            *(
                f'<answer fraction="{place}" format="html">{text_and_files(option.text, question.files)}</answer>'
                for place, option in enumerate(question.options, 1)
            ),
        ]


MAPPING = OrderingInMoodle()
