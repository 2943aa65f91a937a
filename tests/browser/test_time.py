"""Every second of a deadline, and what was kept for review, where people read it: in a real browser."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.staff import Teacher
from tests.browser.test_sections import Candidate
from tests.browser.test_sitting import MOST_MS
from tests.browser.test_watch import teacher, watch  # noqa: F401 - fixtures
from tests.faults.stack import Stack

pytestmark = pytest.mark.browser


def send_late(stack: Stack, student: Candidate) -> None:
    """What a window that was offline would still send, after the end."""
    ((question,),) = stack.query(
        "SELECT question_id::text FROM attempts_answerentry WHERE attempt_id = %s LIMIT 1", student.attempt
    )
    answers = [{"seq": 900, "question": question, "response": None}]
    client = Teacher(stack, student.email)._client
    refused = client.put(f"attempts/{student.attempt}/answers/", json={"epoch": 1, "answers": answers})
    assert (refused.status_code, refused.json()["code"]) == (409, "attempt_closed")


def test_who_sits_and_who_watches_read_every_second_and_what_was_refused(
    page: Page,
    stack: Stack,
    teacher: Teacher,  # noqa: F811
    watch,  # noqa: F811
    look,
) -> None:
    room = teacher.open_room("Explained", result_policy="IMMEDIATELY")
    student = Candidate(page, stack, "Explained")
    student.sign_in()
    student.enter()
    student.answer(0, 1)
    student.sees("Everything is saved")
    key = str(uuid.uuid4())
    for _ in range(2):  # as if the first answer had been lost
        teacher.post(f"exam-assignments/{room}/extend/", seconds=90, reason="The bell rang late.", idempotency_key=key)

    page.get_by_text("Your time", exact=True).click()
    ledger = page.locator(".ledger")
    expect(ledger.locator("li")).to_have_count(3, timeout=MOST_MS)
    expect(ledger).to_contain_text("More time")
    expect(ledger).to_contain_text("+1:30")
    expect(ledger).to_contain_text("The bell rang late. staff")
    look(page, "time-student")

    ((name,),) = stack.query(
        "SELECT first_name || ' ' || last_name FROM authentication_user WHERE email = %s", student.email
    )
    teacher.post(f"exam-assignments/{room}/force-submit/", reason="Fire.")
    send_late(stack, student)
    desk = watch(room, width=390)
    panel = desk.open_seat(name)
    panel.get_by_text("Time, every second of it").click()
    expect(panel.locator(".ledger:not(.kept) li")).to_have_count(3, timeout=MOST_MS)
    expect(panel.locator(".ledger:not(.kept)")).not_to_contain_text("staff,")  # their name instead
    panel.get_by_text("Refused answers").click()
    expect(panel.locator(".kept li")).to_have_count(1, timeout=MOST_MS)
    expect(panel.locator(".kept")).to_contain_text("after the end")
    look(desk.page, "time-seat-phone")

    panel.get_by_role("button", name="Reopen…").click()
    desk.confirm("Reopen", Reason="False alarm.")
    expect(panel).to_contain_text("Done.", timeout=MOST_MS)
    panel.get_by_text("Withdrawn sheets").click()
    expect(panel.locator(".kept")).to_contain_text("False alarm.", timeout=MOST_MS)
    panel.get_by_text("Time, every second of it").click()
    expect(panel.locator(".ledger:not(.kept)")).to_contain_text("Opened again", timeout=MOST_MS)
    look(desk.page, "time-seat-reopened-phone")


def test_the_result_tells_the_time_of_who_sat(page: Page, stack: Stack, teacher: Teacher, look) -> None:  # noqa: F811
    room = teacher.open_room("Explained afterwards", result_policy="IMMEDIATELY")
    student = Candidate(page, stack, "Explained afterwards")
    student.sign_in()
    student.enter()
    teacher.post(f"exam-assignments/{room}/pause/", reason="A fire drill.")
    expect(page.locator("main")).to_contain_text("The exam is paused", timeout=MOST_MS)
    teacher.post(f"exam-assignments/{room}/resume/")
    teacher.post(f"exam-assignments/{room}/force-submit/", reason="Fire.")
    page.goto(page.url.split("/rooms/")[0] + f"/attempts/{student.attempt}/result/")
    page.get_by_text("Your time", exact=True).click()
    expect(page.locator(".ledger")).to_contain_text("A fire drill. staff", timeout=MOST_MS)
    look(page, "time-result")
