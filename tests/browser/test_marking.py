"""An essay from the exam page to the marker's desk and back: what was typed survives, marks and comment arrive."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.demo import content
from tests.browser.staff import Teacher
from tests.browser.test_homework import sign_in
from tests.browser.test_sitting import MOST_MS
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

Look = Callable[[Page, str], None]

LETTER = {
    "type": "essay",
    "text": "<p>Write to a friend about your town.</p>",
    "score": "10",
    "limits": {"unit": "words", "least": 5, "most": 60},
    "rubric": [
        {
            "title": "Content",
            "description": "<p>Is the town described?</p>",
            "levels": [
                {"title": "Poor", "points": "0"},
                {"title": "Fair", "points": "2.5", "description": "<p>One thing about it.</p>"},
                {"title": "Good", "points": "5"},
            ],
        },
        {"title": "Language", "most": "3"},
    ],
    "model_answer": "<p>Dear Aziza, our town has a river.</p>",
}
DIARY = {"type": "essay", "text": "<p>Your day.</p>", "score": "5", "rubric": [{"title": "Overall", "most": "5"}]}
WRITTEN = "Dear Aziza,\nour town has <b>two</b> bridges & a river.\nYours, Bek"
ANSWER = (
    "SELECT response #>> '{}' FROM attempts_answerentry WHERE attempt_id = %s ORDER BY epoch DESC, seq DESC LIMIT 1"
)
ATTEMPT = "SELECT id::text FROM attempts_attempt WHERE assignment_id = %s ORDER BY started_at DESC LIMIT 1"


@pytest.fixture
def teacher(stack: Stack) -> Teacher:
    return Teacher(stack)


@pytest.fixture
def address(stack: Stack) -> str:
    return f"http://{CENTER}.localhost:{stack.port}"


def essay_room(teacher: Teacher, title: str) -> str:
    """An open room with a letter and a diary, for the demo's class; results are released by hand."""
    test = teacher.post("mock-tests/", title=title)["id"]
    section = teacher.post("test-sections/", mock_test=test, name="Writing", section_type="GENERAL", duration=30)["id"]
    group = teacher.post("question-groups/", section=section, title="Essays")["id"]
    for question in (LETTER, DIARY):
        teacher.post("questions/", group=group, **question)
    teacher.post(f"mock-tests/{test}/publish/")
    (class_,) = (row for row in teacher.get("groups/")["results"] if row["name"] == content.GROUP)
    room = teacher.post(
        "exam-assignments/",
        title=title,
        mock_test=test,
        assigned_group_ids=[class_["id"]],
        status="OPEN",
        result_policy="BY_HAND",
        is_review_open=True,
    )
    return str(room["id"])


