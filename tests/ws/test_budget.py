"""The budget of answers at the fast route: a flood is refused with a time to wait, and costs nobody else anything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room
from tests.ws.client import Server

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Any:
    with Server("uvicorn", ANSWERS_PER_SECOND="1") as server:
        yield server


def test_who_floods_is_refused_and_neighbours_are_not(server, cast):
    room = make_room(cast, cast.alice, cast.bob)
    sat = {p: sitting.start_attempt(actor=p, assignment_id=room.pk).attempt for p in (cast.alice, cast.bob)}
    tokens = {person: access_token(person) for person in sat}

    def put(person: Any, first: int, count: int) -> httpx.Response:
        river = str(lines.question_id(sat[person], "river"))
        answers = [{"seq": first + n, "question": river, "response": None} for n in range(count)]
        headers = {"Host": "north.localhost", "Authorization": f"Bearer {tokens[person]}"}
        url = f"http://127.0.0.1:{server.port}/api/v1/attempts/{sat[person].pk}/answers/"
        return httpx.put(url, json={"epoch": 1, "answers": answers}, headers=headers, timeout=30)

    answers = [put(cast.alice, 1 + 500 * n, 500) for n in range(8)]
    stored = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(stored) + len(refused) == 8
    assert 6 <= len(stored) <= 7
    assert {answer.json()["code"] for answer in refused} == {"too_fast"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert AnswerEntry.objects.count() == 500 * len(stored)
    assert put(cast.bob, 1, 5).json()["acked"] == [1, 2, 3, 4, 5]
