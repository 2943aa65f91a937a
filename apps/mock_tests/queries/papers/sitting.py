"""How the exam of a paper is sat, with which a room of it begins."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apps.mock_tests.models import Paper
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.queries.papers import get_published_paper
from apps.mock_tests.queries.papers.content import content_of
from apps.mock_tests.queries.parts import get_test_for
from apps.mock_tests.rules import profiles

if TYPE_CHECKING:
    from apps.authentication.models import User


def sitting_of(*, paper: Paper) -> dict[str, Any]:
    """What the exam profile of a paper says of how it is sat, by the names of a room's fields. A paper from before profiles
    said so follows the one of the same name that comes with the product, if there is one."""
    profile = exam_profiles.profile_of(paper)
    if paper.profile_data is not None and "sitting" not in paper.profile_data:
        shipped = profiles.find_profile(paper.profile)
        profile = replace(profile, sitting=shipped.sitting if shipped else None)
    return profiles.sitting_of(profile, content_of(paper.pk)["sections"])


def sitting_for(actor: User, test_id: uuid.UUID) -> dict[str, Any]:
    """The same of the edition that a new room of a test gets which ``actor`` may see; refuses any other id, and a test that
    is not published."""
    test = get_test_for(actor, test_id)
    return sitting_of(paper=get_published_paper(test_id=test.pk))
