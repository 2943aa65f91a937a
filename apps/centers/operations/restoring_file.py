"""Opening an export: nothing in it is believed before the seal over its manifest has been looked at, and no more is
read of any part than the manifest says there is."""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

from apps.centers.errors import (
    ExportDamaged,
    ExportForeign,
    ExportNewer,
    ExportTampered,
    ExportUnfit,
    NotAnExport,
)
from apps.centers.operations import stock
from apps.centers.rules import transfer
from apps.centers.rules.transfer import Manifest, Part, StoredFile, Unbelievable

_PIECE = 1 << 18
_MOST_DIRECTORY = 256 * 2**20
_LONGEST_LINE = 1 << 16
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class Export:
    """An opened export whose manifest is sealed by a key that is known here, and fits the parts that are there."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def read(self, place: str, part: Part) -> Iterator[bytes]:
        """A part, piece by piece; refuses at its end when it is not what the manifest says."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(place) as opened:
                while piece := opened.read(_PIECE):
                    size += len(piece)
                    if size > part.bytes:
                        break
                    digest.update(piece)
                    yield piece
        except _BROKEN as error:
            raise ExportDamaged(f"{ExportDamaged.message} ({place})") from error
        if size != part.bytes or digest.hexdigest() != part.sha256:
            raise ExportDamaged(f"{ExportDamaged.message} ({place})")

    def lines(self, place: str, part: Part) -> Iterator[bytes]:
        """A part, line by line."""
        rest = b""
        for piece in self.read(place, part):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > _LONGEST_LINE and place != transfer.ALARMS:
                raise ExportUnfit(f"{ExportUnfit.message} ({place}: a line has no end.)")
        if rest:
            raise ExportUnfit(f"{ExportUnfit.message} ({place}: the last line is cut off.)")

    def files(self) -> list[StoredFile]:
        """The list of the center's files, compared with what is there."""
        manifest = self.manifest
        try:
            files = transfer.read_files(self.lines(transfer.FILES, manifest.files), manifest=manifest)
        except Unbelievable as reason:
            raise ExportUnfit(f"{ExportUnfit.message} (In particular, {reason}.)") from None
        sizes = {f"files/{file.place}": file.bytes for file in files}
        if self._sizes("files/") != sizes:
            raise ExportUnfit(f"{ExportUnfit.message} (Its files are not those that it lists.)")
        return files

    @contextmanager
    def file(self, file: StoredFile) -> Iterator[IO[bytes]]:
        """One of the files, checked, ready to be read from its beginning."""
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as content:
            for piece in self.read(f"files/{file.place}", Part(0, file.bytes, file.sha256)):
                content.write(piece)
            content.seek(0)
            yield content

    def check_parts(self) -> None:
        """Refuse parts that the manifest does not name, that it names in vain, and those of another size."""
        names = self._archive.namelist()
        if len(set(names)) != len(names):
            raise ExportUnfit(f"{ExportUnfit.message} (A part is there twice.)")
        own = {name: size for name, size in self._sizes("").items() if not name.startswith("files/")}
        own = {name: size for name, size in own.items() if name not in {transfer.MANIFEST, transfer.SEAL}}
        if own != self.manifest.places:
            raise ExportUnfit(f"{ExportUnfit.message} (Its parts are not those that it lists.)")

    def _sizes(self, prefix: str) -> dict[str, int]:
        return {info.filename: info.file_size for info in self._archive.infolist() if info.filename.startswith(prefix)}


@contextmanager
def opened(*, path: Path) -> Iterator[Export]:
    """Open an export. Refuses what is none, what is damaged, sealed by nobody known here, changed since, made by a newer
    program, or what does not hold what it says."""
    _check_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN:
        raise NotAnExport from None
    with archive:
        export = Export(archive, _believe(archive))
        export.check_parts()
        yield export


def _believe(archive: zipfile.ZipFile) -> Manifest:
    if transfer.MANIFEST not in archive.namelist():
        raise NotAnExport
    raw = _small(archive, transfer.MANIFEST, transfer.MOST_MANIFEST)
    kind, format_ = transfer.peek(raw)
    if kind != transfer.KIND:
        raise NotAnExport
    if transfer.SEAL not in archive.namelist():
        raise ExportTampered
    sealed = _small(archive, transfer.SEAL, transfer.MOST_SEAL)
    key = transfer.is_ours(sealed, keys=settings.SHIKEN_EXPORT_KEYS)
    if not key:
        raise ExportForeign
    if not transfer.is_sealed(raw, sealed, key=key):
        raise ExportTampered
    if format_ > transfer.FORMAT:
        raise ExportNewer
    try:
        manifest = transfer.read(raw)
    except Unbelievable as reason:
        raise ExportUnfit(f"{ExportUnfit.message} (In particular, {reason}.)") from None
    if unknown := sorted(".".join(name) for name in manifest.migrations - stock.on_disk().keys()):
        raise ExportNewer(f"{ExportNewer.message} (It has {', '.join(unknown[:5])}.)")
    return manifest


def _small(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        if archive.getinfo(name).file_size > most:
            raise NotAnExport
        with archive.open(name) as part:
            raw = part.read(most + 1)
    except _BROKEN:
        raise ExportDamaged from None
    if len(raw) > most:
        raise NotAnExport
    return raw


def _check_directory(path: Path) -> None:
    """Python reads a zip's whole list of contents into memory, so its size is looked at first."""
    with path.open("rb") as content:
        size = content.seek(0, 2)
        content.seek(max(0, size - 66_000))
        tail = content.read()
        place = tail.rfind(b"PK\x05\x06")
        if place < 0 or len(tail) < place + 22:
            raise ExportDamaged if tail and _begins_as_zip(path) else NotAnExport
        (directory,) = struct.unpack_from("<I", tail, place + 12)
        large = tail.rfind(b"PK\x06\x06")
        if large >= 0 and len(tail) >= large + 56:
            (directory,) = struct.unpack_from("<Q", tail, large + 40)
        if directory > _MOST_DIRECTORY:
            raise NotAnExport


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as content:
        return content.read(4) == b"PK\x03\x04"
