"""Text areas of a Moodle file: their HTML, the files embedded in them, and the recording they play."""

from __future__ import annotations

import base64
import binascii
import functools
import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from apps.mock_tests.rules.exchange.draft import DraftFile, FileKind
from apps.mock_tests.rules.exchange.files import (
    MEDIA_TYPES,
    RefusedFile,
    candidates,
    extension_of,
    media_type_of,
    safe_name,
)
from apps.mock_tests.rules.exchange.limits import MAX_NESTING, MAX_TEXT
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.texts import foreign_html, markdown, richtext

PLUGIN_FILE: Final = "@@PLUGINFILE@@/"

# Players survive the first pass so that they can be found in well-formed HTML; the second pass is the house's own.
_PLAYERS: Final = {"audio": {"src"}, "source": {"src"}, "a": {"href"}}
_SHOWN_ELSEWHERE: Final = re.compile(
    r"<(video|iframe|object|embed|svg|canvas|form|input|select|textarea|button)\b", re.IGNORECASE
)
_IMAGE: Final = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)>')
_PLAYER: Final = re.compile(r"<audio\b[^>]*>.*?</audio>", re.DOTALL)
_AUDIO_EXTENSIONS: Final = frozenset(name for name, (_, kind) in MEDIA_TYPES.items() if kind == "audio")
_LINK: Final = re.compile(r'<a href="([^"]*)">.*?</a>', re.DOTALL)
_SOURCE: Final = re.compile(r'\ssrc="([^"]*)"')
_INSIDE: Final = re.compile(
    r"""(?<=\ssrc=)(["'])data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=\s]*)\1""", re.IGNORECASE
)
# Stands where a player was; the text cannot contain it, since HTML turns it into another character.
_LIFTED: Final = "\0"
_ONLY_LIFTED: Final = re.compile(rf"<(p|div|span)>(?:\s|&nbsp;|<br>)*{_LIFTED}(?:\s|&nbsp;|<br>|{_LIFTED})*</\1>")
_WRAPPERS: Final = 4
"""How many elements around a player go with it when nothing else is in them."""