def test_an_essay_is_written_marked_and_given_back(
    context: BrowserContext, phone: BrowserContext, teacher: Teacher, address: str, stack: Stack, look: Look
) -> None:
    room = essay_room(teacher, "Letters home")

    # Typed, reloaded before the page would have saved it by itself, and handed in.
    student = phone.new_page()
    student.goto(f"{address}/rooms/{room}/")
    sign_in(student, f"student27@{CENTER}.test")
    student.get_by_role("button", name="始める").click()
    field = student.locator("textarea.essay").first
    expect(field).to_be_visible(timeout=MOST_MS)
    field.press_sequentially(WRITTEN, delay=5)
    expect(student.locator(".counter").first).to_contain_text("12語")
    look(student, "marking-writing-phone")
    ((attempt,),) = stack.query(ATTEMPT, room)
    student.reload()
    student.get_by_role("button", name=re.compile("続ける")).click()
    expect(student.locator("textarea.essay").first).to_have_value(WRITTEN, timeout=MOST_MS)
    stack.await_row(20, f"SELECT ({ANSWER}) = %s", attempt, WRITTEN)
    student.get_by_role("button", name="提出する").click()
    student.locator("dialog").get_by_role("button", name="提出する").click()
    expect(student.locator("main")).to_contain_text("提出しました", timeout=MOST_MS)

    # The start page of a teacher says that something waits, and leads there.
    desk = context.new_page()
    desk.goto(f"{address}/")
    sign_in(desk, content.teacher_email(CENTER))
    stack.await_row(20, "SELECT count(*) = 2 FROM attempts_script WHERE attempt_id = %s", attempt)
    desk.reload()
    expect(desk.locator(".note")).to_contain_text("to be marked.", timeout=MOST_MS)
    stack.await_row(20, "SELECT count(*) > 0 FROM notifications_notice WHERE link = %s", f"/marking/{room}/")
    desk.locator(".note").get_by_role("link", name="Mark").click()
    card = desk.locator(".card", has_text="Letters home")
    expect(card).to_contain_text("2 waiting", timeout=MOST_MS)
    expect(card).to_contain_text("1 of them not answered")
    look(desk, "marking-rooms")
    card.get_by_role("link", name="Letters home").click()

    # What was written is text; the question, the model answer and the rubric stand beside it.
    expect(desk.locator(".essay.written")).to_have_text(WRITTEN, timeout=MOST_MS)
    expect(desk.locator(".essay.written b")).to_have_count(0)
    expect(desk.locator(".desk")).to_contain_text("12 words · asked for: 5 to 60 words")
    expect(desk.locator(".desk")).to_contain_text("our town has a river.")
    look(desk, "marking-desk")

    # Without names, if the room is marked so.
    desk.get_by_text("How this room is marked").click()
    name = desk.locator(".whose").inner_text()
    desk.get_by_label("Without names").check()
    expect(desk.locator(".whose")).to_contain_text(re.compile(r"C-[0-9A-F]{8}"), timeout=MOST_MS)
    assert name not in desk.locator("main").inner_text()

    # By keyboard alone: a level by its number, the points, the comment, and the next one.
    desk.locator("fieldset.criterion input").first.focus()
    desk.keyboard.press("2")
    desk.keyboard.press("Tab")
    desk.keyboard.type("1.5")
    expect(desk.locator(".worth")).to_have_text("4 of 8 points: 5 of 10 marks")
    desk.keyboard.press("Tab")
    desk.keyboard.type("Two bridges!\nMind the ending.")
    look(desk, "marking-desk-filled")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".note", has_text="Nothing was written here")).to_be_visible(timeout=MOST_MS)

    # Put back, it waits still; then all that is unanswered becomes zero.
    desk.get_by_role("button", name="Put back").click()
    card = desk.locator(".card", has_text="Letters home")
    expect(card).to_contain_text("1 waiting", timeout=MOST_MS)
    assert stack.query("SELECT count(claimed_by_id) FROM attempts_script WHERE attempt_id = %s", attempt) == [(0,)]
    card.get_by_role("link", name="Letters home").click()
    desk.get_by_text("How this room is marked").click()
    desk.get_by_role("button", name="Unanswered as zero").click()
    desk.locator("dialog").get_by_role("button", name="Unanswered as zero").click()
    expect(desk.locator("main")).to_contain_text("Nothing waits to be marked.", timeout=MOST_MS)

    # A mark is changed for a reason; one's own gets no second mark from oneself.
    desk.get_by_text("All answers").click()
    desk.locator("table.data tbody tr", has_text="5 / 10").get_by_role("link").click()
    expect(desk.get_by_role("button", name="Second mark")).to_have_count(0)
    desk.get_by_role("button", name="Change the mark").click()
    expect(desk.locator(".worth")).to_have_text("4 of 8 points: 5 of 10 marks")
    desk.get_by_label("Good").check()
    desk.get_by_label("Why the mark is changed").fill("Read again")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".given")).to_contain_text("8.125 of 10 marks", timeout=MOST_MS)
    look(desk, "marking-changed")

    # The student sees nothing before the release, and then marks and comment.
    student.goto(f"{address}/attempts/{attempt}/result/")
    expect(student.locator("main")).not_to_contain_text("Two bridges!")
    teacher.post(f"exam-assignments/{room}/close/")
    teacher.post(f"exam-assignments/{room}/release/")
    student.reload()
    expect(student.locator(".figures")).to_contain_text("8.13 / 15", timeout=MOST_MS)
    expect(student.locator(".said-to-you")).to_have_text("Two bridges!\nMind the ending.", timeout=MOST_MS)
    expect(student.locator(".essay.written")).to_have_text(WRITTEN)
    expect(student.locator(".question").first).to_contain_text("Language 3点中1.5点")
    assert "Read again" not in student.locator("main").inner_text()
    look(student, "marking-result-phone")


def test_a_second_mark_that_differs_disputes_the_answer_on_a_phone_in_japanese(
    phone: BrowserContext, teacher: Teacher, address: str, stack: Stack, look: Look
) -> None:
    room = essay_room(teacher, "Letters twice")
    student = phone.new_page()
    student.goto(f"{address}/rooms/{room}/")
    sign_in(student, f"student26@{CENTER}.test")
    student.get_by_role("button", name="始める").click()
    student.locator("textarea.essay").first.fill(WRITTEN)
    student.get_by_role("button", name="提出する").click()
    student.locator("dialog").get_by_role("button", name="提出する").click()
    expect(student.locator("main")).to_contain_text("提出しました", timeout=MOST_MS)
    student.get_by_role("button", name="ログアウト").click()
    stack.await_row(20, "SELECT count(*) = 2 FROM attempts_script WHERE assignment_id = %s", room)
    student.close()

    desk = phone.new_page()
    desk.goto(f"{address}/marking/{room}/")
    sign_in(desk, content.teacher_email(CENTER))
    expect(desk.locator(".essay.written")).to_have_text(WRITTEN, timeout=MOST_MS)
    look(desk, "marking-desk-phone")
    desk.get_by_label("Good").check()
    desk.get_by_role("spinbutton").fill("3")
    desk.get_by_role("button", name="保存して次へ").click()
    expect(desk.locator(".note", has_text="解答欄は空です")).to_be_visible(timeout=MOST_MS)
    desk.get_by_role("button", name="ログアウト").click()
    expect(desk.locator("input[type=email]")).to_be_visible(timeout=MOST_MS)

    ((script,),) = stack.query("SELECT id::text FROM attempts_script WHERE assignment_id = %s AND number = 1", room)
    desk.goto(f"{address}/marking/{room}/?script={script}")
    sign_in(desk, f"admin@{CENTER}.test")
    desk.get_by_role("button", name="二人目の採点をする").click()
    desk.get_by_label("Fair").check()
    desk.get_by_role("spinbutton").fill("3")
    desk.get_by_role("button", name="保存する", exact=True).click()
    expect(desk.locator(".badge.disputed").first).to_contain_text("評価の相違", timeout=MOST_MS)
    expect(desk.locator(".given li")).to_have_count(2)
    look(desk, "marking-disputed-phone")
    width = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
