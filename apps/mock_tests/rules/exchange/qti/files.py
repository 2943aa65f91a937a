"""Pictures and recordings of a package, found by the addresses in its texts."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import unquote

from apps.mock_tests.rules.exchange.draft import DraftFile, FileKind
from apps.mock_tests.rules.exchange.files import RefusedFile, candidates, media_type_of, safe_name
from apps.mock_tests.rules.files.archives import Archive

_LOOKED_AT: Final = 8192
LONGEST_PAGE: Final = 512 * 1024
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:|//")
_DATA: Final = re.compile(r"data:([a-z]+/[a-z0-9.+\-]+);base64,(.*)", re.IGNORECASE | re.DOTALL)
ENDINGS: Final = {
    "image/png": "png", "image/jpeg": "jpg", "image/jpg": "jpg", "image/gif": "gif", "image/webp": "webp",
    "audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/ogg": "ogg",
    "audio/mp4": "m4a",
}  # fmt: skip


def resolved(base: str, address: str) -> str:
    """The path in the package that an address in the file `base` means; empty if it leads out of the package."""
    path = unquote(address.partition("#")[0].partition("?")[0]).replace("\\", "/").strip()
    if not path or _SCHEME.match(path):
        return ""
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(base), path)
    plain = posixpath.normpath(joined)
    return "" if plain == ".." or plain.startswith("../") else plain


@dataclass(slots=True)
class Shelf:
    """The files of one question or group, each under a name of its own."""

    archive: Archive | None
    pool: dict[tuple[str, str], DraftFile] = field(default_factory=dict)
    """Files of the whole package by path and name, so that one that many show is one."""
    _by_path: dict[str, DraftFile] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[DraftFile, ...]:
        return tuple(self._by_path.values())

    def take(self, base: str, address: str, kind: FileKind) -> DraftFile:
        """The file that an address in the file `base` means, or `RefusedFile`."""
        data = _DATA.fullmatch(address.strip())
        file = self._embedded(data[1].lower(), data[2]) if data else self._packed(base, address)
        if file.kind != kind:
            what = "recording" if kind == "audio" else "picture"
            raise RefusedFile(f'The file "{file.name}" is used as a {what}, but it is none.')
        return file

    def page(self, base: str, address: str) -> tuple[str, str]:
        """The path and the source of a page, or `RefusedFile`."""
        path = resolved(base, address)
        name = self.archive.find(path) if self.archive is not None and path else None
        if name is None or self.archive is None:
            raise RefusedFile(f'The page "{_told(address)}" is not in the package.')
        if self.archive.size(name) > LONGEST_PAGE:
            raise RefusedFile(f'The page "{_told(name)}" is larger than {LONGEST_PAGE:,} bytes.')
        try:
            return name, self.archive.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RefusedFile(f'The page "{_told(name)}" is not UTF-8.') from error

    def _packed(self, base: str, address: str) -> DraftFile:
        path = resolved(base, address)
        name = self.archive.find(path) if self.archive is not None and path else None
        if not path:
            raise RefusedFile(f'The file "{_told(address)}" is not in the package.')
        if name is None or self.archive is None:
            raise RefusedFile(f'The file "{_told(path)}" is missing.')
        beginning = self.archive.beginning(name, _LOOKED_AT)
        return self._placed(name, posixpath.basename(name), beginning, partial(self.archive.read, name))

    def _embedded(self, media_type: str, encoded: str) -> DraftFile:
        ending = ENDINGS.get(media_type)
        if ending is None:
            raise RefusedFile(f'An embedded file is of a kind that is not accepted ("{_told(media_type)}").')
        try:
            content = base64.b64decode("".join(unquote(encoded).split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise RefusedFile("An embedded file is damaged: it is not valid base64.") from error
        return self._placed(f"data:{hash(content)}", f"embedded.{ending}", content, lambda: content)

    def _placed(self, key: str, name: str, beginning: bytes, content: Callable[[], bytes]) -> DraftFile:
        if key not in self._by_path:
            media_type, kind = media_type_of(name, beginning)
            free = next(each for each in candidates(safe_name(name)) if self._taken.setdefault(each, key) == key)
            file = DraftFile(free, content, media_type, kind)
            self._by_path[key] = self.pool.setdefault((key, free), file)
        return self._by_path[key]


def recordings(files: Iterable[DraftFile]) -> int:
    """How many of the files are played."""
    return sum(file.kind == "audio" for file in files)


def _told(address: str) -> str:
    return address if len(address) <= 80 else f"{address[:79]}…"
