"""Imports as long work: the file waits in the center's storage until a worker takes it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from apps.authentication import queries as people
from apps.core.errors import Problem
from apps.jobs import operations as jobs
from apps.mock_tests import queries
from apps.mock_tests.errors import FileRefused, NotStaff, UploadGone
from apps.mock_tests.operations.bank.topics import check_topic
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.exchange import into_bank as importing_bank
from apps.mock_tests.rules.exchange import interchange

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.jobs.models import Job

KIND = "import_questions"
ROWS_TOLD = 500
"""Of a longer report the job tells the rows that were not simply taken."""


def ask_import(
    *,
    actor: User,
    content: IO[bytes],
    file_name: str,
    to: str = "test",
    topic: uuid.UUID | None = None,
    level: str = "",
    format: str = "",
    preview: bool = False,
    mode: str = "what-can-be-taken",
) -> Job:
    """Have a file imported by a worker; the report becomes the job's result. The same file asked for twice while it is on
    its way is one job. Refuses at once what is no file of a known format, and an unknown ``topic``."""
    if topic is not None:
        check_topic(topic_id=topic)
    format = format or importing.guess(data=content)
    if format not in interchange.FORMATS:
        known = ", ".join(interchange.FORMATS)
        raise FileRefused(problems=[Problem("/format", "unknown_format", f"Formats: {known}.")])
    digest = importing.digest_of(data=content)
    options: dict[str, Any] = {"to": to, "topic": str(topic) if topic else "", "level": level, "format": format}
    options |= {"preview": preview, "mode": mode, "file_name": file_name[-200:], "actor": str(actor.pk)}
    options["sha256"] = digest
    asked = f"{actor.pk}:{digest}:{format}:{level}:{to}:{int(preview)}:{mode}:{topic or ''}"
    key = f"{KIND}:{hashlib.sha256(asked.encode()).hexdigest()}"
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "import.bin"
        with path.open("wb") as target:
            content.seek(0)
            shutil.copyfileobj(content, target, 2**20)
        stored = jobs.store_file(path=path)
    try:
        with transaction.atomic():
            job = jobs.ask(
                kind=KIND,
                params={**options, "source": stored},
                title=f"Import of {file_name[-150:]}",
                key=key,
                asker=actor,
            )
    except BaseException:
        jobs.remove_file(name=stored)
        raise
    if job.params["source"] != stored:
        jobs.remove_file(name=stored)
    return job


def import_as_job(*, running: jobs.Running, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the worker does; may begin again after it died, since nothing of an import is stored before all of it is."""
    actor = people.get_user(user_id=uuid.UUID(params["actor"]))
    if not actor.is_center_staff:
        raise NotStaff
    running.tell(message="Fetching the file.", now=True)
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        if not _fetch(params["source"], file):
            return _done_before(params)
        options: dict[str, Any] = {name: params[name] for name in ("format", "preview", "mode", "file_name")}
        if params["to"] == "bank":
            topic = uuid.UUID(params["topic"]) if params["topic"] else None
            added = importing_bank.import_into_bank(actor=actor, data=file, topic=topic, tell=running.tell, **options)
            result = {"created": len(added.created), "known": added.known, "report": _told(added.report)}
        else:
            outcome = importing.import_test(actor=actor, data=file, level=params["level"], tell=running.tell, **options)
            test = str(outcome.test.pk) if outcome.test else None
            result = {"test": test, "existing": outcome.existing, "report": _told(outcome.report)}
    forget(params=params)
    return {"to": params["to"], "preview": params["preview"], **result}


def forget(*, params: Mapping[str, Any]) -> None:
    """Remove the file that waited."""
    jobs.remove_file(name=params["source"])


def _done_before(params: Mapping[str, Any]) -> dict[str, Any]:
    """What this very job did before its worker died, after which the file went; refuses if it was something else."""
    run = queries.find_import_run(sha256=params["sha256"], created_by=uuid.UUID(params["actor"]))
    if run is None:
        raise UploadGone
    told = {"to": params["to"], "preview": False, "report": _told(run.report)}
    if params["to"] == "bank":
        return {**told, "created": 0, "known": run.report["taken"] + run.report["partly"]}
    return {**told, "test": str(run.test_id) if run.test_id else None, "existing": True}


def _fetch(name: str, file: IO[bytes]) -> bool:
    try:
        with default_storage.open(name) as stored:
            shutil.copyfileobj(cast(IO[bytes], stored), file, 2**20)
    except FileNotFoundError:
        return False
    file.seek(0)
    return True


def _told(report: Mapping[str, Any]) -> dict[str, Any]:
    rows = report["rows"]
    if len(rows) <= ROWS_TOLD:
        return {**report, "rows_left_out": 0}
    shown = [row for row in rows if row["outcome"] != "taken"][: 10 * ROWS_TOLD]
    return {**report, "rows": shown, "rows_left_out": len(rows) - len(shown)}
