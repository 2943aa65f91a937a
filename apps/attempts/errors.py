from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable


class AttemptNotFound(NotFound):
    code = "not_found"


class AttemptClosed(Conflict):
    code = "attempt_closed"
    message = "This attempt is closed; what arrived in time is kept and counts."


class AnswerTooLate(Conflict):
    code = "too_late"
    message = "The time was up before this answer arrived. It is kept for review but does not count."


class TakenOver(Conflict):
    code = "taken_over"
    message = "This attempt goes on in another window or on another device."


class Paused(Conflict):
    code = "paused"
    message = "This exam is paused; time stands still. Keep your answers until it goes on."


class NoNextSection(Conflict):
    code = "no_next_section"
    message = "That is not the section you are in, or there is none after it."


class SectionNotOver(Conflict):
    code = "section_not_over"
    message = "In this room a section lasts until its time is up."


class SectionClosed(Conflict):
    code = "section_closed"
    message = "The time of this section was over, or you had left it."


class SectionNotOpen(Conflict):
    code = "section_not_open"
    message = "This section has not begun yet."


class OneByOne(Conflict):
    code = "one_by_one"
    message = "In this quiz each question has its own time, one after the other. Sit it on the pages of your center."


class AnswerFinal(Conflict):
    code = "answer_final"
    message = "This answer was checked and stays as it is."


class MayNotCheck(Forbidden):
    code = "may_not_check"
    message = "Single answers cannot be checked here."


class NotHomework(Conflict):
    code = "not_homework"
    message = "This attempt is of an exam, not of a homework."


class NotBeforeTheEnd(Forbidden):
    code = "not_before_the_end"
    message = "Hand in first: marks are shown afterwards."


class NoPlaceLeft(Conflict):
    """The plan's limit, said to people whom the plan does not concern."""

    code = "plan_limit_reached"
    message = "As many people sit exams at this center now as it has places for. Try again when somebody has finished."


class NoAttemptsLeft(Conflict):
    code = "no_attempts_left"
    message = "You have used all your attempts in this room."


class SeqReused(Invalid):
    code = "seq_reused"
    message = "This number was used for another answer."


class BadAnswer(Invalid):
    code = "bad_answer"
    message = "This is not an answer to this question."


class ResultNotReleased(Forbidden):
    code = "result_not_released"
    message = "The results of this exam are not released yet."


class NotSitting(Conflict):
    code = "not_sitting"
    message = "Some of these students have no running attempt in this room; nobody was given time."


class NotClosed(Conflict):
    code = "not_closed"
    message = "Some of these students have no attempt here that is closed; nobody's was opened again."


class CannotReopen(Conflict):
    code = "cannot_reopen"
    message = "This room was not open yet."


class TooMuchTime(Conflict):
    code = "too_much_time"
    message = "Some of these students would have been given more than a week more, all in all; nobody was given time."


class BadExtension(Invalid):
    code = "bad_extension"
    message = "Extra time is between a second and a day, with a reason."


class NotGradedYet(Conflict):
    code = "not_graded"
    message = "This attempt has no marks yet."


class ReviewClosed(Forbidden):
    code = "review_closed"
    message = "Solutions of this exam are not open for review."


class NotHandedIn(Conflict):
    code = "not_handed_in"
    message = "This attempt still runs; there is a receipt once it is closed."


class TooBusy(Unavailable):
    code = "too_busy"
    message = "Too many answers are waiting to be written. Keep yours and send them again in a moment."


class TooManyCodes(TooMany):
    code = "too_many_codes"
    message = "Too many wrong access codes. Ask for the right one and try again in a while."


class NoPlaysLeft(Conflict):
    code = "no_plays_left"
    message = "This recording was played as often as the room allows."


class RecordingsAreFree(Conflict):
    code = "recordings_are_free"
    message = "In this room recordings are played as often as wanted; the paper has their addresses."


class NotByClock(Conflict):
    code = "not_by_clock"
    message = "In this room recordings do not start by the clock of their section."


class NotTogether(Conflict):
    code = "not_together"
    message = "In this room recordings are not played for everybody at once."


class NotInOrder(Conflict):
    code = "not_in_order"
    message = "A recording is given out from its beginning on, and goes forward only."


class PlayNotFound(NotFound):
    code = "not_found"


class BadPlay(Invalid):
    code = "bad_play"
    message = "This cannot be played."


class ExamBrowserNeeded(Forbidden):
    code = "exam_browser_needed"
    message = "This exam is sat in the Safe Exam Browser, in the configuration that your center has given out."


class TooFast(TooMany):
    code = "too_fast"
    message = "That are more answers than anybody gives. Keep yours and send them again in a moment."

    def __init__(self, message: str = "", *, retry_after: int = 5, **details: object) -> None:
        super().__init__(message, retry_after=retry_after, **details)


class ScriptNotFound(NotFound):
    code = "not_found"


class ScriptClaimed(Conflict):
    code = "script_claimed"
    message = "Somebody else is marking this answer now."


class MarkChanged(Conflict):
    code = "mark_changed"
    message = "This answer was marked meanwhile; look at the mark it has now."


class NotMarkedYet(Conflict):
    code = "not_marked_yet"
    message = "A second mark needs a first one."


class SameMarker(Conflict):
    code = "same_marker"
    message = "A second mark is given by somebody else than the first."


class ReasonNeeded(Invalid):
    code = "reason_needed"
    message = "A mark that counts is changed for a reason only."


class BadPoints(Invalid):
    code = "bad_points"
    message = "These points cannot be given."


class KeyReused(Conflict):
    code = "key_reused"
    message = "This key was used for something else. Make a new one for each thing you ask for."
