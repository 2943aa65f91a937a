from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core import clock, images, tenancy
from apps.mail import composing, letters, queries, rules, transport
from apps.mail.errors import AddressRefused, NotGivenUp
from apps.mail.models import Mail
from apps.mail.transport import Courier

if TYPE_CHECKING:
    from apps.authentication.models import User

log = logging.getLogger(__name__)

CUT_OFF = "The worker stopped while it was sending: nobody knows whether this left. It is not sent again by itself."
UNKNOWN = "The connection broke while it was sending: nobody knows whether this left. It is not sent again by itself."
AWAY = "For days no mail server took letters from us."
_SHARE = 25
_quiet_until = 0.0
_resting_until = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be written: ``key`` names what it is about, so that it is written once; ``about`` holds ids."""

    letter: str
    to: str
    key: str
    about: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""


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
        _check(row)
    Mail.objects.bulk_create(rows, ignore_conflicts=True)
    ids = [str(row.pk) for row in rows]
    transaction.on_commit(lambda: _nudge(ids), robust=True)
    return len(rows)


def send(
    *,
    letter: str,
    to: Iterable[str],
    key: str,
    values: Mapping[str, str] | None = None,
    path: str = "/",
    language: str = "",
) -> int:
    """Write one letter of the present center, or in the public schema of the platform, to each of these addresses, with
    all that stands in it (``letters.LETTERS`` names the ``values``); its button leads to ``path`` on the center's own
    host. The same ``key`` to the same address is written once. For links that open something, and for what may have
    changed before it leaves, ``post`` ids instead and fill them in."""
    about = {"values": dict(values or {}), "path": path}
    return post(drafts=[Draft(letter, address, rules.key_of(key, address), about, language) for address in to])


def forget(*, address: str) -> int:
    """Remove every letter of the present center to this address, sent or not: for whoever erases a person."""
    with transaction.atomic():
        count, _ = Mail.objects.filter(schema_name=tenancy.schema_name(), to__iexact=address).delete()
    return count


def send_these(*, ids: Iterable[uuid.UUID]) -> int:
    """Send these, if they still wait. Returns how many were taken up; without a mail server that is one at most."""
    with Courier() as courier:
        return sum(1 for mail_id in ids if _send_next(courier, Q(pk=mail_id)))


def send_due(*, most: int = 200) -> int:
    """Give up what was cut off, then send what is due, oldest first; what another worker holds is skipped."""
    with tenancy.enter(tenancy.PUBLIC):
        cut_off = Mail.objects.filter(status=Mail.Status.SENDING, claimed_at__lt=Now() - timedelta(minutes=10))
        cut_off.update(status=Mail.Status.DEAD, last_error=CUT_OFF)
    count = 0
    with Courier() as courier:
        while count < most and _send_next(courier, Q()):
            count += 1
    return count


def revive(*, ids: Iterable[uuid.UUID]) -> int:
    """Send given-up letters after all, on a person's word: one that was cut off may then arrive twice."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        dead = Mail.objects.filter(pk__in=list(ids), status=Mail.Status.DEAD)
        return dead.update(status=Mail.Status.WAITING, tries=0, due_at=Now())


def revive_own(*, actor: User, mail_id: uuid.UUID) -> Mail:
    """The same with one letter of the actor's center; refuses any other id, and a letter that was not given up."""
    with transaction.atomic():
        row = queries.get_mail_for(actor, mail_id)
        if not revive(ids=[row.pk]):
            raise NotGivenUp
        audit.record(action="mail.revived", subject="mail", subject_id=row.pk, name=row.letter)
    return queries.get_mail_for(actor, mail_id)


def prune(
    *, older_than: timedelta = timedelta(days=30), dead: timedelta = timedelta(days=90), most: int = 10_000
) -> int:
    """Forget letters that left, or were not needed, long ago, and those given up longer ago: addresses of people are not
    kept for ever."""
    over = Q(status__in=[Mail.Status.SENT, Mail.Status.NEEDLESS], created_at__lt=Now() - older_than)
    over |= Q(status=Mail.Status.DEAD, created_at__lt=Now() - dead)
    with tenancy.enter(tenancy.PUBLIC):
        old = Mail.objects.filter(over).order_by("created_at")[:most]
        count, _ = Mail.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return count


