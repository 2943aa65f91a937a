"""Saving answers: every verdict of the statement, on Django's connection."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, RefusedAnswer
from apps.attempts.operations import journal, sitting, statement
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.rules import answers as rules
from apps.authentication.models import Session, User
from apps.core import clock, tenancy
from apps.mock_tests.rules.papers import items
from tests import drawing
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(cast: Any) -> Attempt:
    room = make_room(cast, cast.alice, cast.bob)
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


def answer(attempt: Attempt, seq: int, option: str | None = "yes", question: str = "river") -> dict[str, Any]:
    response = None if option is None else lines.option_id(attempt, question, option)
    return {"seq": seq, "question": str(lines.question_id(attempt, question)), "response": response}


def save(attempt: Attempt, *answers: dict[str, Any], actor: Any = None, epoch: int = 1) -> journal.Saved:
    return journal.save_answers(
        actor=actor or attempt.student, attempt_id=attempt.pk, epoch=epoch, answers=list(answers)
    )


def stored(attempt: Attempt) -> list[tuple[int, int, Any]]:
    rows = AnswerEntry.objects.filter(attempt_id=attempt.pk).order_by("epoch", "seq")
    return list(rows.values_list("epoch", "seq", "response"))


def kept(attempt: Attempt) -> list[tuple[int, str]]:
    return list(RefusedAnswer.objects.filter(attempt=attempt).order_by("seq").values_list("seq", "code"))


def test_stores_a_batch_and_acknowledges_it(attempt, count_queries):
    journal.get_facts(attempt_id=attempt.pk)
    with count_queries() as queries:
        saved = save(attempt, answer(attempt, 1), answer(attempt, 2, "no"), answer(attempt, 3, None))
    assert len(queries) <= 3  # the statement between a savepoint and its release
    assert saved.acked == [1, 2, 3]
    assert saved.refused == []
    yes, no = (lines.option_id(attempt, "river", option) for option in ("yes", "no"))
    assert stored(attempt) == [(1, 1, yes), (1, 2, no), (1, 3, None)]
    received = AnswerEntry.objects.filter(attempt_id=attempt.pk).values_list("received_at", flat=True)
    assert all(abs(moment - saved.server_time) < timedelta(milliseconds=50) for moment in received)


def test_takes_every_type_in_its_normal_form(attempt):
    eat, run = (lines.option_id(attempt, "verbs", option) for option in ("eat", "run"))
    saved = save(
        attempt,
        {"seq": 1, "question": lines.question_id(attempt, "verbs"), "response": [run, eat]},
        {"seq": 2, "question": str(lines.question_id(attempt, "sum")).upper(), "response": "４２"},
    )
    assert saved.acked == [1, 2]
    assert stored(attempt) == [(1, 1, sorted([eat, run])), (1, 2, "42")]


def test_refuses_single_answers_and_takes_the_others(attempt):
    unknown = {"seq": 2, "question": str(uuid.uuid4()), "response": "x"}
    bad = {**answer(attempt, 3), "response": lines.option_id(attempt, "verbs", "eat")}
    saved = save(attempt, answer(attempt, 1), unknown, bad)
    assert saved.acked == [1]
    assert saved.refused == [(2, "unknown_question"), (3, "bad_answer")]
    assert [seq for _, seq, _ in stored(attempt)] == [1]


@pytest.mark.parametrize(
    "response",
    [
        "",
        "zzz",
        7,
        True,
        {},
        [[]],
        ["a"] * 1000,
        "\x00",
        "\ud800",
        "x" * 100_000,
        float("inf"),
        [None],
        {"a": {"b": 1}},
    ],
)
@pytest.mark.parametrize("question", ["river", "verbs", "sum"])
def test_hostile_responses_are_refused_not_failed(attempt, question, response):
    given_ = {"seq": 1, "question": str(lines.question_id(attempt, question)), "response": response}
    if (question, response) == ("sum", ""):
        assert save(attempt, given_).acked == [1]  # a blank field clears
        return
    with pytest.raises(errors.BadAnswer) as caught:
        save(attempt, given_)
    assert [(p.pointer, p.code) for p in caught.value.problems] == [("/answers/0", "bad_answer")]
    assert stored(attempt) == []


@pytest.mark.parametrize(
    ("flawed", "pointer"),
    [
        ([], "/answers"),
        ("x", "/answers"),
        ([1], "/answers/0"),
        ([{"question": "x", "response": 1}], "/answers/0/seq"),
        ([{"seq": 0, "question": "x", "response": 1}], "/answers/0/seq"),
        ([{"seq": True, "question": "x", "response": 1}], "/answers/0/seq"),
        ([{"seq": 2**31, "question": "x", "response": 1}], "/answers/0/seq"),
        ([{"seq": 1, "question": 5, "response": 1}], "/answers/0/question"),
        ([{"seq": 1, "question": "x"}], "/answers/0/response"),
        ([{"seq": 1, "question": "x", "response": 1, "late": False}], "/answers/0/late"),
        ([{"seq": 1, "question": "x", "response": 1}] * 501, "/answers"),
    ],
)
def test_names_what_is_no_answer_at_all(flawed, pointer):
    assert [flaw.pointer for flaw in rules.find_flaws(flawed)] == [pointer]


def test_the_same_again_is_acknowledged_again_and_stored_once(attempt):
    for _ in range(3):
        assert save(attempt, answer(attempt, 1)).acked == [1]
    assert save(attempt, answer(attempt, 2), answer(attempt, 2)).acked == [2]
    assert [seq for _, seq, _ in stored(attempt)] == [1, 2]


def test_a_number_used_for_another_answer_is_refused(attempt):
    save(attempt, answer(attempt, 1, "yes"))
    with pytest.raises(errors.BadAnswer) as caught:
        save(attempt, answer(attempt, 1, "no"))
    assert [p.code for p in caught.value.problems] == ["seq_reused"]
    mixed = save(attempt, answer(attempt, 1, None), answer(attempt, 2), answer(attempt, 2, "no"))
    assert (mixed.acked, sorted(mixed.refused)) == ([2], [(1, "seq_reused"), (2, "seq_reused")])
    assert stored(attempt)[0][2] == lines.option_id(attempt, "river", "yes")


def test_somebody_elses_and_unknown_attempts_are_alike(attempt, cast):
    for actor, attempt_id in [(cast.bob, attempt.pk), (cast.alice, uuid.uuid4()), (cast.carol, attempt.pk)]:
        with pytest.raises(errors.AttemptNotFound):
            journal.save_answers(actor=actor, attempt_id=attempt_id, epoch=1, answers=[answer(attempt, 1)])
    assert stored(attempt) == []
    assert kept(attempt) == []


def test_another_center_does_not_know_the_attempt(attempt, cast, south):
    given_ = answer(attempt, 1)
    with tenancy.enter(south), pytest.raises(errors.AttemptNotFound):
        journal.save_answers(actor=cast.mallory, attempt_id=attempt.pk, epoch=1, answers=[given_])


def test_an_older_window_is_refused_and_its_answer_kept(attempt):
    save(attempt, answer(attempt, 1, "yes"))
    assert sitting.take_over(actor=attempt.student, attempt_id=attempt.pk) == 2
    for _ in range(2):
        with pytest.raises(errors.TakenOver):
            save(attempt, answer(attempt, 2, "no"), epoch=1)
    with pytest.raises(errors.TakenOver):
        save(attempt, answer(attempt, 9), epoch=3)  # a window that nobody opened
    assert kept(attempt) == [(2, "taken_over"), (9, "taken_over")]
    assert save(attempt, answer(attempt, 1, "no"), epoch=2).acked == [1]
    assert [(epoch, seq) for epoch, seq, _ in stored(attempt)] == [(1, 1), (2, 1)]


def test_after_the_end_only_what_is_stored_already_is_acknowledged(attempt):
    save(attempt, answer(attempt, 1))
    sitting.submit_attempt(attempt_id=attempt.pk, actor=attempt.student)
    assert save(attempt, answer(attempt, 1)).acked == [1]
    mixed = save(attempt, answer(attempt, 1), answer(attempt, 2))
    assert (mixed.acked, mixed.refused) == ([1], [(2, "attempt_closed")])
    with pytest.raises(errors.AttemptClosed) as caught:
        save(attempt, answer(attempt, 3))
    assert caught.value.details["refused"] == [{"seq": 3, "code": "attempt_closed"}]
    assert kept(attempt) == [(2, "attempt_closed"), (3, "attempt_closed")]
    assert AnswerSheet.objects.get(attempt=attempt).entry_count == 1


@pytest.mark.parametrize(
    ("past_the_end", "is_taken"),
    [(-1, True), (0, True), (9_000, True), (9_999, True), (10_000, True), (10_001, False), (3_600_000, False)],
)
def test_counts_up_to_the_deadline_and_its_grace_by_the_databases_clock(attempt, past_the_end, is_taken, monkeypatch):
    """``past_the_end`` milliseconds after the deadline, with a grace of ten seconds. The statement's own moment is put
    into the row that it judges, so that the boundary is met exactly."""
    monkeypatch.setattr(
        statement,
        "_SQL",
        statement._SQL.replace(
            "deadline_at + grace_seconds * interval '1 second'",
            f"statement_timestamp() - interval '{past_the_end} milliseconds' + grace_seconds * interval '1 second'",
        ).replace("given.waited", "0 * given.waited"),  # what a busy machine takes to get here is not the question
    )
    statement.text_for.cache_clear()
    try:
        if is_taken:
            assert save(attempt, answer(attempt, 1)).acked == [1]
            assert kept(attempt) == []
        else:
            with pytest.raises(errors.AnswerTooLate):
                save(attempt, answer(attempt, 1))
            assert kept(attempt) == [(1, "too_late")]
            assert stored(attempt) == []
    finally:
        statement.text_for.cache_clear()


def test_reads_deadline_and_grace_from_the_row(attempt):
    """The same without touching the statement; a second of slack on both sides for a slow machine."""
    for seconds, is_taken in [(9, True), (11, False)]:
        Attempt.objects.filter(pk=attempt.pk).update(
            deadline_at=clock.now() - timedelta(seconds=seconds), started_at=clock.now() - timedelta(hours=1)
        )
        if is_taken:
            assert save(attempt, answer(attempt, seconds)).acked == [seconds]
        else:
            with pytest.raises(errors.AnswerTooLate):
                save(attempt, answer(attempt, seconds))


def test_an_answer_that_waited_for_us_counts_from_its_arrival(attempt):
    Attempt.objects.filter(pk=attempt.pk).update(
        deadline_at=clock.now() - timedelta(seconds=11), started_at=clock.now() - timedelta(hours=1)
    )
    in_time = _run(attempt, waited=2)
    assert (in_time.acked, in_time.refused) == ([1], [])
    assert _run(attempt, waited=0, seq=2).refused == [(2, "too_late")]


def _run(
    attempt: Attempt, *, waited: float = 0, seq: int = 1, session: Session | None = None, version: int = 1
) -> Save:
    """The writer's form of the statement."""
    facts = journal.get_facts(attempt_id=attempt.pk)
    rows = rules.sort_out(facts.specs, [answer(attempt, seq)]).rows
    caller = Caller(
        connection.schema_name,
        str(attempt.pk),
        str(attempt.student_id),
        str(session.pk) if session else None,
        version,
    )
    one = Save(caller, 1, rows)
    one.arrived -= waited
    with connection.cursor() as cursor:
        cursor.execute(statement.text_for(connection.schema_name, waits=False), statement.parameters(saves=[one]))
        assert statement.settle(saves=[one], outcome=cursor.fetchone()) == []
    return one


