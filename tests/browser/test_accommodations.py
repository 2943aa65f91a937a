"""Accommodations in a real browser: a teacher asks, an admin decides, and the student reads it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.browser.test_sitting import MOST_MS
from tests.browser.test_watch import ADMIN
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

STUDENT = f"student30@{CENTER}.test"


def open_page(page: Page, cable: Cable, email: str) -> None:
    page.goto(f"http://{CENTER}.localhost:{cable.port}/accommodations/")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", content.PASSWORD)
    page.click("form button")
    expect(page.locator("h1")).to_have_text(re.compile("ccommodations|配慮"), timeout=MOST_MS)


def test_a_teacher_asks_an_admin_approves_and_the_student_reads_it(
    context: BrowserContext, phone: BrowserContext, cable: Cable, stack: Stack, look
) -> None:
    ((name,),) = stack.query("SELECT first_name || ' ' || last_name FROM authentication_user WHERE email = %s", STUDENT)
    teacher = context.new_page()
    open_page(teacher, cable, content.teacher_email(CENTER))
    teacher.get_by_text("Ask for one").click()
    teacher.get_by_label("Student").select_option(label=name)
    teacher.get_by_label("Reason").fill("A doctor's letter.")
    teacher.get_by_role("button", name="Ask", exact=True).click()
    expect(teacher.get_by_text("At least one type of section")).to_be_visible(timeout=MOST_MS)
    teacher.get_by_label("Listening").fill("1.5")
    look(teacher, "accommodations-form")
    teacher.get_by_role("button", name="Ask", exact=True).click()
    mine = teacher.locator("li.card", has_text=name).first
    expect(mine).to_contain_text("Listening × 1.5", timeout=MOST_MS)
    expect(mine).to_contain_text("asked for")
    expect(mine.get_by_role("button")).to_have_count(0)

    assert context.browser is not None
    office = context.browser.new_context()
    admin = office.new_page()
    open_page(admin, cable, ADMIN)
    row = admin.locator("li.card", has_text=name).first
    row.get_by_role("button", name="Approve…").click()
    admin.locator("dialog").get_by_role("button", name="Approve", exact=True).click()
    expect(row).to_contain_text("approved", timeout=MOST_MS)
    look(admin, "accommodations-admin")

    student = phone.new_page()
    open_page(student, cable, STUDENT)
    expect(student.locator("li.card").first).to_contain_text("聴解 × 1.5", timeout=MOST_MS)
    look(student, "accommodations-phone-ja")

    row.get_by_role("button", name="Withdraw…").click()
    admin.locator("dialog").get_by_label("Reason").fill("Not needed any more.")
    admin.locator("dialog").get_by_role("button", name="Withdraw", exact=True).click()
    expect(row).to_contain_text("Not needed any more.", timeout=MOST_MS)
    expect(row.get_by_role("button")).to_have_count(0)
    office.close()
