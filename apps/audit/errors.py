from __future__ import annotations

from apps.core.errors import Conflict, NotFound


class EntryNotFound(NotFound):
    code = "not_found"


class TooManyForSheet(Conflict):
    code = "too_many_for_a_sheet"
    message = "This is more than a sheet holds here. Take CSV or JSON lines, or ask for a shorter time."
