"""A `choiceInteraction` of which several options may be taken. How it is marked is found by trying which of the house's
ways gives what the item gives for every choice that was tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.choosing import Choosing, choosing
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import NEARLY, Choice, Item, share
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting, Rule
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.values import Worths
from apps.mock_tests.rules.types.base import FULL, plain
from apps.mock_tests.rules.types.multiple_choice import JEE_LOSS, JEE_PART, TYPE

ALL_SUBSETS_OF = 6
"""Of so many options every choice is tried; of more, small ones and those near the right one."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to mark, with the shares of the options under it."""

    policy: str
    fractions: tuple[Decimal, ...]

    def share(self, names: Sequence[str], chosen: frozenset[str]) -> Decimal:
        key = {"fractions": {name: plain(part) for name, part in zip(names, self.fractions, strict=True)}}
        return TYPE.share({**key, "policy": self.policy} if self.policy else key, sorted(chosen))


class MultipleChoiceInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        found = choosing(item)
        return found is not None and not found.is_single

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        found = choosing(item)
        if found is None:
            raise Refused("The response of its choice is not declared.", item.root)
        choices, declared = found.choices(item), found.declared
        marks, way = _way(item, found, [choice.identifier for choice in choices])
        _note_limits(item, found, len(choices))
        return replace(
            question,
            type="multiple_choice",
            text=item.text(),
            options=tuple(
                DraftOption(choice.html, part, _feedback(item, found, choice))
                for choice, part in zip(choices, way.fractions, strict=True)
            ),
            policy=way.policy,
            marks=marks,
            shuffle=found.interaction.is_true("shuffle"),
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        choices = writing.choices(question.options)
        marks = question.marks
        right = [name for name, option in choices if option.fraction > 0]
        response = writing.response("identifier", right, cardinality="multiple")
        if question.policy == "jee_advanced":
            response.ruled(_jee_rules(writing, marks))
        elif question.policy == "all_or_nothing":
            response.matched(marks)
        else:
            entries = [(name, option.fraction * marks) for name, option in choices]
            response.mapped(entries, lower=Decimal(0), upper=marks)
        for name, option in choices:
            response.say(name, option.feedback)
        writing.text(question.text)
        writing.choose(choices, most=0, shuffle=question.shuffle)


def _way(item: Item, found: Choosing, names: Sequence[str]) -> tuple[Decimal, _Way]:
    """The marks of the item, and how it is marked."""
    declared = found.declared
    right = frozenset(str(value) for value in declared.right)
    if item.marking.by_template == "match":
        if not right:
            raise Refused("It does not say which answers are right.", declared.element)
        return item.marks(FULL), _Way("all_or_nothing", _flags(names, right))
    if item.marking.by_template == "map" and declared.worths:
        return _mapped(item, found, names, declared.worths)
    return _tried(item, found, names, right)


def _mapped(item: Item, found: Choosing, names: Sequence[str], worths: Worths) -> tuple[Decimal, _Way]:
    """The sum of what the chosen options are worth, as the mapping says."""
    each = _each(worths, names)
    full = worths.of(tuple(name for name, worth in zip(names, each, strict=True) if worth > 0))
    if full <= 0:
        raise Refused("No answer earns anything.", found.declared.element)
    total = sum((worth for worth in each if worth > 0), Decimal(0))
    if abs(total - full) > NEARLY:
        raise Refused("The weights of the right options add up to more than the marks.", found.declared.element)
    if worths.lower != 0 and any(worth < 0 for worth in each):
        item.findings.note("Wrong choices cost at most what was earned here, never more.", found.declared.element)
    whole = item.whole(full)
    return item.marks(full), _Way("", tuple(share(worth, whole) for worth in each))


def _each(worths: Worths, names: Sequence[str]) -> list[Decimal]:
    """What each option alone is worth, without bounds."""
    return [Worths(worths.entries, worths.default).of(name) for name in names]


def _tried(item: Item, found: Choosing, names: Sequence[str], right: frozenset[str]) -> tuple[Decimal, _Way]:
    tries = {chosen: item.worth((found.declared, tuple(sorted(chosen)))) for chosen in _tries(names, right)}
    full = tries.get(right, Decimal(0)) if right else max(tries.values(), default=Decimal(0))
    marks = item.marks(full)
    whole, worths = item.whole(full), found.declared.worths
    mapped = (_Way("", tuple(share(part, whole) for part in _each(worths, names))),) if worths else ()
    for way in (*mapped, *_ways(names, right, tries, whole)):
        if all(abs(way.share(names, chosen) - worth / full) <= NEARLY for chosen, worth in tries.items()):
            return marks, way
    raise Refused("What its choices earn together cannot be kept.", found.declared.element)


def _ways(
    names: Sequence[str], right: frozenset[str], tries: dict[frozenset[str], Decimal], whole: Decimal
) -> Iterator[_Way]:
    if right:
        yield _Way("all_or_nothing", _flags(names, right))
        yield _Way("jee_advanced", _flags(names, right))
        # What a wrong option costs only shows beside right ones.
        beside = {name: share(tries[right | {name}] - tries[right], whole) for name in names if name not in right}
        alone = {name: share(tries[frozenset({name})], whole) for name in right}
        yield _Way("", tuple((beside | alone)[name] for name in names))
    yield _Way("", tuple(share(tries[frozenset({name})], whole) for name in names))


def _tries(names: Sequence[str], right: frozenset[str]) -> Iterator[frozenset[str]]:
    sizes = range(1, len(names) + 1 if len(names) <= ALL_SUBSETS_OF else 2)
    for size in sizes:
        yield from map(frozenset, combinations(names, size))
    if right:
        yield right
        yield from (right | {name} for name in names)
        yield from (right - {name} for name in right if len(right) > 1)


def _flags(names: Sequence[str], right: frozenset[str]) -> tuple[Decimal, ...]:
    return tuple(Decimal(name in right) for name in names)


def _feedback(item: Item, found: Choosing, choice: Choice) -> str:
    """Of the option alone: words on the whole choice are none of its own."""
    said = item.feedback(found.declared, (choice.identifier,))
    everything = item.feedback(found.declared, tuple(name for name, _ in found.words))
    return said if said and said in everything else ""


def _note_limits(item: Item, found: Choosing, count: int) -> None:
    most = found.interaction.number("maxChoices")
    if most and 1 < most < count:
        item.findings.note(f"That at most {most} options may be chosen is not kept.", found.interaction)


def _jee_rules(writing: ItemWriting, marks: Decimal) -> list[Rule]:
    given, key = writing.given(), writing.key()
    part = writing.operation("product", writing.number(JEE_PART * marks), writing.operation("containerSize", given))
    return [
        (writing.operation("match", given, key), writing.number(marks)),
        (writing.operation("isNull", given), writing.number(Decimal(0))),
        (writing.operation("contains", key, given), part),
        (None, writing.number(JEE_LOSS * marks)),
    ]


MAPPING = MultipleChoiceInQti()
