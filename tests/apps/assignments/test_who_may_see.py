"""Who may see a room is asked of one person or of many at once: both give the same answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.assignments import queries
from apps.groups import operations as groups
from apps.groups.models import Membership
from tests.apps.assignments.builders import make_group, make_room
from tests.factories import people_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody(cast):
    return [cast.alice, cast.bob, cast.carol, cast.other_teacher, cast.dora, cast.gus, *people_of(cast, 3)]


@pytest.fixture
def check(everybody):
    """``check(room)`` compares both answers, and gives the first names of those who may see the room."""

    def compare(room):
        ids = [person.pk for person in everybody]
        seeing = queries.who_may_see(assignment_id=room.pk, user_ids=ids)
        managing = queries.managers_among(assignment_id=room.pk, user_ids=ids)
        for person in everybody:
            person.refresh_from_db()
            if not person.is_active:
                assert person.pk not in seeing
                continue
            assert (person.pk in seeing) == queries.assignments_for(person).filter(pk=room.pk).exists(), person
            assert (person.pk in managing) == queries.managed_by(person).filter(pk=room.pk).exists(), person
            assert seeing.get(person.pk, person.role) == person.role
        return {person.first_name for person in everybody if person.pk in seeing}

    return compare


def test_both_answers_agree_whatever_becomes_of_groups_and_people(cast, check):
    group = make_group(cast, cast.alice, cast.bob)
    room = make_room(cast, group_ids=[group.pk])
    assert check(room) == {"Alice", "Bob", "Carol", "Dora"}
    groups.remove_member(membership_id=Membership.objects.get(group=group, user=cast.alice).pk)
    assert check(room) == {"Bob", "Carol", "Dora"}
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert check(room) == {"Carol", "Dora"}
    groups.delete_group(group_id=group.pk)
    assert check(room) == {"Carol", "Dora"}, "Carol made it"
    theirs = make_room(cast, actor=cast.dora, user_ids=[cast.gus.pk, cast.alice.pk])
    type(theirs).objects.filter(pk=theirs.pk).update(created_by=cast.other_teacher)
    assert check(theirs) == {"Gus", "Alice", cast.other_teacher.first_name, "Dora"}


def test_a_room_that_is_part_of_something_else_is_for_nobody_here(cast, check):
    room = make_room(cast)
    type(room).objects.filter(pk=room.pk).update(kind=type(room).Kind.HOMEWORK)
    assert check(room) == set()


def test_many_are_asked_for_in_as_many_queries_as_one(cast, everybody):
    room = make_room(cast)

    def count(ids):
        with CaptureQueriesContext(connection) as seen:
            queries.who_may_see(assignment_id=room.pk, user_ids=ids)
        return len(seen)

    assert count([cast.alice.pk]) == count([person.pk for person in everybody])