def test_the_session_is_looked_at_with_every_answer(attempt, cast):
    access_token(cast.alice)
    session = Session.objects.get(user=cast.alice)
    assert _run(attempt, session=session).acked == [1]
    assert _run(attempt, session=session, version=2, seq=2).refused == [(2, "not_signed_in")]
    for broken in [
        {"revoked_at": clock.now()},
        {"expires_at": clock.now() - timedelta(seconds=1)},
        {"user": cast.bob},
    ]:
        before = {name: getattr(session, name) for name in broken}
        Session.objects.filter(pk=session.pk).update(**broken)
        assert _run(attempt, session=session, seq=3).refused == [(3, "not_signed_in")]
        Session.objects.filter(pk=session.pk).update(**before)
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    assert _run(attempt, session=session, seq=4).refused == [(4, "not_signed_in")]
    User.objects.filter(pk=cast.alice.pk).update(is_active=True, session_version=F("session_version") + 1)
    assert _run(attempt, session=session, seq=5).refused == [(5, "not_signed_in")]
    assert _run(attempt, session=session, seq=6, version=2).acked == [6]
    assert [seq for _, seq, _ in stored(attempt)] == [1, 6]
    assert kept(attempt) == []


def test_several_callers_share_a_statement_and_each_gets_their_own_verdict(attempt, cast):
    other = sitting.start_attempt(actor=cast.bob, assignment_id=attempt.assignment_id).attempt
    facts = journal.get_facts(attempt_id=attempt.pk)
    rows = rules.sort_out(facts.specs, [answer(attempt, 1), answer(attempt, 2, "no")]).rows
    callers = [
        Caller(connection.schema_name, str(attempt.pk), str(cast.alice.pk)),
        Caller(connection.schema_name, str(other.pk), str(cast.bob.pk)),
        Caller(connection.schema_name, str(attempt.pk), str(cast.bob.pk)),  # not Bob's
    ]
    saves = [Save(callers[0], 1, rows), Save(callers[1], 7, rows), Save(callers[1], 1, rows), Save(callers[2], 1, rows)]
    saves[3].rows = [(9, rows[0][1], None)]
    with connection.cursor() as cursor:
        cursor.execute(statement.text_for(connection.schema_name, waits=True), statement.parameters(saves=saves))
        assert statement.settle(saves=saves, outcome=cursor.fetchone()) == []
    assert [one.acked for one in saves] == [[1, 2], [], [1, 2], []]
    assert saves[1].refused == [(1, "taken_over"), (2, "taken_over")]
    assert saves[3].refused == [(9, "not_found")]


