"""Moodle's ``shortanswer``, without wildcards."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import (
    TRUE,
    Answers,
    MoodleMapping,
    accepted,
    few,
    fraction_of,
    kind_of,
    refuse_flaws,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import text_element
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.base import Given, Text


class ShortTextInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "shortanswer"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        strict = node.value("usecase") in TRUE
        elements = few(node, "answer")
        feedback = tuple(read_area(element.find("feedback"), shelf) for element in elements)
        said = [
            Text(element.value("text"), fraction_of(element), about.html)
            for element, about in zip(elements, feedback, strict=True)
        ]
        texts, notes = accepted(said, strict=strict)
        refuse_flaws("short_text", "", Given(texts=texts, case_sensitive=strict))
        return Answers("short_text", texts=texts, case_sensitive=strict, areas=feedback, notes=notes)

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        texts = (Text(text.text.replace("*", "\\*"), text.fraction, text.feedback) for text in question.texts)
        usecase = f"<usecase>{int(question.case_sensitive)}</usecase>"
        return "shortanswer", [usecase, *(text_element(text, question.files) for text in texts)]


MAPPING = ShortTextInMoodle()
