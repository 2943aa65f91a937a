"""Random sequences of everything that may happen in a room, each step compared with the model."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment, RoomPause
from apps.attempts import subscribers
from apps.attempts.events import AttemptSubmitted, AttemptTimeUp
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, RefusedAnswer, TimeGrant
from apps.attempts.operations import granting, sitting
from apps.core.models import Delivery
from tests.machine import model
from tests.machine.model import MINUTE, SECOND, Model, Refused, Sitting
from tests.machine.world import FACTORS, World

# Words that only a key has; none may be in what a student is sent while results are closed.
SECRETS = (b"fraction", b"explanation", b"Because", b'"key"', b"tolerance", b"outcome", b"is_correct")

OFFSETS = (-1000, -1, 0, 1, 1000)
whens = st.one_of(
    st.just(("stay", 0)),
    st.tuples(st.just("plus"), st.sampled_from([1, SECOND, 20 * SECOND, 2 * MINUTE, 10 * MINUTE])),
    st.tuples(st.sampled_from(["end", "end_of_grace", "pause_over", "window"]), st.sampled_from(OFFSETS)),
)
names = st.sampled_from(["Alice", "Bob"])
everybody = model.Whom()
whoms = st.sampled_from(
    [
        everybody,
        everybody,
        model.Whom(students=("Alice",)),
        model.Whom(students=("Bob",)),
        model.Whom(students=("Alice", "Bob")),
        model.Whom(groups=("Left",)),
        model.Whom(groups=("Right",)),
        model.Whom(groups=("Left", "Right")),
        model.Whom(students=("Alice",), groups=("Right",)),
        model.Whom(groups=("Left", "Elsewhere")),
    ]
)
places = st.sampled_from([-1, -1, -2, 0])
answers = st.sampled_from([*model.MARKS, ("river", None), ("sum", None), ("sum", "nonsense"), ("elsewhere", "yes")])
# Small numbers, so that they come again: repeated, in any order, with another value, from another window.
Batch = list[tuple[int, tuple[str, Any]]]
batches = st.lists(st.tuples(st.integers(1, 6), answers), min_size=1, max_size=3, unique_by=lambda pair: pair[0])
backs = st.sampled_from([0, 0, 0, 0, 1, -1])


class SittingMachine(RuleBasedStateMachine):
    """``world`` is set by whoever runs it; ``counted`` counts sequences, steps and refusals."""

    world: World
    counted: Counter[str]

    @initialize(
        closes=st.sampled_from([None, 12 * MINUTE, 20 * MINUTE, 40 * MINUTE]),
        full_time=st.sampled_from([False, False, True]),
        seconds=st.sampled_from([None, 600]),
        is_sectioned=st.sampled_from([True, True, False]),
        break_seconds=st.sampled_from([0, 300]),
        may_leave_early=st.sampled_from([True, True, False]),
        attempts_allowed=st.sampled_from([1, 2, 2]),
        latest_start=st.sampled_from([None, None, 5 * MINUTE]),
        present=st.sampled_from([["Alice"], ["Bob"], ["Alice", "Bob"]]),
    )
    def open(
        self, *, is_sectioned: bool, seconds: int | None, break_seconds: int, present: list[str], **plan: Any
    ) -> None:
        course = {"break_seconds": break_seconds} if is_sectioned else {"seconds": seconds}
        planned = model.Room(is_sectioned=is_sectioned, **course, **plan)  # type: ignore[arg-type]
        self.room: ExamAssignment = self.world.open_room(planned)
        self.model = Model(planned, FACTORS)
        self.ids: list[uuid.UUID] = []
        self.at = 0
        self.counted["sequences"] += 1
        for who in present:
            self._start(who, ("stay", 0))

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self._finish()
            self.world.leave(self.room)

    # -- time ------------------------------------------------------------------------------------------------------

    def go_to(self, when: tuple[str, int]) -> int:
        """Let time pass, often to the very edge of something; it never goes back."""
        kind, amount = when
        ends = [end for one in self.model.running() for end in one.ends]
        edges = {
            "end": ends,
            "end_of_grace": [end + model.GRACE for end in ends],
            "pause_over": [s.paused + model.GRACE for s in self.model.running() if s.paused is not None],
            "window": [self.model.room.closes] if self.model.room.closes else [],
        }
        target = self.at + amount if kind == "plus" else self.at
        coming = [edge + amount for edge in edges.get(kind, []) if edge + amount > self.at]
        self.at = min(coming, default=target)
        moment = self.world.moment(self.at)
        assert moment is not None
        self.world.at = moment
        self.counted["steps"] += 1
        return self.at

    # -- asking and comparing --------------------------------------------------------------------------------------

    def agree(self, expected: Callable[[], Any], who: str, method: str, path: str, body: Any = None) -> tuple[Any, Any]:
        """Ask the model and the product; both do it, or both refuse with the same code. Returns what both said."""
        try:
            due, code = expected(), None
        except Refused as refusal:
            due, code = None, refusal.code
        status, said, raw = self.world.ask(who, method, path, body)
        if who in self.world.students:
            assert not any(secret in raw for secret in SECRETS), raw
        if code is None:
            assert status < 300, (status, said)
            self.counted[f"done {path.rstrip('/').rpartition('/')[2] if method == 'post' else method}"] += 1
        else:
            assert status >= 400, f"was not refused with {code}: {said}"
            assert self._codes(said) & {code}, (code, said)
            self.counted[f"refused {code}"] += 1
        return due, said if code is None else None

    def _codes(self, said: Any) -> set[str]:
        return {said["code"], *(error["code"] for error in said.get("errors", []))}

    def has_sat(self) -> bool:
        return bool(self.model.sittings)

    def one(self, place: int) -> tuple[Sitting, uuid.UUID]:
        place %= len(self.ids)
        return self.model.sittings[place], self.ids[place]

    def compare(self) -> None:
        """Everything that is stored, against the model."""
        rows = {row.pk: row for row in Attempt.objects.filter(assignment=self.room)}
        assert set(rows) == set(self.ids)
        self._compare_journals()
        sums = dict(
            TimeGrant.objects.filter(attempt__in=self.ids).order_by().values_list("attempt").annotate(Sum("seconds"))
        )
        running = Counter(row.student_id for row in rows.values() if row.is_running)
        assert all(count == 1 for count in running.values())
        room = ExamAssignment.objects.get(pk=self.room.pk)
        assert (room.status, room.is_published) == (self.model.room.status, self.model.room.is_published)
        assert self.world.since(room.opened_at) == self.model.room.opened
        self._compare_pauses()
        for due, pk in zip(self.model.sittings, self.ids, strict=True):
            row = rows[pk]
            said = {
                "status": row.status,
                "epoch": row.epoch,
                "number": row.number,
                "started": self.world.since(row.started_at),
                "deadline": self.world.since(row.deadline_at),
                "ends": row.step_ends and [self.world.since(end) for end in row.step_ends],
                "floor": row.step_floor,
                "paused": self.world.since(row.paused_at),
                "finished": self.world.since(row.finished_at),
                "score": row.score,
                "ledger": round(sums[pk] * SECOND),
            }
            assert said == {
                "status": due.status,
                "epoch": due.epoch,
                "number": due.number,
                "started": due.started,
                "deadline": due.deadline,
                "ends": due.ends if self.model.room.steps else None,
                "floor": due.floor,
                "paused": due.paused,
                "finished": due.finished,
                "score": due.score,
                "ledger": due.deadline - due.started,
            }
        self._compare_alarms()

    def _compare_pauses(self) -> None:
        names = {group.pk: name for name, group in self.world.groups.items()}
        rows = RoomPause.objects.filter(assignment=self.room).values_list("group_id", "began_at", "ended_at")
        said = [(names.get(of), self.world.since(began), self.world.since(ended)) for of, began, ended in rows]
        due = [*self.model.room.pauses, *((name, since, None) for name, since in self.model.room.held.items())]
        assert Counter(said) == Counter(due)

    def _compare_journals(self) -> None:
        rows = AnswerEntry.objects.filter(attempt__in=self.ids).order_by("attempt", "epoch", "seq")
        lines: dict[uuid.UUID, list[tuple[int, int, str, Any]]] = {pk: [] for pk in self.ids}
        for row in rows:
            lines[row.attempt_id].append((row.epoch, row.seq, str(row.question_id), row.response))
        sheets = {sheet.attempt_id: sheet for sheet in AnswerSheet.objects.filter(attempt__in=self.ids)}
        kept: dict[uuid.UUID, set[tuple[int, int, str]]] = {pk: set() for pk in self.ids}
        for pk, epoch, seq, code in RefusedAnswer.objects.filter(attempt__in=self.ids).values_list(
            "attempt", "epoch", "seq", "code"
        ):
            kept[pk].add((epoch, seq, code))
        for due, pk in zip(self.model.sittings, self.ids, strict=True):
            written = [
                (epoch, seq, self.world.question_id(question), self.world.written(question, response))
                for (epoch, seq), (question, response) in sorted(due.journal.items(), key=lambda item: item[0])
            ]
            assert lines[pk] == written
            assert kept[pk] == due.kept
            assert (pk in sheets) == (due.sheet is not None)
            if due.sheet is not None:
                assert sheets[pk].answers == {
                    self.world.question_id(question): self.world.written(question, response)
                    for question, response in due.sheet.items()
                }
                assert sheets[pk].receipt == model.receipt(str(pk), lines[pk])

    def _compare_alarms(self) -> None:
        """Whoever sits and is not paused is rung for, no later than at the end of the grace."""
        alarms = self._alarms()
        for due, pk in zip(self.model.sittings, self.ids, strict=True):
            if due.is_running and due.paused is None:
                first = min((moment for moment, attempt_id in alarms if attempt_id == pk), default=None)
                assert first is not None, "nobody will ring"
                assert first <= due.deadline + model.GRACE, "the alarm rings too late"

    def _alarms(self) -> list[tuple[int, uuid.UUID]]:
        pending = Delivery.objects.filter(event=AttemptTimeUp.name, done_at=None).order_by("due_at", "pk")
        found = pending.values_list("due_at", "payload")
        return [(self._microseconds(due_at), uuid.UUID(payload["attempt_id"])) for due_at, payload in found]

    def _microseconds(self, moment: datetime) -> int:
        since = self.world.since(moment)
        assert since is not None
        return since

    # -- students --------------------------------------------------------------------------------------------------

    @rule(who=names, when=whens)
    def start(self, who: str, when: tuple[str, int]) -> None:
        self._start(who, when)

    @precondition(lambda self: bool(self.model.room.held or self.model.room.pauses))
    @rule(who=names, when=whens)
    def start_around_a_pause(self, who: str, when: tuple[str, int]) -> None:
        """Beside the rule for every start, since few sequences have both."""
        if self.model.running_of(who) is None:
            self._start(who, when)

    def _start(self, who: str, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        expected, said = self.agree(
            lambda: self.model.start(who, at), who, "post", f"exam-assignments/{self.room.pk}/start/", {}
        )
        if said is not None:
            due, is_new = expected
            if is_new:
                self.ids.append(uuid.UUID(said["attempt"]))
            assert uuid.UUID(said["attempt"]) == self.ids[self.model.sittings.index(due)]
            self._check_paper(due, said["paper"])
        self.compare()

    def _check_paper(self, due: Sitting, paper: Any) -> None:
        """Where sections are timed, only the present one is shown; while time stands still, nothing."""
        shown = {
            question["text"]
            for section in paper["sections"]
            for group in section["question_groups"]
            for question in group["questions"]
        }
        wanted = set(model.SECTION_OF)
        if due.paused is not None:
            wanted = set()
        elif self.model.room.steps:
            present = due.present(self.at)
            wanted = {question for question in wanted if self.model.room.step_of(question) == present}
        assert shown == wanted

    @precondition(has_sat)
    @rule(place=places, when=whens)
    def look(self, place: int, when: tuple[str, int]) -> None:
        at, (due, pk) = self.go_to(when), self.one(place)
        _, said = self.agree(lambda: self.model.look(due, at), due.student, "get", f"attempts/{pk}/")
        assert datetime.fromisoformat(said["deadline_at"]) == self.world.moment(due.deadline)
        _, said = self.agree(lambda: None, due.student, "get", f"attempts/{pk}/answers/")
        assert said["answers"] == {
            self.world.question_id(question): self.world.written(question, response)
            for question, response in due.answers().items()
        }
        self.compare()

    @precondition(has_sat)
    @rule(place=places, given=batches, back=backs, when=whens)
    def save_over_http(self, place: int, given: Batch, back: int, when: tuple[str, int]) -> None:
        at, (due, pk) = self.go_to(when), self.one(place)
        epoch = max(1, due.epoch - back)
        acked, refused = self.model.save(due, epoch, [(seq, *answer) for seq, answer in given], at)
        self._check_saved(due, pk, {"epoch": epoch, "answers": self._written(given)}, acked, refused)
        self.counted["saves over HTTP"] += 1
        self.compare()

    @precondition(has_sat)
    @rule(place=places, given=batches, back=backs, when=whens)
    def save_over_a_socket(self, place: int, given: Batch, back: int, when: tuple[str, int]) -> None:
        at, (due, pk) = self.go_to(when), self.one(place)
        epoch = max(1, due.epoch - back)
        acked, refused = self.model.save(due, epoch, [(seq, *answer) for seq, answer in given], at)
        said = self.world.save_over_socket(due.student, pk, epoch, self._written(given))
        assert (sorted(said[0]), sorted(said[1])) == (sorted(acked), sorted(refused))
        self.counted["saves over the writer"] += 1
        self.counted.update(f"refused {code}" for _, code in refused)
        self.compare()

    @precondition(lambda self: any(one.journal for one in self.model.sittings))
    @rule(place=places, when=whens)
    def save_again(self, place: int, when: tuple[str, int]) -> None:
        """What was acknowledged stays so, whatever has happened since."""
        self.go_to(when)
        due, pk = self.one(place)
        for (epoch, seq), answer in list(due.journal.items())[-2:]:
            said = self.world.save_over_socket(due.student, pk, epoch, self._written([(seq, answer)]))
            assert said == ([seq], [])
        self.compare()

    def _written(self, given: Iterable[tuple[int, tuple[str, Any]]]) -> list[dict[str, Any]]:
        return [
            {"seq": seq, "question": self.world.question_id(question), "response": self.world.written(question, value)}
            for seq, (question, value) in given
        ]

    def _check_saved(self, due: Sitting, pk: uuid.UUID, body: Any, acked: list[int], refused: Any) -> None:
        status, said, _ = self.world.ask(due.student, "put", f"attempts/{pk}/answers/", body)
        codes = {code for _, code in refused}
        if acked or not refused:
            assert status == 200, said
            assert said["acked"] == acked
            listed = said["refused"]
        else:
            first = next((code for code in STATES if code in codes), None)
            assert (status, said["code"]) == ((409, first) if first else (422, "bad_answer")), said
            listed = said["details"]["refused"]
            self.counted[f"refused {said['code']}"] += 1
        assert sorted((one["seq"], one["code"]) for one in listed) == sorted(refused)

    @precondition(has_sat)
    @rule(place=places, when=whens)
    def take_over(self, place: int, when: tuple[str, int]) -> None:
        at, (due, pk) = self.go_to(when), self.one(place)
        epoch, said = self.agree(lambda: self.model.take_over(due, at), due.student, "post", f"attempts/{pk}/takeover/")
        assert said is None or said["epoch"] == epoch
        self.compare()

    @precondition(lambda self: self.has_sat() and self.model.room.is_sectioned)
    @rule(place=places, step=st.sampled_from(["present"] * 6 + [0, 1, 2]), late=st.booleans(), when=whens)
    def go_on(self, place: int, step: Any, late: bool, when: tuple[str, int]) -> None:
        """With ``late``, an answer that was on its way for the section that was left arrives right after."""
        at, (due, pk) = self.go_to(when), self.one(place)
        left = due.present(at) if step == "present" else step

        def expected() -> None:
            self.model.go_on(due, left, at)
            # Answered with how it stands, which closes what is due; going on itself refuses that.
            self.model.look(due, at)

        self.agree(expected, due.student, "post", f"attempts/{pk}/next-section/", {"step": left})
        if late:
            acked, refused = self.model.save(due, due.epoch, [(7, "river", "yes")], at)
            said = self.world.save_over_socket(due.student, pk, due.epoch, self._written([(7, ("river", "yes"))]))
            assert said == (acked, refused)
        self.compare()

    @precondition(has_sat)
    @rule(
        place=places,
        epoch=st.sampled_from(["present", "none", "old"]),
        last=st.one_of(st.none(), st.tuples(st.integers(1, 6), answers)),
        when=whens,
    )
    def submit(self, place: int, epoch: str, last: tuple[int, tuple[str, Any]] | None, when: tuple[str, int]) -> None:
        at, (due, pk) = self.go_to(when), self.one(place)
        number = {"present": due.epoch, "none": None, "old": max(1, due.epoch - 1)}[epoch]
        body: dict[str, Any] = {} if number is None else {"epoch": number}
        if last is not None and number is not None:
            body["answers"] = self._written([last])

        def expected() -> None:
            if "answers" in body:
                seq, answer = last  # type: ignore[misc]
                _, refused = self.model.save(due, number, [(seq, *answer)], at)  # type: ignore[arg-type]
                if any(code == "taken_over" for _, code in refused):
                    raise Refused("taken_over")
            self.model.submit(due, number, at)

        _, said = self.agree(expected, due.student, "post", f"attempts/{pk}/submit/", body)
        if said is not None:
            assert said["receipt"] == AnswerSheet.objects.get(attempt=pk).receipt
        self.compare()

    # -- staff -----------------------------------------------------------------------------------------------------

    def _as_staff(self, expected: Callable[[], Any], path: str, body: Any) -> None:
        due, said = self.agree(expected, "staff", "post", f"exam-assignments/{self.room.pk}/{path}/", body)
        if said is not None and due is not None:
            (seats_said,) = (said[name] for name in ("seats", "extended") if name in said)
            assert len(seats_said) == len(due)
        self.compare()

    def _body(self, whom: model.Whom, **more: Any) -> dict[str, Any]:
        if whom.students is not None:
            more["student_ids"] = [str(self.world.students[name].pk) for name in whom.students]
        if whom.groups is not None:
            more["group_ids"] = [str(self.world.groups[name].pk) for name in whom.groups]
        return more

    @precondition(has_sat)
    @rule(whom=whoms, seconds=st.sampled_from([1, 60, 1200]), when=whens)
    def extend(self, whom: model.Whom, seconds: int, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        body = self._body(whom, seconds=seconds, reason="The bus was late")
        self._as_staff(lambda: self.model.extend(whom, seconds, at), "extend", body)

    @rule(whom=whoms, when=whens)
    def pause(self, whom: model.Whom, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        self._as_staff(lambda: self.model.pause(whom, at), "pause", self._body(whom, reason="A fire drill"))

    @precondition(lambda self: self.model.room.held or any(one.paused is not None for one in self.model.running()))
    @rule(whom=whoms, when=whens)
    def resume(self, whom: model.Whom, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        self._as_staff(lambda: self.model.resume(whom, at), "resume", self._body(whom))

    @precondition(lambda self: bool(self.model.running()))
    @rule(whom=whoms, really=st.booleans(), when=whens)
    def collect(self, whom: model.Whom, really: bool, when: tuple[str, int]) -> None:
        if not really:  # what is collected at once leaves little to try
            return
        at = self.go_to(when)
        self._as_staff(lambda: self.model.collect(whom, at), "force-submit", self._body(whom, reason="The bell"))

    @precondition(has_sat)
    @rule(place=places, really=st.integers(0, 3), when=whens)
    def void(self, place: int, really: int, when: tuple[str, int]) -> None:
        if really:
            return
        at, (due, pk) = self.go_to(when), self.one(place)
        body = {"reason": "Sat in somebody's place"}
        self.agree(lambda: self.model.void(due, at), "staff", "post", f"attempts/{pk}/void/", body)
        self.compare()

    @precondition(lambda self: any(not one.is_running for one in self.model.sittings))
    @rule(whom=whoms, seconds=st.sampled_from([1, 60, 1200]), when=whens)
    def reopen(self, whom: model.Whom, seconds: int, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        body = self._body(whom, seconds=seconds, reason="Handed in by mistake")
        self._as_staff(lambda: self.model.reopen(whom, seconds, at), "reopen-seats", body)

    @precondition(lambda self: self.model.room.status != "OPEN" or self.model.is_over(self.at))
    @rule(minutes=st.sampled_from([None, -5, 12, 45]), when=whens)
    def reopen_room(self, minutes: int | None, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        closes = None if minutes is None else at + minutes * MINUTE
        moment = self.world.moment(closes)
        body = {"closes_at": moment and moment.isoformat(), "reason": "Closed by mistake"}
        path = f"exam-assignments/{self.room.pk}/reopen/"
        self.agree(lambda: self.model.reopen_room(closes, at), "staff", "post", path, body)
        self.compare()

    @precondition(lambda self: self.model.room.status != "OPEN" or self.model.is_over(self.at))
    @rule(really=st.booleans(), when=whens)
    def finalise(self, really: bool, when: tuple[str, int]) -> None:
        if not really:  # it is refused as long as somebody sits
            return
        at = self.go_to(when)
        self.agree(lambda: self.model.finalise(at), "staff", "post", f"exam-assignments/{self.room.pk}/finalize/")
        self.compare()

    @precondition(lambda self: self.model.room.status != "OPEN")
    @rule(really=st.booleans(), when=whens)
    def release(self, really: bool, when: tuple[str, int]) -> None:
        if not really:  # nothing is opened again afterwards
            return
        at = self.go_to(when)
        self.agree(lambda: self.model.release(at), "staff", "post", f"exam-assignments/{self.room.pk}/release/")
        self.compare()

    @precondition(lambda self: self.model.room.status == "OPEN")
    @rule(minutes=st.sampled_from([None, -5, 1, 12, 45]), when=whens)
    def move_window(self, minutes: int | None, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        closes = None if minutes is None else at + minutes * MINUTE
        moment = self.world.moment(closes)
        body = {"closes_at": moment and moment.isoformat()}
        self.agree(
            lambda: self.model.move_window(closes, at), "staff", "patch", f"exam-assignments/{self.room.pk}/", body
        )
        self.compare()

    @precondition(lambda self: self.model.room.status == "OPEN")
    @rule(really=st.integers(0, 2), when=whens)
    def close_room(self, really: int, when: tuple[str, int]) -> None:
        if really:  # a room that is closed at once leaves little to try
            return
        at = self.go_to(when)
        self.agree(lambda: self.model.close_room(at), "staff", "post", f"exam-assignments/{self.room.pk}/close/")
        self.compare()

    # -- what happens by itself ------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.room.closes is not None)
    @rule(when=whens)
    def tick_room(self, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        self.model.tick_room(at)
        rooms.move_room_by_clock(assignment_id=self.room.pk)
        self.compare()

    @precondition(has_sat)
    @rule(when=whens)
    def sweep(self, when: tuple[str, int]) -> None:
        at = self.go_to(when)
        assert sitting.close_expired() == self.model.sweep(at)
        self.compare()

    @precondition(has_sat)
    @rule(when=whens)
    def ring(self, when: tuple[str, int]) -> None:
        """The alarm that is due rings; it closes what is due as well, or finds that time went on."""
        at = self.go_to(when)
        due = next(((moment, pk) for moment, pk in self._alarms() if moment <= at), None)
        if due is None:
            return
        one = self.model.sittings[self.ids.index(due[1])]
        Delivery.objects.filter(event=AttemptTimeUp.name, payload__attempt_id=str(due[1]), done_at=None).delete()
        if one.is_due(at):
            self.model.sweep(at)
        subscribers.close_in_time(AttemptTimeUp(due[1]))
        self.compare()

    @precondition(lambda self: bool(self.model.pending))
    @rule(place=st.integers(0, 5), when=whens)
    def deliver(self, place: int, when: tuple[str, int]) -> None:
        """What was announced reaches its listener some time, in any order."""
        self.go_to(when)
        self._deliver(place)

    def _deliver(self, place: int) -> None:
        at = self.at
        what, which = self.model.pending.pop(place % len(self.model.pending))
        self.model.deliver(what, which, at)
        if what == "grade":
            subscribers.grade(AttemptSubmitted(self.ids[which]))
        elif what == "closed":
            granting.close_attempts_of(assignment_id=self.room.pk)
        else:
            granting.move_windows(assignment_id=self.room.pk)
        self.compare()

    def _finish(self) -> None:
        """Everybody's time ends, everything is delivered: each end was announced once, and the marks are the model's."""
        self.go_to(("plus", 24 * 60 * MINUTE))
        for one in self.model.running():
            if one.paused is not None:
                self._as_staff(lambda: self.model.resume(everybody, self.at), "resume", {})
                self.go_to(("plus", 24 * 60 * MINUTE))
        assert sitting.close_expired() == self.model.sweep(self.at)
        while self.model.pending:
            self._deliver(0)
        self.compare()
        assert all(one.status in (model.GRADED, model.VOID) for one in self.model.sittings)
        assert all(isinstance(one.score, Decimal) for one in self.model.sittings if one.status == model.GRADED)
        told = Counter(
            Delivery.objects.filter(event=AttemptSubmitted.name).values_list("payload__attempt_id", flat=True)
        )
        for due, pk in zip(self.model.sittings, self.ids, strict=True):
            assert told[str(pk)] == due.times_closed * _listeners()


def _listeners() -> int:
    from apps.core import bus

    return len(bus._listeners[AttemptSubmitted.name])


STATES = ("taken_over", "attempt_closed", "too_late", "paused", "section_closed", "section_not_open")
