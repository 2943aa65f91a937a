"""The invigilator's page in a real browser: one seat opened and dealt with, and the room moved."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.browser.staff import Teacher
from tests.browser.test_sections import Candidate
from tests.browser.test_sitting import MOST_MS
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

ADMIN = f"admin@{CENTER}.test"
OVER = re.compile("exam is over|handed in")


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


class Desk:
    """Somebody of the staff at the page of a room."""

    def __init__(self, page: Page, address: str, email: str) -> None:
        self.page = page
        page.goto(address)
        page.fill("input[type=email]", email)
        page.fill("input[type=password]", content.PASSWORD)
        page.click("form button")
        expect(page.get_by_text("Live", exact=False).first).to_be_visible(timeout=MOST_MS)

    @property
    def asked(self) -> Locator:
        """The question that is open, above whatever else is."""
        return self.page.locator("dialog:not(.panel)")

    def open_seat(self, name: str) -> Locator:
        self.page.get_by_role("button", name=f"Details of {name}").click()
        return self.page.locator("dialog.panel")

    def confirm(self, button: str, **fields: str) -> None:
        for label, value in fields.items():
            self.asked.get_by_label(label).fill(value)
        self.asked.get_by_role("button", name=button, exact=True).click()


@pytest.fixture
def watch(_browser, cable: Cable) -> Iterator[object]:
    """``watch(room)`` opens its page as the teacher; with a phone's width if wanted."""
    contexts: list[BrowserContext] = []

    def open_at(room: str, *, email: str = content.teacher_email(CENTER), width: int = 1280) -> Desk:
        context = _browser.new_context(viewport={"width": width, "height": 844})
        contexts.append(context)
        return Desk(context.new_page(), f"http://{CENTER}.localhost:{cable.port}/rooms/{room}/watch/", email)

    yield open_at
    for context in contexts:
        context.close()


def approve_time_and_a_half(stack: Stack, attempt: str) -> None:
    """For the student of an attempt: the teacher asks, the center's admin decides."""
    ((student,),) = stack.query("SELECT student_id::text FROM attempts_attempt WHERE id = %s", attempt)
    asked = Teacher(stack).post("accommodations/", student=student, factors={"*": "1.5"}, reason="A doctor's letter.")
    Teacher(stack, ADMIN).post(f"accommodations/{asked['id']}/approve/")


def test_one_seat_is_accommodated_looked_into_and_made_void(
    page: Page, stack: Stack, teacher: Teacher, watch, look
) -> None:
    room = teacher.open_room("Looked into")
    student = Candidate(page, stack, "Looked into")
    student.sign_in()
    student.enter()
    student.answer(0)
    ((name,),) = stack.query(
        "SELECT first_name || ' ' || last_name FROM authentication_user WHERE email = %s", student.email
    )
    approve_time_and_a_half(stack, student.attempt)
    page.evaluate("() => { window.dispatchEvent(new Event('blur')); }")

    desk = watch(room, width=390)
    look(desk.page, "watch-phone")
    panel = desk.open_seat(name)
    expect(panel).to_contain_text("1 of 67 answered", timeout=MOST_MS)
    panel.get_by_role("button", name="Accommodate…").click()
    desk.confirm("Give")
    expect(desk.asked).to_be_visible()  # without a reason nothing is sent
    desk.confirm("Give", Reason="Approved just now.")
    expect(panel).to_contain_text("Done.", timeout=MOST_MS)
    expect(page.locator("#notices")).to_contain_text("minutes more", timeout=MOST_MS)

    expect(panel).to_contain_text("focus lost 1×", timeout=MOST_MS)
    panel.get_by_text("Events").click()
    expect(panel.locator("tbody tr").first).to_be_visible(timeout=MOST_MS)
    expect(panel.locator("tbody")).to_contain_text("blur")
    look(desk.page, "watch-seat-phone")

    panel.get_by_role("button", name="Make void…").click()
    look(desk.page, "watch-void-phone")
    desk.confirm("Make void", Reason="Somebody else sat there.")
    expect(panel).to_contain_text("Not started", timeout=MOST_MS)
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("main")).to_contain_text(OVER, timeout=MOST_MS)
    ((status,),) = stack.query("SELECT status FROM attempts_attempt WHERE id = %s", student.attempt)
    assert status == "VOID"


def test_the_room_is_closed_and_opened_again(page: Page, stack: Stack, teacher: Teacher, watch, look) -> None:
    room = teacher.open_room("Moved by hand")
    student = Candidate(page, stack, "Moved by hand")
    student.sign_in()
    student.enter()
    desk = watch(room)
    of_room = desk.page.get_by_role("group", name="The room")
    look(desk.page, "watch-wide")

    of_room.get_by_role("button", name="Close…").click()
    desk.asked.get_by_role("button", name="Cancel").click()
    expect(of_room.get_by_role("button", name="Close…")).to_be_visible()
    of_room.get_by_role("button", name="Close…").click()
    desk.confirm("Close the room")
    expect(page.locator("main")).to_contain_text(OVER, timeout=MOST_MS)
    again = of_room.get_by_role("button", name="Reopen the room…")
    again.click(timeout=MOST_MS)
    look(desk.page, "watch-reopen")
    desk.confirm("Reopen", Reason="Somebody came late.")
    expect(of_room.get_by_role("button", name="Close…")).to_be_visible(timeout=MOST_MS)
    assert teacher.get(f"exam-assignments/{room}/")["status"] == "OPEN"


def test_what_was_refused_is_said_where_it_was_asked(page: Page, stack: Stack, teacher: Teacher, watch) -> None:
    """The page is older than the room: somebody else has released its results meanwhile."""
    room = teacher.open_room("Refused")
    desk = watch(room)
    of_room = desk.page.get_by_role("group", name="The room")
    of_room.get_by_role("button", name="Close…").click()
    desk.confirm("Close the room")
    again = of_room.get_by_role("button", name="Reopen the room…")
    again.click(timeout=MOST_MS)
    teacher.post(f"exam-assignments/{room}/release/")
    desk.confirm("Reopen", Reason="Somebody came late.")
    expect(desk.asked.get_by_role("alert")).to_contain_text(re.compile("released|status"), timeout=MOST_MS)
    desk.asked.get_by_role("button", name="Cancel").click()
    expect(again).to_have_count(0, timeout=MOST_MS)
