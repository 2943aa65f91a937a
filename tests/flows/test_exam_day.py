"""An exam day from one end to the other, over HTTP, with the clock and the bus in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.core import clock
from apps.core.models import Delivery
from apps.mock_tests import queries as papers
from tests.apps.assignments.builders import make_group
from tests.factories import SAMPLE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class Clerk:
    """A client that expects to succeed."""

    def __init__(self, client):
        self.client = client

    def get(self, path, **params):
        return self._checked(self.client.get(path, params))

    def post(self, path, body=None, **options):
        return self._checked(self.client.post(path, body or {}, **options))

    def put(self, path, body):
        return self._checked(self.client.put(path, body))

    def _checked(self, answer):
        assert answer.status_code < 300, answer.content
        return answer.json()


def turn_the_clock_on(minutes):
    """Everything that has a time happened, or is due, that much earlier."""
    ago = timedelta(minutes=minutes)
    Attempt.objects.update(
        started_at=F("started_at") - ago, deadline_at=F("deadline_at") - ago, finished_at=F("finished_at") - ago
    )
    ExamAssignment.objects.update(
        opens_at=F("opens_at") - ago, closes_at=F("closes_at") - ago, opened_at=F("opened_at") - ago
    )
    Delivery.objects.filter(done_at=None).update(due_at=F("due_at") - ago)


def right_answers(attempt_id):
    """The best response to each question, from the key, as only the center knows it."""
    key = papers.get_key(paper_id=Attempt.objects.get(pk=attempt_id).paper_id)
    return {question: _best(item) for question, item in key.items()}


def _best(item):
    if "answers" in item["key"]:
        return item["key"]["answers"][0]["value"]
    good = [option for option, share in item["key"]["fractions"].items() if float(share) > 0]
    return good if item["type"] == "multiple_choice" else good[0]


def batch(answers, first=1):
    return {
        "epoch": 1,
        "answers": [
            {"seq": seq, "question": str(question), "response": response}
            for seq, (question, response) in enumerate(answers, first)
        ],
    }


def test_from_a_file_to_a_frozen_board(api, cast, deliver):
    carol, alice, bob = (Clerk(api(person)) for person in (cast.carol, cast.alice, cast.bob))
    group = make_group(cast, cast.alice, cast.bob)

    # Carol brings a file, publishes it, and assigns it for half an hour from now on.
    file = SimpleUploadedFile(SAMPLE.name, SAMPLE.read_bytes(), content_type="text/xml")
    test = carol.post("mock-tests/import/", {"file": file}, format="multipart")["test"]["id"]
    carol.post(f"mock-tests/{test}/publish/")
    room = carol.post(
        "exam-assignments/",
        {
            "title": "N5, autumn",
            "mock_test": test,
            "assigned_group_ids": [str(group.pk)],
            "seconds": 1800,
        },
    )["id"]
    carol.post(f"exam-assignments/{room}/open/")
    deliver()
    assert [notice["notification_type"] for notice in alice.get("notifications/")["results"]] == ["EXAM_OPENED"]

    # Alice and Bob start. She knows everything and hands in; he answers a few and walks away.
    alices = alice.post(f"exam-assignments/{room}/start/")
    bobs = bob.post(f"exam-assignments/{room}/start/")
    assert bob.post(f"exam-assignments/{room}/start/")["attempt"] == bobs["attempt"]
    known = list(right_answers(alices["attempt"]).items())
    saved = alice.put(f"attempts/{alices['attempt']}/answers/", batch(known))
    assert (len(saved["acked"]), saved["refused"]) == (len(known), [])
    bob.put(f"attempts/{bobs['attempt']}/answers/", batch(known[:5]))
    extended = carol.post(
        f"exam-assignments/{room}/extend/",
        {
            "seconds": 600,
            "reason": "The loudspeaker failed.",
            "student_ids": [str(cast.bob.pk)],
        },
    )
    assert [row["attempt"] for row in extended["extended"]] == [bobs["attempt"]]
    handed_in = alice.post(f"attempts/{alices['attempt']}/submit/", {"epoch": 1})
    assert (handed_in["status"], handed_in["entry_count"]) == ("SUBMITTED", len(known))

    # She is marked at once; the board knows, her result waits for its release.
    deliver()
    board = alice.get(f"leaderboards/exams/{room}/")["results"]
    assert [(row["rank"], row["score"]) for row in board] == [(1, alices_score := board[0]["score"])]
    assert alice.client.get(f"attempts/{alices['attempt']}/result/").json()["code"] == "result_not_released"

    # Half an hour later Bob still has his extra time; ten minutes and the grace later he has not.
    turn_the_clock_on(31)
    deliver()
    assert bob.get(f"attempts/{bobs['attempt']}/")["status"] == "IN_PROGRESS"
    turn_the_clock_on(10)
    deliver()
    state = bob.get(f"attempts/{bobs['attempt']}/")
    assert (state["status"], state["was_expired"], state["finished_at"]) == ("GRADED", True, state["deadline_at"])

    # Carol closes the room. Nobody has to be waited for, so it is final; she releases the results.
    carol.post(f"exam-assignments/{room}/close/")
    deliver()
    assert carol.get(f"exam-assignments/{room}/")["status"] == "FINALISED"
    carol.post(f"exam-assignments/{room}/release/")
    deliver()
    assert "EXAM_PUBLISHED" in {notice["notification_type"] for notice in bob.get("notifications/")["results"]}

    mine, his = (who.get(f"attempts/{a['attempt']}/result/") for who, a in ((alice, alices), (bob, bobs)))
    assert (mine["percentage"], mine["score"], mine["jlpt_estimate"]["passed"]) == ("100.00", alices_score, True)
    assert mine["rank"] == {"rank": 1, "percentile": "100.00", "people": 2, "is_final": True}
    assert his["rank"] == {"rank": 2, "percentile": "50.00", "people": 2, "is_final": True}
    assert sum(float(part["score"]) for part in his["sections"]) == float(his["score"]) > 0
    assert his["jlpt_estimate"]["passed"] is False

    # Both can check that the center kept what they sent.
    receipt = alice.get(f"attempts/{alices['attempt']}/receipt/")
    assert (receipt["receipt"], receipt["is_intact"]) == (handed_in["receipt"], True)
    assert {(e["question"], str(e["response"])) for e in receipt["entries"]} == {(str(q), str(r)) for q, r in known}
    final = [(row["rank"], row["score"]) for row in carol.get(f"leaderboards/exams/{room}/")["results"]]
    assert final == [(1, mine["score"]), (2, his["score"])]


def test_a_window_runs_by_the_clock_alone(api, cast, deliver):
    """Nobody opens, hands in or closes; time does."""
    carol, alice = Clerk(api(cast.carol)), Clerk(api(cast.alice))
    group = make_group(cast, cast.alice, cast.bob)
    file = SimpleUploadedFile(SAMPLE.name, SAMPLE.read_bytes(), content_type="text/xml")
    test = carol.post("mock-tests/import/", {"file": file}, format="multipart")["test"]["id"]
    carol.post(f"mock-tests/{test}/publish/")
    now = clock.now()
    room = carol.post(
        "exam-assignments/",
        {
            "title": "By the clock",
            "mock_test": test,
            "assigned_group_ids": [str(group.pk)],
            "opens_at": (now + timedelta(minutes=10)).isoformat(),
            "closes_at": (now + timedelta(minutes=40)).isoformat(),
            "is_sectioned": False,
        },
    )["id"]
    deliver()
    assert alice.client.post(f"exam-assignments/{room}/start/", {}).json()["code"] == "room_not_open"
    turn_the_clock_on(11)
    attempt = alice.post(f"exam-assignments/{room}/start/")  # although no alarm has rung yet
    deliver()
    question, response = next(iter(right_answers(attempt["attempt"]).items()))
    alice.put(f"attempts/{attempt['attempt']}/answers/", batch([(question, response)]))
    turn_the_clock_on(31)
    deliver()
    state = alice.get(f"attempts/{attempt['attempt']}/")
    assert (state["status"], state["was_expired"]) == ("GRADED", True)
    assert carol.get(f"exam-assignments/{room}/")["status"] == "FINALISED"
    [row] = carol.get(f"leaderboards/exams/{room}/")["results"]
    assert float(row["score"]) > 0
