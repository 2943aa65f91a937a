r"""GIFT, Moodle's text format: reading a question bank as a test.

Questions are set apart by blank lines: ``::title::[format]text {answers}``. ``\`` before ``~ = # { } :`` takes their
meaning away, ``\n`` begins a line. Each question becomes the element that Moodle XML would have for it, so that
categories, descriptions, texts and answers are understood in one way, whichever of the two files they come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from apps.mock_tests.rules.draft import DraftTest, ImportReport, UnreadableFile
from apps.mock_tests.rules.moodle_answers import parse_number, shortened
from apps.mock_tests.rules.moodle_tree import Node
from apps.mock_tests.rules.moodle_xml import draft_of
from apps.mock_tests.rules.textfile import TextLimits, read_lines
from apps.mock_tests.rules.types.base import plain

DEFAULT_LIMITS: Final = TextLimits()
GAP: Final = "_____"
"""Where the answers stood, when the text goes on after them."""

_FORMATS: Final = {
    "html": "html",
    "moodle": "moodle_auto_format",
    "plain": "plain_text",
    "markdown": "markdown",
}
_CATEGORY: Final = "$CATEGORY:"
_FORMAT: Final = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT: Final = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,10})?)%", re.ASCII)
_TAG: Final = re.compile(r"\[tag:([^\]]*)\]")
_WORDS: Final = {"T": True, "TRUE": True, "F": False, "FALSE": False}
# Escaped characters wait as control characters, which no text contains.
_ESCAPES: Final = {
    "\\": "\x01",
    "~": "\x02",
    "=": "\x03",
    "#": "\x04",
    "{": "\x05",
    "}": "\x06",
    ":": "\x07",
    "n": "\x08",
}
_ESCAPED: Final = re.compile(r"\\([\\~=#{}:n])")
_MEANT: Final = str.maketrans({mark: "\n" if letter == "n" else letter for letter, mark in _ESCAPES.items()})


def read_gift(data: bytes, *, limits: TextLimits = DEFAULT_LIMITS) -> tuple[DraftTest, ImportReport]:
    """Return what the file holds as a test, and what became of each of its questions.

    Raises `UnreadableFile` when the file as a whole cannot be read; a question that cannot be taken is a refused row.
    """
    nodes: list[Node] = []
    refusals: dict[int, tuple[str, ...]] = {}
    for block in _blocks(read_lines(data, limits)):
        if len(nodes) >= limits.questions:
            message = f"The file has more than {limits.questions:,} questions."
            raise UnreadableFile("too_many_questions", message, block.line)
        try:
            node = _node(block)
        except _Broken as reason:
            node = _question("unreadable", block, reason.title, [])
            refusals[id(node)] = (str(reason),)
        nodes.append(node)
    if all(node.attributes["type"] == "category" for node in nodes):
        raise UnreadableFile("no_questions", "The file holds no questions.")
    return draft_of(nodes, refusals)


class _Broken(Exception):
    """The question is not written as GIFT is; the message says why."""

    title = ""


@dataclass(slots=True)
class _Block:
    """The lines of one question, with escapes put aside, and the tags from the comments before it."""

    line: int
    lines: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    def depth(self) -> int:
        return sum(line.count("{") - line.count("}") for line in self.lines)


def _blocks(lines: list[str]) -> Iterator[_Block]:
    block = _Block(0)
    for number, raw in enumerate(lines, 1):
        line = _ESCAPED.sub(lambda match: _ESCAPES[match[1]], raw)
        begins = line.lstrip()
        if begins.startswith("//"):
            block.tags += (" ".join(tag.split()) for tag in _TAG.findall(begins))
            continue
        apart = not begins and not _goes_on(block, lines, number)
        if block.lines and (apart or begins.startswith(_CATEGORY) or (begins.startswith("::") and block.depth() <= 0)):
            yield block
            block = _Block(0)
        if not begins and not block.lines:
            continue
        block.line = block.line or number
        block.lines.append(line)
        if begins.startswith(_CATEGORY):
            yield block
            block = _Block(0)
    if block.lines:
        yield block


def _goes_on(block: _Block, lines: list[str], number: int) -> bool:
    """Whether a blank line stands inside open answers, of which more follow."""
    if not block.lines or block.depth() <= 0:
        return False
    following = next((line.lstrip() for line in lines[number:] if line.strip()), "")
    return following.startswith(("=", "~", "}", "#"))


# -- one question --------------------------------------------------------------------------------------------------


def _node(block: _Block) -> Node:
    text = block.text
    if text.startswith(_CATEGORY):
        return Node("question", {"type": "category"}, block.line, [_element("category", text.removeprefix(_CATEGORY))])
    title, text = _title(text)
    try:
        form, text = _format(text, "moodle_auto_format")
        said, answers = _taken_apart(text)
        if answers is None:
            return _question("description", block, title, [_area("questiontext", said, form)])
        answers, mark, explanation = answers.rpartition("####") if "####" in answers else (answers, "", "")
        kind, elements = _answers(answers.strip(), form)
    except _Broken as reason:
        reason.title = title
        raise
    areas = [_area("questiontext", said, form), *([_own_area("generalfeedback", explanation, form)] if mark else [])]
    return _question(kind, block, title, [*areas, *elements])


def _title(text: str) -> tuple[str, str]:
    if not text.startswith("::"):
        return "", text
    title, end, rest = text[2:].partition("::")
    return (_meant(title), rest) if end else ("", text)


def _format(text: str, usual: str) -> tuple[str, str]:
    found = _FORMAT.match(text)
    return (_FORMATS[found[1].lower()], text[found.end() :]) if found else (usual, text)


def _taken_apart(text: str) -> tuple[str, str | None]:
    """The words of a question, and what stands in its braces."""
    before, begins, rest = text.partition("{")
    if not begins and "}" not in text:
        return text, None
    answers, ends, after = rest.partition("}")
    if "}" in before or not begins:
        _refuse("A closing brace has no opening one; write \\} for a brace in the text.")
    if not ends:
        _refuse("The brace before the answers is not closed.")
    if "{" in answers:
        _refuse("A brace opens inside the answers; write \\{ for a brace in the text.")
    if "{" in after or "}" in after:
        _refuse("It has braces after its answers; write \\{ and \\} for braces in the text.")
    return (f"{before.rstrip()} {GAP} {after.strip()}" if after.strip() else before.rstrip()), answers


def _answers(text: str, form: str) -> tuple[str, list[Node]]:
    """The type of a question in Moodle, and the elements of its answers."""
    if not text:
        return "essay", []
    if text.startswith("#"):
        return "numerical", list(_numbers(text[1:]))
    if "~" in text:
        return "multichoice", list(_choices(text, form))
    if "=" in text and "->" in text:
        return "matching", list(_pairs(text, form))
    word, *feedback = text.split("#")
    if word.strip().upper() in _WORDS:
        return "truefalse", list(_truth(_WORDS[word.strip().upper()], feedback, form))
    return "shortanswer", list(_texts(text, form))


def _choices(text: str, form: str) -> Iterator[Node]:
    first, *pieces = re.split(r"(?=[~=])", text.replace("~=", "="))
    _refuse_words(first)
    # A right answer without a weight says that it is the only one.
    only = any(piece.startswith("=") and not _WEIGHT.match(piece[1:]) for piece in pieces)
    yield _element("single", "true" if only else "false")
    for piece in pieces:
        weight, rest = _weight(piece[1:], "100" if piece.startswith("=") else "0")
        answer, mark, feedback = rest.partition("#")
        yield _answer(_own_area("answer", answer, form), weight, feedback if mark else "", form)


def _texts(text: str, form: str) -> Iterator[Node]:
    first, *pieces = text.split("=")
    if pieces:
        _refuse_words(first)
    for piece in pieces or [first]:
        weight, rest = _weight(piece, "100")
        answer, mark, feedback = rest.partition("#")
        yield _answer(_area("answer", answer, "plain_text"), weight, feedback if mark else "", form)


def _pairs(text: str, form: str) -> Iterator[Node]:
    first, *pieces = text.split("=")
    _refuse_words(first)
    for piece in pieces:
        prompt, arrow, target = piece.partition("->")
        if not arrow:
            _refuse(f'The pair "{shortened(_meant(piece))}" has no ->.')
        node = _own_area("subquestion", prompt, form)
        node.children.append(Node("answer", {}, 0, [_element("text", target)]))
        yield node


def _truth(value: bool, feedback: list[str], form: str) -> Iterator[Node]:
    """The first remark is for those who are wrong, the second for those who are right."""
    wrong, right = ([*feedback, "", ""])[:2]
    for said in (True, False):
        node = _area("answer", "true" if said else "false", "plain_text")
        yield _answer(node, "100" if said is value else "0", right if said is value else wrong, form)


def _numbers(text: str) -> Iterator[Node]:
    text, wrong, _ = text.partition("~")
    first, *pieces = text.split("=")
    if pieces:
        _refuse_words(first)
    for piece in pieces or [first]:
        weight, rest = _weight(piece, "100")
        number, mark, feedback = rest.partition("#")
        value, tolerance = _range(number.strip())
        node = _answer(_area("answer", value, "plain_text"), weight, feedback if mark else "", "html")
        node.children.append(_element("tolerance", tolerance))
        yield node
    if wrong:
        yield _answer(_area("answer", "*", "plain_text"), "0", "", "html")


def _range(text: str) -> tuple[str, str]:
    """Middle and tolerance of ``1..5``, ``3:2`` or ``3``."""
    low, dots, high = text.partition("..")
    if not dots:
        value, _, tolerance = text.partition(":")
        return value.strip(), tolerance.strip() or "0"
    ends = parse_number(low), parse_number(high)
    if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
        _refuse(f'"{shortened(_meant(text))}" is not a range from one number to a larger one.')
    return plain((ends[0] + ends[1]) / 2), plain((ends[1] - ends[0]) / 2)


def _weight(text: str, usual: str) -> tuple[str, str]:
    found = _WEIGHT.match(text)
    return (found[1], text[found.end() :]) if found else (usual, text)


# -- elements ------------------------------------------------------------------------------------------------------


def _question(kind: str, block: _Block, title: str, children: list[Node]) -> Node:
    name = Node("name", {}, block.line, [_element("text", title)])
    tags = Node("tags", {}, block.line, [Node("tag", {}, 0, [_element("text", tag)]) for tag in block.tags])
    return Node("question", {"type": kind}, block.line, [name, *children, tags])


def _answer(node: Node, weight: str, feedback: str, form: str) -> Node:
    node.attributes["fraction"] = weight
    if feedback.strip():
        node.children.append(_own_area("feedback", feedback, form))
    return node


def _own_area(tag: str, text: str, usual: str) -> Node:
    """A text that may name its own format."""
    form, rest = _format(text, usual)
    return _area(tag, rest, form)


def _area(tag: str, text: str, form: str) -> Node:
    return Node(tag, {"format": form}, 0, [_element("text", text)])


def _element(tag: str, text: str) -> Node:
    if tag == "category":
        return Node(tag, {}, 0, [_element("text", text)])
    return Node(tag, {}, 0, [], [_meant(text).strip()])


def _meant(text: str) -> str:
    return text.translate(_MEANT)


def _refuse_words(text: str) -> None:
    if text.strip():
        _refuse(f'The answers begin with "{shortened(_meant(text.strip()))}", without = or ~.')


def _refuse(reason: str) -> NoReturn:
    raise _Broken(reason)
