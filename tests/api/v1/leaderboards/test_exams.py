"""The board of a room over HTTP: who stands where, for those who may know."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.leaderboards import operations
from tests.apps.attempts.samples import make_two_part_test
from tests.apps.leaderboards.samples import ALL_RIGHT, Facts, hand_in, put, scores
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, cast.gus, test=test)


@pytest.fixture
def board(room):
    return f"leaderboards/exams/{room.pk}/"


@pytest.fixture
def three(cast, room, deliver):
    """Bob has 5 marks, Alice and Gus 2; Alice was quicker."""
    hand_in(cast.bob, room, **ALL_RIGHT)
    hand_in(cast.alice, room, sum="42")
    slow = hand_in(cast.gus, room, river="yes", verbs=["eat", "see"])
    Attempt.objects.filter(pk=slow.pk).update(started_at=slow.started_at - timedelta(minutes=1))
    deliver()


def policy(room, value):
    ExamAssignment.objects.filter(pk=room.pk).update(board_policy=value)


def rows(answer):
    assert answer.status_code == 200, answer.json()
    return [tuple(row.values()) for row in answer.json()["results"]]


def test_shows_rank_name_score_percentile_and_who_i_am(api, cast, board, three):
    answer = api(cast.alice).get(board)
    assert answer.json()["results"][0] == {
        "rank": 1,
        "name": "Bob North",
        "score": "5.000",
        "percentile": "100.0000000",
        "is_me": False,
    }
    assert rows(answer)[1:] == [
        (2, "Alice North", "2.000", "66.6666667", True),
        (2, "Gus North", "2.000", "66.6666667", False),
    ]


def test_tells_nothing_else_of_others(api, cast, board, three):
    body = api(cast.alice).get(board).content.decode()
    assert "@" not in body
    assert str(cast.bob.pk) not in body
    assert "attempt" not in body


def test_staff_see_it_without_a_row_of_their_own(api, cast, board, three):
    assert [row[-1] for row in rows(api(cast.dora).get(board))] == [False, False, False]


def test_a_topic_and_a_section_are_ranked_by_themselves(api, cast, room, board, three):
    found = rows(api(cast.alice).get(f"{board}?topic=Kanji"))
    assert [row[:4] for row in found] == [
        (1, "Bob North", "2.000", "100.0000000"),
        (1, "Gus North", "2.000", "100.0000000"),
        (3, "Alice North", "0.000", "33.3333333"),
    ]
    from apps.mock_tests import queries as papers

    counting = next(
        item.section_id for item in papers.list_items(paper_id=room.paper_id) if item.section_name == "Counting"
    )
    found = rows(api(cast.alice).get(f"{board}?section={counting}"))
    assert [(row[0], row[1], row[2], row[3]) for row in found] == [
        (1, "Bob North", "3.000", "100.0000000"),
        (2, "Alice North", "2.000", "66.6666667"),
        (3, "Gus North", "0.000", "33.3333333"),
    ]
    ranking = operations.compute_ranking(assignment_id=room.pk, is_final=False)
    assert ranking.people == 3
    assert rows(api(cast.alice).get(f"{board}?section={counting}")) == found


def test_is_the_same_from_a_ranking_as_without_one(api, cast, room, board):
    put(room.pk, [Facts(Decimal(n % 4), seconds=600 + n % 3, topics={"Kanji": str(n % 2)}) for n in range(30)])
    addresses = [board, f"{board}?page=2", f"{board}?topic=Kanji&page_size=7&page=3"]
    before = [api(cast.dora).get(address).json() for address in addresses]
    operations.compute_ranking(assignment_id=room.pk, is_final=False)
    assert [api(cast.dora).get(address).json() for address in addresses] == before


def test_a_part_that_the_paper_does_not_have_has_nobody(api, cast, board, three):
    assert rows(api(cast.alice).get(f"{board}?topic=Astrology")) == []
    assert rows(api(cast.alice).get(f"{board}?section={uuid.uuid4()}")) == []


def test_opens_at_my_row(api, cast, room, board):
    people = put(room.pk, scores(*range(50)))
    put(room.pk, scores(-1), [cast.alice])
    answer = api(cast.alice).get(f"{board}?around=me&page_size=10")
    assert answer.json()["count"] == len(people) + 1
    assert rows(answer)[-1] == (51, "Alice", "-1.000", f"{100 / 51:.7f}", True)
    assert [row[-1] for row in rows(api(cast.alice).get(f"{board}?around=me&page_size=10&page=1"))] == [False] * 10
    assert rows(api(cast.bob).get(f"{board}?around=me&page_size=10"))[0][0] == 1
    assert rows(api(cast.dora).get(f"{board}?around=me"))[0][0] == 1


@pytest.mark.parametrize("is_ranked", [False, True])
def test_my_row_is_found_among_those_who_share_its_rank(api, cast, room, board, is_ranked):
    put(room.pk, [Facts(Decimal(7), seconds=n) for n in range(40)])
    put(room.pk, [Facts(Decimal(7), seconds=25.5)], [cast.alice])
    if is_ranked:
        operations.compute_ranking(assignment_id=room.pk, is_final=True)
    found = rows(api(cast.alice).get(f"{board}?around=me&page_size=10"))
    assert [row[-1] for row in found] == [False] * 6 + [True] + [False] * 3
    assert {row[0] for row in found} == {1}


def test_once_final_it_stays_as_it_was(api, cast, room, board, three, deliver):
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    before = rows(api(cast.alice).get(board))
    put(room.pk, scores(100))
    assert rows(api(cast.alice).get(board)) == before


def test_a_board_without_names_shows_only_mine(api, cast, room, board, three):
    policy(room, "ANONYMOUS")
    assert [row[1] for row in rows(api(cast.alice).get(board))] == ["", "Alice North", ""]
    assert [row[1] for row in rows(api(cast.dora).get(board))] == ["Bob North", "Alice North", "Gus North"]


def test_a_board_for_after_the_exam_is_hidden_before(api, cast, room, board, three):
    policy(room, "AFTER_CLOSE")
    answer = api(cast.alice).get(board)
    assert (answer.status_code, answer.json()["code"]) == (403, "board_hidden")
    assert len(rows(api(cast.dora).get(board))) == 3
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    assert len(rows(api(cast.alice).get(board))) == 3


def test_a_hidden_board_is_for_staff(api, cast, room, board, three):
    policy(room, "HIDDEN")
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    assert api(cast.alice).get(board).status_code == 403
    assert len(rows(api(cast.dora).get(board))) == 3


def test_who_may_not_see_the_room_finds_nothing(api, cast, room, board, three):
    outsider = cast.person("Zoe", "STUDENT")
    unknown = api(cast.alice).get(f"leaderboards/exams/{uuid.uuid4()}/")
    for person in (outsider, cast.other_teacher, cast.mallory, cast.sybil):
        answer = api(person).get(board)
        assert answer.status_code == 404
        assert {**answer.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("section=one", "/section"),
        (f"section={uuid.UUID(int=1)}&topic=Kanji", "/topic"),
        ("around=him", "/around"),
        ("order=name", "/order"),
        (f"topic={'x' * 121}", "/topic"),
    ],
)
def test_refuses_what_it_does_not_know(api, cast, board, query, pointer):
    answer = api(cast.alice).get(f"{board}?{query}")
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


def test_costs_the_same_for_few_and_many(api, cast, room, board, count_queries):
    client, costs = api(cast.alice), []
    rows(client.get(board))
    for _ in range(2):
        put(room.pk, scores(*range(30)))
        with count_queries() as queries:
            rows(client.get(f"{board}?around=me"))
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert costs[0] <= 7
