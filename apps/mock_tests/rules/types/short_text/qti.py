"""A `textEntryInteraction` after the text. Each text that the item names is tried, and whether its case matters."""

from __future__ import annotations

from dataclasses import replace

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import Item
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.typing import accepted_texts, is_number


class ShortTextInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        interaction = item.only("textEntryInteraction")
        declared = item.declared(interaction) if interaction is not None else None
        return declared is not None and not is_number(declared) and item.entry_stands_alone

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        declared = item.response(item.interactions[0])
        found = accepted_texts(item, declared)
        if not found.texts:
            raise Refused("It does not say which text is right.", declared.element)
        marks = item.marks(found.full)
        return replace(
            question,
            type="short_text",
            text=item.text(),
            texts=tuple(replace(text, feedback=item.feedback(declared, text.text)) for text in found.texts),
            case_sensitive=found.case_sensitive,
            marks=marks,
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        full = [text.text for text in question.texts if text.fraction == 1][:1]
        response = writing.response("string", full)
        response.mapped(
            [(text.text, text.fraction * question.marks) for text in question.texts],
            case_sensitive=question.case_sensitive,
        )
        for text in question.texts:
            response.say(text.text, text.feedback, case_sensitive=question.case_sensitive)
        writing.text(question.text)
        writing.entry()


MAPPING = ShortTextInQti()
