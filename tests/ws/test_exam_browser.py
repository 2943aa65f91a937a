"""The Safe Exam Browser's proof at the fast route and at the socket, over real connections."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import ConnectionClosed

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from apps.attempts.rules import browser
from apps.core import tenancy, trace
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room
from tests.ws.client import Server, hear

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

KEY = "a1" * 32
NAME = "X-SafeExamBrowser-ConfigKeyHash"


@pytest.fixture(scope="module")
def server(serving: Any) -> Any:
    return serving("daphne")


def said(url: str) -> dict[str, str]:
    return {NAME: hashlib.sha256(f"{url}{KEY}".encode()).hexdigest()}


@pytest.fixture
def attempt(cast: Any) -> Any:
    room = make_room(cast, cast.alice, browser_keys=[KEY])
    shown = trace.Trace(trace.API, browser_url="http://a/", browser_proof=browser.proof(url="http://a/", key=KEY))
    with trace.at(shown):
        return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


def ask(server: Server, method: str, path: str, token: str, body: Any, **headers: str) -> httpx.Response:
    headers = {"Host": "north.localhost", "Authorization": f"Bearer {token}", **headers}
    return httpx.request(method, f"http://127.0.0.1:{server.port}{path}", json=body, headers=headers, timeout=20)


def test_the_fast_route_takes_answers_from_that_browser_only(server, attempt, cast):
    token, path = access_token(cast.alice), f"/api/v1/attempts/{attempt.pk}/answers/"
    river = str(lines.question_id(attempt, "river"))
    body = {"epoch": 1, "answers": [{"seq": 1, "question": river, "response": None}]}
    url = f"http://north.localhost{path}"
    games = {"X-Forwarded-Host": "elsewhere.test", "X-Forwarded-Proto": "https"}
    for headers in ({}, said("http://elsewhere.test/"), {**games, **said(f"https://elsewhere.test{path}")}):
        answer = ask(server, "PUT", path, token, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "exam_browser_needed")
    assert not AnswerEntry.objects.exists()
    assert ask(server, "PUT", path, token, body, **games, **said(url)).json()["acked"] == [1]
    stranger = ask(server, "PUT", path, access_token(cast.bob), body)
    assert stranger.status_code == 404


async def test_a_socket_is_opened_by_a_ticket_that_this_browser_asked_for(server, attempt, cast):
    token = await sync_to_async(access_token)(cast.alice)
    path = "/api/v1/auth/ws-ticket/"
    for headers, is_let_in in (({}, False), (said(f"http://north.localhost{path}"), True)):
        asked = await asyncio.to_thread(ask, server, "POST", path, token, {"purpose": "attempts"}, **headers)
        async with server.socket(f"/ws/attempts/{attempt.pk}/", ticket=asked.json()["ticket"]) as ws:
            if is_let_in:
                assert (await hear(ws))["type"] == "hello"
                river = await sync_to_async(_river)(cast, attempt)
                answers = [{"seq": 7, "question": river, "response": None}]
                await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": answers}))
                assert (await hear(ws, "acked"))["acked"] == [7]
            else:
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(hear(ws), 10)
                assert ws.close_code == 4403


def _river(cast: Any, attempt: Any) -> str:
    with tenancy.enter(cast.north):
        return str(lines.question_id(attempt, "river"))