@dataclass(frozen=True, slots=True)
class Area:
    """What one text area says. `problems` forbid its use, `notes` name what was left out of it."""

    html: str = ""
    files: tuple[DraftFile, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_audio(self) -> bool:
        return any(file.kind == "audio" for file in self.files)

    @property
    def is_empty(self) -> bool:
        return not self.files and not richtext.to_text(self.html)


@dataclass(slots=True)
class Shelf:
    """Gives the files of several areas names that differ; the same bytes under the same name are one file."""

    _files: dict[str, DraftFile] = field(default_factory=dict)

    def place(self, name: str, load: Callable[[], bytes]) -> DraftFile:
        """Return the file under its final name, or raise `RefusedFile`. It is looked into, and loaded again when it is
        asked for."""
        content = load()
        media_type, kind = media_type_of(name, content)
        standing = (
            self._files.setdefault(candidate, DraftFile(candidate, load, media_type, kind))
            for candidate in candidates(safe_name(name))
        )
        return next(file for file in standing if file.content == content)


def read_area(node: Node | None, shelf: Shelf) -> Area:
    """Return the sanitised text of an area with the files it shows or plays."""
    if node is None:
        return Area()
    reading = _AreaReading(node, shelf)
    return reading.area()


class _AreaReading:
    """The state of reading one area."""

    def __init__(self, node: Node, shelf: Shelf) -> None:
        self._node = node
        self._shelf = shelf
        self._embedded = {_key(file): file for file in node.find_all("file")}
        self._used: dict[str, DraftFile] = {}
        self._wanted: set[str] = set()
        self._problems: list[str] = [*_contradictions(node)]
        self._notes: list[str] = []

    def area(self) -> Area:
        source = foreign_html.with_tex(_INSIDE.sub(self._lifted, _as_html(self._node)), self._problems.append)
        if len(source) > MAX_TEXT:
            return Area(problems=(f"A text is longer than {MAX_TEXT:,} characters.",))
        if richtext.nesting(source) > MAX_NESTING:
            return Area(problems=(f"The tags of a text are nested deeper than {MAX_NESTING} levels.",))
        if _SHOWN_ELSEWHERE.search(source):
            self._notes.append("Video, forms and embedded pages are not supported and were removed.")
        text = self._without_players(foreign_html.normalised(source, {"http", "https", "data"}, _PLAYERS))
        text = _IMAGE.sub(self._image, text)
        for key in self._embedded.keys() - self._wanted:
            self._notes.append(f'The file "{key}" is not used by the text and was left out.')
        return Area(
            html=richtext.clean_html(text),
            files=tuple(self._used.values()),
            problems=tuple(dict.fromkeys(self._problems)),
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _lifted(self, match: re.Match[str]) -> str:
        """The address of a picture that stood inside the text, as if it had come beside it."""
        named = candidates(f"picture.{extension_of(match[2].lower())}")
        key = next(name for name in named if name not in self._embedded)
        self._embedded[key] = Node("file", {"name": key}, self._node.line, chunks=[match[3]])
        return f'"{PLUGIN_FILE}{key}"'

    def _without_players(self, text: str) -> str:
        text = _LINK.sub(self._link, _PLAYER.sub(self._player, text))
        for _ in range(_WRAPPERS):
            text = _ONLY_LIFTED.sub(_LIFTED, text)
        return text.replace(_LIFTED, "")

    def _player(self, match: re.Match[str]) -> str:
        sources = _SOURCE.findall(match.group())
        if not sources:
            self._problems.append("A player has no recording embedded in the file.")
        # Several sources of one player are the same recording in other formats.
        for source in sources[:1]:
            self._take(source, "audio")
        return _LIFTED

    def _link(self, match: re.Match[str]) -> str:
        """Moodle turns links to recordings into players; other links stay as words."""
        if not match[1].startswith(PLUGIN_FILE) or extension_of(match[1]) not in _AUDIO_EXTENSIONS:
            return match.group()
        self._take(match[1], "audio")
        return _LIFTED

    def _image(self, match: re.Match[str]) -> str:
        source = _SOURCE.search(match[1])
        file = self._take(source[1] if source else "", "image")
        if file is None or source is None:
            return ""
        return match.group().replace(source.group(), f' src="media:{file.name}"')

    def _take(self, address: str, kind: FileKind) -> DraftFile | None:
        what = "recording" if kind == "audio" else "picture"
        if not address.startswith(PLUGIN_FILE):
            self._problems.append(f"A {what} is not embedded in the file.")
            return None
        key = unquote(html.unescape(address).removeprefix(PLUGIN_FILE).partition("?")[0])
        self._wanted.add(key)
        try:
            file = self._place(key)
        except RefusedFile as refusal:
            self._problems.append(str(refusal))
            return None
        if file.kind != kind:
            self._problems.append(f'The file "{key}" is used as a {what}, but it is none.')
            return None
        self._used[file.name] = file
        return file

    def _place(self, key: str) -> DraftFile:
        if key not in self._embedded:
            raise RefusedFile(f'The file "{key}" is missing.')
        return self._shelf.place(key, functools.partial(_content, self._embedded[key], key))


def shown_files(areas: Iterable[Area]) -> tuple[DraftFile, ...]:
    """The files of several areas that share a shelf, each once."""
    return tuple({file.name: file for area in areas for file in area.files}.values())


def _as_html(node: Node) -> str:
    inner = node.find("text")
    text = richtext.without_control_characters(inner.text if inner else "").strip()
    form = node.attributes.get("format", "html")
    if form in ("html", ""):
        return text
    if form == "markdown":
        return markdown.to_html(text)
    if form == "moodle_auto_format" and richtext.has_tags(text):
        return text.replace("\n", "<br>")
    return richtext.escape_plain(text)


def _key(file: Node) -> str:
    return (file.attributes.get("path", "/") + "/" + file.attributes.get("name", "")).replace("//", "/").strip("/")


def _contradictions(node: Node) -> Iterator[str]:
    seen: dict[str, Node] = {}
    for file in node.find_all("file"):
        first = seen.setdefault(_key(file), file)
        if first is not file and first.text != file.text:
            yield f'Two different files are named "{_key(file)}".'


def _content(file: Node, key: str) -> bytes:
    if file.attributes.get("encoding", "base64") != "base64":
        raise RefusedFile(f'The file "{key}" is not encoded as base64.')
    try:
        content = base64.b64decode("".join(file.text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedFile(f'The file "{key}" is damaged: it is not valid base64.') from error
    if not content:
        raise RefusedFile(f'The file "{key}" is empty.')
    return content
