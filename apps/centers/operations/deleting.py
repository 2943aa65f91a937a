"""The end of a center: closed at once, exported, dropped, and purged wherever something of it lies."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction

from apps.audit import operations as audit
from apps.centers.errors import CenterBusy, CenterNotFound, WrongConfirmation
from apps.centers.events import CenterClosed
from apps.centers.models import Center, DeletedCenter
from apps.centers.operations import exporting, purging, restoring
from apps.centers.queries import catalog
from apps.core import bus, clock, tenancy
from apps.core.errors import Problem
from apps.jobs import operations as jobs
from apps.jobs import queries as job_queries

if TYPE_CHECKING:
    from apps.jobs.models import Job

KIND = "delete_center"
CLOSED_SECONDS = tenancy.CACHE_SECONDS + 5
FAILED = "Deleting failed; nothing is lost, and the center is archived. It can be activated, or deleted again."


def ask_delete(*, center_id: uuid.UUID, slug: str | None = None, reason: str = "") -> Job:
    """Have a center deleted. It is closed at once; a worker exports it, and only then drops it. Asking again gives the
    same job. Refuses a ``slug`` that is not the center's, where one is given, and a center that is being restored."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        center = Center.objects.select_for_update().filter(pk=center_id).first()
        if center is None:
            raise CenterNotFound
        if slug is not None and slug != center.slug:
            raise WrongConfirmation(problems=[Problem("/slug", WrongConfirmation.code, WrongConfirmation.message)])
        key = f"{KIND}:{center.pk}"
        if living := job_queries.find_living(key=key):
            return living
        if job_queries.find_living(key=f"{restoring.KIND}:{center.pk}"):
            raise CenterBusy
        job = jobs.ask(
            kind=KIND,
            params={
                "center_id": str(center.pk),
                "schema_name": center.schema_name,
                "status": center.status,
                "state": center.state,
                "reason": reason[:500],
                "asked_at": clock.now().isoformat(),
            },
            title=f"Deleting {center.name}",
            key=key,
        )
        Center.objects.filter(pk=center.pk).update(status=Center.Status.ARCHIVED, state=Center.State.DELETING)
        bus.publish(CenterClosed(center_id=center.pk))
        audit.record(
            action="center.delete_asked",
            subject="center",
            subject_id=center.pk,
            name=center.name,
            before={"slug": center.slug, "status": center.status},
            reason=reason,
        )
        transaction.on_commit(tenancy.forget)
    return job


def delete_as_job(*, running: jobs.Running, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the worker does; may begin again after it died, before the drop or after it."""
    center_id = uuid.UUID(params["center_id"])
    center = Center.objects.filter(pk=center_id).first()
    if center is not None:
        held = _export(running, center, params)
        _wait_until_forgotten(running, params)
        running.tell(message="Dropping its schema.", now=True)
        _drop(running, center, params, held)
    running.tell(message="Removing its files.", now=True)
    purging.delete_rows_of_schema(schema_name=params["schema_name"])  # what was on its way meanwhile
    counts = {"keys": purging.forget_keys(center_id=center_id), "files": purging.remove_files(center_id=center_id)}
    gone = DeletedCenter.objects.filter(center_id=center_id, job_id=running.id).first()
    if gone is not None:
        gone.counts |= {"keys_removed": counts["keys"], "files_removed": counts["files"]}
        gone.save(update_fields=["counts"])
    running.tell(message="Deleted. Its export is kept for a while.", now=True)
    return {"center_id": str(center_id), **(gone.counts if gone else counts)}


def take_back(*, params: Mapping[str, Any]) -> None:
    """A center that could not be deleted is whole, and archived."""
    with tenancy.enter(tenancy.PUBLIC):
        Center.objects.filter(pk=params["center_id"], state=Center.State.DELETING).update(
            state=params["state"] if params["state"] in Center.State.values else Center.State.FAILED,
            state_reason=FAILED,
        )
        tenancy.forget()


def _export(running: jobs.Running, center: Center, params: Mapping[str, Any]) -> dict[str, Any]:
    """Before anything is dropped. A center that was never made, or never whole, has nothing to export."""
    if params["state"] == Center.State.RESTORING:
        return {}
    with connection.cursor() as cursor:
        if not catalog.has_schema(cursor, center.schema_name):
            return {}
    return exporting.export_as_job(running=running, center_id=center.pk, status=str(params["status"]))


def _wait_until_forgotten(running: jobs.Running, params: Mapping[str, Any]) -> None:
    """Until no process believes any more that the center is open: it would look for tables that are not there."""
    until = datetime.fromisoformat(params["asked_at"]) + timedelta(seconds=CLOSED_SECONDS)
    while (left := (until - clock.now()).total_seconds()) > 0:
        running.tell(message="Waiting until it is closed everywhere.")
        time.sleep(min(left, 1))


def _drop(running: jobs.Running, center: Center, params: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    until = timedelta(days=settings.SHIKEN_EXPORT_KEPT_DAYS)
    with transaction.atomic():
        locked = Center.objects.select_for_update().filter(pk=center.pk, state=Center.State.DELETING).first()
        if locked is None:
            raise CenterBusy
        asked_at = datetime.fromisoformat(params["asked_at"])
        DeletedCenter.objects.create(
            center_id=center.pk,
            slug=center.slug,
            name=center.name,
            schema_name=center.schema_name,
            reason=params["reason"],
            deleted_by=running.asked_by,
            deleted_by_name=running.asked_by_name,
            asked_at=asked_at,
            job_id=running.id,
            export_until=clock.now() + until if held else None,
            counts={name: held[name] for name in ("tables", "rows", "files", "file_bytes") if name in held},
        )
        # In this order: whoever delivers something to the center holds a row, and comes to its tables after it.
        purging.delete_public_rows(center=locked)
        purging.drop_schema(schema_name=center.schema_name)
        audit.record(
            action="center.deleted",
            subject="center",
            subject_id=center.pk,
            name=center.name,
            before={"slug": center.slug},
            reason=params["reason"],
        )
    tenancy.forget()
