from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from apps.authentication import queries as people
from apps.core import tenancy
from apps.core.errors import NotFound
from apps.demo import content
from apps.mock_tests import queries as tests


def list_centers() -> list[tuple[str, str]]:
    """Name and host of each demo center."""
    return [(name, content.host(slug)) for slug, name in content.CENTERS.items()]


def is_demo(*, slug: str) -> bool:
    """Whether the center is one of the demo, whose logins are no secret."""
    return slug in content.CENTERS


def get_demo_test() -> uuid.UUID:
    """The id of the demo's mock test in the present center; refuses where nothing was seeded."""
    teacher = people.find_by_email(email=content.teacher_email(tenancy.current().slug))
    test = teacher and tests.tests_for(teacher).filter(title=content.MOCK_TEST_TITLE, status="PUBLISHED").first()
    if not test:
        raise NotFound("There is no demo test here; run seed_demo first.")
    return uuid.UUID(str(test.pk))


def get_keys(*, test_id: uuid.UUID) -> dict[str, Mapping[str, Any]]:
    """The key of the test's newest paper: simulated students need to know what they pretend to know."""
    paper = tests.get_published_paper(test_id=test_id)
    return {str(question): item["key"] for question, item in tests.get_key(paper_id=paper.pk).items()}


def count_demo_students(*, slug: str) -> int:
    """How many demo students a center has."""
    return (
        people.list_people(role="STUDENT").filter(email__startswith="student", email__endswith=f"@{slug}.test").count()
    )
