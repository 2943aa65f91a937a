from __future__ import annotations

import csv
import io
import json
import uuid

import pytest
from django.db import connection, transaction
from openpyxl import load_workbook

from apps.audit import operations as audit
from apps.audit.models import Entry
from apps.authentication.operations import people
from apps.centers.operations import centers
from apps.core import clock, tenancy, trace
from apps.core.trace import Trace

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(cast):
    """Dora, with an empty trail."""
    person = cast.dora
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL shiken.audit = 'drop'; DELETE FROM audit_entry; DELETE FROM audit_link;"
            " SET LOCAL shiken.audit = ''"
        )
    return person


def record(**fields):
    audit.record(**{"action": "room.closed", "subject": "room", "subject_id": uuid.uuid4(), "name": "Mock", **fields})


def by(person, **fields):
    with trace.at(Trace(trace.API, address="203.0.113.9", agent="Firefox")):
        trace.name_actor(person)
        record(**fields)


def test_admins_read_who_did_what(api, cast, dora):
    by(cast.carol, before={"status": "OPEN"}, after={"status": "CLOSED"}, reason="The bell rang.")
    entry = api(dora).get("audit/").json()["results"][0]
    assert entry["action"] == "room.closed"
    assert entry["actor_name"] == "Carol North"
    assert entry["address"] == "203.0.113.9"
    assert entry["changes"] == {"status": ["OPEN", "CLOSED"]}
    detail = api(dora).get(f"audit/{entry['id']}/").json()
    assert detail["agent"] == "Firefox"
    assert len(detail["after_hash"]) == 64


def test_what_is_done_over_the_api_names_person_place_and_request(api, cast, dora):
    student = cast.alice
    answer = api(dora).patch(
        f"users/{student.pk}/",
        {"is_active": False},
        HTTP_X_REQUEST_ID="request-12345678",
        HTTP_USER_AGENT="Test",
        REMOTE_ADDR="198.51.100.7",
    )
    assert answer.status_code == 200, answer.content
    entry = Entry.objects.filter(subject_id=str(student.pk)).latest("id")
    assert (entry.actor_id, entry.actor_role, entry.via) == (dora.pk, "CENTER_ADMIN", "api")
    assert (entry.address, entry.request_id, entry.agent) == ("198.51.100.7", "request-12345678", "Test")


def test_an_address_that_a_stranger_claims_is_not_believed(api, cast, dora, settings):
    def seen_from(**headers):
        api(dora).patch(f"users/{cast.alice.pk}/", {"first_name": str(uuid.uuid4())}, REMOTE_ADDR="10.0.0.9", **headers)
        return Entry.objects.latest("id").address

    assert seen_from(HTTP_X_FORWARDED_FOR="1.2.3.4") == "10.0.0.9"
    settings.AXES_IPWARE_PROXY_COUNT = 1
    assert seen_from(HTTP_X_FORWARDED_FOR="1.2.3.4, 198.51.100.7") == "198.51.100.7"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=room.closed", {"a", "b"}),
        ("action=room.", {"a", "b", "c"}),
        ("subject=test", {"d"}),
        ("search=bell", {"a"}),
        ("search=Carol", {"a"}),
        ("search=nothing", set()),
    ],
)
def test_the_list_can_be_narrowed(api, cast, dora, query, found):
    by(cast.carol, name="a", reason="The bell rang.")
    record(name="b")
    record(name="c", action="room.opened")
    record(name="d", subject="test", action="test.published")
    names = {row["name"] for row in api(dora).get(f"audit/?{query}").json()["results"]}
    assert names & {"a", "b", "c", "d"} == found


def test_filters_by_person_object_and_time(api, cast, dora):
    room = uuid.uuid4()
    by(cast.carol, name="a", subject_id=room)
    middle = clock.now().isoformat()
    record(name="b")

    def names(**query):
        return [row["name"] for row in api(dora).get("audit/", query).json()["results"]]

    assert names(actor=cast.carol.pk) == ["a"]
    assert names(subject_id=str(room)) == ["a"]
    assert names(since=middle) == ["b"]
    assert names(until=middle, action="room.closed") == ["a"]


def test_a_long_trail_costs_a_fixed_number_of_queries(api, dora, count_queries):
    client = api(dora)
    for _ in range(3):
        record()
    client.get("audit/")
    with count_queries() as few:
        client.get("audit/")
    for _ in range(40):
        record()
    with count_queries() as many:
        client.get("audit/")
    assert len(few) == len(many) <= 4


@pytest.mark.parametrize("query", ["actor=x", "since=yesterday", "colour=red", "to=pdf", "action=" + "x" * 61])
def test_refuses_filters_that_make_no_sense(api, dora, query):
    assert api(dora).get(f"audit/?{query}").status_code == 422


@pytest.mark.parametrize(
    "path", ["audit/", "audit/00000000-0000-0000-0000-000000000001/", "audit/export/", "audit/verify/"]
)
@pytest.mark.parametrize("name", ["carol", "alice", "gus"])
def test_nobody_else_reads_it(api, cast, path, name):
    assert api(getattr(cast, name)).get(path).status_code == 403
    assert api().get(path).status_code == 401


