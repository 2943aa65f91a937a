"""One's own notices over HTTP."""

from __future__ import annotations

import uuid

import pytest

from apps.core import tenancy
from apps.notifications import operations
from apps.notifications.models import Notice
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def notices(cast):
    for number in range(3):
        operations.notify(user_ids=[cast.alice.pk], type="EXAM_OPENED", message=f"Exam {number}.", link="/x/")
    return list(Notice.objects.order_by("message"))


def messages(person, query=""):
    answer = Api(person).get(f"notifications/{query}")
    assert answer.status_code == 200, answer.content
    return {row["message"] for row in answer.json()["results"]}


def test_a_notice_has_the_fields_that_clients_read(cast):
    thing = uuid.uuid4()
    operations.notify(
        user_ids=[cast.alice.pk], type="EXAM_OPENED", message="Go.", link="/rooms/", related_task_id=thing
    )
    [row] = Api(cast.alice).get("notifications/").json()["results"]
    assert row.pop("created_at").endswith("Z")
    assert row == {
        "id": str(Notice.objects.get().pk),
        "notification_type": "EXAM_OPENED",
        "message": "Go.",
        "link": "/rooms/",
        "is_read": False,
        "user_id": str(cast.alice.pk),
        "related_task_id": str(thing),
        "related_contact_request_id": None,
    }


def test_everybody_has_their_own_inbox(cast, notices):
    assert len(messages(cast.alice)) == 3
    for person in (cast.bob, cast.carol, cast.dora, cast.gus, cast.mallory, cast.sybil):
        assert messages(person) == set()
    assert Api().get("notifications/").status_code == 401


def test_reads_one_and_finds_the_unread(cast, notices):
    alice = Api(cast.alice)
    answer = alice.patch(f"notifications/{notices[0].pk}/", {"is_read": True})
    assert (answer.status_code, answer.json()["is_read"]) == (200, True)
    assert messages(cast.alice, "?is_read=false") == {"Exam 1.", "Exam 2."}
    assert messages(cast.alice, "?is_read=true") == {"Exam 0."}
    assert alice.get(f"notifications/{notices[0].pk}/").json() == answer.json()
    assert alice.patch(f"notifications/{notices[0].pk}/", {"is_read": False}).json()["is_read"] is False


def test_reads_all(cast, notices):
    operations.notify(user_ids=[cast.bob.pk], type="EXAM_OPENED", message="Bob's.")
    answer = Api(cast.alice).post("notifications/mark-all-read/")
    assert (answer.status_code, answer.json()) == (200, {"updated": 3})
    assert Api(cast.alice).post("notifications/mark-all-read/").json() == {"updated": 0}
    assert messages(cast.bob, "?is_read=false") == {"Bob's."}


@pytest.mark.parametrize("body", [{}, {"is_read": "maybe"}, {"is_read": True, "message": "Hi"}, {"user_id": 1}, []])
def test_only_the_read_mark_changes(cast, notices, body):
    answer = Api(cast.alice).patch(f"notifications/{notices[0].pk}/", body)
    assert answer.status_code == 422
    notices[0].refresh_from_db()
    assert (notices[0].is_read, notices[0].message) == (False, "Exam 0.")


def test_other_peoples_notices_look_unknown(cast, notices):
    strip = lambda answer: (answer.status_code, {**answer.json(), "request_id": ""})  # noqa: E731
    unknown = strip(Api(cast.alice).get(f"notifications/{uuid.uuid4()}/"))
    assert unknown[0] == 404
    for person in (cast.bob, cast.dora, cast.mallory):
        client = Api(person)
        assert strip(client.get(f"notifications/{notices[0].pk}/")) == unknown
        assert strip(client.patch(f"notifications/{notices[0].pk}/", {"is_read": True})) == unknown


def test_two_centers_have_two_inboxes(cast, notices, south):
    with tenancy.enter(south):
        operations.notify(user_ids=[cast.mallory.pk], type="EXAM_OPENED", message="Southern.")
    assert messages(cast.mallory) == {"Southern."}
    assert "Southern." not in messages(cast.alice)


@pytest.mark.parametrize("query", ["is_read=perhaps", "user_id=1", "ordering=user__password"])
def test_refuses_parameters_it_does_not_know(cast, query):
    answer = Api(cast.alice).get(f"notifications/?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


def test_nothing_is_made_or_deleted_here(cast, notices):
    alice = Api(cast.alice)
    assert alice.post("notifications/", {}).status_code == 405
    assert alice.delete(f"notifications/{notices[0].pk}/").status_code == 405


def test_a_list_costs_the_same_for_many(cast, notices, count_queries):
    alice = Api(cast.alice)
    alice.get("notifications/")
    with count_queries() as few:
        alice.get("notifications/")
    for number in range(10):
        operations.notify(user_ids=[cast.alice.pk], type="EXAM_OPENED", message=f"More {number}.")
    with count_queries() as many:
        alice.get("notifications/")
    assert len(many) == len(few) <= 3
