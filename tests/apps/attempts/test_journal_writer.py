"""Group commit: who shares a commit, who waits for nobody, and what happens when the database goes away."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt
from apps.attempts.operations import journal, sitting, statement, writer
from apps.attempts.operations.statement import Caller, Save
from apps.core import tenancy
from apps.core.tenancy import Tenant
from tests.apps.attempts import journal as lines
from tests.factories import make_room

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


class Desk:
    """A running attempt, and saves to it that need no session."""

    def __init__(self, attempt: Attempt, tenant: Tenant) -> None:
        self.attempt = attempt
        self.tenant = tenant
        self.question = str(lines.question_id(attempt, "river"))
        self.option = lines.option_id(attempt, "river", "yes")
        self.caller = Caller(tenant.schema_name, str(attempt.pk), str(attempt.student_id))

    def save(self, *seqs: int, response: str | None = None) -> Save:
        text = response or f'"{self.option}"'
        return Save(self.caller, 1, [(seq, self.question, text) for seq in seqs])

    def answers(self, *seqs: int) -> list[dict[str, Any]]:
        return [{"seq": seq, "question": self.question, "response": self.option} for seq in seqs]

    def stored(self) -> list[int]:
        with tenancy.enter(self.tenant):
            return list(
                AnswerEntry.objects.filter(attempt_id=self.attempt.pk).order_by("seq").values_list("seq", flat=True)
            )


@pytest.fixture
def desk(cast: Any, north: Tenant) -> Desk:
    room = make_room(cast, cast.alice)
    return Desk(sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt, north)


@pytest.fixture
def far(cast: Any, south: Tenant) -> Desk:
    """The same in the other center."""
    with tenancy.enter(south):
        there = type(cast)(north=south, south=cast.north)
        room = make_room(there, there.alice)
        return Desk(sitting.start_attempt(actor=there.alice, assignment_id=room.pk).attempt, south)


async def written(scribe: writer.Writer, *saves: Save) -> list[Save]:
    """Append them at once and wait until the writer has told of all."""
    told: list[Save] = []
    done = asyncio.Event()

    def tell(some: list[Save]) -> None:
        told.extend(some)
        if len(told) == len(saves):
            done.set()

    for save in saves:
        scribe.append(save, tell)
    async with asyncio.timeout(15):
        await done.wait()
    return told


@contextlib.contextmanager
def holding(desk: Desk, sql: str) -> Iterator[psycopg.Connection[Any]]:
    """Another connection that has run ``sql`` in the desk's center and has not committed."""
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], password=settings["PASSWORD"],
        dbname=settings["NAME"],
    ) as other:  # fmt: skip
        other.execute(f'SET search_path = "{desk.tenant.schema_name}"')
        other.commit()
        other.execute(sql)  # type: ignore[arg-type]
        yield other
        other.rollback()


async def test_a_batch_is_what_came_while_the_last_was_written(desk, monkeypatch):
    batches: list[int] = []
    inner = statement.parameters
    monkeypatch.setattr(statement, "parameters", lambda *, saves: batches.append(len(saves)) or inner(saves=saves))
    scribe = writer.Writer()
    saves = [desk.save(seq) for seq in range(1, 801)]
    await written(scribe, *saves)
    assert batches[0] == writer.BATCH_ROWS  # all were there before the first was taken
    assert sum(batches) == 800
    assert [save.acked for save in saves] == [[seq] for seq in range(1, 801)]
    assert len(await sync_to_async(desk.stored)()) == 800


async def test_twins_never_meet_in_one_statement(desk):
    scribe = writer.Writer()
    saves = [desk.save(1), desk.save(1), desk.save(1, response="null"), desk.save(2), desk.save(1, 2, 3)]
    await written(scribe, *saves)
    assert [save.acked for save in saves] == [[1], [1], [], [2], [1, 2, 3]]
    assert saves[2].refused == [(1, "seq_reused")]
    assert await sync_to_async(desk.stored)() == [1, 2, 3]


async def test_centers_share_a_commit(desk, far):
    scribe = writer.Writer()
    saves = [desk.save(1), far.save(1), desk.save(2), far.save(2)]
    await written(scribe, *saves)
    assert [save.acked for save in saves] == [[1], [1], [2], [2]]
    assert await sync_to_async(desk.stored)() == await sync_to_async(far.stored)() == [1, 2]
    with holding(desk, "SELECT 1") as other:
        found = other.execute(
            "SELECT DISTINCT xmin::text FROM (SELECT xmin FROM c_north.attempts_answerentry UNION ALL"
            " SELECT xmin FROM c_south.attempts_answerentry) entries"
        ).fetchall()
    assert len(found) == 1


