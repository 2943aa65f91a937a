"""Owners who work in an admin's place: asked for on the main host, begun on the center's host, told to its admins.

There is no way in against a center's word: where acting is forbidden, what an owner can still do is make an admin of the
center, by name, which is recorded and seen like this.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.audit import operations as audit
from apps.authentication import acting as queries
from apps.authentication import queries as people
from apps.authentication import rules as token_rules
from apps.authentication.errors import (
    ActingCodeRefused,
    ActingForbidden,
    ActingInvalid,
    ActingNotFound,
    CenterNotThere,
    NobodyToActFor,
)
from apps.authentication.events import ActingBegan, ActingEnded, ActingTimeOver
from apps.authentication.models import Acting, Session, User
from apps.authentication.operations import sessions
from apps.authentication.rules import acting as rules
from apps.centers.operations import acting as center_acting
from apps.centers.queries import centers
from apps.core import bus, clock, tenancy, trace
from apps.core.tenancy import Tenant
from apps.mail import operations as mail

_ADMIN = User.Role.CENTER_ADMIN
TIME_OVER = "its time was over"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the owner gets: the code is told this once."""

    acting: Acting
    code: str
    link: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An open session in an admin's place."""

    acting: Acting
    admin: User
    session_id: uuid.UUID


def ask(
    *,
    actor: User,
    center_id: uuid.UUID,
    reason: str,
    minutes: int = rules.USUAL_MINUTES,
    admin_id: uuid.UUID | None = None,
) -> Asked:
    """Ask to act in a center in the place of one of its admins (the first one unless named), for a reason that its admins
    read. Gives a link that works once, within five minutes, on the center's host. Refuses a center that forbids it, is not
    there or has no admin, a reason of a few letters, and more than an hour."""
    reason = " ".join(reason.split())
    if problems := rules.reasons_against(reason, minutes):
        raise ActingInvalid(problems=problems)
    center = centers.get_center(center_id=center_id)
    if center.state != center.State.READY or center.status == center.Status.ARCHIVED:
        raise CenterNotThere
    if not center.allows_acting:
        raise ActingForbidden
    tenant = tenancy.get_by_schema(center.schema_name)
    code, at = token_rules.fresh_token(), clock.now()
    with transaction.atomic():
        with tenancy.enter(tenant):
            row = Acting.objects.create(
                owner_id=actor.pk,
                owner_name=actor.get_full_name() or actor.email,
                admin=_admin(admin_id),
                reason=reason,
                minutes=minutes,
                code_hash=token_rules.token_hash(code),
                code_expires_at=at + rules.CODE_LIFE,
                created_at=at,
            )
        _record("asked", row, center.name, also_in=center.schema_name, after={"minutes": minutes})
    return Asked(row, code, _address(tenant, f"/act/#code={code}"))


def begin(*, code: str) -> Begun:
    """Open the session that a link was given for, told to the center's admins at once. Refuses with one refusal a code
    that is unknown, of another center, used, expired or withdrawn, and one whose owner or admin is not there any more."""
    with transaction.atomic():
        row = Acting.objects.select_for_update().filter(code_hash=token_rules.token_hash(code)).first()
        at = clock.now()
        if row is None or row.began_at or row.ended_at or row.code_expires_at <= at:
            raise ActingCodeRefused
        admin = _admins().filter(pk=row.admin_id).first() if row.admin_id else None
        center = centers.get_center(center_id=tenancy.current().id)
        if admin is None or not center.allows_acting or not queries.is_owner(user_id=row.owner_id):
            raise ActingCodeRefused
        row.began_at, row.ends_at = at, at + timedelta(minutes=row.minutes)
        session = row.session = Session.objects.create(
            user=admin,
            expires_at=row.ends_at,
            address=trace.current().address or None,
            agent=f"{row.owner_name} of the platform: {row.reason}"[:200],
        )
        row.save(update_fields=["began_at", "ends_at", "session"])
        trace.name_actor(admin, owner_id=row.owner_id, owner_name=row.owner_name)
        _record("began", row, center.name, also_in="public", after={"ends_at": row.ends_at})
        bus.publish(ActingBegan(acting_id=row.pk))
        bus.publish(ActingTimeOver(acting_id=row.pk), due_at=row.ends_at)
    return Begun(queries.get_acting(acting_id=row.pk), admin, session.pk)


