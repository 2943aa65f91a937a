"""How takers did with questions of the bank: counted from what they handed in, equal to a count by hand."""

from __future__ import annotations

import statistics
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from apps.assignments import operations as rooms
from apps.attempts import tasks
from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import item_figures, sitting
from apps.attempts.operations.voiding import void_attempt
from apps.core import tenancy
from apps.mock_tests.errors import BankQuestionNotFound
from apps.mock_tests.models import BankFigures, BankStatistics
from apps.mock_tests.operations import authoring, bank
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.queries.bank import usage as bank_usage
from tests.apps.attempts import journal
from tests.apps.mock_tests.bank.test_questions import group_of, make_question
from tests.factories import make_room, make_test, options, people_of, publish

pytestmark = pytest.mark.django_db

# Who answered what: the bank's question (worth 2), and three of the test (1, 2 and 2 marks).
CLASS = [
    {"city": "Tokyo", "river": "yes", "sum": "42"},
    {"city": "Tokyo", "river": "yes", "sum": "42"},
    {"city": "Tokyo", "river": "no", "sum": "42"},
    {"city": "Kyoto", "river": "yes"},
    {"city": "Kyoto", "river": "no"},
    {"river": "no", "sum": "1"},
]
RIGHT = [1, 1, 1, 0, 0, 0]
REST = [3, 3, 2, 1, 0, 0]


@pytest.fixture
def question(cast):
    return make_question(cast, text="city", score=Decimal(2))


@pytest.fixture
def people(cast):
    return people_of(cast, len(CLASS))


def sit(cast, question, people, answers=CLASS, **fields):
    """A test with the question is sat by as many as there are answers."""
    test = make_test(cast)
    bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    publish(cast, test)
    room = make_room(cast, *people, test=test, **fields)
    for person, given in zip(people, answers, strict=False):
        attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
        for name, response in given.items():
            journal.write(attempt, name, response)
        sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    return room


def finalise(cast, room, deliver):
    rooms.close_room(actor=cast.dora, assignment_id=room.pk)
    deliver()


def point_biserial(right, rest):
    """(M1 - M0) / s * sqrt(p * q), as textbooks have it."""
    ones = [value for is_right, value in zip(right, rest, strict=True) if is_right]
    zeros = [value for is_right, value in zip(right, rest, strict=True) if not is_right]
    p = len(ones) / len(rest)
    return (statistics.mean(ones) - statistics.mean(zeros)) / statistics.pstdev(rest) * (p * (1 - p)) ** 0.5


def test_a_finalised_room_tells_how_its_questions_did(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people), deliver)
    found = BankStatistics.objects.get()
    assert found.version_id == question.current_version_id
    assert (found.seen, found.blank, found.facility) == (6, 1, 0.5)
    assert found.discrimination == pytest.approx(point_biserial(RIGHT, REST))
    assert found.discrimination == pytest.approx(statistics.correlation(RIGHT, REST))
    shown = queries.list_questions_for(cast.carol).get()
    assert shown.current_version.statistics == found


def test_nothing_is_told_before(cast, question, people, deliver):
    sit(cast, question, people)
    deliver()
    assert not BankStatistics.objects.exists()
    assert bank_usage.usage_for(cast.carol, question.pk).attempts == 0


def test_several_papers_are_pooled_around_their_own_means(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people), deliver)
    easy = [
        {"city": "Tokyo", "river": "yes", "sum": "42"},
        {"city": "Kyoto", "river": "yes", "sum": "42"},
        {"city": "Tokyo", "river": "yes", "sum": "42", "verbs": ["eat"]},
    ]
    finalise(cast, sit(cast, question, people, easy), deliver)

    def around(one, other):
        return sum((a - statistics.mean(one)) * (b - statistics.mean(other)) for a, b in zip(one, other, strict=True))

    papers = [(RIGHT, REST), ([1, 0, 1], [3, 3, 4])]
    squares = sum(around(x, x) for x, _ in papers) * sum(around(y, y) for _, y in papers)
    found = BankStatistics.objects.get()
    assert (found.seen, found.blank) == (9, 1)
    assert found.facility == pytest.approx(5 / 9)
    assert found.discrimination == pytest.approx(sum(around(x, y) for x, y in papers) / squares**0.5)
    # The naive correlation over all nine would tell something else.
    naive = statistics.correlation([*RIGHT, 1, 0, 1], [*REST, 3, 3, 4])
    assert abs(found.discrimination - naive) > 0.01


def test_a_part_of_the_marks_is_a_part_of_the_facility(cast, people, deliver):
    half = {"type": "multiple_choice", "given": options(a="0.5", b="0.5", c="-0.5")}
    question = make_question(cast, text="parts", score=Decimal(4), **half)
    answers = [{"parts": ["a", "b"], "sum": "42"}, {"parts": ["a"], "river": "yes"}, {"parts": ["a", "c"]}]
    finalise(cast, sit(cast, question, people, answers), deliver)
    found = BankStatistics.objects.get()
    assert found.facility == pytest.approx((1 + 0.5 + 0) / 3)
    assert found.discrimination == pytest.approx(statistics.correlation([1, 0.5, 0], [2, 1, 0]))


def test_where_all_did_alike_nothing_discriminates(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people, [{"city": "Tokyo"}, {"city": "Tokyo"}]), deliver)
    found = BankStatistics.objects.get()
    assert (found.facility, found.discrimination) == (1, None)


