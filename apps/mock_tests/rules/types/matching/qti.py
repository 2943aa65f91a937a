"""A `matchInteraction`: its first set asks, its second one answers, or the other way round. An `associateInteraction`
becomes one, if no option is in two pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.findings import Refused
from apps.mock_tests.rules.exchange.qti.item import NEARLY, PLACES, Choice, Item
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.values import Declaration
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.types.base import Prompt

Pairs = Sequence[tuple[str, str]]


class MatchingInQti(QtiMapping):
    def takes(self, item: Item) -> bool:
        return item.only("matchInteraction", "associateInteraction") is not None

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        interaction = item.interactions[0]
        declared = item.response(interaction)
        asked, answers, pairs = _sides(item, interaction, declared)
        places = {choice.identifier: str(place) for place, choice in enumerate(answers)}
        full = item.worth((declared, declared.correct))
        marks = item.marks(full)
        policy = _policy(item, declared, full)
        targets = dict(pairs)
        return replace(
            question,
            type="matching",
            text=item.text(),
            options=tuple(DraftOption(choice.html) for choice in answers),
            prompts=tuple(Prompt("", choice.html, places[targets[choice.identifier]]) for choice in asked),
            policy=policy,
            marks=marks,
            shuffle=interaction.is_true("shuffle"),
            explanation=item.explanation(declared),
        )

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        asked = [(f"prompt-{number}", prompt) for number, prompt in enumerate(question.prompts, 1)]
        answers = [(f"option-{number}", option) for number, option in enumerate(question.options, 1)]
        pairs = [f"{name} {answers[int(prompt.target)][0]}" for name, prompt in asked]
        response = writing.response("directedPair", pairs, cardinality="multiple")
        if question.policy == "all_or_nothing":
            response.matched(question.marks)
        else:
            part = (question.marks / len(pairs)).quantize(PLACES) if pairs else question.marks
            response.mapped([(pair, part) for pair in pairs], lower=Decimal(0), upper=question.marks)
        writing.text(question.text)
        writing.match(
            [(name, prompt.text) for name, prompt in asked],
            [(name, option.text) for name, option in answers],
            shuffle=question.shuffle,
        )


def _sides(
    item: Item, interaction: Element, declared: Declaration
) -> tuple[tuple[Choice, ...], tuple[Choice, ...], Pairs]:
    """What asks, what answers, and the right pairs of these."""
    said = [tuple(str(pair).split()) for pair in declared.right]
    if not said or any(len(pair) != 2 for pair in said):
        raise Refused("It does not say which pairs are right.", declared.element)
    pairs = [(pair[0], pair[1]) for pair in said]
    if interaction.name == "associateInteraction":
        return _associated(item, interaction, pairs)
    sets = [child for child in interaction.children if child.name == "simpleMatchSet"]
    if len(sets) != 2:
        raise Refused("It does not have two sets of options.", interaction)
    first, second = (item.choices(each, "simpleAssociableChoice") for each in sets)
    item.check_known(declared, (choice.identifier for choice in (*first, *second)))
    names = {choice.identifier for choice in first}
    if not all(one in names for one, _ in pairs):
        raise Refused("A right pair does not begin in the first set.", declared.element)
    if _each_once(first, [one for one, _ in pairs]):
        return first, second, pairs
    if _each_once(second, [other for _, other in pairs]):
        return second, first, [(other, one) for one, other in pairs]
    raise Refused("Something in it belongs to none or to several others; each prompt has one right answer here.",
                  declared.element)  # fmt: skip


def _each_once(choices: Sequence[Choice], names: Sequence[str]) -> bool:
    return sorted(choice.identifier for choice in choices) == sorted(names)


def _associated(item: Item, interaction: Element, pairs: Pairs) -> tuple[tuple[Choice, ...], tuple[Choice, ...], Pairs]:
    choices: Mapping[str, Choice] = {
        choice.identifier: choice for choice in item.choices(interaction, "simpleAssociableChoice")
    }
    named = [name for pair in pairs for name in pair]
    if len(set(named)) != len(named) or not set(named) <= choices.keys():
        raise Refused("An option belongs to several others, or to none that there is.", interaction)
    item.findings.note("The first of each pair asks here, and what is left answers.", interaction)
    # The pair itself does not say which of the two came first in the list.
    place = {name: number for number, name in enumerate(choices)}
    sorted_pairs = sorted(tuple(sorted(pair, key=place.__getitem__)) for pair in pairs)
    directed = sorted(((one, other) for one, other in sorted_pairs), key=lambda pair: place[pair[0]])
    asked = {one for one, _ in directed}
    answers = tuple(choice for name, choice in choices.items() if name not in asked)
    return tuple(choices[one] for one, _ in directed), answers, directed


def _policy(item: Item, declared: Declaration, full: Decimal) -> str:
    if item.marking.by_template == "match":
        return "all_or_nothing"
    pairs = [str(pair) for pair in declared.right]
    alone = [item.worth((declared, (pair,))) for pair in pairs]
    worths = declared.worths
    if worths and (worths.default < 0 or any(entry.worth < 0 for entry in worths.entries)):
        item.findings.note("Wrong pairs cost nothing here.", declared.element)
    if worths and any(entry.worth > 0 and str(entry.key) not in pairs for entry in worths.entries):
        item.findings.note("Only the right pairs earn something here.", declared.element)
    if len(pairs) > 1 and not any(alone):
        return "all_or_nothing"
    if any(abs(worth - full / len(pairs)) > NEARLY for worth in alone):
        item.findings.note("All pairs count the same here.", declared.element)
    return ""


MAPPING = MatchingInQti()
