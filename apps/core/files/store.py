"""Writing, reading and removing private files of the present center, wherever they are kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.core import tenancy
from apps.core.files.errors import StorageUnavailable
from apps.core.files.storage import Kept

log = logging.getLogger(__name__)

_storage: Any = default_storage


def write(*, kind: str, content: bytes, suffix: str) -> str:
    """Keep bytes under a fresh name that nobody can guess; returns it. Before the transaction that names it: storage may
    be slow. What that then does not keep goes with ``remove``. Refuses while the storage does not answer."""
    name = tenancy.file_path(kind, suffix)
    try:
        return str(_storage.save(name, ContentFile(content)))
    except OSError as error:
        raise StorageUnavailable from error


def read(name: str, *, begin: int = 0, end: int | None = None) -> bytes:
    """Some of a file's bytes, or all; ``FileNotFoundError`` if it is gone. Refuses while the storage does not answer."""
    return bytes(_storage.read_range(name, begin, end))


def walk() -> Iterator[Kept]:
    """Every file of the present center."""
    yield from _storage.walk(prefix())


def link(name: str, *, seconds: int, media_type: str, disposition: str) -> str:
    """Where the storage itself gives the file out for so long; nothing where only the application does."""
    return str(_storage.signed_link(name, seconds=seconds, media_type=media_type, disposition=disposition))


def remove(names: Iterable[str]) -> int:
    """Remove these files now; what fails is logged, and hurts nobody: the clean-up finds it again. Returns how many."""
    count = 0
    for name in filter(None, names):
        try:
            _storage.delete(name)
            count += 1
        except Exception as error:
            log.warning("The file %s could not be removed: %s", name, error)
    return count


def remove_later(names: Iterable[str]) -> None:
    """Remove these files once the present transaction is committed."""
    gone = list(filter(None, names))
    if gone:
        transaction.on_commit(partial(remove, gone), robust=True)


def prefix() -> str:
    """What the names of all files of the present center begin with."""
    tenant = tenancy.current()
    if tenant.is_public:
        raise RuntimeError("Files belong to centers.")
    return f"c/{tenant.id}/"
