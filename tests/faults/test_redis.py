"""Redis forgets everything, hangs, and then is gone, while a class answers and hands in."""

from __future__ import annotations

import time

import pytest
import redis

from apps.demo.simulation.http import Client
from tests.faults import beside, checker
from tests.faults import stack as nemesis
from tests.faults.beside import Sitter, wait
from tests.faults.conftest import Say
from tests.faults.exam import Exam
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

SAVE = "PUT attempts/*/answers/"
TICKETS = "POST auth/ws-ticket/"
_ALL_GRADED = "SELECT bool_and(status = 'GRADED') FROM attempts_attempt WHERE assignment_id = %s"
_GRADED = "SELECT status = 'GRADED' FROM attempts_attempt WHERE id = %s"


def test_an_emptied_redis_does_not_stop_grading_or_news(stack: Stack, say: Say) -> None:
    with beside.people(stack) as people:
        teacher, student = people.teacher(), people.student(1)
        room = people.do(beside.open_room(teacher, "Redis emptied"))
        sitter = Sitter(people, student, room)
        notices = people.listen(people.student(2), "/ws/notifications/", "notifications")
        redis.Redis.from_url(stack.redis.url).flushall()
        people.do(people.student(2).call("POST", f"exam-assignments/{room}/start/", {}))
        handed_in = people.do(people.student(3).call("POST", f"exam-assignments/{room}/start/", {}))["attempt"]
        people.do(people.student(3).call("POST", f"attempts/{handed_in}/submit/", {}))
        graded = stack.await_row(30, _GRADED, handed_in)
        _extend(people, teacher, room, sitter)
        news = wait(lambda: bool(sitter.ear.of("timer")), 10)
        people.do(beside.open_room(teacher, "Another one"))
        notice = wait(lambda: bool(notices.of("notification")), 30)
        acked, sent = len(sitter.acked), sitter.sent
    say(f"graded {graded:.1f} s after handing in, timer news {news:.1f} s, notice {notice:.1f} s; {acked}/{sent} acked")
    say(f"statuses {people.seen.by_status()}")
    assert people.seen.errors == []
    assert acked >= sent - 2


def test_an_exam_goes_on_without_redis(stack: Stack, say: Say) -> None:
    with beside.people(stack) as people:
        teacher = people.teacher()
        sitter = Sitter(people, people.student(1), people.do(beside.open_room(teacher, "Without Redis")))
        notices = people.listen(people.student(2), "/ws/notifications/", "notifications")
        out, going = people.student(3), people.student(3)
        assert people.status(out, "POST", "auth/logout/", {"refresh": out._refresh}) == 200
        assert people.status(out, "GET", "auth/me/") == 401
        exam = Exam(stack, "Redis killed", answering=14).begin()
        board = people.listen(people.student(4), f"/ws/leaderboards/{exam.klass.room}/", "leaderboards")
        open_sockets = (sitter.ear, notices, board)

        nemesis.freeze(stack.redis)
        exam.seen.slowest.clear()
        frozen_acks, frozen_own = len(exam.seen.acked), len(sitter.acked)
        time.sleep(4)
        frozen = len(exam.seen.acked) - frozen_acks, len(sitter.acked) - frozen_own
        slowest_save = exam.seen.slowest[SAVE]

        nemesis.kill_server(stack.redis)
        exam.seen.slowest.clear()
        gone = time.monotonic()
        acked_before, own_before = len(exam.seen.acked), len(sitter.acked)
        people.go_on(people.ask_for_everything(people.student(1), exam.klass.room))
        renewed = people.do(people.student(5).call("POST", "auth/refresh/", {"refresh": people.student(5)._refresh}))
        assert renewed["access"]
        assert people.status(out, "GET", "auth/me/") == 401
        assert people.status(going, "POST", "auth/logout/", {"refresh": going._refresh}) == 200
        assert people.status(going, "GET", "auth/me/") == 401
        exam.wait(exam.all_have_left, 60)
        without = len(exam.seen.acked) - acked_before, len(sitter.acked) - own_before
        outage = time.monotonic() - gone

        nemesis.empty_redis(stack.redis)
        nemesis.start_server(stack.redis)
        caught_up = stack.await_row(30, _ALL_GRADED, exam.klass.room)
        full = wait(lambda: bool(board.of("board")) and board.of("board")[-1]["people"] == 25, 30)
        _extend(people, teacher, _room_of(stack, sitter), sitter)
        news = wait(lambda: bool(sitter.ear.of("timer")), 15)
        people.do(beside.open_room(teacher, "After the outage"))
        notice = wait(lambda: bool(notices.of("notification")), 30)
        exam.finish()
        acked, sent = len(sitter.acked), sitter.sent
        assert [ear.ended for ear in open_sockets] == ["", "", ""]
    verdict = checker.judge(stack, exam)
    boards = len(redis.Redis.from_url(f"{stack.redis.url[:-1]}3").keys("c:*:board*"))
    say(f"{verdict}; {without[0]} of the class and {without[1]} over the open socket in {outage:.0f} s without Redis")
    say(f"while it hung for 4 s: {frozen[0]} and {frozen[1]} acked, slowest save over HTTP {slowest_save:.2f} s")
    say(
        f"after its restart, empty: graded {caught_up:.1f} s, board +{full:.1f} s, timer {news:.1f} s, "
        f"notice {notice:.1f} s; {boards} board keys"
    )
    say(f"statuses {exam.seen.by_status()} and, asked for everything, {people.seen.by_status()}")
    slowest = sorted(((took, place) for place, took in exam.seen.slowest.items()), reverse=True)[:3]
    say("slowest of the class: " + ", ".join(f"{place} {took:.2f} s" for took, place in slowest))
    assert verdict.flaws == []
    assert slowest[0][0] < 4
    assert min(without) > 10
    assert min(frozen) > 10
    assert slowest_save < 1
    assert acked >= sent - 2
    for seen in (exam.seen, people.seen):
        assert {error for error in seen.errors if not error.startswith(TICKETS)} == set()
        assert seen.places_with(500) == set()
        assert seen.without_retry_after == []
    assert boards


def _room_of(stack: Stack, sitter: Sitter) -> str:
    ((room,),) = stack.query("SELECT assignment_id::text FROM attempts_attempt WHERE id = %s", sitter.attempt)
    return str(room)


def _extend(people: beside.Beside, teacher: Client, room: str, sitter: Sitter) -> None:
    """More time for somebody who sits: news for their socket."""
    people.do(teacher.call("POST", f"exam-assignments/{room}/extend/", {"seconds": 60, "reason": "A power cut."}))
