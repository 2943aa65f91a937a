"""exam-assignments/{id}/seats/ and force-submit/."""

from __future__ import annotations

import uuid

import pytest

from tests.factories import people_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(room):
    return f"exam-assignments/{room.pk}/seats/"


def test_lists_the_seats_of_a_room_with_what_is_true_of_all(api, cast, attempt, url):
    body = api(cast.dora).get(url).json()
    assert [(row["name"], row["state"], row["attempt"]) for row in body["results"]] == [
        ("Alice North", "SITTING", str(attempt.pk)),
        ("Bob North", "NOT_STARTED", None),
    ]
    assert (body["count"], body["questions"], body["states"]["SITTING"]) == (2, 4, 1)
    assert body["has_presence"] is True


def test_is_paged_and_filtered_by_state(api, cast, room, attempt, url):
    room.people.add(*people_of(cast, 5))
    client = api(cast.dora)
    page = client.get(url, {"state": "NOT_STARTED", "page_size": 4, "page": 2}).json()
    assert (page["count"], len(page["results"]), page["states"]["SITTING"]) == (6, 2, 1)
    answer = client.get(url, {"state": "ASLEEP"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/state")


def test_seats_are_for_who_manages_the_room(api, cast, room, attempt, url):
    assert api(cast.alice).get(url).status_code == 403
    foreign, unknown = (
        api(person).get(f"exam-assignments/{which}/seats/")
        for person, which in ((cast.sybil, room.pk), (cast.dora, uuid.uuid4()))
    )
    for answer in (foreign, unknown, api(cast.other_teacher).get(url)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_papers_are_collected_by_staff_with_a_reason(api, cast, room, attempt):
    url = f"exam-assignments/{room.pk}/force-submit/"
    answer = api(cast.dora).post(url, {"student_ids": [str(cast.alice.pk)], "reason": "Fire"})
    assert answer.status_code == 200
    assert [(seat["attempt"], seat["status"]) for seat in answer.json()["seats"]] == [(str(attempt.pk), "SUBMITTED")]
    again = api(cast.dora).post(url, {"student_ids": [str(cast.alice.pk)], "reason": "Fire"})
    assert (again.status_code, again.json()["code"]) == (409, "not_sitting")


def test_collecting_is_refused_without_a_reason_and_to_others(api, cast, room, attempt):
    url = f"exam-assignments/{room.pk}/force-submit/"
    answer = api(cast.dora).post(url, {})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert api(cast.alice).post(url, {"reason": "Fire"}).status_code == 403
    assert api(cast.other_teacher).post(url, {"reason": "Fire"}).status_code == 404
