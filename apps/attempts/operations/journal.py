"""Saving answers: what a caller must know of an attempt, the checks that need no database, and the two ways to the one
statement: ``append`` for servers on an event loop, ``save_answers`` for everybody else."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Now

from apps.attempts import errors
from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import browser, budget, statement, writer
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.operations.writer import Told
from apps.attempts.rules import answers as rules
from apps.attempts.rules import course
from apps.attempts.rules.answers import Refused, Specs
from apps.authentication.errors import SignInFailed
from apps.core import tenancy
from apps.core.errors import Problem, Refusal, Unavailable
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_FACTS = 50_000
_TRIES = 5

_facts: OrderedDict[tuple[str, str], Facts] = OrderedDict()

_REFUSALS: Mapping[str, type[Refusal]] = {
    "not_found": errors.AttemptNotFound,
    "not_signed_in": SignInFailed,
    "taken_over": errors.TakenOver,
    "attempt_closed": errors.AttemptClosed,
    "too_late": errors.AnswerTooLate,
    "paused": errors.Paused,
    "section_closed": errors.SectionClosed,
    "section_not_open": errors.SectionNotOpen,
    "answer_final": errors.AnswerFinal,
    "unavailable": Unavailable,
    "too_busy": errors.TooBusy,
    "too_fast": errors.TooFast,
}
_SENTENCES: Mapping[str, str] = {
    "unknown_question": "There is no such question in this paper.",
    "bad_answer": errors.BadAnswer.message,
    "seq_reused": errors.SeqReused.message,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What never changes of an attempt, as far as saving needs it."""

    student_id: str
    assignment_id: uuid.UUID
    specs: Specs
    steps: Mapping[str, int] | None
    may_check: bool = False
    browser_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """An attempt as it is right now, for the greeting of a socket."""

    state: str
    epoch: int
    deadline_at: datetime
    paused_at: datetime | None
    course: list[dict[str, Any]]
    step_ends: list[datetime] | None
    step_floor: int
    server_time: datetime
    last_seq: int


@dataclass(slots=True)
class Saved:
    """What became of a batch: numbers that are in the journal, numbers with the code of their refusal."""

    acked: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    server_time: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """The answer as clients know it."""
        return {
            "acked": self.acked,
            "refused": [{"seq": seq, "code": code} for seq, code in self.refused],
            "server_time": self.server_time,
        }


# -- knowing the attempt -------------------------------------------------------------------------------------------


def recall_facts(*, schema_name: str, attempt_id: str) -> Facts | None:
    """What this process remembers of an attempt, without asking the database."""
    return _facts.get((schema_name, attempt_id))


def get_facts(*, attempt_id: uuid.UUID) -> Facts:
    """The same, asking the database where memory fails; refuses an unknown attempt."""
    place = tenancy.current().schema_name, str(attempt_id)
    known = _facts.get(place)
    if known is not None:
        return known
    columns = ("student_id", "assignment_id", "paper_id", "course", "may_check", "assignment__browser_keys")
    found = Attempt.objects.filter(pk=attempt_id).values_list(*columns).first()
    if found is None:
        raise errors.AttemptNotFound
    student_id, assignment_id, paper_id, steps, may_check, browser_keys = found
    specs = {str(question): spec for question, spec in papers.item_specs(paper_id=paper_id).items()}
    known = _facts[place] = Facts(
        str(student_id),
        assignment_id,
        _shared_specs(place[0], paper_id, specs),
        _steps_of(paper_id, steps) if steps else None,
        may_check,
        tuple(browser_keys),
    )
    while len(_facts) > MOST_FACTS:
        _facts.popitem(last=False)
    return known


_specs: OrderedDict[tuple[str, uuid.UUID], Specs] = OrderedDict()


def _shared_specs(schema_name: str, paper_id: uuid.UUID, specs: Specs) -> Specs:
    """One mapping per paper, however many attempts it has."""
    while len(_specs) > 256:
        _specs.popitem(last=False)
    return _specs.setdefault((schema_name, paper_id), specs)


def _steps_of(paper_id: uuid.UUID, steps: list[dict[str, Any]]) -> Mapping[str, int]:
    """The step of each question."""
    items = papers.list_items(paper_id=paper_id)
    return course.step_of_questions(steps, {str(item.question_id): str(item.section_id) for item in items})


