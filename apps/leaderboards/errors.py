from __future__ import annotations

from apps.core.errors import Forbidden, NotFound


class BoardNotFound(NotFound):
    code = "not_found"


class BoardHidden(Forbidden):
    code = "board_hidden"
    message = "The board of this exam is not shown, or not yet."
