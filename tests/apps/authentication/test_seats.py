"""How many people a center's plan lets in, at every door."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from apps.authentication import queries
from apps.authentication.errors import NoSeatLeft
from apps.authentication.models import User
from apps.authentication.operations import guests, people, registration, seats
from apps.centers.errors import PlanLimitReached
from apps.centers.models import Center
from apps.centers.operations import centers, subscriptions
from apps.core import clock, tenancy
from apps.core.errors import Refusal

MANY = 20


@pytest.fixture
def only(cast):
    """Let so many people in altogether."""

    def only(number):
        limits = {} if number is None else {"seats": number}
        subscriptions.change_plan(actor=None, center_id=cast.north.id, limits=limits)

    yield only
    only(None)


def waiting(email="new@north.test", **fields):
    return people.create_person(email=email, password=None, role="STUDENT", is_approved=False, **fields)


@pytest.mark.django_db
class TestDoors:
    def full(self, cast, only):
        """Dora has the only seat."""
        dora = cast.dora
        only(1)
        return dora

    def test_adding_a_person(self, cast, only):
        dora = self.full(cast, only)
        with pytest.raises(PlanLimitReached) as refused:
            people.add_person(actor=dora, email="a@north.test", role="STUDENT")
        details = {"limit": "seats", "allowed": 1, "used": 1, "adding": 1, "plan": "PRO"}
        assert refused.value.details == details
        assert "allows 1 active person; 1 in use" in str(refused.value)
        assert not User.objects.filter(email="a@north.test").exists()

    def test_over_http_it_is_a_conflict_that_says_what_to_do(self, cast, api, only):
        answer = api(self.full(cast, only)).post("users/", {"email": "a@north.test", "role": "STUDENT"})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (409, "plan_limit_reached")
        assert (body["details"]["allowed"], body["details"]["used"]) == (1, 1)
        assert "ask for a larger plan" in body["detail"]

    def test_a_guest_takes_a_seat_too(self, cast, only):
        dora = self.full(cast, only)
        with pytest.raises(PlanLimitReached):
            people.add_person(actor=dora, email="g@north.test", role="GUEST")

    def test_approving(self, cast, only):
        user = waiting()
        dora = self.full(cast, only)
        with pytest.raises(PlanLimitReached):
            registration.approve_person(actor=dora, user_id=user.pk)
        user.refresh_from_db()
        assert not user.is_approved

    def test_claiming_an_invitation_makes_no_account_that_could_not_be_let_in(self, cast, only):
        dora = self.full(cast, only)
        [invitation] = registration.invite(actor=dora, role="STUDENT")
        with pytest.raises(NoSeatLeft) as refused:
            registration.register(email="a@north.test", password="a long sentence 9", invitation_code=invitation.code)
        assert "plan" not in str(refused.value), "a stranger learns nothing of the plan"
        assert not refused.value.details
        assert not User.objects.filter(email="a@north.test").exists()

    def test_who_waits_takes_no_seat(self, cast, only):
        self.full(cast, only)
        waiting()
        assert queries.count_seats() == 1

    def test_a_confirmed_address_opens_no_seat_that_is_not_there(self, cast, only):
        user = waiting(email="open@north.test")
        User.objects.filter(pk=user.pk).update(opens_by_email=True)
        self.full(cast, only)
        people.note_verified(user=user)
        user.refresh_from_db()
        assert (user.is_approved, user.email_verified_at is not None) == (False, True)
        only(2)
        people.note_verified(user=user)
        user.refresh_from_db()
        assert user.is_approved

    def test_letting_somebody_in_again(self, cast, only):
        alice = cast.alice
        people.deactivate(user_id=alice.pk)
        dora = self.full(cast, only)
        with pytest.raises(PlanLimitReached):
            people.update_person(actor=dora, user_id=alice.pk, is_active=True)

    def test_bringing_a_deleted_person_back(self, cast, only):
        people.delete_person(actor=cast.dora, user_id=cast.alice.pk)
        dora = self.full(cast, only)
        with pytest.raises(PlanLimitReached):
            people.restore_person(actor=dora, user_id=cast.alice.pk)

    def test_a_guest_whose_time_is_over_holds_no_seat_and_needs_one_to_stay(self, cast, only):
        gus = cast.gus
        User.objects.filter(pk=gus.pk).update(access_ends_at=clock.now() - timedelta(minutes=1))
        dora = self.full(cast, only)
        assert queries.count_seats() == 1
        with pytest.raises(PlanLimitReached):
            guests.extend_guest(actor=dora, user_id=gus.pk, ends_at=clock.now() + timedelta(days=1))
        with pytest.raises(PlanLimitReached):
            guests.upgrade_guest(actor=dora, user_id=gus.pk)

    def test_a_guest_with_a_seat_becomes_a_student_in_a_full_center(self, cast, only):
        gus, dora = cast.gus, cast.dora
        only(2)
        assert guests.upgrade_guest(actor=dora, user_id=gus.pk).role == "STUDENT"

    def test_what_takes_no_seat_goes_on_above_a_limit_that_shrank(self, cast, only):
        alice, dora = cast.alice, cast.dora
        only(0)
        people.update_person(actor=dora, user_id=alice.pk, first_name="Alicia")
        people.change_role(actor=dora, user_id=alice.pk, role="TEACHER")
        assert queries.count_seats() == 2

    def test_nobody_comes_into_a_suspended_center(self, cast):
        dora = cast.dora
        centers.suspend_center(center_id=cast.north.id)
        with pytest.raises(Refusal) as refused:
            people.add_person(actor=dora, email="a@north.test", role="STUDENT")
        assert refused.value.code == "center_suspended"

    def test_the_platform_and_an_enterprise_have_no_limit(self, cast, only):
        subscriptions.change_plan(actor=None, center_id=cast.north.id, plan="ENTERPRISE")
        seats.check_seats(adding=10**6)
        with tenancy.enter(tenancy.PUBLIC):
            seats.take_seats(adding=10**6)

    def test_a_preview_asks_for_many_at_once(self, cast, only):
        self.full(cast, only)
        only(10)
        seats.check_seats(adding=9)
        with pytest.raises(PlanLimitReached):
            seats.check_seats(adding=10)


@pytest.mark.races
class TestAtOnce:
    def approve_all(self, cast):
        waiters = [waiting(f"w{number}@north.test") for number in range(MANY)]
        got, all_there, dora = [], threading.Barrier(MANY), cast.dora

        def run(user):
            try:
                with tenancy.enter(cast.north):
                    all_there.wait()
                    people.update_person(actor=dora, user_id=user.pk, is_approved=True)
                got.append("in")
            except Refusal as refusal:
                got.append(refusal.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[user]) for user in waiters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Counter(got)

    def test_exactly_as_many_come_in_as_there_are_seats(self, committed, cast, only):
        cast.dora  # noqa: B018 - has the first one
        only(8)
        assert self.approve_all(cast) == {"in": 7, "plan_limit_reached": MANY - 7}
        assert queries.count_seats() == 8

    def test_without_the_lock_more_would(self, committed, cast, only, monkeypatch):
        cast.dora  # noqa: B018
        only(8)
        counting, count_seats = threading.Barrier(MANY), queries.count_seats

        def count_together():
            counting.wait(timeout=20)
            count = count_seats()
            counting.wait(timeout=20)
            return count

        monkeypatch.setattr(subscriptions, "hold", lambda *, limit: None)
        monkeypatch.setattr(queries, "count_seats", count_together)
        assert self.approve_all(cast)["in"] == MANY
        assert Center.objects.get(pk=cast.north.id).limits["seats"] == 8
