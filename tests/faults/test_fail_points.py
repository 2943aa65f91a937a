"""The web process is killed right before a commit, right after it, and right after its answer has left."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room
from tests.faults.conftest import Say
from tests.ws.client import Server, ticket_for

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("committed")]

APP = "tests.faults.fatal:application"
FATAL = 1000
BATCH = 20
FIRST, SECOND, LAST = (range(start, start + BATCH) for start in (1, 101, FATAL))
WAYS = ["http", "socket"]


class Desk:
    """A student with a running attempt, who saves over one of the two ways."""

    def __init__(self, cast: Any, way: str) -> None:
        self.student = cast.alice
        self.way = way
        room = make_room(cast, cast.alice)
        self.attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
        self._question = str(lines.question_id(self.attempt, "river"))
        self._options = [lines.option_id(self.attempt, "river", name) for name in ("yes", "no", "maybe")]
        self._token = access_token(cast.alice)

    def save(self, server: Server, *batches: Iterable[int]) -> list[set[int]]:
        """What was acknowledged of each batch, one sent when the one before is answered; nothing, where nobody answers."""
        return self._put(server, batches) if self.way == "http" else self._send(server, batches)

    def stored(self) -> dict[int, Any]:
        rows = AnswerEntry.objects.filter(attempt_id=self.attempt.pk).values_list("seq", "response")
        return dict(rows)

    def given(self, seqs: Iterable[int]) -> dict[int, str]:
        return {seq: self._options[seq % 3] for seq in seqs}

    def _answers(self, seqs: Iterable[int]) -> list[dict[str, Any]]:
        return [{"seq": n, "question": self._question, "response": answer} for n, answer in self.given(seqs).items()]

    def _put(self, server: Server, batches: Iterable[Iterable[int]]) -> list[set[int]]:
        url = f"http://127.0.0.1:{server.port}/api/v1/attempts/{self.attempt.pk}/answers/"
        headers = {"Host": "north.localhost", "Authorization": f"Bearer {self._token}"}
        acked: list[set[int]] = []
        for batch in batches:
            try:
                answer = httpx.put(url, json={"epoch": 1, "answers": self._answers(batch)}, headers=headers, timeout=20)
                acked.append(set(answer.json()["acked"]))
            except httpx.TransportError:
                acked.append(set())
        return acked

    def _send(self, server: Server, batches: Iterable[Iterable[int]]) -> list[set[int]]:
        acked: list[set[int]] = []
        protocol: Any = f"ticket.{ticket_for(self.student, 'attempts')}"
        place = socket.create_connection(("127.0.0.1", server.port))
        url = f"ws://north.localhost:{server.port}/ws/attempts/{self.attempt.pk}/"
        with connect(url, sock=place, subprotocols=[protocol], open_timeout=20, close_timeout=1) as ws:
            for batch in batches:
                found: set[int] = set()
                acked.append(found)
                try:
                    ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": self._answers(batch)}))
                    while len(found) < BATCH:
                        message = json.loads(ws.recv(20))
                        found.update(message["acked"] if message["type"] == "acked" else [])
                except (WebSocketException, OSError):
                    continue
        return acked


def _killed(desk: Desk, point: str) -> tuple[list[set[int]], dict[int, Any]]:
    """Two batches, and one that kills the process; what was acknowledged of each, and what the journal holds then."""
    with Server(app=APP, FAIL_POINT=point) as server:
        acked = desk.save(server, FIRST, SECOND, LAST)
        assert server._process is not None
        assert server._process.wait(10) == -9, "it was not killed"
    return acked, desk.stored()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("point", "is_stored", "is_acked"),
    [("before_commit", False, False), ("after_commit", True, False), ("after_write", True, True)],
)
def test_what_was_acknowledged_is_there_and_the_rest_wholly_or_not_at_all(
    cast: Any, say: Say, way: str, point: str, is_stored: bool, is_acked: bool
) -> None:
    desk = Desk(cast, way)
    acked, stored = _killed(desk, point)
    say(f"{way}, {point}: acked {[len(batch) for batch in acked]}, stored {len(stored)}")
    assert acked == [set(FIRST), set(SECOND), set(LAST) if is_acked else set()]
    assert stored == desk.given([*FIRST, *SECOND, *(LAST if is_stored else [])])

    with Server() as server:
        assert desk.save(server, LAST, FIRST) == [set(LAST), set(FIRST)]
    assert desk.stored() == desk.given([*FIRST, *SECOND, *LAST])
    assert AnswerEntry.objects.filter(attempt_id=desk.attempt.pk).count() == 3 * BATCH


@pytest.mark.parametrize("way", WAYS)
def test_an_acknowledgement_before_the_commit_would_be_found_out(cast: Any, say: Say, way: str) -> None:
    """The negative control: the same kill of a process that acknowledges too early."""
    desk = Desk(cast, way)
    acked, stored = _killed(desk, "early_ack")
    lost = set().union(*acked) - set(stored)
    say(f"{way}, acknowledged too early: lost {len(lost)}")
    assert lost == set(LAST)
