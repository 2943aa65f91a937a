"""The one statement that saves answers, for the group-commit writer and for plain requests alike.

In one go it locks the attempts (a submit waits for it, and it sees what a submit has done), judges every answer by the
database's clock, appends what is accepted to the journal, keeps what came too late for review, and tells what became of
those that were not simply accepted. Whoever runs it acknowledges after the commit.

Usually everything is stored and the ``rest`` is not even looked for. The planner must not be trusted with the size of
anything here: ``LATERAL … LIMIT`` and ``NOT IN`` keep it from reading all sessions, and from comparing row by row.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.attempts.rules.answers import Refused, Row
from apps.authentication import queries as people
from apps.core import tenancy

BUSY = "busy"
"""Somebody holds the attempt (a submit, most likely), or stored the same number this very moment: ask again."""

STATE_CODES = frozenset(
    {"taken_over", "attempt_closed", "too_late", "paused", "section_closed", "section_not_open", "answer_final"}
)
WHOLE_CODES = frozenset({"not_found", "not_signed_in"})

# Unqualified names are those of PostgreSQL; the center's tables are always named with their schema.
_SQL = """
WITH caller AS MATERIALIZED (
    SELECT * FROM unnest(%(attempts)s::uuid[], %(students)s::uuid[], %(sessions)s::uuid[], %(versions)s::int[])
        WITH ORDINALITY AS caller (attempt_id, student_id, session_id, version, place)
), locked AS MATERIALIZED (
    SELECT id, student_id, status, epoch, grace_seconds * interval '1 second' AS grace,
        paused_at{course_columns}{check_columns},
        CASE WHEN paused_at IS NULL THEN deadline_at + grace_seconds * interval '1 second' END AS last_moment
    FROM {schema}.attempts_attempt WHERE id = ANY (%(attempts)s::uuid[]) ORDER BY id FOR SHARE {wait}
), standing AS MATERIALIZED (
    SELECT caller.place, caller.attempt_id, locked.epoch, locked.status, locked.last_moment,
        locked.paused_at + locked.grace AS paused_moment{course_of_locked}{check_of_locked},
        CASE
            WHEN caller.session_id IS NOT NULL AND session.is_alive IS NULL THEN 'not_signed_in'
            WHEN locked.id IS NULL THEN '{absent}'
            WHEN locked.student_id <> caller.student_id THEN 'not_found'
        END AS hindrance
    FROM caller
    LEFT JOIN locked ON locked.id = caller.attempt_id
    LEFT JOIN LATERAL (
        {living_session}
    ) session ON true
), answer AS MATERIALIZED (
    SELECT given.place, standing.attempt_id, given.epoch, given.seq, given.question_id, given.response,
        statement_timestamp() - given.waited * interval '1 microsecond' AS received_at,
        standing.hindrance,
        CASE
            WHEN given.epoch <> standing.epoch THEN 'taken_over'
            WHEN standing.status <> 'IN_PROGRESS' THEN 'attempt_closed'
            WHEN statement_timestamp() - given.waited * interval '1 microsecond' > standing.last_moment THEN 'too_late'
            WHEN statement_timestamp() - given.waited * interval '1 microsecond' > standing.paused_moment THEN 'paused'
            {course_rules}
            {check_rules}
        END AS state
    FROM unnest(%(callers)s::int[], %(epochs)s::int[], %(seqs)s::int[], %(questions)s::uuid[], %(responses)s::jsonb[],
                %(waited)s::int[]{course_values})
        WITH ORDINALITY AS given (caller, epoch, seq, question_id, response, waited{course_names}, place)
    JOIN standing ON standing.place = given.caller
), stored AS (
    INSERT INTO {schema}.attempts_answerentry (attempt_id, epoch, seq, question_id, response, received_at)
    SELECT attempt_id, epoch, seq, question_id, response, received_at FROM answer
    WHERE hindrance IS NULL AND state IS NULL
    ORDER BY attempt_id, epoch, seq
    ON CONFLICT DO NOTHING
    RETURNING attempt_id, epoch, seq
), rest AS MATERIALIZED (
    SELECT answer.*, COALESCE(
        hindrance,
        CASE
            WHEN earlier.seq IS NULL THEN COALESCE(state, '{busy}')
            WHEN (earlier.question_id, earlier.response) IS DISTINCT FROM (answer.question_id, answer.response)
                THEN 'seq_reused'
        END
    ) AS code
    FROM answer
    LEFT JOIN LATERAL (
        SELECT entry.seq, entry.question_id, entry.response FROM {schema}.attempts_answerentry entry
        WHERE entry.attempt_id = answer.attempt_id AND entry.epoch = answer.epoch AND entry.seq = answer.seq
    ) earlier ON true
    WHERE (SELECT count(*) FROM stored) < (SELECT count(*) FROM answer)
      AND (answer.attempt_id, answer.epoch, answer.seq) NOT IN (SELECT attempt_id, epoch, seq FROM stored)
), kept AS (
    INSERT INTO {schema}.attempts_refusedanswer (attempt_id, epoch, seq, question_id, response, code, received_at)
    SELECT attempt_id, epoch, seq, question_id, response, code, received_at FROM rest
    WHERE code IN ('taken_over', 'attempt_closed', 'too_late', 'section_closed', 'answer_final')
    ORDER BY attempt_id, epoch, seq
    ON CONFLICT DO NOTHING
)
SELECT statement_timestamp(), array_agg(place::int), array_agg(code) FROM rest WHERE code IS NOT NULL
"""


# Only where sections are timed. A step counts from 0, PostgreSQL's arrays from 1; a step begins where the one before ends.
_COURSE = {
    "course_columns": ", step_ends, step_floor",
    "course_of_locked": ", locked.grace, locked.step_ends, locked.step_floor",
    "course_values": ", %(steps)s::int[]",
    "course_names": ", step",
    "course_rules": """
            WHEN given.step < standing.step_floor THEN 'section_closed'
            WHEN statement_timestamp() - given.waited * interval '1 microsecond'
                > standing.step_ends[given.step + 1] + standing.grace THEN 'section_closed'
            WHEN statement_timestamp() - given.waited * interval '1 microsecond' < standing.step_ends[given.step]
                THEN 'section_not_open'""",
}

# Only where single answers may be checked. What is final stands in the row that is locked: a save that has waited for a
# check sees what the check has written there, and would not see it in another table.
_CHECKS = {
    "check_columns": ", finals",
    "check_of_locked": ", locked.finals",
    "check_rules": "WHEN given.question_id = ANY (standing.finals) THEN 'answer_final'",
}


@functools.lru_cache(maxsize=8192)
def text_for(schema_name: str, *, waits: bool, by_course: bool = False, by_check: bool = False) -> str:
    """The statement for one center. One that does not wait answers ``busy`` for attempts that somebody holds; one
    ``by_course`` also knows sections that are timed, one ``by_check`` answers that are final."""
    # Without its line breaks it is short enough for psycopg to remember how it is prepared.
    course = {name: " ".join(text.split()) if by_course else "" for name, text in _COURSE.items()}
    checks = {name: text if by_check else "" for name, text in _CHECKS.items()}
    schema = tenancy.quoted(schema_name)
    living = people.living_session(
        schema=schema, session="caller.session_id", person="caller.student_id", version="caller.version"
    )
    return " ".join(_SQL.split()).format(
        **course,
        **checks,
        schema=schema,
        living_session=" ".join(living.split()),
        wait="" if waits else "SKIP LOCKED",
        absent="not_found" if waits else BUSY,
        busy=BUSY,
    )


@dataclass(slots=True, eq=False)
class Caller:
    """Who saves answers to which attempt, from which session; no session if it was checked just before."""

    schema_name: str
    attempt_id: str
    student_id: str
    session_id: str | None = None
    version: int = 0


@dataclass(slots=True, eq=False)
class Save:
    """Some answers of one caller, and what became of them."""

    caller: Caller
    epoch: int
    rows: Sequence[Row]
    arrived: float = field(default_factory=time.monotonic)
    steps: Mapping[str, int] | None = None  # of each question, where sections are timed
    may_check: bool = False
    acked: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    server_time: datetime | None = None

    @property
    def schema_name(self) -> str:
        return self.caller.schema_name

    def keys(self) -> list[tuple[str, int, int]]:
        """What must be different among the rows of one statement."""
        attempt_id, epoch = self.caller.attempt_id, self.epoch
        return [(attempt_id, epoch, row[0]) for row in self.rows]

    def refuse_all(self, code: str) -> None:
        self.refused.extend(Refused(row[0], code) for row in self.rows)

    def only(self, row: Row) -> Save:
        return Save(self.caller, self.epoch, [row], self.arrived, self.steps, self.may_check)

    def add(self, one: Save) -> None:
        self.acked += one.acked
        self.refused += one.refused
        self.server_time = one.server_time or self.server_time


def has_course(*, saves: Iterable[Save]) -> bool:
    """Whether sections are timed for any of them."""
    return any(save.steps is not None for save in saves)


def has_checks(*, saves: Iterable[Save]) -> bool:
    """Whether single answers may be checked in any of them."""
    return any(save.may_check for save in saves)


def compose(*, schema_name: str, saves: Sequence[Save]) -> tuple[str, dict[str, str]]:
    """The saves of one center as the writer runs them, without waiting for anybody."""
    text = text_for(schema_name, waits=False, by_course=has_course(saves=saves), by_check=has_checks(saves=saves))
    return text, parameters(saves=saves)


def parameters(*, saves: Sequence[Save]) -> dict[str, str]:
    """The saves of one center as array literals; written by hand, since that costs a tenth of adapting each value."""
    places: dict[int, int] = {}
    callers: list[Caller] = []
    caller_of: list[int] = []
    epochs: list[int] = []
    waited: list[int] = []
    rows: list[Row] = []
    now = time.monotonic()
    for save in saves:
        caller = save.caller
        place = places.get(id(caller))
        if place is None:
            callers.append(caller)
            place = places[id(caller)] = len(callers)
        count = len(save.rows)
        rows += save.rows
        caller_of += [place] * count
        epochs += [save.epoch] * count
        waited += [int((now - save.arrived) * 1_000_000)] * count
    seqs, questions, responses = zip(*rows, strict=True)
    course = {"steps": _array(_steps(saves))} if has_course(saves=saves) else {}
    return {
        **course,
        "attempts": _array([caller.attempt_id for caller in callers]),
        "students": _array([caller.student_id for caller in callers]),
        "sessions": _array([caller.session_id or "NULL" for caller in callers]),
        "versions": _numbers([caller.version for caller in callers]),
        "callers": _numbers(caller_of),
        "epochs": _numbers(epochs),
        "seqs": _numbers(seqs),
        "questions": _array(questions),
        # JSON's way to quote ASCII text is also the array literal's, and its null is SQL's.
        "responses": "{" + json.dumps(responses)[1:-1] + "}",
        "waited": _numbers(waited),
    }


def _steps(saves: Iterable[Save]) -> Iterator[str]:
    for save in saves:
        for _, question, _ in save.rows:
            yield "NULL" if save.steps is None else str(save.steps[question])


def _array(words: Iterable[str]) -> str:
    return "{" + ",".join(words) + "}"


def _numbers(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def settle(*, saves: Sequence[Save], outcome: tuple[Any, ...]) -> list[Save]:
    """Write the statement's answer into the saves. Returns those that must be tried again, with what is left of them."""
    server_time, places, codes = outcome
    for save in saves:
        save.server_time = server_time
    if places is None:
        for save in saves:
            save.acked += [row[0] for row in save.rows]
        return []
    code_at = dict(zip(places, codes, strict=True))
    again = []
    place = 0
    for save in saves:
        left = []
        for row in save.rows:
            place += 1
            code = code_at.get(place)
            if code is None:
                save.acked.append(row[0])
            elif code == BUSY:
                left.append(row)
            else:
                save.refused.append(Refused(row[0], code))
        if left:
            save.rows = left
            again.append(save)
    return again