def test_an_entry_of_another_center_is_not_there(api, cast, dora):
    with tenancy.enter(cast.south):
        record(subject_id="in south")
        foreign = Entry.objects.latest("id").uid
    unknown, refused = (api(dora).get(f"audit/{id}/") for id in (uuid.uuid4(), foreign))
    assert refused.status_code == 404
    assert {**refused.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert "in south" not in api(dora).get("audit/?page_size=100").content.decode()


def test_owners_read_the_platforms_trail_and_no_centers(api, cast, dora):
    record(name="Secret of north")
    client = api(cast.olga)
    with tenancy.enter(tenancy.PUBLIC):
        record(action="center.suspended", name="North")
    body = client.get("audit/?page_size=100").content.decode()
    assert "center.suspended" in body
    assert "Secret of north" not in body


def test_the_center_sees_what_owners_do_to_it(api, cast, dora):
    client = api(cast.olga)
    assert client.post(f"owner-centers/{cast.north.id}/suspend/").status_code == 200
    with tenancy.enter(cast.north):
        entry = api(dora).get("audit/?only_owners=true").json()["results"][0]
    assert entry["action"] == "center.suspended"
    assert (entry["actor_name"], entry["actor_role"]) == ("Olga Shiken", "OWNER")
    assert entry["changes"] == {"status": ["ACTIVE", "SUSPENDED"]}
    assert entry["address"] is None


def _export(api, person, query):
    answer = api(person).get(f"audit/export/?{query}")
    assert answer.status_code == 200, answer.content
    return answer, b"".join(answer.streaming_content)


def test_exports_are_text_that_no_spreadsheet_runs(api, dora):
    record(name='=HYPERLINK("http://x")', reason="+1")
    answer, body = _export(api, dora, "to=csv&subject=room")
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["name"] == '\'=HYPERLINK("http://x")'
    assert rows[0]["reason"] == "'+1"
    sheet = load_workbook(io.BytesIO(_export(api, dora, "to=xlsx&subject=room")[1])).active
    cells = {cell.value for row in sheet.iter_rows() for cell in row}
    assert '\'=HYPERLINK("http://x")' in cells
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_lines_of_json_hold_every_entry_as_it_is(api, dora):
    for number in range(5):
        record(name=f"=Room {number}", before={"capacity": 1}, after={"capacity": 2})
    lines = [json.loads(line) for line in _export(api, dora, "to=jsonl&action=room.closed")[1].splitlines()]
    assert [line["name"] for line in lines] == [f"=Room {number}" for number in reversed(range(5))]
    assert lines[0]["changes"] == {"capacity": [1, 2]}


def test_that_somebody_took_the_trail_stands_in_it(api, dora):
    _export(api, dora, "to=csv&search=bell")
    entry = Entry.objects.get(action="audit.exported")
    assert entry.actor_id == dora.pk
    assert entry.name == "csv"


def test_a_sheet_that_is_too_long_is_refused_before_it_begins(api, dora, monkeypatch):
    monkeypatch.setattr("apps.audit.operations.exporting.MOST_IN_SHEET", 3)
    for _ in range(4):
        record()
    answer = api(dora).get("audit/export/?to=xlsx")
    assert answer.status_code == 409
    assert answer.json()["code"] == "too_many_for_a_sheet"
    assert len(_export(api, dora, "to=jsonl&action=room.closed")[1].splitlines()) == 4


def test_a_long_export_is_read_in_batches(api, dora, monkeypatch, count_queries):
    monkeypatch.setattr("apps.audit.queries._BATCH", 10)
    for _ in range(25):
        record()
    body = _export(api, dora, "to=jsonl&action=room.closed")[1]
    assert len(body.splitlines()) == 25


def test_verifying_tells_who_touched_it(api, dora):
    for _ in range(3):
        record()
    found = api(dora).get("audit/verify/").json()
    assert found["is_sound"] is True
    assert found["entries"] == 3
    target = Entry.objects.order_by("id")[1].pk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET name = 'x' WHERE id = %s", [target])
    found = api(dora).get("audit/verify/").json()
    assert found["is_sound"] is False
    assert found["flaws"] == [{"entry": target, "flaw": "changed"}]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_there_is_no_way_to_write(api, dora, method):
    record()
    for path in ("audit/", f"audit/{Entry.objects.latest('id').uid}/"):
        assert getattr(api(dora), method)(path, {}).status_code == 405


def test_secrets_never_reach_it(cast, dora):
    people.change_password(user_id=cast.alice.pk, password="new-password-4711")
    told = json.dumps(list(Entry.objects.values()), default=str)
    assert "new-password-4711" not in told
    assert Entry.objects.filter(action="password.changed", subject_id=str(cast.alice.pk)).exists()


def test_a_new_center_begins_its_trail_with_its_creation(cast):
    with tenancy.enter(tenancy.PUBLIC):
        center = centers.open_center(name="East", slug="east_trail", host="east-trail.localhost")
        assert Entry.objects.filter(action="center.created", subject_id=str(center.pk)).exists()
    with tenancy.enter(tenancy.get_by_schema(center.schema_name)):
        assert [entry.action for entry in Entry.objects.all()] == ["center.created"]
