"""What the types of questions share in tables: the cells of a row, and how keys, lists and shares stand in them."""

from __future__ import annotations

import html
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Final

from apps.mock_tests.rules.exchange.bundle import Bundle, Texts
from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.table.columns import FEEDBACK, LETTERS, OPTION, folded, numbered
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, Text, plain

MARKED_AS_HTML: Final = "[html]"
YES: Final = frozenset(map(folded, ("yes", "y", "true", "t", "1", "on", "はい", "有", "ha", "да", "区別する", "する")))
NO: Final = frozenset(map(folded, ("no", "n", "false", "f", "0", "off", "いいえ", "無", "yoq", "нет", "しない", "")))

_SHARE: Final = re.compile(r"(.*?)\s*([=:：＝])\s*([+-]?\d{1,3}(?:\.\d{1,10})?)\s*[%％]", re.DOTALL)
_LONGEST_ITEM: Final = 1_000
_ESCAPED: Final = re.compile(r"\\([\\;|=,])")
_TO_ESCAPE: Final = re.compile(r"[\\;|]|=(?=\s*[+-]?\d[\d.]*\s*%$)")
_BETWEEN: Final = re.compile(r"(?:\\.|[^;；|｜\n\\]|\\)+", re.DOTALL)
_BETWEEN_LABELS: Final = re.compile(r"[,;、，；/&|+・>＞→\n]|\s+(?:and|と|va|и)\s+", re.IGNORECASE)
_CALLED: Final = re.compile(
    r"^(?:option|answer|choice|選択肢|вариант|variant)\s*(?=[(\[]?(?:[A-Za-z]|\d{1,2})[)\].:]*$)", re.IGNORECASE
)


NO_FILES: Final = Texts(Bundle())


class RefusedRow(Exception):
    """The row cannot be taken; `faults` are pairs of a column and a sentence."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__(" ".join(sentence for _, sentence in faults))
        self.faults = faults


@dataclass(slots=True)
class Cells:
    """One row as its question sees it: cells by their columns, texts with their files, and what to say about it."""

    values: Mapping[str, str]
    texts: Texts
    notes: list[str] = field(default_factory=list)

    def value(self, column: str) -> str:
        """A cell without space around it."""
        return self.values.get(column, "").strip()

    def plain(self, column: str) -> str:
        """A cell in which widths mean nothing: full-width letters and digits become the usual ones."""
        return unicodedata.normalize("NFKC", self.value(column)).strip()

    def html(self, column: str) -> str:
        """A cell that is text or HTML."""
        return html_of(self.value(column), self.texts)

    def flag(self, column: str) -> bool:
        """A cell that says yes or no, or nothing."""
        word = folded(self.value(column))
        if word not in YES | NO:
            raise RefusedRow((column, f'"{shortened(self.value(column))}" is neither yes nor no.'))
        return word in YES

    def several(self, kind: str) -> list[str]:
        """The cells of columns of which there are several, up to the last one that says anything."""
        cells = [self.value(numbered(kind, place)) for place in range(len(LETTERS))]
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def options(self) -> tuple[DraftOption, ...]:
        """The options with their feedback, worth nothing yet."""
        return tuple(
            DraftOption(html_of(cell, self.texts), feedback=html_of(self.value(numbered(FEEDBACK, place)), self.texts))
            for place, cell in enumerate(self.several(OPTION))
        )

    def feedback(self, place: int) -> str:
        return self.html(numbered(FEEDBACK, place))


class Line:
    """A row that is being written."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def put(self, column: str, value: str) -> None:
        if value:
            self.values[column] = value

    def put_options(self, question: DraftQuestion) -> None:
        for place, option in enumerate(question.options):
            self.put(numbered(OPTION, place), cell_of(option.text))
            self.put(numbered(FEEDBACK, place), cell_of(option.feedback))


class TableMapping(ABC):
    """How one type of question stands in a row; the ``MAPPING`` of a type's module ``table``."""

    names: ClassVar[tuple[str, ...]]
    """What people call the type; its own name is understood anyway."""
    turn: ClassVar[int] = 50
    """Types are asked in this order whether a row without a type is theirs."""
    example: ClassVar[Mapping[str, str]]
    """Cells of a question of this type, for the template."""

    @abstractmethod
    def takes(self, cells: Cells) -> bool:
        """Whether a row that names no type is such a question."""

    @abstractmethod
    def read(self, cells: Cells, question: DraftQuestion) -> DraftQuestion:
        """The question with its answers; refuses with `RefusedRow`."""

    @abstractmethod
    def write(self, question: DraftQuestion, line: Line) -> None:
        """Put the answers down; refuses with `CannotHold`."""


# -- texts ---------------------------------------------------------------------------------------------------------


def html_of(cell: str, texts: Texts) -> str:
    """The HTML of a cell, which is plain text unless it holds tags or says that it is HTML."""
    if cell.startswith(MARKED_AS_HTML):
        return texts.html(cell.removeprefix(MARKED_AS_HTML))
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return texts.html(cell) if richtext.has_tags(cell) else richtext.clean_html(richtext.escape_plain(cell))


