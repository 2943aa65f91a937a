"""Marking by hand: what waits for whom, points within bounds, marks that complete an attempt, second marks and changes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.assignments.errors import AssignmentNotFound, StillSitting
from apps.attempts import errors, queries
from apps.attempts.models import Attempt, HandMark, ItemMark, Script
from apps.attempts.operations import grading, homework, marking, reopening, sitting, voiding
from apps.attempts.queries import earned
from apps.attempts.queries import marking as queue
from apps.audit.models import Entry
from apps.core import bus, clock
from apps.groups import operations as groups
from apps.leaderboards import operations as boards
from apps.leaderboards.models import ExamResult, Rank, Ranking
from apps.notifications.models import Notice
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_essay_test
from tests.factories import make_room, publish
from tests.homework import make_homework

pytestmark = pytest.mark.django_db

FULL = {"0": "5", "1": "3"}
HALF = {"0": "2.5", "1": "1.5"}
LETTER, DIARY = 2, 3


@pytest.fixture
def test(cast):
    test = make_essay_test(cast)
    publish(cast, test)
    return test


@pytest.fixture
def room(cast, test):
    return make_room(cast, cast.alice, cast.bob, test=test)


def hand_in(person, room, **answers):
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    return grading.grade_attempt(attempt_id=attempt.pk)


def script_of(attempt, number):
    return Script.objects.get(attempt=attempt, number=number)


def give(actor, attempt, number, scores, **rest):
    script = script_of(attempt, number)
    rest = {"revision": script.revision, **rest}
    return marking.mark_script(actor=actor, script_id=script.pk, scores=scores, **rest)


def marks(attempt):
    rows = ItemMark.objects.filter(attempt=attempt)
    names = {journal.question_id(attempt, name): name for name in ("river", "letter", "diary")}
    return {names[row.question_id]: (str(row.marks), row.outcome) for row in rows}


def now(attempt):
    attempt.refresh_from_db()
    return attempt.status, attempt.score


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """How often a kind of news was announced."""
    seen = []
    publish_many = bus.publish_many

    def watch(events, **options):
        events = list(events)
        seen.extend(event.name for event in events)
        publish_many(events, **options)

    monkeypatch.setattr(bus, "publish_many", watch)
    return seen.count


def trail(action):
    return list(Entry.objects.filter(action=action).order_by("pk"))


# -- what waits ----------------------------------------------------------------------------------------------------


def test_what_machines_can_mark_is_marked_at_once_and_the_rest_waits(cast, room, announced):
    attempt = hand_in(cast.alice, room, river="yes", letter="Dear Bob, hello.")
    assert now(attempt) == ("SUBMITTED", None)
    assert marks(attempt) == {"river": ("1.000", "CORRECT")}
    letter, diary = script_of(attempt, LETTER), script_of(attempt, DIARY)
    assert (letter.is_blank, letter.length, letter.max_marks) == (False, 16, Decimal(10))
    assert (diary.is_blank, diary.length, diary.max_marks) == (True, 0, Decimal(5))
    assert announced("attempt.awaits_marking") == 1
    assert announced("attempt.graded") == 0
    with pytest.raises(errors.NotGradedYet):
        earned.get_result_for(cast.dora, attempt.pk)


def test_grading_again_changes_nothing_while_it_waits(cast, room, announced):
    attempt = hand_in(cast.alice, room, river="no", letter="text")
    before = [*Script.objects.values(), marks(attempt)]
    grading.grade_attempt(attempt_id=attempt.pk)
    assert [*Script.objects.values(), marks(attempt)] == before
    assert announced("attempt.awaits_marking") == 1


def test_the_last_mark_completes_the_attempt(cast, room, deliver, announced):
    attempt = hand_in(cast.alice, room, river="no", letter="text", diary="text")
    give(cast.dora, attempt, LETTER, HALF, comment="Good start.")
    assert now(attempt) == ("SUBMITTED", None)
    assert marks(attempt) == {"river": ("-0.500", "WRONG"), "letter": ("5.000", "PARTIAL")}
    give(cast.dora, attempt, DIARY, {"0": "5"})
    assert now(attempt) == ("GRADED", Decimal("9.500"))
    assert marks(attempt) == {
        "river": ("-0.500", "WRONG"),
        "letter": ("5.000", "PARTIAL"),
        "diary": ("5.000", "CORRECT"),
    }
    assert announced("attempt.graded") == 1
    deliver()
    assert ExamResult.objects.get(attempt_id=attempt.pk).score == Decimal("9.500")
    parts = earned.get_result_for(cast.dora, attempt.pk).topics
    assert {part.name: (str(part.score), str(part.max_score)) for part in parts}["Writing"] == ("10.000", "15.000")


def test_a_room_is_final_only_when_every_essay_is_marked(cast, room, deliver):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    with pytest.raises(StillSitting):
        grading.finalise_room(actor=cast.dora, assignment_id=room.pk)
    give(cast.dora, attempt, LETTER, FULL)
    assert room_queries.get_assignment(assignment_id=room.pk).status == "CLOSED"
    give(cast.dora, attempt, DIARY, {"0": "0"})
    assert room_queries.get_assignment(assignment_id=room.pk).status == "FINALISED"


def test_an_attempt_without_essays_asks_no_question_more(cast, count_queries):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with count_queries() as asked:
        grading.grade_attempt(attempt_id=attempt.pk)
    assert not [query for query in asked if "attempts_script" in query["sql"] or "markingplan" in query["sql"]]
    assert now(attempt)[0] == "GRADED"


# -- points --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scores", [{}, {"0": "5"}, {"0": "4", "1": "3"}, {"0": "5", "1": "3.5"}, {"0": "5", "1": "-1"}, {"x": "1"}]
)
def test_refuses_points_out_of_bounds(cast, room, scores):
    attempt = hand_in(cast.alice, room, letter="text")
    with pytest.raises(errors.BadPoints) as refusal:
        give(cast.dora, attempt, LETTER, scores)
    assert [problem.pointer for problem in refusal.value.problems] == ["/scores"]
    assert not HandMark.objects.exists()
    assert now(attempt) == ("SUBMITTED", None)


def test_a_mark_says_who_when_and_why_and_is_written_in_the_trail(cast, room):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    at = clock.now()
    give(cast.dora, attempt, LETTER, HALF, comment="Good start.", at=at)
    script = script_of(attempt, LETTER)
    mark = script.current
    assert (mark.kind, mark.revision, mark.marks, mark.comment) == ("FIRST", 1, Decimal(5), "Good start.")
    assert (mark.marked_by_id, mark.marked_at, mark.scores) == (cast.dora.pk, at, HALF)
    (entry,) = trail("script.marked")
    assert (entry.subject_id, entry.changes["marks"]) == (str(attempt.pk), [None, "5.000"])


def test_a_mark_is_changed_for_a_reason_and_everything_follows(cast, room, deliver):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    give(cast.dora, attempt, LETTER, HALF)
    give(cast.dora, attempt, DIARY, {"0": "5"})
    deliver()
    with pytest.raises(errors.ReasonNeeded):
        give(cast.dora, attempt, LETTER, FULL)
    with pytest.raises(errors.ReasonNeeded):
        give(cast.dora, attempt, LETTER, FULL, reason="  ")
    give(cast.dora, attempt, LETTER, FULL, reason="Page 2 was overlooked.")
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score, attempt.revision) == ("GRADED", Decimal("15.000"), 2)
    deliver()
    assert ExamResult.objects.get(attempt_id=attempt.pk).score == Decimal("15.000")
    (entry,) = trail("script.changed")
    assert (entry.reason, entry.changes["marks"]) == ("Page 2 was overlooked.", ["5.000", "10.000"])
    kinds = HandMark.objects.filter(script__number=LETTER).order_by("revision").values_list("kind", flat=True)
    assert list(kinds) == ["FIRST", "CHANGED"]


def test_a_mark_on_an_older_revision_is_refused(cast, room):
    attempt = hand_in(cast.alice, room, letter="text")
    give(cast.dora, attempt, LETTER, HALF)
    with pytest.raises(errors.MarkChanged) as refusal:
        give(cast.dora, attempt, LETTER, FULL, revision=0, reason="late")
    assert refusal.value.details == {"revision": 1}
    assert script_of(attempt, LETTER).current.marks == 5


def test_a_second_mark_counts_for_nothing_until_somebody_decides(cast, room):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    script = script_of(attempt, LETTER)
    second = {"script_id": script.pk, "comment": "Too kind."}
    with pytest.raises(errors.NotMarkedYet):
        marking.mark_second(actor=cast.dora, scores=FULL, revision=0, **second)
    give(cast.dora, attempt, LETTER, FULL)
    give(cast.dora, attempt, DIARY, {"0": "0"})
    with pytest.raises(errors.SameMarker):
        marking.mark_second(actor=cast.dora, scores=HALF, revision=1, **second)
    director = cast.person("Dean", "CENTER_ADMIN")
    with pytest.raises(errors.BadPoints):
        marking.mark_second(actor=director, scores={"0": "9"}, revision=1, **second)
    marking.mark_second(actor=director, scores=HALF, revision=1, **second)
    script.refresh_from_db()
    assert (script.is_disputed, script.current.marks, script.revision) == (True, Decimal(10), 2)
    assert now(attempt) == ("GRADED", Decimal("10.000"))
    disputed = queue.scripts_for(cast.dora, queue.Wanted(state=queue.DISPUTED))
    assert [row.pk for row in disputed] == [script.pk]
    give(cast.dora, attempt, LETTER, {"0": "5", "1": "1"}, reason="Agreed on.")
    script.refresh_from_db()
    assert (script.is_disputed, script.revision) == (False, 3)
    assert now(attempt) == ("GRADED", Decimal("7.500"))


def test_a_second_mark_that_agrees_disputes_nothing(cast, room):
    attempt = hand_in(cast.alice, room, letter="text")
    give(cast.dora, attempt, LETTER, FULL)
    director = cast.person("Dean", "CENTER_ADMIN")
    script = script_of(attempt, LETTER)
    marking.mark_second(actor=director, script_id=script.pk, scores={"0": "5.0", "1": "3.00"}, revision=1)
    script.refresh_from_db()
    assert not script.is_disputed


def test_the_student_hears_of_marks_once_and_the_board_of_changes_too(cast, test, deliver):
    room = make_room(cast, cast.alice, test=test, result_policy="AFTER_CLOSE")
    attempt = hand_in(cast.alice, room, letter="text")
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk)
    deliver()
    about = Notice.objects.filter(user=cast.alice, message="What you wrote in Mock exam is marked.")
    assert not about.exists()
    give(cast.dora, attempt, LETTER, HALF)
    deliver()
    assert about.get().link == f"/attempts/{attempt.pk}/result/"
    first = Ranking.objects.get(assignment_id=room.pk, is_final=True)
    give(cast.dora, attempt, LETTER, FULL, reason="Page 2 was overlooked.")
    deliver()
    boards.sync_board(assignment_id=room.pk)
    assert about.count() == 1  # the same message is not told twice
    newest = Ranking.objects.filter(assignment_id=room.pk, is_final=True).latest("pk")
    assert newest != first
    assert Rank.objects.get(ranking_id=newest.pk).score == 10


def test_marks_that_are_not_shown_are_told_to_nobody(cast, test, deliver):
    room = make_room(cast, cast.alice, test=test, result_policy="BY_HAND")
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    give(cast.dora, attempt, LETTER, HALF)
    give(cast.dora, attempt, DIARY, {"0": "1"})
    deliver()
    assert now(attempt)[0] == "GRADED"
    assert not Notice.objects.filter(message__contains="marked").exists()


# -- what was not answered -----------------------------------------------------------------------------------------


def test_what_was_not_answered_is_zero_in_one_go(cast, room):
    alice = hand_in(cast.alice, room, letter="text")
    bob = hand_in(cast.bob, room)
    assert marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk) == marking.Bulk(3, 0)
    assert now(bob) == ("GRADED", Decimal("0.000"))
    assert marks(bob)["letter"] == ("0.000", "BLANK")
    assert now(alice) == ("SUBMITTED", None)
    assert script_of(alice, DIARY).current.kind == "UNANSWERED"
    assert marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk) == marking.Bulk(0, 0)
    (entry,) = trail("scripts.zeroed")
    assert entry.changes["scripts"] == [None, 3]


def test_only_of_one_question_and_only_so_many_at_once(cast, room, monkeypatch):
    bob = hand_in(cast.bob, room)
    alice = hand_in(cast.alice, room)
    question = journal.question_id(bob, "diary")
    monkeypatch.setattr(marking, "MOST_AT_ONCE", 1)
    assert marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk, question_id=question) == marking.Bulk(1, 1)
    assert marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk, question_id=question) == marking.Bulk(1, 0)
    assert {now(bob)[0], now(alice)[0]} == {"SUBMITTED"}
    assert {script_of(one, DIARY).current.marks for one in (alice, bob)} == {0}
    assert script_of(bob, LETTER).current is None


def test_a_room_may_have_it_at_zero_at_once(cast, room):
    marking.change_plan(actor=cast.dora, assignment_id=room.pk, changes={"zero_unanswered": True})
    bob = hand_in(cast.bob, room, river="yes")
    assert now(bob) == ("GRADED", Decimal("1.000"))
    mark = script_of(bob, LETTER).current
    assert (mark.kind, mark.marked_by_id, mark.scores) == ("UNANSWERED", None, {})
    give(cast.dora, bob, LETTER, HALF, reason="It was written on paper.")
    assert now(bob) == ("GRADED", Decimal("6.000"))
    assert trail("marking.planned")[0].changed == ["zero_unanswered"]


# -- who holds it --------------------------------------------------------------------------------------------------


def test_a_script_is_held_for_a_while_and_then_free(cast, room):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    director = cast.person("Dean", "CENTER_ADMIN")
    script, at = script_of(attempt, LETTER), clock.now()
    marking.claim_script(actor=cast.dora, script_id=script.pk, at=at)
    for act in (
        lambda at: marking.claim_script(actor=director, script_id=script.pk, at=at),
        lambda at: give(director, attempt, LETTER, FULL, at=at),
    ):
        with pytest.raises(errors.ScriptClaimed) as refusal:
            act(at + timedelta(minutes=14))
        assert refusal.value.details["until"] == at + marking.CLAIM_LASTS
    marking.claim_script(actor=cast.dora, script_id=script.pk, at=at + timedelta(minutes=10))
    with pytest.raises(errors.ScriptClaimed):
        marking.claim_script(actor=director, script_id=script.pk, at=at + timedelta(minutes=20))
    marking.claim_script(actor=director, script_id=script.pk, at=at + timedelta(minutes=25))
    with pytest.raises(errors.ScriptClaimed):
        give(cast.dora, attempt, LETTER, FULL, at=at + timedelta(minutes=26))
    marking.release_script(actor=cast.dora, script_id=script.pk)  # not hers any more
    script.refresh_from_db()
    assert script.claimed_by_id == director.pk
    marking.release_script(actor=director, script_id=script.pk)
    give(cast.dora, attempt, LETTER, FULL, at=at + timedelta(minutes=26))
    script.refresh_from_db()
    assert (script.claimed_by_id, script.claimed_until) == (None, None)


def test_the_next_one_is_the_oldest_that_is_free_and_ones_own_first(cast, room):
    first = hand_in(cast.alice, room, letter="text", diary="text")
    second = hand_in(cast.bob, room, letter="text")
    Script.objects.filter(attempt=second).update(created_at=clock.now() + timedelta(minutes=1))
    director = cast.person("Dean", "CENTER_ADMIN")
    letters = queue.Wanted(question_id=journal.question_id(first, "letter"))
    taken = marking.claim_next(actor=cast.dora, wanted=letters)
    assert taken == script_of(first, LETTER)
    assert marking.claim_next(actor=cast.dora, wanted=letters) == taken
    assert marking.claim_next(actor=director, wanted=letters) == script_of(second, LETTER)
    third = cast.person("Don", "CENTER_ADMIN")
    assert marking.claim_next(actor=third, wanted=letters) is None
    later = clock.now() + timedelta(hours=1)
    assert marking.claim_next(actor=third, wanted=letters, at=later) == taken


# -- who may -------------------------------------------------------------------------------------------------------


def test_teachers_mark_for_their_groups_and_students_nothing(cast, test):
    group = groups.create_group(name="A")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    other = groups.create_group(name="B")
    groups.add_members(group_id=other.pk, members=[(cast.other_teacher.pk, "TEACHER")])
    room = make_room(cast, test=test, group_ids=[group.pk])
    attempt = hand_in(cast.alice, room, letter="text")
    script = script_of(attempt, LETTER)
    assert {row.number for row in queue.scripts_for(cast.carol)} == {LETTER, DIARY}
    for nobody in (cast.other_teacher, cast.alice, cast.bob, cast.gus):
        assert not queue.scripts_for(nobody).exists()
        assert queue.progress_for(nobody) == []
        assert marking.claim_next(actor=nobody) is None
        for act in (
            lambda who: marking.claim_script(actor=who, script_id=script.pk),
            lambda who: marking.release_script(actor=who, script_id=script.pk),
            lambda who: marking.mark_script(actor=who, script_id=script.pk, scores=FULL, revision=0),
            lambda who: marking.mark_second(actor=who, script_id=script.pk, scores=FULL, revision=0),
            lambda who: queue.get_sheet_for(who, script.pk, sign=lambda _: str),
        ):
            with pytest.raises(errors.ScriptNotFound):
                act(nobody)
        for act in (
            lambda who: marking.zero_unanswered(actor=who, assignment_id=room.pk),
            lambda who: marking.change_plan(actor=who, assignment_id=room.pk, changes={}),
            lambda who: queue.progress_for(who, assignment_id=room.pk),
        ):
            with pytest.raises(AssignmentNotFound):
                act(nobody)
    give(cast.carol, attempt, LETTER, FULL)
    wanted = queue.Wanted(group_id=group.pk)
    assert queue.scripts_for(cast.carol, wanted).count() == 2
    assert not queue.scripts_for(cast.carol, queue.Wanted(group_id=other.pk)).exists()
    assert queue.scripts_for(cast.dora, wanted).count() == 2
    assert not queue.scripts_for(cast.dora, queue.Wanted(group_id=other.pk)).exists()


def test_unanswered_ones_that_one_holds_oneself_become_zero_too(cast, room):
    director = cast.person("Dean", "CENTER_ADMIN")
    mine, theirs = hand_in(cast.alice, room, letter="text"), hand_in(cast.bob, room, letter="text")
    marking.claim_script(actor=cast.dora, script_id=script_of(mine, DIARY).pk)
    marking.claim_script(actor=director, script_id=script_of(theirs, DIARY).pk)
    assert marking.zero_unanswered(actor=cast.dora, assignment_id=room.pk) == marking.Bulk(marked=1, left=1)
    assert script_of(mine, DIARY).current.kind == "UNANSWERED"
    assert script_of(theirs, DIARY).current is None


def test_the_queue_is_asked_by_room_item_state_and_holder(cast, room, test):
    attempt = hand_in(cast.alice, room, letter="text")
    elsewhere = make_room(cast, cast.bob, test=test)
    hand_in(cast.bob, elsewhere, diary="text")

    def found(**wanted):
        rows = queue.list_scripts_for(cast.dora, queue.Wanted(**wanted))
        return sorted((row.attempt.student.first_name, row.number) for row in rows)

    assert len(found()) == 4
    assert found(assignment_id=room.pk) == [("Alice", 2), ("Alice", 3)]
    assert found(question_id=journal.question_id(attempt, "diary")) == [("Alice", 3), ("Bob", 3)]
    assert found(is_blank=True) == [("Alice", 3), ("Bob", 2)]
    marking.claim_script(actor=cast.dora, script_id=script_of(attempt, DIARY).pk)
    assert found(is_mine=True) == [("Alice", 3)]
    give(cast.dora, attempt, LETTER, HALF)
    assert found(state=queue.MARKED) == [("Alice", 2)]
    assert len(found(state=queue.WAITING)) == 3
    one, two = queue.progress_for(cast.dora)
    assert (one.room.pk, one.waiting, one.marked) == (elsewhere.pk, 2, 0)
    assert (two.room.pk, two.waiting, two.marked, two.disputed) == (room.pk, 1, 1, 0)


def test_a_list_takes_one_query_and_a_sheet_tells_what_to_mark_by(cast, room, count_queries):
    for person in (cast.alice, cast.bob):
        hand_in(person, room, letter="<script>alert(1)</script>")
    with count_queries() as asked:
        rows = list(queue.list_scripts_for(cast.dora))
        assert {row.attempt.student.email for row in rows} == {cast.alice.email, cast.bob.email}
        assert [row.assignment.title for row in rows] == ["Mock exam"] * 4
    assert len(asked) == 1
    sheet = queue.get_sheet_for(cast.dora, next(row.pk for row in rows if row.number == LETTER), sign=lambda _: str)
    assert sheet.answer == "<script>alert(1)</script>"
    assert sheet.question["limits"]["most"] == 50
    assert sheet.key["model_answer"] == "<p>Dear canary,</p>"
    assert [criterion["title"] for criterion in sheet.key["rubric"]] == ["Content", "Language"]


# -- other things that happen to attempts --------------------------------------------------------------------------


def reopen(cast, room, person):
    reopening.reopen(actor=cast.dora, assignment_id=room.pk, student_ids=[person.pk], seconds=600, reason="Power cut.")


def test_what_was_rewritten_is_marked_anew_and_what_was_not_keeps_its_mark(cast, room):
    attempt = hand_in(cast.alice, room, letter="first", diary="same")
    give(cast.dora, attempt, LETTER, FULL)
    give(cast.dora, attempt, DIARY, {"0": "4"})
    assert now(attempt)[0] == "GRADED"
    reopen(cast, room, cast.alice)
    assert not queue.scripts_for(cast.dora).exists()
    with pytest.raises(errors.ScriptNotFound):
        give(cast.dora, attempt, LETTER, FULL, reason="late")
    attempt.refresh_from_db()
    journal.write(attempt, "letter", "second", epoch=attempt.epoch)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    assert now(attempt) == ("SUBMITTED", None)
    assert script_of(attempt, LETTER).current is None
    assert script_of(attempt, DIARY).current.marks == 4
    give(cast.dora, attempt, LETTER, HALF)
    assert now(attempt) == ("GRADED", Decimal("9.000"))


def test_what_was_reopened_and_left_as_it_was_needs_nobody_again(cast, room):
    attempt = hand_in(cast.alice, room, letter="first", diary="same")
    give(cast.dora, attempt, LETTER, FULL)
    give(cast.dora, attempt, DIARY, {"0": "4"})
    reopen(cast, room, cast.alice)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    assert now(attempt) == ("GRADED", Decimal("14.000"))


def test_nobody_marks_what_was_made_void(cast, room):
    attempt = hand_in(cast.alice, room, letter="text")
    voiding.void_attempt(actor=cast.dora, attempt_id=attempt.pk, reason="Copied.")
    assert not queue.scripts_for(cast.dora).exists()
    with pytest.raises(errors.ScriptNotFound):
        give(cast.dora, attempt, LETTER, FULL)


def test_marks_that_the_key_does_not_know_any_more_are_asked_for_again(cast, room, deliver, monkeypatch):
    attempt = hand_in(cast.alice, room, letter="text", diary="text")
    give(cast.dora, attempt, LETTER, FULL)
    give(cast.dora, attempt, DIARY, {"0": "4"})
    deliver()
    assert ExamResult.objects.filter(attempt_id=attempt.pk).exists()
    real = grading.papers.get_key

    def shorter(*, paper_id):
        key = {name: dict(item) for name, item in real(paper_id=paper_id).items()}
        letter = key[journal.question_id(attempt, "letter")]
        letter["key"] = {**letter["key"], "rubric": letter["key"]["rubric"][:1]}
        return key

    monkeypatch.setattr(grading.papers, "get_key", shorter)
    grading.grade_attempt(attempt_id=attempt.pk)
    assert now(attempt) == ("SUBMITTED", None)
    assert "letter" not in marks(attempt)
    deliver()
    assert not ExamResult.objects.filter(attempt_id=attempt.pk).exists()
    give(cast.dora, attempt, LETTER, {"0": "2.5"})
    assert now(attempt) == ("GRADED", Decimal("9.000"))


def test_candidates_are_told_apart_without_their_names(cast, room):
    alice, bob = hand_in(cast.alice, room), hand_in(cast.bob, room)
    names = {queue.candidate_of(script_of(one, number)) for one in (alice, bob) for number in (LETTER, DIARY)}
    assert len(names) == 2
    assert all(name.startswith("C-") and len(name) == 10 for name in names)
    assert queries.get_attempt_for(cast.dora, alice.pk).status == Attempt.Status.SUBMITTED


# -- homework ------------------------------------------------------------------------------------------------------


def begin(cast, test, **fields):
    work = make_homework(cast, cast.alice, mock_test_ids=[test.pk], quiz_ids=[], **fields)
    return homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=work.items.get().pk).attempt


def test_homework_with_essays_is_handed_in_and_waits(cast, test):
    attempt = begin(cast, test)
    letter = str(journal.question_id(attempt, "letter"))
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={letter: "Dear Bob"})
    assert now(attempt) == ("SUBMITTED", None)
    assert {row.number for row in queue.scripts_for(cast.carol)} == {LETTER, DIARY}
    give(cast.carol, attempt, LETTER, HALF)
    give(cast.carol, attempt, DIARY, {"0": "0"})
    assert now(attempt) == ("GRADED", Decimal("5.000"))


def test_an_essay_is_not_checked_while_it_is_written(cast, test):
    attempt = begin(cast, test, checking="ALWAYS")
    question = journal.question_id(attempt, "letter")
    with pytest.raises(errors.MayNotCheck):
        homework.check_answer(actor=cast.alice, attempt_id=attempt.pk, question=question, given="Dear Bob")
    attempt.refresh_from_db()
    assert not attempt.finals


def test_practice_waits_for_nobody(cast, test):
    attempt = begin(cast, test)
    Attempt.objects.filter(pk=attempt.pk).update(is_practice=True)
    journal.write(attempt, "letter", "Dear Bob")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    assert now(attempt) == ("GRADED", Decimal("0.000"))
    assert marks(attempt)["letter"] == ("0.000", "PENDING")
    assert not Script.objects.exists()