async def _others_speed(scribe: writer.Writer, desk: Desk, stuck: list[Save]) -> float:
    """The longest that a save waits at one desk while ``stuck`` is held up at another."""
    told: list[Save] = []
    for save in stuck:
        scribe.append(save, told.extend)
    longest = 0.0
    for seq in range(1, 40):
        began = time.perf_counter()
        assert (await written(scribe, desk.save(seq)))[0].acked == [seq]
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0.01)
    assert told == []
    return longest


async def test_a_locked_attempt_delays_nobody_else(desk, far):
    scribe = writer.Writer()
    waits = desk.save(1)
    with holding(desk, "SELECT id FROM attempts_attempt FOR UPDATE"):
        assert await _others_speed(scribe, far, [waits]) < 0.4
    async with asyncio.timeout(5):
        while not waits.acked:
            await asyncio.sleep(0.01)


async def test_a_locked_table_of_one_center_delays_the_others_a_moment_only(desk, far):
    scribe = writer.Writer()
    waits = [desk.save(1), desk.save(2)]
    with holding(desk, "LOCK TABLE attempts_answerentry"):
        assert await _others_speed(scribe, far, waits) < 1.0  # once, for the time of finding out
        began = time.perf_counter()
        await written(scribe, far.save(100))
        assert time.perf_counter() - began < 0.3
    async with asyncio.timeout(5):
        while not all(save.acked for save in waits):
            await asyncio.sleep(0.01)
    assert await sync_to_async(desk.stored)() == [1, 2]
    await written(scribe, desk.save(3))
    assert scribe._own == {}  # it is back among the others


async def test_a_center_whose_tables_are_broken_fails_alone(desk, far):
    scribe = writer.Writer()
    scribe_patience = writer.PATIENCE_SECONDS
    broken = desk.save(1)
    broken.arrived -= scribe_patience
    await sync_to_async(_rename)("attempts_refusedanswer", "elsewhere")
    try:
        told = await written(scribe, broken, far.save(1), far.save(2))
        assert [save.refused for save in told if save is broken] == [[(1, "unavailable")]]
        assert [save.acked for save in told if save is not broken] == [[1], [2]]
    finally:
        await sync_to_async(_rename)("elsewhere", "attempts_refusedanswer")


def _rename(old: str, new: str) -> None:
    with tenancy.enter(tenancy.get_by_schema("c_north")), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")


async def test_a_value_that_the_database_does_not_take_refuses_only_itself(desk, far):
    scribe = writer.Writer()
    mixed = Save(
        desk.caller, 1, [(1, desk.question, '"a"'), (2, desk.question, '"\\u0000"'), (3, desk.question, '"b"')]
    )
    saves = [desk.save(10), mixed, far.save(1)]
    await written(scribe, *saves)
    assert [save.acked for save in saves] == [[10], [1, 3], [1]]
    assert mixed.refused == [(2, "bad_answer")]


async def test_without_the_database_callers_are_sent_away_and_come_back(desk, monkeypatch):
    scribe = writer.Writer()
    await written(scribe, desk.save(1))
    monkeypatch.setattr(writer._Lane, "_place", lambda self: "host=127.0.0.1 port=1 connect_timeout=1")
    await scribe._shared._disconnect()
    began = time.perf_counter()
    (gone,) = await written(scribe, desk.save(2))
    assert gone.refused == [(2, "unavailable")]
    assert time.perf_counter() - began < 3
    monkeypatch.undo()
    async with asyncio.timeout(8):
        while not (await written(scribe, desk.save(2)))[0].acked:
            await asyncio.sleep(0.05)
    assert await sync_to_async(desk.stored)() == [1, 2]


async def test_a_cut_connection_is_replaced_unseen(desk):
    scribe = writer.Writer()
    await written(scribe, desk.save(1))
    with holding(desk, "SELECT 1") as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shiken-answers'"
        )
        other.commit()
    assert (await written(scribe, desk.save(2)))[0].acked == [2]


async def test_refuses_when_too_much_waits(desk, monkeypatch):
    monkeypatch.setattr(writer, "MOST_ROWS_OF_A_CENTER", 10)
    scribe = writer.Writer()
    told: list[Save] = []
    for seq in range(1, 11):
        scribe.append(desk.save(seq), told.extend)
    with pytest.raises(writer.Full):
        scribe.append(desk.save(11), told.extend)
    await scribe.drain()
    assert len(told) == 10
    assert (await written(scribe, desk.save(11)))[0].acked == [11]


# -- submit against save -------------------------------------------------------------------------------------------


