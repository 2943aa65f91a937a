"""What readers of all formats are given: the file, and somebody who watches how far they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Final, Protocol

from apps.mock_tests.rules.exchange.draft import DraftTest, ImportReport

Source = bytes | IO[bytes]
"""A file that comes in: its bytes, or the open file where it may be large."""

Watch = Callable[[int], object]
"""Is told how many questions have been read; may raise to stop the reading."""


Step = Callable[[int, int], object]
"""Is told how many of how many things are done; may raise to stop."""


def nobody(done: int) -> None:
    """Watches nothing."""


def no_step(done: int, total: int) -> None:
    """Watches nothing either."""


MOST_HELD: Final = 64 * 2**20
"""No format holds larger files in memory; their readers refuse them by their own limits."""


class Reader(Protocol):
    """Reads a file of one format; refuses with `UnreadableFile` one that cannot be read as a whole."""

    def __call__(self, source: Source, /, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]: ...


def whole(read: Callable[[bytes], tuple[DraftTest, ImportReport]]) -> Reader:
    """A reader that holds the file as a whole, for formats whose files stay small."""

    def reader(source: Source, /, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]:
        found = read(bytes_of(source))
        watch(sum(1 for _ in found[0].questions()))
        return found

    return reader


def bytes_of(source: Source) -> bytes:
    """The whole content. Of a file that is too large for every reader, only as much as shows that."""
    if isinstance(source, bytes):
        return source
    source.seek(0)
    return source.read(MOST_HELD + 1)


def beginning_of(source: Source, most: int) -> bytes:
    """The first bytes; an open file is left at its beginning."""
    if isinstance(source, bytes):
        return source[:most]
    source.seek(0)
    beginning = source.read(most)
    source.seek(0)
    return beginning