def _check(row: Mail) -> None:
    if not rules.is_address(row.to):
        raise AddressRefused
    kind = letters.LETTERS[row.letter]
    if "values" in row.about and set(row.about["values"]) != kind.values:
        raise LookupError(f"The letter {row.letter!r} has {sorted(kind.values)}.")


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


def _send_next(courier: Courier, which: Q) -> bool:
    """Mark a row as being sent and commit that, send it, mark what became of it. The first mark makes a second sending
    impossible, whatever happens in between."""
    if time.monotonic() < _resting_until:
        return False
    with tenancy.enter(tenancy.PUBLIC):
        row = _claim(which)
        if row is None:
            return False
        try:
            message = _compose(row)
            if message is None:
                _mark(row, status=Mail.Status.NEEDLESS)
                return True
            courier.hand_over(message)
        except transport.Unreachable as error:
            _rest(row, str(error))
        except transport.Refused as error:
            _put_back(row, str(error), for_good=error.for_good)
        except transport.Unknown as error:
            log.error("Mail %s: %s", row.pk, error)
            _mark(row, status=Mail.Status.DEAD, last_error=f"{UNKNOWN} {error}"[:2000])
        except Exception as error:
            log.exception("Mail %s could not be composed.", row.pk)
            _put_back(row, f"{type(error).__name__}: {error}")
        else:
            # The words of a letter that nobody fills in are not kept longer than they are needed.
            about = {} if "values" in row.about else row.about
            _mark(row, status=Mail.Status.SENT, sent_at=Now(), last_error="", about=about)
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
            row.claimed_at = clock.now()
            claim = {"status": Mail.Status.SENDING, "claimed_at": row.claimed_at, "tries": row.tries}
            Mail.objects.filter(pk=row.pk).update(**claim)
    return row


def _compose(row: Mail) -> composing.Message | None:
    tenant = tenancy.get_by_schema(row.schema_name)
    with tenancy.enter(tenant):
        content = letters.fill(row.letter, row.to, row.about)
        if content is None:
            return None
        face = centers.get_face(tenant=tenant)
    return composing.compose(
        mail_id=str(row.pk),
        letter=row.letter,
        to=row.to,
        language=row.language,
        face=face,
        content=content,
        logo=_logo(face.logo),
    )


def _logo(name: str) -> composing.Logo | None:
    """Small, as letters need it. Without it the letter leaves all the same."""
    try:
        return _small_logo(name) if name else None
    except Exception as error:
        log.warning("The logo %s is left out of a letter: %s", name, error)
        return None


@lru_cache(maxsize=64)
def _small_logo(name: str) -> composing.Logo:
    """A changed picture has another name."""
    with default_storage.open(name) as file:
        content, suffix = images.clean_image(file.read(), edge=160)
    return composing.Logo(content, "png" if suffix == ".png" else "jpeg")


def _rest(row: Mail, error: str) -> None:
    """It is not the letter's fault, so no try of it is used up; and there is no use in trying the next one now."""
    global _resting_until
    _resting_until = time.monotonic() + rules.REST_SECONDS
    log.error("No mail server takes letters, %s seconds of rest: %s", rules.REST_SECONDS, error)
    due = clock.now()
    if due - row.created_at > rules.PATIENCE:
        _mark(row, status=Mail.Status.DEAD, last_error=f"{AWAY} {error}"[:2000])
    else:
        wait = timedelta(seconds=rules.REST_SECONDS)
        _mark(row, status=Mail.Status.FAILED, last_error=error, due_at=due + wait, tries=row.tries - 1)


def _put_back(row: Mail, error: str, *, for_good: bool = False) -> None:
    if for_good or row.tries >= rules.MOST_TRIES:
        log.error("Mail %s is given up: %s", row.pk, error)
        _mark(row, status=Mail.Status.DEAD, last_error=error[:2000])
    else:
        wait = timedelta(seconds=rules.wait_before(row.tries))
        _mark(row, status=Mail.Status.FAILED, last_error=error[:2000], due_at=Now() + wait)


def _mark(row: Mail, **changes: Any) -> None:
    """Only while it is still ours: what was given up meanwhile stays given up."""
    Mail.objects.filter(pk=row.pk, status=Mail.Status.SENDING, claimed_at=row.claimed_at).update(**changes)
