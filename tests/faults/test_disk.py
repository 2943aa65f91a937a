"""The disk is full: nothing is acknowledged that is not there, others go on, and with space everything goes on."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from apps.core import tenancy
from apps.core.tenancy import Tenant
from tests.factories import make_room
from tests.faults import checker, volume
from tests.faults import stack as nemesis
from tests.faults.conftest import Say
from tests.faults.exam import Exam
from tests.faults.stack import Stack
from tests.faults.test_locks import Desk, Said
from tests.ws.client import Server

pytestmark = pytest.mark.faults

JOURNAL = "c_north.attempts_answerentry"
SPARE_MEBIBYTES = 48


@pytest.fixture
def small_disk(committed: None) -> Iterator[Path]:
    """The journal of north's answers on a disk of its own, of four MiB."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = Path(cursor.fetchone()[0])
    if not data.is_dir():
        pytest.skip("A full disk needs a PostgreSQL on this machine, and the given one is elsewhere.")
    # Beside the data: its account reaches it, as it does not reach every folder.
    place, owner = Path(tempfile.mkdtemp(prefix="small-disk-", dir=data.parent)), data.stat()
    try:
        with volume.mounted(place, mebibytes=4, owner=owner.st_uid, group=owner.st_gid), _journal_on(place):
            yield place
    finally:
        place.rmdir()


@contextlib.contextmanager
def _journal_on(place: Path) -> Iterator[None]:
    _run(f"CREATE TABLESPACE small LOCATION '{place}'")
    try:
        _move_journal("small")
        yield
    finally:
        _move_journal("pg_default")
        _run("DROP TABLESPACE small")


def _move_journal(where: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass", [JOURNAL])
        indexes = [row[0] for row in cursor.fetchall()]
    _run(f"ALTER TABLE {JOURNAL} SET TABLESPACE {where}", *[f"ALTER INDEX {i} SET TABLESPACE {where}" for i in indexes])


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def desk(small_disk: Path, cast: Any, north: Tenant) -> Desk:
    room = make_room(cast, cast.alice)
    return Desk(cast.alice, sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt, north)


@pytest.fixture
def far(small_disk: Path, cast: Any, south: Tenant) -> Desk:
    """Somebody in the other center, whose journal is where it always is."""
    with tenancy.enter(south):
        there = type(cast)(north=south, south=cast.north)
        room = make_room(there, there.alice)
        return Desk(there.alice, sitting.start_attempt(actor=there.alice, assignment_id=room.pk).attempt, south)


def _count(tenant: Tenant) -> int:
    with tenancy.enter(tenant):
        return AnswerEntry.objects.count()


def test_a_full_disk_refuses_every_save_and_takes_them_again_when_there_is_space(
    small_disk: Path, desk: Desk, far: Desk, north: Tenant, south: Tenant, say: Say
) -> None:
    acked = refused = 0
    said: list[Said] = []
    with Server() as server:
        assert desk.save(server).status == 200
        volume.fill(small_disk)
        while refused < 3:  # what the last page still holds is really stored
            assert acked < 2000, "the disk is never full"
            one = desk.save(server)
            acked, refused = acked + (one.status == 200), refused + (one.status != 200)
            said.append(one)
            assert _count(north) == 1 + acked
        next_door = [far.save(server) for _ in range(20)]
        still = desk.save(server)
        volume.clear(small_disk)
        since = time.monotonic()
        after = [desk.save(server) for _ in range(3)]
        recovered = time.monotonic() - since
    away = [one for one in [*said, still] if one.status != 200]
    say(
        f"full after {acked} more; refused {[(one.status, round(one.seconds, 1)) for one in away]}; {recovered:.1f} s after"
    )
    assert {(one.status, one.code) for one in away} == {(503, "unavailable")}
    assert min(one.retry_after for one in away) > 0
    assert {one.status for one in next_door} == {200}
    assert _count(south) == 20
    assert {one.status for one in after} == {200}
    assert _count(north) == 1 + acked + 3


def test_a_database_that_cannot_write_its_log_comes_back_with_every_acknowledged_answer(stack: Stack, say: Say) -> None:
    server_log = stack.log / "postgres.log"
    before = server_log.stat().st_size
    with _small_log(stack) as place:
        exam = Exam(stack, "Disk full", answering=24, seconds=90).begin()
        volume.fill(place)
        switched = _use_up(stack)
        time.sleep(3)
        volume.clear(place)
        if not stack.postgres.alive:  # it gave up; as long as there is no space, a supervisor starts it in vain
            nemesis.kill_server(stack.postgres)
            nemesis.start_server(stack.postgres)
        space = time.monotonic()
        exam.wait(lambda: exam.seen.first_ack_after(space) < 60 or exam.all_have_left(), 30)
        first = exam.seen.first_ack_after(space)
        exam.finish()
    verdict = checker.judge(stack, exam)
    told = server_log.read_bytes()[before:].decode(errors="replace")
    say(f"{verdict}; full after {switched} segments; first ack {first:.1f} s after there was space")
    say(f"statuses {exam.seen.by_status()}, refused over sockets {dict(exam.seen.refusals)}")
    assert "No space left on device" in told
    assert "PANIC" in told
    assert verdict.flaws == []
    assert exam.seen.by_status().get(503, 0) + exam.seen.refusals["unavailable"] > 0
    assert exam.seen.places_with(500) == set()
    assert exam.seen.without_retry_after == []
    assert first < 10


@contextlib.contextmanager
def _small_log(stack: Stack) -> Iterator[Path]:
    """PostgreSQL's write-ahead log on a disk of its own, with room for a little more; none of it is recycled."""
    log = stack.postgres.working_folder / "pg_wal"
    place, aside = stack.postgres.home / "small-log", log.with_name("pg_wal.aside")
    place.mkdir()
    owner = log.stat()
    size = sum(file.stat().st_size for file in log.rglob("*") if file.is_file()) // 2**20
    try:
        with volume.mounted(place, mebibytes=size + SPARE_MEBIBYTES, owner=owner.st_uid, group=owner.st_gid):
            with _at_rest(stack):
                _copy(log, place)
                log.rename(aside)
                log.symlink_to(place)
            try:
                stack.query("ALTER SYSTEM SET wal_keep_size = '100GB'")
                stack.query("SELECT pg_reload_conf()")
                yield place
            finally:
                stack.query("ALTER SYSTEM RESET wal_keep_size")
                with _at_rest(stack):
                    log.unlink()
                    aside.rename(log)
                    for old in log.iterdir():
                        shutil.rmtree(old) if old.is_dir() else old.unlink()
                    _copy(place, log)
    finally:
        place.rmdir()


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)


@contextlib.contextmanager
def _at_rest(stack: Stack) -> Iterator[None]:
    """PostgreSQL stopped in order; everything runs again afterwards."""
    stack.postgres.stop(30)
    try:
        yield
    finally:
        nemesis.start_server(stack.postgres)
        stack.heal()


def _use_up(stack: Stack) -> int:
    """Begin one segment of the log after the other until there is no space for another."""
    for count in range(1, 200):
        try:
            stack.query("SELECT pg_logical_emit_message(false, 'full', 'disk')")
            stack.query("SELECT pg_switch_wal()")
        except psycopg.OperationalError:
            return count
    raise AssertionError("There is always space for another one.")
