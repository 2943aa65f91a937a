"""attempts/{id}/ledger/, refused-answers/ and withdrawn-sheets/."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from apps.attempts import errors
from apps.attempts.models import Attempt
from apps.attempts.operations import granting, journal, reopening, sitting
from apps.core import clock
from tests.apps.attempts import journal as lines

pytestmark = pytest.mark.django_db

PARTS = ["ledger", "refused-answers", "withdrawn-sheets"]


@pytest.fixture
def url(attempt):
    return lambda part: f"attempts/{attempt.pk}/{part}/"


def send_late(attempt):
    answer = {
        "seq": 99,
        "question": str(lines.question_id(attempt, "river")),
        "response": lines.option_id(attempt, "river", "yes"),
    }
    with pytest.raises(errors.AttemptClosed):
        journal.save_answers(actor=attempt.student, attempt_id=attempt.pk, epoch=1, answers=[answer])


# -- the ledger ----------------------------------------------------------------------------------------------------


def test_tells_every_second_to_staff_and_to_who_sits(api, cast, room, attempt, url):
    granting.extend(actor=cast.dora, assignment_id=room.pk, seconds=61, reason="The bell rang late.")
    told = api(cast.dora).get(url("ledger")).json()
    base, more = told["entries"]
    assert (base["kind"], base["reason"], base["given_by"], base["author"]) == ("BASE", "", "SERVER", None)
    assert (more["kind"], more["seconds"], more["reason"]) == ("EXTENSION", 61, "The bell rang late.")
    assert more["author"] == {"id": str(cast.dora.pk), "name": cast.dora.get_full_name()}
    assert (told["total_seconds"], told["printed_seconds"]) == (base["seconds"] + 61, base["seconds"])
    own = api(cast.alice).get(url("ledger")).json()
    assert [(entry["given_by"], entry["author"]) for entry in own["entries"]] == [("SERVER", None), ("STAFF", None)]
    assert str(cast.dora.pk) not in str(own)
    begun, ends = (datetime.fromisoformat(told[name]) for name in ("started_at", "deadline_at"))
    assert begun + sum((timedelta(seconds=entry["seconds"]) for entry in told["entries"]), timedelta()) == ends


def test_a_pause_that_goes_on_is_told_with_its_reason(api, cast, room, attempt, url):
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="A fire drill.")
    told = api(cast.alice).get(url("ledger")).json()
    assert (told["paused_at"] is not None, told["pause_reason"]) == (True, "A fire drill.")
    granting.resume(actor=cast.dora, assignment_id=room.pk)
    told = api(cast.alice).get(url("ledger")).json()
    assert (told["paused_at"], told["pause_reason"], told["entries"][-1]["reason"]) == (None, "", "A fire drill.")


# -- what was kept for review --------------------------------------------------------------------------------------


def test_staff_read_what_was_refused_beside_what_counts(api, cast, attempt, url):
    lines.write(attempt, "river", "no")
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    send_late(attempt)
    [one] = api(cast.dora).get(url("refused-answers")).json()["results"]
    assert (one["code"], one["words"], one["counted_words"], one["question_number"]) == (
        "attempt_closed",
        ["yes"],
        ["no"],
        1,
    )
    assert one["response"] == lines.option_id(attempt, "river", "yes")
    assert 0 < one["late_seconds"] < 60


def test_staff_read_sheets_that_were_withdrawn(api, cast, room, attempt, url):
    receipt = sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk).receipt
    reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=60, reason="Sent by mistake.")
    page = api(cast.dora).get(url("withdrawn-sheets")).json()
    [sheet] = page["results"]
    assert (page["count"], sheet["receipt"], sheet["reason"]) == (1, receipt, "Sent by mistake.")
    assert sheet["withdrawn_by"]["id"] == str(cast.dora.pk)


def test_lists_are_paged(api, cast, attempt, url):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    for seq in range(1, 4):
        answer = {"seq": seq, "question": str(lines.question_id(attempt, "river")), "response": None}
        with pytest.raises(errors.TakenOver):
            journal.save_answers(actor=cast.alice, attempt_id=attempt.pk, epoch=1, answers=[answer])
    page = api(cast.dora).get(url("refused-answers"), {"page_size": 2, "page": 2}).json()
    assert (page["count"], [one["seq"] for one in page["results"]], page["next"]) == (3, [3], None)


# -- for whom ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_others_find_nothing(api, cast, attempt, url, part):
    foreign = api(cast.sybil).get(url(part))
    unknown = api(cast.dora).get(f"attempts/{uuid.uuid4()}/{part}/")
    for answer in (foreign, unknown, api(cast.other_teacher).get(url(part))):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api(cast.dora).get(url(part)).status_code == 200


@pytest.mark.parametrize("part", PARTS[1:])
def test_students_are_refused_what_staff_review(api, cast, attempt, url, part):
    for person in (cast.alice, cast.bob, cast.gus):
        assert api(person).get(url(part)).status_code == 403


def test_students_find_only_their_own_ledger(api, cast, attempt, url):
    assert api(cast.bob).get(url("ledger")).status_code == 404
    assert api(cast.alice).get(url("ledger")).status_code == 200


# -- moments that fall ---------------------------------------------------------------------------------------------


def test_the_receipt_flags_a_line_whose_moment_falls(api, cast, attempt, url):
    lines.write(attempt, "river", "yes", seq=1)
    later = lines.write(attempt, "sum", "42", seq=2)
    assert later.pk
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=clock.now())
    assert Attempt.objects.get().status == "SUBMITTED"
    entries = api(cast.alice).get(url("receipt")).json()["entries"]
    assert [entry["is_falling"] for entry in entries] == [False, False]
