"""Builders that go through operations, as people do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment
from apps.authentication.models import User
from apps.mock_tests.models import MockTest, Paper, TestSection
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.rules.types.base import Answer, Given, Option
from tests.cast import Cast

SAMPLE = Path(__file__).resolve().parents[1] / "apps" / "mock_tests" / "demo" / "n5-sakura.moodle.xml"


def options(**shares: str) -> Given:
    """Options by their texts, with the share of the marks that each earns."""
    return Given(options=tuple(Option("", text, Decimal(share)) for text, share in shares.items()))


RIVER = {"text": "river", "topic": "Words", "shuffle": True, "given": options(yes="1", no="0", maybe="0")}
VERBS = {
    "type": "multiple_choice",
    "text": "verbs",
    "topic": "Grammar",
    "score": Decimal(2),
    "given": options(eat="0.5", run="0.5", table="-0.5"),
}
SUM = {
    "type": "numeric",
    "text": "sum",
    "topic": "Numbers",
    "score": Decimal(2),
    "given": Given(answers=(Answer(Decimal(42), Decimal("0.5"), Decimal(1)),)),
}


def make_test(cast: Cast, *, author: User | None = None, level: str = "", title: str = "Spring test") -> MockTest:
    """A small test of Carol's that can be published. Without a level: thirty minutes, the questions ``river`` (1 mark),
    ``verbs`` (2) and ``sum`` (2). With one: the sections of its exam, each with ``river``."""
    author = author or cast.carol
    test = authoring.create_test(actor=author, changes={"title": title, "level": level})
    if not level:
        authoring.create_section(actor=author, test_id=test.pk, changes={"name": "Part 1", "duration": 30})
    for section in TestSection.objects.filter(mock_test=test):
        group = authoring.create_group(actor=author, section_id=section.pk, changes={"title": "Group"})
        for question in [RIVER] if level else [RIVER, VERBS, SUM]:
            authoring.create_question(actor=author, group_id=group.pk, changes=question)
    return test


def import_sample(cast: Cast, *, author: User | None = None) -> MockTest:
    """The demo's N5 paper with its recordings, as a draft."""
    outcome = importing.import_test(actor=author or cast.carol, data=SAMPLE.read_bytes(), file_name=SAMPLE.name)
    assert outcome.test is not None
    return outcome.test


def publish(cast: Cast, test: MockTest) -> Paper:
    """The paper of a test, published by the director."""
    return publishing.publish_test(actor=cast.dora, test_id=test.pk)


def make_room(
    cast: Cast, *students: User, test: MockTest | None = None, open_now: bool = True, **fields: Any
) -> ExamAssignment:
    """A room of the director's for these students by name, with the small test unless another is given."""
    if test is None:
        test = make_test(cast)
        publish(cast, test)
    people = [student.pk for student in students]
    fields = {"title": "Mock exam", "user_ids": people, "open_now": open_now, **fields}
    return rooms.assign_test(actor=cast.dora, mock_test_id=test.pk, **fields)


def people_of(cast: Cast, count: int, role: str = "STUDENT") -> list[User]:
    """So many people of north, for whom a name does not matter; nobody knows their passwords."""
    made = [User(email=f"{role.lower()}-{n}@north.test", first_name=f"N{n}", role=role) for n in range(count)]
    for user in made:
        user.is_approved = True
        user.set_unusable_password()
    return User.objects.bulk_create(made)
