"""Questions of a Moodle file: from one `<question>` element to a `DraftQuestion`, or the reasons against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.draft import DraftOption, DraftQuestion, NumericAnswer, QuestionType
from apps.mock_tests.rules.moodle_areas import Area, Shelf, read_area, shown_files
from apps.mock_tests.rules.moodle_tree import Node

MAX_OPTIONS: Final = 50
MAX_MARKS: Final = Decimal(10_000)
SUM_TOLERANCE: Final = Decimal("0.001")
_LARGEST_EXPONENT: Final = 100
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,60}\.?\d{0,60}|\.\d{1,60})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_TRUE: Final = frozenset({"true", "1", "yes"})
_UNSUPPORTED: Final = {
    "essay": "Essay",
    "matching": "Matching",
    "match": "Matching",
    "shortanswer": "Short answer",
    "cloze": "Cloze (embedded answers)",
    "multianswer": "Cloze (embedded answers)",
    "calculated": "Calculated",
    "calculatedsimple": "Calculated",
    "calculatedmulti": "Calculated",
    "ddwtos": "Drag and drop",
    "ddimageortext": "Drag and drop",
    "ddmarker": "Drag and drop",
    "gapselect": "Missing words",
    "ordering": "Ordering",
    "randomsamatch": "Random matching",
}


class RefusedQuestion(Exception):
    """The question cannot be taken; `reasons` say why, one sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question that is taken, and what of it was left out."""

    question: DraftQuestion
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answers:
    """The part of a question that differs from type to type."""

    type: QuestionType
    options: tuple[DraftOption, ...] = ()
    numbers: tuple[NumericAnswer, ...] = ()
    areas: tuple[Area, ...] = ()
    notes: tuple[str, ...] = ()


def read_question(node: Node, topic: str) -> ReadQuestion:
    """Return the question of an element, or raise `RefusedQuestion` with every reason that was found."""
    read_answers = _READERS.get(node.attributes.get("type", ""))
    if read_answers is None:
        raise RefusedQuestion(_unsupported(node.attributes.get("type", "")))
    shelf = Shelf()
    text = read_area(node.find("questiontext"), shelf)
    explanation = read_area(node.find("generalfeedback"), shelf)
    marks = _marks(node)
    answers = read_answers(node, shelf)
    areas = (text, explanation, *answers.areas)
    _refuse_if(_problems(text, (explanation, *answers.areas)))
    question = DraftQuestion(
        type=answers.type,
        name=plain_name(node),
        text=text.html,
        options=answers.options,
        answers=answers.numbers,
        marks=marks,
        explanation=explanation.html,
        tags=tags_of(node),
        topic=topic,
        shuffle=node.value("shuffleanswers") in _TRUE and bool(answers.options),
        files=shown_files(areas),
        line=node.line,
    )
    return ReadQuestion(question, _once(note for notes in (*(a.notes for a in areas), answers.notes) for note in notes))


def plain_name(node: Node) -> str:
    """The name of a question on one line."""
    return " ".join(node.value("name/text").split())


def tags_of(node: Node) -> tuple[str, ...]:
    """The tags of a question, each once."""
    tags = node.find("tags")
    return _once(" ".join(tag.value("text").split()) for tag in (tags.find_all("tag") if tags else ()))


def is_hidden(node: Node) -> bool:
    """Whether Moodle shows the question to nobody."""
    return node.value("hidden") in _TRUE


def parse_number(text: str) -> Decimal | None:
    """Return a finite decimal number of sensible size, or None."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    return number if abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def _read_multichoice(node: Node, shelf: Shelf) -> _Answers:
    single = node.value("single", "true") in _TRUE
    return _read_choice(node, shelf, "single_choice" if single else "multiple_choice")


def _read_truefalse(node: Node, shelf: Shelf) -> _Answers:
    return _read_choice(node, shelf, "single_choice", words={"true": "True", "false": "False"})


def _read_choice(
    node: Node, shelf: Shelf, question_type: QuestionType, words: dict[str, str] | None = None
) -> _Answers:
    elements = list(node.find_all("answer"))
    if len(elements) > MAX_OPTIONS:
        raise RefusedQuestion(f"It has {len(elements)} options; at most {MAX_OPTIONS} are accepted.")
    texts = [read_area(_as_area(element), shelf) for element in elements]
    feedback = [read_area(element.find("feedback"), shelf) for element in elements]
    options = tuple(
        DraftOption((words or {}).get(text.html.lower(), text.html), _fraction(element), said.html)
        for element, text, said in zip(elements, texts, feedback, strict=True)
    )
    _refuse_if([*_option_reasons(texts), *_key_reasons(options, question_type)])
    return _Answers(question_type, options=options, areas=(*texts, *feedback))


