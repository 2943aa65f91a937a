from __future__ import annotations

import uuid

import pytest

from apps.centers.models import ContactRequest
from apps.centers.operations import contacts
from apps.core import bus, tenancy
from tests.client import Api

pytestmark = pytest.mark.django_db
FORM, LIST = "contact-requests/", "owner-contact-requests/"
WENDY = {"center_name": "Individual", "full_name": "Wendy Pan", "phone_number": "+998 90 123 45 67"}


@pytest.fixture
def olga(cast, api):
    return api(cast.olga)


def made(number: int = 7, **values) -> ContactRequest:
    given = {**WENDY, "phone_number": f"+9989000000{number:02}", **values}
    return contacts.ask(**given)


@pytest.mark.parametrize("host", ["localhost", "north.localhost"])
@pytest.mark.parametrize("message", [None, "", "Please call."])
def test_anybody_asks_on_either_host(olga, host, message):
    body = WENDY if message is None else {**WENDY, "message": message}
    answer = Api(host=host).post(FORM, body)
    assert answer.status_code == 201, answer.content
    listed = olga.get(LIST).json()
    assert listed["count"] == 1
    row = listed["results"][0]
    assert isinstance(row["id"], str)
    assert row == {
        **WENDY,
        "id": answer.json()["id"],
        "message": message or "",
        "status": "PENDING",
        "ip_address": "127.0.0.1",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    assert "ip_address" not in answer.json()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"full_name": ""}, "/full_name"),
        ({"full_name": "\u202e"}, "/full_name"),
        ({"center_name": "x" * 121}, "/center_name"),
        ({"phone_number": "call me"}, "/phone_number"),
        ({"message": "x" * 4001}, "/message"),
        ({"status": "RESOLVED"}, "/status"),
        ({"ip_address": "1.2.3.4"}, "/ip_address"),
    ],
)
def test_refuses_with_its_place(changes, pointer):
    answer = Api(host="localhost").post(FORM, {**WENDY, **changes})
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]
    assert not ContactRequest.objects.exists()


def test_an_open_request_with_the_same_number_is_refused():
    client = Api(host="localhost")
    assert client.post(FORM, WENDY).status_code == 201
    again = client.post(FORM, {**WENDY, "phone_number": "998901234567"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "request_open")


def test_too_many_from_one_place_have_to_wait():
    client = Api(host="localhost")
    answers = [client.post(FORM, {**WENDY, "phone_number": f"+99890000000{n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "3600"


def test_a_robot_is_thanked_and_forgotten():
    answer = Api(host="localhost").post(FORM, {**WENDY, "homepage": "http://spam.example"})
    assert (answer.status_code, answer.json()["status"]) == (201, "PENDING")
    assert set(answer.json()) == {"id", "status", "created_at", "message", *WENDY}
    assert not ContactRequest.objects.exists()


def test_a_status_is_changed_and_nothing_else(olga):
    one = f"{LIST}{made().pk}/"
    assert olga.patch(one, {"status": "CONTACTED"}).json()["status"] == "CONTACTED"
    for body in ({"status": "DONE"}, {}, {"status": "PENDING", "phone_number": "1"}):
        assert olga.patch(one, body).status_code == 422
    assert olga.get(one).json()["status"] == "CONTACTED"


def test_a_doubled_slash_is_one(olga):
    request = made()
    assert olga.delete(f"/api/v1/owner-contact-requests//{request.pk}/").status_code == 204
    assert olga.get(f"{LIST}{request.pk}/").status_code == 404
    assert olga.delete(f"/api/v1//owner-contact-requests///{request.pk}/").status_code == 404


def test_the_inbox_has_pages_of_six_and_filters(olga):
    for number in range(8):
        made(number, center_name=f"Center {number}")
    contacts.set_status(request_id=ContactRequest.objects.get(center_name="Center 3").pk, status="REJECTED")
    assert len(olga.get(LIST).json()["results"]) == 6
    assert len(olga.get(f"{LIST}?page=2").json()["results"]) == 2
    assert olga.get(f"{LIST}?page=3").status_code == 404

    def names(query: str) -> list[str]:
        return [row["center_name"] for row in olga.get(f"{LIST}?{query}").json()["results"]]

    assert names("status=REJECTED") == ["Center 3"]
    assert names("search=center 5") == ["Center 5"]
    assert names("ordering=center_name&page_size=2") == ["Center 0", "Center 1"]
    assert olga.get(f"{LIST}?status=LOST").status_code == 422


def test_the_inbox_is_for_owners(cast, api):
    request = made()
    stranger = Api(host="localhost")
    assert stranger.get(LIST).status_code == 401
    assert stranger.delete(f"{LIST}{request.pk}/").status_code == 401
    assert api(cast.dora).get(LIST).status_code == 404
    assert stranger.get(FORM).status_code == 405


def test_unknown_ones_are_not_found(olga):
    for method in ("get", "patch", "delete"):
        assert getattr(olga, method)(f"{LIST}{uuid.uuid4()}/", {"status": "PENDING"}).status_code == 404


def test_owners_read_of_it_in_their_inbox_of_notices(cast, olga):
    request = made()
    bus.deliver_due(most=100)
    body = olga.get("notifications/?is_read=false").json()
    assert body["count"] == 1
    notice = body["results"][0]
    assert (notice["notification_type"], notice["related_contact_request_id"]) == ("CONTACT_REQUEST", str(request.pk))
    assert notice["message"]
    assert olga.patch(f"notifications/{notice['id']}/", {"is_read": True}).json()["is_read"] is True
    assert olga.get("notifications/?is_read=false").json()["count"] == 0
    with tenancy.enter(cast.north):
        assert Api(cast.dora).get("notifications/").json()["count"] == 0


def test_a_path_without_its_slash_leads_there_for_pages_of_other_origins(cast, olga, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.shiken.jp"]
    answer = olga.get(f"owner-centers/{cast.north.id}", headers={"origin": "https://app.shiken.jp"}, follow=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/api/v1/owner-centers/{cast.north.id}/"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.shiken.jp"
    assert olga.get(f"owner-centers/{cast.north.id}", follow=True).json()["name"] == "North"
