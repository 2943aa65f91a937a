"""Moodle's ``gapselect`` and ``ddwtos``: ``[[2]]`` in the text names the right one of the choices of its group, which may
stand in several gaps."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.answers import TRUE, Answers, RefusedQuestion, kind_of, refuse_flaws
from apps.mock_tests.rules.exchange.moodle.areas import Area
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, Gap, Given, Option
from apps.mock_tests.rules.types.gap_fill import MARK

DRAGGED: Final = "ddwtos"
_CHOICES: Final = {"gapselect": "selectoption", DRAGGED: "dragbox"}
KINDS: Final = frozenset(_CHOICES)


def read_missing_words(node: Node, text: Area) -> Answers:
    """A gap with a list of choices for each place in the text; refuses with `RefusedQuestion`."""
    choices = [_choice(element, kind_of(node)) for element in node.find_all(_CHOICES[kind_of(node)])]
    groups: dict[str, list[int]] = defaultdict(list)
    for place, (_, group) in enumerate(choices):
        groups[group].append(place)
    gaps = []
    for mark in MARK.finditer(text.html):
        right = int(mark[1]) - 1
        if not 0 <= right < len(choices):
            raise RefusedQuestion(f"The text holds {mark[0]}, but there is no such choice.")
        options = (
            Option(str(number), choices[place][0], FULL if place == right else FULL - FULL)
            for number, place in enumerate(groups[choices[right][1]])
        )
        gaps.append(Gap(options=tuple(options)))
    numbers = iter(range(1, len(gaps) + 1))
    said = MARK.sub(lambda mark: f"[[{next(numbers)}]]", text.html)
    refuse_flaws("gap_fill", said, Given(gaps=tuple(gaps)))
    notes = ("Words are chosen from lists, not dragged.",) if kind_of(node) == DRAGGED else ()
    shuffle = node.value("shuffleanswers") in TRUE
    return Answers("gap_fill", gaps=tuple(gaps), text=said, shuffle=shuffle, notes=notes)


def _choice(element: Node, kind: str) -> tuple[str, str]:
    """The words of a choice and the group that it belongs to."""
    said = element.value("text")
    if len(said) > 1_000:
        raise RefusedQuestion(f'The choice "{shortened(said)}" is too long.')
    # Choices to drag may hold some HTML, choices of a list are words.
    html = richtext.clean_html(said) if kind == DRAGGED else richtext.clean_html(richtext.escape_plain(said))
    return html, element.value("group", "1")
