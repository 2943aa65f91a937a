from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from apps.audit import operations as audit
from apps.audit import rules, tasks
from apps.audit.models import Entry, Link, Spill
from apps.audit.operations import keeping
from apps.core import clock, tenancy, trace
from apps.core.trace import Trace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty(db):
    by_hand("drop", "DELETE FROM audit_entry; DELETE FROM audit_link")


def record(count=1, **fields):
    for number in range(count):
        audit.record(**{"action": "room.closed", "subject": "room", "subject_id": number, "name": "Room", **fields})


def by_hand(way, sql, *values):
    """As somebody with the database's password would."""
    with transaction.atomic(), connection.cursor() as cursor:
        if way == "off":
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER; ALTER TABLE audit_link DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT set_config('shiken.audit', %s, true)", [way])
        cursor.execute(sql, list(values))
        if way == "off":
            cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER; ALTER TABLE audit_link ENABLE TRIGGER USER")
        else:
            cursor.execute("SELECT set_config('shiken.audit', '', true)")


def test_a_trail_that_nobody_touched_is_sound():
    with trace.at(Trace(trace.API, address="2001:db8::7", agent="Ünïcode")):
        record(5, before={"status": "A", "at": clock.now()}, after={"status": "B"}, reason="日本語")
    verdict = keeping.verify()
    assert verdict.is_sound, verdict.flaws
    assert (verdict.entries, verdict.chained, verdict.waiting) == (5, 5, 0)
    assert verdict.head == Link.objects.latest("id").digest


def test_what_is_written_later_is_chained_later():
    record(2)
    assert keeping.chain() == 2
    assert keeping.chain() == 0
    record(3)
    assert keeping.chain() == 3
    assert keeping.verify().chained == 5


@pytest.mark.parametrize(
    ("sql", "flaw"),
    [
        ("UPDATE audit_entry SET action = 'room.opened' WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET name = 'Another' WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET actor_name = 'Mallory' WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET address = '192.0.2.1' WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET changes = '{\"x\": [1, 2]}' WHERE id = %s", "changed"),
        ("UPDATE audit_entry SET at = at - interval '1 day' WHERE id = %s", "moved"),
        ("DELETE FROM audit_entry WHERE id = %s", "missing"),
        ("DELETE FROM audit_link WHERE entry_id = %s", "chain_broken"),
        ("UPDATE audit_link SET entry_id = -entry_id WHERE entry_id = %s", "missing"),
    ],
)
def test_tells_which_entry_somebody_tampered_with(sql, flaw, caplog):
    record(5)
    keeping.chain()
    target = Entry.objects.order_by("id")[2].pk
    by_hand("off", sql, target)
    verdict = keeping.verify()
    assert not verdict.is_sound
    assert flaw in {found["flaw"] for found in verdict.flaws}
    assert abs(verdict.flaws[0]["entry"]) in (target, target + 1)
    assert "AUDIT" in caplog.text


def test_an_entry_copied_over_another_shows():
    record(3)
    keeping.chain()
    first, second, _ = Entry.objects.order_by("id").values_list("pk", flat=True)
    columns = "action, subject, subject_id, name, reason, changed, changes, seal, actor_seal, subject_seal"
    by_hand(
        "off",
        f"UPDATE audit_entry a SET ({columns}) = (SELECT {columns} FROM audit_entry WHERE id = %s) WHERE id = %s",
        first,
        second,
    )
    assert {"entry": second, "flaw": "moved"} in keeping.verify().flaws


def test_with_an_earlier_secret_what_it_sealed_is_still_checked(settings):
    record(2)
    keeping.chain()
    with override_settings(SHIKEN_AUDIT_KEYS=["a new key", *settings.SHIKEN_AUDIT_KEYS]):
        record()
        verdict = keeping.verify()
        assert verdict.is_sound
        assert verdict.unknown_key == 0
    with override_settings(SHIKEN_AUDIT_KEYS=["a new key"]):
        verdict = keeping.verify()
        assert verdict.unknown_key == 4, "two entries and two links"
        assert verdict.is_sound, "what cannot be checked is said to be so, not called false"


