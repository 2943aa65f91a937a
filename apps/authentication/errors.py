from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, TooMany, Unavailable


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


class ActingNotFound(NotFound):
    code = "not_found"


class ActingInvalid(Invalid):
    code = "invalid"


class ActingForbidden(Forbidden):
    code = "acting_forbidden"
    message = "This center does not let owners of the platform act in it."


class CenterNotThere(Conflict):
    code = "center_not_there"
    message = "This center is not made yet, or closed."


class NobodyToActFor(Conflict):
    code = "nobody_to_act_for"
    message = "This center has no such admin who could sign in."


class ActingCodeRefused(NotFound):
    """Unknown, of another center, used, expired, withdrawn, or overtaken: never told apart."""

    code = "link_refused"
    message = "This link does not work any more. Ask for a new one."


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


class NoSeatLeft(Conflict):
    """What a stranger is told of a full center: its plan is not their business."""

    code = "no_seat_left"
    message = "This center cannot take in more people at the moment. Please ask there."


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


class SecondFactorNeeded(Forbidden):
    code = "second_factor_needed"
    message = "Your center asks its staff for a second factor. Set one up to go on."


class ChallengeOver(SignInFailed):
    """Made up, of another center, used, outlived, or overtaken by a new password: never told apart."""

    code = "challenge_over"
    message = "That took too long. Sign in again."


class SecondStepFailed(SignInFailed):
    code = "wrong_code"
    message = "This code is not right. Wait for the next one, or use a recovery code."


class CodeRefused(Invalid):
    code = "wrong_code"
    message = "This code is not right. Wait for the next one, then try again."


class SecondFactorOn(Conflict):
    code = "second_factor_on"
    message = "You have a second factor already; turn it off before you set up another."


class NoSecondFactor(Conflict):
    code = "no_second_factor"
    message = "There is no second factor here."


class SecondFactorDemanded(Conflict):
    code = "second_factor_demanded"
    message = "Your center asks its staff for a second factor; it cannot be turned off."


class ProviderNotFound(NotFound):
    code = "not_found"


class ProviderTaken(Conflict):
    code = "slug_taken"
    message = "Another provider of this center has this short name."


class ProviderInvalid(Invalid):
    code = "invalid"


class ProviderUnreachable(Unavailable):
    code = "provider_unreachable"
    message = "The identity provider does not answer as it should. Try again in a while, or sign in with your password."
    retry_after = 30


class ProviderRefused(SignInFailed):
    """The provider said no, or what it said could not be trusted: never told apart."""

    code = "provider_refused"
    message = "The identity provider did not let you in, or its answer could not be trusted. Begin anew."


class JourneyOver(SignInFailed):
    """Made up, begun elsewhere, used, or outlived: never told apart."""

    code = "journey_over"
    message = "This sign-in was not begun in this browser, or it took too long. Begin anew."


class NotAdmitted(Forbidden):
    """Unknown, shut out, waiting, or not to be connected by the address alone: never told apart."""

    code = "not_admitted"
    message = (
        "You cannot sign in here with this account yet. If you have a password here, sign in with it and connect the "
        "account on your security page; else ask your center."
    )


class IdentityTaken(Conflict):
    code = "identity_taken"
    message = "This account is connected with somebody else here."


class IdentityNotFound(NotFound):
    code = "not_found"


class LastWayIn(Conflict):
    code = "last_way_in"
    message = "You have no password here: this is your only way in. Choose a password first."


class LastAdmin(Conflict):
    code = "last_admin"
    message = "The center would be left without an admin. Give somebody else the role first."


class PersonErased(Conflict):
    code = "person_erased"
    message = "This person's data was erased; that cannot be undone."


class NothingToChoose(Conflict):
    code = "has_signed_in"
    message = "This person has chosen a password before; they can ask for a new one on the sign-in page."


class SentJustNow(TooMany):
    code = "sent_just_now"
    message = "A letter about this was written a moment ago. Wait a little before the next."


class GuestTimeInvalid(Invalid):
    code = "invalid"


class RoleInvalid(Invalid):
    code = "invalid"


class RosterRefused(Invalid):
    """Nothing was imported; each problem has its row and column."""

    code = "roster_refused"
    message = "The list was not imported."


class RosterUnreadable(Invalid):
    """The file as a whole cannot be read."""

    code = "roster_unreadable"
    message = "This file cannot be read as a list of people."


class NoErasureAsked(Conflict):
    code = "no_erasure_asked"
    message = "You have not asked to be erased."


class InvitationUsed(Conflict):
    code = "invitation_used"
    message = "Somebody has registered with this invitation; approve or reject them."


class NoAddress(Conflict):
    code = "no_address"
    message = "This invitation goes to no e-mail address; hand out its code."
