"""A type of question with twenty fields that nobody has thought of, from its author over start, paper, socket and marks to
the review: none of them is ever told to a taker."""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings

from apps.assignments import operations as rooms
from apps.attempts.models import AnswerEntry
from apps.attempts.operations import grading, sitting
from apps.core import tenancy
from apps.mock_tests.models import PaperKey
from apps.mock_tests.operations import authoring
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.registry import TYPES
from tests import dummy
from tests.apps.attempts import journal
from tests.client import Api
from tests.factories import make_room, publish
from tests.ws.client import Server, hear, ticket_for


@pytest.fixture
def known(monkeypatch):
    importlib.import_module(settings.ROOT_URLCONF)  # what the API says of types is settled before there is one more
    monkeypatch.setitem(TYPES, "dummy", dummy.Dummy())


@pytest.fixture
def room(cast, known):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Spells"})
    section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "All", "duration": 10})
    group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": "Group"})
    said = {"type": "dummy", "text": "spell", "given": Given(own=dummy.PLANTED)}
    authoring.create_question(actor=cast.carol, group_id=group.pk, changes=said)
    publish(cast, test)
    return make_room(cast, cast.alice, test=test, result_policy="IMMEDIATELY", is_review_open=True)


def told(*answers: Any) -> str:
    """Everything that a taker gets: bodies and headers."""
    return "\n".join(answer.content.decode() + json.dumps(dict(answer.headers)) for answer in answers)


@pytest.mark.django_db
def test_over_http_from_the_start_to_the_review(cast, room, deliver):
    (key,) = PaperKey.objects.get(pk=room.paper_id).items.values()
    assert dummy.leaks(json.dumps(key["key"])) == [one for pair in dummy.PLANTED.items() for one in pair]
    mine = Api(cast.alice)
    started = mine.post(f"exam-assignments/{room.pk}/start/", {}, format="json")
    assert started.status_code == 201
    attempt, body = started.json()["attempt"], started.json()
    (question,) = body["paper"]["sections"][0]["question_groups"][0]["questions"]
    assert question["text"] == "spell"
    answer = {"epoch": 1, "answers": [{"seq": 1, "question": question["id"], "response": dummy.ANSWER}]}
    seen = [
        started,
        mine.get(f"attempts/{attempt}/"),
        mine.get(f"attempts/{attempt}/paper/"),
        mine.get("exam-assignments/"),
        mine.get(f"exam-assignments/{room.pk}/"),
        mine.get(f"mock-tests/{room.mock_test_id}/"),
        mine.put(f"attempts/{attempt}/answers/", answer, format="json"),
        mine.put(f"attempts/{attempt}/answers/", {**answer, "epoch": 9}, format="json"),
        mine.post(f"attempts/{attempt}/submit/", {"epoch": 1}, format="json"),
    ]
    deliver()
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    for path in ("result", "review", "receipt", "answers"):
        seen.append(mine.get(f"attempts/{attempt}/{path}/"))
        assert seen[-1].status_code == 200, seen[-1].content
    item = seen[-3].json()["items"][question["id"]]
    assert (item["outcome"], item["marks"], item["key"]) == ("CORRECT", "1.000", {})
    seen += [
        mine.get("submissions/"),
        mine.get(f"submissions/{attempt}/"),
        mine.get("notifications/"),
        mine.get("results/"),
        mine.get(f"leaderboards/exams/{room.pk}/"),
        mine.get("search/?q=canary"),
    ]
    assert "spell" in told(*seen)
    assert not dummy.leaks(told(*seen))


@pytest.mark.usefixtures("committed")
@pytest.mark.races
def test_over_the_socket(cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    question = str(journal.question_id(attempt, "spell"))
    ticket = ticket_for(cast.alice, "attempts")

    async def sit(server: Server) -> list[Any]:
        async with asyncio.timeout(60), server.socket(f"/ws/attempts/{attempt.pk}/", ticket=ticket) as ws:
            heard = [await hear(ws, "hello")]
            for seq, response in ((1, dummy.ANSWER), (2, None)):
                batch = {"seq": seq, "question": question, "response": response}
                await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [batch]}))
                heard.append(await hear(ws, "acked"))
            await sync_to_async(close)()
            heard.append(await hear(ws, "closed"))
            return heard

    def close() -> None:
        with tenancy.enter(cast.north):
            sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)

    with Server(app="tests.ws.dummy_app:application") as server:
        heard = async_to_sync(sit)(server)
    assert AnswerEntry.objects.filter(attempt=attempt).count() == 2
    assert not dummy.leaks(json.dumps(heard))


@pytest.mark.django_db
def test_a_look_that_is_too_wide_would_be_noticed(cast, room, monkeypatch):
    """The other half: were the key told as it stands, all twenty would be found."""
    monkeypatch.setattr(dummy.Dummy, "tells", frozenset(dummy.PLANTED))
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    review = Api(cast.alice).get(f"attempts/{attempt.pk}/review/")
    assert len(dummy.leaks(told(review))) == 40
