"""Plans of centers over HTTP: the owners' list and changes, the center's own view, the price list."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from apps.analytics import operations as figures
from apps.centers.models import Center, PlanChange
from apps.centers.operations import centers
from apps.core import clock, tenancy
from tests.client import access_token

pytestmark = pytest.mark.django_db

FIELDS = set(
    "id plan plan_display price currency billing_cycle next_billing_date starts_at ends_at is_active auto_renew"
    " is_expired days_remaining created_at updated_at limits".split()
)
OF_OWNERS = {"center_id", "center_name", "center_status", "limit_overrides"}


@pytest.fixture
def owner(api, cast):
    return api(cast.olga)


@pytest.fixture
def url(cast):
    return f"owner-subscriptions/{cast.north.id}/"


def moment(text):
    return datetime.fromisoformat(text)


class TestMine:
    def test_says_plan_price_dates_and_each_limit_beside_what_is_used(self, api, cast):
        mine = api(cast.dora).get("subscriptions/my-subscription/").json()
        assert set(mine) == FIELDS
        assert (mine["plan"], mine["price"], mine["currency"], mine["is_active"]) == ("PRO", "99.00", "USD", True)
        assert (mine["auto_renew"], mine["ends_at"], mine["days_remaining"]) == (True, None, None)
        assert moment(mine["next_billing_date"]) > clock.now()
        assert mine["limits"]["seats"] == {"limit": 2000, "used": 1, "left": 1999, "percent": 0.05, "is_near": False}
        assert mine["limits"]["concurrent_attempts"]["used"] == 0
        assert mine["limits"]["storage_bytes"]["limit"] == 200 * 2**30

    @pytest.mark.parametrize("who", ["carol", "alice", "gus"])
    def test_is_for_admins_only(self, api, cast, who):
        assert api(getattr(cast, who)).get("subscriptions/my-subscription/").status_code == 403

    def test_is_not_for_strangers_nor_on_the_main_host(self, api, owner):
        assert api().get("subscriptions/my-subscription/").status_code == 401
        assert owner.get("subscriptions/my-subscription/").status_code == 404


class TestPlans:
    def test_lists_what_each_plan_allows_and_costs(self, api, cast, owner):
        for client in (owner, api(cast.dora)):
            plans = client.get("subscriptions/plans/").json()
            assert [plan["plan"] for plan in plans] == ["FREE", "BASIC", "PRO", "ENTERPRISE"]
            assert plans[1]["monthly_price"] == "29.00"
            assert plans[3]["limits"]["seats"] is None
        assert api(cast.carol).get("subscriptions/plans/").status_code == 403


class TestList:
    def test_shows_every_center_with_its_plan_and_what_it_counted_last(self, owner, cast, count_queries):
        cast.alice  # noqa: B018 - takes a seat
        figures.refresh_figures()
        with count_queries() as few:
            rows = owner.get("owner-subscriptions/", {"ordering": "center_name"}).json()
        assert rows["count"] == 2
        north, south = rows["results"]
        assert set(north) == FIELDS | OF_OWNERS
        assert (north["id"], north["center_id"], north["center_name"]) == (*[str(cast.north.id)] * 2, "North")
        assert north["limits"]["seats"]["used"] == 1
        assert south["limits"]["seats"]["used"] == 0
        assert len(few) <= 5

    def test_filters_and_searches(self, owner, url):
        owner.patch(url, {"plan": "FREE"})
        count = lambda **wanted: owner.get("owner-subscriptions/", wanted).json()["count"]  # noqa: E731
        assert (count(plan="FREE"), count(plan="PRO"), count(plan="BASIC")) == (1, 1, 0)
        assert (count(is_active="true"), count(is_active="false"), count(search="NOR"), count(search="x%")) == (
            2,
            0,
            1,
            0,
        )

    @pytest.mark.parametrize("query", [{"plan": "ULTRA"}, {"is_active": "perhaps"}, {"ordering": "price"}, {"a": "b"}])
    def test_refuses_filters_that_it_does_not_know(self, owner, query):
        assert owner.get("owner-subscriptions/", query).status_code == 422

    def test_is_for_owners_only(self, api, cast):
        assert api().get("owner-subscriptions/", SERVER_NAME="localhost").status_code == 401
        answer = api(host="localhost", token=access_token(cast.dora)).get("owner-subscriptions/")
        assert answer.status_code == 401


class TestChange:
    def test_another_plan_begins_now_with_its_price_and_limits(self, owner, url):
        before = clock.now()
        changed = owner.patch(url, {"plan": "BASIC", "billing_cycle": "yearly", "reason": "They grew."}).json()
        assert (changed["plan"], changed["price"], changed["billing_cycle"]) == ("BASIC", "290.00", "yearly")
        assert moment(changed["starts_at"]) >= before
        assert changed["limits"]["seats"]["limit"] == 300
        assert moment(changed["next_billing_date"]).year == before.year + 1

    def test_free_is_a_trial_from_now_on_and_its_end_can_be_moved(self, owner, url):
        changed = owner.patch(url, {"plan": "FREE"}).json()
        assert (changed["center_status"], changed["days_remaining"], changed["next_billing_date"]) == (
            "TRIAL",
            60,
            None,
        )
        end = clock.now() + timedelta(days=90)
        moved = owner.patch(url, {"trial_ends_at": end.isoformat()}).json()
        assert (moment(moved["ends_at"]), moved["days_remaining"]) == (end, 90)

    def test_a_paid_plan_makes_the_center_active_at_once(self, owner, url, cast):
        centers.suspend_center(center_id=cast.north.id)
        assert owner.post(f"{url}upgrade/", {"plan": "PRO"}).json()["subscription"]["center_status"] == "ACTIVE"
        assert tenancy.get_by_slug("north").status == "ACTIVE"

    def test_without_renewal_it_ends_with_the_running_cycle(self, owner, url):
        kept = owner.get(url).json()
        changed = owner.patch(url, {"auto_renew": False}).json()
        assert (changed["auto_renew"], changed["next_billing_date"]) == (False, None)
        assert changed["ends_at"] == kept["next_billing_date"]
        assert owner.patch(url, {"auto_renew": True}).json()["ends_at"] is None

    def test_limits_of_its_own_go_before_those_of_the_plan(self, owner, url):
        changed = owner.patch(url, {"limits": {"seats": 5, "storage_bytes": None}}).json()
        assert changed["limits"]["seats"]["limit"] == 5
        assert changed["limits"]["storage_bytes"] == {
            "limit": None,
            "used": 0,
            "left": None,
            "percent": None,
            "is_near": False,
        }
        assert changed["limit_overrides"] == {"seats": 5, "storage_bytes": None}
        assert owner.patch(url, {"limits": {}}).json()["limits"]["seats"]["limit"] == 2000

    def test_upgrade_says_it_in_words(self, owner, url):
        answer = owner.post(f"{url}upgrade/", {"plan": "ENTERPRISE"})
        assert (answer.status_code, answer.json()["detail"]) == (200, "North has the plan Enterprise now.")

    def test_post_gives_the_center_that_it_names_a_plan(self, owner, cast):
        answer = owner.post("owner-subscriptions/", {"center_id": str(cast.north.id), "plan": "BASIC"})
        assert (answer.status_code, answer.json()["plan"]) == (201, "BASIC")

    def test_the_same_again_changes_nothing_and_is_no_step_of_the_history(self, owner, url):
        first = owner.patch(url, {"plan": "BASIC"}).json()
        again = owner.patch(url, {"plan": "BASIC"}).json()
        assert again == first
        assert PlanChange.objects.count() == 1

    def test_every_step_is_remembered_with_who_and_why(self, owner, url, cast):
        owner.patch(url, {"plan": "BASIC", "reason": "Smaller."})
        owner.patch(url, {"limits": {"seats": 7}})
        last, first = owner.get(f"{url}history/").json()["results"]
        assert (first["before"]["plan"], first["after"]["plan"]) == ("PRO", "BASIC")
        assert (first["reason"], first["actor_id"], first["actor_name"]) == (
            "Smaller.",
            str(cast.olga.pk),
            str(cast.olga),
        )
        assert (last["before"]["limits"], last["after"]["limits"]) == ({}, {"seats": 7})


REFUSED = [
    ({"plan": "ULTRA"}, "/plan"),
    ({"plan": ""}, "/plan"),
    ({"billing_cycle": "weekly"}, "/billing_cycle"),
    ({"limits": {"seats": -1}}, "/limits/seats"),
    ({"limits": {"seats": "many"}}, "/limits/seats"),
    ({"limits": {"chairs": 1}}, "/limits/chairs"),
    ({"limits": {"seats": 2**60}}, "/limits/seats"),
    ({"trial_ends_at": "2030-01-01T00:00:00Z"}, "/trial_ends_at"),
    ({"plan": "FREE", "trial_ends_at": "2020-01-01T00:00:00Z"}, "/trial_ends_at"),
    ({"plan": "FREE", "trial_ends_at": "2999-01-01T00:00:00Z"}, "/trial_ends_at"),
    ({"price": "1.00"}, "/price"),
    ({"is_active": True}, "/is_active"),
    ({"reason": "x" * 301}, "/reason"),
]


class TestRefusals:
    @pytest.mark.parametrize(("body", "pointer"), REFUSED)
    def test_says_where_something_is_wrong_and_changes_nothing(self, owner, url, body, pointer):
        before = owner.get(url).json()
        answer = owner.patch(url, body)
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
        assert owner.get(url).json() == before

    def test_refuses_what_the_unlinked_form_of_older_clients_sends(self, owner):
        answer = owner.post("owner-subscriptions/", {"plan": "ULTRA"})
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/plan", "/center_id"}

    @pytest.mark.parametrize("verb", ["", "history/"])
    def test_an_unknown_center_is_not_found(self, owner, verb):
        assert owner.get(f"owner-subscriptions/{uuid.uuid4()}/{verb}").status_code == 404

    def test_no_unknown_center_gets_a_plan(self, owner):
        path = f"owner-subscriptions/{uuid.uuid4()}/"
        assert owner.patch(path, {"plan": "PRO"}).status_code == 404
        assert owner.post(f"{path}upgrade/", {"plan": "PRO"}).status_code == 404
        body = {"center_id": str(uuid.uuid4()), "plan": "PRO"}
        assert owner.post("owner-subscriptions/", body).status_code == 404

    def test_an_archived_center_gets_no_plan_and_is_not_listed(self, owner, url, cast):
        Center.objects.filter(pk=cast.north.id).update(status="ARCHIVED")
        answer = owner.patch(url, {"plan": "BASIC"})
        assert (answer.status_code, answer.json()["code"]) == (409, "center_archived")
        assert owner.get("owner-subscriptions/").json()["count"] == 1
