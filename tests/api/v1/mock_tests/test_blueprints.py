"""Blueprints over HTTP."""

from __future__ import annotations

import uuid

import pytest

from apps.mock_tests.models import Blueprint, MockTest
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.apps.mock_tests.bank.test_blueprints import add
from tests.client import Api

pytestmark = pytest.mark.django_db

LINE = {"count": 2, "difficulty": "EASY"}
PLAN = {"sections": [{"name": "All", "groups": [{"title": "One", "lines": [LINE]}]}]}
AT = "/plan/sections/0/groups/0/lines/0"


@pytest.fixture
def made(cast):
    return body_of(Api(cast.carol).post("blueprints/", {"name": "Weekly", "plan": PLAN}), 201)


def test_a_blueprint_is_written_listed_changed_and_removed(cast, made):
    api = Api(cast.carol)
    path = f"blueprints/{made['id']}/"
    assert made["plan"]["sections"][0]["groups"][0]["lines"] == [
        {
            "count": 2,
            "type": "",
            "topic": None,
            "difficulty": "EASY",
            "exam_type": "",
            "language": "",
            "tags": [],
            "score": None,
        }
    ]
    assert body_of(api.get("blueprints/?page=all&search=week"), 200) == [made]
    assert body_of(api.get("blueprints/?page=all&search=month"), 200) == []
    seen = api.get(path)["ETag"]
    changed = body_of(api.patch(path, {"name": "Monthly"}, HTTP_IF_MATCH=seen), 200)
    assert (changed["name"], changed["revision"], changed["plan"]) == ("Monthly", 2, made["plan"])
    assert api.patch(path, {"name": "Late"}, HTTP_IF_MATCH=seen).json()["code"] == "edited_meanwhile"
    assert api.delete(path, HTTP_IF_MATCH=seen).status_code == 409
    assert body_of(api.put(path, {"description": "Each month."}), 200)["description"] == "Each month."
    assert api.delete(path).status_code == 204
    same_not_found(api.get(path), api.get(f"blueprints/{uuid.uuid4()}/"))


def test_makes_a_draft_tells_a_seed_and_makes_it_again(cast, made):
    add(cast, 6, difficulty="EASY")
    api, path = Api(cast.carol), f"blueprints/{made['id']}/assemble/"
    first = body_of(api.post(path, {}), 201)
    test = body_of(api.get(f"mock-tests/{first['test']}/"), 200)
    assert (test["title"], test["question_count"]) == ("Weekly", 2)
    again = body_of(api.post(path, {"seed": first["seed"], "title": "Again"}), 201)
    assert again["lines"] == first["lines"]
    assert again["test"] != first["test"]
    assert (first["lines"][0]["wanted"], first["lines"][0]["found"]) == (2, 2)


def test_a_trial_and_a_shortage_tell_how_many_there_are(cast, made):
    add(cast, 1, difficulty="EASY")
    api, path = Api(cast.carol), f"blueprints/{made['id']}/assemble/"
    tried = body_of(api.post(path, {"is_trial": True}), 200)
    assert (tried["test"], tried["lines"][0]["available"], tried["lines"][0]["found"]) == (None, 1, 1)
    refused = api.post(path, {})
    assert places(refused) == {("/sections/0/groups/0/lines/0", "shortage")}
    assert refused.json()["code"] == "bank_too_small"
    assert refused.json()["errors"][0]["detail"] == "It asks for 2; the bank has 1 of this sort."
    assert not MockTest.objects.exists()


def test_a_plan_may_be_used_once_without_being_kept(cast):
    add(cast, 2, difficulty="EASY")
    once = body_of(Api(cast.carol).post("blueprints/assemble/", {"title": "Once", "plan": PLAN, "seed": 5}), 201)
    assert (once["seed"], MockTest.objects.get().title) == (5, "Once")
    assert not Blueprint.objects.exists()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"name": ""}, {("/name", "blank")}),
        ({"owner": "me"}, {("/owner", "unknown_field")}),
        ({"plan": {}}, {("/plan/sections", "required")}),
        ({"plan": {"sections": []}}, {("/sections", "no_sections")}),
        ({"plan": {"sections": [{"name": "A", "groups": []}] * 21}}, {("/plan/sections", "max_length")}),
        ({"plan": {**PLAN, "skip_papers": -1}}, {("/plan/skip_papers", "min_value")}),
        ({"plan": {**PLAN, "profile": "cat@1999-01"}}, {("/profile", "unknown_profile")}),
        ({"line": {"count": 0}}, {(f"{AT}/count", "min_value")}),
        ({"line": {"count": 10**9}}, {(f"{AT}/count", "max_value")}),
        ({"line": {}}, {(f"{AT}/count", "required")}),
        ({"line": {"count": 1, "mood": "sad"}}, {(f"{AT}/mood", "unknown_field")}),
        ({"line": {"count": 1, "difficulty": "AWFUL"}}, {(f"{AT}/difficulty", "invalid_choice")}),
        ({"line": {"count": 1, "type": "riddle"}}, {("/sections/0/groups/0/lines/0/type", "unknown_type")}),
        ({"line": {"count": 1, "topic": str(uuid.uuid4())}}, {("/sections/0/groups/0/lines/0/topic", "unknown_topic")}),
        ({"line": {"count": 1, "topic": "kanji"}}, {(f"{AT}/topic", "invalid")}),
        ({"line": {"count": 1, "score": 0}}, {(f"{AT}/score", "min_value")}),
    ],
)
def test_refuses_what_makes_no_sense_with_its_place(cast, changes, found):
    if "line" in changes:
        changes = {"plan": {"sections": [{"name": "All", "groups": [{"lines": [changes["line"]]}]}]}}
    assert places(Api(cast.carol).post("blueprints/", {"name": "B", "plan": PLAN, **changes})) == found
    assert not Blueprint.objects.exists()


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize(
    ("plan", "found"),
    [
        ({}, ("/plan/sections", "required")),
        ({"sections": [{}]}, ("/plan/sections/0/groups", "required")),
        ({"sections": [{"name": "A", "groups": [{}]}]}, ("/plan/sections/0/groups/0/lines", "required")),
        (
            {"sections": [{"name": "A", "groups": [{"lines": [{"topic": str(uuid.uuid4())}]}]}]},
            (f"{AT}/count", "required"),
        ),
    ],
)
def test_a_change_of_the_plan_is_a_whole_plan(cast, made, method, plan, found):
    path = f"blueprints/{made['id']}/"
    assert found in places(getattr(Api(cast.carol), method)(path, {"plan": plan}))
    assert body_of(Api(cast.carol).get(path), 200) == made


WRITES = [("patch", "", {"name": "Mine"}), ("delete", "", {}), ("post", "assemble/", {})]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=["change", "remove", "assemble"])
def test_teachers_change_their_own_and_nobody_else_knows_of_any(cast, made, method, path, body):
    path = f"blueprints/{{}}/{path}"
    for person in (cast.alice, cast.gus):
        assert getattr(Api(person), method)(path.format(made["id"]), body).status_code == 403
    if method != "post":
        refused = getattr(Api(cast.other_teacher), method)(path.format(made["id"]), body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    one, other = (getattr(Api(cast.sybil), method)(path.format(pk), body) for pk in (made["id"], uuid.uuid4()))
    same_not_found(one, other)
