"""A student sits in a real browser, and the connection does what connections do. The journal in PostgreSQL is the judge."""

from __future__ import annotations

import re
import time
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

MOST_MS = 30_000
_numbers = count(1)

# What counts: of each question the answer with the highest number.
ANSWERS = """
    SELECT question_id::text, response FROM (
        SELECT DISTINCT ON (question_id) question_id, response FROM attempts_answerentry WHERE attempt_id = %s
        ORDER BY question_id, epoch DESC, seq DESC
    ) AS latest
"""


class Student:
    """One of the demo's, at the N5 paper, who remembers every choice."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page, self.stack = page, stack
        self.email = f"student{next(_numbers):02d}@{CENTER}.test"
        self.chosen: dict[str, str] = {}

    def sign_in(self) -> None:
        self.page.fill("input[type=email]", self.email)
        self.page.fill("input[type=password]", content.PASSWORD)
        self.page.click("form button")
        expect(self.page.locator("h1")).to_have_text("Your exams")

    def enter(self) -> None:
        self.page.locator("li", has_text="N5 mock exam").get_by_role("link").first.click()
        self.page.get_by_role("button", name=re.compile("Start|Continue")).click()
        expect(self.page.locator(".clock")).to_be_visible()

    def answer(self, *places: int, option: int = 0) -> None:
        for place in places:
            inputs = self.page.locator("fieldset.question").nth(place).locator("input[type=radio]")
            inputs.nth(option).check()
            self.chosen[str(inputs.first.get_attribute("name"))] = str(inputs.nth(option).get_attribute("value"))

    def sees(self, text: str) -> None:
        expect(self.page.locator(".saved")).to_contain_text(text, timeout=MOST_MS)

    @property
    def attempt(self) -> str:
        ((attempt,),) = self.stack.query(
            "SELECT a.id FROM attempts_attempt a JOIN authentication_user u ON u.id = a.student_id"
            " WHERE u.email = %s ORDER BY a.started_at DESC LIMIT 1",
            self.email,
        )
        return str(attempt)

    def stored(self) -> dict[str, str]:
        return dict(self.stack.query(ANSWERS, self.attempt))


@pytest.fixture
def student(page: Page, stack: Stack) -> Student:
    student = Student(page, stack)
    student.sign_in()
    student.enter()
    return student


def test_answers_given_without_a_connection_arrive_when_it_is_back(student: Student, cable: Cable) -> None:
    student.answer(0, 1)
    student.sees("Everything is saved")
    cable.cut()
    student.answer(2, 3, 4, option=1)
    student.answer(0, option=2)
    time.sleep(1)
    assert len(student.stored()) == 2
    cable.mend()
    student.sees("Everything is saved")
    assert student.stored() == student.chosen


def test_a_connection_that_dies_silently_is_given_up_and_made_anew(
    student: Student, cable: Cable, stack: Stack
) -> None:
    student.answer(0)
    student.sees("Everything is saved")
    cable.cut()
    student.answer(1, 2)
    time.sleep(45)  # longer than any silence that the page bears
    cable.mend()
    student.sees("Everything is saved")
    assert student.stored() == student.chosen


def test_answers_survive_a_reload_that_comes_before_they_were_sent(student: Student, cable: Cable) -> None:
    student.answer(0)
    student.sees("Everything is saved")
    cable.cut()
    student.answer(1, 2, option=1)
    student.page.wait_for_timeout(300)
    student.page.goto("about:blank")
    assert len(student.stored()) == 1
    cable.mend()
    student.page.goto(f"http://{CENTER}.localhost:{cable.port}/")
    student.enter()
    student.sees("Everything is saved")
    assert student.stored() == student.chosen
    for place in (0, 1, 2):
        expect(student.page.locator("fieldset.question").nth(place).locator("input:checked")).to_have_count(1)


# As the pages kept answers before they kept reports beside them.
EARLIER = """
async ([attempt, question, response]) => {
  const asked = (request) => new Promise((done, failed) => {
    Object.assign(request, { onsuccess: () => done(request.result), onerror: () => failed(request.error) });
  });
  await asked(indexedDB.deleteDatabase("shiken-exam"));
  const opening = indexedDB.open("shiken-exam", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("answers", { keyPath: ["attempt", "epoch", "seq"] });
  const database = await asked(opening);
  const table = database.transaction("answers", "readwrite").objectStore("answers");
  await asked(table.put({ attempt, epoch: 1, seq: 2, question, response }));
  database.close();
}
"""


def test_answers_that_an_earlier_version_of_the_page_has_kept_are_delivered(student: Student, cable: Cable) -> None:
    student.answer(0)
    student.sees("Everything is saved")
    inputs = student.page.locator("fieldset.question").nth(1).locator("input[type=radio]")
    question, response = inputs.first.get_attribute("name"), inputs.nth(2).get_attribute("value")
    student.page.goto(f"http://{CENTER}.localhost:{cable.port}/static/exam/store.js")
    student.page.evaluate(EARLIER, [student.attempt, question, response])
    student.chosen[str(question)] = str(response)
    student.page.goto(f"http://{CENTER}.localhost:{cable.port}/")
    student.enter()
    student.sees("Everything is saved")
    assert student.stored() == student.chosen


def test_a_token_that_ends_in_the_middle_costs_nothing(student: Student, cable: Cable) -> None:
    student.page.evaluate(
        "() => { const s = JSON.parse(localStorage['shiken.session']);"
        " localStorage['shiken.session'] = JSON.stringify({ ...s, access: s.access.slice(0, -4) + 'xxxx' }); }"
    )
    cable.cut()
    student.answer(0, 1)
    cable.mend()
    student.page.wait_for_timeout(100)
    student.page.evaluate("() => dispatchEvent(new Event('online'))")
    student.sees("Everything is saved")
    assert student.stored() == student.chosen


def test_a_second_window_takes_over_and_the_first_one_says_so(student: Student, cable: Cable) -> None:
    student.answer(0)
    student.sees("Everything is saved")
    other = student.page.context.new_page()
    other.goto(f"http://{CENTER}.localhost:{cable.port}/")
    again = Student(other, student.stack)
    again.email, again.chosen = student.email, student.chosen
    again.enter()
    expect(student.page.locator("main")).to_contain_text("another window", timeout=MOST_MS)
    again.answer(0, option=3)
    again.sees("Everything is saved")
    assert again.stored() == again.chosen


def test_what_is_still_on_its_way_goes_along_with_the_paper(student: Student, cable: Cable) -> None:
    student.answer(0)
    student.sees("Everything is saved")
    cable.cut()
    student.answer(1, 2, option=1)
    student.page.get_by_role("button", name="Hand in").click()
    student.page.locator("dialog").get_by_role("button", name="Hand in").click()
    student.page.wait_for_timeout(3000)
    cable.mend()
    expect(student.page.locator("main")).to_contain_text("handed in", timeout=MOST_MS)
    assert student.stored() == student.chosen


def test_the_clock_is_the_servers_whatever_the_device_says(student: Student) -> None:
    def shown() -> int:
        minutes, seconds = student.page.locator(".clock").inner_text().split(":")[-2:]
        return int(minutes) * 60 + int(seconds)

    before = shown()
    student.page.evaluate("() => { const real = Date.now; Date.now = () => real() - 3600e3; }")
    student.page.wait_for_timeout(2000)
    assert before - 4 <= shown() <= before
