"""A live quiz with a thousand players: from the host's move to the last player's screen, over the server's sockets.

- ``question``: from the host's next to the moment at which the last player has the question;
- ``board``: from the host's lock, and the reveal right after the last player has heard of it, to the last player's board;
- ``answers``: all players answer within one second; from the first answer to the last acknowledgement, that second included.

The floor is a bare ``websockets`` server that hands texts of the same length from a Redis channel to as many connections:
one for a question; one, then two for the board. Answers have no floor but their second. Moves are made in this process, as
another web process would make them: the news comes by Redis.

    python -m benchmarks.live [--players 1000] [--repeats 3] [--rounds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks.fanout import CHANNEL, TOGETHER, Bare, Watcher, Watchers, _request, _say, _until
from benchmarks.harness import HOST, ROOT, Run, Stage, WebServer, stage

CENTER = "bench"
ANSWER_SECONDS = 1.0
SECONDS_PER_QUESTION = 600
CALM = 0.3
PEERS = {"daphne": "Daphne", "uvicorn": "uvicorn"}


# -- the players' process ------------------------------------------------------------------------------------------


def masked(text: str) -> bytes:
    """A client's frame; a mask of zeros leaves the text as it is."""
    body = text.encode()
    size = bytes((0x80 | len(body),)) if len(body) < 126 else bytes((0xFE,)) + len(body).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + body


async def play() -> None:
    """Does what comes as JSON lines on standard input: let players in, tell when all of a group have so many new frames, or
    have all of them say something within a second and tell when all have an answer."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: os._exit(_say(f"players: {context}")))
    groups: dict[str, list[Watcher]] = defaultdict(list)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        group = groups[order["group"]]
        if order["do"] == "enter":
            made = [
                await loop.create_connection(lambda d=d: Watcher(_request(d)), HOST, d["port"]) for d in order["doors"]
            ]
            group += [watcher for _, watcher in made]
            await _until(lambda: all(watcher.is_in and watcher.frames >= order["greetings"] for _, watcher in made))  # noqa: B023
            print("in", flush=True)
            continue
        wanted = [watcher.frames + order["frames"] for watcher in group]
        print("ready", flush=True)
        began = time.perf_counter()
        if order["do"] == "answer":
            for place, (watcher, text) in enumerate(zip(group, order["texts"], strict=True)):
                await asyncio.sleep(began + ANSWER_SECONDS * place / len(group) - time.perf_counter())
                watcher.transport.write(masked(text))
        await _until(lambda: all(w.frames >= n for w, n in zip(group, wanted, strict=True)))  # noqa: B023
        print(json.dumps([began, max(watcher.heard_at for watcher in group)]), flush=True)


class Players(Watchers):
    """The process of the players."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.live", "--as", "players"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self, group: str, publish: Any, frames: int = 1) -> float:
        """Milliseconds from the call of ``publish`` until the last of the group has heard so many frames."""
        self._order(do="time", group=group, frames=frames)
        began = time.perf_counter()
        publish()
        return (json.loads(self._hear())[1] - began) * 1000

    def answer(self, group: str, texts: list[str]) -> float:
        """Milliseconds from the first answer to the last acknowledgement."""
        self._order(do="answer", group=group, texts=texts, frames=1)
        began, ended = json.loads(self._hear())
        return float(ended - began) * 1000


# -- the quiz ------------------------------------------------------------------------------------------------------


