"""Zip files from strangers: looked through as a whole before anything of them is read, and then read one by one.

Nothing is ever written by the names in an archive. They are still held to be plain paths below it, so that whoever
opens the same file elsewhere comes to no harm, and two readers of it cannot see two different things.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from apps.mock_tests.rules.files.unreadable import UnreadableFile

MEGABYTE: Final = 1024 * 1024
BEGINNING: Final = b"PK\x03\x04"
"""How a zip with anything in it begins."""

OFFICE: Final = (".xlsx", ".docx", ".pptx", ".odt", ".ods", ".odp")
"""Endings of documents that are zips themselves by nature; packages carry them as handouts."""

_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LONG_COMMENT: Final = 65_535
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_LARGE_END: Final = b"PK\x06\x06"
_LARGE_END_BYTES: Final = 56
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1 | 0x40
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_OF_SYSTEMS: Final = re.compile(r"(?:^|/)(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
_PIECE: Final = 256 * 1024
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
)  # fmt: skip
"""How reading a damaged zip may end."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How large an archive may be before it is refused as a whole."""

    size: int = 128 * MEGABYTE
    entries: int = 12_000
    directory: int = 4 * MEGABYTE
    """Bytes of the list of its files, which is held in memory."""
    entry: int = 64 * MEGABYTE
    total: int = 256 * MEGABYTE
    ratio: int = 200
    """How many times its own size a file may become, once it is larger than `unsuspicious`."""
    unsuspicious: int = MEGABYTE
    name: int = 255
    levels: int = 16


DEFAULT_LIMITS: Final = ArchiveLimits()


