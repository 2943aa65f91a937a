"""What happens to an invitation between being made and being used."""

from __future__ import annotations

from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import queries, rules
from apps.authentication.errors import InvitationDecided, InvitationUsed, NoAddress
from apps.authentication.models import Invitation, User
from apps.core import clock
from apps.mail import operations as mail


def withdraw_invitation(*, actor: User, code: str, reason: str = "") -> Invitation:
    """Make a code useless that nobody has used; again, if that was done before, without effect. Refuses one that
    somebody registered with: that person is approved or rejected."""
    with transaction.atomic():
        invitation = _lock(code)
        if invitation.target_user_id:
            raise InvitationUsed
        if invitation.status == Invitation.Status.PENDING:
            invitation.status, invitation.reason = Invitation.Status.REJECTED, rules.WITHDRAWN
            invitation.save(update_fields=["status", "reason"])
            _record("withdrawn", invitation, reason)
    return queries.get_invitation(code=code)


def resend_invitation(*, actor: User, code: str) -> Invitation:
    """Send the letter with the code again, one in two minutes at most, and let it live anew for as long as it had. Refuses
    one that goes to no address, that was used, or that was withdrawn."""
    at = clock.now()
    with transaction.atomic():
        invitation = _lock(code)
        if not invitation.email:
            raise NoAddress
        if invitation.target_user_id:
            raise InvitationUsed
        if invitation.status != Invitation.Status.PENDING:
            raise InvitationDecided
        life = rules.GUEST_INVITATION_LIFE if invitation.is_guest else rules.INVITATION_LIFE
        invitation.expires_at = max(invitation.expires_at, at + life)
        invitation.save(update_fields=["expires_at"])
        key = f"invitation:{invitation.pk}:{int(at.timestamp()) // rules.LETTER_PAUSE_SECONDS}"
        about = {"invitation_id": str(invitation.pk)}
        mail.post(drafts=[mail.Draft("invitation", invitation.email, key, about)])
        _record("resent", invitation)
    return queries.get_invitation(code=code)


def _lock(code: str) -> Invitation:
    found = queries.get_invitation(code=code)
    return Invitation.objects.select_for_update().get(pk=found.pk)


def _record(what: str, invitation: Invitation, reason: str = "") -> None:
    audit.record(
        action=f"invitation.{what}",
        subject="invitation",
        subject_id=invitation.pk,
        name=invitation.given_role,
        reason=reason,
    )
