from __future__ import annotations

import logging
import smtplib
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from celery import current_app
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.centers.queries import centers
from apps.core import tenancy
from apps.mail import composing, letters, rules
from apps.mail.errors import AddressRefused
from apps.mail.models import Mail

log = logging.getLogger(__name__)

CUT_OFF = "The worker stopped while it was sending: nobody knows whether this left. It is not sent again by itself."
UNKNOWN = "The connection broke while it was sending: nobody knows whether this left. It is not sent again by itself."
_SHARE = 25
_quiet_until = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be written: ``key`` names what it is about, so that it is written once; ``about`` holds ids."""

    letter: str
    to: str
    key: str
    about: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""


class Refused(Exception):
    """The mail server has said no, so that nothing left: ``for_good`` if asking again is useless."""

    def __init__(self, error: Exception, *, for_good: bool) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.for_good = for_good


def post(*, drafts: Iterable[Draft]) -> int:
    """Write letters of the present center; they leave after the commit. One that was written before, by its key, is left
    alone. Refuses an address that is none, and to run outside a transaction. Returns how many rows were handed over."""
    if not connection.in_atomic_block:
        raise RuntimeError("A letter belongs to the transaction of the change it tells of.")
    schema = tenancy.schema_name()
    rows = [
        Mail(
            schema_name=schema,
            key=draft.key,
            letter=draft.letter,
            language=draft.language,
            to=draft.to,
            about=dict(draft.about),
        )
        for draft in drafts
    ]
    for row in rows:
        if not rules.is_address(row.to):
            raise AddressRefused
    Mail.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [str(row.pk) for row in rows]
    transaction.on_commit(lambda: _nudge(ids), robust=True)
    return len(rows)


def send(*, ids: Iterable[uuid.UUID]) -> int:
    """Send these, if they still wait. Returns how many were taken up."""
    return sum(_send_next(Q(pk=mail_id)) for mail_id in ids)


def send_due(*, most: int = 200) -> int:
    """Give up what was cut off, then send what is due, oldest first; what another worker holds is skipped."""
    with tenancy.enter(tenancy.PUBLIC):
        cut_off = Mail.objects.filter(status=Mail.Status.SENDING, claimed_at__lt=Now() - timedelta(minutes=10))
        cut_off.update(status=Mail.Status.DEAD, last_error=CUT_OFF)
    count = 0
    while count < most and _send_next(Q()):
        count += 1
    return count


def revive(*, ids: Iterable[uuid.UUID]) -> int:
    """Send given-up letters after all, on a person's word: one that was cut off may then arrive twice."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        dead = Mail.objects.filter(pk__in=list(ids), status=Mail.Status.DEAD)
        return dead.update(status=Mail.Status.WAITING, tries=0, due_at=Now())


def prune(*, older_than: timedelta = timedelta(days=30), most: int = 10_000) -> int:
    """Forget letters that left, or were not needed, long ago: addresses of people are not kept for ever."""
    with tenancy.enter(tenancy.PUBLIC):
        over = [Mail.Status.SENT, Mail.Status.NEEDLESS]
        old = Mail.objects.filter(status__in=over, created_at__lt=Now() - older_than).order_by("created_at")[:most]
        count, _ = Mail.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return count


def _nudge(ids: list[str]) -> None:
    """Hurry a worker. Without the broker the sweep finds the rows; we stay quiet for a while."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    for start in range(0, len(ids), _SHARE):
        try:
            current_app.send_task(
                "send_mails",
                kwargs={"ids": ids[start : start + _SHARE]},
                queue="bulk",
                headers={"_schema_name": "public"},
                retry=False,
                ignore_result=True,
            )
        except Exception as error:
            _quiet_until = time.monotonic() + 5
            log.warning("The broker does not answer (%s); mails wait for the sweep.", error)
            return


def _send_next(which: Q) -> bool:
    """Mark a row as being sent and commit that, send it, mark what became of it. The first mark makes a second sending
    impossible, whatever happens in between."""
    with tenancy.enter(tenancy.PUBLIC):
        row = _claim(which)
        if row is None:
            return False
        try:
            message = _compose(row)
            if message is None:
                _mark(row, status=Mail.Status.NEEDLESS)
                return True
            _hand_over(message)
        except Refused as error:
            _put_back(row, str(error), for_good=error.for_good)
        except (OSError, smtplib.SMTPException) as error:
            log.error("Mail %s: %s", row.pk, error)
            _mark(row, status=Mail.Status.DEAD, last_error=f"{UNKNOWN} {error}"[:2000])
        except Exception as error:
            log.exception("Mail %s could not be composed.", row.pk)
            _put_back(row, f"{type(error).__name__}: {error}")
        else:
            _mark(row, status=Mail.Status.SENT, sent_at=Now(), last_error="")
        return True


def _claim(which: Q) -> Mail | None:
    with transaction.atomic():
        row = (
            Mail.objects.select_for_update(skip_locked=True)
            .filter(which, status__in=[Mail.Status.WAITING, Mail.Status.FAILED], due_at__lte=Now())
            .order_by("due_at", "pk")
            .first()
        )
        if row is not None:
            row.tries += 1
            Mail.objects.filter(pk=row.pk).update(status=Mail.Status.SENDING, claimed_at=Now(), tries=row.tries)
    return row


def _compose(row: Mail) -> EmailMultiAlternatives | None:
    tenant = tenancy.get_by_schema(row.schema_name)
    with tenancy.enter(tenant):
        content = letters.fill(row.letter, row.to, row.about)
        if content is None:
            return None
        face = centers.get_face(tenant=tenant)
    return composing.compose(
        mail_id=str(row.pk), letter=row.letter, to=row.to, language=row.language, face=face, content=content
    )


def _hand_over(message: EmailMultiAlternatives) -> None:
    """One message over a connection of its own. As long as that is not open, and where the server says no, nothing has
    left; anything else is unknown."""
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(error, for_good=False) from error
    try:
        server.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise Refused(error, for_good=min(codes, default=500) >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise Refused(error, for_good=error.smtp_code >= 500) from error
    finally:
        server.close()


def _put_back(row: Mail, error: str, *, for_good: bool = False) -> None:
    if for_good or row.tries >= rules.MOST_TRIES:
        log.error("Mail %s is given up: %s", row.pk, error)
        _mark(row, status=Mail.Status.DEAD, last_error=error[:2000])
    else:
        wait = timedelta(seconds=rules.wait_before(row.tries))
        _mark(row, status=Mail.Status.FAILED, last_error=error[:2000], due_at=Now() + wait)


def _mark(row: Mail, **changes: Any) -> None:
    """Only while it is still ours: what was given up meanwhile stays given up."""
    Mail.objects.filter(pk=row.pk, status=Mail.Status.SENDING, tries=row.tries).update(**changes)
