from __future__ import annotations

import uuid

import pytest

from apps.audit.models import Entry
from apps.centers.models import Center
from apps.core import tenancy
from tests.client import Api

pytestmark = pytest.mark.django_db
LIST = "centers/domains/"
NAME = "exams.sakura.jp"


@pytest.fixture
def dora(cast, api):
    return api(cast.dora)


def added(client, domain=NAME):
    answer = client.post(LIST, {"domain": domain})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_domain_is_added_proven_made_primary_and_removed(zone, cast, dora):
    address = added(dora, "Exams.Sakura.jp")
    assert (address["domain"], address["state"], address["is_served"]) == (NAME, "PENDING", False)
    record = address["record"]
    assert (record["type"], record["name"]) == ("TXT", f"_shiken.{NAME}")
    one = f"{LIST}{address['id']}/"
    early = dora.post(f"{one}verify/")
    assert (early.status_code, early.json()["code"]) == (409, "domain_unproven")
    assert dora.get(one).json()["problem"]
    zone.records[record["name"]] = [record["value"]]
    assert dora.post(f"{one}verify/").json()["state"] == "VERIFIED"
    signed_in = Api(host=NAME).post("auth/login/", {"email": cast.dora.email, "password": "correct horse 7"})
    assert signed_in.status_code == 200
    there = Api(host=NAME, token=signed_in.json()["access"])
    assert there.get("auth/me/").json()["email"] == cast.dora.email
    assert dora.post(f"{one}make-primary/").json()["is_primary"] is True
    listed = dora.get(LIST).json()
    assert [(row["domain"], row["state"]) for row in listed["results"]] == [
        (NAME, "VERIFIED"),
        ("north.localhost", "PLATFORM"),
    ]
    assert listed["results"][1]["record"] is None
    assert dora.get("center-admin-centers/").json()["results"][0]["host"] == NAME
    assert dora.delete(one).status_code == 204
    assert dora.get(one).status_code == 404
    assert there.get("auth/me/").status_code == 404
    with tenancy.enter(cast.north):
        done = list(Entry.objects.filter(subject="domain").order_by("pk").values_list("action", "actor_id"))
    assert done == [
        (f"center.domain_{what}", cast.dora.pk) for what in ("added", "verified", "made_primary", "removed")
    ]


@pytest.mark.parametrize(
    ("domain", "code"),
    [("co.jp", "public_suffix"), ("x.localhost", "is_ours"), ("10.0.0.1", "is_address"), ("аррӏе.com", "look_alike")],
)
def test_refuses_with_its_reason(dora, domain, code):
    answer = dora.post(LIST, {"domain": domain})
    assert answer.status_code == 422
    assert [(problem["pointer"], problem["code"]) for problem in answer.json()["errors"]] == [("/domain", code)]


@pytest.mark.parametrize("body", [{}, {"domain": ""}, {"domain": 7}, {"domain": "a.jp", "state": "VERIFIED"}, []])
def test_refuses_other_bodies(dora, body):
    assert dora.post(LIST, body).status_code == 422


def test_refuses_a_second_time(dora):
    added(dora)
    assert dora.post(LIST, {"domain": NAME}).json()["code"] == "domain_claimed"


def test_says_when_the_dns_does_not_answer(zone, dora):
    address = added(dora)
    zone.silent.add(f"_shiken.{NAME}")
    answer = dora.post(f"{LIST}{address['id']}/verify/")
    assert (answer.status_code, answer.json()["code"]) == (503, "dns_unavailable")
    assert answer.headers["Retry-After"]


def test_the_platforms_address_needs_no_proof_and_stays(dora):
    (platform,) = dora.get(LIST).json()["results"]
    assert (platform["state"], platform["is_primary"]) == ("PLATFORM", True)
    one = f"{LIST}{platform['id']}/"
    assert dora.post(f"{one}verify/").status_code == 200
    assert dora.post(f"{one}make-primary/").status_code == 200
    answer = dora.delete(one)
    assert (answer.status_code, answer.json()["code"]) == (409, "platform_domain")


def test_domains_of_another_center_are_unknown(cast, api, dora):
    theirs = added(api(cast.sybil))
    for method, path in (("get", ""), ("post", "verify/"), ("post", "make-primary/"), ("delete", "")):
        foreign = getattr(dora, method)(f"{LIST}{theirs['id']}/{path}")
        unknown = getattr(dora, method)(f"{LIST}{uuid.uuid4()}/{path}")
        said = [{**answer.json(), "request_id": ""} for answer in (foreign, unknown)]
        assert said[0] == said[1]
        assert foreign.status_code == 404
    assert [row["domain"] for row in dora.get(LIST).json()["results"]] == ["north.localhost"]


@pytest.mark.parametrize("name", ["alice", "carol", "gus"])
def test_is_for_admins(cast, api, name):
    client = api(getattr(cast, name))
    assert client.get(LIST).status_code == 403
    assert client.post(LIST, {"domain": NAME}).status_code == 403


def test_a_list_costs_the_same_however_long_it_is(dora, count_queries, north):
    Center.objects.update(plan="ENTERPRISE")
    dora.get(LIST)
    with count_queries() as few:
        dora.get(LIST)
    for number in range(5):
        added(dora, f"n{number}.sakura.jp")
    with count_queries() as many:
        assert dora.get(LIST).json()["count"] == 6
    assert len(many) == len(few)
    assert tenancy.find_by_host("n0.sakura.jp") is None
