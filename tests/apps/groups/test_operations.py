"""Who is in a group: capacity, roles, history, and what is announced."""

from __future__ import annotations

import uuid

import pytest

from apps.authentication.operations import people
from apps.core import bus, tenancy
from apps.core.errors import Forbidden
from apps.groups import errors, operations, queries
from apps.groups.events import MemberJoined, MemberLeft
from apps.groups.models import Group, Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """Who was announced as coming or leaving, in order."""
    seen = []
    monkeypatch.setattr(bus, "publish_many", lambda events, **_: seen.extend(events))
    return lambda: [
        (type(event).__name__, event.user_id) for event in seen if isinstance(event, MemberJoined | MemberLeft)
    ]


def test_opens_a_group_with_its_teachers(cast, told):
    group = operations.create_group(name="N5 evening", teacher_ids=[cast.carol.pk])
    assert queries.taught_group_ids(cast.carol.pk) == {group.pk}
    assert told() == [("MemberJoined", cast.carol.pk)]


def test_a_name_is_taken_once_whatever_its_case_until_the_group_is_gone(cast):
    group = operations.create_group(name="N5 evening")
    with pytest.raises(errors.GroupExists):
        operations.create_group(name="n5 EVENING")
    operations.delete_group(group_id=group.pk)
    assert operations.create_group(name="n5 EVENING").pk != group.pk


def test_refuses_a_student_as_teacher_and_leaves_nothing(cast):
    with pytest.raises(errors.UnknownMember) as refusal:
        operations.create_group(name="N5", teacher_ids=[cast.carol.pk, cast.alice.pk])
    assert [problem.pointer for problem in refusal.value.problems] == ["/teacher_ids/1"]
    assert not Group.objects.exists()


def test_adds_all_skips_who_is_in_and_announces_each_newcomer(cast, told):
    group = operations.create_group(name="N5")
    operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    outcome = operations.add_members(
        group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT"), (cast.bob.pk, "STUDENT")]
    )
    assert [row.user_id for row in outcome.created] == [cast.bob.pk]
    assert outcome.skipped == (cast.alice.pk,)
    assert told() == [("MemberJoined", cast.alice.pk), ("MemberJoined", cast.bob.pk)]
    assert queries.student_ids([group.pk]) == {cast.alice.pk, cast.bob.pk}


@pytest.mark.parametrize("who", ["carol", "gus", "dora", "mallory", "nobody"])
def test_refuses_who_cannot_be_a_student_of_this_center(cast, who):
    group = operations.create_group(name="N5")
    user_id = uuid.uuid4() if who == "nobody" else getattr(cast, who).pk
    with pytest.raises(errors.UnknownMember) as refusal:
        operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (user_id, "STUDENT")])
    assert [problem.pointer for problem in refusal.value.problems] == ["/members/1/user_id"]
    assert queries.student_ids([group.pk]) == set()


def test_a_full_group_takes_nobody_of_too_many(cast):
    group = operations.create_group(name="N5", max_students=1)
    with pytest.raises(errors.GroupFull) as refusal:
        operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    assert refusal.value.details == {"places": 1}
    assert queries.student_ids([group.pk]) == set()
    operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    with pytest.raises(errors.GroupFull):
        operations.add_member(group_id=group.pk, user_id=cast.bob.pk, role="STUDENT")


def test_who_left_stays_in_the_history_and_can_come_back(cast, told):
    group = operations.create_group(name="N5")
    first = operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    operations.remove_member(membership_id=first.pk)
    with pytest.raises(errors.MembershipNotFound):
        operations.remove_member(membership_id=first.pk)
    operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    with pytest.raises(errors.AlreadyMember):
        operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    rows = Membership.objects.filter(group=group, user=cast.alice)
    assert sorted(row.left_at is None for row in rows) == [False, True]
    assert [name for name, _ in told()] == ["MemberJoined", "MemberLeft", "MemberJoined"]


def test_teacher_ids_replace_who_teaches(cast, told):
    group = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    operations.update_group(actor=cast.dora, group_id=group.pk, teacher_ids=[cast.other_teacher.pk])
    assert queries.taught_group_ids(cast.carol.pk) == set()
    assert queries.taught_group_ids(cast.other_teacher.pk) == {group.pk}
    assert told()[1:] == [("MemberJoined", cast.other_teacher.pk), ("MemberLeft", cast.carol.pk)]


def test_a_teacher_renames_the_own_group_but_leaves_places_and_teachers_alone(cast):
    group = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    changed = operations.update_group(
        actor=cast.carol, group_id=group.pk, name="N5 b", max_students=30, teacher_ids=[cast.carol.pk]
    )
    assert changed.name == "N5 b"
    for change in ({"max_students": 100}, {"is_active": False}, {"teacher_ids": [cast.other_teacher.pk]}):
        with pytest.raises(Forbidden):
            operations.update_group(actor=cast.carol, group_id=group.pk, **change)
    with pytest.raises(errors.GroupNotFound):
        operations.update_group(actor=cast.other_teacher, group_id=group.pk, name="Mine")


def test_a_role_that_is_lost_gives_nothing_any_more(cast):
    group = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    people.change_role(user_id=cast.carol.pk, role="STUDENT")
    cast.carol.refresh_from_db()
    assert queries.taught_group_ids(cast.carol.pk) == set()
    assert not queries.groups_for(cast.carol).exists()
    assert not queries.people_for(cast.carol).exists()
    row = operations.add_member(group_id=group.pk, user_id=cast.carol.pk, role="STUDENT")
    assert row.role_in_group == "STUDENT"
    assert queries.student_ids([group.pk]) == {cast.alice.pk, cast.carol.pk}


def test_deleting_a_group_lets_everybody_leave_and_keeps_the_history(cast, told):
    group = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    operations.delete_group(group_id=group.pk)
    assert Membership.objects.filter(group=group).exclude(left_at=None).count() == 1
    assert not queries.groups_for(cast.dora).exists()
    assert [name for name, _ in told()] == ["MemberJoined", "MemberLeft"]
    with pytest.raises(errors.GroupNotFound):
        operations.delete_group(group_id=group.pk)


def test_members_of_two_centers_never_mix(cast, south):
    group = operations.create_group(name="N5")
    operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    with tenancy.enter(south):
        assert not queries.groups_for(cast.sybil).exists()
        with pytest.raises(errors.GroupNotFound):
            operations.add_members(group_id=group.pk, members=[(cast.mallory.pk, "STUDENT")])
        operations.create_group(name="N5")
