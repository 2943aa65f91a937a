"""What the types of questions share in GIFT: how a type reads and writes its answers, escapes, weights, and the elements
that answers become. Each question becomes the element that Moodle XML would have for it."""

from __future__ import annotations

import re
from typing import ClassVar, Final, NoReturn

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.texts import richtext

FORMATS: Final = {
    "html": "html",
    "moodle": "moodle_auto_format",
    "plain": "plain_text",
    "markdown": "markdown",
}
# Escaped characters wait as control characters, which no text contains.
ESCAPES: Final = {
    "\\": "\x01",
    "~": "\x02",
    "=": "\x03",
    "#": "\x04",
    "{": "\x05",
    "}": "\x06",
    ":": "\x07",
    "n": "\x08",
}
_FORMAT: Final = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT: Final = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{0,10})?)%", re.ASCII)
_MEANT: Final = str.maketrans({mark: "\n" if letter == "n" else letter for letter, mark in ESCAPES.items()})
_RESERVED: Final = re.compile(r"[\\~=#{}:]")
_LIKE_A_PREFIX: Final = re.compile(r"\s*[%\[]")


class NotGift(Exception):
    """The question is not written as GIFT is; the message says why."""

    title = ""


class GiftMapping:
    """How one type of question stands in GIFT; the ``MAPPING`` of a type's module ``gift``."""

    turn: ClassVar[int] = 50
    """Types are asked in this order whether answers are theirs; the last one takes whatever is left."""

    def takes(self, answers: str) -> bool:
        """Whether what stands in the braces are the answers of such a question."""
        raise NotImplementedError

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        """The type of the question in Moodle, and the elements of its answers; refuses with `NotGift`. ``form`` is the
        format of the question's text."""
        raise NotImplementedError

    def write(self, question: DraftQuestion) -> str:
        """What stands in the braces; refuses with `CannotHold`."""
        raise NotImplementedError


# -- reading -------------------------------------------------------------------------------------------------------


def read_format(text: str, usual: str) -> tuple[str, str]:
    """The format that a text names at its beginning, and the rest."""
    found = _FORMAT.match(text)
    return (FORMATS[found[1].lower()], text[found.end() :]) if found else (usual, text)


def read_weight(text: str, usual: str) -> tuple[str, str]:
    """The percents at the beginning of an answer, and the rest."""
    found = _WEIGHT.match(text)
    return (found[1], text[found.end() :]) if found else (usual, text)


def has_weight(text: str) -> bool:
    """Whether an answer begins with percents."""
    return _WEIGHT.match(text) is not None


def answer_element(node: Node, weight: str, feedback: str, form: str) -> Node:
    """An answer that is worth so many percents, with what is said about it."""
    node.attributes["fraction"] = weight
    if feedback.strip():
        node.children.append(own_area("feedback", feedback, form))
    return node


def own_area(tag: str, text: str, usual: str) -> Node:
    """A text that may name its own format."""
    form, rest = read_format(text, usual)
    return area(tag, rest, form)


def area(tag: str, text: str, form: str) -> Node:
    """A text of a known format."""
    return Node(tag, {"format": form}, 0, [element("text", text)])


def element(tag: str, text: str) -> Node:
    """An element that holds words."""
    if tag == "category":
        return Node(tag, {}, 0, [element("text", text)])
    return Node(tag, {}, 0, [], [meant(text).strip()])


def meant(text: str) -> str:
    """The text with escaped characters as they are meant."""
    return text.translate(_MEANT)


def refuse_words(text: str) -> None:
    """Refuse words where an answer must begin."""
    if text.strip():
        refuse(f'The answers begin with "{shortened(meant(text.strip()))}", without = or ~.')


def refuse(reason: str) -> NoReturn:
    """Refuse the question for this reason."""
    raise NotGift(reason)


# -- writing -------------------------------------------------------------------------------------------------------


def html(text: str, *, always: bool = False) -> str:
    """A text in the format of its question; where that must be said, or its beginning could be mistaken, it is named."""
    text = richtext.without_images(text)
    return f"{'[html]' if always or _LIKE_A_PREFIX.match(text) else ''}{escaped(text)}"


def feedback(text: str) -> str:
    """What is said about an answer."""
    return f"#{html(text)}" if text else ""


def escaped(text: str) -> str:
    """The text with characters that mean something escaped."""
    return _RESERVED.sub(r"\\\g<0>", text).replace("\n", "\\n")
