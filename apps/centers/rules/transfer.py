"""What the export of a center says of itself, and what is believed of it.

The manifest names every part with its size and hash, and is sealed with a key of the installation: what the seal does
not cover is not there. Nothing in here opens a file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

KIND = "shiken center"
FORMAT = 1
MANIFEST, SEAL, ALARMS, FILES = "manifest.json", "manifest.seal", "alarms.jsonl", "files.jsonl"
MOST_MANIFEST = 64 * 2**20
MOST_SEAL = 4096
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PLACE = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,4}")
_HASH = re.compile(r"[0-9a-f]{64}")


class Unbelievable(Exception):
    """A manifest that cannot be true, with the reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes with a size and a hash; ``rows`` are lines."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table, as COPY writes them, with the columns in that order."""

    name: str
    columns: tuple[str, ...]
    part: Part

    @property
    def place(self) -> str:
        return table_place(self.name)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a sequence of the database stands."""

    name: str
    last_value: int
    is_called: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that an export says of itself."""

    center: Mapping[str, Any]
    public: Mapping[str, Sequence[Mapping[str, Any]]]
    migrations: frozenset[tuple[str, str]]
    tables: tuple[Table, ...]
    left_out: frozenset[str]
    sequences: tuple[Counter, ...]
    alarms: Part
    files: Part
    file_bytes: int
    missing_files: tuple[str, ...]
    made_at: str

    @property
    def center_id(self) -> uuid.UUID:
        return uuid.UUID(self.center["id"])

    @property
    def places(self) -> dict[str, int]:
        """The parts and their sizes, but for the files themselves."""
        return {
            **{table.place: table.part.bytes for table in self.tables},
            ALARMS: self.alarms.bytes,
            FILES: self.files.bytes,
        }

    @property
    def bytes(self) -> int:
        return sum(self.places.values()) + self.file_bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the center, by its place under the center's own prefix."""

    place: str
    bytes: int
    sha256: str


def table_place(name: str) -> str:
    """Where the rows of a table lie in the file."""
    return f"tables/{name}.copy"


def is_place(place: str) -> bool:
    """A plain relative path of two to five names: nothing that could lead anywhere else."""
    return bool(_PLACE.fullmatch(place))


def write(manifest: Manifest) -> bytes:
    """As it is put into the file."""
    values = {
        "kind": KIND,
        "format": FORMAT,
        **{name: getattr(manifest, name) for name in ("made_at", "center", "public", "file_bytes", "missing_files")},
        "migrations": sorted(manifest.migrations),
        "tables": [asdict(table) for table in manifest.tables],
        "left_out": sorted(manifest.left_out),
        "sequences": [asdict(sequence) for sequence in manifest.sequences],
        "alarms": asdict(manifest.alarms),
        "files": asdict(manifest.files),
    }
    return json.dumps(values, ensure_ascii=False, indent=1).encode()


def peek(raw: bytes) -> tuple[str, int]:
    """Kind and format of what may be a manifest; empty and 0 if it is none."""
    try:
        values = json.loads(raw)
        return str(values["kind"]), int(values["format"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", 0


def read(raw: bytes) -> Manifest:
    """The manifest, with every value looked at; raises ``Unbelievable``."""
    try:
        values = json.loads(raw)
        manifest = Manifest(
            center=dict(values["center"]),
            public={str(name): [dict(row) for row in rows] for name, rows in values["public"].items()},
            migrations=frozenset((str(app), str(name)) for app, name in values["migrations"]),
            tables=tuple(_table(entry) for entry in values["tables"]),
            left_out=frozenset(map(_name, values["left_out"])),
            sequences=tuple(
                Counter(_name(entry["name"]), int(entry["last_value"]), bool(entry["is_called"]))
                for entry in values["sequences"]
            ),
            alarms=_part(values["alarms"]),
            files=_part(values["files"]),
            file_bytes=_count(values["file_bytes"]),
            missing_files=tuple(map(str, values["missing_files"])),
            made_at=str(values["made_at"]),
        )
        uuid.UUID(str(manifest.center["id"]))
        names = [table.name for table in manifest.tables]
    except Unbelievable:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unbelievable(f"its manifest cannot be read ({type(error).__name__})") from None
    if len(set(names)) != len(names) or manifest.left_out & set(names):
        raise Unbelievable("it names a table twice")
    return manifest


def read_files(lines: Iterable[bytes], *, manifest: Manifest) -> list[StoredFile]:
    """The list of files; raises ``Unbelievable`` for places that lead elsewhere, doubles and sums that do not add up."""
    found: dict[str, StoredFile] = {}
    for line in lines:
        try:
            values = json.loads(line)
            file = StoredFile(str(values["place"]), _count(values["bytes"]), str(values["sha256"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Unbelievable("its list of files cannot be read") from None
        if not is_place(file.place) or not _HASH.fullmatch(file.sha256):
            raise Unbelievable(f"it names a file at a place that no file of a center has: {file.place[:80]!r}")
        if file.place in found:
            raise Unbelievable(f"it names a file twice: {file.place}")
        found[file.place] = file
    if len(found) != manifest.files.rows or sum(file.bytes for file in found.values()) != manifest.file_bytes:
        raise Unbelievable("its files are not as many, or as large, as it says")
    return list(found.values())


# -- seals ---------------------------------------------------------------------------------------------------------


def key_name(key: str) -> str:
    """Tells keys apart without telling them."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"export name").hexdigest()


def seal(raw: bytes, *, key: str) -> bytes:
    """Says that a manifest was written by somebody who has this key."""
    return f"{key_name(key)} {_mac(raw, key)}\n".encode()


def is_ours(sealed: bytes, *, keys: Iterable[str]) -> str:
    """The key that a seal claims, if it is one of these."""
    name = sealed.split(b" ")[0].decode("latin-1")
    return next((key for key in keys if key_name(key) == name), "")


def is_sealed(raw: bytes, sealed: bytes, *, key: str) -> bool:
    """Whether the manifest is the one that was sealed."""
    return hmac.compare_digest(sealed.strip(), seal(raw, key=key).strip())


def _mac(raw: bytes, key: str) -> str:
    own = hashlib.blake2b(b"export", key=key.encode()[:64]).digest()
    return hmac.new(own, raw, hashlib.sha256).hexdigest()


# -- values --------------------------------------------------------------------------------------------------------


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Unbelievable(f"it names a table or column as nobody would: {str(value)[:80]!r}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unbelievable("it counts in something else than numbers")
    return value


def _part(values: Mapping[str, Any]) -> Part:
    part = Part(_count(values["rows"]), _count(values["bytes"]), str(values["sha256"]))
    if not _HASH.fullmatch(part.sha256):
        raise Unbelievable("one of its hashes is none")
    return part


def _table(values: Mapping[str, Any]) -> Table:
    return Table(_name(values["name"]), tuple(map(_name, values["columns"])), _part(values["part"]))
