"""Moodle's ``cloze``: the gaps stand in the text with all their answers."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import (
    Answers,
    MoodleMapping,
    RefusedQuestion,
    accepted,
    kind_of,
    refuse_flaws,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.base import Gap, Given
from apps.mock_tests.rules.types.gap_fill.cloze import CLOZE, BadCloze, is_lone_number, read_cloze, write_cloze
from apps.mock_tests.rules.types.gap_fill.missing_words import KINDS, read_missing_words


class GapFillInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) in KINDS or (
            kind_of(node) in CLOZE and not is_lone_number(node.value("questiontext/text"))
        )

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        if kind_of(node) in KINDS:
            return read_missing_words(node, text)
        try:
            cloze = read_cloze(text.html)
        except BadCloze as reason:
            raise RefusedQuestion(str(reason)) from reason
        gaps: list[Gap] = []
        notes: list[str] = [*cloze.notes]
        for gap in cloze.gaps:
            texts, said = accepted(gap.texts, strict=gap.case_sensitive)
            gaps.append(Gap("", gap.options, texts, gap.case_sensitive, gap.weight))
            notes += said
        refuse_flaws("gap_fill", cloze.text, Given(gaps=tuple(gaps)))
        return Answers("gap_fill", gaps=tuple(gaps), text=cloze.text, shuffle=cloze.shuffle, notes=tuple(notes))

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        return "cloze", []

    def text(self, question: DraftQuestion) -> str:
        return write_cloze(question.text, question.gaps, shuffle=question.shuffle)


MAPPING = GapFillInMoodle()
