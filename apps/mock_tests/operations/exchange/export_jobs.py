"""Exports as long work: the file hangs on the job, the statement of what it does not keep is the job's result."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import queries as people
from apps.jobs import operations as jobs
from apps.mock_tests.queries import exports
from apps.mock_tests.queries.bank import questions as bank

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.jobs.models import Job

KIND = "export_questions"
LOSSES_TOLD = 2_000


def ask_export(
    *,
    actor: User,
    to: str,
    test_id: uuid.UUID | None = None,
    question_ids: Collection[uuid.UUID] = (),
    bank_filters: Mapping[str, Any] | None = None,
) -> Job:
    """Have a test, some of its questions, or questions of the bank written to a file by a worker. Refuses a test that
    ``actor`` does not see, and filters that no question of the bank meets."""
    params: dict[str, Any] = {"to": to, "actor": str(actor.pk)}
    if test_id is not None:
        title = exports.title_of(actor, test_id)
        params |= {"test": str(test_id), "questions": sorted(map(str, question_ids))}
    else:
        exports.check_bank_has(actor, filters=cast(bank.Filters, bank_filters or {}))
        title = "the bank"
        params["bank"] = {name: _plain(value) for name, value in (bank_filters or {}).items()}
    with transaction.atomic():
        return jobs.ask(kind=KIND, params=params, title=f"Export of {title}", asker=actor)


def export_as_job(*, running: jobs.Running, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the worker does."""
    actor = people.get_user(user_id=uuid.UUID(params["actor"]))
    running.tell(message="Writing the file.", now=True)
    if "test" in params:
        ids = [uuid.UUID(question) for question in params["questions"]]
        exported = exports.export_test_for(actor, uuid.UUID(params["test"]), to=params["to"], question_ids=ids)
    else:
        filters = cast(bank.Filters, {name: _meant(name, value) for name, value in params["bank"].items()})
        exported = exports.export_bank_for(actor, to=params["to"], filters=filters)
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / f"export{Path(exported.file_name).suffix}"
        path.write_bytes(exported.content)
        running.tell(message="Putting the file away.", now=True)
        running.keep_file(path=path, name=exported.file_name)
    audit.record(
        action="questions.exported",
        subject="test" if "test" in params else "question",
        subject_id=params.get("test", ""),
        name=exported.file_name,
        after={"format": params["to"], "count": exported.questions},
    )
    losses = [asdict(loss) for loss in exported.losses]
    return {
        "file_name": exported.file_name,
        "media_type": exported.media_type,
        "questions": exported.questions,
        "losses": losses[:LOSSES_TOLD],
        "losses_left_out": max(0, len(losses) - LOSSES_TOLD),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, uuid.UUID) else value


def _meant(name: str, value: Any) -> Any:
    if name == "ids":
        return [uuid.UUID(inner) for inner in value]
    return uuid.UUID(value) if name in ("topic", "author") else value
