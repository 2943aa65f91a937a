"""Which failures of the database pass by themselves: then nothing was done, and who asks again is likely to be served.

A statement that PostgreSQL does not understand, or a value that does not fit, is a fault of ours instead: asked again it
fails again.
"""

from __future__ import annotations

import logging
from typing import Final

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError

OUTAGES: Final = (OperationalError, InterfaceError, InternalError, IntegrityError)


def note(log: logging.Logger, error: Exception) -> None:
    """Say it in the log; where two writers met that nobody expected to meet, with the way that led there."""
    if isinstance(error, IntegrityError):
        log.error("Two writers met where none was expected: %s", error, exc_info=error)
    else:
        log.error("The database failed: %s", error)
