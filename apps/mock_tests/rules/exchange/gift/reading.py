r"""GIFT, Moodle's text format: reading a question bank as a test.

Questions are set apart by blank lines: ``::title::[format]text {answers}``. ``\`` before ``~ = # { } :`` takes their
meaning away, ``\n`` begins a line. Each question becomes the element that Moodle XML would have for it, so that
categories, descriptions, texts and answers are understood in one way, whichever of the two files they come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftTest, ImportReport
from apps.mock_tests.rules.exchange.gift.parts import (
    ESCAPES,
    GiftMapping,
    NotGift,
    area,
    element,
    meant,
    own_area,
    read_format,
    refuse,
)
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.reading import draft_of
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.files.textfile import TextLimits, read_lines
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.types import registry

DEFAULT_LIMITS: Final = TextLimits()
GAP: Final = "_____"
"""Where the answers stood, when the text goes on after them."""

_CATEGORY: Final = "$CATEGORY:"
_TAG: Final = re.compile(r"\[tag:([^\]]*)\]")
_ESCAPED: Final = re.compile(r"\\([\\~=#{}:n])")


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
        except NotGift as reason:
            node = _question("unreadable", block, reason.title, [])
            refusals[id(node)] = (str(reason),)
        nodes.append(node)
    if all(node.attributes["type"] == "category" for node in nodes):
        raise UnreadableFile("no_questions", "The file holds no questions.")
    return draft_of(nodes, refusals)


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
        line = _ESCAPED.sub(lambda match: ESCAPES[match[1]], raw)
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
        return Node("question", {"type": "category"}, block.line, [element("category", text.removeprefix(_CATEGORY))])
    title, text = _title(text)
    try:
        form, text = read_format(text, "moodle_auto_format")
        said, answers = _taken_apart(text)
        if answers is None:
            return _question("description", block, title, [area("questiontext", said, form)])
        answers, mark, explanation = answers.rpartition("####") if "####" in answers else (answers, "", "")
        kind, elements = _answers(answers.strip(), form)
    except NotGift as reason:
        reason.title = title
        raise
    areas = [area("questiontext", said, form), *([own_area("generalfeedback", explanation, form)] if mark else [])]
    return _question(kind, block, title, [*areas, *elements])


def _title(text: str) -> tuple[str, str]:
    if not text.startswith("::"):
        return "", text
    title, end, rest = text[2:].partition("::")
    return (meant(title), rest) if end else ("", text)


def _taken_apart(text: str) -> tuple[str, str | None]:
    """The words of a question, and what stands in its braces."""
    before, begins, rest = text.partition("{")
    if not begins and "}" not in text:
        return text, None
    answers, ends, after = rest.partition("}")
    if "}" in before or not begins:
        refuse("A closing brace has no opening one; write \\} for a brace in the text.")
    if not ends:
        refuse("The brace before the answers is not closed.")
    if "{" in answers:
        refuse("A brace opens inside the answers; write \\{ for a brace in the text.")
    if "{" in after or "}" in after:
        refuse("It has braces after its answers; write \\{ and \\} for braces in the text.")
    return (f"{before}{GAP}{after}".strip() if after.strip() else before.rstrip()), answers


def _answers(text: str, form: str) -> tuple[str, list[Node]]:
    """The type of a question in Moodle, and the elements of its answers."""
    known = sorted(registry.mappings("gift", GiftMapping).values(), key=lambda mapping: mapping.turn)
    mapping = next((mapping for mapping in known if mapping.takes(text)), None)
    if mapping is None:
        refuse(f'"{shortened(meant(text))}" are no answers of any type.')
    return mapping.read(text, form)


# -- elements ------------------------------------------------------------------------------------------------------


def _question(kind: str, block: _Block, title: str, children: list[Node]) -> Node:
    name = Node("name", {}, block.line, [element("text", title)])
    tags = Node("tags", {}, block.line, [Node("tag", {}, 0, [element("text", tag)]) for tag in block.tags])
    return Node("question", {"type": kind}, block.line, [name, *children, tags])
