"""Places of a group, with real threads."""

from __future__ import annotations

import contextlib
import threading

import pytest

from apps.groups import errors, operations, queries
from apps.groups.models import Group, Membership
from tests.factories import people_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture
def counted_together(monkeypatch):
    """Everybody counts the places before anybody takes one, if nothing keeps them apart."""
    check = operations._check_places

    def together(many):
        all_counted = threading.Barrier(many)

        def slow_check(*args):
            check(*args)
            with contextlib.suppress(threading.BrokenBarrierError):
                all_counted.wait(timeout=0.3)

        monkeypatch.setattr(operations, "_check_places", slow_check)

    return together


@pytest.fixture
def unlocked(monkeypatch):
    return lambda: monkeypatch.setattr(operations, "_lock", lambda group_id: Group.objects.get(pk=group_id))


def outcomes(found):
    """How many were let in, and what the others were told."""
    refused = [error for error in found if isinstance(error, Exception)]
    return len(found) - len(refused), {type(error) for error in refused}


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, too many come in"])
def test_twenty_at_once_fill_a_group_exactly(cast, at_once, counted_together, unlocked, locked):
    group = operations.create_group(name="N5", max_students=7)
    students = people_of(cast, 20)
    if not locked:
        unlocked()
        counted_together(20)
    works = [
        lambda user=user: operations.add_member(group_id=group.pk, user_id=user.pk, role="STUDENT") for user in students
    ]
    let_in, refusals = outcomes(at_once(*works))
    present = len(queries.student_ids([group.pk]))
    assert let_in == present
    assert (present == 7) == locked
    assert refusals == ({errors.GroupFull} if locked else set())


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, the last place is taken twice"])
def test_two_at_once_cannot_both_take_the_last_place(cast, at_once, counted_together, unlocked, locked):
    group = operations.create_group(name="N5", max_students=1)
    counted_together(2)
    if not locked:
        unlocked()
    let_in, _ = outcomes(
        at_once(
            *[
                lambda user=user: operations.add_member(group_id=group.pk, user_id=user.pk, role="STUDENT")
                for user in (cast.alice, cast.bob)
            ]
        )
    )
    assert let_in == (1 if locked else 2)


def test_people_who_are_moved_to_and_fro_are_always_in_one_group(cast, at_once):
    one, other = operations.create_group(name="N5"), operations.create_group(name="N4")
    students = people_of(cast, 8)
    operations.add_members(group_id=one.pk, members=[(user.pk, "STUDENT") for user in students])

    def move(user, here, there):
        return lambda: operations.move_members(from_group_id=here.pk, to_group_id=there.pk, user_ids=[user.pk])

    for _ in range(3):
        found = at_once(*[move(user, here, there) for user in students for here, there in ((one, other), (other, one))])
        told = {type(item) for item in found if isinstance(item, Exception)}
        assert told <= {errors.NotInGroup}
    rows = Membership.objects.filter(left_at=None)
    assert sorted(rows.values_list("user_id", flat=True)) == sorted(user.pk for user in students)
