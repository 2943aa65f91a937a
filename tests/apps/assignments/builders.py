"""Rooms as a teacher makes them: scheduled, for a group of their own."""

from __future__ import annotations

from typing import Any

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment
from apps.groups import operations as groups
from apps.groups.models import Group
from apps.mock_tests.models import MockTest
from tests import factories
from tests.cast import Cast


def make_group(cast: Cast, *students: Any, name: str = "N5", teacher: Any = None) -> Group:
    """A group of Carol's (or ``teacher``'s) with these students."""
    group = groups.create_group(name=name, teacher_ids=[(teacher or cast.carol).pk])
    groups.add_members(group_id=group.pk, members=[(student.pk, "STUDENT") for student in students])
    return group


def make_room(cast: Cast, *, actor: Any = None, test: MockTest | None = None, **fields: Any) -> ExamAssignment:
    """Carol's room for a published test; without an audience it is for her group with Alice and Bob."""
    if test is None:
        test = factories.make_test(cast)
        factories.publish(cast, test)
    if not fields.get("group_ids") and not fields.get("user_ids"):
        known = Group.objects.filter(name="N5", deleted_at=None).first()
        fields["group_ids"] = [(known or make_group(cast, cast.alice, cast.bob)).pk]
    return rooms.assign_test(actor=actor or cast.carol, mock_test_id=test.pk, **{"title": "Mock exam", **fields})