class Archive:
    """The files of a zip by their paths, with `/` between folders. Opening it refuses with `UnreadableFile` what could
    do harm; `read` what turns out to be damaged. `may_nest` are endings of files that are zips themselves by nature."""

    def __init__(
        self, source: bytes | IO[bytes], *, limits: ArchiveLimits = DEFAULT_LIMITS, may_nest: Iterable[str] = ()
    ) -> None:
        self._limits = limits
        self._file = io.BytesIO(source) if isinstance(source, bytes) else source
        self._size = self._file.seek(0, io.SEEK_END)
        if self._size > limits.size:
            raise UnreadableFile("file_too_large", f"The file is larger than {limits.size:,} bytes.")
        self._check_directory()
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise UnreadableFile("broken_archive", "The zip file is damaged or cut off.") from error
        self._entries = self._checked(tuple(ending.lower() for ending in may_nest))
        self._folded: dict[str, str] = {}
        for name in self._entries:
            self._folded.setdefault(name.casefold(), name)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: str) -> str | None:
        """The name as it stands in the archive, which may differ in case: where it was written, that did not matter."""
        return name if name in self._entries else self._folded.get(name.casefold())

    def size(self, name: str) -> int:
        """How many bytes the file has, as the archive says; never more are read."""
        return self._entries[name].file_size

    def read(self, name: str, *, most: int | None = None) -> bytes:
        """The content of a file, of at most `most` bytes."""
        entry = self._entries[name]
        if most is not None and entry.file_size > most:
            raise UnreadableFile("file_too_large", f'The file "{name}" is larger than {most:,} bytes.', path=name)
        with self._damage_of(name) as told, told.open(entry) as file:
            pieces = []
            while piece := file.read(_PIECE):
                pieces.append(piece)
            return b"".join(pieces)

    def beginning(self, name: str, most: int) -> bytes:
        """The first bytes of a file."""
        with self._damage_of(name) as told, told.open(self._entries[name]) as file:
            return file.read(most)

    # -- before anything is read -----------------------------------------------------------------------------------

    def _check_directory(self) -> None:
        """The list of files becomes objects as soon as the archive is opened, so its size is looked at first."""
        tail_bytes = min(self._size, _END_BYTES + _LONG_COMMENT + _LOCATOR_BYTES + _LARGE_END_BYTES)
        self._file.seek(self._size - tail_bytes)
        tail = self._file.read(tail_bytes)
        self._file.seek(0)
        start = tail.rfind(_END, 0, len(tail) - _END_BYTES + len(_END))
        if start < 0:
            raise UnreadableFile("not_zip", "The file is no zip file, or it is cut off.")
        size = struct.unpack_from("<L", tail, start + 12)[0]
        locator = start - _LOCATOR_BYTES
        large = locator - _LARGE_END_BYTES
        if locator >= 0 and tail.startswith(_LOCATOR, locator):
            if large < 0 or not tail.startswith(_LARGE_END, large):
                raise UnreadableFile("broken_archive", "The zip file is damaged or cut off.")
            size = struct.unpack_from("<Q", tail, large + 40)[0]
        if size > self._limits.directory:
            raise UnreadableFile("too_many_files", f"The archive has more than {self._limits.entries:,} files.")

    def _checked(self, may_nest: tuple[str, ...]) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > self._limits.entries:
            raise UnreadableFile("too_many_files", f"The archive has more than {self._limits.entries:,} files.")
        if sum(info.file_size for info in infos) > self._limits.total:
            message = f"Unpacked, the archive is larger than {self._limits.total // MEGABYTE:,} MB."
            raise UnreadableFile("archive_bomb", message)
        if sum(info.compress_size for info in infos) > self._size:
            raise UnreadableFile("archive_bomb", "Files of the archive overlap.")
        entries: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = self._plain_name(info)
            self._check_entry(info, name)
            if info.is_dir() or name.endswith("/") or _OF_SYSTEMS.search(name):
                continue
            if name in entries:
                raise UnreadableFile(
                    "duplicate_file", f'Two files of the archive are named "{_told(name)}".', path=name
                )
            entries[name] = info
        for name, info in entries.items():
            self._check_beginning(info, name, may_nest)
        return entries

    def _plain_name(self, info: zipfile.ZipInfo) -> str:
        raw = info.orig_filename
        name = raw.replace("\\", "/")
        told = _told(name)
        if not name or _CONTROL.search(raw) or len(name) > self._limits.name:
            raise UnreadableFile("unsafe_name", f'The archive has a file with an impossible name ("{told}").')
        if name.startswith("/") or _DRIVE.match(name):
            raise UnreadableFile("path_escape", f'The archive has a file with an absolute path ("{told}").', path=told)
        folders = name.split("/")
        if ".." in folders:
            raise UnreadableFile("path_escape", f'A file of the archive leads out of it ("{told}").', path=told)
        if len(folders) > self._limits.levels:
            message = f"Folders of the archive are nested deeper than {self._limits.levels} levels."
            raise UnreadableFile("too_deep", message, path=told)
        return "/".join(folder for folder in folders[:-1] if folder not in ("", ".")) + (
            f"/{folders[-1]}" if any(folder not in ("", ".") for folder in folders[:-1]) else folders[-1]
        )

    def _check_entry(self, info: zipfile.ZipInfo, name: str) -> None:
        told = _told(name)
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableFile("encrypted", f'The file "{told}" is protected by a password.', path=name)
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnreadableFile("symlink", f'"{told}" is a link or device, not a file.', path=name)
        if info.compress_type not in _METHODS:
            raise UnreadableFile("unknown_compression", f'The file "{told}" is packed in an unusual way.', path=name)
        if info.file_size > self._limits.entry:
            message = f'Unpacked, the file "{told}" is larger than {self._limits.entry // MEGABYTE} MB.'
            raise UnreadableFile("archive_bomb", message, path=name)
        packed = max(info.compress_size, 1)
        if info.file_size > self._limits.unsuspicious and info.file_size > packed * self._limits.ratio:
            message = f'Unpacked, the file "{told}" is more than {self._limits.ratio} times as large.'
            raise UnreadableFile("archive_bomb", message, path=name)

    def _check_beginning(self, info: zipfile.ZipInfo, name: str, may_nest: tuple[str, ...]) -> None:
        """Opening also compares the two places where a zip names a file."""
        with self._damage_of(name) as told, told.open(info) as file:
            beginning = file.read(len(BEGINNING)) if info.file_size else b""
        if beginning == BEGINNING and not name.lower().endswith(may_nest):
            raise UnreadableFile("nested_archive", f'The file "{_told(name)}" is a zip inside the zip.', path=name)

    def _damage_of(self, name: str) -> _Damage:
        return _Damage(self._zip, name)


class _Damage:
    """Lends the zip, and says which file it was that could not be unpacked."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name

    def __enter__(self) -> zipfile.ZipFile:
        return self._archive

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _DAMAGE):
            message = f'The file "{_told(self._name)}" is damaged.'
            raise UnreadableFile("broken_archive", message, path=self._name) from error


def looks_like_zip(beginning: bytes) -> bool:
    """Whether a file that begins so is a zip, be it an empty one."""
    return beginning.startswith((BEGINNING, _END))


def _told(name: str) -> str:
    """A stranger's name, fit for a sentence."""
    plain = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", name)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"
