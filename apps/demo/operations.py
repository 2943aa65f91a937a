from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.authentication import queries as people_queries
from apps.authentication.operations import people
from apps.centers.operations import centers
from apps.core import tenancy
from apps.core.errors import Forbidden
from apps.demo import content
from apps.groups import operations as groups
from apps.groups import queries as group_queries
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.operations.exchange import importing

if TYPE_CHECKING:
    from apps.authentication.models import User

Say = Callable[[str], None]


def seed_demo(*, say: Say) -> None:
    """The owner, two centers, their people, tests and rooms; what exists already is left alone."""
    if not settings.SHIKEN_DEMO:
        raise Forbidden("Demo people must not exist outside development.")
    with tenancy.enter(tenancy.PUBLIC):
        _person(email=content.OWNER, role="OWNER", name="Olga Owner")
    for slug, name in content.CENTERS.items():
        _seed_center(slug=slug, name=name, say=say)


def _seed_center(*, slug: str, name: str, say: Say) -> None:
    try:
        tenant = tenancy.get_by_slug(slug)
    except tenancy.UnknownTenant:
        centers.open_center(name=name, slug=slug, plan="PRO")
        tenancy.forget()
        tenant = tenancy.get_by_slug(slug)
        say(f"opened {name} at {content.host(slug)}")
    with tenancy.enter(tenant):
        teacher = _seed_people(slug)
        if not room_queries.assignments_for(teacher).exists():
            _seed_rooms(teacher)
            say(f"wrote tests and opened rooms in {name}")


def _seed_people(slug: str) -> User:
    _person(email=f"admin@{slug}.test", role="CENTER_ADMIN", name="Dora Director")
    teacher = _person(email=content.teacher_email(slug), role="TEACHER", name="Carol Sensei")
    students = [
        _person(email=f"student{number:02d}@{slug}.test", role="STUDENT", name=name)
        for number, name in enumerate(content.STUDENTS, start=1)
    ]
    if not group_queries.groups_for(teacher).exists():
        group = groups.create_group(
            name=content.GROUP, description="Monday and Thursday, 19:00", max_students=40, teacher_ids=[teacher.pk]
        )
        groups.add_members(group_id=group.pk, members=[(student.pk, "STUDENT") for student in students])
    return teacher


def _seed_rooms(teacher: User) -> None:
    group_ids = list(group_queries.groups_for(teacher).values_list("pk", flat=True))
    tests = [
        (content.MOCK_TEST_FILE, "N5", "N5 mock exam: try it yourself", None, 20),
        (content.QUIZ_FILE, "", "Ten quick questions", 600, 1),
    ]
    for path, level, title, seconds, allowed in tests:
        with transaction.atomic():
            outcome = importing.import_test(actor=teacher, data=path.read_bytes(), file_name=path.name, level=level)
            assert outcome.test is not None  # only a preview makes none
            publishing.publish_test(actor=teacher, test_id=outcome.test.pk)
            room = rooms.assign_test(
                actor=teacher,
                title=title,
                mock_test_id=outcome.test.pk,
                group_ids=group_ids,
                seconds=seconds,
                as_in_exam=False,
                attempts_allowed=allowed,
                board_policy="LIVE",
                result_policy="IMMEDIATELY",
                is_review_open=True,
            )
            rooms.open_room(assignment_id=room.pk)


def _person(*, email: str, role: str, name: str) -> User:
    known = people_queries.find_by_email(email=email)
    if known:
        return known
    first, last = name.split(" ", 1)
    return people.create_person(
        email=email, password=content.PASSWORD, role=role, first_name=first, last_name=last, any_password=True
    )
