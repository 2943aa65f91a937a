"""Requests under a key of the client's own: sent again they are answered alike and done no second time."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments.models import Announcement
from apps.attempts.models import Attempt, Cue, KeyedRequest, TimeGrant
from apps.attempts.operations import keyed, sitting
from apps.core import clock
from tests.apps.attempts.recordings import make_listening_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return str(uuid.uuid4())


@pytest.fixture
def extend(api, cast, room, attempt):
    def send(person=None, headers=None, **fields):
        body = {"seconds": 60, "reason": "The bell rang late.", **fields}
        return api(person or cast.dora).post(f"exam-assignments/{room.pk}/extend/", body, headers=headers or {})

    return send


def given():
    return TimeGrant.objects.filter(kind="EXTENSION").count()


# -- once ----------------------------------------------------------------------------------------------------------


def test_more_time_is_given_once_under_one_key(extend, key):
    first, second = (extend(idempotency_key=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert given() == 1


def test_without_a_key_it_is_given_twice(extend):
    first, second = (extend() for _ in range(2))
    assert first.json() != second.json()
    assert given() == 2


def test_with_another_key_it_is_given_twice(extend):
    for _ in range(2):
        assert extend(idempotency_key=str(uuid.uuid4())).status_code == 200
    assert given() == 2


def test_the_answer_is_the_first_one_also_after_time_has_moved_on(extend, key):
    first = extend(idempotency_key=key).json()
    extend(seconds=600)
    assert extend(idempotency_key=key).json() == first
    assert given() == 2


def test_the_header_is_as_good_as_the_field(extend, key):
    first = extend(headers={"Idempotency-Key": key}).json()
    assert extend(headers={"Idempotency-Key": f'"{key}"'}).json() == first
    assert extend(idempotency_key=key).json() == first
    assert extend(headers={"Idempotency-Key": key}, idempotency_key=key).json() == first
    assert given() == 1


@pytest.mark.parametrize("kind", ["pause", "force-submit"])
def test_what_would_be_refused_the_second_time_is_answered_alike_too(api, cast, room, attempt, key, kind):
    url, body = f"exam-assignments/{room.pk}/{kind}/", {"reason": "A fire drill.", "student_ids": [str(cast.alice.pk)]}
    first, second = (api(cast.dora).post(url, {**body, "idempotency_key": key}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert [seat["attempt"] for seat in second.json()["seats"]] == [str(attempt.pk)]


def test_who_was_resumed_or_reopened_is_told_again(api, cast, room, attempt, key):
    dora, path = api(cast.dora), f"exam-assignments/{room.pk}"
    dora.post(f"{path}/pause/", {"reason": "A fire drill."})
    first, second = (dora.post(f"{path}/resume/", {"idempotency_key": key}) for _ in range(2))
    assert first.json() == second.json()
    assert TimeGrant.objects.filter(kind="PAUSE").count() == 1
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    body = {"seconds": 60, "reason": "Sent by mistake.", "idempotency_key": str(uuid.uuid4())}
    first, second = (dora.post(f"{path}/reopen-seats/", body) for _ in range(2))
    assert first.json() == second.json()
    assert TimeGrant.objects.filter(kind="REOPENED").count() == 1


def test_something_is_announced_once(api, cast, room, attempt, key):
    url = f"exam-assignments/{room.pk}/announce/"
    first, second = (api(cast.dora).post(url, {"text": "Quiet.", "idempotency_key": key}) for _ in range(2))
    assert (first.status_code, first.json()) == (201, second.json())
    assert Announcement.objects.count() == 1
    api(cast.dora).post(url, {"text": "Quiet."})
    assert Announcement.objects.count() == 2


def test_a_recording_is_started_once(api, cast, key):
    room, (first, _) = make_listening_room(cast, cast.alice, listening="SYNCHRONISED")
    url, body = f"exam-assignments/{room.pk}/cues/", {"recording": str(first.pk), "idempotency_key": key}
    one, other = (api(cast.dora).post(url, body) for _ in range(2))
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json() == other.json()
    assert Cue.objects.count() == 1
    api(cast.dora).post(url, {"recording": str(first.pk)})
    assert Cue.objects.count() == 2


def test_an_attempt_is_taken_over_once(api, cast, attempt, key):
    url = f"attempts/{attempt.pk}/takeover/"
    first, second = (api(cast.alice).post(url, {"idempotency_key": key}) for _ in range(2))
    assert first.json() == second.json() == {"attempt": str(attempt.pk), "epoch": 2}
    assert Attempt.objects.get().epoch == 2
    assert api(cast.alice).post(url, {}).json()["epoch"] == 3


# -- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [{"seconds": 61}, {"reason": "Another one."}, {"student_ids": "alice"}])
def test_the_key_of_something_else_is_refused(extend, cast, key, other):
    extend(idempotency_key=key)
    if "student_ids" in other:
        other = {"student_ids": [str(cast.alice.pk)]}
    answer = extend(idempotency_key=key, **other)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert given() == 1


def test_the_key_of_another_kind_of_request_is_refused(api, cast, room, extend, key):
    extend(idempotency_key=key)
    body = {"reason": "A fire drill.", "idempotency_key": key}
    answer = api(cast.dora).post(f"exam-assignments/{room.pk}/pause/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert not Attempt.objects.exclude(paused_at=None)


def test_the_key_of_somebody_else_is_refused_and_tells_nothing(extend, cast, room, key):
    extend(idempotency_key=key)
    room.created_by = cast.carol
    room.save(update_fields=["created_by"])
    answer = extend(cast.carol, idempotency_key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert str(cast.alice.pk) not in answer.content.decode()


def test_who_may_not_see_the_room_any_more_hears_no_answer_of_then(extend, cast, room, key):
    room.created_by = cast.carol
    room.save(update_fields=["created_by"])
    assert extend(cast.carol, idempotency_key=key).status_code == 200
    room.created_by = cast.dora
    room.save(update_fields=["created_by"])
    answer = extend(cast.carol, idempotency_key=key)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_was_refused_may_be_tried_again_with_its_key(extend, key):
    assert extend(idempotency_key=key, seconds=0).status_code == 422
    assert extend(idempotency_key=key).status_code == 200
    assert given() == 1


@pytest.mark.parametrize("wrong", ["", "abc", 1.5, None, [], {}])
def test_a_key_is_a_uuid(extend, wrong):
    if wrong == "":
        assert extend(headers={"Idempotency-Key": wrong}).status_code == 200  # as good as none
    answer = extend(idempotency_key=wrong)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/idempotency_key")


@pytest.mark.parametrize("wrong", ["abc", "1" * 5000, '"', "Ω"])
def test_a_header_that_is_no_key_is_refused(extend, wrong):
    answer = extend(headers={"Idempotency-Key": wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/idempotency_key")
    assert given() == 0


def test_two_keys_are_one_too_many(extend, key):
    answer = extend(headers={"Idempotency-Key": str(uuid.uuid4())}, idempotency_key=key)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/idempotency_key")
    assert given() == 0


# -- and then ------------------------------------------------------------------------------------------------------


def test_keys_are_forgotten_after_a_month(extend, key):
    extend(idempotency_key=key)
    assert keyed.forget_keys(at=clock.now() + timedelta(days=29)) == 0
    assert keyed.forget_keys(at=clock.now() + timedelta(days=31)) == 1
    assert not KeyedRequest.objects.exists()