def cell_of(source: str) -> str:
    """The plainest cell that is read as this HTML again."""
    if not source:
        return ""
    words = _words_of(source)
    is_plain = words is not None and words.strip() == words and not words.startswith(MARKED_AS_HTML)
    if words is not None and is_plain and html_of(words, NO_FILES) == source:
        return words
    needs_no_mark = richtext.has_tags(source) and not source.startswith(MARKED_AS_HTML)
    return source if needs_no_mark else f"{MARKED_AS_HTML}{source}"


def _words_of(source: str) -> str | None:
    """What HTML without tags says, lines apart from each other."""
    text = source.replace("<br>", "\n")
    return None if "<" in text else html.unescape(text)


# -- lists ---------------------------------------------------------------------------------------------------------


def parts_of(cell: str) -> list[str]:
    """The items of a list with semicolons, bars or lines between them, still escaped."""
    return [part.strip() for part in _BETWEEN.findall(cell) if part.strip()]


def unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\g<0>", text)


def joined(items: Iterable[str]) -> str:
    return "; ".join(items)


def shared(item: str, signs: str = "=＝") -> tuple[str, Decimal | None]:
    """An item and the share that it names: ``B=50%``."""
    found = _SHARE.fullmatch(item) if len(item) <= _LONGEST_ITEM and item.endswith(("%", "％")) else None
    if found is None or found[2] not in signs:
        return item, None
    # An odd number of backslashes takes the sign its meaning.
    if (len(found[1]) - len(found[1].rstrip("\\"))) % 2:
        return item, None
    share = Decimal(found[3]) / 100
    if abs(share) > 1:
        raise RefusedRow(("key", f'The share of "{shortened(item)}" does not lie between -100 % and 100 %.'))
    return found[1], share


def with_share(item: str, share: Decimal) -> str:
    return item if share == FULL else f"{item}={plain(share * 100)}%"


def texts_of(cell: str, column: str = "key") -> tuple[Text, ...]:
    """Accepted texts with their shares."""
    found = [shared(part) for part in parts_of(cell)]
    return tuple(Text(unescaped(text).strip(), FULL if share is None else share) for text, share in found)


def texts_cell(texts: Iterable[Text]) -> str:
    """The inverse of ``texts_of``."""
    return joined(with_share(escaped(text.text), text.fraction) for text in texts)


# -- letters -------------------------------------------------------------------------------------------------------


def labels_in(cell: str, options: Sequence[DraftOption], *, glued: bool = False) -> list[tuple[int, Decimal | None]]:
    """The options that a key names, by letters, numbers or their own words, with shares where it names them.

    ``glued`` letters or digits are understood too: ``ACD``.
    """
    whole = unicodedata.normalize("NFKC", cell).strip()
    if not whole:
        return []
    if (place := _place_of(whole, options)) is not None:
        return [(place, None)]
    tokens = [token.strip() for token in _BETWEEN_LABELS.split(whole)]
    tokens = [token for token in tokens if token]
    if len(tokens) == 1 and " " in whole and all(len(word) <= 2 for word in whole.split()):
        tokens = whole.split()
    if glued and len(tokens) == 1 and re.fullmatch(r"[A-Za-z]{2,26}|\d{2,9}", tokens[0]):
        tokens = list(tokens[0])
    found = []
    for token in tokens:
        label, share = shared(token, "=＝:：")
        place = _place_of(label.strip(), options)
        if place is None:
            raise RefusedRow(("key", f'"{shortened(label.strip())}" is none of the options.'))
        found.append((place, share))
    if len({place for place, _ in found}) != len(found):
        raise RefusedRow(("key", "It names an option twice."))
    return found


def _place_of(label: str, options: Sequence[DraftOption]) -> int | None:
    bare = re.sub(r"^[(\[]|[)\].:]+$", "", _CALLED.sub("", label)).strip()
    place = None
    if bare.upper() in LETTERS[: len(options)] and len(bare) <= 2 and bare.isalpha():
        place = LETTERS.index(bare.upper())
    elif bare.isascii() and bare.isdigit() and 1 <= int(bare) <= len(options):
        place = int(bare) - 1
    words = [" ".join(unicodedata.normalize("NFKC", richtext.to_text(option.text)).split()) for option in options]
    said = " ".join(label.split())
    reads = [number for number, text in enumerate(words) if text == said]
    if not reads and place is None:
        # Spreadsheets make TRUE of the word True.
        reads = [number for number, text in enumerate(words) if text.casefold() == said.casefold()]
    if len(reads) == 1:
        if place is not None and reads[0] != place:
            named, other = numbered(OPTION, place), numbered(OPTION, reads[0])
            sentence = f'"{label}" may mean option {named}, or option {other}, which reads so; write the letter.'
            raise RefusedRow(("key", sentence))
        return reads[0]
    return place


def letters_of(places: Iterable[int]) -> str:
    return ", ".join(numbered(OPTION, place) for place in places)


def number_in(text: str) -> Decimal | None:
    """A number as people write it: full-width digits, a typographic minus, a decimal comma, groups of thousands."""
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "").strip()
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text) and (text.count(",") > 1 or "." in text):
        text = text.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", text) and not re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        text = text.replace(",", ".")
    return parse_number(text)
