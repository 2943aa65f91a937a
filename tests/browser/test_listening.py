"""A room that listens together: by the invigilator's button, and by the clock of the section."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.browser.staff import Teacher
from tests.browser.test_sections import Candidate
from tests.browser.test_sitting import MOST_MS
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

PLAYS = """
    SELECT p.started_at, p.number, c.starts_at, c.is_automatic FROM attempts_play p
    JOIN attempts_cue c ON c.id = p.cue_id WHERE c.assignment_id = %s
"""
PLAYING = "[...document.querySelectorAll('.player')].some((one) => one.textContent.includes('Playing'))"


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


def desk_of(context: BrowserContext, stack: Stack, room: str) -> Page:
    """The invigilator's page."""
    page = context.new_page()
    page.goto(f"http://{CENTER}.localhost:{stack.port}/rooms/{room}/watch/")
    page.fill("input[type=email]", content.teacher_email(CENTER))
    page.fill("input[type=password]", content.PASSWORD)
    page.click("form button")
    expect(page.locator(".listening")).to_be_visible(timeout=MOST_MS)
    return page


def seated(contexts: list[BrowserContext], stack: Stack, title: str) -> list[Candidate]:
    students = []
    for context in contexts:
        page = context.new_page()
        page.goto(f"http://{CENTER}.localhost:{stack.port}/")
        student = Candidate(page, stack, title)
        student.sign_in()
        student.enter()
        students.append(student)
    return students


def test_everybody_hears_it_when_the_invigilator_says_so(
    context: BrowserContext, teacher: Teacher, stack: Stack, look: Callable[[Page, str], None]
) -> None:
    room = teacher.open_room("Together", listening="SYNCHRONISED")
    browser = context.browser
    assert browser is not None
    contexts = [browser.new_context(), browser.new_context(viewport={"width": 390, "height": 844})]
    students = seated(contexts, stack, "Together")
    for student in students:
        student.page.get_by_role("button", name="Listening", exact=True).click()
        expect(student.page.locator(".player").first).to_contain_text("Starts for the whole room.")
    desk = desk_of(context, stack, room)
    expect(desk.get_by_role("button", name="Start recording 1:")).to_be_visible(timeout=MOST_MS)
    look(desk, "watch-recordings")
    desk.get_by_role("button", name="Start recording 1:").click()
    desk.locator("dialog").get_by_role("button", name="Start", exact=True).click()
    for student in students:
        student.page.wait_for_function(PLAYING, timeout=MOST_MS)
    look(students[1].page, "listening-phone")
    expect(desk.locator(".cues li").first).to_contain_text("2 seats began", timeout=MOST_MS)
    look(desk, "watch-cued")
    plays = stack.query(PLAYS, room)
    assert len(plays) == 2
    starts = {starts_at for _, _, starts_at, _ in plays}
    assert len(starts) == 1
    for started_at, _, starts_at, _ in plays:  # asked for at the moment that the server named
        assert abs((started_at - starts_at).total_seconds()) < 1.5
    for each in contexts:
        each.close()


def test_recordings_start_by_themselves_when_their_section_begins(
    page: Page, cable: Cable, teacher: Teacher, stack: Stack, look: Callable[[Page, str], None]
) -> None:
    room = teacher.open_room("By the clock", listening="SYNCHRONISED", is_sectioned=True, is_cued_by_clock=True)
    student = Candidate(page, stack, "By the clock")
    student.sign_in()
    page.locator("li", has_text="By the clock").get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("when their section begins")
    look(page, "cover-by-the-clock")
    page.get_by_role("button", name="Start").click()
    for _ in range(2):
        page.get_by_role("button", name="Next section").click()
        page.locator("dialog").get_by_role("button", name="Go on", exact=True).click()
        page.wait_for_timeout(1500)
    expect(page.locator(".player").first).to_be_visible(timeout=MOST_MS)
    page.wait_for_function(PLAYING, timeout=MOST_MS)
    look(page, "listening-by-the-clock")
    (play,) = stack.query(PLAYS, room)
    assert play[1] == 1
    assert play[3] is True