def test_time_is_what_passed_since_the_answer_before(cast, question, people, deliver):
    room = sit(cast, question, people, [])
    for person, minutes in zip(people[:2], (1, 90), strict=True):
        attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
        lines = [("river", "yes", 30), ("city", "Kyoto", 30 + 60 * minutes), ("city", "Tokyo", 40 + 60 * minutes)]
        for seq, (name, option, seconds) in enumerate(lines, 1):
            AnswerEntry.objects.create(
                attempt=attempt,
                epoch=1,
                seq=seq,
                question_id=journal.question_id(attempt, name),
                response=journal.option_id(attempt, name, option),
                received_at=attempt.started_at + timedelta(seconds=seconds),
            )
        sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    finalise(cast, room, deliver)
    assert BankStatistics.objects.get().mean_seconds == pytest.approx(((60 + 10) + (1800 + 10)) / 2)


def test_counting_again_gives_the_same_and_mends_what_was_lost(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people), deliver)
    before = BankStatistics.objects.values("version", "seen", "facility", "discrimination", "mean_seconds").get()
    BankStatistics.objects.all().delete()
    BankFigures.objects.all().delete()
    for _ in range(2):
        assert item_figures.recount() == 1
        after = BankStatistics.objects.values("version", "seen", "facility", "discrimination", "mean_seconds").get()
        assert after == before


def test_attempts_that_do_not_count_are_counted_out(cast, question, people, deliver):
    room = sit(cast, question, people)
    finalise(cast, room, deliver)
    first = Attempt.objects.get(student=people[0], assignment=room)
    void_attempt(actor=cast.dora, attempt_id=first.pk, reason="Sat for somebody else")
    Attempt.objects.filter(student=people[1], assignment=room).update(is_practice=True)
    item_figures.recount()
    assert BankStatistics.objects.get().seen == 4


def test_each_version_has_statistics_of_its_own(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people), deliver)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"explanation": "Since 1868."})
    finalise(cast, sit(cast, question, people, CLASS[:2]), deliver)
    seen = {row.version.number: row.seen for row in BankStatistics.objects.select_related("version")}
    assert seen == {1: 6, 2: 2}


def test_the_cost_is_the_same_for_many_attempts(cast, question, people, deliver, count_queries):
    sit(cast, question, people, CLASS[:2])
    deliver()
    item_figures.recount()
    with count_queries() as few:
        item_figures.recount()
    sit(cast, question, people)
    deliver()
    with count_queries() as more:
        item_figures.recount()
    assert len(more) == len(few) <= 12


# -- where it is used ----------------------------------------------------------------------------------------------


def test_a_question_tells_in_which_tests_and_papers_it_is(cast, question, people, deliver):
    finalise(cast, sit(cast, question, people), deliver)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"explanation": "Since 1868."})
    draft = make_test(cast, title="Autumn test")
    bank.use_in_group(actor=cast.carol, group_id=group_of(draft).pk, question_ids=[question.pk])
    usage = bank_usage.usage_for(cast.other_teacher, question.pk)
    assert [(row.title, row.status, row.version) for row in usage.tests] == [
        ("Autumn test", "DRAFT", 2),
        ("Spring test", "PUBLISHED", 1),
    ]
    assert [(row.title, row.number, row.version, row.attempts) for row in usage.papers] == [("Spring test", 1, 1, 6)]
    assert usage.attempts == 6
    assert bank_usage.count_uses(question_ids=[question.pk]) == {question.pk: bank_usage.Use(2, 1, 6)}


def test_what_was_used_once_is_not_unused(cast, question):
    lonely, test = make_question(cast, text="lonely"), make_test(cast)
    assert queries.questions_for(cast.carol, unused=True).count() == 2
    bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    assert list(queries.questions_for(cast.carol, unused=True)) == [lonely]
    assert list(queries.questions_for(cast.carol, unused=False)) == [question]
    authoring.delete_test(actor=cast.carol, test_id=test.pk)
    assert queries.questions_for(cast.carol, unused=True).count() == 2
    other = make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(other).pk, question_ids=[question.pk])
    publish(cast, other)
    copy.delete()
    assert list(queries.questions_for(cast.carol, unused=True)) == [lonely]


def test_the_use_of_a_question_is_not_told_to_others(cast, question):
    for person in (cast.alice, cast.gus):
        with pytest.raises(BankQuestionNotFound):
            bank_usage.usage_for(person, question.pk)
    with tenancy.enter(cast.south), pytest.raises(BankQuestionNotFound):
        bank_usage.usage_for(cast.sybil, question.pk)


# -- each day ------------------------------------------------------------------------------------------------------


def test_every_center_is_counted_each_day_and_none_waits_for_another(cast, question, people, deliver, monkeypatch):
    finalise(cast, sit(cast, question, people), deliver)
    BankStatistics.objects.all().delete()
    sent = []

    def send(*, headers, queue):
        sent.append((headers["_schema_name"], queue))
        if headers["_schema_name"] == "c_north":
            raise ConnectionError

    monkeypatch.setattr(tasks.recount_items_of_center, "apply_async", send)
    with tenancy.enter(tenancy.PUBLIC):
        assert tasks.recount_items() == len(sent) - 1
    assert {("c_north", "bulk"), ("c_south", "bulk")} <= set(sent)
    assert tasks.recount_items_of_center() == 1
    assert BankStatistics.objects.get().seen == 6


def test_the_beat_counts_each_day():
    assert settings.CELERY_BEAT_SCHEDULE["recount_items"]["schedule"] == 86_400
