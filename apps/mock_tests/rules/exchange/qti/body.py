"""Texts of QTI as the house's own HTML: which elements are kept, what others become, and which are refused."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Final

import nh3

from apps.mock_tests.rules.exchange.draft import FileKind
from apps.mock_tests.rules.exchange.files import RefusedFile
from apps.mock_tests.rules.exchange.limits import MAX_NESTING, MAX_TEXT
from apps.mock_tests.rules.exchange.qti.files import ENDINGS, Shelf
from apps.mock_tests.rules.exchange.qti.findings import Findings
from apps.mock_tests.rules.files.elements import Element, read_elements
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.texts.foreign_html import RENAMED, STYLES
from apps.mock_tests.rules.texts.mathml import NoTex, to_tex

OWN_TEXT: Final = "shiken-text"
"""The class of elements that only hold a text together where QTI wants an element."""
UNDERLINED: Final = "qti-underline"
STRUCK: Final = "qti-line-through"

LIFTED: Final = "\0"
"""Stands where something was that is no text: a recording, an interaction. XML cannot contain it."""
ENTRY: Final = "\1"
"""Stands where a text is typed. XML cannot contain it either."""

_ONLY_CONTENT: Final = frozenset(
    {"abbr", "acronym", "bdo", "bdi", "big", "label", "time", "rbc", "font", "center", "prompt", "contentBody"}
    | {"stimulusBody", "itemBody", "simpleChoice", "simpleAssociableChoice", "gapText", "inlineChoice", "wbr"}
    | {"modalFeedback", "feedbackInline", "feedbackBlock", "rubricBlock"}
)
_KEPT: Final = richtext.TAGS - {"img"}
_EMPTY: Final = frozenset({"br", "hr", "col"})
_WRAPPERS: Final = frozenset({"p", "div", "span"})
_UNSEEN: Final = frozenset({"stylesheet", "catalogInfo", "companionMaterialsInfo", "apipAccessibility", "param"})
_TEMPLATES: Final = frozenset({"printedVariable", "templateInline", "templateBlock"})
_FEEDBACK: Final = frozenset({"feedbackInline", "feedbackBlock"})
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_UNREAD: Final = frozenset({"script", "style", "title", "template", "noscript", "svg", "iframe", "object"})
_VOID: Final = re.compile(r"<(br|hr|col|img)\b([^>]*)>")
_BLANK: Final = re.compile(rf"(?:\s|<br>|{LIFTED})*")


class Markup:
    """The texts of one file. `base` is its path, `shelf` gets the files that the texts show and play."""

    def __init__(self, base: str, shelf: Shelf, findings: Findings) -> None:
        self.shelf = shelf
        self._base = base
        self._findings = findings

    def html(self, parts: Iterable[Element | str], placed: Mapping[int, str] | None = None) -> str:
        """The clean text of some elements. `placed` says what stands for others, by their `id`."""
        return self.cleaned(self.rough(parts, placed))

    def inner(self, element: Element) -> str:
        """The clean text in an element."""
        return self.html(element.content)

    def rough(self, parts: Iterable[Element | str], placed: Mapping[int, str] | None = None) -> str:
        """The text with the signs of what was lifted out of it."""
        return "".join(self._part(part, placed or {}) for part in parts).strip()

    def cleaned(self, text: str) -> str:
        """A text without these signs, as it may be stored."""
        text = text.replace(LIFTED, "").strip()
        if len(text) > MAX_TEXT:
            self._findings.problem(f"A text is longer than {MAX_TEXT:,} characters.")
            return ""
        if richtext.nesting(text) > MAX_NESTING:
            self._findings.problem(f"The tags of a text are nested deeper than {MAX_NESTING} levels.")
            return ""
        return richtext.clean_html(text)

    # -- elements --------------------------------------------------------------------------------------------------

    def _part(self, part: Element | str, placed: Mapping[int, str]) -> str:
        if isinstance(part, str):
            return html.escape(part, quote=False)
        if id(part) in placed:
            return placed[id(part)]
        if part.space == "math":
            return self._formula(part)
        if part.space == "include":
            self._findings.problem("Other files cannot be included (XInclude).", part)
            return ""
        return self._element(part, placed)

    def _element(self, element: Element, placed: Mapping[int, str]) -> str:
        name = element.name
        if name in ("img", "object", "audio", "mediaInteraction", "embed"):
            return self._media(element)
        if name in _UNSEEN:
            return ""
        if name in _FEEDBACK:
            # Shown after an answer; the item asks for it where it can keep it.
            return LIFTED
        if name in _TEMPLATES:
            self._findings.problem("Values that are computed for each taker are not supported.", element)
            return ""
        if name == "rubricBlock" and not for_takers(element):
            self._findings.note("Words for others than takers were left out.", element)
            return ""
        inner = "".join(self._part(part, placed) for part in element.content)
        if name == "a":
            self._findings.note("A link was left out; its words stay.", element)
            return inner
        if name == "q":
            return f"“{inner}”"
        if name in _ONLY_CONTENT or OWN_TEXT in element.get("class").split():
            return inner
        tag = RENAMED.get(name, name)
        if tag not in _KEPT:
            self._findings.problem(f'The element "{element.written}" is not supported.', element)
            return ""
        return self._kept(element, tag, inner)

    def _kept(self, element: Element, tag: str, inner: str) -> str:
        if tag in _EMPTY:
            return f"<{tag}>"
        if tag in _WRAPPERS and LIFTED in inner and _BLANK.fullmatch(inner):
            return LIFTED
        if tag in _WRAPPERS and inner.strip() == ENTRY:
            return ENTRY
        wrapped = inner
        if tag == "span":
            styles = f"{element.get('class')} {element.get('style')}"
            tags = [styled for style, styled in STYLES if style.search(styles)]
            for styled in reversed(tags):
                wrapped = f"<{styled}>{wrapped}</{styled}>"
            if tags:
                return wrapped
        allowed = richtext.ATTRIBUTES.get(tag, set())
        said = "".join(
            f' {name}="{html.escape(value)}"' for name, value in element.attributes.items() if name in allowed
        )
        return f"<{tag}{said}>{wrapped}</{tag}>"

    def _formula(self, element: Element) -> str:
        if element.written != "math":
            self._findings.problem(f'The element "{element.written}" stands outside a formula.', element)
            return ""
        try:
            return html.escape(to_tex(element), quote=False)
        except NoTex as reason:
            message = f'A formula has a "{reason.element.written}", which cannot be written as TeX.'
            self._findings.problem(message, reason.element)
            return ""

    # -- files -----------------------------------------------------------------------------------------------------

    def _media(self, element: Element) -> str:
        if element.name == "mediaInteraction":
            if element.get("maxPlays", "0") not in ("", "0"):
                self._findings.note("How often a recording may be played is set with the group here.", element)
            inner = element.child("object", "audio", "video")
            return self._media(inner) if inner is not None else self._unsupported(element)
        if element.name == "img":
            return self._image(element, element.get("src"))
        kind = element.get("type").lower()
        address = element.get("data") or element.get("src")
        if element.name == "audio":
            source = element.child("source")
            return self._recording(element, address or (source.get("src") if source is not None else ""))
        other = element.child("object", "img", "audio")
        is_known = kind in ENDINGS or (not kind and (_looks_like(address, "image") or _looks_like(address, "audio")))
        if other is not None and not is_known:
            self._findings.note("An object of another kind stands for one that is not supported.", element)
            return self._media(other)
        if kind in _PAGES:
            return self._page(element, address)
        if kind.startswith("image/") or (not kind and _looks_like(address, "image")):
            return self._image(element, address)
        if kind.startswith("audio/") or (not kind and _looks_like(address, "audio")):
            return self._recording(element, address)
        return self._unsupported(element)

    def _page(self, element: Element, address: str) -> str:
        """The text of a page that several items may share; what is active in it is gone."""
        try:
            name, page = self.shelf.page(self._base, address)
        except RefusedFile as refusal:
            self._findings.problem(str(refusal), element)
            return ""
        text = nh3.clean(
            page, tags={*richtext.TAGS, "h1", "h2"}, attributes=richtext.ATTRIBUTES, clean_content_tags=set(_UNREAD)
        )
        closed = _VOID.sub(r"<\1\2/>", text.replace("&nbsp;", "\N{NO-BREAK SPACE}"))
        root = read_elements(f"<div>{richtext.without_control_characters(closed)}</div>".encode(), name)
        return Markup(name, self.shelf, self._findings).rough(root.content)

    def _unsupported(self, element: Element) -> str:
        what = element.get("type") or element.written
        self._findings.problem(f'Objects of the kind "{what[:60]}" are not supported.', element)
        return ""

    def _image(self, element: Element, address: str) -> str:
        name = self._take(element, address, "image")
        if not name:
            return ""
        alt = element.get("alt") or (element.text if element.name == "object" else "")
        said = "".join(
            f' {key}="{html.escape(value)}"'
            for key, value in (("alt", alt), ("width", element.get("width")), ("height", element.get("height")))
            if value
        )
        return f'<img src="media:{name}"{said}>'

    def _recording(self, element: Element, address: str) -> str:
        self._take(element, address, "audio")
        return LIFTED

    def _take(self, element: Element, address: str, kind: FileKind) -> str:
        try:
            return self.shelf.take(self._base, address, kind).name
        except RefusedFile as refusal:
            self._findings.problem(str(refusal), element)
            return ""


def for_takers(rubric: Element) -> bool:
    """Whether a rubric is (also) shown to those who answer."""
    views = rubric.get("view").split()
    return not views or "candidate" in views


def _looks_like(address: str, kind: str) -> bool:
    endings = ("png", "jpg", "jpeg", "gif", "webp") if kind == "image" else ("mp3", "wav", "ogg", "oga", "m4a")
    return address.lower().rpartition(".")[2] in endings or address.lower().startswith(f"data:{kind}/")
