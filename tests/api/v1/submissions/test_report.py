"""submissions/report-exam-integrity/"""

from __future__ import annotations

import uuid

import pytest

from api.common.throttling import ReportRate
from apps.attempts.models import Attempt, IntegrityEvent
from tests.api.v1.submissions.conftest import chosen

pytestmark = pytest.mark.django_db

EVENT = {
    "type": "tab_switch",
    "message_id": "tab_switch_msg",
    "message": "Boshqa oynaga oʻtdingiz!",
    "at": "2026-11-20T09:30:00.123Z",
}


def report(api, person, attempt, *events, **incident):
    body = {"incident": {"source": "frontend_exam_security", "events": list(events) or [EVENT], **incident}}
    return api(person).post("submissions/report-exam-integrity/", {"submission_id": str(attempt), **body})


def test_keeps_what_the_client_reports_and_changes_nothing_else(api, cast, room, start, submit):
    started = start(cast.alice, room)
    before = Attempt.objects.values().get()
    answer = report(api, cast.alice, started["submission_id"])
    assert (answer.status_code, answer.json()) == (202, {"recorded": 1})
    event = IntegrityEvent.objects.get()
    assert (event.kind, event.at.isoformat()) == ("tab_switch", "2026-11-20T09:30:00.123000+00:00")
    assert event.details == {
        "message_id": "tab_switch_msg",
        "message": "Boshqa oynaga oʻtdingiz!",
        "source": "frontend_exam_security",
    }
    assert Attempt.objects.values().get() == before
    assert submit(cast.alice, started["submission_id"], chosen(started, river="yes"))["refused"] == {}


def test_the_type_is_enough(api, cast, room, start):
    submission = start(cast.alice, room)["submission_id"]
    assert report(api, cast.alice, submission, {"type": "blur"}, {"type": "blur", "at": None}).json() == {"recorded": 2}


def test_submissions_of_others_are_not_there(api, cast, room, start):
    submission = start(cast.alice, room)["submission_id"]
    for person, asked in ((cast.bob, submission), (cast.gus, submission), (cast.mallory, submission)):
        assert report(api, person, asked).status_code == 404
    assert report(api, cast.alice, uuid.uuid4()).status_code == 404
    for person in (cast.carol, cast.dora):
        assert report(api, person, submission).status_code == 403
    assert report(api, None, submission).status_code == 401
    assert not IntegrityEvent.objects.exists()


@pytest.mark.parametrize(
    ("events", "pointer"),
    [
        ([{}], "/incident/events/0/type"),
        ([{"type": "k" * 41}], "/incident/events/0/type"),
        ([{"type": "a\0"}], "/incident/events/0/type"),
        ([{"type": "a", "at": "yesterday"}], "/incident/events/0/at"),
        ([{"type": "a", "disqualify": True}], "/incident/events/0/disqualify"),
        ([{"type": "a"}] * 51, "/incident/events"),
        (["a"], "/incident/events/0"),
    ],
)
def test_refuses_what_is_no_event(api, cast, room, start, events, pointer):
    answer = report(api, cast.alice, start(cast.alice, room)["submission_id"], *events)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_flood_is_sent_away_and_saving_goes_on(api, cast, room, start, submit, monkeypatch):
    monkeypatch.setattr(ReportRate, "THROTTLE_RATES", {"reports": "3/min"})
    started = start(cast.alice, room)
    statuses = [report(api, cast.alice, started["submission_id"]).status_code for _ in range(5)]
    assert statuses == [202, 202, 202, 429, 429]
    assert submit(cast.alice, started["submission_id"], chosen(started, river="yes"))["status"] == "SUBMITTED"
