"""A `choiceInteraction` of two options that mean true and false, by their identifiers or texts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.choosing import choosing, truths
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import Item
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.types.base import Truth


class TrueFalseInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        found = choosing(item)
        return found is not None and found.is_single and bool(truths(found.words))

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        found = choosing(item)
        if found is None:
            raise Refused("The response of its choice is not declared.", item.root)
        found.choices(item)
        declared = found.declared
        said = {truth: (name,) if declared.is_container else name for truth, name in truths(found.words).items()}
        worths = {truth: item.worth((declared, value)) for truth, value in said.items()}
        full = max(worths.values())
        if sorted(worths.values()) != [Decimal(0), full] or not full:
            raise Refused(
                "Exactly one of true and false must be worth full marks, the other nothing.", declared.element
            )
        marks = item.marks(full)
        return replace(
            question,
            type="true_false",
            text=item.text(),
            truth=Truth(
                worths[True] == full, item.feedback(declared, said[True]), item.feedback(declared, said[False])
            ),
            marks=marks,
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        truth = question.truth or Truth(value=True)
        response = writing.response("identifier", ["true" if truth.value else "false"])
        if question.marks == 1:
            response.matched()
        else:
            response.mapped([("true" if truth.value else "false", question.marks)])
        response.say("true", truth.feedback_true)
        response.say("false", truth.feedback_false)
        writing.text(question.text)
        writing.choose([("true", DraftOption("True")), ("false", DraftOption("False"))], most=1, shuffle=False)


MAPPING = TrueFalseInQti()
