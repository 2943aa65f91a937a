"""Void attempts, marks on papers and receipts over HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from api.common.throttling import ReceiptRate
from apps.attempts.models import Attempt
from apps.attempts.operations import homework, reopening, sitting
from apps.attempts.rules import watermarks
from tests.client import Api
from tests.factories import make_room
from tests.homework import make_homework

pytestmark = pytest.mark.django_db


@pytest.fixture
def marked(cast):
    """A room whose papers carry a mark; Alice sits."""
    room = make_room(cast, cast.alice, cast.bob, is_watermarked=True)
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


def check(**body):
    return Api().post("receipts/check/", body, format="json")


# -- void ----------------------------------------------------------------------------------------------------------


def test_staff_make_an_attempt_void(cast, attempt):
    answer = Api(cast.dora).post(f"attempts/{attempt.pk}/void/", {"reason": "Somebody else sat."}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "VOID")
    saved = Api(cast.alice).put(
        f"attempts/{attempt.pk}/answers/",
        {"epoch": 1, "answers": [{"seq": 1, "question": str(uuid.uuid4()), "response": None}]},
        format="json",
    )
    assert saved.status_code in (409, 422)


def test_who_may_not_make_it_void(cast, attempt):
    path, body = f"attempts/{attempt.pk}/void/", {"reason": "Mine."}
    assert Api(cast.alice).post(path, body, format="json").status_code == 403
    for person in (cast.other_teacher, cast.sybil):
        assert Api(person).post(path, body, format="json").status_code == 404
    assert Api(cast.dora).post(path, {}, format="json").status_code == 422
    blank = Api(cast.dora).post(path, {"reason": "x" * 201}, format="json")
    assert [row["pointer"] for row in blank.json()["errors"]] == ["/reason"]


def test_a_running_attempt_is_given_its_accommodation(cast, attempt):
    path, body = f"attempts/{attempt.pk}/accommodate/", {"reason": "Approved just now."}
    assert Api(cast.dora).post(path, body, format="json").status_code == 200
    assert Api(cast.alice).post(path, body, format="json").status_code == 403
    assert Api(cast.other_teacher).post(path, body, format="json").status_code == 404
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    closed = Api(cast.dora).post(path, body, format="json")
    assert (closed.status_code, closed.json()["code"]) == (409, "attempt_closed")


def test_one_attempt_is_given_time_and_once_under_a_key(cast, attempt):
    path, key = f"attempts/{attempt.pk}/extend/", str(uuid.uuid4())
    body = {"seconds": 60, "reason": "A fire alarm.", "idempotency_key": key}
    for _ in range(2):
        answer = Api(cast.dora).post(path, body, format="json")
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert (told["attempt"], told["student"]) == (str(attempt.pk), str(cast.alice.pk))
        assert parse_datetime(told["deadline_at"]) == attempt.deadline_at + timedelta(seconds=60)
    assert Api(cast.alice).post(path, body, format="json").status_code == 403
    for person in (cast.other_teacher, cast.sybil):
        assert Api(person).post(path, body, format="json").status_code == 404
    for change, pointer in (({"seconds": 0}, "/seconds"), ({"seconds": "x"}, "/seconds"), ({"reason": ""}, "/reason")):
        refused = Api(cast.dora).post(path, {"seconds": 60, "reason": "So.", **change}, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    closed = Api(cast.dora).post(path, {"seconds": 60, "reason": "So."}, format="json")
    assert (closed.status_code, closed.json()["code"]) == (409, "attempt_closed")


@pytest.mark.parametrize(
    ("verb", "body"),
    [("void", {}), ("accommodate", {}), ("extend", {"seconds": 60})],
)
def test_staff_of_a_homework_do_the_same_to_attempts_at_it(cast, verb, body):
    work = make_homework(cast, cast.alice, quiz_ids=[])
    begun = homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=work.items.get().pk).attempt
    path, body = f"attempts/{begun.pk}/{verb}/", {"reason": "A power cut.", **body}
    assert Api(cast.carol).post(path, body, format="json").status_code == 200
    assert Api(cast.alice).post(path, body, format="json").status_code == 403
    for person in (cast.other_teacher, cast.trent):
        assert Api(person).post(path, body, format="json").status_code == 404


# -- marks on papers -----------------------------------------------------------------------------------------------


def test_a_marked_paper_leads_staff_to_its_attempt(cast, marked):
    mark = Api(cast.alice).get(f"attempts/{marked.pk}/paper/").json()["watermark"]
    assert len(mark) == watermarks.LENGTH
    typed = f"{mark[:5].lower()}-{mark[5:]}".replace("0", "o")
    found = Api(cast.dora).get(f"attempts/?watermark={typed}").json()["results"]
    assert [row["id"] for row in found] == [str(marked.pk)]
    assert Api(cast.alice).get(f"attempts/?watermark={mark}").json()["results"] == []
    assert Api(cast.other_teacher).get(f"attempts/?watermark={mark}").json()["results"] == []
    assert Api(cast.dora).get("attempts/?watermark=-").json()["results"] == []


def test_marks_differ_and_other_papers_have_none(cast, marked, attempt):
    bob = sitting.start_attempt(actor=cast.bob, assignment_id=marked.assignment_id).attempt
    assert bob.watermark != marked.watermark
    assert attempt.watermark == ""
    assert Api(cast.alice).get(f"attempts/{attempt.pk}/paper/").json()["watermark"] is None


# -- receipts ------------------------------------------------------------------------------------------------------


def test_a_receipt_is_right_or_not_and_nothing_else_is_told(cast, marked):
    receipt = sitting.submit_attempt(attempt_id=marked.pk, actor=cast.alice).receipt
    good = check(attempt=str(marked.pk), receipt=receipt)
    assert (good.status_code, good.json()) == (200, {"valid": True})
    assert check(code=marked.watermark.lower(), receipt=receipt).json() == {"valid": True}
    wrong = check(attempt=str(marked.pk), receipt="0" * 64)
    unknown = check(attempt=str(uuid.uuid4()), receipt=receipt)
    assert wrong.content == unknown.content == b'{"valid":false}'


def test_every_answer_costs_the_same_queries(cast, marked):
    receipt = sitting.submit_attempt(attempt_id=marked.pk, actor=cast.alice).receipt
    asked = [
        {"attempt": str(marked.pk), "receipt": receipt},
        {"attempt": str(marked.pk), "receipt": "0" * 64},
        {"attempt": str(uuid.uuid4()), "receipt": receipt},
        {"code": "nothing", "receipt": receipt},
    ]
    check(**asked[0])
    counts = []
    for body in asked:
        with CaptureQueriesContext(connection) as queries:
            check(**body)
        counts.append(len(queries))
        assert sum("attempts_answersheet" in query["sql"] for query in queries) == 1
    assert len(set(counts)) == 1


def test_a_receipt_that_was_withdrawn_is_none_any_more(cast, marked):
    receipt = sitting.submit_attempt(attempt_id=marked.pk, actor=cast.alice).receipt
    reopening.reopen(actor=cast.dora, assignment_id=marked.assignment_id, seconds=60, reason="A mistake.")
    assert check(attempt=str(marked.pk), receipt=receipt).json() == {"valid": False}
    assert Attempt.objects.get(pk=marked.pk).is_running


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"receipt": "0" * 64},
        {"attempt": str(uuid.uuid4()), "code": "x", "receipt": "0" * 64},
        {"attempt": str(uuid.uuid4()), "receipt": "0" * 63},
        {"attempt": str(uuid.uuid4()), "receipt": "é" * 64},
        {"attempt": [7], "receipt": "0" * 64},
    ],
)
def test_what_is_no_question_is_refused(body):
    assert check(**body).status_code == 422


def test_guessing_is_slowed_down(monkeypatch):
    monkeypatch.setattr(ReceiptRate, "THROTTLE_RATES", {"receipts": "3/min"})
    body = {"attempt": str(uuid.uuid4()), "receipt": "0" * 64}
    assert [check(**body).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
