"""Answers of players: what a process must know of a session, the checks that need no database, and the two ways to the one
statement: ``append`` for servers on an event loop, ``answer`` for everybody else."""

from __future__ import annotations

import asyncio
import json
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from apps.attempts.operations import budget, writer
from apps.attempts.rules.answers import is_number
from apps.core import tenancy
from apps.core.errors import Invalid, Problem, Refusal, Unavailable
from apps.live import errors, queries
from apps.live.operations import statement
from apps.live.operations.statement import Caller, Save
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers import items

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_FACTS = 5_000
_TRIES = 5

# ASCII only, so that the text needs no further care on its way into an array literal.
_to_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_facts: OrderedDict[tuple[str, uuid.UUID], Facts] = OrderedDict()
_REFUSALS: Mapping[str, type[Refusal]] = {
    "not_found": errors.SessionNotFound,
    "player_removed": errors.PlayerRemoved,
    "not_asked": errors.NotAsked,
    "question_closed": errors.QuestionClosed,
    "too_late": errors.AnswerTooLate,
    "already_answered": errors.AlreadyAnswered,
    "seq_reused": errors.SeqReused,
    "unavailable": Unavailable,
}

Told = Callable[[list[Save]], None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What never changes of a session: which responses its questions take, in their order."""

    specs: tuple[items.ItemSpec, ...]


def get_facts(*, session_id: uuid.UUID) -> Facts:
    """From this process's memory, or the database; refuses an unknown session."""
    place = tenancy.current().schema_name, session_id
    known = _facts.get(place)
    if known is None:
        paper_id, questions = queries.asked_in(session_id=session_id)
        specs = papers.item_specs(paper_id=paper_id)
        known = _facts[place] = Facts(tuple(specs[question] for question in questions))
        while len(_facts) > MOST_FACTS:
            _facts.popitem(last=False)
    return known


def append(*, facts: Facts, caller: Caller, number: object, seq: object, response: object, told: Told) -> None:
    """Hand an answer to this process's writer, which calls ``told`` after the commit. Refuses at once what can be no answer:
    bad numbers, no question that was asked, not one of its responses, more than anybody gives."""
    row = _row(facts, number, seq, response)
    if not budget.take(schema_name=caller.schema_name, student_id=caller.user_id, count=1):
        raise errors.TooFast
    try:
        _writer().append(Save(caller, [row]), told)
    except writer.Full:
        raise Unavailable from None


async def drain() -> None:
    """Wait until this process's writer has nothing left; for the end of a server."""
    await _writer().drain()


def answer(*, actor: User, session_id: uuid.UUID, number: int, seq: int, response: object) -> datetime:
    """Append the actor's answer to the journal; a lock or a reveal under way is waited for. Returns the database's time.

    The same answer again is acknowledged again. Refuses an unknown session, or one that the actor did not join or was taken
    out of; what is no answer to the question; a question that was not asked yet; and, keeping the answer for review, one
    that is over, an answer that comes too late, and a second one where the first counts.
    """
    if not queries.is_known_to(actor=actor, session_id=session_id):
        raise errors.SessionNotFound
    facts = get_facts(session_id=session_id)
    row = _row(facts, number, seq, response)
    schema_name = tenancy.current().schema_name
    if not budget.take(schema_name=schema_name, student_id=str(actor.pk), count=1):
        raise errors.TooFast
    save = Save(Caller(schema_name, str(session_id), str(actor.pk)), [row])
    _write(save)
    if save.code is not None:
        raise _REFUSALS[save.code]
    assert save.server_time is not None
    return save.server_time


def _write(save: Save) -> None:
    """On Django's connection. Again, if a twin of the answer was stored at the same moment."""
    for _ in range(_TRIES):
        with transaction.atomic(), connection.cursor() as cursor:
            text = statement.text_for(save.schema_name, waits=True)
            cursor.execute(text, statement.parameters(saves=[save]))
            if not statement.settle(saves=[save], outcome=cursor.fetchone()):
                return
    save.refuse_all("unavailable")


def _row(facts: Facts, number: object, seq: object, response: object) -> statement.Row:
    flaws = [
        Problem(f"/{name}", "invalid", "A whole number from 1 is needed.")
        for name, value in (("number", number), ("seq", seq))
        if not is_number(value)
    ]
    if flaws:
        raise Invalid(problems=flaws)
    assert isinstance(number, int)
    assert isinstance(seq, int)
    if number > len(facts.specs):
        raise errors.NotAsked
    try:
        given: Any = items.check_response(facts.specs[number - 1], response)
    except (ValueError, RecursionError):
        given = None
    if given is None:
        raise errors.BadAnswer(problems=[Problem("/response", "bad_answer", errors.BadAnswer.message)])
    return number, seq, _to_json(given)


_writers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, writer.Writer] = weakref.WeakKeyDictionary()


def _writer() -> writer.Writer:
    """The writer of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _writers.get(loop)
    if found is None:
        found = _writers[loop] = writer.Writer(statement)
    return found
