"""Quizzes of homework that go one by one: the server keeps the seconds of each question."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.assignments.errors import BadCourse
from apps.assignments.models import Accommodation, ExamAssignment
from apps.assignments.operations import homework as homeworks
from apps.attempts import errors, queries
from apps.attempts.models import Attempt, RefusedAnswer, TimeGrant
from apps.attempts.operations import accommodating, granting, handing_in, homework, journal, listening, sitting
from apps.attempts.queries import own_time, seats, submissions
from apps.attempts.rules import shown
from apps.core import clock
from apps.mock_tests.operations.authoring import quizzes
from tests import factories
from tests.apps.attempts.recordings import make_recording
from tests.factories import make_room
from tests.homework import make_homework
from tests.stopped import stopped_clock

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)
GRACE = 5 * SECOND
NAMES = ["river", "verbs", "sum"]


class Time:
    """The moment at which everything happens."""

    def __init__(self):
        self.zero = self.at = clock.now()

    def put(self, after):
        """So many seconds after the start."""
        self.at = self.zero + (after if isinstance(after, timedelta) else after * SECOND)


@pytest.fixture
def time():
    moving = Time()
    with stopped_clock(lambda: moving.at):
        yield moving


def make_quiz(cast, **changes):
    """``river`` has twenty seconds, ``verbs`` the usual thirty, ``sum`` forty-five."""
    changes = {"title": "Kana", "default_question_seconds": 30, **changes}
    asked = [{**factories.RIVER, "seconds": 20}, factories.VERBS, {**factories.SUM, "seconds": 45}]
    quiz = quizzes.create_quiz(actor=cast.carol, changes=changes, questions=asked)
    quizzes.publish_quiz(actor=cast.carol, quiz_id=quiz.pk)
    return quiz


def give(cast, *people, **fields):
    fields = {"is_one_by_one": True, "mock_test_ids": [], "quiz_ids": [make_quiz(cast).pk], **fields}
    return make_homework(cast, *people, **fields)


def begin(person, work, **how):
    return homework.start_item(actor=person, homework_id=work.pk, item_id=work.items.get().pk, **how).attempt


@pytest.fixture
def attempt(cast, time):
    """Alice's, in a quiz without checks: twenty, thirty and forty-five seconds."""
    return begin(cast.alice, give(cast, cast.alice, checking="NEVER"))


def questions(attempt):
    return {q["text"]: q for _, q in shown.questions_of(queries.render_paper(attempt, sign=str))}


def save(attempt, name, seq, response=None):
    """What becomes of one answer: nothing if it is taken, else its code."""
    question = questions(attempt)[name]["id"]
    given = {"seq": seq, "question": question, "response": response}
    try:
        journal.save_answers(actor=attempt.student, attempt_id=attempt.pk, epoch=1, answers=[given])
    except errors.Conflict as refusal:
        return refusal.code
    return None


def seen(attempt):
    """What the paper shows at this moment."""
    attempt = queries.get_attempt_for(attempt.student, attempt.pk)
    return [q["text"] for _, q in shown.questions_of(queries.render_paper(attempt, sign=str, at=attempt.server_time))]


def ends(attempt):
    attempt.refresh_from_db()
    return [(end - attempt.started_at) / SECOND for end in attempt.step_ends]


# -- the steps -----------------------------------------------------------------------------------------------------


def test_each_question_is_a_step_with_its_seconds(attempt):
    assert [(step["kind"], step["name"], step["seconds"]) for step in attempt.course] == [
        ("QUESTION", "Question 1", 20),
        ("QUESTION", "Question 2", 30),
        ("QUESTION", "Question 3", 45),
    ]
    assert [step["question"] for step in attempt.course] == [questions(attempt)[name]["id"] for name in NAMES]
    assert ends(attempt) == [20, 50, 95]
    assert (attempt.deadline_at - attempt.started_at) == 95 * SECOND
    ledger = TimeGrant.objects.filter(attempt=attempt).values_list("kind", "step", "seconds")
    assert list(ledger) == [("QUESTION", 0, 20), ("QUESTION", 1, 30), ("QUESTION", 2, 45)]


