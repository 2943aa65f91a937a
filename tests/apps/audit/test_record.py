from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection, transaction

from apps.audit import operations as audit
from apps.audit.models import Entry, Spill
from apps.core import tenancy, trace
from apps.core.trace import Trace

pytestmark = pytest.mark.django_db

ROOM = uuid.uuid4()


def record(**fields):
    audit.record(**{"action": "room.closed", "subject": "room", "subject_id": ROOM, "name": "Mock exam", **fields})


def test_says_who_did_what_from_where(cast):
    person = cast.dora
    with trace.at(Trace(trace.API, address="203.0.113.9", agent="Firefox")):
        trace.name_actor(person)
        record(before={"status": "OPEN"}, after={"status": "CLOSED"}, reason="The bell rang.")
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.subject, entry.subject_id, entry.name) == (
        "room.closed",
        "room",
        str(ROOM),
        "Mock exam",
    )
    assert (entry.actor_id, entry.actor_name, entry.actor_role) == (person.pk, "Dora North", "CENTER_ADMIN")
    assert (entry.address, entry.agent, entry.via) == ("203.0.113.9", "Firefox", "api")
    assert entry.changed == ["status"]
    assert entry.changes == {"status": ["OPEN", "CLOSED"]}
    assert entry.before_hash != entry.after_hash
    assert entry.reason == "The bell rang."


def test_without_a_door_it_was_a_command():
    record()
    entry = Entry.objects.latest("id")
    assert (entry.via, entry.actor_id) == ("command", None)
    assert entry.actor_name


def test_vanishes_with_the_act_that_it_tells_of():
    def close_and_fail():
        record()
        raise ValueError

    with pytest.raises(ValueError):
        transaction.atomic(close_and_fail)()
    assert not Entry.objects.filter(subject_id=ROOM).exists()


def test_is_written_in_one_statement(count_queries):
    with count_queries() as queries:
        record()
    assert len(queries) == 1


def test_goes_to_the_spill_when_the_table_is_gone_and_the_caller_goes_on(cast, caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    with transaction.atomic():
        person = cast.person("Alan", "STUDENT")
        record()
    assert type(person).objects.filter(pk=person.pk).exists()
    assert Spill.objects.latest("id").body["subject_id"] == str(ROOM)
    assert "AUDIT" in caplog.text
    with tenancy.enter(tenancy.PUBLIC):
        assert not Entry.objects.filter(subject_id=ROOM).exists(), "a center's act in the platform's trail"


def test_is_told_to_the_log_when_nothing_takes_it(caplog):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE audit_entry; DROP TABLE audit_spill")
    with transaction.atomic():
        record()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert "AUDIT LOST" in caplog.text
    assert str(ROOM) in caplog.text


def test_leaves_the_patience_for_locks_as_it_was():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        record()
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("7s",)


@pytest.mark.parametrize("subject_id", [None, object(), "\0", "\ud800", "x" * 5000])
def test_takes_whatever_it_is_handed(subject_id):
    record(subject_id=subject_id, name="\0\ud800", before={"\0": "\ud800"}, after={"x": object()}, reason="\0" * 900)
    assert Entry.objects.filter(action="room.closed").exists()


def test_an_act_of_an_owner_on_a_center_stands_in_both_trails(cast):
    with tenancy.enter(tenancy.PUBLIC), trace.at(Trace(trace.API, address="203.0.113.9")):
        trace.name_actor(cast.olga)
        audit.record(action="center.suspended", subject="center", subject_id=cast.north.id, also_in="c_north")
        assert Entry.objects.get(action="center.suspended").address == "203.0.113.9"
    entry = Entry.objects.get(action="center.suspended")
    assert (entry.actor_id, entry.actor_role, entry.address) == (cast.olga.pk, "OWNER", None)


@pytest.mark.races
def test_a_locked_table_holds_nobody_up(committed, north):
    locked, done = threading.Event(), threading.Event()

    def hold():
        with tenancy.enter(north), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE")
            locked.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert locked.wait(5)
        record()
        assert not done.is_set()
    finally:
        done.set()
        holder.join()
    assert Spill.objects.get().body["subject_id"] == str(ROOM)
    assert not Entry.objects.filter(subject_id=ROOM).exists()


def _change(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET action = 'x'",
        "UPDATE audit_entry SET name = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "SET LOCAL shiken.audit = 'blank'; UPDATE audit_entry SET action = 'x'",
        "SET LOCAL shiken.audit = 'blank'; UPDATE audit_entry SET name = 'Somebody else'",
        "SET LOCAL shiken.audit = 'blank'; DELETE FROM audit_entry",
    ],
)
def test_the_database_refuses_every_other_change(sql):
    record()
    with pytest.raises(Exception, match="only appended"):
        _change(sql)
