"""A check and a save at the same moment, with real threads and committed rows; beside it the proof that it can fail."""

from __future__ import annotations

import threading
import uuid

import pytest

from apps.attempts import errors, queries
from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import homework, journal, statement
from apps.attempts.rules import shown
from tests.homework import make_homework

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

ROUNDS = 12


@pytest.fixture
def attempt(cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[])
    return homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=work.items.get().pk).attempt


@pytest.fixture
def river(attempt):
    paper = queries.render_paper(attempt, sign=str)
    return next(question for _, question in shown.questions_of(paper) if question["text"] == "river")


def both(cast, at_once, attempt, river, seq):
    """A check of the first option and a save of the second, together. Whether the save was taken, and what was told."""
    first, second = (option["id"] for option in river["options"][:2])

    def check():
        return homework.check_answer(
            actor=cast.alice, attempt_id=attempt.pk, question=uuid.UUID(river["id"]), given=first, epoch=1, seq=seq
        )

    def save():
        answer = {"seq": seq + 1, "question": river["id"], "response": second}
        return journal.save_answers(actor=cast.alice, attempt_id=attempt.pk, epoch=1, answers=[answer])

    return at_once(check, save)


def what_counts(attempt, river):
    return queries.answer_state(attempt).answers.get(river["id"])


def test_what_a_check_told_of_is_what_counts_whoever_comes_first(cast, at_once, attempt, river):
    taken = 0
    actor = cast.alice
    assert actor.pk == attempt.student_id
    for number in range(ROUNDS):
        Attempt.objects.update(finals=[])
        verdict, saved = both(cast, at_once, attempt, river, seq=1 + 2 * number)
        if isinstance(saved, Exception):
            assert isinstance(saved, errors.AnswerFinal)
        else:
            taken += 1
        assert not isinstance(verdict, Exception), verdict
        assert verdict.response == what_counts(attempt, river)
    assert AnswerEntry.objects.filter(attempt_id=attempt.pk).count() == ROUNDS + taken


def test_a_save_that_waited_for_a_check_finds_the_answer_final(cast, at_once, attempt, river, monkeypatch):
    """The save begins before the check is committed, and is judged by what the check has written."""
    assert _save_behind_a_check(cast, at_once, attempt, river, monkeypatch) == "answer_final"
    assert what_counts(attempt, river) == river["options"][0]["id"]


def test_without_the_rule_in_the_statement_it_would_change_what_was_told(cast, at_once, attempt, river, monkeypatch):
    real = statement.text_for
    monkeypatch.setattr(
        statement, "text_for", lambda schema, *, waits, by_course=False, by_check=False: real(schema, waits=waits)
    )
    assert _save_behind_a_check(cast, at_once, attempt, river, monkeypatch) == "taken"
    assert what_counts(attempt, river) == river["options"][1]["id"]


def _save_behind_a_check(cast, at_once, attempt, river, monkeypatch):
    """Hold a check open after it has written, begin a save, then let the check commit."""
    first, second = (option["id"] for option in river["options"][:2])
    written, actor = threading.Event(), cast.alice
    real = queries.answer_state

    def slow(locked):
        found = real(locked)
        if found.answers.get(river["id"]) == first and not written.is_set():
            written.set()
            threading.Event().wait(0.4)
        return found

    monkeypatch.setattr(queries, "answer_state", slow)

    def check():
        return homework.check_answer(
            actor=actor, attempt_id=attempt.pk, question=uuid.UUID(river["id"]), given=first, epoch=1, seq=1
        )

    def save():
        assert written.wait(10)
        answer = {"seq": 2, "question": river["id"], "response": second}
        return journal.save_answers(actor=actor, attempt_id=attempt.pk, epoch=1, answers=[answer])

    verdict, saved = at_once(check, save)
    assert not isinstance(verdict, Exception), verdict
    monkeypatch.setattr(queries, "answer_state", real)
    if isinstance(saved, Exception):
        return saved.code
    assert saved.acked == [2]
    return "taken"


def test_two_checks_at_once_are_one_answer(cast, at_once, attempt, river):
    actor, question = cast.alice, uuid.UUID(river["id"])
    given = [option["id"] for option in river["options"][:2]]
    works = [
        lambda one=one: homework.check_answer(actor=actor, attempt_id=attempt.pk, question=question, given=one)
        for one in given
    ]
    found = at_once(*works)
    told = [one for one in found if not isinstance(one, Exception)]
    assert [type(one) for one in found if isinstance(one, Exception)] == [errors.AnswerFinal]
    assert told[0].response == what_counts(attempt, river)
    assert AnswerEntry.objects.filter(attempt_id=attempt.pk).count() == 1