def test_spilled_entries_come_in_with_the_moment_of_their_act(cast):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    with trace.at(Trace(trace.API, address="203.0.113.9")):
        trace.name_actor(cast.dora)
        record(3, before={"status": "A"}, after={"status": "B"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry_away RENAME TO audit_entry")
    moments = list(Spill.objects.values_list("at", flat=True))
    assert keeping.reclaim() == len(moments)
    assert not Spill.objects.exists()
    assert list(Entry.objects.filter(action="room.closed").order_by("id").values_list("at", flat=True)) == moments[-3:]
    assert Entry.objects.filter(actor_id=cast.dora.pk, address="203.0.113.9").count() == 3
    assert keeping.verify().is_sound


def test_spilled_entries_wait_while_the_table_is_away():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    record(2)
    assert keeping.reclaim() == 0
    assert Spill.objects.count() == 2


def test_a_person_can_be_forgotten_and_the_trail_still_verifies(cast):
    with trace.at(Trace(trace.API, address="203.0.113.9", agent="Firefox")):
        trace.name_actor(cast.carol)
        audit.record(action="test.created", subject="test", subject_id=uuid.uuid4(), name="Spring test")
    with trace.at(Trace(trace.API, address="203.0.113.1", agent="Safari")):
        trace.name_actor(cast.dora)
        audit.record(action="person.x", subject="user", subject_id=cast.carol.pk, name="Carol North", reason="Why")
    keeping.chain()
    keeping.forget_person(person_id=cast.carol.pk)
    acted = Entry.objects.get(action="test.created")
    assert (acted.actor_id, acted.actor_name, acted.address, acted.agent) == (cast.carol.pk, "", None, "")
    assert acted.name == "Spring test"
    suffered = Entry.objects.get(action="person.x")
    assert (suffered.name, suffered.reason, suffered.actor_name) == ("", "", "Dora North")
    assert not Entry.objects.filter(name__contains="Carol").exists()
    verdict = keeping.verify()
    assert verdict.is_sound, verdict.flaws


def test_whole_old_months_go_and_what_is_left_verifies():
    record(3)
    at = clock.now() - timedelta(days=800)
    by_hand("off", "UPDATE audit_entry SET at = %s", at)
    record(2)
    keeping.chain()
    assert keeping.drop_old(months=24) == 3
    assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
        "room.closed",
        "room.closed",
        "audit.dropped",
    ]
    verdict = keeping.verify()
    assert verdict.is_sound, verdict.flaws
    assert verdict.entries == 3
    assert keeping.drop_old(months=24) == 0


def test_everything_old_goes_as_well():
    record(2)
    by_hand("off", "UPDATE audit_entry SET at = %s", clock.now() - timedelta(days=800))
    assert keeping.drop_old(months=1) == 2
    record()
    assert keeping.verify().is_sound


@pytest.mark.parametrize(
    ("months", "first"), [(1, "2026-02-01"), (3, "2025-12-01"), (24, "2024-03-01"), (15, "2024-12-01")]
)
def test_keeps_whole_months(months, first):
    at = clock.now().replace(year=2026, month=3, day=31)
    assert f"{rules.first_day_kept(at, months):%Y-%m-%d}" == first


def test_values_are_kept_only_where_they_are_harmless():
    before = {"status": "OPEN", "email": "a@x.test", "title": "A", "capacity": 3, "access_code": 1, "is_active": True}
    after = {"status": "CLOSED", "email": "b@x.test", "title": "B", "capacity": 4, "access_code": 2, "is_active": False}
    assert rules.harmless_changes(before, after) == {
        "status": ["OPEN", "CLOSED"],
        "capacity": [3, 4],
        "is_active": [True, False],
    }
    assert rules.changed_names(before, after) == sorted(before)


@pytest.mark.races
def test_writers_and_chaining_at_once_leave_one_sound_chain(committed, north):
    """An entry whose number was drawn early and whose commit came late gets its place all the same."""
    stop = threading.Event()

    def chain():
        with tenancy.enter(north):
            while not stop.is_set():
                keeping.chain()
        connection.close()

    def write():
        with tenancy.enter(north):
            for number in range(20):
                with transaction.atomic():
                    record(2, subject_id=number)
        connection.close()

    chainers = [threading.Thread(target=chain) for _ in range(2)]
    writers = [threading.Thread(target=write) for _ in range(4)]
    for thread in [*chainers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in chainers:
        thread.join()
    verdict = keeping.verify()
    assert verdict.is_sound, verdict.flaws
    assert (verdict.entries, verdict.chained) == (160, 160)


def test_a_new_center_has_the_guards_too(cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relnamespace::regnamespace::text, count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
            " WHERE relname IN ('audit_entry', 'audit_link') AND NOT tgisinternal GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    assert found["c_north"] == found["public"] == 4


def test_the_command_tells_and_fails(cast, capsys):
    record(2)
    call_command("verify_audit", center="north")
    assert "north: 2 entries, 0 flaws" in capsys.readouterr().out
    by_hand("off", "UPDATE audit_entry SET name = 'x'")
    with pytest.raises(CommandError, match="north"):
        call_command("verify_audit", center="north")
    assert "changed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no center"):
        call_command("verify_audit", center="nowhere")


def test_the_round_visits_the_platform_and_every_center(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.keep_audit, "apply_async", lambda **how: sent.append(how["headers"]["_schema_name"]))
    with tenancy.enter(tenancy.PUBLIC):
        record()
        tasks.keep_audits()
        assert not keeping.verify().waiting
    assert {"c_north", "c_south"} <= set(sent)


def test_one_center_that_cannot_be_sent_for_stops_no_other(monkeypatch):
    sent = []

    def send(**how):
        if how["headers"]["_schema_name"] == "c_north":
            raise OSError
        sent.append(how["headers"]["_schema_name"])

    monkeypatch.setattr(tasks.keep_audit, "apply_async", send)
    with tenancy.enter(tenancy.PUBLIC):
        tasks.keep_audits()
    assert "c_south" in sent
