"""Tests over HTTP: making, publishing, copying, and who may."""

from __future__ import annotations

import uuid

import pytest

from apps.assignments import operations as rooms
from apps.groups import operations as groups
from apps.mock_tests.models import MockTest, Question
from apps.mock_tests.operations import authoring
from tests.client import Api
from tests.factories import import_sample, make_room, make_test, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(cast):
    return make_test(cast)


def body_of(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()


def same_not_found(one, other):
    bodies = [{**body_of(answer, 404), "request_id": ""} for answer in (one, other)]
    assert bodies[0] == bodies[1]


def places(answer, status=422):
    return {(problem["pointer"], problem["code"]) for problem in body_of(answer, status)["errors"]}


# -- making --------------------------------------------------------------------------------------------------------


def test_a_new_n5_test_has_its_sections_at_once(cast):
    sent = {
        "title": "Spring",
        "level": "N5",
        "description": "",
        "status": "DRAFT",
        "pass_score": 80,
        "total_score": 180,
    }
    made = body_of(Api(cast.carol).post("mock-tests/", sent), 201)
    assert {name: made[name] for name in ("title", "level", "status", "profile", "pass_score", "total_score")} == {
        "title": "Spring", "level": "N5", "status": "DRAFT", "profile": "jlpt-n5@2020-12", "pass_score": 80,
        "total_score": 0.0,
    }  # fmt: skip
    assert made["created_by_id"] == made["created_by"]["id"] == str(cast.carol.pk)
    assert [(part["section_type"], part["duration"], part["order"]) for part in made["sections"]] == [
        ("VOCAB", 20, 1), ("GRAMMAR_READING", 40, 2), ("LISTENING", 30, 3),
    ]  # fmt: skip
    assert body_of(Api(cast.carol).get(f"mock-tests/{made['id']}/"), 200) == made


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({}, ("/title", "required")),
        ({"title": ""}, ("/title", "blank")),
        ({"title": "x" * 201}, ("/title", "max_length")),
        ({"title": "a\x00b"}, ("/title", "null_characters_not_allowed")),
        ({"title": "x", "level": "N6"}, ("/level", "invalid_choice")),
        ({"title": "x", "profile": "jlpt-n5"}, ("/profile", "unknown_profile")),
        ({"title": "x", "level": "N4", "profile": "jlpt-n5@2020-12"}, ("/profile", "unknown_profile")),
        ({"title": "x", "created_by": "me"}, ("/created_by", "unknown_field")),
        ({"title": "x", "current_paper": None}, ("/current_paper", "unknown_field")),
    ],
)
def test_refuses_a_test_that_makes_no_sense(cast, sent, place):
    assert place in places(Api(cast.carol).post("mock-tests/", sent))
    assert not MockTest.objects.exists()


def test_changes_and_deletes_a_draft(cast, test):
    api = Api(cast.carol)
    changed = body_of(api.patch(f"mock-tests/{test.pk}/", {"title": "Autumn", "status": "PUBLISHED"}), 200)
    assert (changed["title"], changed["status"]) == ("Autumn", "DRAFT")
    assert api.delete(f"mock-tests/{test.pk}/").status_code == 204
    same_not_found(api.get(f"mock-tests/{test.pk}/"), api.get(f"mock-tests/{uuid.uuid4()}/"))


# -- lists ---------------------------------------------------------------------------------------------------------


def titles(answer):
    body = body_of(answer, 200)
    return [row["title"] for row in (body if isinstance(body, list) else body["results"])]


def test_lists_search_filter_and_page(cast):
    for level in ("N5", "N4"):
        make_test(cast, level=level, title=f"{level} spring")
    publish(cast, make_test(cast, level="N5", title="N5 autumn"))
    api = Api(cast.other_teacher)
    assert titles(api.get("mock-tests/")) == ["N5 autumn", "N4 spring", "N5 spring"]
    assert titles(api.get("mock-tests/?page=all&status=PUBLISHED")) == ["N5 autumn"]
    assert titles(api.get("mock-tests/?level=N5&search=SPRING")) == ["N5 spring"]
    assert titles(api.get("mock-tests/?page=2&page_size=2")) == ["N5 spring"]
    page = body_of(api.get("mock-tests/"), 200)
    assert {"count", "next", "previous", "results"} == set(page)
    assert [row["total_score"] for row in page["results"]] == [3, 3, 3]
    assert [part["question_count"] for part in page["results"][0]["sections"]] == [1, 1, 1]


