"""From the lobby to the frozen board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from apps.assignments.models import Accommodation
from apps.attempts.operations import budget
from apps.audit.models import Entry
from apps.authentication.models import User
from apps.centers.errors import CenterSuspended
from apps.centers.models import Center
from apps.core import bus, clock, tenancy
from apps.core.models import Delivery
from apps.live import errors, rules
from apps.live.models import LateAnswer, LiveAnswer, LiveMark, Player, QuizSession, Round
from apps.live.operations import hosting, joining, moves, statement
from apps.mock_tests.errors import NotPublished
from tests.factories import SUM, make_test, options, people_of
from tests.live import answer, ask, close, fresh, make_quiz, open_quiz, options_of, pass_time, scores, unknown

pytestmark = pytest.mark.django_db
State = QuizSession.State


@pytest.fixture(autouse=True)
def _full_budgets():
    budget._buckets.clear()


@pytest.fixture
def session(cast):
    return open_quiz(cast, cast.alice, cast.bob, bonus="NONE")


def test_asks_what_has_options_and_statements_and_leaves_out_the_rest(cast):
    session = open_quiz(cast)
    rounds = list(Round.objects.filter(session=session))
    assert session.question_count == len(rounds) == 3
    assert [(one.seconds, one.points) for one in rounds] == [(20, 1000)] * 3
    assert session.state == State.LOBBY
    assert Entry.objects.filter(action="quiz.opened", subject_id=str(session.pk)).exists()


def test_takes_marks_of_the_paper_as_points_if_none_are_given(cast):
    session = open_quiz(cast, points=None, seconds=7)
    rounds = Round.objects.filter(session=session)
    assert [(one.seconds, one.points) for one in rounds] == [(7, 1), (7, 2), (7, Decimal("1.5"))]


def test_refuses_a_test_with_nothing_to_ask(cast):
    test = make_quiz(cast, [SUM])
    with pytest.raises(errors.NothingToAsk):
        hosting.open_session(actor=cast.carol, mock_test_id=test.pk)


def test_refuses_a_draft(cast):
    with pytest.raises(NotPublished):
        hosting.open_session(actor=cast.carol, mock_test_id=make_test(cast).pk)


def test_refuses_named_guests_who_are_none(cast):
    test = make_quiz(cast)
    with pytest.raises(errors.UnknownGuests):
        hosting.open_session(actor=cast.carol, mock_test_id=test.pk, guests="NAMED", guest_ids=[cast.alice.pk])


def test_a_code_is_free_again_when_its_session_is_over(cast, session, monkeypatch):
    monkeypatch.setattr(rules, "fresh_code", lambda: session.code)
    with pytest.raises(Exception, match="one_running_quiz_per_code"):
        open_quiz(cast, test=None)
    moves.finish(actor=cast.carol, session_id=session.pk)
    assert open_quiz(cast).code == session.code


def test_goes_from_the_lobby_to_the_end(cast, session):
    states = []
    for _ in range(3):
        states.append(ask(cast, session).state)
        states.append(moves.lock(actor=cast.carol, session_id=session.pk).state)
        states.append(moves.reveal(actor=cast.carol, session_id=session.pk).state)
    assert states == ["QUESTION", "LOCKED", "REVEALED"] * 3
    with pytest.raises(errors.NoMoreQuestions):
        ask(cast, session)
    ended = moves.finish(actor=cast.carol, session_id=session.pk)
    assert (ended.state, ended.version) == ("FINISHED", 11)
    assert Entry.objects.filter(action="quiz.finished").count() == 1


@pytest.mark.parametrize(
    ("before", "move"),
    [
        ([], moves.lock),
        ([], moves.reveal),
        ([moves.start], moves.start),
        ([moves.start], moves.next_question),
        ([moves.start], moves.reveal),
        ([moves.start, moves.lock], moves.next_question),
        ([moves.start, moves.lock, moves.reveal], moves.reveal),
        ([moves.start, moves.lock, moves.reveal], moves.lock),
        ([moves.finish], moves.start),
        ([moves.finish], moves.next_question),
        ([moves.finish], moves.lock),
        ([moves.finish], moves.reveal),
        ([moves.finish], moves.finish),
    ],
)
def test_refuses_a_move_out_of_turn(cast, session, before, move):
    for earlier in before:
        earlier(actor=cast.carol, session_id=session.pk)
    was = fresh(session)
    with pytest.raises(errors.IllegalMove) as refusal:
        move(actor=cast.carol, session_id=session.pk)
    assert refusal.value.details == {"state": was.state}
    assert fresh(session).version == was.version


def test_locking_again_is_harmless(cast, session):
    ask(cast, session)
    first = moves.lock(actor=cast.carol, session_id=session.pk)
    again = moves.lock(actor=cast.carol, session_id=session.pk)
    assert (again.version, again.closes_at) == (first.version, first.closes_at)


@pytest.mark.parametrize("move", [moves.start, moves.next_question, moves.lock, moves.reveal, moves.finish])
def test_is_led_by_its_host_and_by_admins_alone(cast, session, move):
    for somebody in (cast.other_teacher, cast.alice):
        with pytest.raises(errors.SessionNotFound):
            move(actor=somebody, session_id=session.pk)
    with pytest.raises(errors.SessionNotFound):
        move(actor=cast.carol, session_id=unknown())
    assert moves.start(actor=cast.dora, session_id=session.pk).state == "QUESTION"


# -- the clock -----------------------------------------------------------------------------------------------------


def test_a_question_locks_by_the_clock_though_nobody_is_there(cast, session):
    ask(cast, session)
    alarm = Delivery.objects.get(event="live.question_time_up")
    assert alarm.due_at == fresh(session).closes_at
    assert alarm.due_at - fresh(session).opened_at == timedelta(seconds=20)
    bus.deliver_due()
    assert fresh(session).state == "QUESTION"

    pass_time(session, 21)
    Delivery.objects.update(due_at=F("due_at") - timedelta(seconds=21))
    bus.deliver_due()
    locked = fresh(session)
    assert locked.state == "LOCKED"
    assert Round.objects.get(session=session, number=1).closed_at == locked.closes_at < clock.now()


def test_an_alarm_of_an_earlier_question_changes_nothing(cast, session):
    ask(cast, session)
    close(cast, session)
    ask(cast, session)
    pass_time(session, 21)
    assert not moves.lock_overdue(session_id=session.pk, number=1)
    assert fresh(session).state == "QUESTION"
    assert moves.lock_overdue(session_id=session.pk, number=2)
    assert not moves.lock_overdue(session_id=session.pk, number=2)
    assert not moves.lock_overdue(session_id=unknown(), number=2)


def test_a_session_that_its_host_has_left_ends_by_itself(cast, session):
    code = session.code
    ask(cast, session)
    answer(session, cast.alice, next(iter(options_of(session, 1).values())))
    pass_time(session, 21)
    alarm = Delivery.objects.get(event="live.session_outlived")
    assert alarm.due_at - session.created_at < rules.LONGEST + timedelta(seconds=5)
    bus.deliver_due()
    assert fresh(session).state != State.FINISHED

    Delivery.objects.filter(pk=alarm.pk).update(due_at=clock.now())
    bus.deliver_due()
    ended = fresh(session)
    assert ended.state == State.FINISHED
    assert LiveMark.objects.filter(session=session).exists(), "what was locked counts"
    assert not moves.finish_outlived(session_id=session.pk)
    assert not QuizSession.objects.exclude(state=State.FINISHED).filter(code=code).exists()


def test_the_host_reveals_what_the_clock_has_locked(cast, session):
    ask(cast, session)
    pass_time(session, 21)
    revealed = moves.reveal(actor=cast.carol, session_id=session.pk)
    assert revealed.state == "REVEALED"
    assert Round.objects.get(session=session, number=1).closed_at == fresh(session).closes_at


# -- points --------------------------------------------------------------------------------------------------------


def give_factor(person, factors, **fields):
    fields = {"reason": "Reads slowly", "status": "APPROVED", **fields}
    Accommodation.objects.create(student=person, factors=factors, **fields)


def test_each_question_takes_as_long_as_somebody_who_plays_needs_where_the_host_wants_that(cast):
    give_factor(cast.alice, {"*": "1.25"})
    give_factor(cast.bob, {"*": "1.5", "LISTENING": "3"})
    session = open_quiz(cast, cast.alice, cast.bob, seconds=15, gives_more_time=True)
    told = []
    for _ in range(2):
        moves.next_question(actor=cast.carol, session_id=session.pk)
        session.refresh_from_db()
        one = Round.objects.get(session=session, number=session.number)
        told.append((one.seconds, (session.closes_at - session.opened_at).total_seconds()))
        moves.lock(actor=cast.carol, session_id=session.pk)
        moves.reveal(actor=cast.carol, session_id=session.pk)
        bob = Player.objects.get(session=session, user=cast.bob)
        moves.remove_player(actor=cast.carol, session_id=session.pk, player_id=bob.pk)
    assert told == [(23, 23), (19, 19)]  # 22.5 and 18.75: begun seconds count
    assert Round.objects.get(session=session, number=3).seconds == 15


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "PENDING"},
        {"status": "WITHDRAWN"},
        {"valid_until": date(2020, 1, 1)},
        {"valid_from": date(2099, 1, 1)},
    ],
    ids=str,
)
def test_what_is_not_in_force_gives_nobody_more_time(cast, fields):
    give_factor(cast.alice, {"*": "2"}, **fields)
    session = open_quiz(cast, cast.alice, seconds=15, gives_more_time=True)
    moves.start(actor=cast.carol, session_id=session.pk)
    assert Round.objects.get(session=session, number=1).seconds == 15


def test_everybody_has_the_same_seconds_where_the_host_says_nothing(cast):
    give_factor(cast.alice, {"*": "2"})
    session = open_quiz(cast, cast.alice, seconds=15)
    moves.start(actor=cast.carol, session_id=session.pk)
    assert Round.objects.get(session=session, number=1).seconds == 15


def test_a_bonus_is_reckoned_over_the_longer_time(cast):
    give_factor(cast.bob, {"*": "2"})
    session = open_quiz(cast, cast.alice, cast.bob, seconds=20, bonus="LINEAR", gives_more_time=True)
    ask(cast, session)
    answer(session, cast.alice, options_of(session, 1)["yes"])
    LiveAnswer.objects.update(received_at=fresh(session).opened_at + timedelta(seconds=10))
    close(cast, session)
    assert scores(session)["Alice"] == 750  # a quarter of forty seconds


def test_marks_what_was_answered_and_counts_who_chose_what(cast, session):
    ask(cast, session)
    option = options_of(session, 1)
    answer(session, cast.alice, option["yes"])
    answer(session, cast.bob, option["no"])
    close(cast, session)
    one = Round.objects.get(session=session, number=1)
    assert one.distribution == {option["yes"]: 1, option["no"]: 1, option["maybe"]: 0}
    assert one.answered == 2
    assert scores(session) == {"Alice": 1000, "Bob": 0}
    alice = Player.objects.get(session=session, user=cast.alice)
    assert (alice.correct, alice.millis > 0) == (1, True)

    ask(cast, session)
    option = options_of(session, 2)
    answer(session, cast.alice, [option["eat"]], number=2)
    answer(session, cast.bob, [option["run"], option["eat"]], number=2)
    close(cast, session)
    one = Round.objects.get(session=session, number=2)
    assert one.distribution == {option["eat"]: 2, option["run"]: 1, option["table"]: 0}
    assert scores(session) == {"Alice": 1500, "Bob": 1000}

    ask(cast, session)
    answer(session, cast.bob, True, number=3)
    close(cast, session)
    one = Round.objects.get(session=session, number=3)
    assert (one.distribution, one.answered) == ({"true": 1, "false": 0}, 1)
    assert scores(session) == {"Alice": 1500, "Bob": 2000}
    assert LiveMark.objects.filter(session=session).count() == 5


@pytest.mark.parametrize(
    ("bonus", "points", "seconds", "earned"),
    [
        ("NONE", Decimal(1000), 15, "1000"),
        ("LINEAR", Decimal(1000), 0, "1000"),
        ("LINEAR", Decimal(1000), 5, "750"),
        ("LINEAR", Decimal(1000), 20, "0"),
        ("HALF", Decimal(1000), 0, "1000"),
        ("HALF", Decimal(1000), 5, "875"),
        ("HALF", Decimal(1000), 20, "500"),
        ("HALF", Decimal("1.5"), 10, "1.125"),
    ],
)
def test_a_fast_answer_earns_more(cast, bonus, points, seconds, earned):
    session = open_quiz(cast, cast.alice, bonus=bonus, points=points)
    ask(cast, session)
    answer(session, cast.alice, options_of(session, 1)["yes"])
    opened = fresh(session).opened_at
    LiveAnswer.objects.update(received_at=opened + timedelta(seconds=seconds))
    close(cast, session)
    assert scores(session) == {"Alice": Decimal(earned)}
    assert LiveMark.objects.get().millis == seconds * 1000


def test_a_mistake_costs_the_same_however_fast_it_was(cast):
    wrong = {"text": "loss", "given": options(yes="1", no="-0.25")}
    session = open_quiz(cast, cast.alice, test=make_quiz(cast, [wrong]), bonus="HALF")
    ask(cast, session)
    answer(session, cast.alice, options_of(session, 1)["no"])
    close(cast, session)
    assert scores(session) == {"Alice": -250}
    assert Player.objects.get(session=session).millis == 0


def test_those_who_share_a_score_share_a_rank(cast):
    crowd = people_of(cast, 3)
    session = open_quiz(cast, cast.alice, *crowd, bonus="NONE")
    ask(cast, session)
    option = options_of(session, 1)
    answer(session, crowd[0], option["yes"])
    answer(session, crowd[1], option["yes"])
    answer(session, cast.alice, option["no"])
    close(cast, session)
    moves.finish(actor=cast.carol, session_id=session.pk)
    ranks = dict(Player.objects.filter(session=session).values_list("user_id", "rank"))
    assert ranks == {crowd[0].pk: 1, crowd[1].pk: 1, cast.alice.pk: 3, crowd[2].pk: 3}


def test_a_locked_question_counts_when_the_host_ends_it_and_an_open_one_does_not(cast):
    locked, still_open = open_quiz(cast, cast.alice, bonus="NONE"), open_quiz(cast, cast.alice, bonus="NONE")
    for session in (locked, still_open):
        ask(cast, session)
        answer(session, cast.alice, options_of(session, 1)["yes"])
    moves.lock(actor=cast.carol, session_id=locked.pk)
    for session in (locked, still_open):
        moves.finish(actor=cast.carol, session_id=session.pk)
    assert (scores(locked), scores(still_open)) == ({"Alice": 1000}, {"Alice": 0})
    assert LiveAnswer.objects.filter(session=still_open).count() == 1


# -- answers -------------------------------------------------------------------------------------------------------


def test_the_same_answer_again_is_acknowledged_again(cast, session):
    ask(cast, session)
    yes = options_of(session, 1)["yes"]
    answer(session, cast.alice, yes)
    answer(session, cast.alice, yes)
    close(cast, session)
    answer(session, cast.alice, yes)  # a retry of what was taken, though the question is over
    assert LiveAnswer.objects.count() == 1
    assert not LateAnswer.objects.exists()


def test_the_first_answer_counts(cast, session):
    ask(cast, session)
    option = options_of(session, 1)
    answer(session, cast.alice, option["no"])
    with pytest.raises(errors.AlreadyAnswered):
        answer(session, cast.alice, option["yes"], seq=2)
    close(cast, session)
    assert scores(session)["Alice"] == 0
    assert LateAnswer.objects.values_list("code", "response").get() == ("already_answered", option["yes"])


def test_the_last_answer_counts_where_the_host_wants_that(cast):
    session = open_quiz(cast, cast.alice, bonus="NONE", answer_policy="LAST")
    ask(cast, session)
    option = options_of(session, 1)
    answer(session, cast.alice, option["no"])
    answer(session, cast.alice, option["yes"], seq=2)
    with pytest.raises(errors.SeqReused):
        answer(session, cast.alice, option["maybe"], seq=2)
    close(cast, session)
    assert scores(session) == {"Alice": 1000}
    assert LiveAnswer.objects.count() == 2


def test_a_late_answer_is_refused_and_kept(cast, session):
    ask(cast, session)
    yes = options_of(session, 1)["yes"]
    pass_time(session, 21)
    with pytest.raises(errors.AnswerTooLate):
        answer(session, cast.alice, yes)
    moves.reveal(actor=cast.carol, session_id=session.pk)
    with pytest.raises(errors.QuestionClosed):
        answer(session, cast.bob, yes)
    assert not LiveAnswer.objects.exists()
    assert sorted(LateAnswer.objects.values_list("code", flat=True)) == ["question_closed", "too_late"]


def test_an_answer_that_came_in_time_and_waited_is_taken_until_the_key_is_shown(cast, session, monkeypatch):
    ask(cast, session)
    moves.lock(actor=cast.carol, session_id=session.pk)
    real = statement.parameters
    waited = {"waited": [5_000_000]}
    pass_time(
        session, -3
    )  # asked and locked three seconds from now: it came before the lock, and after it by the watch
    QuizSession.objects.filter(pk=session.pk).update(opened_at=F("opened_at") - timedelta(seconds=10))
    monkeypatch.setattr(statement, "parameters", lambda saves: {**real(saves=saves), **waited})
    answer(session, cast.alice, options_of(session, 1)["yes"])
    moves.reveal(actor=cast.carol, session_id=session.pk)
    with pytest.raises(errors.QuestionClosed):
        answer(session, cast.bob, options_of(session, 1)["yes"])
    assert scores(session) == {"Alice": 1000, "Bob": 0}


def test_refuses_what_is_no_answer(cast, session):
    ask(cast, session)
    for bad in (None, "nothing", 1, [], {}, True, float("nan"), [[[[]]]], "x" * 10_000):
        with pytest.raises(errors.BadAnswer):
            answer(session, cast.alice, bad)
    for number, response in ((2, [options_of(session, 2)["eat"]]), (4, "x"), (2**31 - 1, "x")):
        with pytest.raises(errors.NotAsked):
            answer(session, cast.alice, response, number=number)
    with pytest.raises(errors.SessionNotFound):
        answer(session, cast.carol, options_of(session, 1)["yes"])
    assert not LiveAnswer.objects.exists()
    assert not LateAnswer.objects.exists()


def test_refuses_a_flood(cast, session, settings):
    ask(cast, session)
    settings.SHIKEN_ANSWER_STORE, settings.SHIKEN_ANSWER_RATE = 3, 0
    yes = options_of(session, 1)["yes"]
    for _ in range(3):
        answer(session, cast.alice, yes)
    with pytest.raises(errors.TooFast):
        answer(session, cast.alice, yes)
    answer(session, cast.bob, yes)


# -- players -------------------------------------------------------------------------------------------------------


def test_joins_by_the_code_however_it_is_typed(cast, session):
    player = joining.join(actor=cast.alice, code=f" {session.code[:3].lower()}-{session.code[3:]} ")
    assert player == Player.objects.get(session=session, user=cast.alice)
    assert Player.objects.filter(session=session).count() == 2


def test_refuses_a_code_that_nobody_has_and_slows_who_guesses(cast, session):
    for _ in range(10):
        with pytest.raises(errors.UnknownCode):
            joining.join(actor=cast.alice, code="AAAAAA")
    with pytest.raises(errors.TooManyCodes):
        joining.join(actor=cast.alice, code=session.code)
    assert joining.join(actor=cast.bob, code=session.code)


def test_lets_in_only_the_guests_whom_the_host_wants(cast):
    test = make_quiz(cast)
    closed = open_quiz(cast, test=test)
    named = open_quiz(cast, test=test, guests="NAMED", guest_ids=[cast.gus.pk])
    for_others = open_quiz(cast, test=test, guests="NAMED")
    by_code = open_quiz(cast, test=test, guests="CODE")
    for session in (closed, for_others):
        with pytest.raises(errors.GuestsNotAllowed):
            joining.join(actor=cast.gus, code=session.code)
    assert joining.join(actor=cast.gus, code=named.code)
    assert joining.join(actor=cast.gus, code=by_code.code)


def test_nobody_joins_late_where_the_host_does_not_want_it(cast):
    session = open_quiz(cast, cast.alice, may_join_late=False)
    ask(cast, session)
    with pytest.raises(errors.AlreadyBegun):
        joining.join(actor=cast.bob, code=session.code)
    assert joining.join(actor=cast.alice, code=session.code)


def test_takes_so_many_players_and_no_more(cast, session, monkeypatch):
    monkeypatch.setattr(joining, "MOST_PLAYERS", 2)
    carl = cast.person("Carl", "STUDENT", cast.north)
    with pytest.raises(errors.SessionFull):
        joining.join(actor=carl, code=session.code)
    assert joining.join(actor=cast.bob, code=session.code)


def test_a_suspended_center_opens_no_quiz_and_goes_on_with_those_that_run(cast, session, north):
    test = make_quiz(cast)
    suspended = replace(north, status="SUSPENDED")
    Center.objects.filter(pk=north.id).update(status="SUSPENDED")
    with tenancy.enter(suspended):
        with pytest.raises(CenterSuspended):
            open_quiz(cast, test=test)
        assert ask(cast, session).state == "QUESTION"


def test_nobody_joins_what_is_over(cast, session):
    moves.finish(actor=cast.carol, session_id=session.pk)
    with pytest.raises(errors.UnknownCode):
        joining.join(actor=cast.alice, code=session.code)


def test_who_was_taken_out_stays_out_and_has_no_place(cast, session):
    ask(cast, session)
    answer(session, cast.bob, options_of(session, 1)["yes"])
    player = Player.objects.get(session=session, user=cast.bob)
    moves.remove_player(actor=cast.carol, session_id=session.pk, player_id=player.pk)
    moves.remove_player(actor=cast.carol, session_id=session.pk, player_id=player.pk)
    assert Entry.objects.filter(action="quiz.player_removed").count() == 1
    with pytest.raises(errors.PlayerRemoved):
        answer(session, cast.bob, options_of(session, 1)["yes"], seq=2)
    with pytest.raises(errors.PlayerRemoved):
        joining.join(actor=cast.bob, code=session.code)
    close(cast, session)
    assert Round.objects.get(session=session, number=1).answered == 0
    moves.finish(actor=cast.carol, session_id=session.pk)
    assert dict(Player.objects.values_list("user__first_name", "rank")) == {"Alice": 1, "Bob": None}
    with pytest.raises(errors.PlayerNotFound):
        moves.remove_player(actor=cast.carol, session_id=session.pk, player_id=unknown())
    with pytest.raises(errors.IllegalMove):
        moves.remove_player(actor=cast.carol, session_id=session.pk, player_id=player.pk)


def test_forgets_the_name_of_who_is_erased(cast, session):
    User.objects.filter(pk=cast.alice.pk).update(first_name="", last_name="", email="erased-1@erased.invalid")
    assert joining.forget_person(user_id=cast.alice.pk) == 1
    assert Player.objects.get(session=session, user=cast.alice).display_name == "erased-1"
