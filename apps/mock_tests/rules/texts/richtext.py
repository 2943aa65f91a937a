"""Rich text of questions: which HTML may be stored, and how it reads as plain text.

What is kept: paragraphs, lists, tables, emphasis, ruby (furigana), and pictures of the form `<img src="media:NAME">`
where NAME is the name of a file that came with the text. TeX between dollars or in `\\(…\\)`, `\\[…\\]` is text.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

import nh3

POLICY_VERSION: Final = "2"
"""Changes whenever `clean_html` would clean differently, so that stored texts can be cleaned again."""

MEDIA_NAME: Final = re.compile(r"[\w\-][\w.\-]{0,119}")
"""The names that may follow `media:` in a text."""

_PARAGRAPHS: Final = frozenset({"br", "p", "div", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"})
_LISTS: Final = frozenset({"ul", "ol", "li", "dl", "dt", "dd"})
_TABLES: Final = frozenset({"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"})
_EMPHASIS: Final = frozenset({"b", "i", "u", "em", "strong", "sub", "sup", "s", "small", "code", "span"})
_RUBY: Final = frozenset({"ruby", "rb", "rt", "rp", "rtc"})
TAGS: Final = _PARAGRAPHS | _LISTS | _TABLES | _EMPHASIS | _RUBY | {"img"}
ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"lang"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type"},
}
_BLOCKS: Final = _PARAGRAPHS | _LISTS | {"table", "caption", "tr"}
_CLOSED_BY_THEMSELVES: Final = frozenset(
    {"br", "hr", "img", "col", "input", "link", "meta", "source", "wbr"}
    | {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "rb", "rt", "rp", "rtc"}
)
_NOT_READ: Final = frozenset({"rt", "rp", "rtc"})

# No branch may run past the next opening delimiter, or a text full of them would take quadratic time.
_TEX: Final = re.compile(
    r"""(?<!\\)(?:
        \$\$ [^$]+ \$\$
      | \$ (?![\s$]) [^$]*? (?<![\s\\]) \$ (?!\d)
      | \\\( (?: (?! (?<!\\) \\\( ) . )+? \\\)
      | \\\[ (?: (?! (?<!\\) \\\[ ) . )+? \\\]
    )""",
    re.DOTALL | re.VERBOSE,
)
_ACTIVE: Final = frozenset(
    {"script", "style", "iframe", "frame", "object", "embed", "svg", "math", "form", "input", "button", "textarea"}
    | {"select", "template", "video", "audio", "source", "link", "meta", "base", "body", "html", "head", "noscript"}
)
_HTML_NAMES: Final = TAGS | nh3.ALLOWED_TAGS | _ACTIVE
_TAG: Final = re.compile(r"</?([a-z][a-z0-9]*)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_TEX_UNSAFE: Final = re.compile(r"&(?!(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[0-9a-f]+);)|[<>]", re.IGNORECASE)
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_IMAGE: Final = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)>')
_SOURCE: Final = re.compile(r'\s+(?:(?!src=)[a-z]+="[^"]*"\s+)*src="([^"]*)"')


def clean_html(text: str) -> str:
    """Return `text` with everything removed that is not on the allowlist. Cleaning twice changes nothing more."""
    cleaned = nh3.clean(
        escape_tex(without_control_characters(text)),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=_only_media,
        url_schemes={"media"},
        link_rel=None,
    )
    # Character references such as &#1; become characters only here.
    return _drop_images_without_source(without_control_characters(cleaned)).strip()


def escape_tex(text: str) -> str:
    """Escape `<`, `>` and `&` inside TeX, so that `$a<b$` is not read as the beginning of a tag."""
    return _TEX.sub(lambda match: _escape_formula(match.group()), text)


def escape_plain(text: str) -> str:
    """Return plain text as HTML; line breaks stay visible."""
    return html.escape(without_control_characters(text), quote=False).replace("\n", "<br>")


def has_tags(text: str) -> bool:
    """Whether HTML tags occur in the text."""
    return any(match[1].lower() in _HTML_NAMES for match in _TAG.finditer(text))


def nesting(text: str) -> int:
    """About how deep the elements of a text are nested; cleaning takes time in the square of it."""
    still_open: Counter[str] = Counter()
    deepest = depth = 0
    for tag in _TAG.finditer(text):
        name = tag[1].lower()
        if name in _CLOSED_BY_THEMSELVES:
            continue
        if not tag.group().startswith("</"):
            still_open[name] += 1
            depth += 1
        elif still_open[name]:
            still_open[name] -= 1
            depth -= 1
        deepest = max(deepest, depth)
    return deepest


def to_text(text: str) -> str:
    """Return what a person reads, without tags and without furigana; pictures become their `alt` text."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.result()


def media_names(text: str) -> tuple[str, ...]:
    """The files that a cleaned text shows, in the order of the text, each once."""
    sources = (_SOURCE.match(image[1]) for image in _IMAGE.finditer(text))
    return tuple(dict.fromkeys(source[1].removeprefix("media:") for source in sources if source))


def replace_media(text: str, address: Callable[[str], str]) -> str:
    """Return a cleaned text whose pictures point to `address(NAME)` instead of `media:NAME`."""

    def replaced(image: re.Match[str]) -> str:
        source = _SOURCE.match(image[1])
        if source is None:
            return image.group()
        value = html.escape(address(source[1].removeprefix("media:")))
        return f"<img{image[1][: source.start(1)]}{value}{image[1][source.end(1) :]}>"

    return _IMAGE.sub(replaced, text)


def without_images(text: str) -> str:
    """Return a cleaned text without its pictures."""
    return _IMAGE.sub("", text)


def without_control_characters(text: str) -> str:
    """Remove characters that neither HTML nor XML can carry."""
    return _NOT_XML.sub("", text)


def _escape_formula(formula: str) -> str:
    """A complete HTML tag between two dollars means that they are prices, not a formula."""
    if has_tags(formula):
        return formula
    return _TEX_UNSAFE.sub(lambda match: html.escape(match.group()), formula)


def _drop_images_without_source(text: str) -> str:
    return _IMAGE.sub(lambda match: match.group() if _SOURCE.match(match[1]) else "", text)


def _only_media(tag: str, attribute: str, value: str) -> str | None:
    if tag != "img" or attribute != "src":
        return value
    scheme, _, name = value.partition(":")
    return value if scheme == "media" and MEDIA_NAME.fullmatch(name) else None


class _Reader(HTMLParser):
    """Collects the words of a text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _NOT_READ:
            self._unread += 1
        elif tag == "img":
            self._parts.append(dict(attrs).get("alt") or "")
        elif tag in _BLOCKS:
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _NOT_READ:
            self._unread = max(0, self._unread - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._parts.append(data)

    def result(self) -> str:
        lines = (line.strip() for line in "".join(self._parts).splitlines())
        return "\n".join(line for line in lines if line)
