"""A live quiz over real connections: host and players, and what each of them has in front of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from websockets.exceptions import ConnectionClosed

from api.ws import quiz_watch
from apps.core import realtime, tenancy
from apps.live.models import LateAnswer, LiveAnswer, Player, QuizSession
from apps.live.operations import joining, moves
from tests.client import Api
from tests.live import CANARY, answer, ask, fresh, open_quiz, options_of
from tests.ws.client import hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


@pytest.fixture
def session(cast):
    _ = cast.mallory, cast.other_teacher, cast.gus, cast.dora
    return open_quiz(cast, cast.alice, cast.bob, bonus="NONE", seconds=60)


@pytest.fixture
def do(north):
    async def run(work: Any, *args: Any, **kwargs: Any) -> Any:
        return await tenancy.run(north, work, *args, **kwargs)

    return run


class Screen:
    """What somebody has in front of them: the greeting, and every later frame laid over it."""

    def __init__(self, ws: Any) -> None:
        self.ws = ws
        self.scene: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self.texts: list[str] = []

    async def until(self, kind: str, seconds: float = 10, **fields: Any) -> dict[str, Any]:
        """The next frame of this kind with these fields."""
        async with asyncio.timeout(seconds):
            while True:
                text = await self.ws.recv()
                frame = json.loads(text)
                self.texts.append(text)
                self.frames.append(frame)
                self._take(frame)
                if frame["type"] == kind and fields.items() <= frame.items():
                    return frame

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] in ("acked", "refused", "done", "error", "pong", "removed"):
            return
        changed = {name: value for name, value in frame.items() if name != "type"}
        if frame["type"] == "question":
            changed |= {"board": None, "answered": 0 if self.scene.get("role") == "host" else None}
            if self.scene.get("me"):
                changed["me"] = {**self.scene["me"], "answer": None}
        if changed.get("me") and self.scene.get("me"):
            changed["me"] = {**self.scene["me"], **changed["me"]}
        self.scene |= changed

    async def say(self, kind: str, **fields: Any) -> None:
        await self.ws.send(json.dumps({"type": kind, **fields}))


@pytest.fixture
def enter(server, cast, session):
    """``await enter("alice")`` shows the quiz to somebody of the cast, who has been greeted."""
    opened: list[Any] = []

    async def make(name: str, greets: bool = True) -> Screen:
        person = await sync_to_async(lambda: getattr(cast, name))()
        ticket = await sync_to_async(ticket_for)(person, purpose="quizzes")
        host = f"{person.tenant.slug}.localhost"
        screen = Screen(await server.socket(f"/ws/quizzes/{session.pk}/", ticket=ticket, host=host))
        opened.append(screen.ws)
        if greets:
            await screen.until("hello")
        return screen

    return make


def shown_by_http(person: Any, session: QuizSession) -> dict[str, Any]:
    return Api(person).get(f"quiz-sessions/{session.pk}/state/").json()


def comparable(scene: dict[str, Any]) -> dict[str, Any]:
    """A scene without what each look or kind of connection has of its own, as JSON gives it."""
    scene = json.loads(json.dumps(scene, default=str))
    for name in ("server_time", "newest", "answered"):
        scene.pop(name, None)
    if scene.get("me"):
        scene["me"].pop("answers", None)
    if scene.get("question"):
        scene["question"] = {
            name: value for name, value in scene["question"].items() if name not in ("opened_at", "ends_at")
        }
    return scene


async def test_frames_laid_over_the_greeting_are_the_state(enter, cast, session):
    """At every step and for everybody, what the frames have built up is what a fresh look gives."""
    screens = {name: await enter(name) for name in ("carol", "alice", "bob")}
    people = {name: await sync_to_async(lambda name=name: getattr(cast, name))() for name in screens}
    host = screens["carol"]

    async def agree() -> None:
        for name, screen in screens.items():
            fresh_look = await sync_to_async(shown_by_http)(people[name], session)
            assert comparable(screen.scene) == comparable(fresh_look), name

    await agree()
    for number in (1, 2, 3):
        await host.say("next", id=number)
        for screen in screens.values():
            await screen.until("question")
        await agree()
        option = await sync_to_async(options_of)(session, number)
        response = {1: option.get("yes"), 2: [option.get("eat")], 3: True}[number]
        await screens["alice"].say("answer", number=number, seq=1, response=response)
        acked = await screens["alice"].until("acked")
        assert (acked["number"], acked["seq"]) == (number, 1)
        assert (await host.until("count", answered=1))["players"] == 2
        await host.say("lock")
        for screen in screens.values():
            await screen.until("locked")
        await host.say("reveal")
        for screen in screens.values():
            await screen.until("board")
        await agree()
        assert screens["alice"].scene["me"]["rank"] == 1
        assert screens["bob"].scene["me"]["rank"] == 2
    await host.say("next", id="too far")
    refused = await host.until("error")
    assert (refused["of"], refused["id"], refused["code"]) == ("next", "too far", "no_more_questions")
    await host.say("finish")
    for screen in screens.values():
        await screen.until("finished")
    await agree()
    assert [row["name"] for row in screens["bob"].scene["board"]["top"]] == ["Alice North", "Bob North"]


async def test_no_frame_tells_of_a_key_before_its_reveal(enter, do, cast, session):
    screens = {name: await enter(name) for name in ("carol", "alice", "bob")}
    host = screens["carol"]
    for _ in range(3):
        for screen in screens.values():
            screen.texts.clear()
        await host.say("next")
        await screens["alice"].until("question")
        await screens["alice"].say("answer", number=screens["alice"].scene["number"], seq=1, response="nothing")
        await screens["alice"].until("refused")
        again = await enter("bob")
        await host.say("lock")
        for screen in (*screens.values(), again):
            await screen.until("locked")
            for text in screen.texts:
                assert CANARY not in text
                assert "fraction" not in text
                assert '"right"' not in text
        await host.say("reveal")
        for screen in screens.values():
            assert CANARY in json.dumps(await screen.until("reveal"))
        await again.ws.close()


async def test_answers_over_the_socket_are_stored_once(enter, do, cast, session):
    alice, host = await enter("alice"), await enter("carol")
    option = await do(options_of, session, 1)
    await alice.say("answer", number=1, seq=1, response=option["yes"])
    assert (await alice.until("refused"))["code"] == "not_asked"
    await host.say("start")
    await alice.until("question")
    for bad in (
        {"number": "1"},
        {"number": 1, "seq": 0},
        {"number": 1, "seq": 1},
        {"number": 9, "seq": 1, "response": 1},
    ):
        await alice.say("answer", **bad)
        assert (await alice.until("refused"))["code"] in ("invalid", "bad_answer", "not_asked")
    for _ in range(2):
        await alice.say("answer", number=1, seq=1, response=option["yes"])
        await alice.until("acked")
    await alice.say("answer", number=1, seq=2, response=option["no"])
    assert (await alice.until("refused"))["code"] == "already_answered"
    assert await do(LiveAnswer.objects.count) == 1
    assert await do(LateAnswer.objects.count) == 1


async def test_a_hundred_answers_at_once_are_one_each(enter, do, cast, session):
    """All in one batch or two: of two answers to one question the first counts, whatever they came in."""
    alice, host = await enter("alice"), await enter("carol")
    option = await do(options_of, session, 1)
    await host.say("start")
    await alice.until("question")
    for seq in range(1, 41):
        await alice.say("answer", number=1, seq=seq, response=option["yes" if seq == 1 else "no"])
    codes = []
    while len(codes) < 40:
        frame = await asyncio.wait_for(hear(alice.ws), 10)
        if frame["type"] in ("acked", "refused"):
            codes.append(frame.get("code"))
    assert codes == [None] + ["already_answered"] * 39
    kept = await do(lambda: list(LiveAnswer.objects.values_list("seq", flat=True)))
    assert kept == [1]


async def test_comes_back_to_the_same_screen(enter, do, cast, session):
    host, alice = await enter("carol"), await enter("alice")
    await host.say("start")
    await alice.until("question")
    option = await do(options_of, session, 1)
    await alice.say("answer", number=1, seq=7, response=option["maybe"])
    await alice.until("acked")
    for step in ("", "lock", "reveal"):
        if step:
            await host.say(step)
            await host.until("done", of=step)
        await alice.ws.close()
        alice = await enter("alice")
        again = await enter("carol")
        assert alice.scene["me"]["answer"]["seq"] == 7
        assert alice.scene["me"]["answers"] == [alice.scene["me"]["answer"]]
        assert alice.scene["state"] == again.scene["state"] == {"": "QUESTION", "lock": "LOCKED"}.get(step, "REVEALED")
        assert (again.scene["role"], again.scene["code"]) == ("host", session.code)
        assert again.scene["answered"] == 1
        await again.ws.close()
    assert alice.scene["me"]["answer"]["is_correct"] is False


async def test_a_question_locks_by_the_clock_with_the_host_gone(enter, do, cast, session):
    await do(lambda: session.rounds.update(seconds=1))
    host, alice = await enter("carol"), await enter("alice")
    await host.say("start")
    asked = await alice.until("question")
    await host.ws.close()
    locked = await alice.until("locked", 5)
    assert locked["version"] == asked["version"] + 1
    stored = await do(fresh, session)
    assert stored.state == "LOCKED"
    assert (stored.closes_at - stored.opened_at).total_seconds() == 1
    option = await do(options_of, session, 1)
    await alice.say("answer", number=1, seq=1, response=option["yes"])
    assert (await alice.until("refused"))["code"] == "too_late"


async def test_moves_elsewhere_arrive_here(enter, do, cast, session):
    """Over HTTP, or in another process: the news comes by Redis."""
    alice = await enter("alice")
    await do(ask, cast, session)
    assert (await alice.until("question", 2))["number"] == 1


async def test_goes_on_when_news_is_lost(enter, do, cast, session, monkeypatch):
    """Redis keeps silent: everybody still sees what happens, a little later."""
    alice = await enter("alice")
    monkeypatch.setattr(realtime, "push_many", lambda *_: None)
    await do(ask, cast, session)
    asked = await alice.until("question", quiz_watch.LOOK_SECONDS + 2)
    assert asked["number"] == 1


async def test_who_is_taken_out_is_told_and_stays_out(enter, do, cast, session):
    host, alice, bob = await enter("carol"), await enter("alice"), await enter("bob")
    player = await do(lambda: str(Player.objects.get(session=session, user=cast.bob).pk))
    await host.say("remove-player", player=player, id=1)
    assert (await host.until("done"))["of"] == "remove-player"
    await bob.until("removed")
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(hear(bob.ws), 5)
    assert closed.value.rcvd.code == 4403
    back = await enter("bob", greets=False)
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(hear(back.ws), 5)
    assert closed.value.rcvd.code == 4403
    await host.say("remove-player", player="nobody", id=2)
    assert (await host.until("error"))["code"] == "invalid"
    await alice.say("ping")
    await alice.until("pong")


async def test_who_is_taken_out_while_news_is_lost_learns_it_at_the_reveal(enter, do, cast, session, monkeypatch):
    bob = await enter("bob")
    await do(ask, cast, session)
    await bob.until("question")
    monkeypatch.setattr(realtime, "push_many", lambda *_: None)
    player = await do(lambda: Player.objects.get(session=session, user=cast.bob).pk)
    await do(moves.remove_player, actor=cast.carol, session_id=session.pk, player_id=player)
    await do(moves.lock, actor=cast.carol, session_id=session.pk)
    await do(moves.reveal, actor=cast.carol, session_id=session.pk)
    await bob.until("removed", 8)


@pytest.mark.parametrize(
    ("name", "code"), [("gus", 4404), ("other_teacher", 4404), ("mallory", 4404), ("dora", None), ("carol", None)]
)
async def test_is_open_to_its_host_admins_and_players(enter, name, code):
    screen = await enter(name, greets=code is None)
    if code is None:
        assert screen.scene["role"] == "host"
        return
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(hear(screen.ws), 5)
    assert closed.value.rcvd.code == code


@pytest.mark.parametrize("move", ["start", "next", "lock", "reveal", "finish", "remove-player"])
async def test_players_cannot_lead(enter, do, cast, session, move):
    alice = await enter("alice")
    await alice.say(move, id=1)
    assert (await alice.until("error"))["code"] == "forbidden"
    assert (await do(fresh, session)).version == session.version


async def test_the_host_sees_who_comes_in(enter, do, cast, session):
    host = await enter("carol")
    assert (host.scene["players"], sorted(host.scene["newest"])) == (2, ["Alice North", "Bob North"])
    player = await do(lambda: cast.person("Ann", "STUDENT", cast.north))
    await do(joining.join, actor=player, code=session.code)
    counted = await host.until("count", players=3)
    assert counted["newest"][0] == "Ann North"


async def test_one_read_serves_all_who_come_at_once(do, cast, session):
    """The watch greets a crowd together: its statements do not grow with it."""

    def look(people: int) -> int:
        users = set(Player.objects.filter(session=session).values_list("user_id", flat=True)[:people])
        with CaptureQueriesContext(connection) as seen:
            quiz_watch._look(session.pk, known=0, has_host=True, players=users, newcomers=users)
        return len(seen)

    await do(ask, cast, session)
    await do(answer, session, cast.alice, (await do(options_of, session, 1))["yes"])
    await do(look, 1)
    assert await do(look, 1) == await do(look, 2)