def _read_numerical(node: Node, shelf: Shelf) -> _Answers:
    elements = list(node.find_all("answer"))
    exact = [element for element in elements if element.value("text") != "*"]
    if elements and not exact:
        raise RefusedQuestion('The only answer is "*", which any number would meet.')
    numbers = tuple(_numeric_answer(element) for element in exact)
    if not any(number.fraction == 1 for number in numbers):
        raise RefusedQuestion("No answer is worth full marks.")
    feedback = tuple(read_area(element.find("feedback"), shelf) for element in exact)
    return _Answers("numeric", numbers=numbers, notes=_numeric_notes(node, elements, feedback))


_READERS: Final[dict[str, Callable[[Node, Shelf], _Answers]]] = {
    "multichoice": _read_multichoice,
    "truefalse": _read_truefalse,
    "numerical": _read_numerical,
}


def _as_area(answer: Node) -> Node:
    """An answer is a text area except for its feedback, which is an area of its own."""
    own = [child for child in answer.children if child.tag in ("text", "file")]
    return Node(answer.tag, answer.attributes, answer.line, own)


def _numeric_answer(element: Node) -> NumericAnswer:
    value = parse_number(element.value("text"))
    tolerance = parse_number(element.value("tolerance", "0"))
    if value is None:
        raise RefusedQuestion(f'The answer "{_short(element.value("text"))}" is not a finite number.')
    if tolerance is None or tolerance < 0:
        raise RefusedQuestion(
            f'The tolerance "{_short(element.value("tolerance"))}" is not a finite number of at least 0.'
        )
    return NumericAnswer(value, tolerance, _fraction(element))


def _numeric_notes(node: Node, elements: Sequence[Node], feedback: Sequence[Area]) -> tuple[str, ...]:
    notes = []
    if any(element.value("text") == "*" for element in elements):
        notes.append('The answer "*" (any other number) was left out.')
    if any(not area.is_empty for area in feedback):
        notes.append("Feedback to single numbers was left out.")
    if node.find("units/unit"):
        notes.append("Units are not graded; the number alone counts.")
    return tuple(notes)


def _option_reasons(texts: Sequence[Area]) -> list[str]:
    reasons = []
    if len(texts) < 2:
        reasons.append("It has fewer than two options.")
    if any(text.is_empty for text in texts):
        reasons.append("An option is empty.")
    if any(text.has_audio for text in texts):
        reasons.append("An option plays a recording; only the question may.")
    return reasons


def _key_reasons(options: Sequence[DraftOption], question_type: QuestionType) -> list[str]:
    if question_type == "multiple_choice":
        total = sum((option.fraction for option in options if option.fraction > 0), Decimal(0))
        fits = abs(total - 1) <= SUM_TOLERANCE
        return [] if fits else [f"The weights of the right options add up to {total * 100:f} %, not to 100 %."]
    keys = sum(option.fraction == 1 for option in options)
    if keys == 1:
        return []
    return ["No option is worth full marks." if keys == 0 else "More than one option is worth full marks."]


def _problems(text: Area, others: Sequence[Area]) -> list[str]:
    problems = [problem for area in (text, *others) for problem in area.problems]
    if text.is_empty:
        problems.append("The question has neither text nor media.")
    if sum(file.kind == "audio" for file in text.files) > 1:
        problems.append("The question plays more than one recording.")
    if any(area.has_audio for area in others):
        problems.append("A recording is played outside the question's text.")
    return problems


def _fraction(element: Node) -> Decimal:
    percent = parse_number(element.attributes.get("fraction", "0"))
    if percent is None or abs(percent) > 100:
        given = _short(element.attributes.get("fraction", ""))
        raise RefusedQuestion(f'The weight "{given}" of an answer is not a number from -100 to 100.')
    return percent / 100


def _marks(node: Node) -> Decimal:
    given = node.value("defaultgrade", "1")
    marks = parse_number(given)
    if marks is None or not 0 < marks <= MAX_MARKS:
        raise RefusedQuestion(f'The marks "{_short(given)}" are not a number above 0 (and up to {MAX_MARKS:,}).')
    return marks


def _unsupported(question_type: str) -> str:
    if question_type in _UNSUPPORTED:
        return f"{_UNSUPPORTED[question_type]} questions ({question_type}) cannot be imported."
    return f'Questions of the type "{_short(question_type)}" cannot be imported.'


def _refuse_if(reasons: Sequence[str]) -> None:
    if reasons:
        raise RefusedQuestion(*dict.fromkeys(reasons))


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
