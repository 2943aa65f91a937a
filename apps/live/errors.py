from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class SessionNotFound(NotFound):
    code = "not_found"


class UnknownCode(Invalid):
    code = "unknown_code"
    message = "No quiz with this code is running."


class PlayerNotFound(NotFound):
    code = "not_found"


class NothingToAsk(Invalid):
    code = "nothing_to_ask"
    message = "A live quiz needs questions with options, or statements that are true or false; this test has none."


class TooManyQuestions(Invalid):
    code = "too_many_questions"
    message = "A live quiz has at most 200 questions."


class UnknownGuests(Invalid):
    code = "unknown_guests"
    message = "Some of these people are no guests of the center."


class IllegalMove(Conflict):
    code = "illegal_move"
    message = "The quiz is not at the point where this can be done."


class NoMoreQuestions(Conflict):
    code = "no_more_questions"
    message = "That was the last question."


class AlreadyBegun(Conflict):
    code = "already_begun"
    message = "The quiz has begun, and nobody may join any more."


class SessionFull(Conflict):
    code = "session_full"
    message = "A live quiz has at most 1,000 players, and this one has them."


class GuestsNotAllowed(Forbidden):
    code = "guests_not_allowed"
    message = "This quiz is not for guests, or not for you."


class PlayerRemoved(Forbidden):
    code = "player_removed"
    message = "The host has taken you out of this quiz."


class NotAsked(Conflict):
    code = "not_asked"
    message = "This question has not been asked."


class QuestionClosed(Conflict):
    code = "question_closed"
    message = "This question is over. The answer is kept, but does not count."


class AnswerTooLate(Conflict):
    code = "too_late"
    message = "Time was up when the answer came. It is kept, but does not count."


class AlreadyAnswered(Conflict):
    code = "already_answered"
    message = "The first answer counts, and there is one. This one is kept, but does not count."


class SeqReused(Conflict):
    code = "seq_reused"
    message = "This number was used for another answer."


class BadAnswer(Invalid):
    code = "bad_answer"
    message = "That is no answer to this question."


class TooFast(TooMany):
    code = "too_fast"
    message = "That is more answers than anybody gives. Please send it again later."


class TooManyCodes(TooMany):
    code = "too_many_codes"
    message = "Too many codes were wrong. Please wait, or ask the host."


class BoardHidden(Forbidden):
    code = "board_hidden"
    message = "The board of this quiz is not shown, or not yet."
