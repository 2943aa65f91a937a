"""Exam profiles over HTTP: what ships, what a center writes, and who may."""

from __future__ import annotations

import uuid

import pytest

from apps.mock_tests.models import ExamProfile
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.client import Api

pytestmark = pytest.mark.django_db

ENTRANCE = {
    "name": "Entrance test",
    "exam_type": "ENTRANCE",
    "valid_from": "2026-04-01",
    "sections": [{"code": "all", "name": "All", "minutes": 60}],
    "marking": [{"type": "single_choice", "right": "3", "wrong": "-0.75"}],
    "pass_score": 40,
}


def shipped(api, code):
    return next(row for row in body_of(api.get("exam-profiles/?page=all"), 200) if row["code"] == code)


@pytest.fixture
def made(cast):
    return body_of(Api(cast.dora).post("exam-profiles/", ENTRANCE), 201)


def test_writes_a_profile_and_lists_it_behind_the_shipped_ones(cast, made):
    assert (made["code"], made["edition"], made["is_shipped"]) == ("entrance-test@2026-04~1", 1, False)
    assert made["marking"] == [
        {
            "type": "single_choice",
            "right": "3.000",
            "wrong": "-0.7500000000",
            "unanswered": "0.0000000000",
            "policy": "",
            "section": "",
        }
    ]
    rows = body_of(Api(cast.carol).get("exam-profiles/?page=all"), 200)
    assert rows[-1] == made
    assert {row["is_shipped"] for row in rows[:-1]} == {True}
    assert body_of(Api(cast.carol).get(f"exam-profiles/{made['id']}/"), 200) == made
    test = {"title": "Entrance", "profile": made["code"]}
    test = body_of(Api(cast.carol).post("mock-tests/", test), 201)
    assert (test["pass_score"], [section["code"] for section in test["sections"]]) == (40, ["all"])


def test_filters_by_level_type_and_day(cast, made):
    api = Api(cast.carol)

    def codes(**asked):
        return [row["code"] for row in body_of(api.get("exam-profiles/", {"page": "all", **asked}), 200)]

    assert codes(level="N5") == ["jlpt-n5@2010-07", "jlpt-n5@2020-12"]
    assert codes(level="N5", on="2020-11-30") == ["jlpt-n5@2010-07"]
    assert codes(exam_type="ENTRANCE", on="2026-03-31") == []
    assert codes(exam_type="ENTRANCE", on="2026-04-01") == [made["code"]]
    assert places(api.get("exam-profiles/?on=soon")) == {("/on", "invalid")}
    assert places(api.get("exam-profiles/?mine=1")) == {("/mine", "unknown_field")}


def test_copies_a_shipped_profile(cast):
    api = Api(cast.dora)
    n5 = shipped(api, "jlpt-n5@2020-12")
    copy = body_of(api.post("exam-profiles/", {"name": "Our N5", "based_on": n5["code"], "pass_score": 90}), 201)
    same = ("sections", "areas", "item_kinds", "level", "valid_from", "conversion", "total_score")
    assert {name: copy[name] for name in same} == {name: n5[name] for name in same}
    assert (copy["pass_score"], copy["based_on"]) == (90, n5["code"])


def test_a_change_is_the_next_edition_and_the_one_before_is_fixed(cast, made):
    api = Api(cast.dora)
    path = f"exam-profiles/{made['id']}/"
    changed = body_of(api.patch(path, {"pass_score": 45}), 200)
    assert (changed["edition"], changed["pass_score"], changed["id"] == made["id"]) == (2, 45, False)
    late = api.patch(path, {"pass_score": 50})
    assert (late.status_code, late.json()["code"]) == (409, "profile_fixed")
    old = body_of(api.get(path), 200)
    assert (old["pass_score"], old["is_offered"]) == (40, False)
    replaced = body_of(api.put(f"exam-profiles/{changed['id']}/", {"pass_score": 46}), 200)
    assert (replaced["edition"], replaced["name"]) == (3, "Entrance test")
    every = body_of(api.get("exam-profiles/?page=all&all_editions=true&exam_type=ENTRANCE"), 200)
    assert [row["edition"] for row in every] == [1, 2, 3]


def test_retires_a_profile(cast, made):
    api = Api(cast.dora)
    gone = body_of(api.post(f"exam-profiles/{made['id']}/retire/"), 200)
    assert not gone["is_offered"]
    assert api.post(f"exam-profiles/{made['id']}/retire/").json()["code"] == "profile_fixed"
    refused = Api(cast.carol).post("mock-tests/", {"title": "Late", "profile": made["code"]})
    assert places(refused) == {("/profile", "profile_not_offered")}


