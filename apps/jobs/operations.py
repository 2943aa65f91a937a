from __future__ import annotations

import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from apps.core import bus, clock, tenancy, trace
from apps.core.errors import Invalid, Refusal
from apps.core.trace import Trace
from apps.jobs import queries, rules
from apps.jobs.errors import CannotCancel, TaskOver, UnknownWork
from apps.jobs.events import JobDue
from apps.jobs.models import Job

log = logging.getLogger(__name__)

Work = Callable[["Running"], Mapping[str, Any] | None]
Undo = Callable[[Mapping[str, Any]], object]

TOO_LONG = "It took too long and was given up."


@dataclass(frozen=True, slots=True)
class Kind:
    """How work of one kind is done."""

    work: Work
    undo: Undo | None
    can_stop: bool


_works: dict[str, Kind] = {}


class Superseded(Exception):
    """Another worker has begun this job again, or its row is gone: stop, and change nothing more."""


class Cancelled(Exception):
    """Whoever asked for the job wants it no more: undo what is half done and let this pass."""


def works(*, kind: str, undo: Undo | None = None, can_stop: bool = False) -> Callable[[Work], Work]:
    """Register a function as the work of a ``kind``; used in ``tasks.py`` only. It gets a ``Running``, may run again
    after a worker died in the middle of it, and returns what becomes the job's result. A refusal that it raises is the
    job's end, in words for whoever asked. ``undo`` gets the job's params when it has failed for good. Work that ``can_stop``
    may be cancelled; then what it tells next raises ``Cancelled``."""

    def register(work: Work) -> Work:
        _works[kind] = Kind(work, undo, can_stop)
        return work

    return register


def ask(
    *,
    kind: str,
    params: Mapping[str, Any],
    title: str = "",
    key: str = "",
    total: int = 0,
    asker: queries.Person | None = None,
) -> Job:
    """Put work on the list; a worker begins after the commit. While a job with the same ``key`` waits or runs, that one
    is returned. The asker is the person at the door unless named. Refuses to run outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("Work belongs to the transaction that asks for it.")
    if kind not in _works:
        raise UnknownWork
    if key and (living := queries.find_living(key=key)):
        return living
    known = trace.current()
    job = Job(
        kind=kind,
        params=dict(params),
        title=title[:200],
        key=key,
        total=total,
        asked_by=asker.pk if asker else known.actor_id,
        asked_by_name=(str(asker) if asker else known.actor_name)[:200],
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        if key and (living := queries.find_living(key=key)):
            return living
        raise
    bus.publish(JobDue(job_id=job.pk))
    job.refresh_from_db()
    return job


def cancel(*, actor: queries.Person, job_id: uuid.UUID) -> Job:
    """Stop one's own work: at once if nobody has begun it, otherwise where it next tells how far it is. It ends as FAILED
    with the code ``cancelled``. Refuses work that is over, and kinds that cannot be stopped; twice changes nothing."""
    with transaction.atomic():
        queries.get_job_for(actor, job_id)
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.is_over:
            raise TaskOver
        found = _works.get(job.kind)
        if found is None or not found.can_stop:
            raise CannotCancel
        if job.cancelled_at is None:
            Job.objects.filter(pk=job_id).update(cancelled_at=Now())
        is_over = job.state == Job.State.WAITING and _end(
            job, None, was=Job.State.WAITING, state=Job.State.FAILED, code="cancelled", message=rules.CANCELLED
        )
    if is_over:
        _undo(job)
    job.refresh_from_db()
    return job


def look_after(*, job_id: uuid.UUID) -> None:
    """Hurry a worker if nobody has begun a job or its worker is gone, or if it has something to be thrown away; then set
    the alarm for the next look, as long as there is a row."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return
    at = clock.now()
    if _is_idle(job) if not job.is_over else _is_stale(job, at):
        schema_name = tenancy.schema_name()
        transaction.on_commit(lambda: _hurry(job_id, schema_name), robust=True)
    due_at = rules.next_look(
        is_over=job.is_over, has_file=bool(job.file), file_until=job.file_until, finished_at=job.finished_at, at=at
    )
    bus.publish(JobDue(job_id=job_id), due_at=due_at)


