"""quiz-sessions/{id}/refused-answers/."""

from __future__ import annotations

import uuid

import pytest

from apps.live import errors
from tests.client import Api
from tests.live import answer, ask, close, open_quiz, options_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(cast):
    """Alice has changed her mind, which came second, and then too late."""
    session = open_quiz(cast, cast.alice, bonus="NONE")
    ask(cast, session)
    option = options_of(session, 1)
    answer(session, cast.alice, option["no"])
    with pytest.raises(errors.AlreadyAnswered):
        answer(session, cast.alice, option["yes"], seq=2)
    close(cast, session)
    with pytest.raises(errors.QuestionClosed):
        answer(session, cast.alice, option["yes"], seq=3)
    return session


@pytest.fixture
def url(session):
    return f"quiz-sessions/{session.pk}/refused-answers/"


def test_who_hosts_reads_what_was_refused_and_how_late_it_was(cast, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        page = Api(cast.carol).get(url).json()
    second, late = page["results"]
    assert [(one["code"], one["words"], one["display_name"]) for one in (second, late)] == [
        ("already_answered", ["yes"], "Alice North"),
        ("question_closed", ["yes"], "Alice North"),
    ]
    assert second["late_seconds"] is None
    assert 0 < late["late_seconds"] < 60
    assert Api(cast.dora).get(url).json() == page


def test_players_are_refused_and_others_find_nothing(cast, session, url):
    for person in (cast.alice, cast.bob, cast.gus):
        assert Api(person).get(url).status_code == 403
    unknown = Api(cast.dora).get(f"quiz-sessions/{uuid.uuid4()}/refused-answers/")
    for answer_ in (unknown, Api(cast.other_teacher).get(url), Api(cast.sybil).get(url)):
        assert (answer_.status_code, answer_.json()["code"]) == (404, "not_found")