class School:
    """A center with a teacher, a published test of many questions, and so many players."""

    def __init__(self, stage: Stage, players: int, questions: int) -> None:
        from django.db import connection

        from apps.authentication.models import Session, User
        from apps.authentication.operations.tickets import Entry
        from apps.core import clock, tenancy
        from apps.mock_tests.operations import authoring
        from apps.mock_tests.operations.authoring import publishing
        from apps.mock_tests.rules.types.base import Given, Option

        self.tenant = stage.open_center(CENTER)
        with tenancy.enter(self.tenant):
            self.host = User.objects.create(
                email="t@bench.test", first_name="Host", role="TEACHER", is_approved=True, password="!"
            )
            test = authoring.create_test(actor=self.host, changes={"title": "Bench", "level": ""})
            section = authoring.create_section(
                actor=self.host, test_id=test.pk, changes={"name": "All", "duration": 600}
            )
            group = authoring.create_group(actor=self.host, section_id=section.pk, changes={})
            options = tuple(Option("", f"option {n}", Decimal(n == 0)) for n in range(4))
            for number in range(questions):
                authoring.create_question(
                    actor=self.host,
                    group_id=group.pk,
                    changes={"text": f"Which of these is the right one, number {number}?", "given": Given(options)},
                )
            publishing.publish_test(actor=self.host, test_id=test.pk)
            self.test_id = test.pk
            self.people = User.objects.bulk_create(
                User(
                    email=f"s{n}@bench.test",
                    first_name=f"Player {n:04}",
                    role="STUDENT",
                    is_approved=True,
                    password="!",
                )
                for n in range(players)
            )
            day = clock.now() + timedelta(days=1)
            sessions = Session.objects.bulk_create(Session(user=user, expires_at=day) for user in self.people)
            self.entries = [Entry(s.user_id, s.pk, 1, "STUDENT") for s in sessions]
        connection.close()


class Quiz:
    """One session of it, with everybody joined."""

    def __init__(self, school: School) -> None:
        from apps.core import clock, tenancy
        from apps.live.models import Player
        from apps.live.operations import hosting

        self.school = school
        with tenancy.enter(school.tenant):
            session = hosting.open_session(actor=school.host, mock_test_id=school.test_id, seconds=SECONDS_PER_QUESTION)
            self.id: uuid.UUID = session.pk
            at = clock.now()
            Player.objects.bulk_create(
                Player(session=session, user=user, display_name=user.first_name, joined_at=at) for user in school.people
            )

    def doors(self, port: int, first: int) -> list[dict[str, Any]]:
        from apps.authentication.operations import tickets
        from apps.core import tenancy

        with tenancy.enter(self.school.tenant):
            return [
                {
                    "port": port,
                    "path": f"/ws/quizzes/{self.id}/",
                    "ticket": tickets.issue_ticket(entry=entry, purpose="quizzes"),
                }
                for entry in self.school.entries[first : first + TOGETHER]
            ]

    def move(self, name: str) -> None:
        from apps.core import tenancy
        from apps.live.operations import moves

        with tenancy.enter(self.school.tenant):
            getattr(moves, name)(actor=self.school.host, session_id=self.id)

    def answers(self) -> list[str]:
        """What the players say to the present question: every fourth of them the same."""
        scene = self.scene()
        options = [option["id"] for option in scene["question"]["options"]]
        return [
            json.dumps({"type": "answer", "number": scene["number"], "seq": 1, "response": options[n % len(options)]})
            for n in range(len(self.school.people))
        ]

    def scene(self) -> dict[str, Any]:
        from apps.core import tenancy
        from apps.live.queries import scenes

        with tenancy.enter(self.school.tenant):
            return scenes.scene_for(self.school.people[0], self.id, sign=str)

    def texts(self) -> dict[str, str]:
        """As long as ours, for the floor; the quiz must be at a reveal."""
        from apps.core import realtime

        scene = self.scene()
        about = {name: scene[name] for name in ("version", "state", "number", "server_time", "players")}
        return {
            "question": realtime.encode("question", {**about, "question": scene["question"], "reveal": None}),
            "locked": realtime.encode("locked", {**about, "answered": 1000}),
            "reveal": realtime.encode("reveal", {**about, "reveal": scene["reveal"], "me": scene["me"]}),
            "board": realtime.encode("board", {"version": 1, "board": scene["board"]}),
        }

    def count(self) -> tuple[int, int]:
        """Answers in the journal, and answers that were marked."""
        from apps.core import tenancy
        from apps.live.models import LiveAnswer, LiveMark

        with tenancy.enter(self.school.tenant):
            stored = LiveAnswer.objects.filter(session=self.id).count()
            return stored, LiveMark.objects.filter(session=self.id).count()


