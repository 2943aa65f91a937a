"""A quiz whose questions are timed, over real connections: sockets and the fast route know whose time it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from apps.attempts.operations import homework
from apps.core import clock
from apps.mock_tests.operations.authoring import quizzes
from tests import factories
from tests.homework import make_homework
from tests.ws.client import hear
from tests.ws.test_attempts import Desk, in_north, put

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


@pytest.fixture
def desk(cast: Any) -> Desk:
    """Alice's, two minutes into a quiz of ``verbs`` and ``river``, a hundred seconds each, without checks."""
    changes = {"title": "Kana", "default_question_seconds": 100}
    asked = [factories.VERBS, factories.RIVER]
    quiz = quizzes.create_quiz(actor=cast.carol, changes=changes, questions=asked)
    work = make_homework(cast, cast.alice, mock_test_ids=[], quiz_ids=[quiz.pk], checking="NEVER", is_one_by_one=True)
    item = work.items.get()
    at = clock.now() - timedelta(minutes=2)
    return Desk(cast.alice, homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=item.pk, at=at).attempt)


def late(desk: Desk, seq: int) -> dict[str, Any]:
    return {"seq": seq, "question": desk.attempt.course[0]["question"], "response": None}


async def test_the_socket_tells_the_steps_and_takes_answers_to_the_present_question_alone(server, desk):
    async with server.socket(desk.path, ticket=await in_north(desk.ticket)()) as ws:
        hello = await hear(ws)
        assert [step["kind"] for step in hello["course"]] == ["QUESTION", "QUESTION"]
        assert hello["step_ends"][0] < hello["server_time"] < hello["step_ends"][1] == hello["deadline_at"]
        await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [late(desk, 1), desk.answer(2)]}))
        told = [await hear(ws), await hear(ws)]
    refused = next(message for message in told if message["type"] == "refused")
    acked = next(message for message in told if message["type"] == "acked")
    assert (refused["refused"], acked["acked"]) == ([{"seq": 1, "code": "section_closed"}], [2])
    assert await sync_to_async(desk.stored)() == [2]
    assert await sync_to_async(desk.kept)() == [(1, "section_closed")]


def test_the_fast_route_refuses_what_is_over_and_keeps_it(server, desk):
    answer = put(server, desk, {"epoch": 1, "answers": [late(desk, 1)]})
    assert (answer.status_code, answer.json()["code"]) == (409, "section_closed")
    assert put(server, desk, {"epoch": 1, "answers": [desk.answer(2)]}).json()["acked"] == [2]
    assert (desk.stored(), desk.kept()) == ([2], [(1, "section_closed")])