def end(*, actor: User, acting_id: uuid.UUID) -> Acting:
    """End it, now: by an admin of the center, or by whoever acts. One that is over stays as it is. Refuses an unknown id,
    and everybody else as if there were none."""
    if actor.role != _ADMIN:
        raise ActingNotFound
    return _end(acting_id, by=trace.current().owner_name or str(actor), because="ended by hand")


def end_from_platform(*, actor: User, center_id: uuid.UUID, acting_id: uuid.UUID) -> Acting:
    """The same by an owner, on the main host."""
    with tenancy.enter(_tenant(center_id)):
        return _end(acting_id, by=str(actor), because="ended by an owner")


def list_from_platform(*, center_id: uuid.UUID) -> list[Acting]:
    """The hundred newest of one center, for owners."""
    with tenancy.enter(_tenant(center_id)):
        return list(queries.list_acting()[:100])


def end_by_clock(*, acting_id: uuid.UUID) -> None:
    """Close what ran out of time; its token ended by itself."""
    row = Acting.objects.filter(pk=acting_id, ended_at=None).first()
    if row and row.ends_at and row.ends_at <= clock.now():
        _end(acting_id, by="", because=TIME_OVER)


def allow(*, actor: User, allowed: bool) -> bool:
    """Let owners act in this center, or forbid it, which ends whoever does. Not for those who act themselves."""
    trace.check_not_acting()
    with transaction.atomic():
        center_acting.allow_acting(allowed=allowed)
        if not allowed:
            for acting_id in Acting.objects.filter(ended_at=None).values_list("pk", flat=True):
                _end(acting_id, by=str(actor), because="forbidden by the center")
    return allowed


def write_began(*, acting_id: uuid.UUID) -> int:
    """Write to the center's admins that an owner acts here. Returns how many letters that made."""
    row = queries.get_acting(acting_id=acting_id)
    values = {"owner": row.owner_name, "until": _moment(row.ends_at), "quote": row.reason}
    return _write("acting_started", row, values)


def write_ended(*, acting_id: uuid.UUID) -> int:
    """Write to the center's admins that it is over."""
    row = queries.get_acting(acting_id=acting_id)
    return _write("acting_ended", row, {"owner": row.owner_name, "until": _moment(row.ended_at)})


def _write(letter: str, row: Acting, values: dict[str, str]) -> int:
    with transaction.atomic():
        to = people.active_addresses(role=_ADMIN)
        return mail.send(letter=letter, to=to, key=f"{letter}:{row.pk}", values=values, path="/admin/audit/entry/")


def _end(acting_id: uuid.UUID, *, by: str, because: str) -> Acting:
    with transaction.atomic():
        row = Acting.objects.select_for_update().filter(pk=acting_id).first()
        if row is None:
            raise ActingNotFound
        if row.ended_at is None:
            at = clock.now()
            # Whoever finds it late must not make it longer than it was.
            row.ended_at = min(at, row.ends_at) if row.ends_at else at
            row.ended_by, row.ended_because = by[:170], because
            row.save(update_fields=["ended_at", "ended_by", "ended_because"])
            if row.session_id:
                sessions.end_session(session_id=row.session_id, because="acting ended")
                bus.publish(ActingEnded(acting_id=row.pk))
            _record("ended", row, tenancy.current().name, also_in="public", after={"because": because})
    return queries.get_acting(acting_id=acting_id)


def _record(what: str, row: Acting, name: str, *, also_in: str, after: dict[str, object]) -> None:
    audit.record(
        action=f"acting.{what}",
        subject="acting",
        subject_id=row.pk,
        name=f"{row.owner_name} in {name}",
        after=after,
        reason=row.reason,
        also_in=also_in,
    )


def _admins() -> QuerySet[User]:
    return User.objects.filter(role=_ADMIN, is_active=True, is_approved=True, deleted_at=None)


def _admin(admin_id: uuid.UUID | None) -> User:
    admins = _admins().order_by("created_at", "pk")
    found = (admins.filter(pk=admin_id) if admin_id else admins).first()
    if found is None:
        raise NobodyToActFor
    return found


def _tenant(center_id: uuid.UUID) -> Tenant:
    center = centers.get_center(center_id=center_id)
    if center.state != center.State.READY:
        raise CenterNotThere
    return tenancy.get_by_schema(center.schema_name)


def _address(tenant: Tenant, path: str) -> str:
    """On the center's own host, which is the one that is stored; scheme and port are the platform's."""
    base = urlsplit(settings.SHIKEN_FRONTEND_URL)
    port = f":{base.port}" if base.port else ""
    return f"{base.scheme}://{centers.get_face(tenant=tenant).host}{port}{path}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
