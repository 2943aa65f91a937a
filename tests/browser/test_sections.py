"""Timed sections, a pause and a cut connection in a real browser, and the invigilator's page beside it."""

from __future__ import annotations

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.browser.staff import Teacher
from tests.browser.test_sitting import MOST_MS, Student
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

_numbers = count(1)

# As if the attempt had begun so much earlier; its ledger still adds up.
SHIFT = """
    UPDATE attempts_attempt SET started_at = started_at - %s, deadline_at = deadline_at - %s,
        step_ends = (SELECT array_agg(step_end - %s ORDER BY place)
                     FROM unnest(step_ends) WITH ORDINALITY AS step (step_end, place))
    WHERE id = %s
"""
LEFT = "SELECT step_ends[1] - statement_timestamp() - interval '20 seconds' FROM attempts_attempt WHERE id = %s"


class Candidate(Student):
    """A student in a room of their own kind."""

    def __init__(self, page: Page, stack: Stack, title: str) -> None:
        super().__init__(page, stack)
        self.email = f"student{11 + next(_numbers) % 20:02d}@{CENTER}.test"
        self.title = title

    def enter(self) -> None:
        self.page.locator("li", has_text=self.title).get_by_role("link").first.click()
        self.page.get_by_role("button", name=re.compile("Start|Continue")).click()
        expect(self.page.locator(".clock")).to_be_visible()

    def shorten(self) -> None:
        """The first section ends in twenty seconds."""
        ((left,),) = self.stack.query(LEFT, self.attempt)
        self.stack.query(SHIFT, left, left, left, self.attempt)


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


def test_sections_come_by_the_clock_through_a_pause_and_a_cut(
    page: Page, stack: Stack, cable: Cable, teacher: Teacher
) -> None:
    room = teacher.open_room("In sections", is_sectioned=True, breaks=[{"after": 1, "seconds": 5}])
    student = Candidate(page, stack, "In sections")
    student.sign_in()
    student.enter()
    expect(page.locator(".tab[aria-current=step]")).to_have_text("Vocabulary")
    student.answer(0, 1)
    student.sees("Everything is saved")
    student.shorten()
    page.goto(f"http://{CENTER}.localhost:{cable.port}/")
    student.enter()
    page.evaluate("window.isStillThere = true")

    # A pause whose end the page cannot hear of.
    teacher.post(f"exam-assignments/{room}/pause/", reason="Alarm")
    expect(page.locator("main")).to_contain_text("The exam is paused", timeout=MOST_MS)
    expect(page.locator(".paper")).to_be_hidden()
    cable.cut()
    page.wait_for_timeout(2000)
    teacher.post(f"exam-assignments/{room}/resume/")
    cable.mend()
    expect(page.locator(".paper")).to_be_visible(timeout=MOST_MS)

    # What is given without a connection arrives while the section lasts.
    cable.cut()
    student.answer(2, option=1)
    page.wait_for_timeout(1000)
    cable.mend()
    student.sees("Everything is saved")
    assert student.stored() == student.chosen

    expect(page.locator("main")).to_contain_text("Break", timeout=MOST_MS)
    expect(page.locator(".tab[aria-current=step]")).to_have_text("Grammar and Reading", timeout=MOST_MS)
    expect(page.locator("fieldset.question").first).to_be_visible()
    student.answer(0, 3)
    student.sees("Everything is saved")
    assert student.stored() == student.chosen
    assert page.evaluate("window.isStillThere")


def test_a_section_is_left_for_good_and_the_overview_comes_before_the_end(
    page: Page, stack: Stack, teacher: Teacher
) -> None:
    teacher.open_room("Forward only", is_sectioned=True)
    student = Candidate(page, stack, "Forward only")
    student.sign_in()
    student.enter()
    student.answer(0)
    for name in ("Grammar and Reading", "Listening"):
        page.get_by_role("button", name="Next section").click()
        page.locator("dialog").get_by_role("button", name="Go on", exact=True).click()
        expect(page.locator(".tab[aria-current=step]")).to_have_text(name, timeout=MOST_MS)
    expect(page.get_by_role("button", name="Vocabulary")).to_have_count(0)
    student.answer(1, option=1)
    page.locator(".flag").nth(2).click()
    page.get_by_role("button", name="Hand in").click()
    overview = page.locator("dialog.review")
    expect(overview.locator(".cells .answered")).to_have_count(1)
    expect(overview.locator(".cells .flagged")).to_have_count(1)
    overview.get_by_role("button", name="Hand in").click()
    expect(page.locator("main")).to_contain_text("handed in", timeout=MOST_MS)
    assert student.stored() == student.chosen


