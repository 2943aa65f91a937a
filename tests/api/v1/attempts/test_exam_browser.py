"""Rooms that ask for the Safe Exam Browser: every door to the paper and to the journal wants its proof."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts.models import Attempt
from apps.attempts.operations import sitting
from apps.attempts.rules import browser
from apps.core import trace
from tests.apps.attempts import journal
from tests.apps.attempts.recordings import make_listening_room
from tests.apps.attempts.samples import make_two_part_test
from tests.client import Api
from tests.factories import make_room, publish

KEY, OTHER = "a1" * 32, "b2" * 32
HEADER = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
BASE = "http://north.localhost/api/v1/"


def said(path, key=KEY, base=BASE):
    return {HEADER: hashlib.sha256(f"{base}{path}{key}".encode()).hexdigest()}


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, browser_keys=[OTHER, KEY])


@pytest.fixture
def attempt(cast, room):
    path = f"exam-assignments/{room.pk}/start/"
    answer = Api(cast.alice).post(path, {}, format="json", **said(path))
    assert answer.status_code == 201, answer.content
    return sitting.queries.get_attempt_for(cast.alice, answer.json()["attempt"])


def refused(answer):
    return (answer.status_code, answer.json()["code"]) == (403, "exam_browser_needed")


# -- the proof -----------------------------------------------------------------------------------------------------


@given(st.text(), st.text(max_size=80))
def test_only_the_proof_of_a_key_is_one(url, given):
    assert not browser.is_proof(keys=[KEY], url=url, given=given)
    assert browser.is_proof(
        keys=[OTHER, KEY], url="http://a/" + url, given=browser.proof(url="http://a/" + url, key=KEY)
    )


def test_a_fragment_is_no_part_of_the_address():
    assert browser.proof(url="http://a/#b", key=KEY) == hashlib.sha256(f"http://a/{KEY}".encode()).hexdigest()


# -- the doors -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nobody_starts_without_it(cast, room):
    path = f"exam-assignments/{room.pk}/start/"
    alice = Api(cast.alice)
    assert refused(alice.post(path, {}, format="json"))
    for wrong in (
        said(path, key="c3" * 32),
        said("exam-assignments/"),
        said(path, base="https://north.localhost/api/v1/"),
        said(path, base="http://south.localhost/api/v1/"),
        {HEADER: KEY},
        {HEADER: ""},
        {HEADER: "é"},
    ):
        assert refused(alice.post(path, {}, format="json", **wrong))
    assert alice.post(path, {}, format="json", **said(path)).status_code == 201
    assert refused(alice.post(path, {}, format="json"))  # going on is no other door
    upper = {HEADER: said(path)[HEADER].upper()}
    assert alice.post(path, {}, format="json", **upper).status_code == 200


@pytest.mark.django_db
def test_addresses_that_proxies_are_said_to_have_seen_change_nothing(cast, room):
    path = f"exam-assignments/{room.pk}/start/"
    games = {
        "HTTP_X_FORWARDED_HOST": "elsewhere.test",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_PORT": "8443",
        "HTTP_FORWARDED": "host=elsewhere.test;proto=https",
    }
    for base in (
        "https://elsewhere.test/api/v1/",
        "http://elsewhere.test/api/v1/",
        "https://elsewhere.test:8443/api/v1/",
    ):
        assert refused(Api(cast.alice).post(path, {}, format="json", **games, **said(path, base=base)))
    assert Api(cast.alice).post(path, {}, format="json", **games, **said(path)).status_code == 201


@pytest.mark.django_db
def test_the_paper_is_shown_to_that_browser_only(cast, attempt):
    path = f"attempts/{attempt.pk}/paper/"
    assert refused(Api(cast.alice).get(path))
    assert Api(cast.alice).get(path, **said(path)).status_code == 200
    assert refused(Api(cast.alice).get(f"{path}?again=1", **said(path)))
    assert Api(cast.alice).get(f"{path}?again=1", **said(f"{path}?again=1")).status_code == 200


@pytest.mark.django_db
def test_answers_are_taken_from_that_browser_only(cast, attempt):
    path = f"attempts/{attempt.pk}/answers/"
    river = str(journal.question_id(attempt, "river"))
    body = {"epoch": 1, "answers": [{"seq": 1, "question": river, "response": None}]}
    assert refused(Api(cast.alice).put(path, body, format="json"))
    assert Api(cast.alice).put(path, body, format="json", **said(path)).json()["acked"] == [1]
    submit = f"attempts/{attempt.pk}/submit/"
    body["answers"][0]["seq"] = 2
    assert refused(Api(cast.alice).post(submit, body, format="json"))
    assert Api(cast.alice).post(submit, {}, format="json").status_code == 200  # nothing stands in the way of handing in


@pytest.mark.django_db
def test_answers_are_shown_to_that_browser_only_while_the_attempt_runs(cast, attempt):
    path = f"attempts/{attempt.pk}/answers/"
    assert refused(Api(cast.alice).get(path))
    assert refused(Api(cast.alice).get(path, **said(path, key="c3" * 32)))
    assert Api(cast.alice).get(path, **said(path)).status_code == 200
    assert Api(cast.dora).get(path).status_code == 200  # staff look at them where they work
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    assert Api(cast.alice).get(path).status_code == 200


@pytest.mark.django_db
def test_no_other_browser_leaves_a_section_for_good(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True, browser_keys=[KEY])
    path = f"exam-assignments/{room.pk}/start/"
    attempt = Api(cast.alice).post(path, {}, format="json", **said(path)).json()["attempt"]
    path = f"attempts/{attempt}/next-section/"
    assert refused(Api(cast.alice).post(path, {"step": 0}, format="json"))
    assert refused(Api(cast.alice).post(path, {"step": 0}, format="json", **said(f"attempts/{attempt}/")))
    assert Attempt.objects.get().step_floor == 0
    assert Api(cast.alice).post(path, {"step": 0}, format="json", **said(path)).status_code == 200
    assert Attempt.objects.get().step_floor == 1


@pytest.mark.django_db
def test_taking_over_and_listening_want_it_too(cast, attempt):
    path = f"attempts/{attempt.pk}/takeover/"
    assert refused(Api(cast.alice).post(path))
    assert Api(cast.alice).post(path, **said(path)).status_code == 200
    room, (first, _) = make_listening_room(cast, cast.alice, browser_keys=[KEY])
    with trace.at(
        trace.Trace(trace.API, browser_url="http://a/", browser_proof=browser.proof(url="http://a/", key=KEY))
    ):
        heard = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    path = f"attempts/{heard.pk}/plays/"
    body = {"action": "start", "recording": str(first.pk)}
    assert refused(Api(cast.alice).post(path, body, format="json"))
    assert Api(cast.alice).post(path, body, format="json", **said(path)).status_code == 201


@pytest.mark.django_db
def test_the_older_address_of_starting_is_no_way_around(cast, room):
    path = "submissions/start-exam/"
    answer = Api(cast.alice).post(path, {"exam_assignment_id": str(room.pk)}, format="json")
    assert answer.status_code in (403, 422), answer.content
    assert "exam_paper" not in answer.json()


@pytest.mark.django_db
def test_a_host_that_is_none_is_refused_as_ever(cast):
    answer = Api(cast.alice).get("auth/me/", HTTP_HOST="a b", **{HEADER: "0" * 64})
    assert answer.status_code in (400, 404)
