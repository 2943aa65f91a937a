"""What a sitting should do, said once more in plain Python: dictionaries, a ledger, and whole microseconds.

Nothing of the product is used here. Moments count from the beginning of a sequence. Each method does to the model what
the product is asked to do and returns the answer that the product has to give.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

SECOND = 1_000_000
MINUTE = 60 * SECOND
GRACE = 10 * SECOND
SHORTEST = 1000
BEYOND_THE_WINDOW = {"ACCOMMODATION", "PAUSE", "EXTENSION", "REOPENED"}
RUNNING, SUBMITTED, EXPIRED, GRADED = "IN_PROGRESS", "SUBMITTED", "EXPIRED", "GRADED"
KEPT_FOR_REVIEW = {"taken_over", "attempt_closed", "too_late", "section_closed"}

SECTION_OF = {"river": 0, "verbs": 0, "sum": 1, "free": 1}
# Marks by question and response, worked out by hand from what the paper says.
MARKS: dict[tuple[str, Any], str] = {
    ("river", "yes"): "1",
    ("river", "no"): "-0.5",
    ("verbs", ("eat", "see")): "1",
    ("verbs", ("eat",)): "0.5",
    ("verbs", ("dog",)): "0",
    ("sum", "42"): "2",
    ("sum", "42.5"): "2",
    ("sum", "43"): "0",
    ("free", "yes"): "1",
    ("free", "no"): "0",
}


class Refused(Exception):
    """The code with which something has to be refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Room:
    """The rules of one room as a sequence draws them."""

    section_seconds: tuple[int, ...] = (900, 900)
    seconds: int | None = None
    closes: int | None = None
    full_time: bool = False
    is_sectioned: bool = False
    break_seconds: int = 0
    may_leave_early: bool = True
    attempts_allowed: int = 1
    status: str = "OPEN"
    closed: int | None = None

    @property
    def steps(self) -> list[tuple[str, int]]:
        """Kind and seconds of each step; none, where the paper is open as a whole."""
        if not self.is_sectioned:
            return []
        sections = [("SECTION", seconds) for seconds in self.section_seconds]
        return [sections[0], ("BREAK", self.break_seconds), sections[1]] if self.break_seconds else sections

    def step_of(self, question: str) -> int:
        section = SECTION_OF[question]
        return section + 1 if section and self.break_seconds else section


@dataclass
class Sitting:
    """One attempt."""

    room: Room
    student: str
    number: int
    started: int
    limit: int | None
    given: list[tuple[str, int, int]]  # kind, microseconds, step; what the window takes is worked out
    epoch: int = 1
    floor: int = 0
    paused: int | None = None
    status: str = RUNNING
    finished: int | None = None
    journal: dict[tuple[int, int], tuple[str, Any]] = field(default_factory=dict)
    kept: set[tuple[int, int, str]] = field(default_factory=set)
    sheet: dict[str, Any] | None = None
    score: Decimal | None = None
    times_closed: int = 0
    times_reopened: int = 0

    @property
    def is_running(self) -> bool:
        return self.status == RUNNING

    def full_end(self, step: int) -> int:
        """Where a step would end without any window."""
        return self.started + sum(amount for _, amount, place in self.given if place <= step)

    @property
    def ends(self) -> list[int]:
        count = len(self.room.steps) or 1
        ends = [self.full_end(step) for step in range(count)]
        if self.limit is not None:
            last = self.limit + sum(amount for kind, amount, _ in self.given if kind in BEYOND_THE_WINDOW)
            ends = [min(end, last) for end in ends]
        return [max(end, self.started + SHORTEST) for end in ends]

    @property
    def deadline(self) -> int:
        return self.ends[-1]

    def is_due(self, at: int) -> bool:
        return self.is_running and self.paused is None and at > self.deadline + GRACE

    def present(self, at: int) -> int:
        if not self.room.steps:
            return 0
        moment = at if self.paused is None else min(at, self.paused)
        ends = self.ends
        place = next((step for step, end in enumerate(ends) if moment < end), len(ends) - 1)
        return max(place, self.floor)

    def answers(self) -> dict[str, Any]:
        """The last response to each question, cleared ones left out."""
        last = {
            question: response for _, (question, response) in sorted(self.journal.items(), key=lambda item: item[0])
        }
        return {question: response for question, response in last.items() if response is not None}

    def close(self, at: int) -> None:
        """By the clock if it is due, else as handed in."""
        if self.is_due(at):
            self.status, self.finished = EXPIRED, self.deadline
        else:
            stopped = at if self.paused is None else min(at, self.paused)
            self.status, self.finished = SUBMITTED, max(self.started, min(stopped, self.deadline))
        self.paused = None
        self.sheet = self.answers()
        self.times_closed += 1

    # -- saving ----------------------------------------------------------------------------------------------------

    def _state(self, epoch: int, question: str, at: int) -> str | None:
        if epoch != self.epoch:
            return "taken_over"
        if not self.is_running:
            return "attempt_closed"
        if self.paused is None and at > self.deadline + GRACE:
            return "too_late"
        if self.paused is not None and at > self.paused + GRACE:
            return "paused"
        if self.room.steps:
            step = self.room.step_of(question)
            if step < self.floor or at > self.ends[step] + GRACE:
                return "section_closed"
            if step and at < self.ends[step - 1]:
                return "section_not_open"
        return None

    def save(self, *, epoch: int, seq: int, question: str, response: Any, at: int) -> str | None:
        """What becomes of one answer: nothing if it is acknowledged, else its code."""
        if question not in SECTION_OF:
            return "unknown_question"
        if response == "nonsense":
            return "bad_answer"
        known = self.journal.get((epoch, seq))
        if known is not None:
            return None if known == (question, response) else "seq_reused"
        code = self._state(epoch, question, at)
        if code is None:
            self.journal[epoch, seq] = question, response
        elif code in KEPT_FOR_REVIEW:
            self.kept.add((epoch, seq, code))
        return code