def ours(quiz: Quiz, players: Players, group: str, rounds: int) -> dict[str, float]:
    """Some questions from start to end; medians."""
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        time.sleep(CALM)
        taken["question"].append(players.hear(group, lambda: quiz.move("next_question")))
        taken["answers"].append(players.answer(group, quiz.answers()))
        locked = players.hear(group, lambda: quiz.move("lock"))
        taken["board"].append(locked + players.hear(group, lambda: quiz.move("reveal"), frames=2))
    return {name: statistics.median(values) for name, values in taken.items()}


def floor(texts: dict[str, str], sender: Any, players: Players, rounds: int) -> dict[str, float]:
    taken: dict[str, list[float]] = defaultdict(list)

    def publish(*kinds: str) -> None:
        for kind in kinds:
            sender.publish(f"{CHANNEL}:all", texts[kind])

    for _ in range(rounds):
        time.sleep(CALM)
        taken["question"].append(players.hear("floor", lambda: publish("question")))
        locked = players.hear("floor", lambda: publish("locked"))
        taken["board"].append(locked + players.hear("floor", lambda: publish("reveal", "board"), frames=2))
    return {name: statistics.median(values) for name, values in taken.items()}


def measure(given: argparse.Namespace) -> None:
    import redis

    run = Run("live", unit="ms", repeats=given.repeats)
    with ExitStack() as stack:
        here = stack.enter_context(stage("live", max_connections="300"))
        servers = {kind: stack.enter_context(here.serve(kind)) for kind in PEERS}
        bare = stack.enter_context(Bare())
        players = stack.enter_context(Players())
        sender = redis.Redis.from_url(here.servers.redis_url)
        school = School(here, given.players, given.repeats * given.rounds + 1)
        quizzes = {kind: Quiz(school) for kind in servers}
        _let_in(school, quizzes, servers, bare, players)
        texts: dict[str, str] = {}
        for kind, quiz in quizzes.items():  # once without counting
            ours(quiz, players, kind, 1)
            texts = quiz.texts()
        for repeat in range(given.repeats):
            found = {"floor": floor(texts, sender, players, given.rounds)}
            found |= {PEERS[kind]: ours(quiz, players, kind, given.rounds) for kind, quiz in quizzes.items()}
            for peer, values in found.items():
                for what, value in values.items():
                    run.values.setdefault(f"{what}, {peer}", []).append(value)
                    print(f"  {repeat + 1}/{given.repeats}  {what + ', ' + peer:<30} {value:10.1f} ms", flush=True)
        expected = given.players * (given.repeats * given.rounds + 1)
        for kind, quiz in quizzes.items():
            assert quiz.count() == (expected, expected), f"{kind}: {quiz.count()} of {expected} answers"
    run.values["answers, floor"] = [ANSWER_SECONDS * 1000] * given.repeats
    for peer, most in (("Daphne", 4.0), ("uvicorn", 3.0)):
        for what in ("question", "board"):
            run.bar(f"{what}: {peer} / floor", run.ratio(f"{what}, {peer}", f"{what}, floor"), at_most=most)
        run.bar(f"answers: {peer}, seconds to the last", run.median(f"answers, {peer}") / 1000, at_most=2.0)
    run.notes["answers, floor"] = "the second in which they are sent"
    run.report(against=lambda name: f"{name.partition(', ')[0]}, floor", extra={"players": given.players})


def _let_in(
    school: School, quizzes: dict[str, Quiz], servers: dict[str, WebServer], bare: Bare, players: Players
) -> None:
    for first in range(0, len(school.people), TOGETHER):
        count = min(TOGETHER, len(school.people) - first)
        players.enter("floor", [{"port": bare.port, "path": "/all"}] * count, greetings=0)
        for kind, server in servers.items():
            players.enter(kind, quizzes[kind].doors(server.port, first), greetings=1)
    # Those who were in hear of those who came, once a second; until that is over nobody counts frames.
    time.sleep(3)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--players", type=int, default=1000)
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--rounds", type=int, default=4, help="questions per repeat, of which the median counts")
    words.add_argument("--as", dest="role", default="", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.role:
        import uvloop

        uvloop.run(play())
    else:
        measure(given)


if __name__ == "__main__":
    main()
