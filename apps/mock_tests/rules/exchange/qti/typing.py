"""What the types share whose takers type: which texts an item accepts, found by trying those that it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import Item, share
from apps.mock_tests.rules.exchange.qti.values import Declaration, Single
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Text
from apps.mock_tests.rules.types.short_text import MOST_TEXTS, normalised


@dataclass(frozen=True, slots=True)
class Accepted:
    """Texts with their shares of `full`, and whether their case matters."""

    texts: tuple[Text, ...]
    full: Decimal
    case_sensitive: bool


def is_number(declared: Declaration) -> bool:
    """Whether a number is typed."""
    return declared.base in ("float", "integer")


def accepted_texts(item: Item, declared: Declaration) -> Accepted:
    """What may be typed for a response, with what the item gives for it alone. `texts` is empty if it names none."""
    said = tuple(_named(item, declared))
    if len(said) > MOST_TEXTS:
        raise Refused(f"It accepts {len(said)} texts; at most {MOST_TEXTS} are possible.", declared.element)
    worths = {text: item.worth((declared, _as_typed(declared, text))) for text in said}
    strict = _case_matters(item, declared, worths)
    full = max(worths.values(), default=Decimal(0))
    if full <= 0:
        return Accepted((), full, strict)
    kept: dict[str, Text] = {}
    for text, worth in worths.items():
        same = normalised(text, case_sensitive=strict)
        if same in kept:
            item.findings.note(f'The answer "{text[:40]}" counts as another one and was left out.', declared.element)
        else:
            kept[same] = Text(text, share(worth, full))
    return Accepted(tuple(kept.values()), full, strict)


def _as_typed(declared: Declaration, text: str) -> Single | tuple[Single, ...]:
    return (text,) if declared.is_container else text


def _named(item: Item, declared: Declaration) -> Iterator[str]:
    """All texts that the key, the mapping or the rules name for this response, each once."""
    texts: dict[str, None] = {}
    entries = declared.worths.entries if declared.worths else ()
    for value in (*(entry.key for entry in entries), *declared.right, *_in_rules(item, declared)):
        text = richtext.without_control_characters(" ".join(str(value).split()))
        if text:
            texts.setdefault(text)
    yield from texts


def _in_rules(item: Item, declared: Declaration) -> Iterator[str]:
    """Texts beside which the response stands in the rules."""
    processing = item.root.child("responseProcessing")
    for element in processing.walk() if processing is not None else ():
        if element.name in ("match", "stringMatch", "member"):
            parts = list(element.walk())
            if any(part.name == "variable" and part.get("identifier") == declared.identifier for part in parts):
                yield from (part.text for part in parts if part.name == "baseValue")


def _case_matters(item: Item, declared: Declaration, worths: dict[str, Decimal]) -> bool:
    cased = {text: worth for text, worth in worths.items() if text.swapcase() != text and worth}
    if not cased:
        entries = declared.worths.entries if declared.worths else ()
        return bool(entries) and all(entry.case_sensitive for entry in entries)
    same = [item.worth((declared, _as_typed(declared, text.swapcase()))) == worth for text, worth in cased.items()]
    if any(same) and not all(same):
        item.findings.note("The case matters in some of its answers; here it does in none.", declared.element)
    return not any(same)


def numbers_in(values: Sequence[Single]) -> Iterator[Decimal]:
    """Those of the values that are numbers."""
    return (value for value in values if isinstance(value, Decimal))
