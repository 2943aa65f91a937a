"""mock-tests/{id}/ for those who will sit: the cover, and only of what a room gives them."""

from __future__ import annotations

import uuid

import pytest

from apps.mock_tests.operations import authoring
from tests.factories import make_room, make_test, publish

pytestmark = pytest.mark.django_db


def test_takers_get_the_cover_of_what_their_room_gives(api, cast):
    test = make_test(cast, level="N5")
    publish(cast, test)
    make_room(cast, cast.alice, cast.gus, test=test, open_now=False)
    for person in (cast.alice, cast.gus):
        cover = api(person).get(f"mock-tests/{test.pk}/").json()
        assert (cover["id"], cover["title"], cover["level"], cover["pass_score"]) == (
            str(test.pk),
            "Spring test",
            "N5",
            80,
        )
        assert [(s["section_type"], s["duration"], s["total_score"]) for s in cover["sections"]] == [
            ("VOCAB", 20, 1.0),
            ("GRAMMAR_READING", 40, 1.0),
            ("LISTENING", 30, 1.0),
        ]
        assert set(cover["sections"][0]) == {"id", "name", "section_type", "duration", "order", "total_score"}
        assert "river" not in str(cover)


def test_other_tests_are_not_there_for_them(api, cast):
    given, other = make_test(cast), make_test(cast, title="Other")
    publish(cast, given)
    publish(cast, other)
    make_room(cast, cast.alice, test=given)
    answers = [
        api(cast.alice).get(f"mock-tests/{other.pk}/"),
        api(cast.bob).get(f"mock-tests/{given.pk}/"),
        api(cast.mallory).get(f"mock-tests/{given.pk}/"),
        api(cast.alice).get(f"mock-tests/{uuid.uuid4()}/"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({str({**answer.json(), "request_id": ""}) for answer in answers}) == 1
    assert api(cast.alice).get("mock-tests/").status_code == 403


def test_staff_get_the_test_itself(api, cast):
    test = make_test(cast)
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"title": "Draft"})
    assert api(cast.carol).get(f"mock-tests/{test.pk}/").json()["status"] == "DRAFT"
