"""The product's application in a process that knows one type of question more."""

from __future__ import annotations

from config.asgi import application  # it must come first: it sets Django up

from tests import dummy  # isort: skip

dummy.register()

__all__ = ["application"]
