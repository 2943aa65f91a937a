"""A hundred who begin a request and never end it take nothing from a student who answers beside them."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room
from tests.ws.client import Server

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

SLOW = 100
SAVES = 40
HEAD = "PUT /api/v1/attempts/{attempt}/answers/ HTTP/1.1\r\nHost: north.localhost\r\n"
BODY = "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
LOGIN = "POST /api/v1/auth/login/ HTTP/1.1\r\nHost: north.localhost\r\nContent-Type: application/json\r\n"
# How far each of them comes: in the middle of its first line, of its headers, and of its body, by both ways in.
BEGUN = [HEAD[:20], HEAD, HEAD + BODY + '{{"epoch":', LOGIN + "Content-Length: 500\r\n\r\n{{"]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, django_db_setup: None) -> Any:
    with Server(request.param, DB_POOL_MAX="6", REQUESTS_AT_ONCE="2") as server:
        yield server


@contextlib.contextmanager
def slow_senders(server: Server, **words: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        senders = []
        for number in range(SLOW):
            sender = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            sender.sendall(BEGUN[number % len(BEGUN)].format(**words).encode())
            senders.append(sender)
        yield senders


def test_a_student_answers_beside_a_hundred_half_sent_requests(server, cast):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    question, option = str(lines.question_id(attempt, "river")), lines.option_id(attempt, "river", "yes")
    token = access_token(cast.alice)
    headers = {"Host": "north.localhost", "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"/api/v1/attempts/{attempt.pk}/"
    took = []
    with slow_senders(server, attempt=str(attempt.pk), token=token) as senders:
        for seq in range(1, SAVES + 1):
            senders[seq].sendall(b" ")  # they are still there, and still slow
            answers = [{"seq": seq, "question": question, "response": option}]
            for method, path, body in (("PUT", f"{url}answers/", {"epoch": 1, "answers": answers}), ("GET", url, None)):
                since = time.monotonic()
                caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                caller.request(method, path, json.dumps(body), headers)
                answer = caller.getresponse()
                told = json.loads(answer.read())
                caller.close()
                took.append(time.monotonic() - since)
                assert answer.status == 200, told
    assert AnswerEntry.objects.filter(attempt=attempt).count() == SAVES
    assert sorted(took)[len(took) // 2] < 0.3
    assert max(took) < 2
