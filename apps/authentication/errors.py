from __future__ import annotations

from apps.core.errors import Conflict, Invalid, NotFound, Refusal, TooMany, Unavailable


class SignInFailed(Refusal):
    """Any trouble with credentials or tokens; answered 401 with one and the same body."""

    code = "not_signed_in"
    message = "Sign in to go on."


class WrongCredentials(SignInFailed):
    code = "wrong_credentials"
    message = "The e-mail address or the password is not right."


class LockedOut(TooMany):
    code = "locked_out"
    message = "Too many wrong passwords. Wait a while, then try again."


class UserNotFound(NotFound):
    code = "not_found"


class EmailTaken(Conflict):
    code = "email_taken"
    message = "Somebody in this center has this e-mail address already."


class WeakPassword(Invalid):
    code = "weak_password"
    message = "This password is too easy to guess."


class TicketsUnavailable(Unavailable):
    code = "tickets_unavailable"
    message = "Live connections are not available at the moment; everything works over plain requests."


class OwnAccount(Conflict):
    code = "own_account"
    message = "Nobody can shut themselves out; another admin has to do it."
