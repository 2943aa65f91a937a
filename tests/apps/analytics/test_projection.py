"""What centers count of themselves for the owners: by events, by rebuilding, and from the owners' side."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.db.models.functions import Now

from apps.analytics import operations, queries, rules
from apps.analytics.models import CenterDay, CenterFigures
from apps.attempts.operations import grading, sitting
from apps.authentication.operations import people
from apps.centers.models import Center
from apps.centers.operations import subscriptions
from apps.core import clock, tenancy
from apps.core.models import Delivery
from apps.groups import operations as groups
from tests.factories import import_sample, make_room

pytestmark = pytest.mark.django_db

COUNTED = [
    *("admins", "teachers", "students", "guests", "waiting", "seats", "groups", "published_tests", "open_rooms"),
    *("attempts", "running_attempts", "graded_attempts", "storage_bytes"),
]


def counted(tenant):
    row = CenterFigures.objects.get(pk=tenant.id)
    return {name: getattr(row, name) for name in COUNTED}


def pending():
    return Delivery.objects.filter(event="figures.due", done_at=None)


def let_pass(tenant):
    """The seconds for which changes are gathered go by."""
    pending().update(due_at=Now() - timedelta(seconds=1))
    CenterFigures.objects.filter(pk=tenant.id).update(refresh_at=Now() - timedelta(seconds=1))


@pytest.fixture
def busy(cast):
    """Two students, a teacher, an admin, a guest, one who waits; a room where one has handed in and one sits."""
    room = make_room(cast, cast.alice, cast.bob, cast.gus)
    group = groups.create_group(name="Class")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    people.create_person(email="new@north.test", password=None, role="STUDENT", is_approved=False)
    import_sample(cast)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    sitting.start_attempt(actor=cast.bob, assignment_id=room.pk)
    return room


WANTED = {
    "admins": 1,
    "teachers": 1,
    "students": 2,
    "guests": 1,
    "waiting": 1,
    "seats": 5,
    "groups": 1,
    "published_tests": 1,
    "open_rooms": 1,
    "attempts": 2,
    "running_attempts": 1,
    "graded_attempts": 1,
}


class TestPushing:
    def test_counts_what_a_hand_would_count(self, cast, busy):
        operations.refresh_figures()
        found = counted(cast.north)
        assert found.pop("storage_bytes") > 10_000
        assert found == WANTED

    def test_events_lead_to_the_same_as_rebuilding(self, cast, busy, deliver):
        deliver()
        let_pass(cast.north)
        deliver()
        by_events = counted(cast.north)
        CenterFigures.objects.all().delete()
        assert operations.rebuild_figures() == 2
        assert counted(cast.north) == by_events

    def test_many_changes_are_one_refresh(self, cast, deliver):
        for number in range(10):
            cast.person(f"Student{number}", "STUDENT")
        deliver()
        assert pending().count() == 1
        assert not CenterFigures.objects.get(pk=cast.north.id).students
        let_pass(cast.north)
        deliver()
        assert counted(cast.north)["students"] == 10

    def test_a_change_after_the_planned_moment_plans_another_one(self, cast):
        assert operations.note_change()
        assert not operations.note_change()
        CenterFigures.objects.update(refresh_at=Now())
        assert operations.note_change()
        assert pending().count() == 2

    def test_owners_are_counted_by_no_center(self, cast, deliver):
        cast.olga  # noqa: B018
        deliver()
        assert not CenterFigures.objects.exists()

    @pytest.mark.parametrize("change", ["deactivate", "delete", "file", "group"])
    def test_follows_what_people_do(self, cast, deliver, change):
        alice = cast.alice
        deliver()
        let_pass(cast.north)
        deliver()
        if change == "deactivate":
            people.deactivate(user_id=alice.pk)
        elif change == "delete":
            people.delete_person(actor=cast.dora, user_id=alice.pk)
        elif change == "file":
            import_sample(cast)
        else:
            group = groups.create_group(name="Class")
            groups.add_members(group_id=group.pk, members=[(alice.pk, "STUDENT")])
        CenterFigures.objects.update(refresh_at=None)
        deliver()
        assert pending().count() == 1

    def test_a_new_center_has_its_row_from_the_start(self, cast, deliver):
        from apps.centers.operations import centers

        with tenancy.enter(tenancy.PUBLIC):
            center = centers.open_center(name="West", slug="west", host="west.localhost")
            deliver()
            row = CenterFigures.objects.get(pk=center.pk)
        assert (row.seats, row.refreshed_at is not None) == (0, True)


class TestDays:
    def test_a_refresh_writes_the_day_afresh(self, cast, busy):
        operations.refresh_figures()
        people.create_person(email="more@north.test", password=None, role="STUDENT")
        operations.refresh_figures()
        day = CenterDay.objects.get()
        assert (day.students, day.attempts, day.day) == (3, 2, clock.now().date())

    def test_quiet_centers_get_theirs_from_what_they_pushed_last(self, cast):
        operations.rebuild_figures()
        CenterDay.objects.all().delete()
        assert operations.note_days() == 2
        assert operations.note_days() == 0

    def test_growth_fills_days_on_which_nothing_was_noted(self, cast):
        operations.refresh_figures()
        CenterDay.objects.update(day=F("day") - timedelta(days=3), students=4, attempts=9)
        days = queries.growth_by_day(until=clock.now().date(), days=6)
        assert [day.students for day in days] == [0, 0, 4, 4, 4, 4]
        assert [day.attempts for day in days] == [0, 0, 9, 9, 9, 9]
        assert days[-1].day == clock.now().date()

    def test_looking_after_asks_those_who_never_counted_and_those_with_open_rooms(self, cast):
        assert operations.look_after_figures() == 2
        operations.rebuild_figures()
        assert operations.look_after_figures() == 0
        CenterFigures.objects.filter(pk=cast.north.id).update(open_rooms=1)
        assert operations.look_after_figures() == 1


def many_centers(count):
    rows = [
        Center(name=f"C{n}", slug=f"many{n}", schema_name=f"c_many{n}", status="ACTIVE", state="READY", plan="BASIC")
        for n in range(count)
    ]
    Center.objects.bulk_create(rows)
    CenterFigures.objects.bulk_create([CenterFigures(pk=row.pk, students=10, seats=10, attempts=5) for row in rows])
    operations.note_days()
    return rows


class TestOwners:
    def test_costs_the_same_for_three_centers_and_for_thirty(self, cast, api, count_queries):
        owner = api(cast.olga)
        many_centers(1)
        owner.get("analytics/owner/")
        with count_queries() as few:
            assert owner.get("analytics/owner/").json()["total_centers"] == 3
        with count_queries() as few_rows:
            owner.get("analytics/owner/centers/")
        many = [Center(name=f"D{n}", slug=f"other{n}", schema_name=f"c_other{n}", status="ACTIVE") for n in range(27)]
        Center.objects.bulk_create(many)
        CenterFigures.objects.bulk_create([CenterFigures(pk=row.pk, students=1, seats=1) for row in many])
        with count_queries() as lots:
            assert owner.get("analytics/owner/").json()["total_centers"] == 30
        with count_queries() as lots_of_rows:
            owner.get("analytics/owner/centers/")
        assert len(lots) == len(few) <= 16
        assert len(lots_of_rows) == len(few_rows) <= 5

    def test_never_looks_into_a_schema(self, cast, api, count_queries):
        owner = api(cast.olga)
        with count_queries() as asked:
            owner.get("analytics/owner/")
        assert not [query["sql"] for query in asked.captured_queries if "c_north" in query["sql"]]

    def test_adds_up_what_centers_pushed(self, cast, api, busy):
        operations.rebuild_figures()
        many_centers(2)
        found = api(cast.olga).get("analytics/owner/").json()
        assert (found["total_centers"], found["active_centers_count"]) == (4, 4)
        assert found["total_users"] == 5 + 20
        assert found["people"] == {
            "total": 25,
            "admins": 1,
            "teachers": 1,
            "students": 22,
            "guests": 1,
            "waiting": 1,
        }
        assert found["attempts"] == {"total": 12, "running": 1, "graded": 1}
        assert found["centers"]["new"] == 4
        assert found["growth_by_day"][-1]["students"] == 22
        assert len(found["growth_by_day"]) == 30

    def test_growth_needs_a_base(self, cast, api):
        owner = api(cast.olga)
        assert owner.get("analytics/owner/").json()["growth_centers_pct"] is None
        Center.objects.filter(pk=cast.north.id).update(created_at=Now() - timedelta(days=31))
        assert owner.get("analytics/owner/").json()["growth_centers_pct"] == 100.0

    def test_names_centers_near_a_limit_and_near_their_end(self, cast, api):
        operations.rebuild_figures()
        subscriptions.change_plan(actor=cast.olga, center_id=cast.north.id, limits={"seats": 10})
        subscriptions.change_plan(
            actor=cast.olga, center_id=cast.south.id, plan="FREE", trial_ends_at=clock.now() + timedelta(days=5)
        )
        CenterFigures.objects.filter(pk=cast.north.id).update(seats=9)
        found = api(cast.olga).get("analytics/owner/").json()
        [near] = found["near_limits"]
        assert (near["center_name"], near["limit"], near["used"], near["percent"]) == ("North", "seats", 9, 90.0)
        [ending] = found["ending"]
        assert (ending["center_name"], ending["days_remaining"], ending["is_expired"]) == ("South", 5, False)

    def test_tells_what_is_not_well(self, cast, api):
        owner = api(cast.olga)
        assert owner.get("analytics/owner/").json()["health"]["is_well"]
        Center.objects.filter(pk=cast.south.id).update(state="FAILED")
        health = owner.get("analytics/owner/").json()["health"]
        assert (health["is_well"], health["not_made"]) == (False, 1)

    def test_lists_centers_by_any_figure(self, cast, api):
        operations.rebuild_figures()
        CenterFigures.objects.filter(pk=cast.south.id).update(attempts=7)
        owner = api(cast.olga)
        names = lambda **q: [row["center_name"] for row in owner.get("analytics/owner/centers/", q).json()["results"]]  # noqa: E731
        assert names() == ["North", "South"]
        assert names(ordering="-attempts") == ["South", "North"]
        assert (names(search="sou"), names(status="TRIAL")) == (["South"], [])
        assert owner.get("analytics/owner/centers/", {"ordering": "password"}).status_code == 422

    @pytest.mark.parametrize("path", ["analytics/owner/", "analytics/owner/centers/"])
    def test_is_not_served_to_centers(self, cast, api, path):
        assert api(cast.dora).get(path).status_code == 404

    def test_gives_figures_of_the_centers_that_are_asked_for(self, cast, count_queries):
        operations.rebuild_figures()
        with count_queries() as asked:
            found = queries.center_figures([cast.north.id, uuid.uuid4()])
        assert (set(found), len(asked)) == ({cast.north.id}, 1)


class TestCommand:
    def test_lets_all_or_one_count_anew(self, cast):
        out = StringIO()
        call_command("rebuild_center_figures", stdout=out)
        call_command("rebuild_center_figures", "--center", "north", stdout=out)
        assert out.getvalue() == "Counted anew: 2.\nCounted anew: 1.\n"

    def test_says_that_a_center_is_unknown(self):
        with pytest.raises(CommandError, match="no such center"):
            call_command("rebuild_center_figures", "--center", "nowhere")


class TestRules:
    @pytest.mark.parametrize(
        ("now", "then", "wanted"), [(3, 2, 50.0), (1, 3, -66.7), (2, 2, 0.0), (5, 0, None), (0, 4, -100.0)]
    )
    def test_growth_is_in_per_cent_of_the_base(self, now, then, wanted):
        assert rules.growth(now, then) == wanted

    def test_use_says_what_is_left_and_what_is_near(self):
        told = rules.use({"a": 10, "b": None, "c": 0}, {"a": 8, "b": 5})
        assert told["a"] == {"limit": 10, "used": 8, "left": 2, "percent": 80.0, "is_near": True}
        assert told["b"] == {"limit": None, "used": 5, "left": None, "percent": None, "is_near": False}
        assert (told["c"]["left"], told["c"]["percent"]) == (0, 100.0)

    def test_a_sparkline_goes_from_edge_to_edge(self):
        assert rules.sparkline([0, 5, 10], width=20, height=10) == "0.0,10.0 10.0,5.0 20.0,0.0"
        assert rules.sparkline([3, 3], width=10, height=10) == "0.0,5.0 10.0,5.0"
        assert rules.sparkline([]) == ""

    def test_every_day_has_both_ends(self):
        assert rules.every_day(date(2026, 2, 27), date(2026, 3, 1)) == [
            date(2026, 2, 27),
            date(2026, 2, 28),
            date(2026, 3, 1),
        ]
