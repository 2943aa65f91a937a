"""The part of a Moodle question that differs from type to type: its answers, or the reasons against them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules import richtext
from apps.mock_tests.rules.draft import DraftOption, NumericAnswer, QuestionType
from apps.mock_tests.rules.moodle_areas import Area, Shelf, read_area
from apps.mock_tests.rules.moodle_cloze import BadCloze, read_cloze
from apps.mock_tests.rules.moodle_tree import Node
from apps.mock_tests.rules.types.base import FULL, Gap, Given, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.choices import MOST_OPTIONS
from apps.mock_tests.rules.types.multiple_choice import TOLERANCE
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import normalised

MAX_OPTIONS: Final = MOST_OPTIONS
TRUE: Final = frozenset({"true", "1", "yes"})
ANY_OTHER: Final = "*"
_LARGEST_EXPONENT: Final = 100
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,60}\.?\d{0,60}|\.\d{1,60})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WILDCARD: Final = re.compile(r"(?<!\\)\*")
_WHOLE_ORDER: Final = frozenset({"ALL_OR_NOTHING", "-1"})


class RefusedQuestion(Exception):
    """The question cannot be taken; `reasons` say why, one sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Answers:
    """What a question says about its answers; `text` replaces the question's own, `areas` are checked for their files."""

    type: QuestionType
    options: tuple[DraftOption, ...] = ()
    numbers: tuple[NumericAnswer, ...] = ()
    texts: tuple[Text, ...] = ()
    case_sensitive: bool = False
    truth: Truth | None = None
    prompts: tuple[Prompt, ...] = ()
    gaps: tuple[Gap, ...] = ()
    policy: str = ""
    areas: tuple[Area, ...] = ()
    notes: tuple[str, ...] = ()
    shuffle: bool = False
    text: str | None = None


def parse_number(text: str) -> Decimal | None:
    """Return a finite decimal number of sensible size, or None."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    return number if abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def refuse_if(reasons: Sequence[str]) -> None:
    """Refuse the question if there is any reason, each named once."""
    if reasons:
        raise RefusedQuestion(*dict.fromkeys(reasons))


def shortened(text: str) -> str:
    """A stranger's text, short enough to be repeated in a sentence."""
    return text if len(text) <= 40 else f"{text[:39]}…"


# -- choices -------------------------------------------------------------------------------------------------------


def _read_multichoice(node: Node, shelf: Shelf, text: Area) -> Answers:
    single = node.value("single", "true") in TRUE
    return _read_choice(node, shelf, "single_choice" if single else "multiple_choice")


def _read_multichoiceset(node: Node, shelf: Shelf, text: Area) -> Answers:
    return _read_choice(node, shelf, "multiple_choice", policy="all_or_nothing")


def _read_choice(node: Node, shelf: Shelf, question_type: QuestionType, policy: str = "") -> Answers:
    elements = _few(node, "answer")
    texts = [read_area(_as_area(element), shelf) for element in elements]
    feedback = [read_area(element.find("feedback"), shelf) for element in elements]
    options = tuple(
        DraftOption(text.html, _fraction(element), said.html)
        for element, text, said in zip(elements, texts, feedback, strict=True)
    )
    if policy:
        options = tuple(DraftOption(o.text, FULL if o.fraction > 0 else Decimal(0), o.feedback) for o in options)
    refuse_if([*_option_reasons(texts), *_key_reasons(options, question_type, policy)])
    shuffle = node.value("shuffleanswers") in TRUE and bool(options)
    return Answers(question_type, options, areas=(*texts, *feedback), policy=policy, shuffle=shuffle)


def _option_reasons(texts: Sequence[Area]) -> list[str]:
    reasons = []
    if len(texts) < 2:
        reasons.append("It has fewer than two options.")
    if any(text.is_empty for text in texts):
        reasons.append("An option is empty.")
    if any(text.has_audio for text in texts):
        reasons.append("An option plays a recording; only the question may.")
    return reasons


def _key_reasons(options: Sequence[DraftOption], question_type: QuestionType, policy: str) -> list[str]:
    if policy:
        return [] if any(option.fraction > 0 for option in options) else ["No option is right."]
    if question_type == "multiple_choice":
        total = sum((option.fraction for option in options if option.fraction > 0), Decimal(0))
        fits = abs(total - 1) <= TOLERANCE
        return [] if fits else [f"The weights of the right options add up to {total * 100:f} %, not to 100 %."]
    keys = sum(option.fraction == 1 for option in options)
    if keys == 1:
        return []
    return ["No option is worth full marks." if keys == 0 else "More than one option is worth full marks."]