@dataclass
class Model:
    """A room and everybody in it. ``pending`` is what was announced and not delivered yet."""

    room: Room
    factors: dict[str, Decimal]
    sittings: list[Sitting] = field(default_factory=list)
    pending: list[tuple[str, int]] = field(default_factory=list)  # "graded" | "closed" | "window", place of a sitting

    def of(self, student: str) -> list[Sitting]:
        return [sitting for sitting in self.sittings if sitting.student == student]

    def running(self) -> list[Sitting]:
        return [sitting for sitting in self.sittings if sitting.is_running]

    def _close(self, sitting: Sitting, at: int) -> None:
        sitting.close(at)
        self.pending.append(("grade", self.sittings.index(sitting)))

    def _close_if_due(self, sitting: Sitting, at: int) -> None:
        if sitting.is_due(at):
            self._close(sitting, at)

    # -- students --------------------------------------------------------------------------------------------------

    def start(self, student: str, at: int) -> tuple[Sitting, bool]:
        mine = self.of(student)
        for sitting in mine:
            self._close_if_due(sitting, at)
            if sitting.is_running:
                return sitting, False
        room = self.room
        if room.status != "OPEN" or (room.closes is not None and at >= room.closes):
            raise Refused("room_not_open")
        if len(mine) >= room.attempts_allowed:
            raise Refused("no_attempts_left")
        limit = None if room.full_time else room.closes
        sitting = Sitting(room, student, len(mine) + 1, at, limit, self._first_grants(student))
        self.sittings.append(sitting)
        return sitting, True

    def _first_grants(self, student: str) -> list[tuple[str, int, int]]:
        more = self.factors.get(student, Decimal(1)) - 1
        grants = []
        for step, (kind, seconds) in enumerate(self.room.steps):
            grants.append((kind, seconds * SECOND, step))
            if kind == "SECTION" and more:
                grants.append(("ACCOMMODATION", int(more * seconds * SECOND), step))
        if not grants:
            seconds = self.room.seconds or sum(self.room.section_seconds)
            grants.append(("BASE", seconds * SECOND, 0))
            if more:
                grants.append(("ACCOMMODATION", int(more * seconds * SECOND), 0))
        return grants

    def look(self, sitting: Sitting, at: int) -> None:
        self._close_if_due(sitting, at)

    def save(
        self, sitting: Sitting, epoch: int, answers: Iterable[tuple[int, str, Any]], at: int
    ) -> tuple[list[int], list[tuple[int, str]]]:
        """Acknowledged numbers, and refused ones with their codes."""
        acked, refused = [], []
        for seq, question, response in answers:
            code = sitting.save(epoch=epoch, seq=seq, question=question, response=response, at=at)
            if code is None:
                acked.append(seq)
            else:
                refused.append((seq, code))
        return acked, refused

    def take_over(self, sitting: Sitting, at: int) -> int:
        self._close_if_due(sitting, at)
        if not sitting.is_running:
            raise Refused("attempt_closed")
        sitting.epoch += 1
        return sitting.epoch

    def go_on(self, sitting: Sitting, step: int, at: int) -> None:
        if not sitting.is_running or sitting.is_due(at):
            raise Refused("attempt_closed")
        if sitting.paused is not None:
            raise Refused("paused")
        steps = self.room.steps
        if not steps:
            raise Refused("no_next_section")
        present = sitting.present(at)
        if step < present:
            return
        if step != present or step + 1 == len(steps):
            raise Refused("no_next_section")
        if steps[step][0] == "SECTION" and not self.room.may_leave_early:
            raise Refused("section_not_over")
        sitting.given.append(("LEFT", at - sitting.full_end(step), step))
        sitting.floor = step + 1

    def submit(self, sitting: Sitting, epoch: int | None, at: int) -> None:
        if sitting.is_running:
            if epoch is not None and epoch != sitting.epoch:
                raise Refused("taken_over")
            self._close(sitting, at)

    # -- staff -----------------------------------------------------------------------------------------------------

    def _seats(self, students: list[str] | None, at: int) -> list[Sitting]:
        there = [s for s in self.running() if not s.is_due(at) and (students is None or s.student in students)]
        if students is not None and {s.student for s in there} != set(students):
            raise Refused("not_sitting")
        return there

    def extend(self, students: list[str] | None, seconds: int, at: int) -> list[Sitting]:
        seats = self._seats(students, at)
        for sitting in seats:
            sitting.given.append(("EXTENSION", seconds * SECOND, sitting.present(at)))
        return seats

    def pause(self, students: list[str] | None, at: int) -> list[Sitting]:
        seats = [sitting for sitting in self._seats(students, at) if sitting.paused is None]
        for sitting in seats:
            sitting.paused = at
        return seats

    def resume(self, students: list[str] | None, at: int) -> list[Sitting]:
        seats = [sitting for sitting in self._seats(students, at) if sitting.paused is not None]
        for sitting in seats:
            assert sitting.paused is not None
            sitting.given.append(("PAUSE", at - sitting.paused, sitting.present(sitting.paused)))
            sitting.paused = None
        return seats

    def reopen(self, students: list[str] | None, seconds: int, at: int) -> list[Sitting]:
        if self.room.status not in ("OPEN", "CLOSED"):
            raise Refused("cannot_reopen")
        newest = {sitting.student: sitting for sitting in self.sittings}
        seats = [s for s in newest.values() if not s.is_running and (students is None or s.student in students)]
        if students is not None and {s.student for s in seats} != set(students):
            raise Refused("not_closed")
        for sitting in seats:
            assert sitting.finished is not None
            step = 0
            if self.room.steps:
                ends = [sitting.full_end(place) for place in range(len(self.room.steps))]
                step = next((place for place, end in enumerate(ends) if sitting.finished < end), len(ends) - 1)
                step = max(step, sitting.floor)
            sitting.given.append(("REOPENED", at + seconds * SECOND - sitting.full_end(step), step))
            sitting.status, sitting.limit, sitting.finished, sitting.sheet, sitting.score = (
                RUNNING,
                None,
                None,
                None,
                None,
            )
            sitting.epoch += 1
            sitting.times_reopened += 1
        return seats

    def move_window(self, closes: int | None, at: int) -> None:
        room = self.room
        if closes == room.closes:
            return self.tick_room(at)
        if room.status != "OPEN" or (room.closes is not None and at >= room.closes):
            raise Refused("room_locked")
        if closes is not None and closes <= at:
            raise Refused("bad_window")
        room.closes = closes
        self.pending.append(("window", 0))
        return None

    def close_room(self, at: int) -> None:
        if self.room.status == "OPEN":
            self.room.status, self.room.closed = "CLOSED", at
            self.pending.append(("closed", 0))

    def tick_room(self, at: int) -> None:
        if self.room.closes is not None and at >= self.room.closes:
            self.close_room(at)

    # -- what follows by itself ------------------------------------------------------------------------------------

    def sweep(self, at: int) -> int:
        due = [sitting for sitting in self.sittings if sitting.is_due(at)]
        for sitting in due:
            self._close(sitting, at)
        return len(due)

    def deliver(self, what: str, place: int, at: int) -> None:
        if what == "grade":
            self._grade(self.sittings[place])
        elif what == "closed":
            self._end_sittings()
        else:
            self._follow_the_window(at)

    def _grade(self, sitting: Sitting) -> None:
        if sitting.status not in (SUBMITTED, EXPIRED):
            return
        assert sitting.sheet is not None
        marks = (Decimal(MARKS[question, response]) for question, response in sitting.sheet.items())
        sitting.status, sitting.score = GRADED, sum(marks, Decimal(0))
        self._finalise_if_done()

    def _finalise_if_done(self) -> None:
        if self.room.status == "CLOSED" and all(sitting.status == GRADED for sitting in self.sittings):
            self.room.status = "FINALISED"

    def _end_sittings(self) -> None:
        room = self.room
        assert room.closed is not None
        by_window = room.closes is not None and room.closed >= room.closes
        for sitting in self.running() if not (by_window and room.full_time) else []:
            if sitting.times_reopened:
                continue
            if by_window:
                assert room.closes is not None
                limit = room.closes
            else:
                limit = room.closed - sum(a for kind, a, _ in sitting.given if kind in BEYOND_THE_WINDOW)
                sitting.paused = None
            sitting.limit = limit if sitting.limit is None else min(limit, sitting.limit)
        self._finalise_if_done()

    def _follow_the_window(self, at: int) -> None:
        if self.room.status != "OPEN" or self.room.full_time:
            return
        for sitting in self.running():
            if not sitting.is_due(at) and not sitting.times_reopened:
                sitting.limit = self.room.closes


def receipt(attempt_id: str, entries: Iterable[tuple[int, int, str, Any]]) -> str:
    """As its public description says: anybody can work it out."""
    lines = [f"{e}:{s}:{question}:{json.dumps(response, ensure_ascii=False)}" for e, s, question, response in entries]
    return hashlib.sha256("\n".join([f"attempt {attempt_id}", *lines]).encode()).hexdigest()
