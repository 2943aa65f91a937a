"""A `textEntryInteraction` for a number. Which numbers are right is found from those that the rules name, and proved by
trying others around and between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import NEARLY, Item, share
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.running import rounding, tolerances
from apps.mock_tests.rules.exchange.qti.typing import is_number, numbers_in
from apps.mock_tests.rules.exchange.qti.values import Declaration, read_single
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.types.base import Answer

MOST_ANSWERS = 50
LINE = "____"
_FAR = Decimal(1)


class NumericInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        interaction = item.only("textEntryInteraction")
        declared = item.declared(interaction) if interaction is not None else None
        return declared is not None and is_number(declared)

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        interaction = item.interactions[0]
        declared = item.response(interaction)
        full, answers = _answers(item, declared)
        marks = item.marks(full)
        text = item.text()
        if not item.entry_stands_alone:
            text = item.text({id(interaction): LINE})
            item.findings.note("The place of the number is a line in the text.", interaction)
        return replace(
            question, type="numeric", text=text, answers=answers, marks=marks, explanation=item.explanation(declared)
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        best = sorted(question.answers, key=lambda answer: -answer.fraction)
        response = writing.response("float", [f"{answer.value:f}" for answer in best[:1]])
        response.ruled([(_near(writing, answer), writing.number(answer.fraction * question.marks)) for answer in best])
        writing.text(question.text)
        writing.entry()


def _near(writing: ItemWriting, answer: Answer) -> str:
    value = writing.number(answer.value)
    if not answer.tolerance:
        return writing.operation("equal", value, writing.given(), toleranceMode="exact")
    reach = f"{answer.tolerance:f}"
    return writing.operation("equal", value, writing.given(), toleranceMode="absolute", tolerance=f"{reach} {reach}")


def _answers(item: Item, declared: Declaration) -> tuple[Decimal, tuple[Answer, ...]]:
    """What the item gives at most, and for which numbers it gives which part."""
    named = list(_named(item, declared))
    if len(named) > MOST_ANSWERS:
        raise Refused(f"It names {len(named)} numbers; at most {MOST_ANSWERS} are possible.", declared.element)
    edges = sorted({value + reach for value, reach in named} | {value - reach for value, reach in named})
    tried = {number: item.worth((declared, number)) for number in _around(edges)}
    full = max((worth for worth in tried.values()), default=Decimal(0))
    if full <= 0:
        raise Refused("It does not say which number is right.", declared.element)
    answers = _as_named(named, tried, full)
    if _gives(answers, tried, full):
        return full, answers
    answers = _as_ranges(edges, tried, full)
    inside = {number: worth for number, worth in tried.items() if number not in edges}
    if _gives(answers, inside, full):
        if not _gives(answers, tried, full):
            item.findings.note("The ends of its range count as right here.", declared.element)
        return full, answers
    raise Refused("Which numbers are right cannot be kept: only numbers with a tolerance can.", declared.element)


def _gives(answers: Sequence[Answer], tried: dict[Decimal, Decimal], full: Decimal) -> bool:
    """Whether the answers give what the item gave wherever it was tried."""
    return bool(answers) and all(
        abs(_share(answers, number) - worth / full) <= NEARLY for number, worth in tried.items()
    )


def _named(item: Item, declared: Declaration) -> Iterator[tuple[Decimal, Decimal]]:
    """Numbers that the key, the mapping or the rules name, with how far they reach."""
    seen: dict[tuple[Decimal, Decimal], None] = {}
    processing = item.root.child("responseProcessing")
    exact = [
        *numbers_in(declared.right),
        *numbers_in([e.key for e in declared.worths.entries] if declared.worths else []),
    ]
    for element in processing.walk() if processing is not None else ():
        if element.name in ("equal", "equalRounded", "match", "gt", "gte", "lt", "lte"):
            for value in _values(element, declared):
                below, above = _reach(element, value)
                if below == above:
                    seen.setdefault((value, below))
                else:
                    seen.setdefault((value + (above - below) / 2, (above + below) / 2))
    named = {value for value, _ in seen}
    for value in exact:
        if value not in named:
            seen.setdefault((value, Decimal(0)))
    yield from seen


def _values(element: Element, declared: Declaration) -> Iterator[Decimal]:
    parts = list(element.walk())
    if any(part.name == "variable" and part.get("identifier") == declared.identifier for part in parts):
        for part in parts:
            if part.name == "baseValue" and part.get("baseType") in ("float", "integer"):
                yield from numbers_in([read_single(part.text, "float", part)])
            elif part.name == "correct":
                yield from numbers_in(declared.right)


def _reach(element: Element, value: Decimal) -> tuple[Decimal, Decimal]:
    if element.name == "equal":
        return tolerances(element, value)
    if element.name == "equalRounded":
        half = Decimal(5).scaleb(-rounding(element) - 1)
        return half, half
    return Decimal(0), Decimal(0)


def _around(edges: Sequence[Decimal]) -> Iterator[Decimal]:
    """The edges themselves, what lies between two of them, and what lies outside."""
    yield from edges
    yield from ((one + other) / 2 for one, other in pairwise(edges))
    if edges:
        yield edges[0] - _FAR
        yield edges[-1] + _FAR


def _as_named(
    named: Sequence[tuple[Decimal, Decimal]], tried: dict[Decimal, Decimal], full: Decimal
) -> tuple[Answer, ...]:
    """Each number with its reach, worth what its edges are."""
    worths = [min(tried[value - reach], tried[value + reach]) for value, reach in named]
    return tuple(
        Answer(value, reach, share(worth, full)) for (value, reach), worth in zip(named, worths, strict=True) if worth
    )


def _as_ranges(edges: Sequence[Decimal], tried: dict[Decimal, Decimal], full: Decimal) -> tuple[Answer, ...]:
    """What lies between two edges, where the middle is worth something: its ends then count as right, too."""
    found = []
    for one, other in pairwise(edges):
        middle = (one + other) / 2
        if tried[middle]:
            found.append(Answer(middle, (other - one) / 2, share(tried[middle], full)))
    return tuple(found)


def _share(answers: Sequence[Answer], number: Decimal) -> Decimal:
    near = (answer.fraction for answer in answers if abs(answer.value - number) <= answer.tolerance)
    return max(near, default=Decimal(0))


MAPPING = NumericInQti()
