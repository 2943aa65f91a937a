from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound


class AssignmentNotFound(NotFound):
    code = "not_found"


class RoomNotOpen(Conflict):
    code = "room_not_open"
    message = "The exam room is not open."


class TooLateToStart(Conflict):
    code = "too_late_to_start"
    message = "It is too late to begin in this room."


class WrongAccessCode(Forbidden):
    code = "wrong_access_code"
    message = "The access code is not right."


class IllegalMove(Conflict):
    code = "illegal_move"
    message = "The exam room cannot change to this status."


class RoomPaused(Conflict):
    code = "room_paused"
    message = "This exam is paused. You can begin as soon as it goes on, and lose no time by that."


class AlreadyReleased(Conflict):
    code = "already_released"
    message = "The results of this room are released: nothing in it can be opened again."


class StillSitting(Conflict):
    code = "still_sitting"
    message = "Some attempts are still running or waiting for their marks."


class BadWindow(Invalid):
    code = "bad_window"
    message = "The window must end after it begins, and not in the past."


class BadReason(Invalid):
    code = "bad_reason"
    message = "Say why, in at most 200 characters."


class BadCourse(Invalid):
    code = "bad_course"
    message = "These sections and breaks do not fit together."


class OpensLater(Invalid):
    code = "opens_later"
    message = "A room that is open from now on cannot open later: leave out one of both."


class UnknownAudience(Invalid):
    code = "unknown_audience"
    message = "Some of these groups or people cannot be assigned by you."


class NoAudience(Invalid):
    code = "no_audience"
    message = "A room needs at least one group or person."


class UnknownTest(Invalid):
    code = "unknown_test"
    message = "There is no such test."


class RoomLocked(Conflict):
    code = "room_locked"
    message = "This cannot be changed any more: the room is open or was."


class TooEarly(Conflict):
    code = "too_early"
    message = "Results can be released when the room is closed."


class HasAttempts(Conflict):
    code = "has_attempts"
    message = "Somebody has sat in this room; it cannot be deleted."


class AccommodationNotFound(NotFound):
    code = "not_found"


class BadAccommodation(Invalid):
    code = "bad_accommodation"
    message = "This accommodation cannot be given as it is written."


class DecidedAlready(Conflict):
    code = "decided_already"
    message = "This was decided already, or its time is over."


class AnotherInForce(Conflict):
    code = "another_in_force"
    message = "Another accommodation of this student holds on some of these days; withdraw that one first."


class HomeworkNotFound(NotFound):
    code = "not_found"


class BadDeadline(Invalid):
    code = "bad_deadline"
    message = "The deadline must be in the future."


class NoItems(Invalid):
    code = "no_items"
    message = "A homework needs at least one test or quiz."


class DeadlinePassed(Conflict):
    code = "deadline_passed"
    message = "The deadline of this homework has passed."


class NoPractice(Conflict):
    code = "no_practice"
    message = "There is no practice here now."
