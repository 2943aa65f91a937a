"""An exam goes on whatever becomes of the trail, and pays nothing for it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from apps.assignments import operations as rooms
from apps.attempts.operations import granting, journal, sitting
from apps.audit.models import Entry, Spill
from apps.audit.operations import keeping
from apps.authentication.operations import erasing, people
from tests import factories
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    return factories.make_room(cast, cast.alice, cast.bob)


def test_a_table_that_goes_away_in_the_middle_stops_neither_answers_nor_staff(api, cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    before = Spill.objects.count()
    sitting.start_attempt(actor=cast.bob, assignment_id=room.pk)
    assert api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {}).status_code == 200
    assert api(cast.dora).patch(f"users/{cast.bob.pk}/", {"first_name": "Robert"}).status_code == 200
    assert api(cast.dora).post(f"exam-assignments/{room.pk}/close/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry_away RENAME TO audit_entry")
    assert Spill.objects.count() > before
    keeping.reclaim()
    assert not Spill.objects.exists()
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"room.closed", "person.changed"} <= actions
    assert keeping.verify().is_sound


def test_sitting_and_answering_write_no_entry(cast, room):
    before = Entry.objects.count()
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    journal.get_facts(attempt_id=attempt.pk)
    sitting.visit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert Entry.objects.count() == before


def test_rooms_leave_a_trail_from_making_to_release(cast, room):
    rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, title="Final exam", access_code="abc123")
    rooms.close_room(actor=cast.dora, assignment_id=room.pk)
    rooms.release_results(actor=cast.dora, assignment_id=room.pk)
    found = list(
        Entry.objects.filter(subject="room", subject_id=str(room.pk)).order_by("id").values_list("action", flat=True)
    )
    assert found == ["room.made", "room.open", "room.changed", "room.closed", "room.released"]
    changed = Entry.objects.get(action="room.changed")
    assert changed.changed == ["access_code", "title"]
    assert "abc123" not in str(Entry.objects.filter(pk=changed.pk).values())


def test_takeovers_and_more_time_are_recorded_with_their_reason(cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    granting.extend(actor=cast.dora, assignment_id=room.pk, seconds=60, reason="Fire alarm")
    assert Entry.objects.get(action="attempt.taken_over").subject_id == str(attempt.pk)
    extended = Entry.objects.get(action="room.extended")
    assert extended.reason == "Fire alarm"
    assert extended.changes["seconds"] == [None, 60]


def test_tests_leave_a_trail(cast):
    test = factories.make_test(cast)
    factories.publish(cast, test)
    factories.import_sample(cast)
    found = set(Entry.objects.filter(subject="test").values_list("action", flat=True))
    assert found >= {"test.created", "test.published", "test.imported"}


def test_a_new_password_is_recorded_without_it(cast):
    people.change_password(user_id=cast.alice.pk, password="quite-a-new-one-9")
    entry = Entry.objects.get(action="password.changed", subject_id=str(cast.alice.pk))
    assert "quite-a-new-one-9" not in str(Entry.objects.filter(pk=entry.pk).values())


def test_failures_and_the_lock_are_recorded_once_each(api, cast, settings):
    settings.AXES_FAILURE_LIMIT = 3
    body = {"email": cast.alice.email, "password": "wrong"}
    for _ in range(5):
        api().post("auth/login/", body, REMOTE_ADDR="203.0.113.50")
    found = list(
        Entry.objects.filter(action__startswith="sign_in.").order_by("id").values_list("action", "name", "address")
    )
    failed, locked = "sign_in.failed", "sign_in.locked"
    assert found == [(action, cast.alice.email, "203.0.113.50") for action in (failed, failed, locked)]


def test_a_sign_in_names_its_person(api, cast):
    api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.50")
    entry = Entry.objects.get(action="sign_in.done")
    assert (entry.actor_id, entry.actor_name, entry.address) == (cast.alice.pk, "Alice North", "203.0.113.50")


def test_an_erased_person_is_not_known_by_failed_sign_ins_either(api, cast):
    api().post("auth/login/", {"email": cast.alice.email, "password": "wrong"}, REMOTE_ADDR="203.0.113.50")
    assert Entry.objects.filter(name=cast.alice.email).exists()
    erasing.erase_person(actor=cast.dora, user_id=cast.alice.pk, reason="Asked for it")
    entry = Entry.objects.get(action="sign_in.failed")
    assert (entry.name, entry.address) == ("", None)
    assert keeping.verify().is_sound


@pytest.fixture
def dora_at_the_admin(client, cast):
    path = "/admin/login/"
    client.post(path, {"username": cast.dora.email, "password": PASSWORD}, SERVER_NAME="north.localhost")
    return client


def test_signing_in_to_the_admin_and_its_buttons_are_recorded(dora_at_the_admin, cast, room):
    entry = Entry.objects.get(action="sign_in.admin")
    assert entry.actor_id == cast.dora.pk
    path = reverse("admin:assignments_examassignment_changelist", urlconf="config.urls")
    data = {"action": "close", "_selected_action": str(room.pk)}
    answer = dora_at_the_admin.post(path, data, SERVER_NAME="north.localhost")
    assert answer.status_code == 302, answer.content
    closed = Entry.objects.get(action="room.closed")
    assert (closed.actor_id, closed.via) == (cast.dora.pk, "admin")
    assert Entry.objects.get(action="admin.act").subject_id == str(room.pk)
