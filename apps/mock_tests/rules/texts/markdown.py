"""Markdown as Moodle's question files have it: paragraphs, headings, lists, quotes, code, emphasis, links and pictures.
HTML inside it stays HTML. What comes out is cleaned by whoever stores it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Final

_TEX: Final = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?![\s$])[^$\n]{1,500}(?<![\s\\])\$(?!\d)|\\\([^\n]{1,500}?\\\)")
_CODE: Final = re.compile(r"(`{1,3})([^`\n]{1,500}?)\1(?!`)")
_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!>])")
_PICTURE: Final = re.compile(r"!\[([^\]\n]{0,300})\]\(\s*<?([^\s)>]{1,500})>?(?:\s+\"[^\"\n]*\")?\s*\)")
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]{1,300})\]\(\s*<?([^\s)>]{1,500})>?(?:\s+\"[^\"\n]*\")?\s*\)")
_BLANK: Final = re.compile(r"_{4,}|(?<![\w*_])_{3}(?![\w*_])")
# A line to write on, which is no emphasis of an underscore.
_STRONG: Final = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500}|[^\n]{1,500}?)(?<=\S)\1")
_EMPHASIS: Final = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^*_\n]{1,500})(?<=\S)\1(?![\w*])")
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_ITEM: Final = re.compile(r" {0,3}(?:([-*+])|(\d{1,4})[.)])\s+(.*)")
_RULE: Final = re.compile(r" {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
# Puts aside what must not be changed; no text contains it.
_ASIDE: Final = "\x00"


def to_html(source: str) -> str:
    """The HTML of a text."""
    lines = source.replace("\x00", "").replace("\r\n", "\n").split("\n")
    return "\n".join(_blocks(lines))


def _blocks(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip():
            place += 1
        elif fence := _FENCE.match(line):
            end = next((n for n in range(place + 1, len(lines)) if lines[n].strip().startswith(fence[1])), len(lines))
            yield f"<pre>{html.escape(chr(10).join(lines[place + 1 : end]), quote=False)}</pre>"
            place = end + 1
        elif heading := _HEADING.fullmatch(line):
            level = max(3, len(heading[1]))
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
            place += 1
        elif _RULE.fullmatch(line):
            yield "<hr>"
            place += 1
        elif line.lstrip().startswith(">"):
            end = _end_of(lines, place, lambda said: said.lstrip().startswith(">"))
            inner = [said.lstrip()[1:].removeprefix(" ") for said in lines[place:end]]
            yield f"<blockquote>{' '.join(map(_inline, inner))}</blockquote>"
            place = end
        elif item := _ITEM.fullmatch(line):
            tag = "ul" if item[1] else "ol"
            end = _end_of(lines, place, lambda said: bool(said.strip()) and not _HEADING.fullmatch(said))
            yield f"<{tag}>{''.join(_items(lines[place:end]))}</{tag}>"
            place = end
        else:
            end = _end_of(lines, place, lambda said: bool(said.strip()) and not _begins_block(said))
            yield f"<p>{_paragraph(lines[place:end])}</p>"
            place = end


def _end_of(lines: list[str], place: int, goes_on: Callable[[str], bool]) -> int:
    return next((n for n in range(place + 1, len(lines)) if not goes_on(lines[n])), len(lines))


def _begins_block(line: str) -> bool:
    return bool(_FENCE.match(line) or _HEADING.fullmatch(line) or _ITEM.fullmatch(line)) or line.lstrip().startswith(
        ">"
    )


def _items(lines: list[str]) -> Iterator[str]:
    said: list[str] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item and said:
            yield f"<li>{_paragraph(said)}</li>"
            said = []
        said.append(item[3] if item else line.strip())
    yield f"<li>{_paragraph(said)}</li>"


def _paragraph(lines: list[str]) -> str:
    """Two spaces or a backslash at the end of a line break it."""
    ends = ["<br>\n" if line.endswith(("  ", "\\")) else "\n" for line in lines]
    told = (f"{line.strip().removesuffix(chr(92))}{end}" for line, end in zip(lines, ends, strict=True))
    return _inline("".join(told).removesuffix("\n").removesuffix("<br>"))


def _inline(text: str) -> str:
    aside: list[str] = []

    def put(said: str) -> str:
        aside.append(said)
        return f"{_ASIDE}{len(aside) - 1}{_ASIDE}"

    text = _TEX.sub(lambda found: put(found[0]), text)
    text = _CODE.sub(lambda found: put(f"<code>{html.escape(found[2].strip(), quote=False)}</code>"), text)
    text = _ESCAPED.sub(lambda found: put(found[1]), text)
    text = _PICTURE.sub(lambda found: put(f'<img src="{html.escape(found[2])}" alt="{html.escape(found[1])}">'), text)
    text = _LINK.sub(
        lambda found: f"{put(f'<a href={chr(34)}{html.escape(found[2])}{chr(34)}>')}{found[1]}{put('</a>')}", text
    )
    text = _BLANK.sub(lambda found: put(found[0]), text)
    text = _STRONG.sub(r"<strong>\2</strong>", text)
    text = _EMPHASIS.sub(r"<em>\2</em>", text)
    return re.sub(rf"{_ASIDE}(\d+){_ASIDE}", lambda found: aside[int(found[1])], text)
