"""Questions of a Moodle file: from one `<question>` element to a `DraftQuestion`, or the reasons against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import MAX_MARKS, shortened
from apps.mock_tests.rules.exchange.moodle.answers import TRUE, MoodleMapping, RefusedQuestion, kind_of, refuse_if
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area, shown_files
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.types import registry

_UNSUPPORTED: Final = {
    "calculated": "Calculated",
    "calculatedsimple": "Calculated",
    "calculatedmulti": "Calculated",
    "ddimageortext": "Drag and drop",
    "ddmarker": "Drag and drop",
    "random": "Random",
    "randomsamatch": "Random matching",
}


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question that is taken, and what of it was left out."""

    question: DraftQuestion
    notes: tuple[str, ...] = ()


def read_question(node: Node, topic: str) -> ReadQuestion:
    """Return the question of an element, or raise `RefusedQuestion` with every reason that was found."""
    takers = (mapping for mapping in registry.mappings("moodle", MoodleMapping).values() if mapping.takes(node))
    mapping = next(takers, None)
    if mapping is None:
        raise RefusedQuestion(_unsupported(kind_of(node)))
    shelf = Shelf()
    text = read_area(node.find("questiontext"), shelf)
    explanation = read_area(node.find("generalfeedback"), shelf)
    answers = mapping.read(node, shelf, text)
    marks = _marks(node, answers.marks or sum(gap.weight for gap in answers.gaps))
    areas = (text, explanation, *answers.areas)
    refuse_if(_problems(text, (explanation, *answers.areas)))
    question = DraftQuestion(
        type=answers.type,
        name=plain_name(node),
        text=text.html if answers.text is None else answers.text,
        options=answers.options,
        answers=answers.numbers,
        texts=answers.texts,
        case_sensitive=answers.case_sensitive,
        truth=answers.truth,
        prompts=answers.prompts,
        gaps=answers.gaps,
        policy=answers.policy,
        own=answers.own,
        marks=marks,
        explanation=explanation.html,
        tags=tags_of(node),
        topic=topic,
        shuffle=answers.shuffle,
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
    return node.value("hidden") in TRUE


def _problems(text: Area, others: Sequence[Area]) -> list[str]:
    problems = [problem for area in (text, *others) for problem in area.problems]
    if text.is_empty:
        problems.append("The question has neither text nor media.")
    if sum(file.kind == "audio" for file in text.files) > 1:
        problems.append("The question plays more than one recording.")
    if any(area.has_audio for area in others):
        problems.append("A recording is played outside the question's text.")
    return problems


def _marks(node: Node, weight_of_gaps: Decimal | int) -> Decimal:
    """Moodle leaves the marks of embedded answers out: they are the sum of their weights."""
    given = node.value("defaultgrade", str(weight_of_gaps or 1))
    marks = parse_number(given)
    if marks is None or not 0 < marks <= MAX_MARKS:
        raise RefusedQuestion(f'The marks "{shortened(given)}" are not a number above 0 (and up to {MAX_MARKS:,}).')
    return marks


def _unsupported(question_type: str) -> str:
    if question_type in _UNSUPPORTED:
        return f"{_UNSUPPORTED[question_type]} questions ({question_type}) cannot be imported."
    return f'Questions of the type "{shortened(question_type)}" cannot be imported.'


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