def test_refuses_parameters_it_does_not_know(cast):
    for query in ("created_by__password=x", "level=N9", "status=ALL", "ordering=created_by__password"):
        assert Api(cast.dora).get(f"mock-tests/?{query}").status_code == 422


def test_a_list_takes_as_many_queries_for_one_test_as_for_twelve(cast, count_queries):
    api = Api(cast.dora)
    make_test(cast, level="N5")
    api.get("exam-profiles/")  # finds out which center this host is
    with count_queries() as one:
        api.get("mock-tests/")
    for _ in range(11):
        make_test(cast, level="N5")
    with count_queries() as many:
        assert len(titles(api.get("mock-tests/"))) == 12
    assert len(one) == len(many)


# -- publishing ----------------------------------------------------------------------------------------------------


def test_publishing_answers_with_the_paper_and_is_repeatable(cast, test):
    api = Api(cast.carol)
    first = body_of(api.post(f"mock-tests/{test.pk}/publish/"), 200)
    assert first["detail"]
    assert (first["data"]["status"], first["data"]["current_paper"]) == ("PUBLISHED", first["paper"]["id"])
    paper = first["paper"]
    assert {name: paper[name] for name in ("number", "item_count", "max_score", "seconds")} == {
        "number": 1, "item_count": 3, "max_score": "5.000", "seconds": 1800,
    }  # fmt: skip
    assert len(paper["content_hash"]) == 64
    assert body_of(api.post(f"mock-tests/{test.pk}/publish/"), 200)["paper"] == paper
    editions = body_of(Api(cast.dora).get(f"mock-tests/{test.pk}/papers/"), 200)["results"]
    assert [(row["id"], row["is_current"]) for row in editions] == [(paper["id"], True)]
    assert "content" not in editions[0]


def test_a_published_test_is_locked_until_it_is_unpublished(cast, test):
    api = Api(cast.carol)
    api.post(f"mock-tests/{test.pk}/publish/")
    refused = body_of(api.patch(f"mock-tests/{test.pk}/", {"title": "x"}), 409)
    assert refused["code"] == "test_locked"
    assert api.delete(f"mock-tests/{test.pk}/").status_code == 409
    opened = body_of(api.post(f"mock-tests/{test.pk}/unpublish/"), 200)
    assert (opened["data"]["status"], opened["paper"]) == ("DRAFT", None)
    assert api.patch(f"mock-tests/{test.pk}/", {"title": "x"}).status_code == 200


def test_a_test_that_a_room_gives_stays_published(cast, test):
    publish(cast, test)
    make_room(cast, cast.alice, test=test)
    refused = body_of(Api(cast.carol).post(f"mock-tests/{test.pk}/unpublish/"), 409)
    assert refused["code"] == "test_in_use"
    test.refresh_from_db()
    assert test.status == "PUBLISHED"


