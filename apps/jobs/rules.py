"""When a job is looked after again, and how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_TRIES = 3
LOOK_AGAIN = timedelta(seconds=30)
TIDY_AGAIN = timedelta(hours=1)
ROWS_KEPT = timedelta(days=90)
FILES_KEPT = timedelta(days=7)
TELL_SECONDS = 0.25
"""Between two words of a job at least, so that whoever watches hears something each second."""
CANCELLED = "It was cancelled."
DIED = "The worker stopped in the middle of it, three times in a row."


def next_look(
    *, is_over: bool, has_file: bool, file_until: datetime | None, finished_at: datetime | None, at: datetime
) -> datetime:
    """When somebody must look at a job again: soon while it goes on, then when its file has had its time, last its row."""
    if not is_over or finished_at is None:
        return at + LOOK_AGAIN
    if has_file and file_until is not None:
        return max(file_until, at + TIDY_AGAIN) if file_until <= at else file_until
    return max(finished_at + ROWS_KEPT, at + TIDY_AGAIN)


def percent(*, done: int, total: int, is_done: bool) -> int | None:
    """How much is done, 100 only at the end; nothing where nobody knows how much there is."""
    if is_done:
        return 100
    return min(99, 100 * done // total) if total > 0 else None