def get_standing(*, attempt_id: uuid.UUID, student_id: uuid.UUID) -> Standing:
    """Where the student's attempt stands; refuses an unknown one and that of somebody else alike."""
    entries = AnswerEntry.objects.filter(attempt_id=OuterRef("pk"), epoch=OuterRef("epoch")).order_by("-seq")
    found = (
        Attempt.objects.filter(pk=attempt_id, student_id=student_id)
        .annotate(last_seq=Coalesce(Subquery(entries.values("seq")[:1]), 0))
        .values_list(
            "status", "epoch", "deadline_at", "paused_at", "course", "step_ends", "step_floor", Now(), "last_seq"
        )
        .first()
    )
    if found is None:
        raise errors.AttemptNotFound
    return Standing(*found)


# -- saving --------------------------------------------------------------------------------------------------------


def append(
    *, facts: Facts, caller: Caller, epoch: int, answers: Sequence[Mapping[str, Any]], told: Told
) -> list[Refused]:
    """Hand well-shaped answers to this process's writer, which calls ``told`` after the commit if any of them may be
    stored at all. Returns what was refused right away."""
    if not budget.take(schema_name=caller.schema_name, student_id=caller.student_id, count=len(answers)):
        return [Refused(answer["seq"], "too_fast") for answer in answers]
    result = rules.sort_out(facts.specs, answers)
    if result.rows:
        save = Save(caller, epoch, result.rows, steps=facts.steps, may_check=facts.may_check)
        try:
            writer.writer().append(save, told)
        except writer.Full:
            result.refused += [Refused(row[0], "too_busy") for row in result.rows]
    return result.refused


async def drain() -> None:
    """Wait until this process's writer has nothing left; for the end of a server."""
    await writer.writer().drain()


def save_answers(*, actor: User, attempt_id: uuid.UUID, epoch: int, answers: Sequence[Mapping[str, Any]]) -> Saved:
    """Append a batch to the journal of the actor's own attempt; a submit under way is waited for.

    Acked numbers are committed with the caller's transaction. Single answers may be refused with a code; when none was
    taken the whole batch is refused: unknown or foreign attempt, another browser than the room asks for, more answers than
    anybody gives, taken over, closed, too late, or bad answers.
    """
    flaws = rules.find_flaws(answers)
    if flaws or not rules.is_number(epoch):
        raise errors.BadAnswer(problems=flaws or [Problem("/epoch", "invalid", "The number of the window is needed.")])
    facts = get_facts(attempt_id=attempt_id)
    if facts.student_id != str(actor.pk):
        raise errors.AttemptNotFound
    browser.check_browser(keys=facts.browser_keys)
    schema_name = tenancy.current().schema_name
    if not budget.take(schema_name=schema_name, student_id=facts.student_id, count=len(answers)):
        raise errors.TooFast
    result = rules.sort_out(facts.specs, answers)
    saved = Saved(refused=result.refused)
    if result.rows:
        caller = Caller(schema_name, str(attempt_id), str(actor.pk))
        save = Save(caller, epoch, result.rows, steps=facts.steps, may_check=facts.may_check)
        _write(save)
        saved.acked = save.acked
        saved.refused += save.refused
        saved.server_time = save.server_time
    refuse_if_nothing_was_saved(saved=saved, answers=answers)
    return saved


def _write(save: Save) -> None:
    """Run the statement on Django's connection. Again, if a twin of an answer was stored at the same moment."""
    for _ in range(_TRIES):
        with transaction.atomic(), connection.cursor() as cursor:
            text = statement.text_for(
                tenancy.current().schema_name, waits=True, by_course=save.steps is not None, by_check=save.may_check
            )
            cursor.execute(text, statement.parameters(saves=[save]))
            if not statement.settle(saves=[save], outcome=cursor.fetchone()):
                return
    save.refuse_all("unavailable")


def refuse_if_nothing_was_saved(*, saved: Saved, answers: Sequence[Mapping[str, Any]]) -> None:
    """Turn a batch of which nothing was taken into the refusal that explains it, the state of the attempt first."""
    if saved.acked or not saved.refused:
        return
    refused = saved.as_dict()["refused"]
    for code, refusal in _REFUSALS.items():
        if any(found == code for _, found in saved.refused):
            raise refusal(refused=refused) if code in statement.STATE_CODES else refusal()
    codes = dict(saved.refused)
    raise errors.BadAnswer(
        problems=[
            Problem(f"/answers/{place}", codes[answer["seq"]], _SENTENCES[codes[answer["seq"]]])
            for place, answer in enumerate(answers)
            if answer["seq"] in codes
        ],
        refused=refused,
    )
