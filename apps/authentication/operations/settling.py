"""Who is signed in when a center is closed, or made from an export: nobody."""

from __future__ import annotations

import uuid

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.authentication.models import Acting, Session, User
from apps.authentication.operations import directors
from apps.centers.queries import centers
from apps.core import realtime, tenancy
from apps.core.tenancy import Tenant


def settle_in() -> None:
    """No token, link or cookie of before opens anything: every session version is raised past all that were ever given
    out. Owners who acted in an admin's place do not any more. The owners' list of directors is written anew."""
    with connection.cursor() as cursor:
        # Minutes since 2020: each restore gets further than the one before, whatever was restored.
        cursor.execute("SELECT (extract(epoch FROM statement_timestamp()) - 1577836800)::bigint / 60")
        minutes = cursor.fetchone()[0]
    User.objects.update(session_version=F("session_version") + minutes)
    Acting.objects.filter(ended_at=None).update(ended_at=Now(), ended_because="the center was restored")
    directors.copy_directors()


def close_doors(*, center_id: uuid.UUID) -> int:
    """Sign everybody of a center out that was closed: sessions, tokens, cookies and sockets end. Returns how many sessions
    that were; none where there is no schema any more."""
    with transaction.atomic():
        tenant = centers.hold_tenant(center_id=center_id)
        return _sign_out_everybody(tenant) if tenant else 0


def _sign_out_everybody(tenant: Tenant) -> int:
    with tenancy.enter(tenant):
        open_ones = list(Session.objects.filter(revoked_at=None).values_list("pk", flat=True))
        Session.objects.filter(pk__in=open_ones).update(revoked_at=Now(), revoked_because="center closed")
        User.objects.update(session_version=F("session_version") + 1)
        for session_id in open_ones:
            realtime.push(tenancy.room("session", session_id), "signed_out", {})
    return len(open_ones)
