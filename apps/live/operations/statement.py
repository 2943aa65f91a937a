"""The one statement that saves answers to live questions, for the group-commit writer and for plain requests alike.

In one go it holds the sessions still (a lock or a reveal waits for it, and it sees what they have done), judges every answer
by the database's clock, appends what is accepted to the journal, keeps what came too late for review, and tells what became
of those that were not simply accepted. An answer counts by the moment at which it arrived, so one that came in time and
waited behind others is taken until its question is revealed. Whoever runs this acknowledges after the commit.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.authentication import queries as people
from apps.core import tenancy

BUSY = "busy"
"""Somebody holds the session (a lock or a reveal), or stored the same answer this very moment: ask again."""

KEPT = ("too_late", "question_closed", "already_answered")

_SQL = """
WITH given AS MATERIALIZED (
    SELECT place, session_id, user_id, login_id, version, number, seq, response,
        statement_timestamp() - waited * interval '1 microsecond' AS received_at
    FROM unnest(%(sessions)s::uuid[], %(users)s::uuid[], %(logins)s::uuid[], %(versions)s::int[], %(numbers)s::int[],
                %(seqs)s::int[], %(responses)s::jsonb[], %(waited)s::int[])
        WITH ORDINALITY AS given (session_id, user_id, login_id, version, number, seq, response, waited, place)
), locked AS MATERIALIZED (
    SELECT id, state, number, closes_at, answer_policy FROM {schema}.live_quizsession
    WHERE id = ANY (%(sessions)s::uuid[]) ORDER BY id FOR SHARE {wait}
), answer AS MATERIALIZED (
    SELECT given.place, given.session_id, given.number, given.seq, given.response, given.received_at,
        player.id AS player_id, locked.answer_policy,
        CASE locked.answer_policy WHEN 'FIRST' THEN 0 ELSE given.seq END AS slot,
        CASE
            WHEN given.login_id IS NOT NULL AND login.is_alive IS NULL THEN 'not_signed_in'
            WHEN locked.id IS NULL THEN '{absent}'
            WHEN player.id IS NULL THEN 'not_found'
            WHEN player.removed_at IS NOT NULL THEN 'player_removed'
        END AS hindrance,
        CASE
            WHEN given.number > locked.number THEN 'not_asked'
            WHEN given.number < locked.number OR locked.state IN ('REVEALED', 'FINISHED') THEN 'question_closed'
            WHEN given.received_at > locked.closes_at THEN 'too_late'
        END AS state
    FROM given
    LEFT JOIN locked ON locked.id = given.session_id
    LEFT JOIN LATERAL (
        SELECT player.id, player.removed_at FROM {schema}.live_player player
        WHERE player.session_id = given.session_id AND player.user_id = given.user_id LIMIT 1
    ) player ON true
    LEFT JOIN LATERAL (
        {living_session}
    ) login ON true
), stored AS (
    INSERT INTO {schema}.live_liveanswer (session_id, number, player_id, slot, seq, response, received_at)
    SELECT session_id, number, player_id, slot, seq, response, received_at FROM answer
    WHERE hindrance IS NULL AND state IS NULL
    ORDER BY session_id, number, player_id, slot
    ON CONFLICT DO NOTHING
    RETURNING session_id, number, player_id, slot, seq
), rest AS MATERIALIZED (
    SELECT answer.*, COALESCE(
        hindrance,
        CASE
            WHEN earlier.seq IS NULL THEN COALESCE(state, '{busy}')
            WHEN (earlier.seq, earlier.response) IS NOT DISTINCT FROM (answer.seq, answer.response) THEN NULL
            WHEN answer_policy = 'FIRST' THEN COALESCE(state, 'already_answered')
            ELSE 'seq_reused'
        END
    ) AS code
    FROM answer
    LEFT JOIN LATERAL (
        SELECT entry.seq, entry.response FROM {schema}.live_liveanswer entry
        WHERE entry.session_id = answer.session_id AND entry.number = answer.number
          AND entry.player_id = answer.player_id AND entry.slot = answer.slot
    ) earlier ON true
    WHERE (SELECT count(*) FROM stored) < (SELECT count(*) FROM answer)
      AND (hindrance IS NOT NULL OR (answer.session_id, answer.number, answer.player_id, answer.seq) NOT IN (
          SELECT session_id, number, player_id, seq FROM stored))
), kept AS (
    INSERT INTO {schema}.live_lateanswer (session_id, number, player_id, seq, response, code, received_at)
    SELECT session_id, number, player_id, seq, response, code, received_at FROM rest
    WHERE code = ANY (%(kept)s::text[])
    ORDER BY session_id, number, player_id, seq
    ON CONFLICT DO NOTHING
)
SELECT statement_timestamp(), array_agg(place::int), array_agg(code) FROM rest WHERE code IS NOT NULL
"""


@functools.lru_cache(maxsize=8192)
def text_for(schema_name: str, *, waits: bool) -> str:
    """The statement for one center. One that does not wait answers ``busy`` for sessions that somebody holds."""
    schema = tenancy.quoted(schema_name)
    living = people.living_session(
        schema=schema, session="given.login_id", person="given.user_id", version="given.version"
    )
    return " ".join(_SQL.split()).format(
        schema=schema,
        living_session=" ".join(living.split()),
        wait="" if waits else "SKIP LOCKED",
        absent="not_found" if waits else BUSY,
        busy=BUSY,
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who answers in which session, signed in how; no sign-in if it was checked just before."""

    schema_name: str
    session_id: str
    user_id: str
    login_id: str | None = None
    version: int = 0


