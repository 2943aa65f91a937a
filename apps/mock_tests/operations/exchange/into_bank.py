"""Questions from files into the bank."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.mock_tests.models import ImportRun
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank.topics import check_topic
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.exchange.importing import Mode, Tell, say_nothing
from apps.mock_tests.operations.exchange.rows import LONGEST_TITLE, shortened
from apps.mock_tests.operations.files.stored import check_files
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftQuestion, DraftTest
from apps.mock_tests.rules.exchange.reading import Source

if TYPE_CHECKING:
    from apps.authentication.models import User

_ALONE = "The instruction, passage or recording of its group is not kept: questions of the bank stand alone."


@dataclass(frozen=True, slots=True)
class BankOutcome:
    """What an import into the bank gave: the new questions, and how many the bank had already."""

    created: list[uuid.UUID]
    known: int
    report: dict[str, Any]


def import_into_bank(
    *,
    actor: User,
    data: Source,
    file_name: str,
    topic: uuid.UUID | None = None,
    format: str = "",
    preview: bool = False,
    mode: Mode = "what-can-be-taken",
    tell: Tell = say_nothing,
) -> BankOutcome:
    """Put the questions of a file into the bank, below ``topic``; what is there already, by content, is left alone. A
    preview stores nothing. Refuses like ``importing.import_test``, and an unknown ``topic``."""
    if topic is not None:
        check_topic(topic_id=topic)
    format = format or importing.guess(data=data)
    draft, report = importing.read(data=data, format=format, mode=mode, tell=tell)
    told = importing.plain(report=report)
    alone = _alone(draft)
    for row in told["rows"]:
        if (row["line"], row["path"]) in alone and row["outcome"] in ("taken", "partly"):
            row["outcome"], row["reasons"] = "partly", [*row["reasons"], _ALONE]
    told |= {name: sum(row["outcome"] == name for row in told["rows"]) for name in ("taken", "partly")}

    files_step = importing.files_step(tell=tell)

    if preview:
        check_files(draft=draft, step=files_step)
        return BankOutcome([], 0, told)
    added = bank.add_questions(
        actor=actor,
        drafts=list(draft.questions()),
        topic=topic,
        note=shortened(text=file_name, most=LONGEST_TITLE),
        files_step=files_step,
        step=lambda done, total: tell(done=done, total=total, message="Storing questions."),
    )
    run = ImportRun(report=told, created_by_id=actor.pk, sha256=importing.digest_of(data=data), format=format)
    run.file_name = shortened(text=file_name, most=LONGEST_TITLE)
    run.save(force_insert=True)
    return BankOutcome([question.pk for question in added.created], len(added.skipped), told)


def _alone(draft: DraftTest) -> set[tuple[int, str]]:
    """The places of questions that lose what their group says."""
    return {_place(q) for group in draft.groups() if _says_something(group) for q in group.questions}


def _says_something(group: DraftGroup) -> bool:
    return bool(group.instruction or group.reading_text or group.files)


def _place(question: DraftQuestion) -> tuple[int, str]:
    return question.line, question.path