def run(*, job_id: uuid.UUID) -> bool:
    """Carry out a job of the present schema, or throw away what has had its time. Returns whether this call did it: what
    another worker is at is left to it."""
    with _held(job_id) as is_mine:
        if not is_mine:
            return False
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            return False
        if job.is_over:
            return _throw_away(job)
        if job.state == Job.State.RUNNING and job.tries >= rules.MOST_TRIES:
            _fail(job, job.claim, "worker_died", rules.DIED)
            return True
        _carry_out(job)
        return True


@dataclass(slots=True)
class Running:
    """A job under way, as its work sees it."""

    id: uuid.UUID
    params: Mapping[str, Any]
    tries: int
    claim: uuid.UUID
    asked_by: uuid.UUID | None
    asked_by_name: str
    schema_name: str
    _line: Any
    _told_at: float = field(default=float("-inf"))
    _told: dict[str, Any] = field(default_factory=dict)

    def tell(
        self, *, done: int | None = None, total: int | None = None, message: str | None = None, now: bool = False
    ) -> None:
        """How far it is; written four times a second at most, unless ``now``. Raises
        ``Superseded`` when somebody else runs it, and ``Cancelled`` when nobody wants it."""
        given = {"done": done, "total": total, "message": message and message[:500]}
        self._told |= {name: value for name, value in given.items() if value is not None}
        if not now and time.monotonic() < self._told_at + rules.TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        changes = ", ".join(f"{name} = %s" for name in self._told)
        with self._line.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{self.schema_name}".jobs_job SET told_at = statement_timestamp()'  # noqa: S608 - names of ours
                f"{', ' if changes else ''}{changes} WHERE id = %s AND claim = %s AND state = 'RUNNING'"
                " RETURNING cancelled_at IS NOT NULL",
                [*self._told.values(), self.id, self.claim],
            )
            row = cursor.fetchone()
        if row is None:
            raise Superseded
        self._told = {}
        if row[0]:
            raise Cancelled

    def keep_file(self, *, path: Path, name: str, kept: timedelta = rules.FILES_KEPT) -> None:
        """Store a file as what the job leaves behind, for so long; only who has a signed link can fetch it."""
        stored = store_file(path=path)
        mine = Job.objects.filter(pk=self.id, claim=self.claim, state=Job.State.RUNNING)
        before = mine.values_list("file", flat=True).first()
        if not mine.update(file=stored, file_name=name[:200], file_size=path.stat().st_size, file_until=Now() + kept):
            remove_file(name=stored)
            raise Superseded
        if before:
            remove_file(name=before)


def store_file(*, path: Path) -> str:
    """Put a file away under a fresh private name of the present schema, piece by piece; returns the name."""
    tenant = tenancy.current()
    suffix = "".join(path.suffixes[-1:])
    name = f"g/jobs/{secrets.token_hex(16)}{suffix}" if tenant.is_public else tenancy.file_path("jobs", suffix)
    with path.open("rb") as content:
        return default_storage.save(name, File(content))


def remove_file(*, name: str) -> None:
    """Remove a stored file; one that is gone already is no trouble, and neither is a storage that does not answer."""
    try:
        default_storage.delete(name)
    except Exception as error:
        log.warning("The file %s could not be removed: %s", name, error)


def _carry_out(job: Job) -> None:
    claim = uuid.uuid4()
    begun = Job.objects.filter(pk=job.pk, finished_at=None).update(
        state=Job.State.RUNNING, claim=claim, tries=F("tries") + 1, started_at=Now(), told_at=Now(), code=""
    )
    if not begun:
        return  # cancelled a moment ago
    if job.cancelled_at is not None:
        _fail(job, claim, "cancelled", rules.CANCELLED)
        return
    found = _works.get(job.kind)
    if found is None:
        _fail(job, claim, UnknownWork.code, UnknownWork.message)
        return
    try:
        with _line() as line:
            running = Running(
                job.pk, job.params, job.tries + 1, claim, job.asked_by, job.asked_by_name, tenancy.schema_name(), line
            )
            with trace.at(Trace(trace.SYSTEM, job.asked_by, job.asked_by_name)):
                result = found.work(running)
    except Superseded:
        log.warning("Job %s was taken over by another worker.", job.pk)
    except Cancelled:
        _fail(job, claim, "cancelled", rules.CANCELLED)
    except SoftTimeLimitExceeded:
        _fail(job, claim, "too_long", TOO_LONG)
    except Refusal as refusal:
        _fail(job, claim, refusal.code, str(refusal), _told_of(refusal))
    except OperationalError:
        raise  # the database went away, and perhaps comes back: the job is begun again
    except Exception:
        log.exception("Job %s (%s) failed.", job.pk, job.kind)
        _fail(job, claim, "failed", "Something went wrong on our side; it has been recorded.")
    else:
        _end(job, claim, state=Job.State.DONE, result=dict(result or {}), done=Greatest(F("done"), F("total")))