def _submit_while_saving(desk: Desk, student: Any) -> tuple[set[int], int]:
    """Save in one thread and submit in another; what was acknowledged, and how many the frozen sheet counts."""
    acked: set[int] = set()
    started = threading.Event()

    def save_on() -> None:
        with tenancy.enter(desk.tenant), contextlib.suppress(errors.AttemptClosed):
            for seq in range(1, 500):
                acked.update(
                    journal.save_answers(
                        actor=student, attempt_id=desk.attempt.pk, epoch=1, answers=desk.answers(seq)
                    ).acked
                )
                if seq == 5:
                    started.set()
        connection.close()

    thread = threading.Thread(target=save_on)
    thread.start()
    assert started.wait(10)
    sitting.submit_attempt(attempt_id=desk.attempt.pk, actor=student)
    thread.join()
    return acked, AnswerSheet.objects.get(attempt=desk.attempt).entry_count


def test_every_save_that_was_acknowledged_before_the_end_is_on_the_sheet(desk, cast):
    acked, counted = _submit_while_saving(desk, cast.alice)
    assert len(acked) == counted == len(desk.stored())


def test_without_the_lock_saves_slip_behind_the_end(desk, cast, monkeypatch):
    """The negative control: the same race, with the lock taken out of the statement and the gap held open, stores an
    answer that no sheet knows."""
    assert _slips(desk, cast.alice, monkeypatch, _slow(statement._SQL.replace("FOR SHARE {wait}", "")))


def test_with_the_lock_and_the_same_gap_nothing_slips(desk, cast, monkeypatch):
    assert not _slips(desk, cast.alice, monkeypatch, _slow(statement._SQL))


def _slow(sql: str) -> str:
    """A pause between judging and storing."""
    judged = "WHERE hindrance IS NULL AND state IS NULL"
    assert judged in sql
    return sql.replace("), stored AS (", "), pause AS MATERIALIZED (SELECT pg_sleep(0.3)), stored AS (").replace(
        judged, f"JOIN pause ON true {judged}"
    )


def _slips(desk: Desk, student: Any, monkeypatch: pytest.MonkeyPatch, sql: str) -> bool:
    monkeypatch.setattr(statement, "_SQL", sql)
    statement.text_for.cache_clear()
    journal.get_facts(attempt_id=desk.attempt.pk)

    def save_one() -> None:
        with tenancy.enter(desk.tenant), contextlib.suppress(errors.AttemptClosed):
            journal.save_answers(actor=student, attempt_id=desk.attempt.pk, epoch=1, answers=desk.answers(1))
        connection.close()

    thread = threading.Thread(target=save_one)
    thread.start()
    time.sleep(0.1)
    sitting.submit_attempt(attempt_id=desk.attempt.pk, actor=student)
    thread.join()
    statement.text_for.cache_clear()
    return len(desk.stored()) > AnswerSheet.objects.get(attempt=desk.attempt).entry_count


def test_a_save_that_waited_for_a_submit_sees_it(desk, cast):
    """The row is re-read after the wait: the answer is refused, though its statement began before the submit ended."""
    journal.get_facts(attempt_id=desk.attempt.pk)
    outcome: list[str] = []

    def save_one() -> None:
        with tenancy.enter(desk.tenant):
            try:
                journal.save_answers(actor=cast.alice, attempt_id=desk.attempt.pk, epoch=1, answers=desk.answers(1))
            except errors.AttemptClosed as refusal:
                outcome.append(refusal.code)
        connection.close()

    with transaction.atomic():
        sitting.submit_attempt(attempt_id=desk.attempt.pk, actor=cast.alice)
        thread = threading.Thread(target=save_one)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits
    thread.join(5)
    assert outcome == ["attempt_closed"]
    assert desk.stored() == []


async def test_the_writer_waits_for_a_submit_without_a_lock_wait(desk, cast):
    scribe = writer.Writer()
    waits = desk.save(1)
    with holding(
        desk, f"UPDATE attempts_attempt SET status = 'VOID', finished_at = now() WHERE id = '{desk.attempt.pk}'"
    ) as other:
        told: list[Save] = []
        scribe.append(waits, told.extend)
        await asyncio.sleep(0.3)
        assert told == []
        other.commit()
        async with asyncio.timeout(3):
            while not told:
                await asyncio.sleep(0.01)
    assert waits.refused == [(1, "attempt_closed")]


def test_unknown_attempts_are_told_apart_from_busy_ones(desk):
    ghost = Save(Caller(desk.tenant.schema_name, str(uuid.uuid4()), str(uuid.uuid4())), 1, [(1, desk.question, None)])
    ghost.arrived -= writer.PATIENCE_SECONDS + 1
    (told,) = asyncio.run(written(writer.Writer(), ghost))
    assert told.refused == [(1, "unavailable")]
