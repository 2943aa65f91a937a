"""The form for a new room in a real browser: it fills itself in as the exam of the chosen test is sat."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.browser.staff import Teacher
from tests.browser.test_sitting import MOST_MS
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


def open_form(page: Page, cable: Cable) -> None:
    page.goto(f"http://{CENTER}.localhost:{cable.port}/rooms/new/")
    page.fill("input[type=email]", content.teacher_email(CENTER))
    page.fill("input[type=password]", content.PASSWORD)
    page.click("form button")
    expect(page.locator("h1")).to_have_text("New exam room", timeout=MOST_MS)


def choose_the_jlpt_paper(page: Page) -> None:
    page.locator("select").first.select_option(label=f"{content.MOCK_TEST_TITLE} (N5)")
    expect(page.get_by_text("set as in the exam")).to_be_visible(timeout=MOST_MS)


def test_a_new_room_begins_as_the_exam_is_sat_and_keeps_what_was_chosen(
    page: Page, cable: Cable, teacher: Teacher, look
) -> None:
    open_form(page, cable)
    page.get_by_label("Calculator").check()
    choose_the_jlpt_paper(page)
    expect(page.get_by_label("Sections are timed one by one")).to_be_checked()
    expect(page.get_by_label("A timed section may be left early")).not_to_be_checked()
    expect(page.get_by_label("Recordings are played")).to_have_value("LIMITED")
    expect(page.locator(".breaks p")).to_have_count(2)
    expect(page.get_by_label("Calculator")).to_be_checked()
    look(page, "room-form")
    page.get_by_label("Title").fill("As in the exam")
    page.get_by_label(content.GROUP).check()
    page.get_by_role("button", name="Make the room").click()
    expect(page.locator("h1")).to_have_text("As in the exam", timeout=MOST_MS)
    room = teacher.get(f"exam-assignments/{page.url.rstrip('/').split('/')[-2]}/")
    assert (room["is_sectioned"], room["may_leave_early"], room["listening"]) == (True, False, "LIMITED")
    assert room["breaks"] == [{"after": 1, "seconds": 600}, {"after": 2, "seconds": 600}]
    assert room["tools"] == ["calculator"]


def test_minutes_for_the_whole_paper_leave_it_whole(page: Page, cable: Cable) -> None:
    open_form(page, cable)
    page.get_by_label("Minutes for the whole paper").fill("45")
    choose_the_jlpt_paper(page)
    expect(page.get_by_label("Sections are timed one by one")).not_to_be_checked()
    expect(page.get_by_label("Minutes for the whole paper")).to_have_value("45")
    expect(page.get_by_label("Recordings are played")).to_have_value("LIMITED")
