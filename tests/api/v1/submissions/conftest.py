from __future__ import annotations

import pytest

from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, make_test, publish


@pytest.fixture
def room(cast):
    """An open room for Alice and Bob that shuffles, with the test of two parts."""
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, test=test, shuffle_options=True, shuffle_questions=True)


@pytest.fixture
def jlpt_room(cast):
    """An open room for Alice with a paper of N5, as a client expects it that times sections itself."""
    test = make_test(cast, level="N5")
    publish(cast, test)
    return make_room(cast, cast.alice, test=test, as_in_exam=False)


@pytest.fixture
def start(api):
    """Begins as the client does; gives the answer's body."""

    def start(person, room):
        answer = api(person).post("submissions/start-exam/", {"exam_assignment_id": str(room.pk)})
        assert answer.status_code == 201, answer.content
        return answer.json()

    return start


@pytest.fixture
def submit(api):
    """Hands in as the client does; gives the answer's body."""

    def submit(person, started, answers):
        answer = api(person).post("submissions/submit-exam/", {"submission_id": started, "answers": answers})
        assert answer.status_code == 200, answer.content
        return answer.json()

    return submit


def questions_of(started):
    """The questions of a started exam by their texts, as a screen has them."""
    sections = started["exam_paper"]["sections"]
    return {q["text"]: q for s in sections for g in s["question_groups"] for q in g["questions"]}


def chosen(started, **texts):
    """What the client sends when these options are clicked, wherever they stand."""
    asked = questions_of(started)
    return {
        asked[name]["id"]: [option["text"] for option in asked[name]["options"]].index(text)
        for name, text in texts.items()
    }
