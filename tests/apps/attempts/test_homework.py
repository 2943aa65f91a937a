"""Working on homework: attempts, practice, checked answers, standings."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

import pytest

from apps.assignments.errors import AssignmentNotFound, DeadlinePassed, HomeworkNotFound, NoPractice
from apps.assignments.models import ExamAssignment, HomeworkAssignment
from apps.assignments.operations import homework as giving
from apps.attempts import errors, queries
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, RefusedAnswer
from apps.attempts.operations import granting, handing_in, homework, journal, sitting, voiding
from apps.attempts.queries import figures, visibility
from apps.attempts.queries import homework as standings
from apps.attempts.rules import shown
from apps.core import clock
from apps.leaderboards.models import ExamResult
from tests.factories import make_room
from tests.homework import make_homework

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def begin(person, work, *, quiz=True, **how):
    item = next(item for item in work.items.all() if (item.mock_test.kind == "QUIZ") is quiz)
    return homework.start_item(actor=person, homework_id=work.pk, item_id=item.pk, **how).attempt


def questions(attempt):
    """Of an attempt by their texts, as its paper shows them."""
    return {q["text"]: q for _, q in shown.questions_of(queries.render_paper(attempt, sign=str))}


def check(person, attempt, name, chosen, **how):
    asked = questions(attempt)[name]
    given = chosen
    if isinstance(chosen, str) and asked["options"]:
        given = [option["text"] for option in asked["options"]].index(chosen)
    question = uuid.UUID(asked["id"])
    return homework.check_answer(actor=person, attempt_id=attempt.pk, question=question, given=given, **how)


def save(person, attempt, name, response, seq, epoch=1):
    answer = {"seq": seq, "question": questions(attempt)[name]["id"], "response": response}
    return journal.save_answers(actor=person, attempt_id=attempt.pk, epoch=epoch, answers=[answer])


def option(attempt, name, text):
    return next(option["id"] for option in questions(attempt)[name]["options"] if option["text"] == text)


# -- beginning -----------------------------------------------------------------------------------------------------


def test_an_item_is_begun_gone_on_with_and_begun_again(cast):
    work = make_homework(cast, cast.alice, attempts_allowed=2)
    first, again = begin(cast.alice, work), begin(cast.alice, work)
    assert first.pk == again.pk
    homework.hand_in(actor=cast.alice, attempt_id=first.pk, answers={})
    second = begin(cast.alice, work)
    assert (second.number, second.is_practice) == (2, False)
    homework.hand_in(actor=cast.alice, attempt_id=second.pk, answers={})
    with pytest.raises(errors.NoAttemptsLeft):
        begin(cast.alice, work)


def test_it_may_be_named_by_its_test(cast):
    work = make_homework(cast, cast.alice)
    item = work.items.first()
    by_test = homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=item.mock_test_id, kind="MOCK_TEST")
    assert by_test.attempt.assignment_id == item.room_id
    with pytest.raises(HomeworkNotFound):
        homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=item.mock_test_id, kind="QUIZ")


def test_nothing_begins_after_the_deadline_and_what_runs_ends_at_it(cast):
    work = make_homework(cast, cast.alice, cast.bob, deadline=clock.now() + timedelta(minutes=10))
    attempt = begin(cast.alice, work)
    assert attempt.deadline_at == work.deadline
    for at in (work.deadline, work.deadline + HOUR):
        with pytest.raises(DeadlinePassed):
            begin(cast.bob, work, at=at)
    assert begin(cast.bob, work, at=work.deadline - timedelta(milliseconds=1)).deadline_at == work.deadline


def test_the_door_of_exams_does_not_open_it(cast):
    make_homework(cast, cast.alice, practice="ALWAYS")
    for room in ExamAssignment.objects.all():
        with pytest.raises(AssignmentNotFound):
            sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)


def test_others_find_nothing_to_begin(cast):
    work = make_homework(cast, cast.alice)
    item = work.items.first()
    for person in (cast.bob, cast.gus):
        with pytest.raises(HomeworkNotFound):
            homework.start_item(actor=person, homework_id=work.pk, item_id=item.pk)
    with pytest.raises(HomeworkNotFound):
        homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=uuid.uuid4())


def test_a_homework_is_never_finalised_by_its_last_marks(cast, deliver):
    work = make_homework(cast, cast.alice)
    attempt = begin(cast.alice, work)
    room_id = attempt.assignment_id
    ExamAssignment.objects.filter(pk=room_id).update(status="CLOSED", closed_at=clock.now())
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    granting.close_attempts_of(assignment_id=room_id)
    deliver()
    assert ExamAssignment.objects.get(pk=room_id).status == "CLOSED"


# -- practice ------------------------------------------------------------------------------------------------------


def test_practice_runs_beside_what_counts_and_counts_for_nothing(cast, deliver):
    work = make_homework(cast, cast.alice, practice="ALWAYS", show_results_immediately=True)
    counted, practice = begin(cast.alice, work), begin(cast.alice, work, practice=True)
    assert counted.pk != practice.pk
    assert (counted.is_practice, practice.is_practice) == (False, True)
    river = questions(practice)["river"]["id"]
    homework.hand_in(actor=cast.alice, attempt_id=practice.pk, answers={river: option(practice, "river", "yes")})
    deliver()
    practice.refresh_from_db()
    assert practice.score == 1
    own = standings.standings(homework=[work], student_ids=[cast.alice.pk])
    assert [(standing.begun, standing.status, standing.counting) for standing in own.values()] == [
        (1, "In Progress", None)
    ]
    assert not ExamResult.objects.exists()
    assert figures.own_results(cast.alice) == []
    assert figures.own_figures(cast.alice).completed == 0
    assert figures.own_figures(cast.alice).average is None
    assert figures.own_skills(cast.alice) == []
    assert figures.count_attempts().all == 1
    assert figures.of_students(cast.carol, [cast.alice.pk]).recent == []
    history = standings.own_history(cast.alice, work.pk)[1]
    assert history == []


def test_homework_has_no_board_and_no_place_among_exams(cast, deliver):
    work = make_homework(cast, cast.alice)
    attempt = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    deliver()
    assert not ExamResult.objects.exists()
    exam = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    sitting.submit_attempt(actor=cast.alice, attempt_id=exam.pk)
    deliver()
    assert ExamResult.objects.get().attempt_id == exam.pk
    assert figures.own_figures(cast.alice).completed == 1


def test_there_is_practice_when_the_homework_says_so(cast):
    never = make_homework(cast, cast.alice)
    later = make_homework(cast, cast.alice, practice="AFTER_DEADLINE")
    for work in (never, later):
        with pytest.raises(NoPractice):
            begin(cast.alice, work, practice=True)
    at = later.deadline + HOUR
    attempt = begin(cast.alice, later, practice=True, at=at)
    assert (attempt.is_practice, attempt.deadline_at) == (True, at + timedelta(minutes=30))
    with pytest.raises(NoPractice):
        begin(cast.alice, never, practice=True, at=at)


def test_what_was_right_in_practice_is_shown_once_nothing_counts_any_more(cast):
    work = make_homework(cast, cast.alice, practice="ALWAYS")
    attempt = begin(cast.alice, work, practice=True)
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    seen = queries.get_attempt_for(cast.alice, attempt.pk)
    assert visibility.are_marks_visible(cast.alice, seen)
    assert not visibility.is_key_open(cast.alice, seen)
    ExamAssignment.objects.filter(kind="HOMEWORK").update(status="CLOSED")
    assert visibility.is_key_open(cast.alice, queries.get_attempt_for(cast.alice, attempt.pk))


# -- checking ------------------------------------------------------------------------------------------------------


def test_a_check_writes_the_answer_down_and_tells_of_this_question_alone(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice, attempts_allowed=1))
    verdict = check(cast.alice, attempt, "river", "no")
    asked = questions(attempt)["river"]
    assert (verdict.outcome, verdict.marks, verdict.is_correct) == ("WRONG", 0, False)
    assert verdict.response == option(attempt, "river", "no")
    assert asked["options"][verdict.right_place]["text"] == "yes"
    assert asked["options"][verdict.chosen_place]["text"] == "no"
    assert verdict.key == {"fractions": {o["id"]: "1" if o["text"] == "yes" else "0" for o in asked["options"]}}
    entry = AnswerEntry.objects.get(attempt_id=attempt.pk)
    assert (entry.epoch, entry.seq, str(entry.question_id), entry.response) == (1, 1, asked["id"], verdict.response)
    attempt.refresh_from_db()
    assert attempt.finals == [uuid.UUID(asked["id"])]


@pytest.mark.parametrize(
    ("chosen", "place_is_known"), [("yes", True), ("no", False), (None, False)], ids=["right", "wrong", "blank"]
)
def test_as_long_as_another_attempt_may_count_a_check_tells_right_or_wrong_alone(cast, chosen, place_is_known):
    attempt = begin(cast.alice, make_homework(cast, cast.alice, attempts_allowed=2))
    verdict = check(cast.alice, attempt, "river", chosen)
    assert verdict.is_correct is (chosen == "yes")
    assert (verdict.key, verdict.explanation) == (None, "")
    assert verdict.right_place == (verdict.chosen_place if place_is_known else None)


@pytest.mark.parametrize(
    ("counting", "told"), [("BEST", [False, False, True]), ("LAST", [False, False, True]), ("FIRST", [True] * 3)]
)
def test_the_key_comes_with_the_last_attempt_that_can_count(cast, counting, told):
    work = make_homework(cast, cast.alice, counting=counting, attempts_allowed=3)
    seen = []
    for _ in told:
        attempt = begin(cast.alice, work)
        seen.append(check(cast.alice, attempt, "river", "no").key is not None)
        homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    assert seen == told


def test_a_void_attempt_gives_the_question_back(cast):
    work = make_homework(cast, cast.alice, attempts_allowed=2)
    first = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=first.pk, answers={})
    voiding.void_attempt(actor=cast.carol, attempt_id=first.pk, reason="A power cut.")
    assert check(cast.alice, begin(cast.alice, work), "river", "no").key is None


def test_past_the_deadline_nothing_follows_so_the_key_is_told(cast):
    work = make_homework(cast, cast.alice)
    attempt = begin(cast.alice, work)
    assert check(cast.alice, attempt, "river", "no").key is None
    ExamAssignment.objects.filter(pk=attempt.assignment_id).update(closes_at=clock.now())  # accommodated, they sit on
    assert check(cast.alice, attempt, "river", "no").key is not None


@pytest.mark.parametrize(("counting", "told_after_the_first"), [("BEST", False), ("LAST", False), ("FIRST", True)])
def test_practice_tells_the_key_when_attempts_that_count_have_no_use_for_it(cast, counting, told_after_the_first):
    work = make_homework(cast, cast.alice, practice="ALWAYS", counting=counting, attempts_allowed=2)
    practice = begin(cast.alice, work, practice=True)

    def is_told():
        return check(cast.alice, practice, "river", "no").key is not None

    assert not is_told()
    first = begin(cast.alice, work)
    assert not is_told()
    homework.hand_in(actor=cast.alice, attempt_id=first.pk, answers={})
    assert is_told() is told_after_the_first
    second = begin(cast.alice, work)
    assert not is_told()
    homework.hand_in(actor=cast.alice, attempt_id=second.pk, answers={})
    assert is_told()


def test_where_results_come_later_nothing_is_checked_unless_the_teacher_says_so(cast):
    later = make_homework(cast, cast.alice, show_results_immediately=False)
    assert later.checking == "NEVER"
    with pytest.raises(errors.MayNotCheck):
        check(cast.alice, begin(cast.alice, later), "river", "yes")
    said = make_homework(cast, cast.alice, show_results_immediately=False, checking="QUIZZES")
    assert check(cast.alice, begin(cast.alice, said), "river", "yes").is_correct


def test_results_that_come_to_be_shown_later_end_checking_unless_the_teacher_says_otherwise(cast):
    work, said = make_homework(cast, cast.alice), make_homework(cast, cast.alice)
    change = partial(giving.update_homework, actor=cast.carol, show_results_immediately=False)
    assert change(homework_id=work.pk).checking == "NEVER"
    assert change(homework_id=said.pk, checking="QUIZZES").checking == "QUIZZES"
    again = giving.update_homework(actor=cast.carol, homework_id=said.pk, show_results_immediately=False, title="Same")
    assert again.checking == "QUIZZES"


def test_a_time_out_is_an_answer_too(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    verdict = check(cast.alice, attempt, "river", None)
    assert (verdict.outcome, verdict.marks, verdict.response, verdict.chosen_place) == ("BLANK", 0, None, None)
    with pytest.raises(errors.AnswerFinal):
        save(cast.alice, attempt, "river", option(attempt, "river", "yes"), seq=9)
    assert AnswerEntry.objects.get().response is None


def test_it_is_final_for_saves_for_another_check_and_for_the_end(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    check(cast.alice, attempt, "river", "no")
    yes = option(attempt, "river", "yes")
    with pytest.raises(errors.AnswerFinal) as refused:
        save(cast.alice, attempt, "river", yes, seq=5)
    assert refused.value.details["refused"] == [{"seq": 5, "code": "answer_final"}]
    assert RefusedAnswer.objects.get().code == "answer_final"
    with pytest.raises(errors.AnswerFinal):
        check(cast.alice, attempt, "river", "yes")
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    with pytest.raises(errors.AnswerFinal):
        save(cast.alice, attempt, "river", yes, seq=1, epoch=2)
    river = questions(attempt)["river"]["id"]
    whole = homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={river: yes})
    assert whole.refused == {river: "answer_final"}
    assert AnswerSheet.objects.get().answers == {river: option(attempt, "river", "no")}


def test_other_questions_stay_open(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    check(cast.alice, attempt, "river", "no")
    assert save(cast.alice, attempt, "sum", "42", seq=2).acked == [2]
    assert save(cast.alice, attempt, "sum", "41", seq=3).acked == [3]


def test_again_it_tells_the_same_and_writes_nothing(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    assert check(cast.alice, attempt, "river", "yes") == check(cast.alice, attempt, "river", "yes")
    assert AnswerEntry.objects.count() == 1
    attempt.refresh_from_db()
    assert len(attempt.finals) == 1


def test_who_numbers_their_answers_numbers_this_one_too(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    save(cast.alice, attempt, "sum", "42", seq=1)
    check(cast.alice, attempt, "river", "yes", epoch=1, seq=2)
    assert save(cast.alice, attempt, "sum", "40", seq=3).acked == [3]
    with pytest.raises(errors.BadAnswer):
        check(cast.alice, attempt, "verbs", [0], epoch=1, seq=3)
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    with pytest.raises(errors.TakenOver):
        check(cast.alice, attempt, "verbs", [0], epoch=1, seq=4)
    attempt.refresh_from_db()
    assert len(attempt.finals) == 1


@pytest.mark.parametrize(
    ("chosen", "outcome"), [(["eat", "run"], "CORRECT"), (["eat"], "PARTIAL"), (["table"], "WRONG")]
)
def test_several_choices_are_checked_together(cast, chosen, outcome):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    texts = [option["text"] for option in questions(attempt)["verbs"]["options"]]
    verdict = check(cast.alice, attempt, "verbs", [texts.index(text) for text in chosen])
    assert (verdict.outcome, verdict.right_place) == (outcome, None)


def test_what_is_no_answer_is_refused_and_nothing_is_final(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    for given in (7, "nonsense", {"a": 1}):
        with pytest.raises(errors.BadAnswer):
            check(cast.alice, attempt, "river", given if given != "nonsense" else [given])
    with pytest.raises(errors.BadAnswer):
        homework.check_answer(actor=cast.alice, attempt_id=attempt.pk, question=uuid.uuid4(), given=0)
    attempt.refresh_from_db()
    assert attempt.finals == []
    assert not AnswerEntry.objects.exists()


def test_never_in_exams_nor_where_the_homework_does_not_say_so(cast):
    exam = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    quizzes, never = make_homework(cast, cast.alice), make_homework(cast, cast.alice, checking="NEVER")
    for attempt in (exam, begin(cast.alice, quizzes, quiz=False), begin(cast.alice, never)):
        with pytest.raises(errors.MayNotCheck):
            check(cast.alice, attempt, "river", "yes")
    always = make_homework(cast, cast.alice, checking="ALWAYS")
    assert check(cast.alice, begin(cast.alice, always, quiz=False), "river", "yes").is_correct


def test_only_whose_it_is_and_only_while_it_runs(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice, cast.bob))
    for person in (cast.bob, cast.carol):
        with pytest.raises(errors.AttemptNotFound):
            check(person, attempt, "river", "yes")
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    with pytest.raises(errors.AttemptClosed):
        check(cast.alice, attempt, "river", "yes")


def test_nothing_is_told_after_the_time(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    Attempt.objects.update(started_at=clock.now() - 2 * HOUR, deadline_at=clock.now() - HOUR)
    with pytest.raises(errors.AttemptClosed):
        check(cast.alice, attempt, "river", "yes")
    assert Attempt.objects.get().status == "EXPIRED"


# -- handing in and standing ---------------------------------------------------------------------------------------


def test_what_was_checked_is_what_is_marked_at_once(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    check(cast.alice, attempt, "river", "yes")
    check(cast.alice, attempt, "sum", "42")
    whole = homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    assert (whole.handed_in.attempt.status, whole.handed_in.attempt.score) == ("GRADED", 3)
    again = homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    assert again.handed_in.receipt == whole.handed_in.receipt


def test_exams_are_not_handed_in_by_this_door(cast):
    exam = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    with pytest.raises(errors.NotHomework):
        homework.hand_in(actor=cast.alice, attempt_id=exam.pk, answers={})
    exam.refresh_from_db()
    assert exam.is_running


@pytest.mark.parametrize(("counting", "number"), [("BEST", 2), ("FIRST", 1), ("LAST", 3)])
def test_which_attempt_counts(cast, counting, number):
    work = make_homework(cast, cast.alice, counting=counting)
    for answers in ({"river": "no"}, {"river": "yes", "sum": "42"}, {"river": "yes"}):
        attempt = begin(cast.alice, work)
        asked = questions(attempt)
        given = {
            asked[name]["id"]: text if name == "sum" else option(attempt, name, text) for name, text in answers.items()
        }
        homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers=given)
    (standing,) = standings.standings(homework=[work], student_ids=[cast.alice.pk]).values()
    assert (standing.counting.number, standing.begun, standing.ended) == (number, 3, 3)
    (submission,) = standings.own_results(cast.alice, work.pk)[1]
    assert submission.attempt.number == number
    numbers = [entry.attempt.number for entry in standings.own_history(cast.alice, work.pk)[1]]
    assert numbers == [3, 2, 1]


def test_the_status_of_an_item_is_not_started_in_progress_or_completed(cast):
    work = make_homework(cast, cast.alice)
    own = lambda: [row.items[1][1].status for row in standings.overview(homework=work, students=[cast.alice])]  # noqa: E731
    assert own() == ["Not Started"]
    attempt = begin(cast.alice, work)
    assert own() == ["In Progress"]
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    assert own() == ["Completed"]
    Attempt.objects.update(status="VOID")
    assert own() == ["Not Started"]


def test_whose_time_is_up_is_not_in_progress_any_more(cast):
    work = make_homework(cast, cast.alice)
    begin(cast.alice, work)
    Attempt.objects.update(started_at=clock.now() - 2 * HOUR, deadline_at=clock.now() - HOUR)
    (standing,) = standings.standings(homework=[work], student_ids=[cast.alice.pk]).values()
    assert not standing.is_running


def test_the_overview_takes_the_same_queries_for_many_as_for_few(cast, count_queries):
    work = make_homework(cast, cast.alice, cast.bob)
    attempt = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    found, students = standings.list_students_for(cast.carol, work.pk)
    with count_queries() as one:
        standings.overview(homework=found, students=[cast.alice])
    begin(cast.bob, work)
    with count_queries() as two:
        rows = standings.overview(homework=found, students=students)
    assert len(one) + 1 == len(two)  # the students themselves
    assert {row.student.pk: row.completed for row in rows} == {cast.alice.pk: 1, cast.bob.pk: 0}


def test_marks_are_shown_at_once_or_after_the_deadline(cast):
    work = make_homework(cast, cast.alice, show_results_immediately=False)
    with pytest.raises(errors.AttemptNotFound):
        standings.own_results(cast.alice, work.pk)
    attempt = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    with pytest.raises(errors.ResultNotReleased):
        standings.own_results(cast.alice, work.pk)
    assert standings.own_history(cast.alice, work.pk)[1][0].outcome is None
    ExamAssignment.objects.update(status="CLOSED", closed_at=clock.now())
    HomeworkAssignment.objects.update(deadline=clock.now())
    assert standings.own_results(cast.alice, work.pk)[1][0].outcome is not None


def test_what_answers_would_earn_is_told_in_practice_only(cast):
    work = make_homework(cast, cast.alice, practice="ALWAYS")
    counted, practice = begin(cast.alice, work), begin(cast.alice, work, practice=True)
    with pytest.raises(errors.NotBeforeTheEnd):
        standings.shown_result(cast.alice, counted.pk, {})
    asked = questions(practice)
    given = {asked["river"]["id"]: option(practice, "river", "yes"), asked["sum"]["id"]: 7}
    told = standings.shown_result(cast.alice, practice.pk, given)
    assert (told.outcome.total, told.outcome.correct, told.outcome.items) == (1, 1, 3)
    assert not AnswerEntry.objects.exists()
    homework.hand_in(actor=cast.alice, attempt_id=counted.pk, answers={})
    assert standings.shown_result(cast.alice, counted.pk, given).outcome.total == 0
    exam = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    with pytest.raises(errors.NotHomework):
        standings.shown_result(cast.alice, exam.pk, {})


def test_batches_with_a_final_answer_keep_their_other_answers(cast):
    attempt = begin(cast.alice, make_homework(cast, cast.alice))
    check(cast.alice, attempt, "river", "no")
    asked = questions(attempt)
    answers = [
        {"seq": 2, "question": asked["river"]["id"], "response": option(attempt, "river", "yes")},
        {"seq": 3, "question": asked["sum"]["id"], "response": "42"},
    ]
    saved = journal.save_answers(actor=cast.alice, attempt_id=attempt.pk, epoch=1, answers=answers)
    assert (saved.acked, [tuple(one) for one in saved.refused]) == ([3], [(2, "answer_final")])
    handed_in = handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers={})
    assert handed_in.handed_in.entry_count == 2