Row = tuple[int, int, str]
"""Number of the question, number of the answer, response as JSON text."""


@dataclass(slots=True, eq=False)
class Save:
    """One answer, and what became of it: taken where there is no code."""

    caller: Caller
    rows: Sequence[Row]
    arrived: float = field(default_factory=time.monotonic)
    code: str | None = None
    server_time: datetime | None = None

    @property
    def schema_name(self) -> str:
        return self.caller.schema_name

    def keys(self) -> list[tuple[str, str, int]]:
        """What must be different among the rows of one statement: of two answers to one question the second waits."""
        return [(self.caller.session_id, self.caller.user_id, row[0]) for row in self.rows]

    def refuse_all(self, code: str) -> None:
        self.code = code

    def only(self, row: Row) -> Save:
        return Save(self.caller, [row], self.arrived)

    def add(self, one: Save) -> None:
        self.code, self.server_time = one.code, one.server_time


def compose(*, schema_name: str, saves: Sequence[Save]) -> tuple[str, dict[str, Any]]:
    """The saves of one center as the writer runs them, without waiting for anybody."""
    return text_for(schema_name, waits=False), parameters(saves=saves)


def parameters(*, saves: Sequence[Save]) -> dict[str, Any]:
    """The saves of one center as arrays."""
    now = time.monotonic()
    return {
        "sessions": [save.caller.session_id for save in saves],
        "users": [save.caller.user_id for save in saves],
        "logins": [save.caller.login_id for save in saves],
        "versions": [save.caller.version for save in saves],
        "numbers": [row[0] for save in saves for row in save.rows],
        "seqs": [row[1] for save in saves for row in save.rows],
        # JSON's way to quote ASCII text is also the array literal's.
        "responses": "{" + json.dumps([row[2] for save in saves for row in save.rows])[1:-1] + "}",
        "waited": [int((now - save.arrived) * 1_000_000) for save in saves],
        "kept": list(KEPT),
    }


def settle(*, saves: Sequence[Save], outcome: tuple[Any, ...]) -> list[Save]:
    """Write the statement's answer into the saves. Returns those that must be tried again."""
    server_time, places, codes = outcome
    code_at = dict(zip(places or (), codes or (), strict=True))
    again = []
    for place, save in enumerate(saves, 1):
        save.server_time = server_time
        save.code = code_at.get(place)
        if save.code == BUSY:
            save.code = None
            again.append(save)
    return again