def test_what_ships_is_copied_and_not_changed(cast):
    api = Api(cast.dora)
    path = f"exam-profiles/{shipped(api, 'cat@2024-11')['id']}/"
    assert body_of(api.get(path), 200)["name"] == "CAT"
    assert api.patch(path, {"pass_score": 1}).json()["code"] == "profile_fixed"
    assert api.post(path + "retire/").json()["code"] == "profile_fixed"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"name": ""}, {("/name", "blank")}),
        ({"colour": "red"}, {("/colour", "unknown_field")}),
        ({"sections": [{"code": "a", "name": "A", "minutes": -5}]}, {("/sections/0/minutes", "bad_minutes")}),
        ({"sections": [{"code": "a", "name": "A"}]}, {("/sections/0/minutes", "required")}),
        ({"sections": [{"code": "a", "name": "A", "minutes": 5}] * 41}, {("/sections", "max_length")}),
        (
            {"areas": [{"code": "a", "name": "A", "max_score": 10, "min_score": 11}]},
            {("/areas/0", "area_not_fed"), ("/areas/0/min_score", "minimum_above_maximum"),
             ("/sections/0/area", "unknown_area"), ("/sections/0/passage_area", "unknown_area")},
        ),
        ({"marking": [{"type": "riddle", "right": "1"}]}, {("/marking/0/type", "unknown_type")}),
        ({"marking": [{"type": "numeric", "right": "1", "wrong": "2"}]}, {("/marking/0/wrong", "bad_wrong")}),
        ({"marking": [{"type": "numeric", "right": "NaN"}]}, {("/marking/0/right", "invalid")}),
        ({"ties": [{"by": "luck"}]}, {("/ties/0/by", "invalid_choice")}),
        ({"valid_until": "2026-01-01"}, {("/valid_until", "bad_dates")}),
        ({"slug": "Not a slug"}, {("/slug", "invalid")}),
        ({"slug": "neet"}, {("/slug", "bad_slug")}),
        ({"name": "試験"}, {("/slug", "bad_slug")}),
        ({"based_on": "cat@1999-01"}, {("/based_on", "unknown_profile")}),
        ({"pass_score": 10**9}, {("/pass_score", "max_value")}),
    ],
)  # fmt: skip
def test_refuses_what_makes_no_sense_with_its_place(cast, changes, found):
    assert places(Api(cast.dora).post("exam-profiles/", {**ENTRANCE, **changes})) == found
    assert not ExamProfile.objects.exists()


def test_one_slug_has_one_profile_a_day(cast, made):
    again = Api(cast.dora).post("exam-profiles/", {**ENTRANCE, "valid_from": "2026-05-01"})
    assert places(again) == {("/valid_from", "overlapping_dates")}
    ended = body_of(Api(cast.dora).patch(f"exam-profiles/{made['id']}/", {"valid_until": "2026-05-01"}), 200)
    later = body_of(Api(cast.dora).post("exam-profiles/", {**ENTRANCE, "valid_from": "2026-05-01"}), 201)
    assert (later["slug"], later["edition"], ended["edition"]) == ("entrance-test", 3, 2)


WRITES = [("post", "", ENTRANCE), ("patch", "{id}/", {"pass_score": 1}), ("post", "{id}/retire/", {})]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=["create", "change", "retire"])
def test_admins_write_profiles_and_teachers_read_them(cast, made, method, path, body):
    path = "exam-profiles/" + path
    for person in (cast.carol, cast.alice, cast.gus):
        assert getattr(Api(person), method)(path.format(id=made["id"]), body).status_code == 403
    assert Api(cast.alice).get("exam-profiles/").status_code == 403
    if "{id}" in path:
        one, other = (getattr(Api(cast.sybil), method)(path.format(id=pk), body) for pk in (made["id"], uuid.uuid4()))
        same_not_found(one, other)


def test_a_neighbour_neither_sees_nor_uses_a_profile(cast, made):
    sybil = Api(cast.sybil)
    same_not_found(sybil.get(f"exam-profiles/{made['id']}/"), sybil.get(f"exam-profiles/{uuid.uuid4()}/"))
    refused = Api(cast.trent).post("mock-tests/", {"title": "Mine", "profile": made["code"]})
    assert places(refused) == {("/profile", "unknown_profile")}
