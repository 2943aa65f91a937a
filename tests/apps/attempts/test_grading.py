"""Marks, their revisions, sums, and the room that is finalised when the last one has them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.assignments.errors import AssignmentNotFound, IllegalMove, StillSitting
from apps.attempts import errors, queries
from apps.attempts.models import Attempt, ItemMark
from apps.attempts.operations import grading, sitting
from apps.attempts.queries import earned
from apps.mock_tests import queries as papers
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

GRADED = "attempt.graded"


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """Which gradings were announced."""
    from apps.core import bus

    seen = []
    publish_many = bus.publish_many

    def watch(events, **options):
        events = list(events)
        seen.extend(event for event in events if event.name == GRADED)
        publish_many(events, **options)

    monkeypatch.setattr(bus, "publish_many", watch)
    return seen


@pytest.fixture
def room(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, test=test)


def hand_in(person, room, **answers):
    """``person`` answers the test of two parts and hands in."""
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    return sitting.submit_attempt(attempt_id=attempt.pk, actor=person).attempt


def marks(attempt):
    rows = {mark.question_id: mark for mark in ItemMark.objects.filter(attempt=attempt)}
    return {
        name: (str(rows[journal.question_id(attempt, name)].marks), rows[journal.question_id(attempt, name)].outcome)
        for name in ("river", "verbs", "sum", "free")
    }


def status_of(room):
    return room_queries.get_assignment(assignment_id=room.pk).status


def test_marks_every_item_and_adds_up(cast, room, told):
    attempt = grading.grade_attempt(attempt_id=hand_in(cast.alice, room, river="no", verbs=["eat"], sum="42.4").pk)
    assert marks(attempt) == {
        "river": ("-0.500", "WRONG"),
        "verbs": ("0.500", "PARTIAL"),
        "sum": ("2.000", "CORRECT"),
        "free": ("0.000", "BLANK"),
    }
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score, attempt.revision) == ("GRADED", Decimal("2.000"), 1)
    assert attempt.graded_at is not None
    assert [(event.attempt_id, event.assignment_id, event.revision) for event in told] == [(attempt.pk, room.pk, 1)]


def test_handing_in_leads_to_marks_by_itself(cast, room, deliver):
    attempt = hand_in(cast.alice, room, river="yes", verbs=["eat", "see"], sum="42", free="yes")
    deliver()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score, attempt.was_expired) == ("GRADED", attempt.max_score, False)


def test_grading_again_changes_and_announces_nothing(cast, room, told):
    attempt = hand_in(cast.alice, room, sum="42")
    grading.grade_attempt(attempt_id=attempt.pk)
    before = marks(attempt)
    again = grading.grade_attempt(attempt_id=attempt.pk)
    assert (again.revision, marks(attempt), len(told)) == (1, before, 1)


def test_another_key_gives_new_marks_as_the_next_revision(cast, room, told, monkeypatch):
    attempt = hand_in(cast.alice, room, sum="42")
    grading.grade_attempt(attempt_id=attempt.pk)
    key = dict(papers.get_key(paper_id=attempt.paper_id))
    question = journal.question_id(attempt, "sum")
    key[question] = {**key[question], "score": "3"}
    monkeypatch.setattr(papers, "get_key", lambda paper_id: key)
    again = grading.grade_attempt(attempt_id=attempt.pk)
    assert (again.revision, again.score, marks(attempt)["sum"]) == (2, Decimal(3), ("3.000", "CORRECT"))
    assert ItemMark.objects.filter(attempt=attempt).count() == 4
    assert [event.revision for event in told] == [1, 2]


def test_refuses_to_mark_what_still_runs_and_leaves_void_attempts_alone(cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(StillSitting):
        grading.grade_attempt(attempt_id=attempt.pk)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    Attempt.objects.update(status="VOID")
    assert grading.grade_attempt(attempt_id=attempt.pk).score is None


# -- sums ----------------------------------------------------------------------------------------------------------


def test_facts_add_up_by_section_and_topic(cast, room, count_queries):
    attempt = hand_in(cast.alice, room, river="no", verbs=["eat", "see"], sum="42", free="yes")
    grading.grade_attempt(attempt_id=attempt.pk)
    with count_queries() as two:
        facts = earned.get_result_facts(attempt_id=attempt.pk)
    assert len(two) == 2
    items = papers.list_items(paper_id=attempt.paper_id)
    sections = {item.section_name: str(item.section_id) for item in items}
    assert facts.sections == {sections["Words"]: "0.500", sections["Counting"]: "3.000"}
    assert facts.topics == {"Kanji": "0.500", "Counting": "2.000"}
    assert (facts.score, facts.max_score, facts.revision) == (Decimal("3.500"), Decimal(5), 1)
    assert (facts.display_name, facts.assignment_id, facts.student_id) == ("Alice North", room.pk, cast.alice.pk)
    attempt.refresh_from_db()
    assert facts.seconds_taken == pytest.approx((attempt.finished_at - attempt.started_at).total_seconds())


def test_facts_of_a_room_take_as_few_queries_as_of_one(cast, room, count_queries):
    ids = {grading.grade_attempt(attempt_id=hand_in(person, room).pk).pk for person in (cast.alice, cast.bob)}
    with count_queries() as two:
        assert {facts.attempt_id for facts in earned.list_result_facts(assignment_id=room.pk)} == ids
    assert len(two) == 2


def test_there_are_no_facts_before_there_are_marks(cast, room):
    attempt = hand_in(cast.alice, room)
    with pytest.raises(errors.NotGradedYet):
        earned.get_result_facts(attempt_id=attempt.pk)
    assert earned.list_result_facts(assignment_id=room.pk) == []


def test_nobody_is_called_by_their_whole_address(cast):
    cast.bob.first_name = cast.bob.last_name = ""
    assert queries.display_name(cast.bob) == "bob"


# -- finalising ----------------------------------------------------------------------------------------------------


def test_the_last_marks_of_a_closed_room_finalise_it(cast, room, deliver):
    alices, bobs = hand_in(cast.alice, room), hand_in(cast.bob, room)
    rooms.close_room(assignment_id=room.pk)
    grading.grade_attempt(attempt_id=alices.pk)
    assert status_of(room) == "CLOSED"
    grading.grade_attempt(attempt_id=bobs.pk)
    assert status_of(room) == "FINALISED"


def test_an_open_room_is_not_finalised_although_all_have_marks(cast, room):
    grading.grade_attempt(attempt_id=hand_in(cast.alice, room).pk)
    assert status_of(room) == "OPEN"


def test_a_room_where_nobody_sits_any_more_is_finalised_when_it_closes(cast, room, deliver):
    grading.grade_attempt(attempt_id=hand_in(cast.alice, room).pk)
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert status_of(room) == "FINALISED"


def test_a_room_where_nobody_ever_sat_is_finalised_when_it_closes(cast, room, deliver):
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert status_of(room) == "FINALISED"


def test_a_room_with_somebody_in_the_grace_waits(cast, room, deliver):
    sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert status_of(room) == "CLOSED"


def test_finalising_by_hand_refuses_while_somebody_has_to_be_waited_for(cast, room, deliver):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(StillSitting):
        grading.finalise_room(actor=cast.dora, assignment_id=room.pk)
    rooms.close_room(assignment_id=room.pk)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(StillSitting):
        grading.finalise_room(actor=cast.dora, assignment_id=room.pk)
    deliver()
    assert grading.finalise_room(actor=cast.dora, assignment_id=room.pk).status == "FINALISED"


def test_finalising_by_hand_refuses_an_open_room_and_strangers(cast, room):
    with pytest.raises(IllegalMove):
        grading.finalise_room(actor=cast.dora, assignment_id=room.pk)
    for stranger in (cast.other_teacher, cast.alice):
        with pytest.raises(AssignmentNotFound):
            grading.finalise_room(actor=stranger, assignment_id=room.pk)


# -- results -------------------------------------------------------------------------------------------------------


def test_a_result_tells_sections_topics_and_percentages(cast, room):
    attempt = hand_in(cast.alice, room, river="yes", sum="1")
    grading.grade_attempt(attempt_id=attempt.pk)
    result = earned.get_result_for(cast.dora, attempt.pk)
    assert str(result.percentage) == "20.00"
    assert [
        (p.name, str(p.score), str(p.max_score), str(p.percentage), p.items, p.correct, p.blank)
        for p in result.sections
    ] == [
        ("Words", "1.000", "2.000", "50.00", 2, 1, 1),
        ("Counting", "0.000", "3.000", "0.00", 2, 0, 1),
    ]
    assert [part.name for part in result.topics] == ["Kanji", "Counting"]
    assert result.estimate is None


@pytest.mark.parametrize(
    ("policy", "status", "is_published", "visible"),
    [
        ("IMMEDIATELY", "OPEN", False, True),
        ("AFTER_CLOSE", "OPEN", False, False),
        ("AFTER_CLOSE", "CLOSED", False, True),
        ("BY_HAND", "FINALISED", False, False),
        ("BY_HAND", "CLOSED", True, True),
    ],
)
def test_students_see_results_by_the_rooms_policy_and_staff_always(cast, room, policy, status, is_published, visible):
    attempt = hand_in(cast.alice, room)
    grading.grade_attempt(attempt_id=attempt.pk)
    type(room).objects.update(result_policy=policy, status=status, is_published=is_published)
    assert earned.get_result_for(cast.dora, attempt.pk).attempt == attempt
    if visible:
        assert earned.get_result_for(cast.alice, attempt.pk).attempt == attempt
    else:
        with pytest.raises(errors.ResultNotReleased):
            earned.get_result_for(cast.alice, attempt.pk)
    with pytest.raises(errors.AttemptNotFound):
        earned.get_result_for(cast.bob, attempt.pk)


def review(person, attempt):
    return earned.get_review_for(person, attempt.pk, sign=lambda attempt: lambda media: media)


def test_a_review_needs_released_results_and_an_open_review(cast, room):
    attempt = hand_in(cast.alice, room, free="yes")
    grading.grade_attempt(attempt_id=attempt.pk)
    with pytest.raises(errors.ResultNotReleased):
        review(cast.alice, attempt)
    type(room).objects.update(result_policy="IMMEDIATELY")
    with pytest.raises(errors.ReviewClosed):
        review(cast.alice, attempt)
    type(room).objects.update(is_review_open=True)
    with pytest.raises(errors.ReviewClosed):
        review(cast.alice, attempt)
    type(room).objects.update(status="CLOSED")
    item = review(cast.alice, attempt).items[str(journal.question_id(attempt, "free"))]
    yes = journal.option_id(attempt, "free", "yes")
    assert (item["response"], item["outcome"], item["key"]["fractions"][yes]) == (yes, "CORRECT", "1")
    assert item["explanation"] == "Because."


def test_a_review_is_closed_as_long_as_anybody_may_sit(cast):
    room = make_room(cast, cast.alice, attempts_allowed=2, result_policy="IMMEDIATELY", is_review_open=True)
    first = hand_in(cast.alice, room)
    grading.grade_attempt(attempt_id=first.pk)
    with pytest.raises(errors.ReviewClosed):
        review(cast.alice, first)
    second = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(errors.ReviewClosed):
        review(cast.alice, first)
    sitting.submit_attempt(attempt_id=second.pk, actor=cast.alice, at=second.started_at + timedelta(seconds=1))
    with pytest.raises(errors.ReviewClosed):
        review(cast.alice, first)
    type(room).objects.filter(pk=room.pk).update(status="CLOSED")
    assert review(cast.alice, first).attempt == first
    assert review(cast.dora, first).attempt == first
