"""Aiken: a line or more of text, ``A) …`` to ``Z. …``, ``ANSWER: B``. One right option, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftQuestion, DraftTest, ImportReport
from apps.mock_tests.rules.exchange.moodle.reading import draft_of
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.exchange.outline import Asked, CannotHold, outline
from apps.mock_tests.rules.files.textfile import TextLimits, read_lines
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES

DEFAULT_LIMITS: Final = TextLimits()
OPTION: Final = re.compile(r"\s*([A-Z])[).]\s+(\S.*)")
ANSWER: Final = re.compile(r"\s*ANSWER\s*:\s*(.*?)\s*", re.DOTALL | re.IGNORECASE)
_SAYS_ANSWER: Final = re.compile(r"\s*ANSWER\s*:")
"""Before the options only these letters count; a question may well begin with "Answer:"."""
_LETTER: Final = re.compile(r"([A-Za-z])[).]?")
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class AikenMapping:
    """How one type of question stands in Aiken; the ``MAPPING`` of a type's module ``aiken``."""

    def choices(self, question: DraftQuestion) -> tuple[list[str], int]:
        """The options in words, and the place of the right one; refuses with `CannotHold`."""
        raise NotImplementedError


@dataclass(slots=True)
class _Item:
    line: int
    text: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    answer: str | None = None

    def reason(self) -> str:
        """Why it cannot be taken, beyond what every choice needs; nothing, if it can."""
        letters = [letter for letter, _ in self.options]
        if self.answer is None:
            return "It has no line ANSWER."
        if letters != list(LETTERS[: len(letters)]):
            return f"Its options are named {', '.join(letters)}; they must be A, B, C and so on, in order."
        if self.answer not in letters:
            return f'Its answer "{self.answer[:20]}" is none of its options.'
        return ""


def read_aiken(data: bytes, *, limits: TextLimits = DEFAULT_LIMITS) -> tuple[DraftTest, ImportReport]:
    """Return what the file holds as a test, and what became of each of its questions.

    Raises `UnreadableFile` when the file as a whole cannot be read; a question that cannot be taken is a refused row.
    """
    nodes: list[Node] = []
    refusals: dict[int, tuple[str, ...]] = {}
    for item in _items(read_lines(data, limits)):
        if len(nodes) >= limits.questions:
            message = f"The file has more than {limits.questions:,} questions."
            raise UnreadableFile("too_many_questions", message, item.line)
        node = _node(item)
        nodes.append(node)
        reason = item.reason()
        if reason:
            refusals[id(node)] = (reason,)
    return draft_of(nodes, refusals)


def _items(lines: list[str]) -> Iterator[_Item]:
    item: _Item | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        option, answer = OPTION.fullmatch(line), ANSWER.fullmatch(line)
        if item is not None and item.options and not option and not answer:
            yield item
            item = None
        item = item or _Item(number)
        if answer and not item.options and not _SAYS_ANSWER.match(line):
            item.text.append(line.strip())
        elif answer:
            letter = _LETTER.fullmatch(answer[1])
            item.answer = letter[1].upper() if letter else answer[1]
            yield item
            item = None
        elif option:
            item.options.append((option[1], option[2].strip()))
        else:
            item.text.append(line.strip())
    if item is not None:
        yield item


def _node(item: _Item) -> Node:
    answers = [
        Node(
            "answer",
            {"fraction": "100" if letter == item.answer else "0", "format": "plain_text"},
            item.line,
            [_text(text)],
        )
        for letter, text in item.options
    ]
    text = Node("questiontext", {"format": "plain_text"}, item.line, [_text("\n".join(item.text))])
    return Node("question", {"type": "multichoice"}, item.line, [text, *answers])


def _text(text: str) -> Node:
    return Node("text", {}, 0, [], [text])


# -- writing -------------------------------------------------------------------------------------------------------


def write_aiken(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the file, and the reasons why questions were left out of it, by their places."""
    blocks = []
    left_out: dict[str, str] = {}
    for part in outline(test):
        if isinstance(part, Asked):
            try:
                blocks.append(_written(part.question))
            except CannotHold as reason:
                left_out[part.pointer] = str(reason)
    return "\n".join(blocks).encode(), left_out


def _written(question: DraftQuestion) -> str:
    mapping = TYPES[question.type].mapping("aiken", AikenMapping)
    if mapping is None:
        raise CannotHold("Aiken has only choices with one right option.")
    options, answer = mapping.choices(question)
    if not 2 <= len(options) <= len(LETTERS):
        raise CannotHold(f"Aiken has 2 to {len(LETTERS)} options.")
    text = richtext.to_text(question.text)
    if not text or not all(options):
        raise CannotHold("Aiken holds no files, and without them a text is empty.")
    if any(OPTION.fullmatch(line) or _SAYS_ANSWER.match(line) for line in text.split("\n")):
        raise CannotHold("A line of its text reads like an option or an answer.")
    lines = [f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([text, *lines, f"ANSWER: {LETTERS[answer]}", ""])
