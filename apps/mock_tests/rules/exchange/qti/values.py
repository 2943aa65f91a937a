"""Values of QTI: what a response, an outcome or an expression is at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.numbers import parse_number

Single = str | Decimal | bool
Value = Single | tuple[Single, ...] | None
"""Nothing, one value, or a container of several (of the cardinality multiple or ordered)."""

_PAIRS = ("pair", "directedPair")
_TEXTS = ("identifier", "string", "uri", "duration", "")
_NUMBERS = ("float", "integer")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a value is worth."""

    key: Single
    worth: Decimal
    case_sensitive: bool = True

    def fits(self, value: Single) -> bool:
        if self.case_sensitive or not isinstance(self.key, str) or not isinstance(value, str):
            return self.key == value
        return self.key.casefold() == value.casefold()


@dataclass(frozen=True, slots=True)
class Worths:
    """A mapping from values to marks."""

    entries: tuple[Entry, ...]
    default: Decimal = Decimal(0)
    lower: Decimal | None = None
    upper: Decimal | None = None

    def of(self, value: Value) -> Decimal:
        if value is None:
            return self._bounded(Decimal(0))
        each = dict.fromkeys(value) if isinstance(value, tuple) else [value]
        return self._bounded(sum((self._of_one(single) for single in each), Decimal(0)))

    def _of_one(self, value: Single) -> Decimal:
        return next((entry.worth for entry in self.entries if entry.fits(value)), self.default)

    def _bounded(self, worth: Decimal) -> Decimal:
        worth = worth if self.lower is None else max(worth, self.lower)
        return worth if self.upper is None else min(worth, self.upper)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A response or outcome as it is declared."""

    identifier: str
    element: Element
    cardinality: str
    base: str
    correct: Value = None
    default: Value = None
    worths: Worths | None = None

    @property
    def is_container(self) -> bool:
        return self.cardinality in ("multiple", "ordered")

    @property
    def right(self) -> tuple[Single, ...]:
        """The correct value or values."""
        return contained(self.correct)


def contained(value: Value) -> tuple[Single, ...]:
    """The values in a container; one value is a container of itself."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def read_declaration(element: Element) -> Declaration:
    """A declaration, or `Refused`."""
    base, cardinality = element.get("baseType"), element.get("cardinality", "single")
    area = element.find("areaMapping")
    if area is not None:
        raise Refused("Places on a picture cannot be marked here.", area)
    if cardinality == "record":
        raise Refused("Responses that are records are not supported.", element)
    is_container = cardinality in ("multiple", "ordered")
    return Declaration(
        identifier=element.get("identifier"),
        element=element,
        cardinality=cardinality,
        base=base,
        correct=_values(element.child("correctResponse"), base, is_container=is_container),
        default=_values(element.child("defaultValue"), base, is_container=is_container),
        worths=_worths(element.child("mapping"), base),
    )


def read_single(text: str, base: str, element: Element) -> Single:
    """One value of a base type, or `Refused`."""
    said = text.strip()
    if base in _PAIRS:
        return pair(said, ordered=base == "directedPair")
    if base in _NUMBERS:
        number = parse_number(said)
        if number is None:
            raise Refused(f'"{said[:40]}" is not a finite number.', element)
        return number
    if base == "boolean":
        if said not in ("true", "false", "1", "0"):
            raise Refused(f'"{said[:40]}" is neither true nor false.', element)
        return said in ("true", "1")
    if base not in _TEXTS:
        raise Refused(f'Values of the type "{base[:40]}" are not supported.', element)
    return text if base == "string" else said


def pair(text: str, *, ordered: bool) -> str:
    """Two identifiers; without a direction always in the same order."""
    names = text.split()
    return " ".join(names if ordered else sorted(names))


def _values(element: Element | None, base: str, *, is_container: bool) -> Value:
    if element is None:
        return None
    values = tuple(_each_value(element, base))
    if is_container:
        return values or None
    return values[0] if values else None


def _each_value(element: Element, base: str) -> Iterator[Single]:
    for child in element.children:
        if child.name == "value":
            yield read_single(_said(child, base), base, child)


def _said(element: Element, base: str) -> str:
    """Spaces in a typed text are those of a line."""
    return element.text if base == "string" else "".join(p for p in element.content if isinstance(p, str))


def _worths(element: Element | None, base: str) -> Worths | None:
    if element is None:
        return None
    return Worths(
        entries=tuple(_entry(child, base) for child in element.children if child.name == "mapEntry"),
        default=_number(element, "defaultValue"),
        lower=_bound(element, "lowerBound"),
        upper=_bound(element, "upperBound"),
    )


def _entry(element: Element, base: str) -> Entry:
    key = " ".join(element.get("mapKey").split()) if base == "string" else element.get("mapKey")
    return Entry(
        key=read_single(key, base, element),
        worth=_number(element, "mappedValue"),
        case_sensitive=element.get("caseSensitive", "true") not in ("false", "0"),
    )


def _bound(element: Element, name: str) -> Decimal | None:
    return _number(element, name) if name in element.attributes else None


def _number(element: Element, name: str) -> Decimal:
    """The number in an attribute; 0 where there is none."""
    number = element.number(name) if name in element.attributes else Decimal(0)
    if number is None:
        raise Refused(f'"{element.get(name)[:40]}" is not a finite number.', element)
    return number
