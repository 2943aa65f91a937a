"""What may happen once, asked for by many at the same moment."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from apps.authentication import errors
from apps.authentication.models import Invitation, User
from apps.authentication.operations import links, passwords, people, registration
from apps.centers.models import Center
from apps.core import clock, tenancy
from apps.groups import roster

MANY = 20
pytestmark = pytest.mark.races


def at_once(tenant, work, count=MANY):
    """What each of ``count`` threads got: ``done`` or the name of its refusal."""
    got, all_there = [], threading.Barrier(count)

    def run(number):
        try:
            with tenancy.enter(tenant):
                all_there.wait()
                work(number)
            got.append("done")
        except errors.Refusal as refusal:
            got.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(got)


def register(email, code=""):
    registration.register(email=email, password="a long sentence 9", invitation_code=code)


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, it is used twice"])
def test_twenty_at_once_use_an_invitation_once(committed, cast, locked, monkeypatch):
    [invitation] = registration.invite(actor=cast.dora, role="STUDENT")
    if not locked:
        # Everybody has looked before anybody writes, and nobody holds the row.
        usable, all_looked = registration._usable, threading.Barrier(MANY)

        def look(code, email, *, lock=False):
            found = usable(code, email)
            if lock:
                all_looked.wait(timeout=20)
            return found

        monkeypatch.setattr(registration, "_usable", look)
    got = at_once(cast.north, lambda number: register(f"p{number}@north.test", invitation.code))
    made = User.objects.filter(email__startswith="p").count()
    if locked:
        assert got == {"done": 1, "InvitationRefused": MANY - 1}
        assert made == 1
        assert Invitation.objects.get().target_user is not None
    else:
        assert made > 1


def test_the_same_address_twenty_times_at_once_is_one_person(committed, cast):
    Center.objects.filter(pk=cast.north.id).update(registration="APPROVAL")
    try:
        got = at_once(cast.north, lambda number: register("p@north.test"))
    finally:
        Center.objects.filter(pk=cast.north.id).update(registration="INVITATION")
    assert got == {"done": MANY}
    assert User.objects.filter(email="p@north.test").count() == 1


def test_a_reset_link_is_used_once_by_twenty_at_once(committed, cast):
    path = links.path_for(purpose="reset", user=cast.alice, at=clock.now())
    token = path.partition("token=")[2]

    def use(number):
        passwords.reset(user_id=cast.alice.pk, token=token, password=f"the sentence of {number}")

    assert at_once(cast.north, use) == {"done": 1, "LinkRefused": MANY - 1}


def test_approving_and_rejecting_at_once_ends_in_one_of_the_two(committed, cast):
    for number in range(5):
        [invitation] = registration.invite(actor=cast.dora, role="STUDENT")
        register(f"p{number}@north.test", invitation.code)
        verbs = [registration.approve_invitation, registration.reject_invitation]
        at_once(cast.north, lambda turn: verbs[turn](actor=cast.dora, code=invitation.code), count=2)  # noqa: B023
        person = User.objects.get(email=f"p{number}@north.test")
        status = Invitation.objects.get(pk=invitation.pk).status
        assert (status, person.is_active and person.is_approved) in {("APPROVED", True), ("REJECTED", False)}


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, nobody is left"])
def test_two_admins_who_shut_each_other_out_leave_one(committed, cast, locked, monkeypatch):
    other = cast.person("Dmitri", "CENTER_ADMIN")
    pairs = [(cast.dora, other), (other, cast.dora)]
    if not locked:
        monkeypatch.setattr(people, "lock_admins", lambda *, user_id: None)
        spare, both_looked = people.spare, threading.Barrier(2)

        def look(*, actor, user):
            spare(actor=actor, user=user)
            both_looked.wait(timeout=20)

        monkeypatch.setattr(people, "spare", look)

    def shut_out(number):
        actor, target = pairs[number]
        people.change_role(actor=actor, user_id=target.pk, role="TEACHER")

    got = at_once(cast.north, shut_out, count=2)
    left = User.objects.filter(role="CENTER_ADMIN", is_active=True).count()
    if locked:
        assert got == {"done": 1, "LastAdmin": 1}
        assert left == 1
    else:
        assert left == 0


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, rows are refused"])
def test_the_same_list_five_times_at_once_comes_in_once(committed, cast, locked, monkeypatch):
    cast.dora  # noqa: B018
    text = "email,groups\n" + "".join(f"p{number}@north.test,N5\n" for number in range(50))
    if not locked:
        sort, all_looked = roster.accounts.sort_entries, threading.Barrier(5)

        def look(**given):
            found = sort(**given)
            all_looked.wait(timeout=20)
            return found

        monkeypatch.setattr(roster, "_one_at_a_time", lambda: None)
        monkeypatch.setattr(roster.accounts, "sort_entries", look)
    reports = []
    got = at_once(
        cast.north,
        lambda number: reports.append(
            roster.import_roster(actor=cast.dora, data=text.encode(), create_groups=True, send_letters=False)
        ),
        count=5,
    )
    assert User.objects.filter(email__startswith="p").count() == 50
    if locked:
        assert got == {"done": 5}
        assert sorted(report.created for report in reports) == [0, 0, 0, 0, 50]
    else:
        assert got["done"] < 5
