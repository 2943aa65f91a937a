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


class WrongPassword(Invalid):
    code = "wrong_password"
    message = "The present password is not right."


class LinkRefused(NotFound):
    """Made up, of another center, used, outlived or overtaken: never told apart."""

    code = "link_refused"
    message = "This link does not work any more. Ask for a new one."


class InvitationRefused(NotFound):
    """Unknown, of another center, used, rejected, expired, or for another address: never told apart."""

    code = "invitation_refused"
    message = "This invitation code does not work. Ask your center for a new one."


class InvitationNeeded(Invalid):
    code = "invitation_needed"
    message = "This center can be joined by invitation only."


class InvitationNotFound(NotFound):
    code = "not_found"


class InvitationUnclaimed(Conflict):
    code = "invitation_unclaimed"
    message = "Nobody has registered with this invitation yet."


class InvitationDecided(Conflict):
    code = "invitation_decided"
    message = "This invitation was decided on before."


class InvitationsInvalid(Invalid):
    code = "invalid"


class AlreadyApproved(Conflict):
    code = "already_approved"
    message = "This person was approved before; shut them out instead."


class NoGuest(Conflict):
    code = "no_guest"
    message = "This person is no guest."


class SessionNotFound(NotFound):
    code = "not_found"
