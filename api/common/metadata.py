"""What ``OPTIONS`` answers: the methods of an address, and nothing of what lies behind it."""

from __future__ import annotations

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class Methods(BaseMetadata):
    """The same for everybody; the ``Allow`` header says it too."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, list[str]]:
        return {"methods": view.allowed_methods}
