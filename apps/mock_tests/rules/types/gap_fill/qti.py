"""Gaps in a text: `inlineChoiceInteraction` and `textEntryInteraction`, each with a response of its own, or the gaps of
one `gapMatchInteraction`, which are choices among the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import NEARLY, PLACES, Item, share
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.typing import accepted_texts, is_number
from apps.mock_tests.rules.exchange.qti.values import Declaration, Value, contained
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.types.base import Gap, Option, Text
from apps.mock_tests.rules.types.gap_fill import MARK, MOST_GAPS, MOST_WEIGHT

INLINE = frozenset({"inlineChoiceInteraction", "textEntryInteraction"})


@dataclass(frozen=True, slots=True)
class _Read:
    """A gap with what it earns when it is right, and the response that does."""

    gap: Gap
    full: Decimal
    right: tuple[Declaration, Value]


class GapFillInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        if item.only("gapMatchInteraction") is not None:
            return True
        if not item.interactions or not item.kinds <= INLINE:
            return False
        alone = item.only("textEntryInteraction")
        declared = item.declared(alone) if alone is not None else None
        return declared is None or not (is_number(declared) or item.entry_stands_alone)

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        matched = item.only("gapMatchInteraction")
        if matched is not None:
            return _matched(item, question, matched)
        _refuse_many(len(item.interactions), item.body)
        found = [_inline(item, interaction) for interaction in item.interactions]
        placed = {id(each): f"[[{number}]]" for number, each in enumerate(item.interactions, 1)}
        full = item.worth(*(each.right for each in found))
        shuffle = any(each.is_true("shuffle") for each in item.interactions)
        return _filled(item, question, found, full, text=item.text(placed), shuffle=shuffle)

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        whole = sum(gap.weight for gap in question.gaps)
        parts = []
        for number, gap in enumerate(question.gaps, 1):
            worth = (question.marks * gap.weight / whole).quantize(PLACES)
            parts.append(_written(gap, worth, number, writing, shuffle=question.shuffle))
        writing.summed()
        writing.text(question.text, lambda text: MARK.sub(lambda mark: _part(parts, mark[1]), text))


def _part(parts: Sequence[str], number: str) -> str:
    return parts[int(number) - 1] if 1 <= int(number) <= len(parts) else f"[[{number}]]"


def _written(gap: Gap, worth: Decimal, number: int, writing: ItemWriting, *, shuffle: bool) -> str:
    identifier = f"RESPONSE-{number}"
    if not gap.options:
        full = [text.text for text in gap.texts if text.fraction == 1][:1]
        response = writing.response("string", full, identifier=identifier)
        entries = [(text.text, _worth(text.fraction, worth)) for text in gap.texts]
        response.mapped(entries, case_sensitive=gap.case_sensitive)
        for text in gap.texts:
            response.say(text.text, text.feedback, case_sensitive=gap.case_sensitive)
        return writing.entry_at(identifier)
    names = [(f"gap-{number}-{place}", option) for place, option in enumerate(gap.options, 1)]
    right = [name for name, option in names if option.fraction == 1]
    response = writing.response("identifier", right, identifier=identifier)
    response.mapped([(name, _worth(option.fraction, worth)) for name, option in names])
    for name, option in names:
        response.say(name, option.feedback)
    return writing.inline_choice(identifier, [(name, option.text) for name, option in names], shuffle=shuffle)


def _worth(fraction: Decimal, worth: Decimal) -> Decimal:
    return (fraction * worth).quantize(PLACES)


def _inline(item: Item, interaction: Element) -> _Read:
    declared = item.response(interaction)
    if interaction.name == "textEntryInteraction":
        if is_number(declared):
            raise Refused("A number in a gap among others cannot be marked here.", interaction)
        found = accepted_texts(item, declared)
        best = max(found.texts, key=lambda text: text.fraction, default=None)
        if best is None:
            return _by_key(item, interaction, declared, Gap(texts=()))
        texts = tuple(replace(text, feedback=item.feedback(declared, text.text)) for text in found.texts)
        return _Read(Gap("", (), texts, found.case_sensitive), found.full, (declared, best.text))
    choices = item.choices(interaction, "inlineChoice")
    item.check_known(declared, (choice.identifier for choice in choices))
    worths = [item.worth((declared, choice.identifier)) for choice in choices]
    full = max(worths, default=Decimal(0))
    if full <= 0:
        options = tuple(
            Option(str(place), choice.html, Decimal(choice.identifier in declared.right))
            for place, choice in enumerate(choices)
        )
        return _by_key(item, interaction, declared, Gap(options=options))
    options = tuple(
        Option(str(place), choice.html, share(worth, full), feedback=item.feedback(declared, choice.identifier))
        for place, (choice, worth) in enumerate(zip(choices, worths, strict=True))
    )
    best_choice = choices[worths.index(full)].identifier
    return _Read(Gap("", options), full, (declared, best_choice))


def _by_key(item: Item, interaction: Element, declared: Declaration, gap: Gap) -> _Read:
    """A gap that earns nothing by itself: only all together do, if its right answer is known."""
    if not declared.right:
        raise Refused("It does not say what is right in a gap.", interaction)
    if not gap.options:
        gap = Gap(texts=tuple(Text(str(value)) for value in declared.right))
    return _Read(gap, Decimal(0), (declared, declared.right[0]))


def _matched(item: Item, question: DraftQuestion, interaction: Element) -> DraftQuestion:
    declared = item.response(interaction)
    choices = item.choices(interaction, "gapText", "gapImg")
    gaps = list(interaction.find_all("gap"))
    _refuse_many(len(gaps), interaction)
    item.check_known(declared, [*(choice.identifier for choice in choices), *(gap.get("identifier") for gap in gaps)])
    right = {pair[-1]: " ".join(pair) for value in declared.right if (pair := str(value).split())}
    found = []
    for element in gaps:
        gap_name = element.get("identifier")
        pairs = {choice.identifier: f"{choice.identifier} {gap_name}" for choice in choices}
        # What a wrong word costs only shows beside right ones.
        others = tuple(pair for name, pair in right.items() if name != gap_name)
        without = item.worth((declared, others or None))
        worths = {name: item.worth((declared, (*others, pair))) - without for name, pair in pairs.items()}
        full = max(worths.values(), default=Decimal(0))
        keys = [name for name, pair in pairs.items() if pair == right.get(gap_name)]
        if full <= 0 and len(keys) != 1:
            raise Refused("It does not say what is right in a gap.", element)
        parts = {name: share(worth, full) if full > 0 else Decimal(name in keys) for name, worth in worths.items()}
        options = tuple(
            Option(str(place), choice.html, parts[choice.identifier]) for place, choice in enumerate(choices)
        )
        best = max(parts, key=lambda name: parts[name])
        found.append(_Read(Gap("", options), full, (declared, (pairs[best],))))
    if any(choice.element.get("matchMax", "1") != "0" for choice in choices) and len(gaps) > 1:
        item.findings.note("The same word may be put into several gaps here.", interaction)
    together = tuple(str(value) for each in found for value in contained(each.right[1]))
    full = item.worth((declared, together))
    placed = {id(element): f"[[{number}]]" for number, element in enumerate(gaps, 1)}
    inner = [part for part in interaction.content if not _is_choice(part)]
    whole = f"<div>{item.markup.rough(inner, placed)}</div>"
    shuffle = interaction.is_true("shuffle")
    return _filled(item, question, found, full, text=item.text({id(interaction): whole}), shuffle=shuffle)


def _is_choice(part: Element | str) -> bool:
    return isinstance(part, Element) and part.name in ("gapText", "gapImg")


def _filled(
    item: Item, question: DraftQuestion, found: Sequence[_Read], full: Decimal, *, text: str, shuffle: bool
) -> DraftQuestion:
    marks = item.marks(full)
    worths = [each.full for each in found]
    if abs(sum(worths, Decimal(0)) - full) > NEARLY:
        item.findings.note("Each gap earns its part here, also when others are wrong.", item.body)
        worths = [Decimal(1)] * len(found)
    weights = _weights(worths)
    if not weights:
        item.findings.note("All gaps count the same here.", item.body)
        weights = [1] * len(found)
    gaps = tuple(replace(each.gap, weight=weight) for each, weight in zip(found, weights, strict=True))
    return replace(
        question,
        type="gap_fill",
        text=text,
        gaps=gaps,
        marks=marks,
        shuffle=shuffle,
        explanation=item.explanation(),
    )


def _weights(worths: Sequence[Decimal]) -> list[int]:
    """The worths as small whole numbers, if they are in such a proportion."""
    least = min(worths)
    if least <= 0:
        return []
    for times in range(1, MOST_WEIGHT + 1):
        exact = [worth / least * times for worth in worths]
        whole = [int(part.to_integral_value()) for part in exact]
        if all(abs(part - number) <= NEARLY for part, number in zip(exact, whole, strict=True)):
            return whole if max(whole) <= MOST_WEIGHT else []
    return []


def _refuse_many(count: int, element: Element) -> None:
    if not 1 <= count <= MOST_GAPS:
        raise Refused(f"It has {count} gaps; 1 to {MOST_GAPS} are possible.", element)


MAPPING = GapFillInQti()
