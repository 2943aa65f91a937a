"""A `choiceInteraction` of which one option is taken. Each earns what the item gives for it alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.choosing import choosing, truths
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import Item, share
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping


class SingleChoiceInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        found = choosing(item)
        return found is not None and found.is_single and not truths(found.words)

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        found = choosing(item)
        if found is None:
            raise Refused("The response of its choice is not declared.", item.root)
        choices, declared = found.choices(item), found.declared
        said = [(choice.identifier,) if declared.is_container else choice.identifier for choice in choices]
        worths = [item.worth((declared, value)) for value in said]
        full = max(worths, default=Decimal(0))
        marks, whole = item.marks(full), item.whole(full)
        options = tuple(
            DraftOption(choice.html, share(worth, whole), item.feedback(declared, value))
            for choice, worth, value in zip(choices, worths, said, strict=True)
        )
        return replace(
            question,
            type="single_choice",
            text=item.text(),
            options=options,
            marks=marks,
            shuffle=found.interaction.is_true("shuffle"),
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        choices = writing.choices(question.options)
        right = [name for name, option in choices if option.fraction == 1]
        response = writing.response("identifier", right)
        if {option.fraction for option in question.options} == {Decimal(0), Decimal(1)} and question.marks == 1:
            response.matched()
        else:
            response.mapped([(name, option.fraction * question.marks) for name, option in choices])
        for name, option in choices:
            response.say(name, option.feedback)
        writing.text(question.text)
        writing.choose(choices, most=1, shuffle=question.shuffle)


MAPPING = SingleChoiceInQti()
