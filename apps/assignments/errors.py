from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound


class AssignmentNotFound(NotFound):
    code = "not_found"


class RoomNotOpen(Conflict):
    code = "room_not_open"
    message = "The exam room is not open."


class WrongAccessCode(Forbidden):
    code = "wrong_access_code"
    message = "The access code is not right."


class IllegalMove(Conflict):
    code = "illegal_move"
    message = "The exam room cannot change to this status."


class StillSitting(Conflict):
    code = "still_sitting"
    message = "Some attempts are still running or waiting for their marks."


class BadWindow(Invalid):
    code = "bad_window"
    message = "The window must open before it closes."


class UnknownAudience(Invalid):
    code = "unknown_audience"
    message = "Some of these groups or people cannot be assigned by you."