def test_where_answers_are_checked_there_is_time_between_them_to_read_what_was_right(cast, time):
    attempt = begin(cast.alice, give(cast, cast.alice))
    assert [step["kind"] for step in attempt.course] == ["QUESTION", "BREAK", "QUESTION", "BREAK", "QUESTION"]
    assert ends(attempt) == [20, 30, 60, 70, 115]
    time.put(25)
    assert (seen(attempt), save(attempt, "river", 1), save(attempt, "verbs", 2)) == ([], None, "section_not_open")
    time.put(31)
    assert (seen(attempt), save(attempt, "river", 3)) == (["verbs"], "section_closed")


@pytest.mark.parametrize(("name", "begins", "over"), [("river", 0, 20), ("verbs", 20, 50), ("sum", 50, 95)], ids=NAMES)
def test_a_question_takes_answers_in_its_time_and_its_grace_to_the_millisecond(attempt, time, name, begins, over):
    told = {}
    for moment in (
        begins * SECOND - MS,
        begins * SECOND,
        over * SECOND,
        over * SECOND + GRACE,
        over * SECOND + GRACE + MS,
    ):
        if moment < timedelta():
            continue
        time.put(moment)
        told[moment / SECOND] = save(attempt, name, seq=len(told) + 1)
    last = "too_late" if name == "sum" else "section_closed"
    early = {begins - 0.001: "section_not_open"} if begins else {}
    assert told == {**early, begins: None, over: None, over + 5: None, over + 5.001: last}
    assert list(RefusedAnswer.objects.values_list("code", flat=True)) == [last]  # what came too early is sent again


def test_only_the_question_whose_time_it_is_can_be_seen(attempt, time):
    told = []
    for moment in (0, 19.999, 20, 49.999, 50, 94.999, 95):
        time.put(moment)
        told.append(seen(attempt))
    assert told == [["river"], ["river"], ["verbs"], ["verbs"], ["sum"], ["sum"], ["sum"]]


def test_nothing_that_a_student_can_ask_shows_a_question_before_its_time(api, cast, time):
    asked = [
        {"text": word, "explanation": f"why {word}", "given": factories.options(**{f"{word}A": "1", f"{word}B": "0"})}
        for word in ("badger", "heron", "otter")
    ]
    changes = {"title": "Animals", "default_question_seconds": 20}
    quiz = quizzes.create_quiz(actor=cast.carol, changes=changes, questions=asked)
    quizzes.publish_quiz(actor=cast.carol, quiz_id=quiz.pk)
    work = give(cast, cast.alice, quiz_ids=[quiz.pk], practice="ALWAYS")
    alice = api(cast.alice)
    begun = alice.post(f"homework-assignments/{work.pk}/items/{work.items.get().pk}/start/", {"practice": True})
    assert b"badger" in begun.content
    attempt = Attempt.objects.get()
    later = questions(attempt)["otter"]["id"]
    tried = {"submission_id": str(attempt.pk), "answers": {later: 0}}
    meanwhile = alice.post("submissions/show-result/", tried)
    assert meanwhile.json()["results"]["total_score"] == 0  # it is the right one
    check = alice.post(f"attempts/{attempt.pk}/check/", {"question": later, "response": 0})
    assert (check.status_code, check.json()["code"]) == (409, "section_not_open")
    parts = (
        "",
        "paper/",
        "answers/",
        "result/",
        "review/",
        "journal/",
        "events/",
        "ledger/",
        "refused-answers/",
        "receipt/",
    )
    told = [begun, meanwhile, check, *(alice.get(f"attempts/{attempt.pk}/{part}") for part in parts)]
    told += [alice.get(path) for path in (f"submissions/{attempt.pk}/", f"homework-assignments/{work.pk}/", "quizzes/")]
    told += [alice.get(f"quizzes/{quiz.pk}/"), alice.get(f"quiz-questions/?quiz={quiz.pk}"), alice.get("me/data/")]
    for answer in told:
        assert b"heron" not in answer.content
        assert b"otter" not in answer.content


# -- forward only --------------------------------------------------------------------------------------------------


def test_who_goes_on_early_takes_no_time_along_and_cannot_come_back(cast, attempt, time):
    time.put(8)
    assert save(attempt, "river", 1) is None
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    assert ends(attempt) == [8, 38, 83]
    assert save(attempt, "river", 2) == "section_closed"
    assert (seen(attempt), save(attempt, "verbs", 3)) == (["verbs"], None)
    time.put(38.5)
    assert (seen(attempt), save(attempt, "verbs", 4), save(attempt, "sum", 5)) == (["sum"], None, None)
    with pytest.raises(errors.NoNextSection):
        granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=2)