@pytest.mark.parametrize("has_review_screen", [True, False])
def test_a_room_shows_an_overview_only_where_it_has_one(
    page: Page, stack: Stack, teacher: Teacher, has_review_screen: bool
) -> None:
    title = "With overview" if has_review_screen else "Without overview"
    teacher.open_room(title, has_review_screen=has_review_screen)
    student = Candidate(page, stack, title)
    student.sign_in()
    page.locator("li", has_text=title).get_by_role("link").first.click()
    cover = "Before you hand in you see" if has_review_screen else "comes without an overview"
    expect(page.locator("main")).to_contain_text(cover, timeout=MOST_MS)
    page.get_by_role("button", name="Start").click()
    student.answer(0)
    page.get_by_role("button", name="Hand in").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("Hand in your paper?")
    expect(page.locator("dialog.review")).to_have_count(int(has_review_screen))
    assert (dialog.locator(".cells .cell").count() > 0) is has_review_screen
    dialog.get_by_role("button", name="Hand in").click()
    expect(page.locator("main")).to_contain_text("handed in", timeout=MOST_MS)


@pytest.mark.parametrize("tools", [["calculator", "notes"], ["notes"], []], ids=str)
def test_a_room_has_the_tools_that_it_names_and_no_others(
    page: Page, stack: Stack, teacher: Teacher, tools: list[str]
) -> None:
    title = f"Tools {len(tools)}"
    teacher.open_room(title, tools=tools)
    student = Candidate(page, stack, title)
    student.sign_in()
    student.enter()
    expect(page.locator("details.tool summary", has_text="Calculator")).to_have_count(int("calculator" in tools))
    expect(page.locator("details.tool summary", has_text="Notes")).to_have_count(int("notes" in tools))
    expect(page.get_by_label("Calculation")).to_have_count(int("calculator" in tools))
    if "calculator" in tools:
        page.get_by_text("Calculator").click()
        page.get_by_label("Calculation").fill("2^3^2")
        expect(page.locator("details.tool output")).to_have_text("= 512")


def test_an_invigilator_sees_who_sits_and_gives_time_that_arrives_at_once(
    page: Page, stack: Stack, cable: Cable, teacher: Teacher
) -> None:
    room = teacher.open_room("Watched")
    student = Candidate(page, stack, "Watched")
    student.sign_in()
    student.enter()
    student.answer(0)
    assert page.context.browser is not None
    desk = page.context.browser.new_context().new_page()
    desk.goto(f"http://{CENTER}.localhost:{cable.port}/rooms/{room}/watch/")
    desk.fill("input[type=email]", content.teacher_email(CENTER))
    desk.fill("input[type=password]", content.PASSWORD)
    desk.click("form button")
    seat = desk.locator(".seat", has_text="Sitting")
    expect(seat).to_have_count(1, timeout=MOST_MS)
    expect(seat).to_contain_text("1 of 67", timeout=MOST_MS)
    expect(seat).to_contain_text("saved", timeout=MOST_MS)

    seat.click()
    desk.get_by_role("button", name="More time…").click()
    dialog = desk.locator("dialog")
    dialog.get_by_label("Minutes").fill("15")
    dialog.get_by_label("Reason").fill("Late bus")
    dialog.get_by_role("button", name="Give").click()
    expect(page.locator("#notices")).to_contain_text("15 minutes more", timeout=MOST_MS)

    desk.get_by_label("Announcement").fill("Please be quiet.")
    desk.get_by_role("button", name="Announce", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Please be quiet.", timeout=MOST_MS)

    desk.get_by_role("button", name="Collect…").click()
    dialog.get_by_label("Reason").fill("Done")
    dialog.get_by_role("button", name="Collect").click()
    expect(page.locator("main")).to_contain_text("The exam is over", timeout=MOST_MS)
    expect(desk.locator(".seat", has_text="Handed in")).to_have_count(1, timeout=MOST_MS)
    desk.context.close()
