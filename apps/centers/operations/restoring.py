"""Making a center from its export: the original again, or a copy with an id of its own."""

from __future__ import annotations

import json
import logging
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from apps.audit import operations as audit
from apps.centers.errors import (
    CenterBusy,
    CenterExists,
    CenterRefused,
    ExportGone,
    ExportTooLarge,
    ExportUnfit,
    SlugRefused,
    TemplateMissing,
)
from apps.centers.events import CenterOpened
from apps.centers.models import Center, Domain, DomainClaim, PlanChange
from apps.centers.operations import exporting, purging, restoring_file, restoring_rows, template
from apps.centers.queries import catalog
from apps.centers.queries import centers as queries
from apps.centers.rules import names, transfer
from apps.core import bus, tenancy
from apps.core.errors import Problem
from apps.jobs import operations as jobs
from apps.jobs import queries as job_queries

if TYPE_CHECKING:
    from apps.centers.operations.restoring_file import Export
    from apps.centers.rules.transfer import Manifest
    from apps.core.tenancy import Tenant
    from apps.jobs.models import Job

log = logging.getLogger(__name__)

Tell = Callable[..., object]
M = TypeVar("M", bound=Model)

KIND = "restore_center"
_OWN = {"id", "slug", "schema_name", "state", "state_reason", "created_at", "updated_at"}


def _say_nothing(**_: object) -> None:
    """For whoever does not listen."""


def ask_restore(
    *,
    content: IO[bytes] | None = None,
    export_id: uuid.UUID | None = None,
    slug: str = "",
    name: str = "",
    host: str = "",
) -> Job:
    """Have a center made from an uploaded export, or from the one that a job keeps. It is the original again where that
    is gone, else a copy, which needs a slug of its own.

    Refuses what is no sound export of ours, and slugs and hosts that are not plain or taken; then nothing is left behind.
    """
    with tenancy.enter(tenancy.PUBLIC), tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "center.zip"
        kept = _kept(export_id) if content is None else ""
        with path.open("wb") as target:
            if content is not None:
                if exporting.copy_stream(source=content, target=target, most=settings.SHIKEN_EXPORT_MAX_BYTES) < 0:
                    raise ExportTooLarge
            else:
                _fetch(kept, target)
        with restoring_file.opened(path=path) as export:
            manifest = export.manifest
        stored = kept or jobs.store_file(path=path)
        try:
            with transaction.atomic():
                center = reserve(manifest=manifest, slug=slug, name=name, host=host)
                job = jobs.ask(
                    kind=KIND,
                    params={"center_id": str(center.pk), "source": stored, "is_kept": bool(kept)},
                    title=f"Restoring {center.name}",
                    key=f"{KIND}:{center.pk}",
                )
                audit.record(
                    action="center.restore_asked",
                    subject="center",
                    subject_id=center.pk,
                    name=center.name,
                    after={"slug": center.slug, "of": str(manifest.center_id)},
                )
        except BaseException:
            if not kept:
                jobs.remove_file(name=stored)
            raise
    return job


