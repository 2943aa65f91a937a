"""Trials and plans that end: reminders, the end itself, who may still come in, and how a center goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from apps.attempts.operations import sitting
from apps.centers.errors import CenterSuspended
from apps.centers.models import Center, EndReminder, PlanChange
from apps.centers.operations import centers, subscriptions
from apps.centers.queries import subscriptions as queries
from apps.centers.rules import plans
from apps.core import clock, tenancy
from apps.mail.models import Mail
from apps.notifications.models import Notice
from tests.cast import PASSWORD
from tests.factories import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(cast):
    """North is on a trial that ends so far from now."""

    def begin(**left):
        end = clock.now() + timedelta(**left)
        Center.objects.filter(pk=cast.north.id).update(plan="FREE", status="TRIAL", trial_ends_at=end)
        tenancy.forget()
        return end

    return begin


def letters(name):
    return list(Mail.objects.filter(letter=name).values_list("to", flat=True))


def notices():
    return list(Notice.objects.values_list("user__first_name", "message"))


def status(cast):
    return Center.objects.values_list("status", "suspended_because").get(pk=cast.north.id)


class TestReminders:
    @pytest.mark.parametrize(("left", "days"), [(14, "14"), (7, "7"), (1, "1"), (0.5, "1"), (13, "13"), (3, "3")])
    def test_the_admins_get_a_letter_and_a_notice_once(self, cast, trial, deliver, left, days):
        cast.dora, cast.carol, cast.alice  # noqa: B018
        end = trial(days=left)
        assert subscriptions.watch_ends() == (0, 1)
        assert subscriptions.watch_ends() == (0, 0)
        deliver()
        assert letters("trial_reminder") == ["dora@north.test"]
        [(who, text)] = notices()
        assert (who, f"ends in {days} day" in text) == ("Dora", True)
        about = Mail.objects.get(letter="trial_reminder").about["values"]
        assert about == {"days": days, "ends": f"{end.astimezone(UTC):%Y-%m-%d}"}

    def test_nobody_is_reminded_early_or_of_no_end(self, cast, trial):
        trial(days=15)
        assert subscriptions.watch_ends() == (0, 0)
        assert not EndReminder.objects.exists()

    def test_each_step_has_its_own(self, cast, trial, deliver):
        cast.dora  # noqa: B018
        trial(days=10)
        for days in (10, 6, 0.9):
            Center.objects.filter(pk=cast.north.id).update(trial_ends_at=F("trial_ends_at"))
            moved = EndReminder.objects.values_list("ends_at", flat=True).first()
            at = (moved or clock.now() + timedelta(days=10)) - timedelta(days=days)
            assert subscriptions.remind_of_ends(at=at) == 1
            assert subscriptions.remind_of_ends(at=at) == 0
        assert sorted(EndReminder.objects.values_list("days", flat=True)) == [1, 7, 14]

    def test_a_moved_end_is_reminded_of_anew(self, cast, trial):
        trial(days=6)
        assert subscriptions.remind_of_ends() == 1
        trial(days=7)
        assert subscriptions.remind_of_ends() == 1

    def test_who_has_a_plan_before_the_letter_leaves_hears_nothing(self, cast, trial, deliver):
        cast.dora  # noqa: B018
        trial(days=6)
        subscriptions.watch_ends()
        subscriptions.change_plan(actor=cast.olga, center_id=cast.north.id, plan="PRO")
        deliver()
        assert (letters("trial_reminder"), notices()) == ([], [])

    def test_a_plan_that_does_not_renew_itself_is_reminded_of_too(self, cast):
        Center.objects.filter(pk=cast.north.id).update(plan_ends_at=clock.now() + timedelta(days=2))
        assert subscriptions.watch_ends() == (0, 1)


class TestTheEnd:
    def test_suspends_tells_and_remembers_once(self, cast, trial, deliver):
        cast.dora  # noqa: B018
        trial(seconds=-1)
        assert subscriptions.watch_ends() == (1, 0)
        assert subscriptions.watch_ends() == (0, 0)
        deliver()
        assert status(cast) == ("SUSPENDED", "TRIAL_OVER")
        assert (letters("trial_ended"), len(notices())) == (["dora@north.test"], 1)
        step = PlanChange.objects.get()
        assert (step.before["status"], step.after["status"], step.actor_id) == ("TRIAL", "SUSPENDED", None)

    def test_a_plan_without_renewal_ends_too(self, cast):
        Center.objects.filter(pk=cast.north.id).update(plan_ends_at=clock.now())
        assert subscriptions.watch_ends()[0] == 1
        assert status(cast) == ("SUSPENDED", "PLAN_OVER")

    def test_a_trial_that_runs_and_a_plan_that_renews_itself_go_on(self, cast, trial):
        trial(seconds=30)
        assert subscriptions.end_overdue() == 0

    def test_costs_the_same_for_many_centers(self, count_queries):
        def overdue(count, name):
            end = clock.now()
            rows = [
                Center(name=f"{name}{n}", slug=f"{name}{n}", schema_name=f"c_{name}{n}", trial_ends_at=end)
                for n in range(count)
            ]
            Center.objects.bulk_create(rows)

        overdue(2, "few")
        with count_queries() as few:
            assert subscriptions.watch_ends()[0] == 2
        overdue(20, "more")
        with count_queries() as more:
            assert subscriptions.watch_ends()[0] == 20
        assert len(few) == len(more)

    def test_only_admins_may_sign_in_and_see_the_plan(self, cast, api, trial):
        people = {name: getattr(cast, name) for name in ("dora", "carol", "alice", "gus")}
        trial(seconds=-1)
        subscriptions.watch_ends()

        def sign_in(who):
            return api().post("auth/login/", {"email": who.email, "password": PASSWORD})

        assert {name: sign_in(who).status_code for name, who in people.items()} == {
            "dora": 200,
            "carol": 403,
            "alice": 403,
            "gus": 403,
        }
        refused = sign_in(cast.alice).json()
        assert (refused["code"], "trial of this center is over" in refused["detail"]) == ("center_suspended", True)
        mine = api(cast.dora).get("subscriptions/my-subscription/").json()
        assert (mine["is_expired"], mine["is_active"], mine["days_remaining"]) == (True, False, 0)

    def test_an_owners_suspension_lets_no_admin_in(self, cast, api):
        dora = cast.dora
        centers.suspend_center(center_id=cast.north.id)
        assert api().post("auth/login/", {"email": dora.email, "password": PASSWORD}).status_code == 403

    def test_running_attempts_finish_and_none_begins(self, cast, trial):
        room = make_room(cast, cast.alice, cast.bob)
        attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
        trial(seconds=-1)
        subscriptions.watch_ends()
        with tenancy.enter(tenancy.get_by_slug("north")):
            with pytest.raises(CenterSuspended):
                sitting.start_attempt(actor=cast.bob, assignment_id=room.pk)
            assert sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice).receipt

    def test_a_plan_opens_it_again_at_once_also_where_its_end_is_remembered(self, cast, api, trial):
        alice = cast.alice
        trial(seconds=-1)
        subscriptions.watch_ends()
        remembered = tenancy.find_by_host("north.localhost")
        assert remembered.status == "SUSPENDED"
        changed = subscriptions.change_plan(actor=cast.olga, center_id=cast.north.id, plan="BASIC")
        assert (status(cast), changed.ends_at) == (("ACTIVE", ""), None)
        # Another process still remembers the suspension.
        tenancy._by_host["north.localhost"] = (float("inf"), remembered)
        assert api().post("auth/login/", {"email": alice.email, "password": PASSWORD}).status_code == 200

    def test_a_trial_can_be_prolonged_after_its_end(self, cast, trial):
        trial(seconds=-1)
        subscriptions.watch_ends()
        end = clock.now() + timedelta(days=20)
        changed = subscriptions.change_plan(actor=cast.olga, center_id=cast.north.id, trial_ends_at=end)
        assert (changed.ends_at, status(cast)) == (end, ("TRIAL", ""))

    def test_an_owner_may_activate_or_suspend_it_as_any_other(self, cast, trial):
        trial(seconds=-1)
        subscriptions.watch_ends()
        centers.activate_center(center_id=cast.north.id)
        assert status(cast) == ("ACTIVE", "")
        assert queries.get_subscription(center_id=cast.north.id).ends_at is None

    def test_a_center_that_becomes_a_trial_has_an_end(self, cast):
        centers.update_center(center_id=cast.north.id, changes={"status": "TRIAL"})
        end = Center.objects.get(pk=cast.north.id).trial_ends_at
        assert plans.days_left(end, clock.now()) == 60


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class TestRules:
    @pytest.mark.parametrize(
        ("since", "cycle", "at", "end"),
        [
            (NOON, "monthly", NOON, datetime(2026, 2, 28, 12, tzinfo=UTC)),
            (NOON, "monthly", datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)),
            (NOON, "monthly", datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 4, 30, 12, tzinfo=UTC)),
            (NOON, "yearly", NOON, datetime(2027, 1, 31, 12, tzinfo=UTC)),
            (NOON, "yearly", datetime(2028, 1, 31, 11, tzinfo=UTC), datetime(2028, 1, 31, 12, tzinfo=UTC)),
            (datetime(2024, 2, 29, tzinfo=UTC), "yearly", NOON, datetime(2026, 2, 28, tzinfo=UTC)),
        ],
    )
    def test_a_cycle_ends_on_the_day_of_the_month_or_its_last(self, since, cycle, at, end):
        assert plans.cycle_end(since, cycle, at) == end

    @pytest.mark.parametrize(("left", "days"), [(0, 0), (-5, 0), (1, 1), (86_400, 1), (86_401, 2), (60 * 86_400, 60)])
    def test_days_are_rounded_up(self, left, days):
        assert plans.days_left(NOON + timedelta(seconds=left), NOON) == days

    def test_no_end_has_no_days(self):
        assert plans.days_left(None, NOON) is None

    def test_a_center_keeps_the_terms_of_the_day_on_which_its_plan_began(self):
        old = plans.terms("BASIC", NOON.date())
        new = plans.Terms("BASIC", "Basic", NOON.date(), *[plans.Decimal(9)] * 2, "USD", {"seats": 1})
        listed = (*plans.PRICE_LIST, new)
        before = NOON.date() - timedelta(days=1)
        assert plans.terms("BASIC", before, listed) == old
        assert plans.terms("BASIC", NOON.date(), listed) == new
        assert plans.terms("BASIC", NOON.date() - timedelta(days=9999), listed) == old

    def test_a_refusal_says_what_is_allowed_what_is_used_and_what_to_do(self):
        text = plans.sentence("FREE", "storage_bytes", 2 * 2**30, 1_900 * 2**20)
        assert text.startswith("The plan FREE allows 2 GB of files; 1.855 GB in use. Remove files")

    @pytest.mark.parametrize(("value", "text"), [(0, "0 B"), (1023, "1023 B"), (2**40, "1 TB"), (1536, "1.5 KB")])
    def test_bytes_are_told_in_units(self, value, text):
        assert plans.amount("storage_bytes", value) == text

    def test_owners_words_go_before_the_plan_and_unknown_names_are_left_out(self):
        told = plans.limits("FREE", NOON.date(), {"seats": None, "chairs": 3})
        assert (told["seats"], told["custom_domains"], "chairs" in told) == (None, 1, False)


def test_a_refusal_is_told_in_good_words_for_one_and_for_many():
    assert plans.sentence("FREE", plans.DOMAINS, 1, 1).startswith("The plan FREE allows 1 domain of its own; 1 in use.")
    assert plans.sentence("PRO", plans.DOMAINS, 10, 10).startswith("The plan PRO allows 10 domains of its own; 10 in")
    assert plans.sentence("FREE", plans.SEATS, 1, 2).startswith("The plan FREE allows 1 active person; 2 in use.")
