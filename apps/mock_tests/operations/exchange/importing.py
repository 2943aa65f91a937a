"""Whole tests from files: read, then stored in one transaction or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from django.db import connection, transaction

from apps.audit import operations as audit
from apps.core import tenancy
from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import FileRefused
from apps.mock_tests.models import ImportRun, MockTest
from apps.mock_tests.operations.exchange.rows import LONGEST_TITLE, shortened, store_test
from apps.mock_tests.operations.files.stored import check_files, stored_files
from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import DraftTest, ImportReport, place_of
from apps.mock_tests.rules.exchange.reading import Source, Step
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.papers.items import SMALLEST_MARK

if TYPE_CHECKING:
    from apps.authentication.models import User

FILE_ENDS = re.compile(
    r"(\.(moodle|gift|aiken|shiken|qti\w*|csv|xlsx))?\.(xml|txt|gift|csv|tsv|xlsx|zip)$", re.IGNORECASE
)
MOST_PROBLEMS = 1_000

Mode = Literal["what-can-be-taken", "all-or-nothing"]
MODES: tuple[Mode, ...] = ("what-can-be-taken", "all-or-nothing")


class Tell(Protocol):
    """Is told how far an import is; may raise to stop it, and then nothing of it is stored."""

    def __call__(self, *, done: int, total: int, message: str) -> object: ...


def say_nothing(*, done: int, total: int, message: str) -> None:
    """For whoever does not listen."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import gave. ``test`` is empty after a preview of a file that the center does not have yet."""

    test: MockTest | None
    report: dict[str, Any]
    existing: bool


def import_test(
    *,
    actor: User,
    data: Source,
    file_name: str,
    level: str = "",
    format: str = "",
    preview: bool = False,
    mode: Mode = "what-can-be-taken",
    tell: Tell = say_nothing,
) -> ImportOutcome:
    """Make a draft of a file; the report has a row for each of its elements. Without ``format`` the content tells it. The
    same bytes again give the same test as long as that exists. A preview stores nothing. Refuses a file that cannot be
    read, or holds no question that can be taken, with the lines and reasons; by ``all-or-nothing`` also one of which any
    question is refused."""
    format = format or guess(data=data)
    digest = digest_of(data=data)
    known = _existing(digest)
    if known:
        return known
    draft, report = read(data=data, format=format, mode=mode, tell=tell)
    if preview:
        check_files(draft=draft, step=files_step(tell=tell))
        return ImportOutcome(None, plain(report=report), existing=False)
    with stored_files(draft=draft, actor=actor, step=files_step(tell=tell)) as stored, transaction.atomic():
        _wait_for_others(digest)
        known = _existing(digest)
        if known is None:
            test = store_test(
                actor=actor,
                draft=draft,
                level=level or draft.level,
                title=draft.title or FILE_ENDS.sub("", file_name.rpartition("/")[2]) or "Imported test",
                shelf=stored.keep(),
                step=lambda done, total: tell(done=done, total=total, message="Storing questions."),
            )
            run = ImportRun(
                test=test, report=plain(report=report), created_by_id=actor.pk, sha256=digest, format=format
            )
            run.file_name = shortened(text=file_name, most=LONGEST_TITLE)
            run.save(force_insert=True)
            after = {"file": run.file_name, "format": format, "sha256": digest}
            audit.record(action="test.imported", subject="test", subject_id=test.pk, name=test.title, after=after)
            return ImportOutcome(test, run.report, existing=False)
        stored.discard()
    return known


def _existing(digest: str) -> ImportOutcome | None:
    run = queries.find_import(sha256=digest)
    return ImportOutcome(run.test, run.report, existing=True) if run else None


def _wait_for_others(digest: str) -> None:
    """Two imports of the same bytes into one center go one after the other."""
    with connection.cursor() as cursor:
        name = tenancy.key("import", digest)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def files_step(*, tell: Tell) -> Step:
    """Tells about pictures and recordings."""
    return lambda done, total: tell(done=done, total=total, message="Looking into pictures and recordings.")


# -- reading -------------------------------------------------------------------------------------------------------


def digest_of(*, data: Source) -> str:
    """SHA-256 of the content."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    data.seek(0)
    digest = hashlib.sha256()
    while piece := data.read(2**20):
        digest.update(piece)
    data.seek(0)
    return digest.hexdigest()


def guess(*, data: Source) -> str:
    """The format of a file; refuses a package that is none."""
    with _refusing():
        return interchange.guess_format(data)


def read(
    *, data: Source, format: str, mode: Mode = "what-can-be-taken", tell: Tell = say_nothing
) -> tuple[DraftTest, ImportReport]:
    """What a file holds, and what becomes of each element of it; refuses as ``import_test`` says."""
    if format not in interchange.FORMATS:
        known = ", ".join(interchange.FORMATS)
        raise FileRefused(problems=[Problem("/format", "unknown_format", f"Formats: {known}.")])
    with _refusing():
        tell(done=0, total=0, message="Reading the file.")
        draft, report = interchange.FORMATS[format].read(
            data, lambda done: tell(done=done, total=0, message="Reading questions.")
        )
    if not any(draft.questions()):
        raise FileRefused("The file holds no question that can be taken.", problems=list(_refused_rows(report)))
    refused = [row for row in report.rows if row.outcome == "refused"]
    if mode == "all-or-nothing" and refused:
        problems = list(_refused_rows(ImportReport(tuple(refused))))[:MOST_PROBLEMS]
        raise FileRefused(f"{len(refused)} of its elements cannot be taken, so nothing was.", problems=problems)
    unstorable = [
        Problem(place_of(question.line, question.path), "marks_too_fine", "Marks have at most three decimals.")
        for question in draft.questions()
        if question.marks.quantize(SMALLEST_MARK) != question.marks
    ]
    if unstorable:
        raise FileRefused(problems=unstorable[:MOST_PROBLEMS])
    return draft, report


def plain(*, report: ImportReport) -> dict[str, Any]:
    """The report as JSON."""
    rows = [{**asdict(row), "reasons": list(row.reasons)} for row in report.rows]
    return {"rows": rows, **report.counts(), "notes": list(report.notes)}


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except UnreadableFile as refusal:
        problem = Problem(place_of(refusal.line, refusal.path), refusal.code, refusal.message)
        raise FileRefused(problems=[problem]) from refusal


def _refused_rows(report: ImportReport) -> Iterator[Problem]:
    for row in report.rows[: 20 * MOST_PROBLEMS]:
        if row.outcome in ("refused", "ignored"):
            for reason in row.reasons:
                yield Problem(place_of(row.line, row.path), f"question_{row.outcome}", reason)