@pytest.mark.parametrize("step", [1, 2, 7, -1])
def test_a_question_is_not_skipped(cast, attempt, step):
    before = ends(attempt)
    if step < 0:
        granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=step)  # long over: nothing changes
    else:
        with pytest.raises(errors.NoNextSection):
            granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=step)
    assert (ends(attempt), seen(attempt)) == (before, ["river"])


def test_times_that_a_client_names_are_no_part_of_an_answer(api, cast, attempt, time):
    time.put(26)
    question = questions(attempt)["river"]["id"]
    for forged in ({"at": "2026-01-01T00:00:00Z"}, {"received_at": 0}, {"seconds": 1}, {"step": 0}):
        answer = {"seq": 1, "question": question, "response": None, **forged}
        told = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": [answer]})
        assert (told.status_code, told.json()["errors"][0]["code"]) == (422, "unknown_field")
    answer = {"seq": 1, "question": question, "response": None}
    told = api(cast.alice).put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": [answer]})
    assert (told.status_code, told.json()["code"]) == (409, "section_closed")


def test_a_reload_goes_on_in_the_same_question_with_its_true_time(api, cast, time):
    work = give(cast, cast.alice, checking="NEVER")
    path = f"homework-assignments/{work.pk}/items/{work.items.get().pk}/start/"
    alice = api(cast.alice)
    first = alice.post(path, {})
    time.put(33)
    again = alice.post(path, {})
    assert (first.status_code, again.status_code) == (201, 200)
    shown_now = [q["text"] for _, q in shown.questions_of(again.json()["paper"])]
    assert shown_now == ["verbs"]
    for name in ("attempt", "started_at", "deadline_at", "course", "step_ends"):
        assert again.json()[name] == first.json()[name]


def test_who_is_gone_runs_through_all_questions_and_is_closed_at_their_sum(attempt, time):
    assert save(attempt, "river", 1, questions(attempt)["river"]["options"][0]["id"]) is None
    time.put(95 * SECOND + GRACE)
    assert sitting.close_expired() == 0
    time.put(95 * SECOND + GRACE + MS)
    assert sitting.close_expired() == 1
    attempt.refresh_from_db()
    assert (attempt.status, attempt.was_expired) == ("EXPIRED", True)
    assert attempt.finished_at - attempt.started_at == 95 * SECOND
    assert len(attempt.sheet.answers) == 1


def test_handing_in_with_all_answers_at_once_takes_those_whose_time_it_is(cast, attempt, time):
    time.put(24)
    given = {questions(attempt)[name]["id"]: place for name, place in zip(NAMES, (0, [0], 42), strict=True)}
    whole = handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers=given)
    river, verbs, last = given
    assert whole.refused == {last: "section_not_open"}  # the grace of the first one is not over yet
    assert set(whole.handed_in.attempt.sheet.answers) == {river, verbs}


# -- what else moves time ------------------------------------------------------------------------------------------


def test_accommodations_give_each_question_more_and_its_breaks_nothing(cast, time):
    Accommodation.objects.create(student=cast.alice, factors={"*": "1.5"}, reason="Reads slowly", status="APPROVED")
    work = give(cast, cast.alice, cast.bob)
    attempt = begin(cast.alice, work)
    assert ends(attempt) == [30, 40, 85, 95, 162.5]
    assert ends(begin(cast.bob, work)) == [20, 30, 60, 70, 115]
    time.put(30 * SECOND + GRACE)
    assert save(attempt, "river", 1) is None
    time.put(30 * SECOND + GRACE + MS)
    assert save(attempt, "river", 2) == "section_closed"


@pytest.fixture
def watched(cast, time):
    """Alice's too, in an exam room, where staff see her and can act."""
    room = make_room(cast, cast.alice, test=make_quiz(cast), is_sectioned=True)
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


def test_an_accommodation_that_comes_late_reaches_the_questions_that_are_not_over(cast, watched, time):
    Accommodation.objects.create(student=cast.alice, factors={"*": "2"}, reason="Reads slowly", status="APPROVED")
    time.put(21)
    accommodating.accommodate(actor=cast.dora, attempt_id=watched.pk, reason="Forgotten")
    assert ends(watched) == [20, 80, 170]


