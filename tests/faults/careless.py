"""The application with a writer that acknowledges before its commit is on disk: the negative control's subject."""

from __future__ import annotations

from apps.attempts.operations import writer
from config.asgi import application

__all__ = ["application"]

writer._PLANNER["synchronous_commit"] = "off"
