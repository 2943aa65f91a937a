"""The first page of each role, equal to what a hand would count."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, sitting
from apps.authentication.models import User
from apps.authentication.operations import people
from apps.core import clock
from apps.groups import operations as groups
from tests.apps.attempts import journal
from tests.client import access_token
from tests.factories import make_room, make_test, publish

pytestmark = pytest.mark.django_db


def sit(student, room, *, right=True, days_ago=0, graded=True):
    """An attempt that was handed in so many days ago, with the river right (1 of 5 marks) or nothing."""
    attempt = sitting.start_attempt(actor=student, assignment_id=room.pk).attempt
    if right:
        journal.write(attempt, "river", "yes")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=student)
    if graded:
        grading.grade_attempt(attempt_id=attempt.pk)
    moved = timedelta(days=days_ago)
    if days_ago:
        Attempt.objects.filter(pk=attempt.pk).update(
            finished_at=Now() - moved, started_at=Now() - moved - timedelta(minutes=5), deadline_at=Now() - moved
        )
    return Attempt.objects.get(pk=attempt.pk)


@pytest.fixture
def klass(cast):
    group = groups.create_group(name="Class")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    return group


@pytest.fixture
def other_klass(cast):
    group = groups.create_group(name="Other class")
    groups.add_members(group_id=group.pk, members=[(cast.bob.pk, "STUDENT"), (cast.other_teacher.pk, "TEACHER")])
    return group


@pytest.fixture
def test(cast):
    test = make_test(cast)
    publish(cast, test)
    return test


class TestCenterAdmin:
    PATH = "analytics/center-admin/"

    def test_counts_the_center(self, cast, api, klass, other_klass, test):
        room = make_room(cast, cast.alice, cast.gus, test=test)
        make_room(cast, cast.bob, test=test, open_now=False)
        sit(cast.alice, room)
        sitting.start_attempt(actor=cast.gus, assignment_id=room.pk)
        people.deactivate(user_id=cast.person("Gone", "STUDENT").pk)
        people.create_person(email="w@north.test", password=None, role="STUDENT", is_approved=False)
        assert api(cast.dora).get(self.PATH).json() == {
            "total_students": 2,
            "total_teachers": 2,
            "total_guests": 1,
            "total_groups": 2,
            "waiting_count": 1,
            "growth_students_pct": None,
            "active_exams_count": 1,
            "published_tests_count": 1,
            "running_attempts_count": 1,
            "attempts_count": 2,
        }

    def test_growth_is_of_those_who_were_here_a_month_ago(self, cast, api):
        User.objects.filter(pk=cast.alice.pk).update(created_at=Now() - timedelta(days=31))
        cast.bob, cast.person("Third", "STUDENT")
        assert api(cast.dora).get(self.PATH).json()["growth_students_pct"] == 200.0

    def test_costs_the_same_however_many_there_are(self, cast, api, count_queries):
        admin = api(cast.dora)
        admin.get(self.PATH)
        with count_queries() as few:
            admin.get(self.PATH)
        for number in range(8):
            groups.create_group(name=f"Class {number}")
            cast.person(f"Student{number}", "STUDENT")
        with count_queries() as many:
            admin.get(self.PATH)
        assert len(many) == len(few) <= 12


class TestTeacher:
    PATH = "analytics/teacher/"

    def test_counts_own_groups_and_nobody_elses(self, cast, api, klass, other_klass, test):
        room = make_room(cast, test=test, group_ids=[klass.pk, other_klass.pk], attempts_allowed=9)
        mine = sit(cast.alice, room)
        waiting = sit(cast.alice, room, graded=False)
        sit(cast.alice, room, days_ago=10)
        sit(cast.bob, room, graded=False)
        found = api(cast.carol).get(self.PATH).json()
        recent = found.pop("recent_submissions")
        assert found == {
            "my_groups_count": 1,
            "total_students": 1,
            "pending_grading_count": 1,
            "growth_pct": 100.0,
            "submission_trend_count": 2,
        }
        assert [row["id"] for row in recent][:2] == [str(waiting.pk), str(mine.pk)]
        assert [row["score"] for row in recent] == [None, "1.000", "1.000"]
        assert recent[0]["student_name"] == "Alice North"
        assert recent[0]["assignment_title"] == "Mock exam"

    def test_growth_needs_a_week_before(self, cast, api, klass, test):
        sit(cast.alice, make_room(cast, test=test, group_ids=[klass.pk]))
        assert api(cast.carol).get(self.PATH).json()["growth_pct"] is None

    def test_a_teacher_of_nobody_sees_nothing(self, cast, api, other_klass, test):
        sit(cast.bob, make_room(cast, test=test, group_ids=[other_klass.pk]))
        assert api(cast.carol).get(self.PATH).json() == {
            "my_groups_count": 0,
            "total_students": 0,
            "pending_grading_count": 0,
            "growth_pct": None,
            "submission_trend_count": 0,
            "recent_submissions": [],
        }

    def test_costs_the_same_however_much_was_handed_in(self, cast, api, klass, test, count_queries):
        room = make_room(cast, test=test, group_ids=[klass.pk], attempts_allowed=9)
        teacher = api(cast.carol)
        sit(cast.alice, room)
        teacher.get(self.PATH)
        with count_queries() as few:
            teacher.get(self.PATH)
        for _ in range(5):
            sit(cast.alice, room)
        with count_queries() as many:
            teacher.get(self.PATH)
        assert len(many) == len(few) <= 10


class TestStudent:
    PATH = "analytics/student/"

    def test_averages_what_is_released(self, cast, api, test):
        shown = make_room(cast, cast.alice, test=test, result_policy="IMMEDIATELY", attempts_allowed=5, title="Shown")
        hidden = make_room(cast, cast.alice, test=test, title="Hidden")
        first = sit(cast.alice, shown)
        second = sit(cast.alice, shown, right=False, days_ago=40)
        sit(cast.alice, hidden)
        sit(cast.bob, make_room(cast, cast.bob, test=test, result_policy="IMMEDIATELY"))
        found = api(cast.alice).get(self.PATH).json()
        assert [(row["id"], row["score"]) for row in found["recent_results"]] == [
            (str(first.pk), "1.000"),
            (str(second.pk), "0.000"),
        ]
        assert found["recent_results"][0]["assignment_title"] == "Shown"
        assert (found["average_score"], found["completed_exams_count"]) == (10.0, 3)
        assert found["submission_trend_count"] == 2
        assert found["skill_performance"] == [
            {"skill_name": "Grammar", "average_score": 0.0},
            {"skill_name": "Numbers", "average_score": 0.0},
            {"skill_name": "Words", "average_score": 50.0},
        ]

    def test_a_released_result_is_there_at_once(self, cast, api, test):
        room = make_room(cast, cast.alice, test=test)
        student = api(cast.alice)
        sit(cast.alice, room)
        before = student.get(self.PATH).json()
        assert (before["average_score"], before["recent_results"], before["skill_performance"]) == (None, [], [])
        rooms.close_room(assignment_id=room.pk)
        rooms.release_results(actor=cast.dora, assignment_id=room.pk)
        after = student.get(self.PATH).json()
        assert (after["average_score"], len(after["recent_results"])) == (20.0, 1)

    def test_growth_is_of_the_month_before(self, cast, api, test):
        room = make_room(cast, cast.alice, test=test, result_policy="IMMEDIATELY", attempts_allowed=5)
        student = api(cast.alice)
        sit(cast.alice, room)
        assert student.get(self.PATH).json()["growth_pct"] is None
        sit(cast.alice, room, days_ago=45)
        assert student.get(self.PATH).json()["growth_pct"] == 0.0
        sit(cast.alice, room, right=False, days_ago=50)
        assert student.get(self.PATH).json()["growth_pct"] == 100.0

    def test_upcoming_are_rooms_that_end_and_where_one_may_still_sit(self, cast, api, test):
        soon, later = clock.now() + timedelta(hours=2), clock.now() + timedelta(days=2)
        second = make_room(cast, cast.alice, test=test, title="Later", closes_at=later)
        first = make_room(cast, cast.alice, test=test, title="Soon", closes_at=soon)
        make_room(cast, cast.alice, test=test, title="Without an end")
        make_room(cast, cast.bob, test=test, title="Of others", closes_at=soon)
        sit(cast.alice, make_room(cast, cast.alice, test=test, title="Done", closes_at=soon))
        found = api(cast.alice).get(self.PATH).json()["upcoming_deadlines"]
        assert [(row["id"], row["title"], row["type"]) for row in found] == [
            (str(first.pk), "Soon", "exam"),
            (str(second.pk), "Later", "exam"),
        ]
        assert datetime.fromisoformat(found[0]["deadline"]) == soon

    def test_who_sits_still_has_the_deadline_before_them(self, cast, api, test):
        room = make_room(cast, cast.alice, test=test, closes_at=clock.now() + timedelta(hours=2))
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
        assert len(api(cast.alice).get(self.PATH).json()["upcoming_deadlines"]) == 1

    def test_void_attempts_count_nowhere(self, cast, api, test):
        room = make_room(cast, cast.alice, test=test, result_policy="IMMEDIATELY")
        Attempt.objects.filter(pk=sit(cast.alice, room).pk).update(status="VOID")
        found = api(cast.alice).get(self.PATH).json()
        assert (found["completed_exams_count"], found["average_score"], found["recent_results"]) == (0, None, [])

    def test_costs_the_same_however_much_was_done(self, cast, api, test, count_queries):
        room = make_room(cast, cast.alice, test=test, result_policy="IMMEDIATELY", attempts_allowed=9)
        student = api(cast.alice)
        sit(cast.alice, room)
        student.get(self.PATH)
        with count_queries() as few:
            student.get(self.PATH)
        for _ in range(4):
            sit(cast.alice, room)
        with count_queries() as many:
            student.get(self.PATH)
        assert len(many) == len(few) <= 10


ROLES = {"center-admin": "dora", "teacher": "carol", "student": "alice"}


@pytest.mark.parametrize("page", ROLES)
@pytest.mark.parametrize("who", ["dora", "carol", "alice", "gus"])
def test_each_page_is_for_its_role_alone(cast, api, page, who):
    answer = api(getattr(cast, who)).get(f"analytics/{page}/")
    assert answer.status_code == (200 if ROLES[page] == who else 403)


@pytest.mark.parametrize("page", ROLES)
def test_strangers_people_of_next_door_and_owners_are_not_let_in(cast, api, page):
    for token in ("", access_token(cast.sybil), access_token(cast.olga)):
        assert api(host="north.localhost", token=token).get(f"analytics/{page}/").status_code == 401
