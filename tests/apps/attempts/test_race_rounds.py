"""Pairs of things that happen at the same moment, round after round, in threads and transactions of their own.

A few rounds run with the suite, two hundred with ``make races``. Beside each pair stands its negative control: the lock
or the transaction that the promise rests on is taken away, one side is slowed down, and the violation has to be seen.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.assignments.errors import AlreadyReleased, RoomNotOpen, RoomPaused, StillSitting
from apps.assignments.operations import pausing, releasing
from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, Attempts, ItemMark, TimeGrant
from apps.attempts.operations import clock as timing
from apps.attempts.operations import grading, granting, journal, reopening, sheets, sitting, statement
from apps.core import clock
from apps.core.models import Delivery
from tests.apps.attempts import journal as lines
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

ROUNDS = int(os.environ.get("RACE_ROUNDS", "4"))
MINUTE = timedelta(minutes=1)
GRACE = timedelta(seconds=10)
MICROSECOND = timedelta(microseconds=1)
SLOW = 0.15


class Violated(AssertionError):
    """A promise was seen broken."""


def promise(holds: bool, what: str) -> None:
    if not holds:
        raise Violated(what)


@dataclass
class Round:
    """What the two sides of one round need, and what they returned."""

    cast: Any
    room: Any
    now: datetime
    slow: float = 0
    attempt: Any = None
    seen: list[Any] = field(default_factory=list)

    def begin(self, minutes_ago: float = 0) -> None:
        at = self.now - minutes_ago * MINUTE
        self.attempt = sitting.start_attempt(actor=self.cast.alice, assignment_id=self.room.pk, at=at).attempt

    def fresh(self) -> Attempt:
        return Attempt.objects.get(pk=self.attempt.pk)

    def save(self) -> list[int] | str:
        """One answer; slowed down, it is through and not committed for a moment."""
        given = {"seq": 1, "question": str(lines.question_id(self.attempt, "river")), "response": None}
        try:
            with transaction.atomic():
                saved = journal.save_answers(
                    actor=self.attempt.student, attempt_id=self.attempt.pk, epoch=1, answers=[given]
                )
                time.sleep(self.slow)
            return saved.acked
        except errors.Conflict as refusal:
            return refusal.code

    def look(self) -> None:
        """What the journal holds once the other side is done: nothing of before may come later."""
        self.seen.append(AnswerEntry.objects.filter(attempt_id=self.attempt.pk).count())

    def submitted(self) -> int:
        told = Delivery.objects.filter(event="attempt.submitted", payload__attempt_id=str(self.attempt.pk))
        return told.values("subscriber").count() // told.values("subscriber").distinct().count() if told else 0


class Pair:
    """``left`` and ``right`` happen at once; ``check`` tells who came first, or that a promise is broken."""

    is_sectioned = False

    def prepare(self, r: Round) -> None:
        r.begin()

    def left(self, r: Round) -> Any: ...

    def right(self, r: Round) -> Any: ...

    def check(self, r: Round, left: Any, right: Any) -> str:
        raise NotImplementedError

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        """Take away what the promise rests on."""
        raise NotImplementedError


def unlock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attempts, "select_for_update", lambda self, **_: self)


def unshare(patch: pytest.MonkeyPatch) -> None:
    real = statement.text_for
    patch.setattr(statement, "text_for", lambda *given, **how: real(*given, **how).replace("FOR SHARE", ""))


def slow_down(patch: pytest.MonkeyPatch, module: Any, name: str, *, after: bool = False) -> None:
    real = getattr(module, name)

    def slowly(*given: Any, **named: Any) -> Any:
        if not after:
            time.sleep(SLOW)
        result = real(*given, **named)
        if after:
            time.sleep(SLOW)
        return result

    patch.setattr(module, name, slowly)


def share_nothing(patch: pytest.MonkeyPatch) -> None:
    """Whoever begins does not hold the room, and takes long."""
    real = room_queries.get_assignment
    patch.setattr(
        room_queries,
        "get_assignment",
        lambda *, assignment_id, lock="": real(assignment_id=assignment_id, lock="" if lock == "share" else lock),
    )
    slow_down(patch, sitting, "_guard", after=True)


class StartStart(Pair):
    def prepare(self, r: Round) -> None:
        r.seen = [Attempt.objects.count()]

    def left(self, r: Round) -> Any:
        return sitting.start_attempt(actor=r.cast.alice, assignment_id=r.room.pk)

    right = left

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(Attempt.objects.count() == r.seen[0] + 1, f"{Attempt.objects.count() - r.seen[0]} attempts began")
        promise((left.attempt.pk, left.is_new) == (right.attempt.pk, not right.is_new), "not one and the same")
        return "left" if left.is_new else "right"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        # Each takes a number of its own, and neither constraint is met: the student sits twice.
        real, numbers = Attempt.objects.create, iter(range(500, 600))

        def apart(**fields: Any) -> Attempt:
            made: Attempt = real(
                **{**fields, "number": next(numbers), "status": "VOID", "finished_at": fields["started_at"]}
            )
            return made

        patch.setattr(Attempt.objects, "create", apart)


class SubmitSubmit(Pair):
    def left(self, r: Round) -> Any:
        return sitting.submit_attempt(actor=r.cast.alice, attempt_id=r.attempt.pk)

    right = left

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(not isinstance(left, Exception) and not isinstance(right, Exception), "one of two submits failed")
        promise(left.receipt == right.receipt, "two receipts")
        promise(r.submitted() == 1, "not announced once")
        return "either"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unlock(patch)
        slow_down(patch, sheets, "_freeze")


class SubmitSave(Pair):
    def left(self, r: Round) -> Any:
        return r.save()

    def right(self, r: Round) -> Any:
        return sitting.submit_attempt(actor=r.cast.alice, attempt_id=r.attempt.pk).entry_count

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(left in ([1], "attempt_closed"), f"{left}")
        promise(right == (left == [1]), "an acknowledged answer is not on the sheet")
        promise(AnswerEntry.objects.filter(attempt=r.attempt).count() == right, "the journal grew after the end")
        return "save" if right else "submit"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unshare(patch)


class SubmitSweep(Pair):
    """Handed in at the last moment that counts, while the clock closes it as past that moment."""

    def prepare(self, r: Round) -> None:
        r.begin(31)

    def left(self, r: Round) -> Any:
        return sitting.submit_attempt(
            actor=r.cast.alice, attempt_id=r.attempt.pk, at=r.attempt.deadline_at + GRACE
        ).receipt

    def right(self, r: Round) -> Any:
        return sitting.close_expired(at=r.attempt.deadline_at + GRACE + MICROSECOND)

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(isinstance(left, str) and isinstance(right, int), "one of them failed")
        attempt = r.fresh()
        promise(attempt.status == ("EXPIRED" if right else "SUBMITTED"), attempt.status)
        promise(attempt.finished_at == attempt.deadline_at, "ended at another moment than its deadline")
        promise(r.submitted() == 1, "not announced once")
        return "sweep" if right else "submit"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unlock(patch)
        slow_down(patch, sheets, "_freeze")


class ExtendSweep(Pair):
    def prepare(self, r: Round) -> None:
        r.begin(31)

    def left(self, r: Round) -> Any:
        at = r.attempt.deadline_at + GRACE
        return granting.extend(actor=r.cast.dora, assignment_id=r.room.pk, seconds=600, reason="The bus", at=at)

    def right(self, r: Round) -> Any:
        return sitting.close_expired(at=r.attempt.deadline_at + GRACE + MICROSECOND)

    def check(self, r: Round, left: Any, right: Any) -> str:
        attempt = r.fresh()
        moved = attempt.deadline_at - r.attempt.deadline_at
        promise(bool(left) != bool(right), f"extended {len(left)}, closed {right}")
        promise(moved == (10 * MINUTE if left else timedelta(0)), f"the deadline moved by {moved}")
        promise(attempt.is_running == bool(left), attempt.status)
        given = TimeGrant.objects.filter(attempt=attempt).aggregate(sum=Sum("seconds"))["sum"]
        promise(attempt.started_at + timedelta(seconds=given) == attempt.deadline_at, "the ledger says otherwise")
        return "extend" if left else "sweep"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unlock(patch)
        slow_down(patch, timing, "give")


class Shutting(Pair):
    """Something after which no answer of before may be acknowledged any more: who did it reads the journal right after."""

    code = ""

    def left(self, r: Round) -> Any:
        return r.save()

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(not isinstance(right, Exception), f"{right!r}")
        promise(left in ([1], self.code), f"{left}")
        stored = AnswerEntry.objects.filter(attempt=r.attempt).count()
        promise(stored == (left == [1]), "acknowledged and stored are not the same")
        promise(r.seen == [stored], "an answer came in behind")
        return "save" if stored else self.code

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unshare(patch)


class TakeoverSave(Shutting):
    code = "taken_over"

    def right(self, r: Round) -> Any:
        sitting.take_over(actor=r.cast.alice, attempt_id=r.attempt.pk)
        r.look()


class PauseSave(Shutting):
    code = "paused"

    def prepare(self, r: Round) -> None:
        r.begin(1)

    def right(self, r: Round) -> Any:
        at = r.now - 2 * GRACE  # so that what comes behind is past the pause's grace
        granting.pause(actor=r.cast.dora, assignment_id=r.room.pk, reason="A drill", at=at)
        r.look()


class GoOnSave(Shutting):
    code = "section_closed"
    is_sectioned = True

    def right(self, r: Round) -> Any:
        granting.go_on(actor=r.cast.alice, attempt_id=r.attempt.pk, step=0)
        r.look()


class ResumeSweep(Pair):
    """Paused before its deadline, which has passed meanwhile: time given back must be there before the clock looks."""

    def prepare(self, r: Round) -> None:
        r.begin(40)
        granting.pause(actor=r.cast.dora, assignment_id=r.room.pk, reason="A drill", at=r.now - 11 * MINUTE)

    def left(self, r: Round) -> Any:
        return granting.resume(actor=r.cast.dora, assignment_id=r.room.pk, at=r.now)

    def right(self, r: Round) -> Any:
        return sitting.close_expired(at=r.now)

    def check(self, r: Round, left: Any, right: Any) -> str:
        attempt = r.fresh()
        promise(attempt.is_running and right == 0, "closed in the middle of its time")
        promise(attempt.deadline_at == r.now + MINUTE, "not what the pause has lasted")
        return "either"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unlock(patch)
        patch.setattr(granting.transaction, "atomic", nullcontext)
        slow_down(patch, timing, "give")


class ReopenGrade(Pair):
    def prepare(self, r: Round) -> None:
        r.begin()
        sitting.submit_attempt(actor=r.cast.alice, attempt_id=r.attempt.pk)

    def left(self, r: Round) -> Any:
        return grading.grade_after_end(attempt_id=r.attempt.pk)

    def right(self, r: Round) -> Any:
        return reopening.reopen(actor=r.cast.dora, assignment_id=r.room.pk, seconds=600, reason="A slip")

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(left is None and not isinstance(right, Exception), f"{left!r} {right!r}")
        attempt = r.fresh()
        promise((attempt.status, attempt.score) == ("IN_PROGRESS", None), f"{attempt.status} with {attempt.score}")
        promise(not ItemMark.objects.filter(attempt=attempt).exists(), "marks of somebody who sits")
        promise(not AnswerSheet.objects.filter(attempt=attempt).exists(), "a sheet of somebody who sits")
        return "grade" if attempt.revision else "reopen"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        unlock(patch)
        slow_down(patch, grading, "_record")


class ReopenStart(Pair):
    def prepare(self, r: Round) -> None:
        r.room = make_room(r.cast, r.cast.alice, test=r.room.mock_test, attempts_allowed=2)
        r.begin()
        sitting.submit_attempt(actor=r.cast.alice, attempt_id=r.attempt.pk)

    def left(self, r: Round) -> Any:
        return sitting.start_attempt(actor=r.cast.alice, assignment_id=r.room.pk)

    def right(self, r: Round) -> Any:
        return reopening.reopen(actor=r.cast.dora, assignment_id=r.room.pk, seconds=600, reason="A slip")

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(not any(isinstance(one, Exception) for one in (left, right)), f"{left!r} {right!r}")
        running = list(Attempt.objects.running().filter(assignment=r.room).values_list("pk", flat=True))
        promise(running == [left.attempt.pk], f"{len(running)} run")
        promise([attempt.pk for attempt in right] == ([] if left.is_new else running), "reopened beside one that runs")
        return "start" if left.is_new else "reopen"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(reopening, "_without_begun", lambda attempts, students: attempts)
        slow_down(patch, sitting, "_guard", after=True)


class CloseStart(Pair):
    def prepare(self, r: Round) -> None:
        r.room = make_room(r.cast, r.cast.alice, test=r.room.mock_test)

    def left(self, r: Round) -> Any:
        return sitting.start_attempt(actor=r.cast.alice, assignment_id=r.room.pk)

    def right(self, r: Round) -> Any:
        rooms.close_room(assignment_id=r.room.pk)
        return granting.close_attempts_of(assignment_id=r.room.pk)

    def check(self, r: Round, left: Any, right: Any) -> str:
        if isinstance(left, RoomNotOpen):
            promise(right == 0, "ended somebody who was refused")
            return "close"
        r.attempt = left.attempt
        closed_at = room_queries.get_assignment(assignment_id=r.room.pk).closed_at
        assert closed_at is not None
        attempt = r.fresh()
        # Whoever has begun, by the clock, after the closing, has the least time there is.
        ends = max(closed_at, attempt.started_at + timedelta(milliseconds=1))
        promise(attempt.deadline_at == ends, "somebody sits on behind the back of the closing")
        return "start"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        share_nothing(patch)


class PauseStart(Pair):
    """Whoever is about to begin when a room is paused stands still too, or does not begin."""

    def prepare(self, r: Round) -> None:
        pass

    def left(self, r: Round) -> Any:
        return sitting.start_attempt(actor=r.cast.alice, assignment_id=r.room.pk)

    def right(self, r: Round) -> Any:
        return granting.pause(actor=r.cast.dora, assignment_id=r.room.pk, reason="Fire drill")

    def check(self, r: Round, left: Any, right: Any) -> str:
        promise(isinstance(right, list), f"the pause failed: {right!r}")
        if isinstance(left, RoomPaused):
            promise(right == [], "time was stopped for somebody who does not sit")
            return "right"
        promise(not isinstance(left, Exception), f"the start failed: {left!r}")
        promise(right == [left.attempt], "somebody sits with a running clock in a paused room")
        return "left"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        share_nothing(patch)


class ReleaseReopen(Pair):
    """Results are not released while somebody sits, and nothing is opened again after the release."""

    def prepare(self, r: Round) -> None:
        r.room = make_room(r.cast, r.cast.alice, test=r.room.mock_test)
        r.begin()
        sitting.submit_attempt(actor=r.cast.alice, attempt_id=r.attempt.pk)
        grading.grade_attempt(attempt_id=r.attempt.pk)
        rooms.close_room(assignment_id=r.room.pk)
        granting.close_attempts_of(assignment_id=r.room.pk)

    def left(self, r: Round) -> Any:
        return rooms.release_results(assignment_id=r.room.pk)

    def right(self, r: Round) -> Any:
        return reopening.reopen(actor=r.cast.dora, assignment_id=r.room.pk, seconds=60, reason="A slip")

    def check(self, r: Round, left: Any, right: Any) -> str:
        room = room_queries.get_assignment(assignment_id=r.room.pk)
        is_running = r.fresh().is_running
        promise(not (room.is_published and is_running), "results are out, and somebody sits")
        if is_running:
            promise(isinstance(left, StillSitting), f"not refused as it should be: {left!r}")
            return "right"
        promise(isinstance(right, AlreadyReleased), f"not refused as it should be: {right!r}")
        promise(room.status == "FINALISED", "a room whose results are out is final no more")
        return "left"

    def break_it(self, patch: pytest.MonkeyPatch) -> None:
        real = room_queries.get_assignment
        patch.setattr(
            room_queries, "get_assignment", lambda *, assignment_id, lock="": real(assignment_id=assignment_id)
        )
        slow_down(patch, releasing, "check_nobody_sits", after=True)


PAIRS = [
    *(StartStart, SubmitSubmit, SubmitSave, SubmitSweep, ExtendSweep, TakeoverSave, PauseSave, GoOnSave),
    *(ResumeSweep, ReopenGrade, ReopenStart, CloseStart, PauseStart, ReleaseReopen),
]


@pytest.fixture
def room_for(cast):
    def make(pair):
        test = make_two_part_test(cast)
        publish(cast, test)
        return make_room(cast, cast.alice, test=test, attempts_allowed=30_000, is_sectioned=pair.is_sectioned)

    return make


def play(pair, r, at_once, jitter):
    def later(side):
        pause = random.uniform(0, jitter)
        return lambda: (time.sleep(pause), side(r))[1]

    pair.prepare(r)
    left, right = at_once(later(pair.left), later(pair.right))
    winner = pair.check(r, left, right)
    Attempt.objects.running().update(status="VOID", finished_at=r.now, paused_at=None)
    pausing.let_begin(assignment_id=r.room.pk, at=r.now)
    return winner


@pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
def test_a_promise_holds_whoever_comes_first(cast, room_for, at_once, request, kind):
    pair, room, wins = kind(), room_for(kind), Counter()
    assert cast.dora
    for _ in range(ROUNDS):
        wins[play(pair, Round(cast, room, clock.now()), at_once, jitter=0.006)] += 1
    if ROUNDS >= 100:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            request.config.get_terminal_writer().line(
                f"\n{kind.__name__}: {sum(wins.values())} rounds, first {dict(wins)}, violations 0"
            )
    assert sum(wins.values()) == ROUNDS


@pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
def test_a_broken_promise_is_seen(cast, room_for, at_once, monkeypatch, kind):
    pair, room = kind(), room_for(kind)
    assert cast.dora
    started = threading.Event()
    right = pair.right

    def second(r):  # the slow side is under way
        started.wait(SLOW / 3)
        return right(r)

    monkeypatch.setattr(pair, "right", second, raising=False)
    with monkeypatch.context() as patch:
        r = Round(cast, room, clock.now(), slow=SLOW)
        pair.prepare(r)
        patch.setattr(pair, "prepare", lambda r: None, raising=False)
        pair.break_it(patch)
        with pytest.raises(Violated):
            play(pair, r, at_once, jitter=0)
