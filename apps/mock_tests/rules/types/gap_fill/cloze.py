"""Moodle's embedded answers: ``{1:SHORTANSWER:=Tokyo~%50%Edo#old name}`` in a text, to gaps and back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, Gap, Option, Text, plain
from apps.mock_tests.rules.types.gap_fill import MARK

_TYPED: Final = {
    **dict.fromkeys(("SHORTANSWER", "SA", "MW"), False),
    **dict.fromkeys(("SHORTANSWER_C", "SAC", "MWC"), True),
}
"""Whether the case matters."""
_CHOSEN: Final = {
    **dict.fromkeys(("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH"), False),
    **dict.fromkeys(("MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"), True),
}
"""Whether the options are shuffled."""
_NUMBER: Final = frozenset({"NUMERICAL", "NM"})
CLOZE: Final = frozenset({"cloze", "multianswer"})
"""What Moodle calls such questions."""
_AS_TEXT: Final = "A number in a gap counts as text: written in another way it is wrong."
_BEGIN: Final = re.compile(r"\{(\d{0,6}):([A-Z_]{1,20}):", re.ASCII)
_BODY: Final = re.compile(r"((?:\\.|[^\\}])*)\}", re.DOTALL)
_SHARE: Final = re.compile(r"\s*(?:=|%(-?\d{1,3}(?:\.\d{0,10})?)%)", re.ASCII)
_PLAIN: Final = re.compile(r"\d{1,20}(?:\.\d{0,20})?", re.ASCII)
_ESCAPED: Final = re.compile(r'\\([\\}{#~"/=%])')
_TO_ESCAPE: Final = re.compile(r'[\\}{#~"]')


class BadCloze(ValueError):
    """The gaps of a text cannot be taken; the message is the reason in one sentence."""


@dataclass(slots=True)
class Cloze:
    """A text with its gaps as ``[[1]]``, ``[[2]]`` and so on."""

    text: str = ""
    gaps: list[Gap] = field(default_factory=list)
    shuffle: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoneNumber:
    """The only gap of a text, which takes a number: the text around it, its weight, and values, tolerances and shares."""

    before: str
    after: str
    weight: int
    answers: tuple[tuple[str, str, Decimal], ...]


def is_lone_number(source: str) -> bool:
    """Whether the only gap of a text takes a number, so that the question is one for a number."""
    found = [begin[2] for begin in _BEGIN.finditer(source)]
    return len(found) == 1 and found[0] in _NUMBER


def read_lone_number(source: str) -> LoneNumber:
    """Return what such a text holds, or raise `BadCloze`."""
    begin = _BEGIN.search(source)
    body = _BODY.match(source, begin.end()) if begin else None
    if begin is None or body is None:
        raise BadCloze("A gap is not closed by a brace.")
    answers = tuple(
        (value.strip(), tolerance.strip() or "0", share)
        for text, share, _ in map(_answer, _split(body[1], "~"))
        for value, _, tolerance in [text.partition(":")]
        if value.strip()
    )
    return LoneNumber(source[: begin.start()], source[body.end() :], int(begin[1] or 1), answers)


def read_cloze(source: str) -> Cloze:
    """Return what a sanitised HTML text holds, or raise `BadCloze`."""
    if MARK.search(source):
        raise BadCloze("The text holds [[1]] or the like already, which is where a gap stands.")
    cloze = Cloze()
    end = 0
    for begin in _BEGIN.finditer(source):
        if begin.start() < end:
            raise BadCloze("A gap begins inside another one.")
        body = _BODY.match(source, begin.end())
        if body is None:
            raise BadCloze("A gap is not closed by a brace.")
        cloze.gaps.append(_gap(begin[1], begin[2], body[1]))
        if begin[2] in _NUMBER:
            cloze.notes = (_AS_TEXT,)
        cloze.shuffle = cloze.shuffle or _CHOSEN.get(begin[2], False)
        cloze.text += f"{source[end : begin.start()]}[[{len(cloze.gaps)}]]"
        end = body.end()
    if not cloze.gaps:
        raise BadCloze("The text has no gaps.")
    cloze.text = richtext.clean_html(cloze.text + source[end:])
    return cloze


def write_cloze(text: str, gaps: Sequence[Gap], *, shuffle: bool) -> str:
    """The inverse of `read_cloze`."""
    return MARK.sub(lambda mark: _written(gaps[int(mark[1]) - 1], shuffle=shuffle), text)


def _gap(weight: str, kind: str, body: str) -> Gap:
    if kind in _NUMBER:
        return _number(weight, body)
    if kind not in _TYPED and kind not in _CHOSEN:
        raise BadCloze(f"Gaps of the kind {kind} cannot be imported.")
    answers = [answer for answer in map(_answer, _split(body, "~")) if answer[0]]
    count = int(weight or 1)
    if kind in _CHOSEN:
        options = (
            Option(str(place), richtext.clean_html(text), share, feedback=feedback)
            for place, (text, share, feedback) in enumerate(answers)
        )
        return Gap(options=tuple(options), weight=count)
    texts = (Text(html.unescape(text), share, feedback) for text, share, feedback in answers)
    return Gap(texts=tuple(texts), case_sensitive=_TYPED[kind], weight=count)


def _number(weight: str, body: str) -> Gap:
    """A gap among others takes texts only, so the number must be an exact one."""
    texts = []
    for source in _split(body, "~"):
        text, share, feedback = _answer(source)
        value, _, tolerance = text.partition(":")
        if not value.strip() or value.strip() == "*":
            continue
        if tolerance.strip() and Decimal(tolerance.strip() if _PLAIN.fullmatch(tolerance.strip()) else 1):
            raise BadCloze("A gap among others takes a number only if it has no tolerance.")
        texts.append(Text(value.strip(), share, feedback))
    return Gap(texts=tuple(texts), weight=int(weight or 1))


def _answer(source: str) -> tuple[str, Decimal, str]:
    """Text, share and feedback of one alternative."""
    prefix = _SHARE.match(source)
    share = Decimal(prefix[1]) / 100 if prefix and prefix[1] else FULL if prefix else Decimal(0)
    text, *feedback = _split(source[prefix.end() :] if prefix else source, "#")
    return _unescaped(text).strip(), share, richtext.clean_html(_unescaped("#".join(feedback)))


def _split(source: str, at: str) -> Iterator[str]:
    """The pieces between separators that no backslash precedes."""
    begin = 0
    for found in re.finditer(rf"\\.|{at}", source, re.DOTALL):
        if found.group() == at:
            yield source[begin : found.start()]
            begin = found.end()
    yield source[begin:]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _written(gap: Gap, *, shuffle: bool) -> str:
    if gap.options:
        kind = "MULTICHOICE_S" if shuffle else "MULTICHOICE"
        answers = [_alternative(o.text, o.fraction, o.feedback) for o in gap.options]
    else:
        kind = "SHORTANSWER_C" if gap.case_sensitive else "SHORTANSWER"
        answers = [
            _alternative(html.escape(t.text.replace("*", "\\*"), quote=False), t.fraction, t.feedback)
            for t in gap.texts
        ]
    return f"{{{gap.weight}:{kind}:{'~'.join(answers)}}}"


def _alternative(text: str, fraction: Decimal, feedback: str) -> str:
    share = "=" if fraction == FULL else f"%{plain(fraction * 100)}%"
    return f"{share}{_escaped(text)}{f'#{_escaped(feedback)}' if feedback else ''}"


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\g<0>", text)
