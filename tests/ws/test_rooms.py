"""An invigilator's view of a room and their commands, over real connections."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from api import policies
from api.ws.rooms import COMMANDS, _obey
from apps.assignments.models import Announcement, ExamAssignment
from apps.assignments.operations import accommodations
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.operations import sitting
from apps.audit.models import Entry
from apps.core import tenancy
from tests.apps.assignments.builders import make_group
from tests.apps.attempts import journal
from tests.client import Api
from tests.factories import make_room, people_of
from tests.ws.client import hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


@pytest.fixture
def room(cast):
    _ = cast.mallory, cast.trent, cast.sybil, cast.other_teacher
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def do(north):
    async def run(work: Any, *args: Any, **kwargs: Any) -> Any:
        return await tenancy.run(north, work, *args, **kwargs)

    return run


@pytest.fixture
def enter(server, cast, room):
    """``await enter("dora")`` watches the room as somebody of the cast; in ``seats`` is what they see."""

    async def make(name: str, path: str = "") -> Any:
        person = await sync_to_async(lambda: getattr(cast, name))()
        ticket = await sync_to_async(ticket_for)(person, purpose="" if path else "rooms")
        host = f"{person.tenant.slug}.localhost"
        return await server.socket(path or f"/ws/rooms/{room.pk}/", ticket=ticket, host=host)

    return make


class View:
    """What a watcher has in front of them: the snapshot and all deltas on it."""

    def __init__(self, ws: Any) -> None:
        self.ws = ws
        self.seats: dict[str, dict[str, Any]] = {}
        self.frames = 0

    async def load(self) -> View:
        while True:
            frame = await asyncio.wait_for(hear(self.ws, "seats"), 10)
            self.seats |= {seat["student"]: seat for seat in frame["seats"]}
            if frame["page"] == frame["pages"]:
                assert len(self.seats) == frame["total"]
                return self

    async def until(self, done: Any, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not done(self.seats):
                frame = await hear(self.ws, "seat")
                self.frames += 1
                for seat in frame["seats"]:
                    self.seats[seat["student"]] = {**self.seats.get(seat["student"], {}), **seat}
                for student in frame["gone"]:
                    del self.seats[student]

    async def say(self, kind: str, **fields: Any) -> dict[str, Any]:
        await self.ws.send(json.dumps({"type": kind, "id": 7, **fields}))
        while True:
            frame = await asyncio.wait_for(hear(self.ws), 10)
            if frame["type"] in ("done", "error"):
                assert (frame["of"], frame["id"]) == (kind, 7)
                return frame


@pytest.fixture
def watch(enter):
    async def make(name: str = "dora") -> View:
        return await View(await enter(name)).load()

    return make


async def closed(ws) -> int:
    await asyncio.wait_for(ws.wait_closed(), 12)
    return ws.close_code


def state_of(person, *states):
    return lambda seats: seats[str(person.pk)]["state"] in states


async def test_shows_all_seats_and_what_becomes_of_them(watch, do, cast, room):
    view = await watch()
    assert {seat["name"]: seat["state"] for seat in view.seats.values()} == {
        "Alice North": "NOT_STARTED",
        "Bob North": "NOT_STARTED",
    }
    started = await do(sitting.start_attempt, actor=cast.alice, assignment_id=room.pk)
    await view.until(state_of(cast.alice, "SITTING"))
    assert view.seats[str(cast.alice.pk)]["attempt"] == str(started.attempt.pk)
    await do(journal.write, started.attempt, "river", "yes")
    await view.until(lambda seats: seats[str(cast.alice.pk)]["answered"] == 1)
    await do(sitting.submit_attempt, attempt_id=started.attempt.pk, actor=cast.alice)
    await view.until(state_of(cast.alice, "HANDED_IN"))


async def test_signs_of_life_arrive_within_seconds_and_say_from_where(watch, enter, do, cast, room, attempt):
    long_ago = attempt.started_at - timedelta(minutes=5)
    await do(Attempt.objects.filter(pk=attempt.pk).update, started_at=long_ago)
    view = await watch()
    assert view.seats[str(cast.alice.pk)]["state"] == "AWAY"
    desk = await enter("alice", f"/ws/attempts/{attempt.pk}/")
    await view.until(state_of(cast.alice, "SITTING"))
    assert view.seats[str(cast.alice.pk)]["flags"]["addresses"] == ["127.0.0.1"]
    before = view.seats[str(cast.alice.pk)]["heard_at"]
    await asyncio.sleep(4.5)
    await desk.send('{"type":"ping"}')
    await view.until(lambda seats: seats[str(cast.alice.pk)]["heard_at"] > before, 4)
    answer = {"seq": 1, "question": str(await do(journal.question_id, attempt, "river")), "response": None}
    await desk.send(json.dumps({"type": "answers", "epoch": 1, "answers": [answer]}))
    await view.until(lambda seats: seats[str(cast.alice.pk)]["saved_at"], 4)


async def test_many_changes_are_one_frame_a_second_at_most(watch, do, cast, room, server):
    people = await do(people_of, cast, 30)
    await do(room.people.add, *people)
    view = await watch()

    def start_all() -> None:
        for person in people:
            sitting.start_attempt(actor=person, assignment_id=room.pk)

    loop = asyncio.get_running_loop()
    began = loop.time()
    work = asyncio.create_task(do(start_all))
    await view.until(lambda seats: sum(seat["state"] == "SITTING" for seat in seats.values()) == 30, 20)
    await work
    assert view.frames <= loop.time() - began + 1


async def test_a_large_room_arrives_whole_and_so_does_a_change_of_all_seats(watch, do, cast, room, attempt):
    """Servers leave out what is longer than they like."""

    def fill() -> None:
        people = people_of(cast, 300)
        room.people.add(*people)
        fields = [field.attname for field in Attempt._meta.concrete_fields if field.name not in ("id", "student")]
        common = {name: getattr(attempt, name) for name in fields}
        Attempt.objects.bulk_create(Attempt(student=person, **common) for person in people)

    await do(fill)
    view = await watch()
    assert len(view.seats) == 302
    done = await view.say("pause", reason="Alarm")
    assert len(done["students"]) == 301
    await view.until(lambda seats: sum(seat["state"] == "PAUSED" for seat in seats.values()) == 301, 20)


@pytest.mark.parametrize(
    ("name", "code"), [("alice", 4403), ("other_teacher", 4404), ("sybil", 4404), ("trent", 4404), ("mallory", 4403)]
)
async def test_only_who_manages_the_room_gets_in(enter, name, code):
    assert await closed(await enter(name)) == code


async def test_who_loses_the_room_loses_the_sight_of_it(enter, do, cast, room):
    await do(ExamAssignment.objects.filter(pk=room.pk).update, created_by=cast.other_teacher)
    view = await View(await enter("other_teacher")).load()
    await do(ExamAssignment.objects.filter(pk=room.pk).update, created_by=cast.dora)
    assert await closed(view.ws) == 4404


# -- commands ------------------------------------------------------------------------------------------------------


async def test_commands_do_what_their_twins_do_and_the_seats_follow(watch, do, cast, room, attempt):
    view = await watch()
    alice = [str(cast.alice.pk)]

    done = await view.say("extend", student_ids=alice, seconds=300, reason="Late bus")
    assert (done["type"], done["students"]) == ("done", alice)
    grant = await do(TimeGrant.objects.select_related("granted_by").get, kind="EXTENSION")
    assert (grant.seconds, grant.reason, grant.granted_by) == (300, "Late bus", cast.dora)

    assert (await view.say("pause", reason="Alarm"))["students"] == alice
    await view.until(state_of(cast.alice, "PAUSED"))
    assert (await view.say("resume"))["students"] == alice
    await view.until(state_of(cast.alice, "SITTING"))
    assert (await view.say("force-submit", student_ids=alice, reason="Fire"))["students"] == alice
    await view.until(state_of(cast.alice, "HANDED_IN"))
    assert (await view.say("reopen", student_ids=alice, seconds=600, reason="False alarm"))["students"] == alice
    await view.until(state_of(cast.alice, "SITTING"))

    entries = await do(lambda: list(Entry.objects.filter(action__startswith="room.").order_by("pk")))
    told = [(entry.action, entry.reason, entry.actor_id) for entry in entries if entry.reason]
    assert told == [
        ("room.extended", "Late bus", cast.dora.pk),
        ("room.paused", "Alarm", cast.dora.pk),
        ("room.collected", "Fire", cast.dora.pk),
        ("room.reopened_seats", "False alarm", cast.dora.pk),
    ]


async def test_a_command_under_a_key_is_done_once_over_the_socket_and_over_http(watch, do, cast, room, attempt):
    view, alice, key = await watch(), [str(cast.alice.pk)], str(uuid.uuid4())
    command = {"seconds": 300, "reason": "Late bus", "idempotency_key": key}
    for _ in range(2):
        done = await view.say("extend", **command)
        assert (done["type"], done["students"]) == ("done", alice)
    url = f"exam-assignments/{room.pk}/extend/"
    again = await do(lambda: Api(cast.dora).post(url, command, format="json"))
    assert (again.status_code, [seat["student"] for seat in again.json()["extended"]]) == (200, alice)
    assert await do(TimeGrant.objects.filter(kind="EXTENSION").count) == 1
    said = await view.say("extend", **{**command, "seconds": 301})
    assert (said["type"], said["code"]) == ("error", "key_reused")
    for _ in range(2):
        assert (await view.say("announce", text="Quiet.", idempotency_key=str(uuid.UUID(int=9))))["type"] == "done"
    assert await do(Announcement.objects.count) == 1


async def test_a_command_without_a_key_is_done_each_time(watch, do, cast, attempt):
    view = await watch()
    for _ in range(2):
        assert (await view.say("extend", seconds=300, reason="Late bus"))["type"] == "done"
    assert await do(TimeGrant.objects.filter(kind="EXTENSION").count) == 2


async def test_one_attempt_is_accommodated_and_made_void(watch, do, cast, room, attempt):
    def approve() -> None:
        asked = accommodations.propose(
            actor=cast.dora, student_id=cast.alice.pk, factors={"*": Decimal("1.5")}, reason="A doctor's letter."
        )
        accommodations.approve(actor=cast.dora, accommodation_id=asked.pk)

    await do(approve)
    view = await watch()
    about = {"attempt": str(attempt.pk), "reason": "Approved just now."}
    assert (await view.say("accommodate", **about))["students"] == [str(cast.alice.pk)]
    grant = await do(TimeGrant.objects.select_related("granted_by").get, attempt=attempt, kind="ACCOMMODATION")
    assert (grant.seconds, grant.reason, grant.granted_by) == (900, "Approved just now.", cast.dora)
    assert (await view.say("void", **about))["students"] == [str(cast.alice.pk)]
    await view.until(state_of(cast.alice, "NOT_STARTED"))
    assert (await do(Attempt.objects.get, pk=attempt.pk)).status == "VOID"


async def test_an_attempt_of_another_room_is_unknown_here_also_to_who_manages_both(watch, do, cast, attempt):
    elsewhere = await do(make_room, cast, cast.bob)
    other = (await do(sitting.start_attempt, actor=cast.bob, assignment_id=elsewhere.pk)).attempt
    view = await watch()
    for name in (str(other.pk), str(cast.bob.pk)):
        for kind in ("accommodate", "void"):
            frame = await view.say(kind, attempt=name, reason="x")
            assert (frame["type"], frame["code"]) == ("error", "not_found")
    assert (await do(Attempt.objects.get, pk=other.pk)).status == "IN_PROGRESS"


async def test_the_room_is_opened_closed_and_finalised(enter, do, cast):
    later = await do(make_room, cast, cast.alice, open_now=False)
    view = await View(await enter("dora", f"/ws/rooms/{later.pk}/")).load()

    async def status_after(kind: str, **fields: Any) -> str:
        assert (await view.say(kind, **fields))["type"] == "done"
        return (await do(ExamAssignment.objects.get, pk=later.pk)).status

    assert await status_after("open") == "OPEN"
    assert await status_after("close") == "CLOSED"
    assert await status_after("reopen-room", reason="Somebody came late.") == "OPEN"
    assert (await view.say("finalise"))["code"] == "illegal_move"
    assert await status_after("close") == "CLOSED"
    assert await status_after("finalise") == "FINALISED"


async def test_commands_are_about_groups_too(watch, do, cast, room, attempt):
    group = await do(make_group, cast, cast.alice, name="Left")
    await do(room.groups.add, group)
    view, left = await watch(), [str(group.pk)]
    assert (await view.say("extend", group_ids=left, seconds=60, reason="Late bus"))["students"] == [str(cast.alice.pk)]
    assert (await view.say("pause", group_ids=left, reason="Alarm"))["students"] == [str(cast.alice.pk)]
    assert (await view.say("resume", group_ids=left))["students"] == [str(cast.alice.pk)]
    elsewhere = await do(make_group, cast, cast.alice, name="Elsewhere")
    assert (await view.say("pause", group_ids=[str(elsewhere.pk)], reason="Alarm"))["code"] == "not_found"


async def test_a_room_is_not_finalised_while_somebody_sits(watch, do, room, attempt):
    view = await watch()
    await do(ExamAssignment.objects.filter(pk=room.pk).update, status="CLOSED")
    assert (await view.say("finalise"))["code"] == "still_sitting"


async def test_every_command_asks_the_table_of_its_twin(do, cast, room):
    """Whoever its row leaves out is refused, whatever they say."""
    await do(lambda: cast.alice)
    for kind, (_, _, (resource, action)) in COMMANDS.items():
        rule = policies.find(resource, action)
        assert rule is not None, kind
        students, problem = await do(_obey, cast.alice.pk, room.pk, kind, {})
        assert (students, problem and problem["code"]) == ([], "forbidden"), kind


async def test_an_announcement_reaches_who_sits_and_who_watches(watch, enter, do, cast, attempt):
    view, other = await watch(), await watch()
    desk = await enter("alice", f"/ws/attempts/{attempt.pk}/")
    await asyncio.wait_for(hear(desk, "hello"), 10)
    await view.ws.send(json.dumps({"type": "announce", "text": "Ten minutes left"}))
    for ws in (desk, other.ws):
        frame = await asyncio.wait_for(hear(ws, "announcement"), 10)
        assert frame["text"] == "Ten minutes left"
    assert await do(Announcement.objects.count) == 1


@pytest.mark.parametrize(
    ("kind", "fields", "code", "pointer"),
    [
        ("extend", {"reason": "x"}, "invalid", "/seconds"),
        ("extend", {"seconds": 0, "reason": "x"}, "bad_extension", "/seconds"),
        ("extend", {"seconds": 60, "reason": " "}, "invalid", "/reason"),
        ("extend", {"seconds": 60, "reason": "x", "at": "2026-01-01T00:00:00Z"}, "invalid", "/at"),
        ("extend", {"seconds": 60, "reason": "x", "idempotency_key": "x"}, "invalid", "/idempotency_key"),
        ("void", {"idempotency_key": "x"}, "invalid", "/idempotency_key"),  # has no second effect by itself
        ("pause", {}, "invalid", "/reason"),
        ("pause", {"reason": "x", "student_ids": ["x"]}, "invalid", "/student_ids/0"),
        ("announce", {"text": ""}, "invalid", "/text"),
        ("force-submit", {"reason": "x" * 201}, "invalid", "/reason"),
        ("accommodate", {"reason": "x"}, "invalid", "/attempt"),
        ("void", {"attempt": "x", "reason": "x"}, "invalid", "/attempt"),
        ("void", {"attempt": "00000000-0000-0000-0000-000000000000", "reason": ""}, "invalid", "/reason"),
        ("close", {"reason": "x"}, "invalid", "/reason"),
        ("open", {"at": "2026-01-01T00:00:00Z"}, "invalid", "/at"),
        ("reopen-room", {}, "invalid", "/reason"),
        ("finalise", {"force": True}, "invalid", "/force"),
    ],
)
async def test_a_flawed_command_is_refused_as_over_http(watch, attempt, kind, fields, code, pointer):
    view = await watch()
    frame = await view.say(kind, **fields)
    assert (frame["type"], frame["code"], frame["errors"][0]["pointer"]) == ("error", code, pointer)


async def test_a_command_about_somebody_who_does_not_sit_changes_nothing(watch, do, cast, attempt):
    view = await watch()
    both = [str(cast.alice.pk), str(cast.bob.pk)]
    frame = await view.say("pause", student_ids=both, reason="Alarm")
    assert (frame["code"], frame["details"]["students"]) == ("not_sitting", both[1:])
    assert (await do(Attempt.objects.get, pk=attempt.pk)).paused_at is None