def test_the_time_is_told_before_the_start_as_it_will_be(cast, time):
    Accommodation.objects.create(student=cast.bob, factors={"*": "1.5"}, reason="Reads slowly", status="APPROVED")
    for checking, total, extra in (("QUIZZES", 162.5, 47.5), ("NEVER", 142.5, 47.5)):
        work = give(cast, cast.alice, cast.bob, checking=checking)
        told = own_time.own_time(actor=cast.bob, room=work.items.get().room, at=time.at)
        assert (told.total, told.extra) == (total, extra)
        attempt = begin(cast.bob, work)
        assert (attempt.deadline_at - attempt.started_at) / SECOND == total
        assert [part.seconds for part in told.sections if part.kind == "QUESTION"] == [30, 45, 67.5]


def test_a_pause_stops_the_question_and_shows_nothing_and_it_goes_on_where_it_was(cast, watched, time):
    time.put(5)
    granting.pause(actor=cast.dora, assignment_id=watched.assignment_id, reason="Fire drill")
    time.put(300)
    assert (seen(watched), save(watched, "river", 1)) == ([], "paused")
    granting.resume(actor=cast.dora, assignment_id=watched.assignment_id)
    assert (seen(watched), ends(watched)) == (["river"], [315, 345, 390])


def test_more_time_goes_to_the_present_question(cast, watched, time):
    time.put(25)
    granting.extend(actor=cast.dora, assignment_id=watched.assignment_id, seconds=60, reason="Noise")
    assert ends(watched) == [20, 110, 155]


def test_the_deadline_of_the_homework_ends_the_questions_that_are_left(cast, time):
    work = give(cast, cast.alice, checking="NEVER", deadline=time.at + 40 * SECOND)
    attempt = begin(cast.alice, work)
    assert ends(attempt) == [20, 40, 40]


def test_who_watches_sees_the_question(cast):
    room = make_room(cast, cast.alice, test=make_quiz(cast), is_sectioned=True)
    sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - 25 * SECOND)
    (seat,) = seats.seats_for(cast.dora, room.pk).seats
    assert seat.section == "Question 2"


# -- checking ------------------------------------------------------------------------------------------------------


def check(attempt, name, given):
    question = uuid.UUID(questions(attempt)[name]["id"])
    return homework.check_answer(actor=attempt.student, attempt_id=attempt.pk, question=question, given=given)


def test_a_question_is_checked_in_its_time_and_in_its_grace_alone(cast, time):
    attempt = begin(cast.alice, give(cast, cast.alice))
    with pytest.raises(errors.SectionNotOpen):
        check(attempt, "verbs", [0])
    time.put(20 * SECOND + GRACE)  # the time ran out, and the screen asks what was right
    assert check(attempt, "river", None).outcome == "BLANK"
    time.put(60 * SECOND + GRACE + MS)
    with pytest.raises(errors.SectionClosed):
        check(attempt, "verbs", [0])
    assert check(attempt, "river", None).outcome == "BLANK"  # again tells the same
    assert save(attempt, "river", 9) == "section_closed"


def test_practice_tells_nothing_of_questions_whose_time_it_is_not(cast, time):
    attempt = begin(cast.alice, give(cast, cast.alice, practice="ALWAYS"), practice=True)
    right = {questions(attempt)["river"]["id"]: 0, questions(attempt)["sum"]["id"]: "42"}
    told = submissions.mark_meanwhile(
        submissions.with_paper(Attempt.objects.filter(pk=attempt.pk)).get(), right, at=time.at
    )
    assert told.attempt.score == Decimal(1)


# -- where it applies ----------------------------------------------------------------------------------------------


def test_a_screen_that_shows_all_questions_at_once_is_sent_away(api, cast, time):
    work = give(cast, cast.alice)
    quiz = work.items.get().mock_test_id
    start = {"homework_assignment_id": str(work.pk), "item_type": "quiz", "item_id": str(quiz)}
    answer = api(cast.alice).post("submissions/homework-start/", start)
    assert (answer.status_code, answer.json()["code"]) == (409, "one_by_one")
    assert not Attempt.objects.exists()


