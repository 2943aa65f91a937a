"""The rules of an item carried out once: conditions, outcomes, and the expressions in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.values import Declaration, Single, Value, contained, read_single
from apps.mock_tests.rules.files.elements import Element

MOST_STEPS: Final = 20_000
"""Of one run; no exam needs as many, and a hostile file gets no further."""


class _Exit(Exception):
    """The rules say that they are done."""


class Run:
    """One run of the rules over given responses."""

    def __init__(
        self,
        declared: Mapping[str, Declaration],
        declared_outcomes: Mapping[str, Declaration],
        responses: dict[str, Value],
        outcomes: dict[str, Value],
    ) -> None:
        self._declared = declared
        self._declared_outcomes = declared_outcomes
        self._responses = responses
        self._outcomes = outcomes
        self._steps = 0

    def all(self, rules: Sequence[Element]) -> None:
        try:
            for rule in rules:
                self._rule(rule)
        except _Exit:
            return
        except (InvalidOperation, DivisionByZero, Overflow) as error:
            raise Refused("The rules of the marking compute something impossible.") from error

    # -- rules -----------------------------------------------------------------------------------------------------

    def _rule(self, rule: Element) -> None:
        self._step(rule)
        if rule.name == "responseCondition":
            self._condition(rule)
        elif rule.name == "setOutcomeValue":
            self._outcomes[rule.get("identifier")] = self._only(rule)
        elif rule.name == "lookupOutcomeValue":
            self._outcomes[rule.get("identifier")] = self._looked_up(rule)
        elif rule.name == "responseProcessingFragment":
            for inner in rule.children:
                self._rule(inner)
        elif rule.name == "exitResponse":
            raise _Exit
        else:
            raise Refused(f'The marking uses "{rule.written}", which is not supported.', rule)

    def _condition(self, rule: Element) -> None:
        for branch in rule.children:
            parts = list(branch.children)
            if branch.name == "responseElse":
                chosen = parts
            elif branch.name in ("responseIf", "responseElseIf"):
                if not parts or self._value(parts[0]) is not True:
                    continue
                chosen = parts[1:]
            else:
                raise Refused(f'The marking uses "{branch.written}", which is not supported.', branch)
            for inner in chosen:
                self._rule(inner)
            return

    def _looked_up(self, rule: Element) -> Value:
        declared = self._declared_outcomes.get(rule.get("identifier"))
        table = declared.element.child("matchTable") if declared else None
        source = self._only(rule)
        if table is None or declared is None:
            raise Refused("The marking looks something up in a table that is missing or not supported.", rule)
        for entry in table.children:
            if isinstance(source, Decimal) and entry.number("sourceValue") == source:
                return read_single(entry.get("targetValue"), declared.base, entry)
        default = table.get("defaultValue")
        return read_single(default, declared.base, table) if default else None

    # -- expressions -----------------------------------------------------------------------------------------------

    def _value(self, element: Element) -> Value:
        self._step(element)
        write = _EXPRESSIONS.get(element.name)
        if write is None:
            raise Refused(f'The marking uses "{element.written}", which is not supported.', element)
        return write(self, element)

    def _step(self, element: Element) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Refused("The rules of the marking are too long.", element)

    def _only(self, element: Element) -> Value:
        parts = list(element.children)
        if len(parts) != 1:
            raise Refused(f'"{element.written}" must hold one expression.', element)
        return self._value(parts[0])

    def _two(self, element: Element) -> tuple[Value, Value]:
        parts = list(element.children)
        if len(parts) != 2:
            raise Refused(f'"{element.written}" must hold two expressions.', element)
        return self._value(parts[0]), self._value(parts[1])

    def _each(self, element: Element) -> list[Value]:
        return [self._value(part) for part in element.children]

    def _numbers(self, element: Element) -> list[Decimal] | None:
        """All numbers in it; nothing if one is missing."""
        found: list[Decimal] = []
        for value in self._each(element):
            numbers = [number for number in contained(value) if isinstance(number, Decimal)]
            if value is None or len(numbers) != len(contained(value)):
                return None
            found += numbers
        return found

    def _named(self, element: Element, among: Mapping[str, Declaration]) -> Declaration:
        declared = among.get(element.get("identifier"))
        if declared is None:
            raise Refused(f'The marking names "{element.get("identifier")[:40]}", which is not declared.', element)
        return declared

    def variable(self, element: Element) -> Value:
        name = element.get("identifier")
        if name in self._declared:
            return self._responses.get(name)
        if name in self._outcomes or name in ("completionStatus", "numAttempts", "duration"):
            return self._outcomes.get(name)
        raise Refused(f'The marking names "{name[:40]}", which is not declared.', element)

    def correct(self, element: Element) -> Value:
        return self._named(element, self._declared).correct

    def default(self, element: Element) -> Value:
        return self._named(element, {**self._declared_outcomes, **self._declared}).default

    def base_value(self, element: Element) -> Value:
        base = element.get("baseType")
        text = element.text if base == "string" else "".join(p for p in element.content if isinstance(p, str))
        return read_single(text, base, element)

    def map_response(self, element: Element) -> Value:
        declared = self._named(element, self._declared)
        if declared.worths is None:
            raise Refused("The marking maps a response that has no mapping.", element)
        return declared.worths.of(self._responses.get(declared.identifier))

    def match(self, element: Element) -> Value:
        one, other = self._two(element)
        return None if one is None or other is None else same(one, other, ordered=self._is_ordered(element))

    def _is_ordered(self, element: Element) -> bool:
        for part in element.walk():
            declared = self._declared.get(part.get("identifier")) if part.name in ("variable", "correct") else None
            if part.name == "ordered" or (declared and declared.cardinality == "ordered"):
                return True
        return False

    def string_match(self, element: Element) -> Value:
        if element.is_true("substring"):
            raise Refused("Texts that only contain the right words cannot be marked.", element)
        one, other = self._two(element)
        if not isinstance(one, str) or not isinstance(other, str):
            return None
        return one == other if element.is_true("caseSensitive") else one.casefold() == other.casefold()

    def equal(self, element: Element) -> Value:
        one, other = self._two(element)
        if not isinstance(one, Decimal) or not isinstance(other, Decimal):
            return None
        below, above = tolerances(element, one)
        return one - below <= other <= one + above

    def equal_rounded(self, element: Element) -> Value:
        one, other = self._two(element)
        if not isinstance(one, Decimal) or not isinstance(other, Decimal):
            return None
        return _rounded(one, element) == _rounded(other, element)

    def contains(self, element: Element) -> Value:
        whole, part = self._two(element)
        if whole is None or part is None:
            return None
        rest = list(contained(whole))
        for value in contained(part):
            if value not in rest:
                return False
            rest.remove(value)
        return True

    def member(self, element: Element) -> Value:
        one, among = self._two(element)
        return None if one is None or among is None else one in contained(among)

    def is_null(self, element: Element) -> Value:
        return self._only(element) in (None, (), "")

    def negated(self, element: Element) -> Value:
        value = self._only(element)
        return None if value is None else value is not True

    def conjunction(self, element: Element) -> Value:
        return all(value is True for value in self._each(element))

    def disjunction(self, element: Element) -> Value:
        return any(value is True for value in self._each(element))

    def container(self, element: Element) -> Value:
        return tuple(single for value in self._each(element) for single in contained(value)) or None

    def container_size(self, element: Element) -> Value:
        return Decimal(len(contained(self._only(element))))

    def index(self, element: Element) -> Value:
        values, place = contained(self._only(element)), element.number("n")
        if place is None or place != int(place) or place < 1:
            raise Refused("The marking names an impossible place.", element)
        return values[int(place) - 1] if place <= len(values) else None

    def total(self, element: Element) -> Value:
        numbers = self._numbers(element)
        return None if numbers is None else sum(numbers, Decimal(0))

    def product(self, element: Element) -> Value:
        numbers = self._numbers(element)
        if numbers is None:
            return None
        result = Decimal(1)
        for number in numbers:
            result *= number
        return result

    def difference(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one - other)

    def quotient(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one / other if other else None)

    def _of_two(self, element: Element, compute: Callable[[Decimal, Decimal], Value]) -> Value:
        one, other = self._two(element)
        return compute(one, other) if isinstance(one, Decimal) and isinstance(other, Decimal) else None

    def least(self, element: Element) -> Value:
        return min(self._numbers(element) or [], default=None)

    def most(self, element: Element) -> Value:
        return max(self._numbers(element) or [], default=None)

    def less(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one < other)

    def more(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one > other)

    def at_most(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one <= other)

    def at_least(self, element: Element) -> Value:
        return self._of_two(element, lambda one, other: one >= other)

    def unchanged(self, element: Element) -> Value:
        return self._only(element)

    def nothing(self, element: Element) -> Value:
        return None


_EXPRESSIONS: Final[Mapping[str, Callable[[Run, Element], Value]]] = {
    "variable": Run.variable,
    "correct": Run.correct,
    "default": Run.default,
    "baseValue": Run.base_value,
    "mapResponse": Run.map_response,
    "match": Run.match,
    "stringMatch": Run.string_match,
    "equal": Run.equal,
    "equalRounded": Run.equal_rounded,
    "contains": Run.contains,
    "member": Run.member,
    "isNull": Run.is_null,
    "not": Run.negated,
    "and": Run.conjunction,
    "or": Run.disjunction,
    "multiple": Run.container,
    "ordered": Run.container,
    "containerSize": Run.container_size,
    "index": Run.index,
    "sum": Run.total,
    "product": Run.product,
    "subtract": Run.difference,
    "divide": Run.quotient,
    "min": Run.least,
    "max": Run.most,
    "lt": Run.less,
    "gt": Run.more,
    "lte": Run.at_most,
    "gte": Run.at_least,
    "integerToFloat": Run.unchanged,
    "null": Run.nothing,
}


def tolerances(element: Element, value: Decimal) -> tuple[Decimal, Decimal]:
    """How far below and above a value its `equal` reaches."""
    mode = element.get("toleranceMode", "exact")
    if mode == "exact":
        return Decimal(0), Decimal(0)
    reach = list(_reach(element))
    if mode not in ("absolute", "relative") or len(reach) not in (1, 2):
        raise Refused("The tolerance of a number is not given as a number.", element)
    below, above = (reach * 2)[:2]
    if mode == "relative":
        return abs(value) * below / 100, abs(value) * above / 100
    return below, above


def _reach(element: Element) -> Iterator[Decimal]:
    for said in element.get("tolerance").split():
        number = read_single(said, "float", element)
        if isinstance(number, Decimal) and number >= 0:
            yield number


def rounding(element: Element) -> int:
    """To how many decimal places an `equalRounded` rounds."""
    figures = element.number("figures")
    if element.get("roundingMode", "significantFigures") != "decimalPlaces" or figures is None or not 0 <= figures < 20:
        raise Refused("Numbers rounded to significant figures cannot be marked here.", element)
    return int(figures)


def _rounded(number: Decimal, element: Element) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-rounding(element)), ROUND_HALF_UP)


def same(one: Value, other: Value, *, ordered: bool) -> bool:
    """Whether two values are equal; the order of a container counts where it is ordered."""
    if one is None or other is None:
        return False
    if ordered:
        return contained(one) == contained(other)
    return _sorted(contained(one)) == _sorted(contained(other))


def _sorted(values: Sequence[Single]) -> list[Single]:
    return sorted(values, key=lambda value: (type(value).__name__, str(value)))
