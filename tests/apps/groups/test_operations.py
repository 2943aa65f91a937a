"""Who is in a group: capacity, roles, history, and what is announced."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from apps.audit.models import Entry
from apps.authentication.events import UserChanged, UserErased, UserRemoved
from apps.authentication.operations import people
from apps.core import bus, images, tenancy, trace
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


def ids(rows):
    return {row.user_id for row in rows}


def test_moves_people_all_or_nobody(cast, told):
    old = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    new = operations.create_group(name="N4", max_students=1)
    operations.add_members(group_id=old.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    move = {"from_group_id": old.pk, "to_group_id": new.pk}
    with pytest.raises(errors.GroupFull):
        operations.move_members(**move, user_ids=[cast.alice.pk, cast.bob.pk])
    assert queries.student_ids([old.pk]) == {cast.alice.pk, cast.bob.pk}
    seen = len(told())
    outcome = operations.move_members(**move, user_ids=[cast.alice.pk, cast.carol.pk])
    assert ids(outcome.created) == {cast.alice.pk, cast.carol.pk}
    assert queries.student_ids([old.pk]) == {cast.bob.pk}
    assert queries.student_ids([new.pk]) == {cast.alice.pk}
    assert queries.taught_group_ids(cast.carol.pk) == {new.pk}
    assert sorted(name for name, _ in told()[seen:]) == ["MemberJoined"] * 2 + ["MemberLeft"] * 2


def test_whoever_is_in_the_other_group_already_only_leaves_the_first(cast):
    old, new = operations.create_group(name="N5"), operations.create_group(name="N4", max_students=1)
    for group in (old, new):
        operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    outcome = operations.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.alice.pk])
    assert (outcome.created, outcome.skipped) == ((), (cast.alice.pk,))
    assert queries.student_group_ids(cast.alice.pk) == {new.pk}


def test_refuses_to_move_who_is_not_there_and_to_nowhere(cast):
    old, new = operations.create_group(name="N5"), operations.create_group(name="N4")
    operations.add_member(group_id=old.pk, user_id=cast.alice.pk, role="STUDENT")
    with pytest.raises(errors.NotInGroup) as refusal:
        operations.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.alice.pk, cast.bob.pk])
    assert [problem.pointer for problem in refusal.value.problems] == ["/members/1/user_id"]
    assert queries.student_group_ids(cast.alice.pk) == {old.pk}
    with pytest.raises(errors.SameGroup):
        operations.move_members(from_group_id=old.pk, to_group_id=old.pk, user_ids=[cast.alice.pk])
    with pytest.raises(errors.GroupNotFound):
        operations.move_members(from_group_id=old.pk, to_group_id=uuid.uuid4(), user_ids=[cast.alice.pk])


def test_a_guest_is_not_moved_into_a_group(cast):
    old, new = operations.create_group(name="N5"), operations.create_group(name="N4")
    operations.add_member(group_id=old.pk, user_id=cast.alice.pk, role="STUDENT")
    Membership.objects.update(user=cast.gus)
    with pytest.raises(errors.UnknownMember):
        operations.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.gus.pk])


def as_person(person):
    return trace.at(trace.Trace(trace.API, actor_id=person.pk, actor_name=person.first_name, actor_role=person.role))


def test_the_history_tells_who_came_went_and_was_moved_and_by_whom(cast):
    with as_person(cast.dora):
        old, new = operations.create_group(name="N5"), operations.create_group(name="N4")
        first = operations.add_member(group_id=old.pk, user_id=cast.alice.pk, role="STUDENT")
        operations.remove_member(membership_id=first.pk)
        operations.add_member(group_id=old.pk, user_id=cast.alice.pk, role="STUDENT")
        operations.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.alice.pk])
    rows = list(queries.history_for(cast.dora, user_id=cast.alice.pk))
    told = sorted(
        (row.group.name, row.ending, str(row.came_from or ""), str(row.went_to or ""), row.left_by == cast.dora)
        for row in rows
    )
    assert told == [("N4", "", "N5", "", False), ("N5", "MOVED", "", "N4", True), ("N5", "REMOVED", "", "", True)]
    assert {row.joined_by for row in rows} == {cast.dora}
    assert len(queries.history_for(cast.dora, group_id=new.pk)) == 1
    with pytest.raises(errors.GroupNotFound):
        queries.history_for(cast.carol, group_id=old.pk)
    assert not queries.history_for(cast.carol, user_id=cast.alice.pk)


def test_an_owner_who_acts_here_is_named_by_the_audit_trail_alone(cast):
    acting = trace.Trace(trace.API, actor_id=uuid.uuid4(), owner_id=uuid.uuid4())
    group = operations.create_group(name="N5")
    with trace.at(acting):
        row = operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    assert Membership.objects.get(pk=row.pk).joined_by is None


def test_an_archived_group_keeps_its_people_and_takes_no_student(cast):
    group = operations.create_group(name="N5", teacher_ids=[cast.carol.pk])
    other = operations.create_group(name="N4")
    operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    operations.add_member(group_id=other.pk, user_id=cast.bob.pk, role="STUDENT")
    for _ in range(2):
        assert not operations.archive_group(group_id=group.pk).is_active
    with pytest.raises(errors.GroupArchived):
        operations.add_member(group_id=group.pk, user_id=cast.bob.pk, role="STUDENT")
    with pytest.raises(errors.GroupArchived):
        operations.move_members(from_group_id=other.pk, to_group_id=group.pk, user_ids=[cast.bob.pk])
    operations.update_group(actor=cast.dora, group_id=group.pk, teacher_ids=[cast.other_teacher.pk])
    assert queries.student_ids([group.pk]) == {cast.alice.pk}
    operations.reactivate_group(group_id=group.pk)
    operations.add_member(group_id=group.pk, user_id=cast.bob.pk, role="STUDENT")


def test_a_group_cannot_have_fewer_places_than_students(cast):
    group = operations.create_group(name="N5", max_students=5)
    operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    with pytest.raises(errors.TooFewPlaces) as refusal:
        operations.update_group(actor=cast.dora, group_id=group.pk, max_students=1)
    assert [problem.pointer for problem in refusal.value.problems] == ["/max_students"]
    assert operations.update_group(actor=cast.dora, group_id=group.pk, max_students=2).max_students == 2


def test_a_role_that_changes_ends_what_came_with_it(cast, deliver):
    taught, other = operations.create_group(name="N5", teacher_ids=[cast.carol.pk]), operations.create_group(name="N4")
    operations.add_member(group_id=other.pk, user_id=cast.alice.pk, role="STUDENT")
    people.change_role(user_id=cast.carol.pk, role="STUDENT")
    with transaction.atomic():
        bus.publish(UserChanged(user_id=cast.carol.pk))
        bus.publish(UserChanged(user_id=cast.alice.pk))
    deliver()
    row = Membership.objects.get(group=taught)
    assert (row.ending, row.left_at is None) == ("ROLE_CHANGED", False)
    assert queries.student_group_ids(cast.alice.pk) == {other.pk}


@pytest.mark.parametrize("event", [UserRemoved, UserErased])
def test_whoever_is_gone_leaves_every_group(cast, deliver, event):
    group = operations.create_group(name="N5", max_students=1)
    operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    with transaction.atomic():
        bus.publish(event(user_id=cast.alice.pk))
    deliver()
    assert Membership.objects.get().ending == "REMOVED"
    operations.add_member(group_id=group.pk, user_id=cast.bob.pk, role="STUDENT")


def picture(color="red"):
    data = io.BytesIO()
    Image.new("RGB", (700, 300), color).save(data, "PNG")
    return data.getvalue()


def test_a_picture_is_made_anew_replaced_and_goes_with_the_group(cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        group = operations.create_group(name="N5", avatar=picture())
    first = group.avatar
    assert first.startswith(f"c/{cast.north.id}/groups/")
    with default_storage.open(first) as file:
        assert max(Image.open(file).size) == 512
    with django_capture_on_commit_callbacks(execute=True):
        second = operations.update_group(actor=cast.dora, group_id=group.pk, avatar=picture("blue")).avatar
    assert not default_storage.exists(first)
    with django_capture_on_commit_callbacks(execute=True):
        operations.delete_group(group_id=group.pk)
    assert not default_storage.exists(second)


def test_a_picture_of_a_group_that_is_not_made_is_not_kept(cast, monkeypatch):
    written = []
    write = images.write_picture
    monkeypatch.setattr(images, "write_picture", lambda **what: written.append(write(**what)) or written[-1])
    operations.create_group(name="N5")
    with pytest.raises(errors.GroupExists):
        operations.create_group(name="N5", avatar=picture())
    assert [default_storage.exists(name) for name in written] == [False]


def test_what_is_done_is_written_down(cast):
    with as_person(cast.dora):
        group = operations.create_group(name="N5")
        row = operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
        operations.remove_member(membership_id=row.pk)
        operations.update_group(actor=cast.dora, group_id=group.pk, max_students=7)
        operations.archive_group(group_id=group.pk)
        operations.delete_group(group_id=group.pk)
    entries = Entry.objects.filter(subject="group", subject_id=str(group.pk)).order_by("pk")
    assert [entry.action.removeprefix("group.") for entry in entries] == [
        "created",
        "members_added",
        "member_removed",
        "changed",
        "archived",
        "deleted",
    ]
    assert {entry.actor_id for entry in entries} == {cast.dora.pk}
