"""POST exam-assignments/{id}/start/"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils.dateparse import parse_datetime

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from tests.factories import make_room

pytestmark = pytest.mark.django_db


def start(api, person, room, **body):
    return api(person).post(f"exam-assignments/{getattr(room, 'pk', room)}/start/", body)


def test_starts_and_then_resumes(api, cast, room):
    answer = start(api, cast.alice, room)
    attempt = Attempt.objects.get()
    assert answer.status_code == 201
    assert answer.json()["attempt"] == str(attempt.pk)
    assert (answer.json()["epoch"], answer.json()["grace_seconds"]) == (1, 10)
    assert parse_datetime(answer.json()["deadline_at"]) == attempt.deadline_at
    assert parse_datetime(answer.json()["server_time"]) == attempt.started_at
    assert answer["Cache-Control"] == "private, no-store"
    again = start(api, cast.alice, room)
    assert again.status_code == 200
    assert again.json()["attempt"] == str(attempt.pk)
    assert again.json()["paper"] == answer.json()["paper"]


def test_gives_the_paper_without_a_trace_of_the_key(api, cast, room):
    answer = start(api, cast.alice, room)
    sections = answer.json()["paper"]["sections"]
    assert [section["name"] for section in sections] == ["Words", "Counting"]
    questions = [q for s in sections for g in s["question_groups"] for q in g["questions"]]
    assert {q["text"] for q in questions} == {"river", "verbs", "sum", "free"}
    assert set(questions[0]) == {
        *("id", "question_number", "type", "text", "score", "image", "audio_file", "shuffle", "options")
    }
    assert {key for q in questions for option in q["options"] for key in option} == {"id", "text", "image"}
    text = answer.content.decode()
    for secret in ("fraction", '"key"', "explanation", "Because.", "tolerance", "topic", '"42"'):
        assert secret not in text


def test_too_many_wrong_access_codes_have_to_wait(api, cast):
    room = make_room(cast, cast.alice, access_code="sakura")
    for _ in range(10):
        assert start(api, cast.alice, room, access_code="guess").status_code == 403
    answer = start(api, cast.alice, room, access_code="sakura")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_codes")
    assert int(answer["Retry-After"]) > 0


def test_wants_the_access_code(api, cast):
    room = make_room(cast, cast.alice, access_code="sakura")
    for body in ({}, {"access_code": "guess"}):
        answer = start(api, cast.alice, room, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_access_code")
    assert start(api, cast.alice, room, access_code="sakura").status_code == 201


def test_refuses_a_closed_room_and_a_used_up_one(api, cast, room):
    api(cast.alice).post(f"attempts/{start(api, cast.alice, room).json()['attempt']}/submit/", {})
    used_up = start(api, cast.alice, room)
    rooms.close_room(assignment_id=room.pk)
    closed = start(api, cast.bob, room)
    assert (used_up.status_code, used_up.json()["code"]) == (409, "no_attempts_left")
    assert (closed.status_code, closed.json()["code"]) == (409, "room_not_open")


def test_answers_alike_for_unknown_rooms_and_for_those_of_others(api, cast, room):
    unknown = start(api, cast.alice, uuid.uuid4())
    foreign = start(api, cast.gus, room)
    for answer in (unknown, foreign):
        assert answer.status_code == 404
    assert {**unknown.json(), "request_id": ""} == {**foreign.json(), "request_id": ""}


def test_is_for_takers_of_this_center(api, cast, room):
    for person in (cast.carol, cast.dora):
        assert start(api, person, room).status_code == 403
    assert start(api, None, room).status_code == 401
    assert start(api, cast.mallory, room).status_code == 404


def test_refuses_fields_that_nobody_may_set(api, cast, room):
    for field in ("started_at", "deadline_at", "seconds", "student", "status", "epoch"):
        answer = start(api, cast.alice, room, **{field: "1"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert not Attempt.objects.exists()


def test_a_late_resume_closes_the_attempt_and_says_there_is_none_left(api, cast, room, attempt):
    Attempt.objects.update(
        started_at=attempt.started_at - timedelta(hours=1), deadline_at=attempt.deadline_at - timedelta(hours=1)
    )
    assert start(api, cast.alice, room).json()["code"] == "no_attempts_left"
    assert Attempt.objects.get().status == "EXPIRED"
