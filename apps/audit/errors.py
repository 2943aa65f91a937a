from __future__ import annotations

from apps.core.errors import Invalid, NotFound


class EntryNotFound(NotFound):
    code = "not_found"


class FilterRefused(Invalid):
    code = "invalid"
