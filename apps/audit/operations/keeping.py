"""What is done to the trail as a whole: chained, checked, cleared of old months and of the names of erased people."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.audit import operations, rules
from apps.audit.models import Entry, Link, Spill
from apps.core import clock, tenancy

log = logging.getLogger(__name__)

_BATCH = 1000
_WINDOW = 100_000
"""Numbers are drawn before the commit: an entry may appear after later ones, but never so many later ones."""
_MOST_TOLD = 20
_COLUMNS = ("id", "at", "key_id", "seal", *rules.ACTOR_FIELDS, *rules.SUBJECT_FIELDS, *rules.SEALED_FIELDS)


@dataclass(slots=True)
class Verdict:
    """What a check of the whole trail found. ``head`` is the digest of the last link: who wrote it down earlier can tell
    later whether the trail was cut off at its end."""

    entries: int = 0
    chained: int = 0
    waiting: int = 0
    unknown_key: int = 0
    head: str = ""
    flaws: list[dict[str, Any]] = field(default_factory=list)
    flaw_count: int = 0

    @property
    def is_sound(self) -> bool:
        return not self.flaw_count

    def add(self, entry_id: int, kind: str) -> None:
        self.flaw_count += 1
        if len(self.flaws) < _MOST_TOLD:
            self.flaws.append({"entry": entry_id, "flaw": kind})


def keep() -> int:
    """The round of the present schema: what was spilled comes in, what is new is chained, and old months go. Safe to run
    twice at once. Returns how many entries were chained."""
    reclaim()
    count = chain()
    drop_old()
    return count


def reclaim() -> int:
    """Move spilled entries into the table, each with the moment of its act. Returns how many."""
    count = 0
    with transaction.atomic():
        for spill in Spill.objects.select_for_update(skip_locked=True).order_by("id")[:_BATCH]:
            try:
                operations.put_in(values=spill.body, at=spill.at)
            except (DatabaseError, KeyError) as error:
                log.error("AUDIT: spilled entry %s of %s waits: %s", spill.pk, tenancy.schema_name(), error)
                break
            spill.delete()
            count += 1
    if count:
        log.warning("AUDIT: %s spilled entries of %s are in the trail now.", count, tenancy.schema_name())
    return count


def chain() -> int:
    """Give every committed entry its place in the chain; one process at a time, the others leave it at once. No writer
    ever waits for this. Returns how many got one."""
    count = 0
    while linked := _chain_some():
        count += linked
    return count


def _chain_some() -> int:
    key = settings.SHIKEN_AUDIT_KEYS[0]
    with transaction.atomic():
        if not _is_alone():
            return 0
        last = Link.objects.order_by("-id").first()
        previous = last.digest if last else ""
        links = []
        for entry_id, at, seal in _unchained().order_by("id").values_list("id", "at", "seal")[:_BATCH]:
            digest = rules.digest_link(previous, entry_id, at, seal, key=key)
            links.append(Link(entry_id=entry_id, previous=previous, digest=digest, key_id=rules.key_id(key)))
            previous = digest
        Link.objects.bulk_create(links)
    if links:
        log.info("Audit trail of %s: %s more, the last link is %s.", tenancy.schema_name(), len(links), previous)
    return len(links)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), hashtext('audit'))", [tenancy.schema_name()])
        return bool(cursor.fetchone()[0])


def _unchained() -> QuerySet[Entry]:
    newest = Link.objects.order_by("-entry_id").values_list("entry_id", flat=True).first() or 0
    return Entry.objects.filter(~Exists(Link.objects.filter(entry_id=OuterRef("pk"))), pk__gt=newest - _WINDOW)


def verify() -> Verdict:
    """Check every entry and every link of the present schema, from the oldest that is kept to the newest: whether an entry
    was changed, taken out, put in between or moved in time. In one snapshot; flat memory."""
    chain()
    keys = {rules.key_id(key): key for key in settings.SHIKEN_AUDIT_KEYS}
    verdict = Verdict()
    with transaction.atomic():
        _settle_snapshot()
        _check_links(verdict, keys)
        _check_unlinked(verdict, keys)
    if not verdict.is_sound:
        log.error("AUDIT: the trail of %s has %s flaws: %s", tenancy.schema_name(), verdict.flaw_count, verdict.flaws)
    return verdict


def _settle_snapshot() -> None:
    """One view of both tables, where the transaction is ours alone to say so."""
    if connection.in_atomic_block and len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _check_links(verdict: Verdict, keys: dict[str, str]) -> None:
    previous: str | None = None
    for links in _in_batches(Link.objects.all()):
        entries = {
            row["id"]: row for row in Entry.objects.filter(pk__in=[link.entry_id for link in links]).values(*_COLUMNS)
        }
        for link in links:
            if previous is not None and link.previous != previous:
                verdict.add(link.entry_id, "chain_broken")
            previous = verdict.head = link.digest
            verdict.chained += 1
            entry = entries.get(link.entry_id)
            if entry is None:
                verdict.add(link.entry_id, "missing")
                continue
            verdict.entries += 1
            _check_entry(verdict, entry, keys)
            key = keys.get(link.key_id)
            if key is None:
                verdict.unknown_key += 1
            elif link.digest != rules.digest_link(link.previous, entry["id"], entry["at"], entry["seal"], key=key):
                verdict.add(link.entry_id, "moved")


def _check_unlinked(verdict: Verdict, keys: dict[str, str]) -> None:
    """Those that wait for the next round are as they should be; any other has been smuggled in."""
    fresh = set(_unchained().values_list("pk", flat=True))
    for entries in _in_batches(Entry.objects.filter(~Exists(Link.objects.filter(entry_id=OuterRef("pk"))))):
        for entry in entries:
            verdict.entries += 1
            verdict.waiting += 1
            if entry.pk not in fresh:
                verdict.add(entry.pk, "put_in")
            _check_entry(verdict, {name: getattr(entry, name) for name in _COLUMNS}, keys)


def _check_entry(verdict: Verdict, entry: dict[str, Any], keys: dict[str, str]) -> None:
    key = keys.get(entry["key_id"])
    if key is None:
        verdict.unknown_key += 1
    elif flaw := rules.flaw_of(entry, key=key):
        verdict.add(entry["id"], flaw)


def _in_batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield batch
        last = batch[-1].pk


def drop_old(*, months: int | None = None) -> int:
    """Drop whole months that are older than what is kept (``AUDIT_KEEP_MONTHS``), with their links, and write down that
    this was done. What is left still verifies. Returns how many entries went."""
    edge = rules.first_day_kept(clock.now(), months or settings.SHIKEN_AUDIT_KEEP_MONTHS)
    if not Entry.objects.filter(at__lt=edge).exists():
        return 0
    chain()
    with transaction.atomic():
        if not _is_alone():
            return 0
        # Up to the last link before the first one that stays: what is left is one piece.
        kept = Link.objects.filter(entry_id__in=Entry.objects.filter(at__gte=edge).values("pk")).order_by("id").first()
        old = Link.objects.filter(pk__lt=kept.pk) if kept else Link.objects.all()
        last = old.order_by("-id").first()
        _open_way("drop")
        dropped, _ = Entry.objects.filter(pk__in=old.values("entry_id")).delete()
        old.delete()
        _open_way("")
        if dropped:
            head = last.digest if last else ""
            operations.record(
                action="audit.dropped",
                subject="audit",
                subject_id=head[:16],
                name=f"{dropped} entries before {edge:%Y-%m-%d}",
                after={"count": dropped, "before": edge, "head": head},
            )
    return dropped


def forget_person(*, person_id: uuid.UUID, email: str = "") -> int:
    """Blank what says who somebody was: names, address and browser where they acted, name and reason where something was
    done to them, and of failed sign-ins with their e-mail address all that tells of them. Ids and acts stay, and the trail
    still verifies. Returns how many entries this touched."""
    with transaction.atomic():
        _open_way("blank")
        acted = Entry.objects.filter(Q(actor_id=person_id) | Q(owner_id=person_id)).update(
            actor_name="", owner_name="", address=None, agent=""
        )
        suffered = Entry.objects.filter(subject_id=str(person_id)).update(name="", reason="")
        failed = (
            Entry.objects.filter(subject="address", name__iexact=email)
            .exclude(name="")
            .update(name="", address=None, agent="")
        )
        _open_way("")
        _forget_spilled(person_id)
    return acted + suffered + failed


def _forget_spilled(person_id: uuid.UUID) -> None:
    for spill in Spill.objects.filter(
        Q(body__actor_id=str(person_id)) | Q(body__owner_id=str(person_id)) | Q(body__subject_id=str(person_id))
    ):
        body = spill.body
        if str(person_id) in (body["actor_id"], body["owner_id"]):
            body |= {"actor_name": "", "owner_name": "", "address": None, "agent": ""}
        if body["subject_id"] == str(person_id):
            body |= {"name": "", "reason": ""}
        spill.save(update_fields=["body"])


def _open_way(way: str) -> None:
    """Tell the triggers, for this transaction, which of the two ways is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shiken.audit', %s, true)", [way])
