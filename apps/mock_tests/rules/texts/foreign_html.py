"""HTML as other editors write it: what it means is said in the elements that texts keep (`richtext`)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Set
from typing import Final

import nh3

from apps.mock_tests.rules.files.elements import read_elements
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.texts.mathml import NoTex, to_tex

RENAMED: Final = {
    "h1": "h3", "h2": "h3", "cite": "i", "var": "i", "dfn": "i", "kbd": "code", "samp": "code", "tt": "code",
    "mark": "u", "ins": "u", "del": "s", "strike": "s", "address": "div", "figure": "div", "figcaption": "div",
    "section": "div", "article": "div", "aside": "div", "header": "div", "footer": "div", "main": "div",
}  # fmt: skip
STYLES: Final = (
    (re.compile(r"underline"), "u"),
    (re.compile(r"line-through"), "s"),
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "b"),
    (re.compile(r"font-style\s*:\s*italic|qti-italic"), "i"),
)
_BY_POSITION: Final = (
    (re.compile(r"vertical-align\s*:\s*super"), "sup"),
    (re.compile(r"vertical-align\s*:\s*sub"), "sub"),
)
_STYLED: Final = frozenset({"span", "p", "li", "td", "th"})
_ANYWHERE: Final = richtext.ATTRIBUTES["*"] | {"style"}
_VOID: Final = frozenset({"br", "hr", "col", "img", "source"})
_TAG: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_STYLE: Final = re.compile(r'\s+style="([^"]*)"')
_MATH: Final = re.compile(r"<math(?=[\s>])", re.IGNORECASE)
_MATH_ENDS: Final = re.compile(r"</math\s*>", re.IGNORECASE)
_NAMED: Final = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)[A-Za-z]\w{1,30};")


def normalised(text: str, schemes: Set[str], others: Mapping[str, Set[str]] | None = None) -> str:
    """Well-formed HTML of what texts keep, with emphasis as elements instead of styles. Pictures may have an address of any
    of the ``schemes``; ``others`` are elements that are still needed, with their attributes."""
    kept = nh3.clean(
        richtext.escape_tex(text),
        tags={*richtext.TAGS, *RENAMED, *(others or ())},
        attributes={
            **richtext.ATTRIBUTES,
            **{name: set(said) for name, said in (others or {}).items()},
            "*": _ANYWHERE,
        },
        url_schemes=set(schemes),
        link_rel=None,
    )
    return _translated(kept)


def _translated(text: str) -> str:
    ends: list[str] = []

    def changed(found: re.Match[str]) -> str:
        closes, name, said = found.groups()
        if closes:
            return ends.pop() if ends else found.group()
        style = _STYLE.search(said)
        others = _STYLE.sub("", said)
        inner = _meant(html.unescape(style[1]).lower()) if style and name in _STYLED else []
        written = RENAMED.get(name, name)
        # A span that did nothing but emphasise is the emphasis itself.
        tags = inner if inner and name == "span" and not others else [written, *inner]
        if name not in _VOID:
            ends.append("".join(f"</{tag}>" for tag in reversed(tags)))
        return f"<{tags[0]}{others}>" + "".join(f"<{tag}>" for tag in tags[1:])

    return _TAG.sub(changed, text)


def with_tex(text: str, refuse: Callable[[str], object]) -> str:
    """The text with its MathML as TeX; ``refuse`` is told of a formula that cannot be written so, and it is gone."""
    pieces, place = [], 0
    while begin := _MATH.search(text, place):
        end = _MATH_ENDS.search(text, begin.end())
        if end is None:
            refuse("A formula in MathML is not closed.")
            break
        pieces += [text[place : begin.start()], _tex(text[begin.start() : end.end()], refuse)]
        place = end.end()
    return "".join([*pieces, text[place:]])


def _meant(style: str) -> list[str]:
    return [tag for pattern, tag in (*STYLES, *_BY_POSITION) if pattern.search(style)]


def _tex(formula: str, refuse: Callable[[str], object]) -> str:
    written = _NAMED.sub(lambda found: html.unescape(found.group()), formula)
    try:
        return html.escape(to_tex(read_elements(written.encode(), "")), quote=False)
    except NoTex as reason:
        refuse(f'A formula has a "{reason.element.written}", which cannot be written as TeX.')
    except UnreadableFile:
        refuse("A formula in MathML is damaged.")
    return ""
