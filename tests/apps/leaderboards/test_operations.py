"""Results as they come in, and the rankings that are computed from them."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import grading
from apps.core.models import Delivery
from apps.leaderboards import operations, queries, rules
from apps.leaderboards.models import ExamResult, Rank, Ranking, RankStep
from tests import drawing
from tests.apps.attempts.samples import make_two_part_test
from tests.apps.leaderboards.samples import (
    ALL_RIGHT,
    Facts,
    hand_in,
    later,
    make_people,
    put,
    ranks,
    scores,
    steps,
)
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, cast.gus, test=test, attempts_allowed=3)


def results():
    fields = [field.name for field in ExamResult._meta.fields if field.name != "recorded_at"]
    return list(ExamResult.objects.order_by("attempt_id").values(*fields))


# -- recording -----------------------------------------------------------------------------------------------------


def test_a_graded_attempt_becomes_a_result(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="no", sum="42")
    deliver()
    result = ExamResult.objects.get()
    assert (result.attempt_id, result.assignment_id, result.student_id) == (attempt.pk, room.pk, cast.alice.pk)
    assert (result.score, result.max_score, result.revision) == (Decimal("1.5"), Decimal(5), 1)
    assert {key: Decimal(value) for key, value in result.topics.items()} == {
        "Kanji": Decimal("-0.5"),
        "Counting": Decimal(2),
    }
    assert sorted(Decimal(value) for value in result.sections.values()) == [Decimal("-0.5"), Decimal(2)]
    assert result.is_best


def test_recording_again_changes_nothing(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes")
    deliver()
    before = results()
    assert operations.record_result(attempt_id=attempt.pk) is False
    assert results() == before


def test_an_older_revision_is_ignored(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes")
    deliver()
    Attempt.objects.filter(pk=attempt.pk).update(score=99, revision=1)
    ExamResult.objects.update(revision=2)
    assert operations.record_result(attempt_id=attempt.pk) is False
    assert ExamResult.objects.get().score == 1
    Attempt.objects.filter(pk=attempt.pk).update(revision=3)
    assert operations.record_result(attempt_id=attempt.pk) is True
    assert ExamResult.objects.get().score == 99


def test_an_attempt_without_marks_is_no_result(cast, room):
    from apps.attempts.operations import sitting

    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    assert operations.record_result(attempt_id=attempt.pk) is False


def test_the_best_attempt_counts(cast, room, deliver):
    first = hand_in(cast.alice, room, river="yes")
    deliver()
    second = hand_in(cast.alice, room, river="yes", sum="42")
    deliver()
    hand_in(cast.alice, room, river="no")
    deliver()
    assert ExamResult.objects.count() == 3
    assert ExamResult.objects.get(is_best=True).attempt_id == second.pk
    Attempt.objects.filter(pk=second.pk).update(score=0, revision=2)
    operations.record_result(attempt_id=second.pk)
    assert ExamResult.objects.get(is_best=True).attempt_id == first.pk


def test_of_two_equal_attempts_the_quicker_counts(cast, room, deliver):
    slow, quick = hand_in(cast.alice, room, river="yes"), hand_in(cast.alice, room, river="yes")
    Attempt.objects.filter(pk=slow.pk).update(started_at=slow.started_at - (later(90) - later(0)))
    deliver()
    assert ExamResult.objects.get(is_best=True).attempt_id == quick.pk


def test_results_rebuilt_are_the_results_recorded(cast, room, deliver):
    for person, answers in ((cast.alice, ALL_RIGHT), (cast.bob, {"river": "no"}), (cast.alice, {}), (cast.gus, {})):
        hand_in(person, room, **answers)
        deliver()
    before = results()
    assert len(before) == 4
    ExamResult.objects.filter(student=cast.bob).delete()
    ExamResult.objects.filter(student=cast.alice).update(score=0, is_best=False)
    assert operations.rebuild_results(assignment_id=room.pk) == 4
    assert results() == before


def test_a_void_attempt_is_gone_after_a_rebuild(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes")
    deliver()
    Attempt.objects.filter(pk=attempt.pk).update(status="VOID")
    assert operations.record_result(attempt_id=attempt.pk) is False
    assert operations.rebuild_results(assignment_id=room.pk) == 0


# -- ranking -------------------------------------------------------------------------------------------------------


def test_ties_share_a_rank_and_stand_in_the_order_of_the_tie_break():
    room = uuid.uuid4()
    facts = [
        Facts(Decimal(70), seconds=300, finished_at=later(9)),
        Facts(Decimal(90)),
        Facts(Decimal(70), seconds=300, finished_at=later(3)),
        Facts(Decimal(70), seconds=299.5, finished_at=later(99)),
        Facts(Decimal("69.999")),
    ]
    put(room, facts)
    found = ranks(operations.compute_ranking(assignment_id=room, is_final=False).pk)
    assert [place.display_name for place in found] == ["Person 1", "Person 3", "Person 2", "Person 0", "Person 4"]
    assert [place.rank for place in found] == [1, 2, 2, 2, 5]
    assert [place.position for place in found] == [1, 2, 3, 4, 5]
    assert [place.percentile for place in found] == [100, 80, 80, 80, 20]


def test_a_worked_example():
    room = uuid.uuid4()
    put(room, scores(90, 90, 85, 70, 70, 70, 50, 40))
    found = ranks(operations.compute_ranking(assignment_id=room, is_final=False).pk)
    assert [(place.rank, float(place.percentile)) for place in found] == [
        *[(1, 100.0)] * 2,
        (3, 75.0),
        *[(4, 62.5)] * 3,
        (7, 25.0),
        (8, 12.5),
    ]


def test_negative_scores_rank_below_zero():
    room = uuid.uuid4()
    put(room, scores(-4, "0", "-0.333", -4))
    found = ranks(operations.compute_ranking(assignment_id=room, is_final=False).pk)
    assert [(str(place.score), place.rank) for place in found] == [
        ("0.000", 1),
        ("-0.333", 2),
        ("-4.000", 3),
        ("-4.000", 3),
    ]


def test_one_person_and_nobody():
    room = uuid.uuid4()
    empty = operations.compute_ranking(assignment_id=room, is_final=False)
    assert (empty.people, ranks(empty.pk)) == (0, [])
    put(room, scores(3))
    alone = operations.compute_ranking(assignment_id=room, is_final=False)
    assert [(place.rank, place.percentile) for place in ranks(alone.pk)] == [(1, Decimal(100))]


small = st.integers(-3, 6).map(lambda value: Decimal(value) / 2)


@settings(max_examples=drawing.up_to(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(
        st.tuples(small, small, small, st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=0, max_size=12
    )
)
def test_sql_ranks_as_the_rules_do(twelve, found):
    """Overall, per section and per topic; a part that somebody has no marks in is ranked among the others."""
    room = uuid.uuid4()
    people = twelve[: len(found)]
    facts = [
        Facts(
            score,
            seconds=600 + seconds,
            finished_at=later(finished),
            sections={"one": str(section)},
            topics={"Kanji": str(topic)} if has_topic else {},
        )
        for score, section, topic, seconds, finished, has_topic in found
    ]
    rows = put(room, facts, people) if facts else []
    ranking = operations.compute_ranking(assignment_id=room, is_final=False)
    ranked = ranks(ranking.pk)

    expected = rules.places([row.score for row in rows])
    by_student = {row.student_id: place for row, place in zip(rows, expected, strict=True)}
    assert {place.student_id: rules.Place(place.rank, place.percentile) for place in ranked} == by_student
    order = sorted(rows, key=lambda row: (-row.score, row.tie_break, row.student_id))
    assert [place.student_id for place in ranked] == [row.student_id for row in order]
    for part, values in (
        ("section:one", [Decimal(fact.sections["one"]) for fact in facts]),
        ("topic:Kanji", [Decimal(fact.topics["Kanji"]) for fact in facts if fact.topics]),
    ):
        wanted = {
            value: (place.rank, place.percentile) for value, place in zip(values, rules.places(values), strict=True)
        }
        assert steps(ranking.pk, part) == wanted

    live = queries.live_board(assignment_id=room, top=len(rows), students=[row.student_id for row in rows])
    assert [(row.student_id, row.rank, row.percentile) for row in live.top] == [
        (place.student_id, place.rank, place.percentile) for place in ranked
    ]
    assert {student: row.rank for student, row in live.rows.items()} == {
        place.student_id: place.rank for place in ranked
    }


@pytest.fixture
def twelve():
    return make_people(12)


def test_the_last_ranking_holds_until_a_result_comes_in():
    room = uuid.uuid4()
    put(room, scores(1, 2))
    first = operations.compute_ranking(assignment_id=room, is_final=False)
    assert queries.find_ranking(assignment_id=room) == first
    second = operations.compute_ranking(assignment_id=room, is_final=False)
    assert queries.find_ranking(assignment_id=room) == second
    put(room, scores(3))
    assert queries.find_ranking(assignment_id=room) is None


def test_a_final_ranking_stays_as_it_was():
    room = uuid.uuid4()
    put(room, scores(1, 2))
    final = operations.compute_ranking(assignment_id=room, is_final=True)
    before = Rank.objects.filter(ranking_id=final.pk).count(), steps(final.pk, "")
    ExamResult.objects.update(score=7)
    put(room, scores(3))
    for _ in range(4):
        operations.compute_ranking(assignment_id=room, is_final=False)
    assert queries.find_ranking(assignment_id=room) == final
    assert (Rank.objects.filter(ranking_id=final.pk).count(), steps(final.pk, "")) == before


def test_old_provisional_rankings_are_forgotten():
    room, other = uuid.uuid4(), uuid.uuid4()
    put(room, scores(1, 2))
    put(other, scores(5))
    kept = operations.compute_ranking(assignment_id=other, is_final=False)
    made = [operations.compute_ranking(assignment_id=room, is_final=False).pk for _ in range(4)]
    last = {*made[-operations.KEPT_PROVISIONAL :], kept.pk}
    assert set(Ranking.objects.values_list("pk", flat=True)) == last
    assert set(Rank.objects.values_list("ranking_id", flat=True)) == last
    assert set(RankStep.objects.values_list("ranking_id", flat=True)) == last


def test_results_are_never_rewritten_by_a_ranking():
    room = uuid.uuid4()
    put(room, scores(1, 2))
    versions = "SELECT array_agg(xmin::text ORDER BY attempt_id) FROM leaderboards_examresult"
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(versions)
        before = cursor.fetchone()
        operations.compute_ranking(assignment_id=room, is_final=True)
        cursor.execute(versions)
        assert cursor.fetchone() == before


def test_a_finalised_room_gets_its_final_ranks_even_before_its_last_result_was_told(cast, room, deliver):
    hand_in(cast.alice, room, river="yes")
    hand_in(cast.bob, room, river="yes", sum="42")
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    for _ in range(20):  # the news of the marks comes last
        Delivery.objects.filter(event="attempt.graded", done_at=None).update(due_at=later(10**8))
        if not deliver():
            break
    room.refresh_from_db()
    assert room.status == "FINALISED"
    assert {row.display_name: row.rank for row in Rank.objects.all()} == {"Bob North": 1, "Alice North": 2}
    ranking = Ranking.objects.get()
    assert ranking.is_final
    Delivery.objects.filter(event="attempt.graded", done_at=None).update(due_at=later(0))
    deliver()
    assert queries.outdated_boards() == []


def test_corrected_marks_in_a_finalised_room_make_a_new_final_ranking(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes")
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    first = Ranking.objects.get()
    assert first.is_final
    Attempt.objects.filter(pk=attempt.pk).update(score=4, revision=2)
    operations.record_result(attempt_id=attempt.pk)
    assert operations.sync_boards() == 1
    second = queries.find_ranking(assignment_id=room.pk)
    assert second is not None
    assert second.is_final
    assert second != first
    assert Rank.objects.get(ranking_id=second.pk).score == 4
    assert Rank.objects.get(ranking_id=first.pk).score == 1


def test_final_ranks_are_announced(cast):
    from apps.core import bus
    from apps.leaderboards.events import RanksFinalised

    heard = []

    def hear(event):
        heard.append(event)

    bus.subscribe(RanksFinalised)(hear)
    try:
        room = uuid.uuid4()
        put(room, scores(1))
        with transaction.atomic():
            operations.compute_ranking(assignment_id=room, is_final=False)
            ranking = operations.compute_ranking(assignment_id=room, is_final=True)
        bus.deliver_due()
        assert heard == [RanksFinalised(assignment_id=room, ranking_id=ranking.pk)]
    finally:
        bus._listeners["ranks.finalised"] = [p for p in bus._listeners["ranks.finalised"] if not p.startswith(__name__)]
        bus._by_path.pop(f"{__name__}.test_final_ranks_are_announced.<locals>.hear")


def test_regrading_is_recorded(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes")
    deliver()
    grading.grade_attempt(attempt_id=attempt.pk)
    deliver()
    assert ExamResult.objects.get().revision == 1
