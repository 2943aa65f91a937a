"""A live quiz over HTTP alone, as it goes when nothing pushes."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.live.models import Player, QuizSession
from tests.client import Api
from tests.factories import make_test
from tests.live import CANARY, ask, close, fresh, key_of, make_quiz, open_quiz, options_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(cast):
    return open_quiz(cast, cast.alice, bonus="NONE")


def at(session, verb=""):
    return f"quiz-sessions/{session.pk}/{verb}"


def test_opens_a_session(cast):
    test = make_quiz(cast)
    made = Api(cast.carol).post("quiz-sessions/", {"mock_test": str(test.pk), "seconds": 30, "bonus": "LINEAR"})
    assert made.status_code == 201
    body = made.json()
    assert (body["title"], body["state"], body["number"], body["question_count"]) == ("Rivers", "LOBBY", 0, 3)
    assert len(body["code"]) == 6
    assert body["mock_test"] == str(test.pk)
    assert [(one["number"], one["seconds"], one["points"]) for one in body["rounds"]] == [
        (1, 30, "1000.000"),
        (2, 30, "1000.000"),
        (3, 30, "1000.000"),
    ]
    assert QuizSession.objects.get(pk=body["id"]).host == cast.carol
    assert Api(cast.carol).get(f"quiz-sessions/{body['id']}/").json() == body


@pytest.mark.parametrize("wanted", [True, False, None])
def test_the_host_says_whether_questions_wait_for_who_needs_more_time(cast, wanted):
    body = {"mock_test": str(make_quiz(cast).pk), **({} if wanted is None else {"gives_more_time": wanted})}
    made = Api(cast.carol).post("quiz-sessions/", body)
    assert (made.status_code, made.json()["gives_more_time"]) == (201, bool(wanted))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"seconds": 4}, "/seconds"),
        ({"gives_more_time": "often"}, "/gives_more_time"),
        ({"seconds": "1e999"}, "/seconds"),
        ({"points": "NaN"}, "/points"),
        ({"points": 0}, "/points"),
        ({"bonus": "MORE"}, "/bonus"),
        ({"guests": "NAMED", "guest_ids": ["me"]}, "/guest_ids/0"),
        ({"state": "FINISHED"}, "/state"),
        ({"code": "AAAAAA"}, "/code"),
    ],
)
def test_refuses_bad_input(cast, changes, pointer):
    test = make_quiz(cast)
    refused = Api(cast.carol).post("quiz-sessions/", {"mock_test": str(test.pk), **changes})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_refuses_what_cannot_be_asked(cast):
    draft = Api(cast.carol).post("quiz-sessions/", {"mock_test": str(make_test(cast).pk)})
    assert (draft.status_code, draft.json()["code"]) == (409, "not_published")
    unknown = Api(cast.carol).post("quiz-sessions/", {"mock_test": str(uuid.uuid4())})
    assert unknown.status_code == 404
    assert Api(cast.alice).post("quiz-sessions/", {"mock_test": str(uuid.uuid4())}).status_code == 403


def test_lists_what_is_ones_own(cast, session):
    for person, titles in (
        (cast.dora, ["Rivers"]),
        (cast.carol, ["Rivers"]),
        (cast.other_teacher, []),
        (cast.alice, ["Rivers"]),
        (cast.bob, []),
    ):
        listed = Api(person).get("quiz-sessions/").json()["results"]
        assert [row["title"] for row in listed] == titles
        assert all(("code" in row) == person.is_center_staff and row["player_count"] == 1 for row in listed)
    assert Api(cast.dora).get("quiz-sessions/", {"state": "FINISHED"}).json()["count"] == 0
    assert "code" not in Api(cast.alice).get(at(session)).json()


def test_a_list_costs_the_same_however_long_it_is(cast, session):
    dora = Api(cast.dora)
    dora.get("quiz-sessions/")
    with CaptureQueriesContext(connection) as of_one:
        dora.get("quiz-sessions/")
    for _ in range(3):
        open_quiz(cast, cast.alice, cast.bob)
    with CaptureQueriesContext(connection) as of_four:
        assert dora.get("quiz-sessions/").json()["count"] == 4
    assert len(of_four) == len(of_one)


def test_joins_by_code(cast, session):
    joined = Api(cast.bob).post("quiz-sessions/join/", {"code": session.code.lower()})
    assert joined.status_code == 200
    body = joined.json()
    assert (body["session"], body["role"], body["players"], body["state"]) == (str(session.pk), "player", 2, "LOBBY")
    assert "code" not in body
    assert body["me"]["answers"] == []
    wrong = Api(cast.bob).post("quiz-sessions/join/", {"code": "AAAAAA"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_code")
    assert Api(cast.mallory).post("quiz-sessions/join/", {"code": session.code}).status_code == 422
    assert Api(cast.carol).post("quiz-sessions/join/", {"code": session.code}).status_code == 403
    guest = Api(cast.gus).post("quiz-sessions/join/", {"code": session.code})
    assert (guest.status_code, guest.json()["code"]) == (403, "guests_not_allowed")


def test_slows_who_guesses_codes(cast):
    statuses = [Api(cast.bob).post("quiz-sessions/join/", {"code": "AAAAAA"}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_is_played_from_start_to_end(cast, session):
    host, player = Api(cast.carol), Api(cast.alice)
    asked = host.post(at(session, "start/")).json()
    assert (asked["state"], asked["number"], asked["code"], asked["answered"]) == ("QUESTION", 1, session.code, 0)
    seen = player.get(at(session, "state/")).json()
    assert (seen["state"], seen["answered"], seen["reveal"], seen["board"]) == ("QUESTION", None, None, None)
    assert seen["question"]["text"] == "river"
    assert seen["question"]["ends_at"] > seen["server_time"]
    yes = options_of(session, 1)["yes"]

    answered = player.post(at(session, "answers/"), {"number": 1, "seq": 1, "response": yes})
    assert answered.status_code == 200
    assert answered.json().keys() == {"number", "seq", "server_time"}
    assert host.get(at(session, "state/")).json()["answered"] == 1
    again = player.get(at(session, "state/")).json()["me"]
    assert again["answer"] == {"number": 1, "seq": 1, "response": yes, "points": None, "is_correct": None}

    assert host.post(at(session, "lock/")).json()["state"] == "LOCKED"
    late = player.post(at(session, "answers/"), {"number": 1, "seq": 2, "response": yes})
    assert (late.status_code, late.json()["code"]) == (409, "too_late")
    revealed = host.post(at(session, "reveal/")).json()
    assert revealed["reveal"]["right"] == [yes]
    assert revealed["reveal"]["distribution"][yes] == 1
    assert revealed["board"] == {"players": 1, "top": [{"rank": 1, "name": "Alice North", "score": "1000"}]}
    me = player.get(at(session, "state/")).json()["me"]
    assert (me["score"], me["rank"], me["answer"]["points"], me["answer"]["is_correct"]) == ("1000", 1, "1000", True)

    assert host.post(at(session, "next/")).json()["number"] == 2
    illegal = host.post(at(session, "reveal/"))
    assert (illegal.status_code, illegal.json()["code"]) == (409, "illegal_move")
    over = host.post(at(session, "finish/")).json()
    assert over["state"] == "FINISHED"
    board = player.get(f"leaderboards/quizzes/{session.pk}/").json()["results"]
    assert board == [{"rank": 1, "name": "Alice North", "score": "1000", "correct": 1, "is_me": True}]
    rounds = host.get(at(session)).json()["rounds"]
    assert [one["answered"] for one in rounds] == [1, None, None]


def test_tells_nothing_of_a_key_before_its_reveal(cast, session):
    """Whatever a player or a host gets while a question is open: nothing of it tells the right answer."""
    people = [Api(cast.alice), Api(cast.carol)]
    for number in (1, 2, 3):
        ask(cast, session)
        seen = []
        for api in people:
            seen += [api.get(at(session, "state/")), api.get(at(session)), api.get("quiz-sessions/")]
        QuizSession.objects.filter(pk=session.pk).update(state="LOCKED")
        seen += [api.get(at(session, "state/")) for api in people]
        QuizSession.objects.filter(pk=session.pk).update(state="QUESTION")
        texts = [response.content.decode() for response in seen]
        assert all(response.status_code == 200 for response in seen)
        assert not any(CANARY in text or "fraction" in text or '"right"' in text for text in texts)
        assert all(json.loads(text).get("reveal") is None for text in texts)
        close(cast, session)
        shown = people[0].get(at(session, "state/")).content.decode()
        assert CANARY in shown  # the test would see it
        assert key_of(session, number)["explanation"] == CANARY


@pytest.mark.parametrize(
    ("policy", "open_board", "final_board", "rank"),
    [("LIVE", True, True, 1), ("AFTER_CLOSE", False, True, None), ("HIDDEN", False, False, None)],
)
def test_shows_players_the_board_as_its_policy_says(cast, policy, open_board, final_board, rank):
    session = open_quiz(cast, cast.alice, cast.bob, board_policy=policy)
    ask(cast, session)
    close(cast, session)
    seen = Api(cast.alice).get(at(session, "state/")).json()
    assert (seen["board"] is not None, seen["me"]["rank"]) == (open_board, rank)
    refused = Api(cast.alice).get(f"leaderboards/quizzes/{session.pk}/")
    assert refused.status_code == (200 if open_board else 403)
    assert Api(cast.carol).get(at(session, "state/")).json()["board"]["players"] == 2
    Api(cast.carol).post(at(session, "finish/"))
    assert (Api(cast.alice).get(at(session, "state/")).json()["board"] is not None) is final_board
    assert (Api(cast.alice).get(f"leaderboards/quizzes/{session.pk}/").status_code == 200) is final_board
    assert Api(cast.carol).get(f"leaderboards/quizzes/{session.pk}/").json()["count"] == 2


def test_an_anonymous_board_names_nobody_else(cast):
    session = open_quiz(cast, cast.alice, cast.bob, board_policy="ANONYMOUS")
    ask(cast, session)
    close(cast, session)
    top = Api(cast.alice).get(at(session, "state/")).json()["board"]["top"]
    assert sorted(row["name"] for row in top) == ["", "Alice North"]
    rows = Api(cast.alice).get(f"leaderboards/quizzes/{session.pk}/").json()["results"]
    assert {row["name"]: row["is_me"] for row in rows} == {"Alice North": True, "": False}
    assert "" not in {row["name"] for row in Api(cast.carol).get(at(session, "state/")).json()["board"]["top"]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"number": 1, "seq": 1, "response": "nothing"}, 422, "bad_answer"),
        ({"number": 1, "seq": 1, "response": None}, 422, "invalid"),
        ({"number": 0, "seq": 1, "response": "x"}, 422, "invalid"),
        ({"number": 1, "seq": "1e999", "response": "x"}, 422, "invalid"),
        ({"number": 1, "seq": 1}, 422, "invalid"),
        ({"number": 9, "seq": 1, "response": "x"}, 409, "not_asked"),
        ({"number": 1, "seq": 1, "response": "x", "received_at": "2020-01-01T00:00:00Z"}, 422, "invalid"),
    ],
)
def test_refuses_bad_answers(cast, session, body, status, code):
    ask(cast, session)
    refused = Api(cast.alice).post(at(session, "answers/"), body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_is_nobody_elses_business(cast, session):
    for person in (cast.bob, cast.gus, cast.other_teacher, cast.mallory):
        for verb in ("", "state/"):
            assert Api(person).get(at(session, verb)).status_code == 404
    assert Api(cast.bob).post(at(session, "answers/"), {"number": 1, "seq": 1, "response": "x"}).status_code == 404
    assert Api(cast.other_teacher).post(at(session, "start/")).status_code == 404
    assert Api(cast.alice).post(at(session, "start/")).status_code == 403
    assert Api(cast.carol).post(at(session, "answers/"), {"number": 1, "seq": 1, "response": "x"}).status_code == 403
    assert fresh(session).state == "LOBBY"


def test_a_player_is_taken_out(cast, session):
    listed = Api(cast.carol).get(at(session, "players/")).json()["results"]
    player = Player.objects.get(session=session)
    assert [(row["id"], row["name"], row["removed_at"]) for row in listed] == [(str(player.pk), "Alice North", None)]
    removed = Api(cast.carol).post(at(session, "remove-player/"), {"player": str(player.pk)})
    assert removed.status_code == 200
    assert removed.json()["removed_at"]
    gone = Api(cast.alice).get(at(session, "state/"))
    assert (gone.status_code, gone.json()["code"]) == (403, "player_removed")
    assert Api(cast.alice).get(at(session)).status_code == 404
    assert Api(cast.carol).post(at(session, "remove-player/"), {"player": str(uuid.uuid4())}).status_code == 404
    assert Api(cast.alice).get(at(session, "players/")).status_code == 403
