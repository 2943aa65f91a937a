"""A live quiz in real browsers: a host at a desk, three players with phones, one of whom loses the connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.demo import content
from tests.browser.cable import Cable
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

MOST_MS = 20_000
PHONE = {"width": 390, "height": 844}
TITLE = "Kana quiz"


class Seat:
    """A browser of somebody's own, signed in."""

    def __init__(self, browser: Any, port: int, email: str, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.base = f"http://{CENTER}.localhost:{port}"
        self.page.goto(f"{self.base}/live/")
        self.page.fill("input[type=email]", email)
        self.page.fill("input[type=password]", content.PASSWORD)
        self.page.click("form button")
        self.page.wait_for_selector("#who button")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text, timeout=MOST_MS)


@pytest.fixture
def seat(_browser: object, stack: Stack) -> Iterator[Callable[..., Seat]]:
    seats: list[Seat] = []

    def take(email: str, port: int = 0, **options: Any) -> Seat:
        seats.append(Seat(_browser, port or stack.port, email, **options))
        return seats[-1]

    yield take
    errors = [error for one in seats for error in one.errors]
    for one in seats:
        one.context.close()
    assert not errors


def test_a_class_plays_a_quiz(seat, stack: Stack, cable: Cable, look) -> None:
    host = seat(content.teacher_email(CENTER), viewport={"width": 1280, "height": 800})
    host.page.get_by_label("Test or quiz").select_option(label=TITLE)
    host.page.get_by_label("Seconds per question").fill("60")
    look(host.page, "live-open")
    host.press("Open a live quiz")
    code = host.page.locator(".live-code").first.inner_text()
    assert len(code) == 6

    players = [
        seat(f"student{number:02d}@{CENTER}.test", port, viewport=PHONE)
        for number, port in ((1, 0), (2, 0), (3, cable.port))
    ]
    first, second, third = players
    look(first.page, "live-join-phone")
    first.page.get_by_label("Code").first.fill("AAAAAA")
    first.press("Join")
    first.sees("No quiz with this code is running.")
    for player in players:
        player.page.get_by_label("Code").first.fill(code.lower())
        player.press("Join")
        player.sees("You are in.")
    expect(host.page.locator(".names li")).to_have_count(3, timeout=MOST_MS)
    host.sees("3 here")
    look(host.page, "live-lobby")
    look(first.page, "live-lobby-phone")

    host.press("Start")
    for player in players:
        expect(player.page.locator(".choice-of-player").first).to_be_enabled(timeout=MOST_MS)
        player.sees("Question 1 of")
    look(first.page, "live-question-phone")
    right = _right_option(stack, 1)
    first.page.locator(".choice-of-player").nth(right).click()
    first.sees("Answer saved")
    assert first.page.locator(".choice-of-player:enabled").count() == 0
    second.page.locator(".choice-of-player").nth((right + 1) % 2).click()
    second.sees("Answer saved")
    # The third one's connection is cut: the answer waits, and goes out when it is back.
    cable.cut()
    third.page.locator(".choice-of-player").nth(right).click()
    third.sees("Sending")
    host.sees("2 of 3 answered")
    cable.mend()
    third.sees("Answer saved")
    host.sees("3 of 3 answered")
    look(host.page, "live-question")
    # Whoever loads the page anew has the same in front of them.
    second.page.reload()
    second.sees("Answer saved")
    host.page.reload()
    host.sees("3 of 3 answered")

    host.press("Lock answers")
    first.sees("Question 1 of")
    expect(host.page.get_by_role("button", name="Show the answer")).to_be_visible(timeout=MOST_MS)
    assert "✓" not in host.page.content()
    assert "✓" not in first.page.content()
    host.press("Show the answer")
    first.sees("Right!")
    second.sees("Not right")
    third.sees("Right!")
    expect(host.page.locator(".live-board tbody tr")).to_have_count(3, timeout=MOST_MS)
    look(host.page, "live-reveal")
    look(first.page, "live-reveal-phone")
    look(second.page, "live-wrong-phone")

    host.press("Next question")
    for player in players:
        player.sees("Question 2 of")
    host.press("Players…")
    host.page.get_by_role("dialog").get_by_role("button", name="Remove").last.click()
    look(host.page, "live-players")
    removed = [p for p in players if "You were taken out" in _settled(p)]
    assert len(removed) == 1
    host.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    host.press("End the quiz")
    host.page.get_by_role("dialog").get_by_role("button", name="End the quiz").click()
    for player in players:
        if player not in removed:
            player.sees("The quiz is over.")
            look(player.page, "live-over-phone")
    host.sees("The quiz is over.")
    expect(host.page.locator(".live-board tbody tr")).to_have_count(2)
    look(host.page, "live-over")
    assert stack.query("SELECT count(*) FROM live_liveanswer") == [(3,)]


def test_a_question_locks_on_every_screen_when_time_is_up(seat, stack: Stack) -> None:
    host = seat(content.teacher_email(CENTER), viewport={"width": 1280, "height": 800})
    host.page.get_by_label("Test or quiz").select_option(label=TITLE)
    host.page.get_by_label("Seconds per question").fill("5")
    host.press("Open a live quiz")
    code = host.page.locator(".live-code").first.inner_text()
    player = seat(f"student04@{CENTER}.test", viewport=PHONE, locale="ja-JP")
    player.page.goto(f"{player.base}/live/?code={code}")
    player.press("参加する")
    player.sees("参加しました")
    host.press("Start")
    player.sees("第1問")
    host.context.set_offline(True)
    player.sees("時間切れ")
    assert player.page.locator(".choice-of-player:enabled").count() == 0
    stack.await_row(10, "SELECT state = 'LOCKED' FROM live_quizsession WHERE code = %s", code)


def _settled(player: Seat) -> str:
    player.page.wait_for_timeout(700)
    return player.page.locator("main").inner_text()


def _right_option(stack: Stack, number: int) -> int:
    """Where the right option stands."""
    ((content_of_paper, key, question),) = stack.query(
        "SELECT paper.content, paper_key.items, round.question_id::text FROM live_round round"
        " JOIN live_quizsession session ON session.id = round.session_id AND round.number = %s"
        " JOIN mock_tests_paper paper ON paper.id = session.paper_id"
        " JOIN mock_tests_paperkey paper_key ON paper_key.paper_id = paper.id"
        " ORDER BY session.created_at DESC LIMIT 1",
        number,
    )
    (options,) = (
        question_of_group["options"]
        for section in content_of_paper["sections"]
        for group in section["question_groups"]
        for question_of_group in group["questions"]
        if question_of_group["id"] == question
    )
    fractions = key[question]["key"]["fractions"]
    return next(place for place, option in enumerate(options) if float(fractions.get(option["id"], 0)) == 1)