@settings(
    max_examples=drawing.up_to(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_whatever_the_order_and_repetition_the_highest_number_wins(attempt, data):
    """Messages are cut into batches, repeated and shuffled; the sheet is what the student chose last."""
    choices = data.draw(st.lists(st.sampled_from(["yes", "no", "maybe", None]), min_size=1, max_size=8))
    messages = [answer(attempt, seq, choice) for seq, choice in enumerate(choices, 1)]
    repeated = data.draw(st.lists(st.sampled_from(messages), max_size=6))
    order = data.draw(st.permutations(messages + repeated))
    epoch = sitting.take_over(actor=attempt.student, attempt_id=attempt.pk)  # each example in a window of its own
    acked: set[int] = set()
    while order:
        size = data.draw(st.integers(1, len(order)))
        acked.update(save(attempt, *order[:size], epoch=epoch).acked)
        order = order[size:]
    assert acked == set(range(1, len(choices) + 1))
    assert sum(line[0] == epoch for line in stored(attempt)) == len(choices)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT response FROM attempts_answerentry WHERE attempt_id = %s ORDER BY epoch DESC, seq DESC LIMIT 1",
            [attempt.pk],
        )
        ((last,),) = cursor.fetchall()
    wanted = choices[-1] and f'"{lines.option_id(attempt, "river", choices[-1])}"'
    assert last == wanted


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=10))
def test_no_response_breaks_the_rules(response):
    spec = items.ItemSpec("single_choice", frozenset({"a"}))
    number = items.ItemSpec("numeric")
    result = rules.sort_out(
        {"q": spec, "n": number},
        [{"seq": seq, "question": question, "response": response} for seq, question in enumerate("qn", 1)],
    )
    assert len(result.rows) + len(result.refused) == 2