def test_the_refusal_of_an_incomplete_test_names_every_place(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Empty", "level": "N5"})
    answer = Api(cast.carol).post(f"mock-tests/{test.pk}/publish/")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert places(answer) == {
        ("/sections", "missing_area"),
        *((f"/sections/{n}/question_groups", "empty_section") for n in range(3)),
    }


def test_a_copy_belongs_to_who_made_it(cast):
    test = import_sample(cast)
    copy = body_of(Api(cast.other_teacher).post(f"mock-tests/{test.pk}/clone/"), 201)
    assert (copy["status"], copy["created_by_id"]) == ("DRAFT", str(cast.other_teacher.pk))
    original = body_of(Api(cast.carol).get(f"mock-tests/{test.pk}/"), 200)
    assert copy["total_score"] == original["total_score"]
    assert Api(cast.other_teacher).patch(f"mock-tests/{copy['id']}/", {"title": "Mine"}).status_code == 200


# -- who may -------------------------------------------------------------------------------------------------------

ROUTES = [
    ("get", "mock-tests/"),
    ("post", "mock-tests/"),
    ("patch", "mock-tests/{id}/"),
    ("delete", "mock-tests/{id}/"),
    ("post", "mock-tests/{id}/publish/"),
    ("post", "mock-tests/{id}/unpublish/"),
    ("post", "mock-tests/{id}/clone/"),
    ("get", "mock-tests/{id}/papers/"),
    ("get", "mock-tests/{id}/export/"),
    ("post", "mock-tests/import/"),
    ("get", "test-sections/"),
    ("get", "question-groups/"),
    ("get", "questions/"),
    ("post", "media-uploads/"),
    ("get", "exam-profiles/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_is_for_staff_only(cast, test, method, path):
    path = path.format(id=test.pk)
    for person in (cast.alice, cast.gus):
        assert getattr(Api(person), method)(path).status_code == 403
    assert getattr(Api(), method)(path).status_code == 401
    assert getattr(Api(cast.olga), method)(path).status_code == 404


OF_ONE = [("get", "mock-tests/{id}/"), *(route for route in ROUTES if "{id}" in route[1])]


@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_a_test_of_another_center_is_unknown(cast, test, method, path):
    there, here = Api(cast.sybil), Api(cast.dora)
    same_not_found(getattr(there, method)(path.format(id=test.pk)), getattr(here, method)(path.format(id=uuid.uuid4())))


@pytest.mark.parametrize(
    ("method", "path"), [("patch", ""), ("delete", ""), ("post", "publish/"), ("post", "unpublish/")]
)
def test_another_teacher_changes_nothing(cast, test, method, path):
    answer = getattr(Api(cast.other_teacher), method)(f"mock-tests/{test.pk}/{path}", {})
    assert body_of(answer, 403)["code"] == "not_yours"


def test_lists_the_profiles_with_their_rules(cast):
    rows = {row["code"]: row for row in body_of(Api(cast.carol).get("exam-profiles/?page=all"), 200)}
    n5 = rows["jlpt-n5@2020-12"]
    assert (n5["valid_from"], n5["pass_score"], n5["total_score"]) == ("2020-12-01", 80, 180)
    assert [part["minutes"] for part in n5["sections"]] == [20, 40, 30]
    assert [(area["max_score"], area["min_score"]) for area in n5["areas"]] == [(120, 38), (60, 19)]
    assert rows["custom"]["areas"] == []


def test_tells_how_many_rooms_hold_a_test_with_one_question_for_all(cast, count_queries):
    held, free = make_test(cast, title="Held"), make_test(cast, title="Free")
    publish(cast, held)
    group = groups.create_group(name="N5")
    room = {"mock_test_id": held.pk, "group_ids": [group.pk]}
    admin = Api(cast.dora)
    for number in range(3):
        made = rooms.assign_test(actor=cast.dora, title=f"Room {number}", open_now=number > 0, **room)
    with count_queries() as few:
        found = {row["title"]: row["open_exam_assignments_count"] for row in admin.get("mock-tests/?page=all").json()}
    assert found == {"Held": 3, "Free": 0}
    rooms.close_room(assignment_id=made.pk)
    assert admin.get(f"mock-tests/{held.pk}/").json()["open_exam_assignments_count"] == 2
    refused = admin.post(f"mock-tests/{held.pk}/unpublish/")
    assert refused.status_code == 409
    for number in range(4):
        make_test(cast, title=f"More {number}")
    with count_queries() as many:
        admin.get("mock-tests/?page=all")
    assert len(many) == len(few)
    assert free.pk


def test_put_takes_part_of_a_test_as_patch_does(cast):
    test = make_test(cast)
    question = Question.objects.filter(group__section__mock_test=test).first()
    group, section = question.group, question.group.section
    author = Api(cast.carol)
    for path, body in (
        (f"mock-tests/{test.pk}/", {"title": "Put"}),
        (f"test-sections/{section.pk}/", {"name": "Put"}),
        (f"question-groups/{group.pk}/", {"title": "Put"}),
        (f"questions/{question.pk}/", {"text": "<p>Put</p>"}),
    ):
        changed = author.put(path, body)
        assert changed.status_code == 200, (path, changed.content)
        [name] = body
        assert changed.json()[name] == body[name]
        assert author.put(path, {"created_at": None}).status_code == 422
        assert Api(cast.alice).put(path, body).status_code == 403
        assert Api(cast.trent).put(path, body).status_code == 404
        assert Api(cast.other_teacher).put(path, body).json()["code"] == "not_yours"
