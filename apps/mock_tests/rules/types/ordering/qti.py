"""An `orderInteraction`. That only one place counts (the star of sentence building) is found by trying exchanges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import Item
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.values import Declaration

MOST_TRIED = 20
"""Of more options, other ways than the whole order are not looked for."""


class OrderingInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        return item.only("orderInteraction") is not None

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        interaction = item.interactions[0]
        declared = item.response(interaction)
        choices = {choice.identifier: choice for choice in item.choices(interaction, "simpleChoice")}
        order = [str(name) for name in declared.right]
        if sorted(order) != sorted(choices):
            raise Refused("The right order does not name each of the options once.", declared.element)
        full = item.worth((declared, tuple(order)))
        marks = item.marks(full)
        star = _star(item, declared, order, full)
        return replace(
            question,
            type="ordering",
            text=item.text(),
            options=tuple(DraftOption(choices[name].html) for name in order),
            policy="star" if star else "",
            star=star,
            marks=marks,
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        shown = _other_order(question.options)
        names = {place: f"item-{number}" for number, place in enumerate(shown, 1)}
        right = [names[place] for place in range(len(question.options))]
        response = writing.response("identifier", right, cardinality="ordered")
        if question.policy == "star" and question.star:
            place = {"n": str(question.star)}
            given, key = (writing.operation("index", part, **place) for part in (writing.given(), writing.key()))
            response.ruled([(writing.operation("match", given, key), writing.number(question.marks))])
        else:
            response.matched(question.marks)
        writing.text(question.text)
        writing.order([(names[place], question.options[place]) for place in shown])


def _star(item: Item, declared: Declaration, order: Sequence[str], full: Decimal) -> int | None:
    """The one place that counts, if it is one; nothing if the whole order does."""
    if item.marking.by_template == "match":
        return None
    tried = {(one, other): item.worth((declared, changed)) for one, other, changed in _exchanged(order)}
    if not any(tried.values()):
        return None
    for place in range(len(order)):
        if all(worth == (0 if place in exchange else full) for exchange, worth in tried.items()):
            return place + 1
    item.findings.note("Parts of an order earn nothing here; only the whole order counts.", declared.element)
    return None


def _exchanged(order: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    if len(order) > MOST_TRIED:
        return
    for one, other in combinations(range(len(order)), 2):
        changed = list(order)
        changed[one], changed[other] = changed[other], changed[one]
        yield one, other, tuple(changed)


def _other_order(options: Sequence[DraftOption]) -> list[int]:
    """The places in an order that does not tell the right one, and is the same each time."""
    places = sorted(range(len(options)), key=lambda p: hashlib.sha256(options[p].text.encode()).digest())
    return places[1:] + places[:1] if places == list(range(len(options))) else places


MAPPING = OrderingInQti()
