"""Owners open, watch and suspend centers, on the main host."""

from __future__ import annotations

import uuid

import pytest

from apps.audit.models import Entry
from apps.centers.models import Center
from apps.centers.operations import centers
from apps.core import tenancy
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db
LIST = "owner-centers/"


def found(name: str) -> Center | None:
    with tenancy.enter(tenancy.PUBLIC):
        return Center.objects.filter(name=name).first()


def test_opens_a_center_whose_people_can_sign_in(cast, api):
    answer = api(cast.olga).post(
        LIST, {"name": "Far East", "email": "a@b.cc", "primary_color": "#00ff00", "plan": "PRO"}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["slug"], body["state"], body["status"], body["plan"]) == ("far_east", "READY", "ACTIVE", "PRO")
    assert (body["hosts"], body["is_ready"], body["email"]) == (["far-east.localhost"], True, "a@b.cc")
    tenant = tenancy.find_by_host("far-east.localhost")
    person = cast.person("Wendy", "CENTER_ADMIN", tenant)
    signed_in = Api(host="far-east.localhost").post("auth/login/", {"email": person.email, "password": PASSWORD})
    assert signed_in.status_code == 200
    assert signed_in.json()["user"]["center_info"]["id"] == body["id"]


def test_a_center_on_trial_is_the_default(cast, api):
    body = api(cast.olga).post(LIST, {"name": "Far East"}).json()
    assert (body["status"], body["plan"]) == ("TRIAL", "FREE")
    assert body["trial_ends_at"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"slug": "public"}, "/slug"),
        ({"slug": "Robert'); DROP SCHEMA public"}, "/slug"),
        ({"host": "localhost"}, "/host"),
        ({"plan": "ULTRA"}, "/plan"),
        ({"status": "ARCHIVED"}, "/status"),
        ({"email": "x"}, "/email"),
        ({"primary_color": "red"}, "/primary_color"),
        ({"schema_name": "c_north"}, "/schema_name"),
        ({"state": "READY"}, "/state"),
    ],
)
def test_refuses_input_with_its_place(cast, api, change, pointer):
    answer = api(cast.olga).post(LIST, {"name": "Far East", **change})
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]
    assert found("Far East") is None


@pytest.mark.parametrize("taken", [{"slug": "north"}, {"slug": "other", "host": "north.localhost"}])
def test_refuses_what_is_taken(cast, api, taken):
    answer = api(cast.olga).post(LIST, {"name": "Far East", **taken})
    assert (answer.status_code, answer.json()["code"]) == (409, "center_exists")


def test_a_failed_one_says_why_and_can_be_tried_again(cast, api, monkeypatch):
    def fail(**_: object) -> None:
        raise ZeroDivisionError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(centers.template, "replay", fail)
        body = api(cast.olga).post(LIST, {"name": "Far East"}).json()
    assert (body["state"], body["state_reason"], body["is_ready"]) == ("FAILED", "ZeroDivisionError: no room", False)
    answer = Api(host="far-east.localhost").get("auth/me/")
    assert (answer.status_code, answer.json()["code"]) == (503, "center_unavailable")
    assert api(cast.olga).post(f"{LIST}{body['id']}/retry/").json()["state"] == "READY"
    assert Api(host="far-east.localhost").get("auth/me/").status_code == 401


def test_lists_newest_first_with_what_existing_clients_read(cast, api, count_queries):
    api(cast.olga).post(LIST, {"name": "Far East"})
    client = api(cast.olga)
    with count_queries() as queries:
        body = client.get(LIST).json()
    assert [row["center_name"] for row in body["results"]] == ["Far East", "South", "North"]
    assert body["count"] == 3
    assert {"id", "center_avatar", "centeradmin_emails", "teacher_count", "plan_name", "status", "created_at"} <= set(
        body["results"][0]
    )
    assert len(queries) <= 6


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=sou", ["South"]),
        ("search=north.localhost", ["North"]),
        ("status=ACTIVE&ordering=name", ["North", "South"]),
        ("status=TRIAL", []),
        ("ordering=-name&page_size=1", ["South"]),
    ],
)
def test_filters_and_orders(cast, api, query, names):
    assert [row["center_name"] for row in api(cast.olga).get(f"{LIST}?{query}").json()["results"]] == names