def test_a_quiz_that_does_not_go_one_by_one_is_open_as_a_whole(cast, time):
    attempt = begin(cast.alice, give(cast, cast.alice, is_one_by_one=False))
    assert (attempt.course, attempt.step_ends, attempt.grace_seconds) == ([], None, 10)
    assert (attempt.deadline_at - attempt.started_at) / SECOND == 30 + 30 + 45 + 3 * 10
    assert seen(attempt) == NAMES


def test_a_test_in_the_same_homework_is_open_as_a_whole(cast, time):
    work = make_homework(cast, cast.alice, is_one_by_one=True, practice="ALWAYS")
    by_kind = {item.mock_test.kind: item for item in work.items.select_related("room", "practice_room", "mock_test")}
    assert {kind: item.room.is_sectioned for kind, item in by_kind.items()} == {"MOCK_TEST": False, "QUIZ": True}
    assert by_kind["QUIZ"].practice_room.is_sectioned
    item = by_kind["MOCK_TEST"]
    assert homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=item.pk).attempt.course == []


def test_changing_it_reaches_who_begins_from_then_on(cast, time):
    work = give(cast, cast.alice, cast.bob)
    running = begin(cast.alice, work)
    homeworks.update_homework(actor=cast.carol, homework_id=work.pk, is_one_by_one=False)
    running.refresh_from_db()
    assert (len(running.course), begin(cast.bob, work).course) == (5, [])
    homeworks.update_homework(actor=cast.carol, homework_id=work.pk, is_one_by_one=True)
    assert ExamAssignment.objects.get(pk=running.assignment_id).is_sectioned


def test_teachers_say_it_over_http(api, cast):
    quiz = make_quiz(cast)
    make_homework(cast, cast.alice)  # and with it her class
    body = {
        "title": "Week two",
        "deadline": (clock.now() + timedelta(days=2)).isoformat(),
        "quiz_ids": [str(quiz.pk)],
        "assigned_user_ids": [str(cast.alice.pk)],
        "is_one_by_one": True,
    }
    made = api(cast.carol).post("homework-assignments/", body)
    assert (made.status_code, made.json()["is_one_by_one"]) == (201, True), made.content
    changed = api(cast.carol).patch(f"homework-assignments/{made.json()['id']}/", {"is_one_by_one": False})
    assert changed.json()["is_one_by_one"] is False
    assert api(cast.alice).get(f"homework-assignments/{made.json()['id']}/").json()["is_one_by_one"] is False


def test_each_attempt_has_its_own_order_where_questions_are_shuffled(cast, time):
    room = make_room(
        cast, cast.alice, test=make_quiz(cast), is_sectioned=True, shuffle_questions=True, attempts_allowed=30
    )
    orders = set()
    for _ in range(30):
        attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
        order = [q["id"] for _, q in shown.questions_of(queries.render_paper(attempt, sign=str))]
        assert [step["question"] for step in attempt.course] == order
        orders.add(tuple(order))
        sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    assert len(orders) > 1


def test_a_recording_of_a_later_question_is_not_played_before_its_time(cast, time):
    sounds = [make_recording(), make_recording()]
    asked = [{**factories.RIVER, "text": f"heard {place}", "audio_id": sound.pk} for place, sound in enumerate(sounds)]
    quiz = quizzes.create_quiz(
        actor=cast.carol, changes={"title": "Heard", "default_question_seconds": 20}, questions=asked
    )
    quizzes.publish_quiz(actor=cast.carol, quiz_id=quiz.pk)
    room = make_room(cast, cast.alice, test=quiz, is_sectioned=True, listening="LIMITED")
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    first, second = (sound.pk for sound in sounds)

    def play(recording):
        return listening.start_play(student_id=cast.alice.pk, attempt_id=attempt.pk, recording=recording)

    assert play(first).plays_left == 0
    with pytest.raises(errors.SectionNotOpen):
        play(second)
    time.put(21)
    assert play(second).plays_left == 0


def test_recordings_of_a_quiz_do_not_start_by_the_clock(cast):
    with pytest.raises(BadCourse):
        make_room(
            cast, cast.alice, test=make_quiz(cast), is_sectioned=True, listening="SYNCHRONISED", is_cued_by_clock=True
        )
