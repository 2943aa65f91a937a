"""The same moment, with real threads and committed rows; each promise beside the proof that its test can fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, models, transaction

from apps.attempts.operations import budget
from apps.core import tenancy, volatile
from apps.core.errors import Refusal
from apps.core.models import Delivery
from apps.live import errors, queries
from apps.live.models import LateAnswer, LiveAnswer, LiveMark, Player, QuizSession, Round
from apps.live.operations import answering, joining, moves, scoring, statement
from tests.live import answer, ask, fresh, make_quiz, open_quiz, options_of, pass_time, scores

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

ROUNDS = 25
PAUSE = 0.2


@pytest.fixture(autouse=True)
def _full_budgets(settings):
    settings.SHIKEN_ANSWER_STORE = 1e9
    budget._buckets.clear()


@pytest.fixture
def together(north):
    """Run these at the same moment, each on a connection of its own; what they return or refuse with."""

    def run(*works: Callable[[], Any]) -> list[Any]:
        outcomes: list[Any] = [None] * len(works)
        barrier = threading.Barrier(len(works))

        def one(place: int, work: Callable[[], Any]) -> None:
            with tenancy.enter(north):
                try:
                    barrier.wait(timeout=20)
                    outcomes[place] = work()
                except Refusal as refusal:
                    outcomes[place] = refusal
                finally:
                    connection.close()

        threads = [threading.Thread(target=one, args=(place, work)) for place, work in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return outcomes

    return run


@pytest.fixture
def unlocked(monkeypatch):
    """Takes the row locks away."""

    def take() -> None:
        monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **_: self)

    return take


def slow(monkeypatch, module: Any, name: str) -> None:
    """What happens next waits a moment, so that the other one comes in between."""
    real = getattr(module, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        time.sleep(PAUSE)
        return result

    monkeypatch.setattr(module, name, wrapped)


def move_on(cast, session) -> Callable[[], Any]:
    host = cast.carol
    return lambda: moves.next_question(actor=host, session_id=session.pk)


def alarms() -> int:
    return Delivery.objects.filter(event="live.question_time_up").count()


# -- two nexts -----------------------------------------------------------------------------------------------------


def test_two_nexts_ask_one_question(cast, together):
    test = make_quiz(cast)
    for _ in range(ROUNDS):
        session = open_quiz(cast, cast.alice, test=test)
        before = alarms()
        outcomes = together(move_on(cast, session), move_on(cast, session), move_on(cast, session))
        refused = [outcome for outcome in outcomes if isinstance(outcome, errors.IllegalMove)]
        assert len(refused) == 2
        now = fresh(session)
        assert (now.number, now.state, now.version) == (1, "QUESTION", session.version + 1)
        assert alarms() == before + 1


def test_without_the_lock_two_nexts_both_go_through(cast, together, monkeypatch, unlocked):
    session = open_quiz(cast, cast.alice)
    unlocked()
    slow(monkeypatch, queries, "find_locked")
    outcomes = together(move_on(cast, session), move_on(cast, session))
    assert not any(isinstance(outcome, Refusal) for outcome in outcomes)


# -- an answer beside a lock ---------------------------------------------------------------------------------------


def test_an_answer_beside_a_lock_and_a_reveal_counts_if_it_was_taken(cast, together):
    """Acknowledged and marked, or refused and kept: never one without the other."""
    taken = 0
    test = make_quiz(cast)
    for turn in range(ROUNDS):
        session = open_quiz(cast, cast.alice, cast.bob, test=test, bonus="NONE")
        ask(cast, session)
        yes = options_of(session, 1)["yes"]
        host, alice, bob = cast.carol, cast.alice, cast.bob

        def close(session: QuizSession = session, host: Any = host, turn: int = turn) -> None:
            time.sleep(turn % 5 * 0.001)
            moves.lock(actor=host, session_id=session.pk)
            moves.reveal(actor=host, session_id=session.pk)

        outcomes = together(partial(answer, session, alice, yes), partial(answer, session, bob, yes), close)
        earned = scores(session)
        for name, outcome in zip(("Alice", "Bob"), outcomes, strict=False):
            assert outcome is None or outcome.code in ("too_late", "question_closed")
            assert earned[name] == (1000 if outcome is None else 0)
            taken += outcome is None
        assert LiveMark.objects.filter(session=session).count() == sum(outcome is None for outcome in outcomes[:2])
        assert LateAnswer.objects.filter(session=session).count() == 2 - sum(o is None for o in outcomes[:2])
        locked_at = fresh(session).closes_at
        assert all(row.received_at <= locked_at for row in LiveAnswer.objects.filter(session=session))
    assert taken > 0


def test_without_the_hold_on_the_session_an_answer_is_taken_and_never_marked(cast, together, monkeypatch):
    """The statement holds the session still; without that the reveal goes by while the answer is on its way."""
    real = statement.text_for
    statement.text_for.cache_clear()

    def unheld(schema_name: str, *, waits: bool) -> str:
        return real(schema_name, waits=waits).replace("ORDER BY id FOR SHARE", "ORDER BY id")

    monkeypatch.setattr(statement, "text_for", unheld)
    session = open_quiz(cast, cast.alice, bonus="NONE")
    ask(cast, session)
    yes = options_of(session, 1)["yes"]
    host, alice = cast.carol, cast.alice
    half_way = threading.Event()

    def answer_slowly() -> None:
        with transaction.atomic():
            answering.answer(actor=alice, session_id=session.pk, number=1, seq=1, response=yes)
            half_way.set()
            time.sleep(PAUSE)

    def close() -> None:
        half_way.wait(10)
        moves.lock(actor=host, session_id=session.pk)
        moves.reveal(actor=host, session_id=session.pk)

    assert together(answer_slowly, close) == [None, None]
    assert LiveAnswer.objects.filter(session=session).count() == 1
    assert not LiveMark.objects.filter(session=session).exists()


# -- reveal twice --------------------------------------------------------------------------------------------------


def revealing(cast, session) -> Callable[[], Any]:
    host = cast.carol
    return lambda: moves.reveal(actor=host, session_id=session.pk)


def locked_session(cast, test: Any = None) -> QuizSession:
    session = open_quiz(cast, cast.alice, test=test, bonus="NONE")
    ask(cast, session)
    answer(session, cast.alice, options_of(session, 1)["yes"])
    moves.lock(actor=cast.carol, session_id=session.pk)
    return session


def test_two_reveals_mark_once(cast, together):
    test = make_quiz(cast)
    for _ in range(ROUNDS):
        session = locked_session(cast, test)
        outcomes = together(revealing(cast, session), revealing(cast, session))
        assert sum(isinstance(outcome, errors.IllegalMove) for outcome in outcomes) == 1
        assert scores(session) == {"Alice": 1000}
        assert Round.objects.get(session=session, number=1).answered == 1


def test_without_the_lock_two_reveals_mark_twice(cast, together, monkeypatch, unlocked):
    session = locked_session(cast)
    unlocked()
    slow(monkeypatch, queries, "find_locked")
    monkeypatch.setattr(scoring, "_MARK", scoring._MARK + " ON CONFLICT DO NOTHING")
    together(revealing(cast, session), revealing(cast, session))
    assert scores(session) == {"Alice": 2000}


# -- join beside finish --------------------------------------------------------------------------------------------


def test_who_joins_beside_the_end_has_a_place_or_is_refused(cast, together):
    test = make_quiz(cast)
    for turn in range(ROUNDS):
        session = open_quiz(cast, cast.alice, test=test)
        volatile.client().flushall()
        host, bob = cast.carol, cast.bob

        def end(session: QuizSession = session, turn: int = turn, host: Any = host) -> None:
            time.sleep(turn % 5 * 0.001)
            moves.finish(actor=host, session_id=session.pk)

        joined, _ = together(partial(joining.join, actor=bob, code=session.code), end)
        player = Player.objects.filter(session=session, user=bob).first()
        if isinstance(joined, errors.UnknownCode):
            assert player is None
        else:
            assert player is not None
            assert player.rank == 1


def test_without_the_hold_who_joins_beside_the_end_has_no_place(cast, together, monkeypatch):
    session = open_quiz(cast, cast.alice)
    host, bob = cast.carol, cast.bob

    is_found, is_over = threading.Event(), threading.Event()

    def find(*, code: str) -> QuizSession | None:
        found = QuizSession.objects.filter(code=code).exclude(state="FINISHED").first()
        is_found.set()
        is_over.wait(10)
        return found

    def end() -> None:
        is_found.wait(10)
        moves.finish(actor=host, session_id=session.pk)
        is_over.set()

    monkeypatch.setattr(queries, "find_running", find)
    together(partial(joining.join, actor=bob, code=session.code), end)
    assert Player.objects.get(session=session, user=bob).rank is None


# -- one answer ----------------------------------------------------------------------------------------------------


def test_of_many_first_answers_at_once_one_is_taken(cast, together):
    session = open_quiz(cast, cast.alice)
    ask(cast, session)
    option = options_of(session, 1)
    alice = cast.alice
    works = [
        (lambda seq=seq, text=text: answer(session, alice, option[text], seq=seq))
        for seq, text in enumerate(["yes", "no", "maybe", "yes", "no", "maybe"], 1)
    ]
    outcomes = together(*works)
    assert outcomes.count(None) == 1
    assert {outcome.code for outcome in outcomes if outcome} == {"already_answered"}
    assert LiveAnswer.objects.count() == 1
    assert LateAnswer.objects.count() == 5
    stored = LiveAnswer.objects.get()
    assert outcomes[stored.seq - 1] is None


def test_two_joins_of_one_person_make_one_player(cast, together):
    session = open_quiz(cast)
    alice = cast.alice
    outcomes = together(*[lambda: joining.join(actor=alice, code=session.code)] * 4)
    assert len({outcome.pk for outcome in outcomes}) == 1


def test_the_clock_and_the_host_lock_once(cast, together):
    test = make_quiz(cast)
    for _ in range(ROUNDS):
        session = open_quiz(cast, cast.alice, test=test)
        ask(cast, session)
        pass_time(session, 30)
        host = cast.carol
        together(
            partial(moves.lock_overdue, session_id=session.pk, number=1),
            partial(moves.lock_overdue, session_id=session.pk, number=1),
            partial(moves.lock, actor=host, session_id=session.pk),
        )
        now = fresh(session)
        assert (now.state, now.version) == ("LOCKED", session.version + 2)
