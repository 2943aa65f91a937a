"""XML of a version of QTI, and the house's HTML as a part of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Final, Literal

from apps.mock_tests.rules.exchange.qti.body import OWN_TEXT, STRUCK, UNDERLINED
from apps.mock_tests.rules.texts import richtext

Version = Literal["2.1", "2.2", "3.0"]

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_EMPTY: Final = frozenset({"br", "hr", "col", "img"})
_CLASSES: Final = {"u": UNDERLINED, "s": STRUCK}
_RUBY: Final = frozenset({"ruby", "rb", "rt", "rp", "rtc"})
_ATTRIBUTES_OF_TWO: Final = frozenset({"src", "alt", "width", "height", "colspan", "rowspan", "scope"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a version names things."""

    version: Version

    @property
    def is_three(self) -> bool:
        return self.version == "3.0"

    def tag(self, name: str, attributes: Mapping[str, str] | None = None, *inner: str) -> str:
        """An element of QTI under the name that it has in this version."""
        written = f"qti-{_kebab(name)}" if self.is_three else name
        said = "".join(
            f' {_kebab(key) if self.is_three else key}="{_attribute(value)}"'
            for key, value in (attributes or {}).items()
        )
        content = "".join(inner)
        return f"<{written}{said}>{content}</{written}>" if content else f"<{written}{said}/>"

    def flow(self, text: str, address: Callable[[str], str]) -> str:
        """HTML of the house as XML; `address` says where a file lies."""
        writing = _FlowWriting(self, address)
        writing.feed(text)
        writing.close()
        return writing.result()

    def block(self, text: str, address: Callable[[str], str]) -> str:
        """The same in an element of its own, which reading takes away again."""
        return f'<div class="{OWN_TEXT}">{self.flow(text, address)}</div>'

    def recording(self, address: str, media_type: str) -> str:
        """Something to be played."""
        where, kind = _attribute(address), _attribute(media_type)
        if self.is_three:
            return f'<p><audio controls="controls" src="{where}"></audio></p>'
        return f'<p><object data="{where}" type="{kind}"></object></p>'


class _FlowWriting(HTMLParser):
    """Follows clean HTML, which is balanced, and writes it as XML."""

    def __init__(self, dialect: Dialect, address: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self._dialect = dialect
        self._address = address
        self._parts: list[str] = []
        self._open: list[str] = []
        self._unwritten = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in richtext.TAGS:
            return
        if tag in _RUBY and self._dialect.version == "2.1":
            # It has no furigana: they stand in brackets after what they are for.
            self._parts.append("(" if tag == "rt" else "")
            self._open.append(")" if tag == "rt" else "")
            self._unwritten += tag == "rp"
            return
        written, said = self._started(tag, dict(attrs))
        if tag in _EMPTY:
            self._parts.append(f"<{written}{said}/>")
        else:
            self._parts.append(f"<{written}{said}>")
            self._open.append(f"</{written}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in richtext.TAGS and tag not in _EMPTY and self._open:
            self._parts.append(self._open.pop())
            self._unwritten -= tag == "rp" and self._unwritten > 0

    def handle_data(self, data: str) -> None:
        if self._unwritten:
            return
        self._parts.append(escape(richtext.without_control_characters(data), quote=False))

    def result(self) -> str:
        return "".join([*self._parts, *reversed(self._open)])

    def _started(self, tag: str, attributes: dict[str, str | None]) -> tuple[str, str]:
        known = {key: value or "" for key, value in attributes.items()}
        if tag in _CLASSES:
            return "span", f' class="{_CLASSES[tag]}"'
        if tag == "img":
            source = known.get("src", "").removeprefix("media:")
            known = {**known, "src": self._address(source), "alt": known.get("alt", "")}
        if not self._dialect.is_three:
            known = {key: value for key, value in known.items() if key in _ATTRIBUTES_OF_TWO}
        return tag, "".join(f' {key}="{_attribute(value)}"' for key, value in known.items())


def _kebab(name: str) -> str:
    return name if name.startswith(("data-", "xml:", "xmlns", "xsi:")) else _CAPITAL.sub(r"-\1", name).lower()


def _attribute(value: str) -> str:
    """Line ends and tabs would become spaces."""
    plain = escape(richtext.without_control_characters(value))
    return plain.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
