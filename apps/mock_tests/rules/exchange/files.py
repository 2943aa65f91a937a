"""Files that come with questions: of what kind they are, and under which names they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import filetype

from apps.mock_tests.rules.exchange.draft import FileKind

MEDIA_TYPES: Final[dict[str, tuple[str, FileKind]]] = {
    "mp3": ("audio/mpeg", "audio"),
    "wav": ("audio/wav", "audio"),
    "ogg": ("audio/ogg", "audio"),
    "m4a": ("audio/mp4", "audio"),
    "png": ("image/png", "image"),
    "jpg": ("image/jpeg", "image"),
    "gif": ("image/gif", "image"),
    "webp": ("image/webp", "image"),
}
_ALIASES: Final = {"jpeg": "jpg", "oga": "ogg"}


class RefusedFile(Exception):
    """A file cannot be used; the message is the reason in one sentence."""


def extension_of(name: str) -> str:
    """What a name ends in; kinds with several endings have one."""
    extension = name.rpartition(".")[2].lower()
    return _ALIASES.get(extension, extension)


def media_type_of(name: str, content: bytes) -> tuple[str, FileKind]:
    """What a file is, by its name and its beginning; refuses with `RefusedFile` what is not accepted."""
    extension = extension_of(name)
    if extension not in MEDIA_TYPES:
        accepted = ", ".join(MEDIA_TYPES)
        raise RefusedFile(f'The file "{name}" is of a kind that is not accepted (accepted: {accepted}).')
    found = filetype.guess(content)
    if found is None or found.extension != extension:
        actually = f"it is {found.mime}" if found else "its content is something else"
        raise RefusedFile(f'The file "{name}" is not what its name says: {actually}.')
    return MEDIA_TYPES[extension]


def safe_name(name: str) -> str:
    """The last part of a path, in characters that need no quoting anywhere."""
    base = re.sub(r"[^\w.\-]+", "_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")
    stem, _, _ = base.rpartition(".")
    return f"{stem[:80] or 'file'}.{extension_of(name)}"


def candidates(name: str) -> Iterator[str]:
    """The name, and others like it, as often as needed."""
    stem, _, extension = name.rpartition(".")
    number = 1
    yield name
    while True:
        number += 1
        yield f"{stem}-{number}.{extension}"
