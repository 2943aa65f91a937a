"""attempts/ and attempts/{id}/…: state, paper, answers, the end."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils.dateparse import parse_datetime

from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import sitting
from apps.attempts.rules import receipts
from tests.apps.attempts import journal
from tests.factories import make_room

pytestmark = pytest.mark.django_db


def overdue(attempt):
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=attempt.started_at - timedelta(hours=1), deadline_at=attempt.deadline_at - timedelta(hours=1)
    )


def answer_to(attempt, question, response, seq):
    entry = {"seq": seq, "question": str(journal.question_id(attempt, question)), "response": response}
    if question == "river":
        entry["response"] = journal.option_id(attempt, "river", response)
    return entry


# -- reading -------------------------------------------------------------------------------------------------------


def test_lists_what_each_may_see_newest_first(api, cast, attempt):
    other = make_room(cast, cast.bob)
    bobs = sitting.start_attempt(actor=cast.bob, assignment_id=other.pk).attempt
    assert [row["id"] for row in api(cast.dora).get("attempts/").json()["results"]] == [str(bobs.pk), str(attempt.pk)]
    assert [row["id"] for row in api(cast.alice).get("attempts/").json()["results"]] == [str(attempt.pk)]
    assert api(cast.other_teacher).get("attempts/").json()["count"] == 0


def test_filters_by_room_and_status(api, cast, attempt, room):
    def count(**filters):
        return api(cast.dora).get("attempts/", filters).json()["count"]

    assert count(exam_assignment_id=room.pk) == 1
    assert count(exam_assignment_id=uuid.uuid4()) == 0
    assert count(status="IN_PROGRESS") == 1
    assert count(status="GRADED") == 0
    for wrong in ({"status": "DONE"}, {"exam_assignment_id": "1"}, {"student__password": "x"}):
        answer = api(cast.dora).get("attempts/", wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")


def test_a_list_takes_the_same_queries_however_long(api, cast, attempt, count_queries):
    client = api(cast.dora)
    client.get("attempts/")
    with count_queries() as one:
        client.get("attempts/")
    for person in (cast.alice, cast.bob):
        other = make_room(cast, person)
        sitting.start_attempt(actor=person, assignment_id=other.pk)
    with count_queries() as three:
        assert client.get("attempts/").json()["count"] == 3
    assert len(one) == len(three)


def test_tells_where_an_attempt_stands(api, cast, attempt):
    journal.write(attempt, "sum", "1", seq=7)
    state = api(cast.alice).get(f"attempts/{attempt.pk}/").json()
    assert (state["status"], state["epoch"], state["last_seq"], state["score"]) == ("IN_PROGRESS", 1, 7, None)
    left = parse_datetime(state["deadline_at"]) - parse_datetime(state["server_time"])
    assert state["time_remaining_seconds"] == pytest.approx(left.total_seconds())
    assert 1790 < state["time_remaining_seconds"] <= 1800


def test_shows_an_overdue_attempt_as_closed(api, cast, attempt):
    overdue(attempt)
    state = api(cast.alice).get(f"attempts/{attempt.pk}/").json()
    assert (state["status"], state["was_expired"], state["time_remaining_seconds"]) == ("EXPIRED", True, 0)


def test_hides_a_score_until_it_is_released(api, cast, graded):
    def scores(person):
        detail = api(person).get(f"attempts/{graded.pk}/").json()
        [row] = api(person).get("attempts/").json()["results"]
        assert (detail["score"], detail["percentage"]) == (row["score"], row["percentage"])
        return detail["score"], detail["percentage"]

    assert scores(cast.alice) == (None, None)
    assert scores(cast.dora) == ("3.000", "60.00")
    graded.assignment.is_published = True
    graded.assignment.save()
    assert scores(cast.alice) == ("3.000", "60.00")


ROUTES = [
    ("get", ""),
    ("get", "paper/"),
    ("get", "answers/"),
    ("put", "answers/"),
    ("post", "submit/"),
    ("post", "takeover/"),
    ("get", "result/"),
    ("get", "review/"),
    ("get", "receipt/"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_somebody_elses_attempt_is_as_unknown_as_none(api, cast, attempt, method, route):
    body = {"epoch": 1, "answers": [answer_to(attempt, "sum", "1", 1)]} if method == "put" else None

    def ask(person, attempt_id):
        return getattr(api(person), method)(f"attempts/{attempt_id}/{route}", body)

    foreign, unknown = ask(cast.bob, attempt.pk), ask(cast.bob, uuid.uuid4())
    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert ask(cast.mallory, attempt.pk).status_code == 404
    assert ask(None, attempt.pk).status_code == 401
    attempt.refresh_from_db()
    assert (attempt.is_running, attempt.epoch) == (True, 1)
    assert not AnswerEntry.objects.exists()


@pytest.mark.parametrize(
    ("method", "route"), [("get", "paper/"), ("put", "answers/"), ("post", "submit/"), ("post", "takeover/")]
)
def test_staff_do_not_sit(api, cast, attempt, method, route):
    for person in (cast.carol, cast.dora):
        assert getattr(api(person), method)(f"attempts/{attempt.pk}/{route}").status_code == 403


def test_gives_the_paper_again_while_one_sits(api, cast, attempt):
    answer = api(cast.alice).get(f"attempts/{attempt.pk}/paper/")
    assert [section["name"] for section in answer.json()["sections"]] == ["Words", "Counting"]
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    closed = api(cast.alice).get(f"attempts/{attempt.pk}/paper/")
    assert (closed.status_code, closed.json()["code"]) == (409, "attempt_closed")


# -- answers -------------------------------------------------------------------------------------------------------


def test_stores_answers_and_tells_them_again(api, cast, attempt):
    sent = [
        answer_to(attempt, "river", "yes", 1),
        answer_to(attempt, "sum", "41", 2),
        answer_to(attempt, "sum", None, 3),
    ]
    saved = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": sent})
    assert saved.status_code == 200
    assert (saved.json()["acked"], saved.json()["refused"]) == ([1, 2, 3], [])
    state = api(cast.alice).get(f"attempts/{attempt.pk}/answers/").json()
    assert state["answers"] == {sent[0]["question"]: sent[0]["response"]}
    assert (state["epoch"], state["last_seqs"]) == (1, {"1": 3})
    assert state["latest"][sent[2]["question"]] == {"epoch": 1, "seq": 3}


def test_acknowledges_what_it_takes_and_refuses_the_rest_by_number(api, cast, attempt):
    sent = [answer_to(attempt, "sum", "41", 1), {"seq": 2, "question": str(uuid.uuid4()), "response": "x"}]
    saved = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": sent}).json()
    assert (saved["acked"], saved["refused"]) == ([1], [{"seq": 2, "code": "unknown_question"}])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"seq": 0}, "/answers/0/seq"),
        ({"seq": 2**31}, "/answers/0/seq"),
        ({"question": "x"}, "/answers/0"),
        ({"question": 7}, "/answers/0/question"),
        ({"seq": "1"}, "/answers/0/seq"),
        ({"received_at": "2020-01-01"}, "/answers/0/received_at"),
        ({"is_correct": True}, "/answers/0/is_correct"),
    ],
)
def test_says_where_a_batch_is_wrong(api, cast, attempt, change, pointer):
    sent = {**answer_to(attempt, "sum", "41", 1), **change}
    answer = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": [sent]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("body", [{}, {"epoch": 1}, {"epoch": 1, "answers": []}, {"epoch": 1, "answers": "x"}, []])
def test_refuses_what_is_no_batch(api, cast, attempt, body):
    assert api(cast.alice).put(f"attempts/{attempt.pk}/answers/", body).status_code == 422


def test_refuses_more_than_five_hundred_at_once(api, cast, attempt):
    sent = [answer_to(attempt, "sum", "1", seq) for seq in range(1, 502)]
    answer = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": sent})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/answers")


# -- another window ------------------------------------------------------------------------------------------------


def test_an_older_window_saves_and_hands_in_no_more(api, cast, attempt):
    assert api(cast.alice).post(f"attempts/{attempt.pk}/takeover/").json() == {"attempt": str(attempt.pk), "epoch": 2}
    old = {"epoch": 1, "answers": [answer_to(attempt, "sum", "41", 1)]}
    for answer in (
        api(cast.alice).put(f"attempts/{attempt.pk}/answers/", old),
        api(cast.alice).post(f"attempts/{attempt.pk}/submit/", old),
        api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {"epoch": 1}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "taken_over")
    attempt.refresh_from_db()
    assert attempt.is_running


# -- the end -------------------------------------------------------------------------------------------------------


def test_hands_in_with_a_last_batch(api, cast, attempt):
    body = {"epoch": 1, "answers": [answer_to(attempt, "sum", "42", 1), answer_to(attempt, "sum", {}, 2)]}
    answer = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", body)
    assert answer.status_code == 200
    end = answer.json()
    assert (end["status"], end["was_expired"], end["entry_count"]) == ("SUBMITTED", False, 1)
    assert (end["batch"]["acked"], end["batch"]["refused"]) == ([1], [{"seq": 2, "code": "bad_answer"}])
    lines = [receipts.Entry(1, 1, journal.question_id(attempt, "sum"), "42")]
    assert end["receipt"] == receipts.receipt(attempt_id=attempt.pk, entries=lines)


def test_bad_answers_at_the_end_do_not_stand_in_the_way(api, cast, attempt):
    body = {"epoch": 1, "answers": [answer_to(attempt, "sum", {}, 2)]}
    end = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", body).json()
    assert (end["status"], end["batch"]["refused"]) == ("SUBMITTED", [{"seq": 2, "code": "bad_answer"}])


def test_handing_in_again_gives_the_same_receipt(api, cast, attempt):
    body = {"epoch": 1, "answers": [answer_to(attempt, "sum", "42", 1)]}
    first = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", body).json()
    again = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", body).json()
    new = (
        api(cast.alice)
        .post(f"attempts/{attempt.pk}/submit/", {"epoch": 1, "answers": [answer_to(attempt, "sum", "43", 2)]})
        .json()
    )
    assert again["receipt"] == new["receipt"] == first["receipt"]
    assert again["batch"]["acked"] == [1]
    assert new["batch"]["refused"] == [{"seq": 2, "code": "attempt_closed"}]


def test_takes_all_answers_in_one_call_by_question(api, cast, attempt):
    names = {name: str(journal.question_id(attempt, name)) for name in ("river", "sum", "free", "verbs")}
    answers = {names["river"]: "A", names["sum"]: 42, names["free"]: 1, names["verbs"]: ["Z"]}
    end = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {"answers": answers}).json()
    assert (end["status"], end["entry_count"], end["batch"]) == ("SUBMITTED", 3, None)
    assert end["refused"] == {names["verbs"]: "bad_answer"}
    stored = dict(AnswerEntry.objects.values_list("question_id", "response"))
    assert stored[journal.question_id(attempt, "river")] == journal.option_id(attempt, "river", "yes")
    assert stored[journal.question_id(attempt, "free")] == journal.option_id(attempt, "free", "no")


@pytest.mark.parametrize("answers", ["A", 5, None, {"x" * 37: 1}, [1]])
def test_refuses_answers_of_no_known_shape(api, cast, attempt, answers):
    answer = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {"epoch": 1, "answers": answers})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/answers")
    attempt.refresh_from_db()
    assert attempt.is_running


def test_says_so_when_the_time_was_up(api, cast, attempt):
    overdue(attempt)
    body = {"epoch": 1, "answers": [answer_to(attempt, "sum", "42", 1)]}
    end = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", body).json()
    assert (end["status"], end["was_expired"]) == ("EXPIRED", True)
    assert parse_datetime(end["finished_at"]) == attempt.deadline_at - timedelta(hours=1)
    assert end["batch"]["refused"] == [{"seq": 1, "code": "too_late"}]


def test_answers_at_the_end_need_the_epoch_of_their_window(api, cast, attempt):
    answer = api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {"answers": [answer_to(attempt, "sum", "42", 1)]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/epoch")


def test_refuses_to_be_told_a_result(api, cast, attempt):
    for field in ("score", "finished_at", "was_expired", "status"):
        assert api(cast.alice).post(f"attempts/{attempt.pk}/submit/", {field: 1}).status_code == 422
    attempt.refresh_from_db()
    assert attempt.is_running


def test_gives_the_journal_with_its_receipt_once_closed(api, cast, attempt):
    entry = journal.write(attempt, "sum", "42", seq=4)
    early = api(cast.alice).get(f"attempts/{attempt.pk}/receipt/")
    assert (early.status_code, early.json()["code"]) == (409, "not_handed_in")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    for person in (cast.alice, cast.dora):
        receipt = api(person).get(f"attempts/{attempt.pk}/receipt/").json()
        assert receipt["is_intact"]
        [line] = receipt["entries"]
        assert (line["epoch"], line["seq"], line["question"], line["response"]) == (1, 4, str(entry.question_id), "42")