def _read_truefalse(node: Node, shelf: Shelf, text: Area) -> Answers:
    found = {element.value("text").lower(): element for element in node.find_all("answer")}
    if found.keys() != {"true", "false"} or sum(1 for _ in node.find_all("answer")) != 2:
        raise RefusedQuestion('Its answers are not "true" and "false".')
    shares = {name: _fraction(element) for name, element in found.items()}
    if sorted(shares.values()) != [0, 1]:
        raise RefusedQuestion("Exactly one of true and false must be worth full marks, the other nothing.")
    feedback = {name: read_area(element.find("feedback"), shelf) for name, element in found.items()}
    truth = Truth(shares["true"] == 1, feedback["true"].html, feedback["false"].html)
    return Answers("true_false", truth=truth, areas=tuple(feedback.values()))


# -- typed ---------------------------------------------------------------------------------------------------------


def _read_numerical(node: Node, shelf: Shelf, text: Area) -> Answers:
    elements = _few(node, "answer")
    exact = [element for element in elements if element.value("text") != ANY_OTHER]
    if elements and not exact:
        raise RefusedQuestion('The only answer is "*", which any number would meet.')
    numbers = tuple(_numeric_answer(element) for element in exact)
    if not any(number.fraction == 1 for number in numbers):
        raise RefusedQuestion("No answer is worth full marks.")
    feedback = tuple(read_area(element.find("feedback"), shelf) for element in exact)
    return Answers("numeric", numbers=numbers, notes=_numeric_notes(node, elements, feedback))


def _numeric_answer(element: Node) -> NumericAnswer:
    value = parse_number(element.value("text"))
    tolerance = parse_number(element.value("tolerance", "0"))
    if value is None:
        raise RefusedQuestion(f'The answer "{shortened(element.value("text"))}" is not a finite number.')
    if tolerance is None or tolerance < 0:
        raise RefusedQuestion(
            f'The tolerance "{shortened(element.value("tolerance"))}" is not a finite number of at least 0.'
        )
    return NumericAnswer(value, tolerance, _fraction(element))


def _numeric_notes(node: Node, elements: Sequence[Node], feedback: Sequence[Area]) -> tuple[str, ...]:
    notes = []
    if any(element.value("text") == ANY_OTHER for element in elements):
        notes.append('The answer "*" (any other number) was left out.')
    if any(not area.is_empty for area in feedback):
        notes.append("Feedback to single numbers was left out.")
    if node.find("units/unit"):
        notes.append("Units are not graded; the number alone counts.")
    return tuple(notes)


def _read_shortanswer(node: Node, shelf: Shelf, text: Area) -> Answers:
    strict = node.value("usecase") in TRUE
    elements = _few(node, "answer")
    feedback = tuple(read_area(element.find("feedback"), shelf) for element in elements)
    said = [
        Text(element.value("text"), _fraction(element), about.html)
        for element, about in zip(elements, feedback, strict=True)
    ]
    texts, notes = _accepted(said, strict=strict)
    given = Given(texts=texts, case_sensitive=strict)
    _refuse_flaws("short_text", "", given)
    return Answers("short_text", texts=texts, case_sensitive=strict, areas=feedback, notes=notes)


def _accepted(said: Iterable[Text], *, strict: bool) -> tuple[tuple[Text, ...], tuple[str, ...]]:
    """Texts as they are typed: the first of those that count as the same, without the one for all others."""
    kept: dict[str, Text] = {}
    notes = []
    for text in said:
        if text.text == ANY_OTHER:
            notes.append('The answer "*" (anything else) was left out.')
            if text.fraction > 0:
                raise RefusedQuestion('The answer "*" gives marks for anything.')
            continue
        if _WILDCARD.search(text.text):
            raise RefusedQuestion(f'The answer "{shortened(text.text)}" has a wildcard (*); name the answers instead.')
        plain = Text(text.text.replace("\\*", "*"), text.fraction, text.feedback)
        same = normalised(plain.text, case_sensitive=strict)
        if same in kept:
            notes.append(f'The answer "{shortened(plain.text)}" counts as another one and was left out.')
        kept.setdefault(same, plain)
    return tuple(kept.values()), tuple(notes)


