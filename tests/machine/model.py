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
RUNNING, SUBMITTED, EXPIRED, GRADED, VOID = "IN_PROGRESS", "SUBMITTED", "EXPIRED", "GRADED", "VOID"
MOST_GIVEN = 40 * MINUTE  # by hand in one attempt; a sequence never comes to a week
GROUPS = {"Left": {"Alice"}, "Right": {"Bob"}}  # of the room; any other is not
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


@dataclass(frozen=True)
class Whom:
    """Whom something is about: named students, groups, both, or everybody."""

    students: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None

    @property
    def is_of_single_students(self) -> bool:
        return self.students is not None and self.groups is None

    def is_about(self, student: str) -> bool:
        if self.students is None and self.groups is None:
            return True
        return student in (self.students or ()) or any(student in GROUPS[name] for name in self.groups or ())


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
    latest_start: int | None = None
    status: str = "OPEN"
    opened: int = 0
    closed: int | None = None
    is_published: bool = False
    held: dict[str | None, int] = field(default_factory=dict)  # since when the room, or a group of it, is paused
    pauses: list[tuple[str | None, int, int]] = field(default_factory=list)  # those that are over

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

    def let_begin(self, names: Iterable[str | None], at: int) -> None:
        for name in list(names):
            if name in self.held:
                self.pauses.append((name, self.held.pop(name), at))

    def waited(self, student: str) -> int:
        """How long it was paused for a student since it was opened; overlapping times count once."""
        total, counted = 0, self.opened
        for name, began, ended in sorted(self.pauses, key=lambda pause: pause[1:]):
            if name is None or student in GROUPS[name]:
                total += max(0, ended - max(began, counted))
                counted = max(counted, ended)
        return total


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
            ends = [min(end, self.latest_end) for end in ends]
        return [max(end, self.started + SHORTEST) for end in ends]

    @property
    def latest_end(self) -> int:
        """Where the window ends, with the time that is this student's own."""
        assert self.limit is not None
        return self.limit + sum(amount for kind, amount, _ in self.given if kind in BEYOND_THE_WINDOW)

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

    def end(self, at: int) -> int:
        stopped = at if self.paused is None else min(at, self.paused)
        return max(self.started, min(stopped, self.deadline))

    def close(self, at: int) -> None:
        """By the clock if it is due, else as handed in."""
        if self.is_due(at):
            self.status, self.finished = EXPIRED, self.deadline
        else:
            self.status, self.finished = SUBMITTED, self.end(at)
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

    def running_of(self, student: str) -> Sitting | None:
        return next((sitting for sitting in self.running() if sitting.student == student), None)

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
        if any(name is None or student in GROUPS[name] for name in room.held):
            raise Refused("room_paused")
        waited = room.waited(student)
        if room.latest_start is not None and at > room.opened + room.latest_start + waited:
            raise Refused("too_late_to_start")
        if sum(sitting.status != VOID for sitting in mine) >= room.attempts_allowed:
            raise Refused("no_attempts_left")
        limit = None if room.full_time else room.closes
        sitting = Sitting(room, student, len(mine) + 1, at, limit, self._first_grants(student))
        last = max(len(room.steps) - 1, 0)
        if waited and limit is not None and (cut := sitting.full_end(last) - sitting.latest_end) > 0:
            sitting.given.append(("PAUSE", min(waited, cut), last))
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

    def _check_groups(self, whom: Whom) -> None:
        if any(name not in GROUPS for name in whom.groups or ()):
            raise Refused("not_found")

    def _seats(self, whom: Whom, at: int) -> list[Sitting]:
        self._check_groups(whom)
        there = [s for s in self.running() if not s.is_due(at) and whom.is_about(s.student)]
        if set(whom.students or ()) - {s.student for s in there}:
            raise Refused("not_sitting")
        return there

    def _check_sums(self, seats: Iterable[Sitting], seconds: int) -> None:
        for sitting in seats:
            if seconds * SECOND + sum(a for kind, a, _ in sitting.given if kind == "EXTENSION") > MOST_GIVEN:
                raise Refused("too_much_time")

    def extend(self, whom: Whom, seconds: int, at: int) -> list[Sitting]:
        seats = self._seats(whom, at)
        self._check_sums(seats, seconds)
        for sitting in seats:
            sitting.given.append(("EXTENSION", seconds * SECOND, sitting.present(at)))
        return seats

    def pause(self, whom: Whom, at: int) -> list[Sitting]:
        seats = [sitting for sitting in self._seats(whom, at) if sitting.paused is None]
        if not whom.is_of_single_students and self._is_open(at):
            for name in [None] if whom.groups is None else whom.groups:
                self.room.held.setdefault(name, at)
        for sitting in seats:
            sitting.paused = at
        return seats

    def resume(self, whom: Whom, at: int) -> list[Sitting]:
        seats = [sitting for sitting in self._seats(whom, at) if sitting.paused is not None]
        if not whom.is_of_single_students:
            self.room.let_begin(self.room.held if whom.groups is None else whom.groups, at)
        for sitting in seats:
            assert sitting.paused is not None
            sitting.given.append(("PAUSE", at - sitting.paused, sitting.present(sitting.paused)))
            sitting.paused = None
        return seats

    def collect(self, whom: Whom, at: int) -> list[Sitting]:
        seats = self._seats(whom, at)
        for sitting in seats:
            self._close(sitting, at)
        return seats

    def void(self, sitting: Sitting, at: int) -> None:
        if sitting.status == VOID:
            return
        if sitting.is_running:
            sitting.finished, sitting.sheet = sitting.end(at), sitting.answers()
        sitting.status, sitting.paused, sitting.score = VOID, None, None
        self._finalise_if_done()

    def reopen(self, whom: Whom, seconds: int, at: int) -> list[Sitting]:
        self._check_groups(whom)
        if self.room.is_published:
            raise Refused("already_released")
        newest = {sitting.student: sitting for sitting in self.sittings if sitting.status != VOID}
        seats = [s for s in newest.values() if not s.is_running and whom.is_about(s.student)]
        if set(whom.students or ()) - {s.student for s in seats}:
            raise Refused("not_closed")
        self._check_sums(seats, seconds)
        if seats and self.room.status == "FINALISED":
            self.room.status = "CLOSED"
        for sitting in seats:
            assert sitting.finished is not None
            step = 0
            if self.room.steps:
                ends = [sitting.full_end(place) for place in range(len(self.room.steps))]
                step = next((place for place, end in enumerate(ends) if sitting.finished < end), len(ends) - 1)
                step = max(step, sitting.floor)
            sitting.given.append(("REOPENED", at - sitting.full_end(step), step))
            sitting.given.append(("EXTENSION", seconds * SECOND, step))
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
            self.room.let_begin(self.room.held, at)
            self.pending.append(("closed", 0))

    def is_over(self, at: int) -> bool:
        """Whether the window has ended, though no clock may have closed the room yet."""
        return self.room.closes is not None and at >= self.room.closes

    def _is_open(self, at: int) -> bool:
        return self.room.status == "OPEN" and not self.is_over(at)

    def reopen_room(self, closes: int | None, at: int) -> None:
        room = self.room
        if room.is_published:
            raise Refused("already_released")
        if self._is_open(at):
            raise Refused("illegal_move")
        if closes is not None and closes <= at:
            raise Refused("bad_window")
        self.tick_room(at)
        room.status, room.opened, room.closed, room.closes = "OPEN", at, None, closes
        self.pending.append(("window", 0))

    def finalise(self, at: int) -> None:
        if any(sitting.status in (RUNNING, SUBMITTED, EXPIRED) for sitting in self.sittings):
            raise Refused("still_sitting")
        if self._is_open(at):
            raise Refused("illegal_move")
        self.tick_room(at)
        self.room.status = "FINALISED"

    def release(self, at: int) -> None:
        if self.room.is_published:
            return
        if self.room.status == "OPEN":
            raise Refused("too_early")
        if any(not sitting.is_due(at) for sitting in self.running()):
            raise Refused("still_sitting")
        self.room.is_published = True

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
        if self.room.status == "CLOSED" and all(sitting.status in (GRADED, VOID) for sitting in self.sittings):
            self.room.status = "FINALISED"

    def _end_sittings(self) -> None:
        room = self.room
        if room.closed is None:  # opened again meanwhile
            return
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
        if self.room.status != "OPEN":
            return
        for sitting in self.running():
            if not sitting.is_due(at) and not sitting.times_reopened:
                sitting.limit = None if self.room.full_time else self.room.closes


def receipt(attempt_id: str, entries: Iterable[tuple[int, int, str, Any]]) -> str:
    """As its public description says: anybody can work it out."""
    lines = [f"{e}:{s}:{question}:{json.dumps(response, ensure_ascii=False)}" for e, s, question, response in entries]
    return hashlib.sha256("\n".join([f"attempt {attempt_id}", *lines]).encode()).hexdigest()
