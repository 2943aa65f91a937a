"""What stops the stack, told in one sentence a person can act on."""

from __future__ import annotations


class StackError(Exception):
    """Its text is shown as it is; no traceback follows."""


class AlreadyRunning(StackError):
    """Somebody else holds the data folder."""