def restore_as_job(*, running: jobs.Running, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the worker does; may begin again after it died."""
    center = Center.objects.filter(pk=params["center_id"]).first()
    if center is None or center.state != Center.State.RESTORING:
        raise CenterBusy
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "center.zip"
        with path.open("wb") as target:
            _fetch(params["source"], target)
        with restoring_file.opened(path=path) as export:
            result = fill(center=center, export=export, tell=running.tell)
    if not params["is_kept"]:
        jobs.remove_file(name=params["source"])
    return result


def give_up(*, params: Mapping[str, Any]) -> None:
    """Nothing is left of a center that could not be restored."""
    with tenancy.enter(tenancy.PUBLIC):
        discard(center_id=uuid.UUID(params["center_id"]))
    if not params["is_kept"]:
        jobs.remove_file(name=params["source"])


def restore_center(*, path: Path, slug: str = "", name: str = "", host: str = "", tell: Tell = _say_nothing) -> Center:
    """The same at once, from a file on this machine; for commands. Refuses like ``ask_restore``."""
    with tenancy.enter(tenancy.PUBLIC), restoring_file.opened(path=path) as export:
        with transaction.atomic():
            center = reserve(manifest=export.manifest, slug=slug, name=name, host=host)
        try:
            fill(center=center, export=export, tell=tell)
        except BaseException:
            discard(center_id=center.pk)
            raise
    return queries.get_center(center_id=center.pk)


def reserve(*, manifest: Manifest, slug: str = "", name: str = "", host: str = "") -> Center:
    """The row and the hosts of the center that will be made, RESTORING and closed until it is whole."""
    if not template.is_recorded():
        raise TemplateMissing
    is_copy = Center.objects.filter(pk=manifest.center_id).exists()
    if not is_copy and job_queries.find_living(key=f"delete_center:{manifest.center_id}"):
        raise CenterBusy
    center = _center_of(manifest)
    center.pk = uuid.uuid4() if is_copy else manifest.center_id
    center.slug = slug or center.slug
    if not names.is_slug(center.slug):
        raise SlugRefused(problems=[Problem("/slug", "slug_refused", SlugRefused.message)])
    center.schema_name = names.schema_for(center.slug)
    center.state, center.name = Center.State.RESTORING, name.strip() or center.name
    _move_files(center, manifest)
    try:
        center.clean_fields()
    except ValidationError as error:
        raise ExportUnfit(f"{ExportUnfit.message} (Its center: {'; '.join(error.messages)[:300]})") from None
    given = host.strip().lower()
    if given and (not names.is_host(given) or given in settings.SHIKEN_MAIN_HOSTS):
        raise CenterRefused(problems=[Problem("/host", "host_refused", "This is not a host that a center may have.")])
    try:
        with transaction.atomic():
            Center.objects.bulk_create([center])
            _give_hosts(center, manifest, given, is_copy=is_copy)
            changes = [_row_of(PlanChange, row) for row in manifest.public.get("centers_planchange", ())]
            for change in changes:
                change.pk, change.center_id = None, center.pk
            PlanChange.objects.bulk_create(changes)
    except IntegrityError as error:
        if "unique" in str(error):
            raise CenterExists from None
        raise ExportUnfit(f"{ExportUnfit.message} (Its center does not keep the rules of the table.)") from error
    return center


def fill(*, center: Center, export: Export, tell: Tell = _say_nothing) -> dict[str, Any]:
    """Schema, rows, files and alarms; then, in one transaction, whatever apps have to say and the opening."""
    tenant = catalog.value_of(center)
    manifest = export.manifest
    tell(done=0, total=len(manifest.tables) + manifest.files.rows, message="Looking at the file.", now=True)
    files = export.files()
    _sweep(center)
    is_behind = restoring_rows.build_schema(tenant=tenant, export=export)
    restoring_rows.load(tenant=tenant, export=export, tell=tell)
    for number, file in enumerate(files):
        tell(done=len(manifest.tables) + number, message=f"{number:,} of {len(files):,} files")
        with export.file(file) as content:
            _put(f"c/{center.pk}/{file.place}", content)
    if is_behind:
        tell(message="Bringing it forward to this version.", now=True)
        restoring_rows.bring_forward(tenant=tenant)
    alarms = [json.loads(line) for line in export.lines(transfer.ALARMS, manifest.alarms)]
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        _settle_in(tenant)
        known = bus.adopt(schema_name=center.schema_name, rows=alarms)
        # Whether somebody has taken the row away meanwhile.
        if not Center.objects.filter(pk=center.pk, state=Center.State.RESTORING).update(
            state=Center.State.READY, state_reason=""
        ):
            raise CenterBusy
        bus.publish(CenterOpened(center_id=center.pk))
        audit.record(
            action="center.restored",
            subject="center",
            subject_id=center.pk,
            name=center.name,
            after={"slug": center.slug, "of": str(manifest.center_id), "made_at": manifest.made_at},
        )
    tenancy.forget()
    tell(message="All of it is there again.", now=True)
    return {
        **exporting.summary(manifest=manifest),
        "center_id": str(center.pk),
        "slug": center.slug,
        "of": str(manifest.center_id),
        "alarms": known,
    }


def discard(*, center_id: uuid.UUID) -> None:
    """Take away what was begun; a center that is open stays as it is."""
    with transaction.atomic():
        center = Center.objects.select_for_update().filter(pk=center_id, state=Center.State.RESTORING).first()
        if center is None:
            return
        purging.drop_schema(schema_name=center.schema_name)
        purging.delete_public_rows(center=center)
    purging.remove_files(center_id=center_id)
    tenancy.forget()


# -- the row and its hosts -----------------------------------------------------------------------------------------


def _center_of(manifest: Manifest) -> Center:
    center = _row_of(Center, {key: value for key, value in manifest.center.items() if key not in _OWN - {"slug"}})
    if center.status not in Center.Status.values:
        raise ExportUnfit
    return center


def _row_of(model: type[M], values: Mapping[str, Any]) -> M:
    """What this program knows of the columns of a row; the others keep their defaults."""
    row = model()
    try:
        for field in model._meta.concrete_fields:
            if (column := str(field.column)) in values:
                value = values[column]
                setattr(row, field.attname, value if value is None else field.to_python(value))
    except (ValidationError, TypeError, ValueError) as error:
        raise ExportUnfit(f"{ExportUnfit.message} ({model._meta.verbose_name}: {error})"[:400]) from None
    return row


def _move_files(center: Center, manifest: Manifest) -> None:
    prefix = f"c/{manifest.center_id}/"
    for field in Center._meta.concrete_fields:
        value = getattr(center, field.attname)
        if isinstance(value, str) and value.startswith(prefix):
            setattr(center, field.attname, f"c/{center.pk}/{value.removeprefix(prefix)}")


def _give_hosts(center: Center, manifest: Manifest, given: str, *, is_copy: bool) -> None:
    """The host that is asked for; else the original's own as far as nobody has them, and one under the platform's domain."""
    before = [] if is_copy else [str(row["domain"]) for row in manifest.public.get("centers_domain", ())]
    primary = [str(row["domain"]) for row in manifest.public.get("centers_domain", ()) if row.get("is_primary")]
    taken = set(Domain.objects.filter(domain__in=before).values_list("domain", flat=True))
    free = [host for host in before if host not in taken and names.is_host(host)]
    own = names.host_for(center.slug, settings.SHIKEN_CENTER_DOMAIN)
    hosts = [given, *free] if given else (free or [own])
    first = given or next((host for host in primary if host in hosts), hosts[0])
    Domain.objects.bulk_create(
        Domain(tenant=center, domain=host, is_primary=host == first) for host in dict.fromkeys(hosts)
    )
    claims = [_row_of(DomainClaim, row) for row in manifest.public.get("centers_domainclaim", ())]
    claims = [claim for claim in claims if claim.domain in free]
    for claim in claims:
        claim.center_id = center.pk
    DomainClaim.objects.bulk_create(claims)


# -- files and the end ---------------------------------------------------------------------------------------------


def _sweep(center: Center) -> None:
    """What an earlier try left behind."""
    with transaction.atomic(), connection.cursor() as cursor:
        if catalog.has_schema(cursor, center.schema_name):
            if Center.objects.filter(schema_name=center.schema_name).exclude(pk=center.pk).exists():
                raise CenterExists
            purging.drop_schema(schema_name=center.schema_name)
    purging.remove_files(center_id=center.pk)


def _put(name: str, content: IO[bytes]) -> None:
    stored = default_storage.save(name, File(content))
    if stored != name:
        jobs.remove_file(name=stored)
        raise RuntimeError(f"There is a file in the way of {name}.")


def _settle_in(tenant: Tenant) -> None:
    """Each app says what a restored center must not have in common with its original: ``restored()`` of its config."""
    with tenancy.enter(tenant):
        for config in apps.get_app_configs():
            if hasattr(config, "restored"):
                config.restored()


def _kept(export_id: uuid.UUID | None) -> str:
    job = job_queries.find_job(job_id=export_id) if export_id else None
    if job is None or not job.file or job.kind not in {exporting.KIND, "delete_center"}:
        raise ExportGone
    return job.file


def _fetch(name: str, target: IO[bytes]) -> None:
    try:
        with default_storage.open(name) as source:
            exporting.copy_stream(source=source, target=target)
    except FileNotFoundError:
        raise ExportGone from None