def test_all_at_once_is_an_array(cast, api):
    assert len(api(cast.olga).get(f"{LIST}?page=all").json()) == 2


@pytest.mark.parametrize("query", ["status=ASLEEP", "ordering=schema_name", "domains__domain=x"])
def test_refuses_unknown_parameters(cast, api, query):
    assert api(cast.olga).get(f"{LIST}?{query}").status_code == 422


def test_shows_and_changes_one(cast, api, north):
    client = api(cast.olga)
    assert client.get(f"{LIST}{north.id}/").json()["name"] == "North"
    answer = client.patch(f"{LIST}{north.id}/", {"name": "True North", "description": "At the lake."})
    assert (answer.status_code, answer.json()["name"], answer.json()["slug"]) == (200, "True North", "north")
    assert client.patch(f"{LIST}{north.id}/", {"slug": "west"}).status_code == 422
    assert client.patch(f"{LIST}{north.id}/", {"name": " "}).status_code == 422


@pytest.mark.parametrize("by", ["verb", "status"])
def test_a_suspended_center_lets_nobody_in_and_running_sessions_go_on(cast, api, north, by):
    running = api(cast.alice)
    owner = api(cast.olga)

    def move(verb: str, status: str) -> object:
        if by == "verb":
            return owner.post(f"{LIST}{north.id}/{verb}/")
        return owner.patch(f"{LIST}{north.id}/", {"status": status})

    def sign_in(password: str = PASSWORD) -> object:
        return Api().post("auth/login/", {"email": cast.alice.email, "password": password})

    assert move("suspend", "SUSPENDED").json()["status"] == "SUSPENDED"
    assert (sign_in().status_code, sign_in().json()["code"]) == (403, "center_suspended")
    assert sign_in("wrong").status_code == 401  # who is no member learns nothing
    assert running.get("auth/me/").status_code == 200
    assert running.get("auth/me/").json()["center_info"]["is_active"] is False
    assert move("activate", "ACTIVE").json()["status"] == "ACTIVE"
    assert sign_in().status_code == 200


@pytest.mark.parametrize("verb", ["", "activate/", "suspend/", "retry/"])
def test_an_unknown_center_is_not_found(cast, api, verb):
    client = api(cast.olga)
    answer = client.post(f"{LIST}{uuid.uuid4()}/{verb}") if verb else client.get(f"{LIST}{uuid.uuid4()}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_archived_center_comes_back_by_activating(cast, api, north):
    client = api(cast.olga)
    centers.archive_center(center_id=north.id)
    assert Api().get("auth/me/").status_code == 404
    answer = client.post(f"{LIST}{north.id}/suspend/")
    assert (answer.status_code, answer.json()["code"]) == (409, "center_archived")
    assert client.post(f"{LIST}{north.id}/activate/").json()["status"] == "ACTIVE"
    assert Api().get("auth/me/").status_code == 401


def test_is_for_owners_on_the_main_host(cast, api, north):
    assert api().get(LIST).status_code == 404
    assert api(cast.dora).get(LIST).status_code == 404
    assert api(host="localhost").get(LIST).status_code == 401
    assert (
        api(host="localhost", token=api(cast.dora)._credentials["HTTP_AUTHORIZATION"][7:]).get(LIST).status_code == 401
    )
    assert Center.objects.count() == 2


def test_why_a_center_was_suspended_stands_in_its_own_trail(cast, api):
    path = f"owner-centers/{cast.north.id}/suspend/"
    refused = api(cast.olga).post(path, {"why": "no"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/why")
    assert api(cast.olga).post(path, {"reason": "The invoice of May is open."}).status_code == 200
    found = Entry.objects.filter(action="center.suspended")
    assert list(found.values_list("reason", flat=True)) == ["The invoice of May is open."]