# -- orders, pairs and gaps ----------------------------------------------------------------------------------------


def _read_ordering(node: Node, shelf: Shelf, text: Area) -> Answers:
    texts = [read_area(_as_area(element), shelf) for element in _few(node, "answer")]
    refuse_if(_option_reasons(texts))
    options = tuple(DraftOption(text.html) for text in texts)
    _refuse_flaws("ordering", "", Given(_numbered(options)))
    notes = []
    if node.value("gradingtype") not in _WHOLE_ORDER:
        notes.append("Parts of an order earn nothing here; only the whole order counts.")
    if node.value("selecttype", "ALL") not in ("ALL", "0"):
        notes.append("All its items are shown, not some of them.")
    return Answers("ordering", options, areas=tuple(texts), notes=tuple(notes))


def _read_matching(node: Node, shelf: Shelf, text: Area) -> Answers:
    elements = _few(node, "subquestion")
    texts = [read_area(_as_area(element), shelf) for element in elements]
    targets = [richtext.escape_plain(element.value("answer/text")) for element in elements]
    if any(not target for target in targets):
        raise RefusedQuestion("A pair has no answer.")
    places = {target: str(place) for place, target in enumerate(dict.fromkeys(targets))}
    prompts = tuple(
        Prompt("", area.html, places[target])
        for area, target in zip(texts, targets, strict=True)
        if not area.is_empty or area.problems
    )
    options = tuple(map(DraftOption, places))
    _refuse_flaws("matching", "", Given(_numbered(options), prompts=prompts))
    shuffle = node.value("shuffleanswers") in TRUE
    return Answers("matching", options, prompts=prompts, areas=tuple(texts), shuffle=shuffle)


def _read_cloze(node: Node, shelf: Shelf, text: Area) -> Answers:
    try:
        cloze = read_cloze(text.html)
    except BadCloze as reason:
        raise RefusedQuestion(str(reason)) from reason
    gaps: list[Gap] = []
    notes: list[str] = []
    for gap in cloze.gaps:
        texts, said = _accepted(gap.texts, strict=gap.case_sensitive)
        gaps.append(Gap("", gap.options, texts, gap.case_sensitive, gap.weight))
        notes += said
    _refuse_flaws("gap_fill", cloze.text, Given(gaps=tuple(gaps)))
    return Answers("gap_fill", gaps=tuple(gaps), text=cloze.text, shuffle=cloze.shuffle, notes=tuple(notes))


READERS: Final[dict[str, Callable[[Node, Shelf, Area], Answers]]] = {
    "multichoice": _read_multichoice,
    "multichoiceset": _read_multichoiceset,
    "truefalse": _read_truefalse,
    "numerical": _read_numerical,
    "shortanswer": _read_shortanswer,
    "ordering": _read_ordering,
    "matching": _read_matching,
    "match": _read_matching,
    "cloze": _read_cloze,
    "multianswer": _read_cloze,
}


# -- helpers -------------------------------------------------------------------------------------------------------


def _few(node: Node, tag: str) -> list[Node]:
    elements = list(node.find_all(tag))
    if len(elements) > MAX_OPTIONS:
        raise RefusedQuestion(f"It has {len(elements)} options; at most {MAX_OPTIONS} are accepted.")
    return elements


def _as_area(answer: Node) -> Node:
    """An answer is a text area except for its feedback, which is an area of its own."""
    own = [child for child in answer.children if child.tag in ("text", "file")]
    return Node(answer.tag, answer.attributes, answer.line, own)


def _numbered(options: Iterable[DraftOption]) -> tuple[Option, ...]:
    return tuple(Option(str(place), option.text) for place, option in enumerate(options))


def _refuse_flaws(question_type: QuestionType, text: str, given: Given) -> None:
    refuse_if(list(_details(question_type, text, given)))


def _details(question_type: QuestionType, text: str, given: Given) -> Iterator[str]:
    return (flaw.detail for flaw in TYPES[question_type].reasons(text, given))


def _fraction(element: Node) -> Decimal:
    percent = parse_number(element.attributes.get("fraction", "0"))
    if percent is None or abs(percent) > 100:
        given = shortened(element.attributes.get("fraction", ""))
        raise RefusedQuestion(f'The weight "{given}" of an answer is not a number from -100 to 100.')
    return percent / 100
