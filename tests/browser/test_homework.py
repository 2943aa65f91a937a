"""Homework from the teacher's form to the student's receipt, on a wide screen and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.demo import content
from tests.browser.staff import Teacher
from tests.browser.test_sitting import MOST_MS
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

Look = Callable[[Page, str], None]

RIVER = [("river", True), ("mountain", False), ("tree", False), ("fire", False)]
FINALS = "SELECT array_to_string(finals, ',') FROM attempts_attempt ORDER BY started_at DESC LIMIT 1"


def quiz_of(teacher: Teacher, title: str) -> str:
    def choice(text: str) -> dict[str, object]:
        options = [{"text": option, "is_correct": is_right} for option, is_right in RIVER]
        return {"text": text, "options": options, "duration": 300}

    statement = {
        "text": "日 is the sun.",
        "question_type": "TRUE_FALSE",
        "options": [{"text": "True", "is_correct": True}, {"text": "False", "is_correct": False}],
    }
    questions = [choice("川"), choice("河"), statement]
    made = teacher.post(
        "quizzes/", title=title, default_question_duration=120, passing_percent="60", questions=questions
    )
    return str(made["id"])


def sign_in(page: Page, email: str) -> None:
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", content.PASSWORD)
    page.click("form button")
    expect(page.locator("#who button")).to_be_visible(timeout=MOST_MS)


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


@pytest.fixture
def address(stack: Stack) -> str:
    return f"http://{CENTER}.localhost:{stack.port}"


def test_homework_from_the_form_to_the_receipt(
    context: BrowserContext, phone: BrowserContext, teacher: Teacher, address: str, stack: Stack, look: Look
) -> None:
    quiz_of(teacher, "Kanji of the week")
    desk = context.new_page()
    desk.goto(f"{address}/")
    sign_in(desk, content.teacher_email(CENTER))
    expect(desk.locator("h1")).to_have_text("Exam rooms")
    desk.get_by_role("link", name="New homework").click()
    desk.get_by_label("Title").fill("Week one")
    due = (datetime.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    desk.get_by_label(re.compile("^Deadline")).fill(due)
    desk.get_by_label("Kanji of the week").check()
    desk.get_by_label(content.GROUP).check()
    desk.get_by_label("Attempts for each item").fill("1")  # so that what was right may be told
    look(desk, "homework-form")
    desk.get_by_role("button", name="Give it").click()
    expect(desk.locator("table.data tbody tr").first).to_be_visible(timeout=MOST_MS)
    look(desk, "homework-progress")

    # A student in Tokyo reads Japanese, and the deadline in their own zone.
    page = phone.new_page()
    page.goto(f"{address}/")
    sign_in(page, f"student28@{CENTER}.test")
    card = page.locator(".card.homework", has_text="Week one")
    expect(card).to_contain_text("1件中0件")
    expect(card).to_contain_text("JST")
    look(page, "homework-dashboard-phone")
    card.get_by_role("link").click()
    expect(page.locator(".items .card")).to_be_visible(timeout=MOST_MS)
    look(page, "homework-phone")
    page.get_by_role("link", name="始める").click()
    expect(page.locator("main")).to_contain_text("60％")
    expect(page.locator("main")).to_contain_text("前の問題には戻れません")
    look(page, "homework-item-phone")
    page.get_by_role("button", name="始める").click()
    expect(page.locator(".clock")).to_be_visible(timeout=MOST_MS)

    # A checked answer tells what was right, and stays, also after a reload.
    first = page.locator("fieldset.question").first
    first.get_by_label("mountain").check()
    first.get_by_role("button", name="答え合わせ").click()
    expect(first.locator(".verdict")).to_contain_text("不正解", timeout=MOST_MS)
    expect(first.locator(".option.right")).to_contain_text("river")
    expect(first.locator("input").first).to_be_disabled()
    look(page, "homework-checked-phone")
    ((finals,),) = stack.query(FINALS)
    assert finals == (first.get_attribute("id") or "").removeprefix("q-")
    page.reload()
    page.get_by_role("button", name="続ける").click()
    expect(page.locator(".clock")).to_be_visible(timeout=MOST_MS)
    first = page.locator("fieldset.question").first
    expect(first.get_by_label("mountain")).to_be_checked()
    expect(first.locator("input").first).to_be_disabled()

    # One question after the other, each in its seconds by the server's clock, and no way back.
    for place, answer in ((2, "river"), (3, "正しい")):
        page.get_by_role("button", name="次の問題").click()
        expect(page.locator(".tabs")).to_contain_text(f"問題 {place} / 3", timeout=MOST_MS)
        expect(page.locator("fieldset.question")).to_have_count(1)
        question = page.locator("fieldset.question")
        question.get_by_label(answer).check()
        question.get_by_role("button", name="答え合わせ").click()
        expect(question.locator(".verdict")).to_contain_text("正解", timeout=MOST_MS)
    assert page.get_by_role("button", name="戻る").count() == 0
    look(page, "quiz-last-phone")
    page.get_by_role("button", name="提出する").click()
    page.locator("dialog").get_by_role("button", name="提出する").click()
    expect(page.locator("main")).to_contain_text("提出しました", timeout=MOST_MS)
    page.get_by_role("link", name="結果").click()
    expect(page.locator(".figures")).to_contain_text("2 / 3", timeout=MOST_MS)
    expect(page.locator(".figures")).to_contain_text("合格")
    look(page, "homework-result-phone")

    # The receipt, and the public check of it by somebody who is not signed in.
    page.get_by_role("link", name="受領証").click()
    number = page.locator(".receipt-number").inner_text()
    look(page, "receipt-phone")
    address_of_check = page.get_by_role("link", name="受領証の確認").get_attribute("href")
    stranger = context.browser.new_context().new_page()  # type: ignore[union-attr]
    stranger.goto(f"{address}{address_of_check}")
    stranger.get_by_role("button", name="Check", exact=True).click()
    expect(stranger.locator(".receipt")).to_contain_text("genuine", timeout=MOST_MS)
    look(stranger, "receipt-check")
    stranger.get_by_label("Receipt number").fill(number[::-1])
    stranger.get_by_role("button", name="Check", exact=True).click()
    expect(stranger.locator(".receipt")).to_contain_text("No: these do not belong together.", timeout=MOST_MS)
    stranger.context.close()

    # The teacher sees it, and the dashboard says that it is done.
    desk.reload()
    expect(desk.locator("table.data")).to_contain_text("2 / 3", timeout=MOST_MS)
    look(desk, "homework-progress-done")
    page.goto(f"{address}/homework/")
    expect(page.locator(".card.homework", has_text="Week one")).to_contain_text("1件中1件")
    look(page, "homework-list-phone")


def give_quiz(teacher: Teacher, title: str, quiz: str, **fields: object) -> str:
    (group,) = (row for row in teacher.get("groups/")["results"] if row["name"] == content.GROUP)
    due = (datetime.now() + timedelta(days=2)).isoformat()
    group_ids = [group["id"]]
    work = teacher.post(
        "homework-assignments/", title=title, deadline=due, quiz_ids=[quiz], assigned_group_ids=group_ids, **fields
    )
    return str(work["id"])


def sit_quiz(page: Page, address: str, work: str, email: str) -> None:
    page.goto(f"{address}/homework/{work}/")
    sign_in(page, email)
    page.get_by_role("link", name="Start").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".clock")).to_be_visible(timeout=MOST_MS)


def test_a_quiz_without_the_servers_seconds_has_a_way_back_and_on(
    context: BrowserContext, teacher: Teacher, address: str, look: Look
) -> None:
    work = give_quiz(teacher, "There and back", quiz_of(teacher, "Kanji there and back"))
    page = context.new_page()
    sit_quiz(page, address, work, f"student25@{CENTER}.test")
    page.get_by_role("button", name="Next: question 2").click()
    expect(page.locator("fieldset.question .seconds")).to_contain_text("s left")
    page.get_by_role("button", name="Back: question 1").click()
    expect(page.locator("fieldset.question legend")).to_have_text("1.")
    look(page, "quiz-there-and-back")


def test_questions_that_run_out_are_told_and_left_by_the_clock(
    context: BrowserContext, teacher: Teacher, address: str, stack: Stack, look: Look
) -> None:
    """Nobody presses anything: the answer that was chosen is told right or wrong, and the next question comes."""
    statement = {"text": "日 is the sun.", "question_type": "TRUE_FALSE", "duration": 6}
    statement["options"] = [{"text": "True", "is_correct": True}, {"text": "False", "is_correct": False}]
    made = teacher.post("quizzes/", title="In a hurry", default_question_duration=6, questions=[statement, statement])
    work = give_quiz(teacher, "In a hurry", str(made["id"]), is_one_by_one=True)
    page = context.new_page()
    sit_quiz(page, address, work, f"student24@{CENTER}.test")
    expect(page.locator(".tabs")).to_contain_text("Question 1 of 2")
    page.locator("fieldset.question").get_by_label("True").check()
    expect(page.locator(".verdict")).to_contain_text("Right", timeout=MOST_MS)
    expect(page.locator("fieldset.question input").first).to_be_disabled()
    look(page, "quiz-told-by-the-clock")
    page.reload()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".tabs")).to_contain_text("Question 2 of 2", timeout=MOST_MS)
    expect(page.locator("fieldset.question")).to_be_visible(timeout=MOST_MS)
    assert page.locator("fieldset.question input:checked").count() == 0
    expect(page.locator("main")).to_contain_text("handed in", timeout=MOST_MS)
    page.get_by_role("link", name="Result").click()
    expect(page.locator(".figures")).to_contain_text("1 / 2", timeout=MOST_MS)


def test_practice_counts_for_nothing_and_says_so(
    context: BrowserContext, teacher: Teacher, address: str, look: Look
) -> None:
    quiz = quiz_of(teacher, "Kanji to practise")
    work = give_quiz(teacher, "With practice", quiz, practice="ALWAYS")
    page = context.new_page()
    page.goto(f"{address}/homework/{work}/")
    sign_in(page, f"student29@{CENTER}.test")
    page.get_by_role("link", name="Practise").click()
    expect(page.locator("main")).to_contain_text("it counts for nothing")
    look(page, "homework-practice")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".clock")).to_be_visible(timeout=MOST_MS)
    look(page, "homework-sitting")
    page.get_by_role("button", name="Hand in").click()
    page.locator("dialog").get_by_role("button", name="Hand in").click()
    page.get_by_role("link", name="Back to the homework").click()
    expect(page.locator(".card", has_text="Kanji to practise")).to_contain_text("Not started")


def test_what_the_server_refuses_is_said_at_its_field(context: BrowserContext, address: str, teacher: Teacher) -> None:
    page = context.new_page()
    page.goto(f"{address}/homework/new/")
    sign_in(page, content.teacher_email(CENTER))
    page.get_by_label("Title").fill("Late")
    page.get_by_label(re.compile("^Deadline")).fill("2020-01-01T10:00")
    page.get_by_label(content.GROUP).check()
    page.get_by_role("button", name="Give it").click()
    expect(page.locator(".field-of-room", has_text=re.compile("^Deadline")).locator(".error")).not_to_be_empty(
        timeout=MOST_MS
    )
