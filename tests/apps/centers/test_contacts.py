from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.audit.models import Entry
from apps.centers.errors import ContactInvalid, RequestNotFound, RequestOpen, TooManyRequests
from apps.centers.models import ContactRequest
from apps.centers.operations import contacts
from apps.centers.queries import contacts as queries
from apps.centers.rules import contacts as rules
from apps.core import bus, tenancy, trace
from apps.core.trace import Trace
from apps.notifications.models import Notice
from tests.letters import arrived, link_in

PHONE = "+998 90 123-45-67"


def ask(phone: str = PHONE, address: str = "192.0.2.7", **given: str) -> ContactRequest:
    values = {"center_name": "Sakura", "full_name": "Wendy Pan", "message": "Call me.", **given}
    with trace.at(Trace(trace.API, address=address)):
        return contacts.ask(phone_number=phone, **values)


@pytest.mark.django_db
def test_owners_are_told_by_notice_and_letter_and_nobody_else_is(cast):
    people = (cast.olga, cast.dora, cast.alice)
    request = ask(message="First line\nand second", full_name="Wen\u202edy\r\n Pan")
    assert (request.status, request.ip_address, request.full_name) == ("PENDING", "192.0.2.7", "Wen dy Pan")
    (letter,) = arrived()
    assert letter.to == [people[0].email]
    assert "Sakura" in letter.subject
    assert "> and second" in letter.body
    assert link_in(letter).startswith("http://localhost:")
    assert link_in(letter).endswith(f"/admin/centers/contactrequest/{request.pk}/change/")
    with tenancy.enter(tenancy.PUBLIC):
        (notice,) = Notice.objects.all()
    assert (notice.user_id, notice.notification_type) == (people[0].pk, "CONTACT_REQUEST")
    assert notice.related_contact_request_id == request.pk
    with tenancy.enter(cast.north):
        assert not Notice.objects.exists()


@pytest.mark.django_db
def test_delivered_twice_they_are_told_once(cast):
    assert cast.olga
    ask()
    bus.deliver_due()
    bus.Delivery.objects.update(done_at=None)
    assert len(arrived()) == 1
    with tenancy.enter(tenancy.PUBLIC):
        assert Notice.objects.count() == 1


@pytest.mark.django_db
def test_a_message_may_be_empty():
    assert ask(message=" \n ").message == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"center_name": "--"}, ["/center_name"]),
        ({"full_name": "\u202e\n"}, ["/full_name"]),
        ({"phone": "call me"}, ["/phone_number"]),
        ({"phone": "12", "full_name": ""}, ["/full_name", "/phone_number"]),
    ],
)
def test_refuses_what_nobody_could_call(given, pointers):
    with pytest.raises(ContactInvalid) as refused:
        ask(**given)
    assert [problem.pointer for problem in refused.value.problems] == pointers
    assert not ContactRequest.objects.exists()


@pytest.mark.django_db
def test_a_number_has_one_open_request_however_it_is_written():
    first = ask()
    with pytest.raises(RequestOpen) as refused:
        ask("998901234567")
    assert refused.value.problems[0].pointer == "/phone_number"
    contacts.set_status(request_id=first.pk, status="CONTACTED")
    with pytest.raises(RequestOpen):
        ask()
    contacts.set_status(request_id=first.pk, status="RESOLVED")
    second = ask()
    with pytest.raises(RequestOpen):
        contacts.set_status(request_id=first.pk, status="PENDING")
    assert queries.get_request(request_id=first.pk).status == "RESOLVED"
    assert second.status == "PENDING"


@pytest.mark.django_db
def test_from_one_place_a_few_in_an_hour_are_kept():
    for number in range(rules.MOST_FROM_ONE_PLACE):
        ask(f"+99890000000{number}")
    with pytest.raises(TooManyRequests) as refused:
        ask("+998900000010")
    assert refused.value.retry_after == 3600
    ask("+998900000011", address="192.0.2.8")
    ContactRequest.objects.update(created_at=Now() - timedelta(minutes=61))
    ask("+998900000012")


@pytest.mark.django_db
def test_a_flood_from_everywhere_ends_too(monkeypatch):
    monkeypatch.setattr(rules, "MOST_IN_ALL", 3)
    for number in range(3):
        ask(f"+99890000000{number}", address=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        ask("+998900000010", address="192.0.2.200")


@pytest.mark.django_db
def test_a_status_and_a_removal_are_written_down():
    request = ask()
    contacts.set_status(request_id=request.pk, status="REJECTED")
    contacts.set_status(request_id=request.pk, status="REJECTED")
    contacts.delete_request(request_id=request.pk)
    with tenancy.enter(tenancy.PUBLIC):
        entries = Entry.objects.filter(subject_id=str(request.pk)).order_by("pk")
        assert [entry.action for entry in entries] == ["contact_request.changed", "contact_request.deleted"]
    for act in (contacts.delete_request, queries.get_request):
        with pytest.raises(RequestNotFound):
            act(request_id=request.pk)


@pytest.mark.django_db
def test_the_inbox_is_searched_and_filtered():
    sakura = ask(center_name="Sakura")
    other = ask("+1 555 0100", center_name="Far East", message="about JLPT")
    contacts.set_status(request_id=other.pk, status="CONTACTED")
    found = {
        "sakura": [sakura],
        "90 123": [sakura],
        "5550100": [other],
        "jlpt": [other],
        "nobody": [],
    }
    for search, expected in found.items():
        assert list(queries.list_requests(search=search)) == expected, search
    assert list(queries.list_requests(status="CONTACTED")) == [other]
    assert list(queries.list_requests(ordering="center_name")) == [other, sakura]
    assert list(queries.list_requests()) == [other, sakura]


def _many_at_once(count: int) -> list[str]:
    said: list[str] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        with tenancy.enter(tenancy.PUBLIC):
            barrier.wait()
            try:
                ask(address=f"192.0.2.{number}")
                said.append("kept")
            except RequestOpen:
                said.append("open")
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


@pytest.mark.races
def test_of_many_with_one_number_at_once_one_is_kept(committed):
    assert _many_at_once(8) == ["kept"] + ["open"] * 7


@pytest.mark.races
def test_without_the_constraint_all_of_them_would_be(committed):
    """The control of the test above."""
    table, name = ContactRequest._meta.db_table, "one_open_request_per_phone"
    condition = "status IN ('PENDING', 'CONTACTED')"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX public.{name}")
    try:
        assert _many_at_once(8) == ["kept"] * 8
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE public.{table}")
            cursor.execute(f"CREATE UNIQUE INDEX {name} ON public.{table} (phone_digits) WHERE {condition}")
