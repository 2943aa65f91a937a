from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from apps.core import tenancy
from apps.mail.errors import MailNotFound
from apps.mail.models import Mail

if TYPE_CHECKING:
    from apps.authentication.models import User


def mails_for(actor: User, *, status: str = "", letter: str = "", search: str = "") -> QuerySet[Mail]:
    """The letters of the present center that are kept, newest first: for its admins, and on the main host, where owners
    are asked for, the platform's own. ``search`` looks at addresses and at what the mail server said."""
    if actor.role not in (actor.Role.CENTER_ADMIN, actor.Role.OWNER):
        return Mail.objects.none()
    found = Mail.objects.filter(schema_name=tenancy.schema_name())
    if status:
        found = found.filter(status=status)
    if letter:
        found = found.filter(letter=letter)
    if search:
        found = found.filter(Q(to__icontains=search) | Q(last_error__icontains=search))
    return found.order_by("-created_at", "pk")


def data_about(*, address: str) -> list[dict[str, Any]]:
    """The letters of the present center to one address that are still kept, oldest first."""
    rows = Mail.objects.filter(schema_name=tenancy.schema_name(), to__iexact=address).order_by("created_at", "pk")
    return [dict(row) for row in rows.values("letter", "to", "status", "created_at", "sent_at")]


def get_mail_for(actor: User, mail_id: uuid.UUID) -> Mail:
    """One of these; refuses any other id."""
    found = mails_for(actor).filter(pk=mail_id).first()
    if found is None:
        raise MailNotFound
    return found