def _fail(job: Job, claim: uuid.UUID | None, code: str, message: str, result: Mapping[str, Any] | None = None) -> None:
    """The end, and what was half done is taken back."""
    is_ours = _end(job, claim, state=Job.State.FAILED, code=code, message=message[:500], result=dict(result or {}))
    if is_ours:
        _undo(job)


def _undo(job: Job) -> None:
    found = _works.get(job.kind)
    if found is not None and found.undo is not None:
        try:
            found.undo(job.params)
        except Exception:
            log.exception("What job %s (%s) left half done could not be taken back.", job.pk, job.kind)


def _end(job: Job, claim: uuid.UUID | None, *, was: str = Job.State.RUNNING, **changes: Any) -> bool:
    mine = Job.objects.filter(pk=job.pk, claim=claim, state=was)
    return bool(mine.update(claim=None, finished_at=Now(), told_at=Now(), **changes))


def _told_of(refusal: Refusal) -> dict[str, Any]:
    problems = refusal.problems if isinstance(refusal, Invalid) else ()
    return {"errors": [asdict(problem) for problem in problems]} if problems else {}


def _is_idle(job: Job) -> bool:
    """Nobody runs it: whoever does holds its lock, and a dead worker holds nothing. Ours ends with the transaction."""
    if job.state == Job.State.WAITING:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_of(job.pk)])
        return bool(cursor.fetchone()[0])


def _is_stale(job: Job, at: datetime) -> bool:
    is_file_over = bool(job.file) and job.file_until is not None and job.file_until <= at
    return is_file_over or (job.finished_at is not None and job.finished_at + rules.ROWS_KEPT <= at)


def _throw_away(job: Job) -> bool:
    at = clock.now()
    if not _is_stale(job, at):
        return False
    if job.file:
        remove_file(name=job.file)
        Job.objects.filter(pk=job.pk).update(file="")
    if job.finished_at is not None and job.finished_at + rules.ROWS_KEPT <= at:
        Job.objects.filter(pk=job.pk).delete()
    return True


def _hurry(job_id: uuid.UUID, schema_name: str) -> None:
    """Without the broker the next look finds it."""
    try:
        current_app.send_task(
            "run_job",
            kwargs={"job_id": str(job_id)},
            queue="bulk",
            headers={"_schema_name": schema_name},
            expires=rules.LOOK_AGAIN.total_seconds(),
            retry=False,
            ignore_result=True,
        )
    except Exception as error:
        log.warning("The broker does not answer (%s); job %s waits for the next look.", error, job_id)


@contextmanager
def _held(job_id: uuid.UUID) -> Iterator[bool]:
    """Whether this worker has the job to itself. The lock belongs to a connection of its own: it is gone with its holder.
    Inside a transaction, that one holds it."""
    if connection.in_atomic_block:
        yield _try_lock(connection, job_id)
        return
    holder = connections[connection.alias].copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield _try_lock(holder, job_id)
    finally:
        with suppress(DatabaseError):  # a lost connection has given the lock up already
            holder.rollback()
        holder.close()


def _try_lock(holder: Any, job_id: uuid.UUID) -> bool:
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_of(job_id)])
        return bool(cursor.fetchone()[0])


def _lock_of(job_id: uuid.UUID) -> int:
    return int.from_bytes(job_id.bytes[:8], signed=True)


@contextmanager
def _line() -> Iterator[Any]:
    """A connection for what the job tells meanwhile: seen at once, whatever transaction the work itself is in."""
    if connection.in_atomic_block:
        yield connection
        return
    line = connections[connection.alias].copy()
    try:
        yield line
    finally:
        line.close()
