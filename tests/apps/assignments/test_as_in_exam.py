"""New rooms begin as the exam of their paper is sat; what is said otherwise, and rooms that are there, stay as they are."""

from __future__ import annotations

import pytest

from apps.assignments import operations, rules
from apps.assignments.errors import BadCourse
from apps.assignments.models import ExamAssignment
from apps.mock_tests.models import MockTest, Paper, TestSection
from apps.mock_tests.operations import authoring, profiles
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.queries.papers import sitting
from tests.apps.assignments.builders import make_room
from tests.client import Api
from tests.factories import RIVER, make_test, publish

pytestmark = pytest.mark.django_db

BREAKS = [{"after": 1, "seconds": 600}, {"after": 2, "seconds": 600}]
RULES = ("is_sectioned", "breaks", "may_leave_early", "listening", "plays_allowed", "tools", "has_review_screen")
PLAIN = (False, [], True, "FREE", 1, [], True)
JLPT = (True, BREAKS, False, "LIMITED", 1, [], True)


def sat(room):
    room = ExamAssignment.objects.get(pk=room.pk)
    return tuple(getattr(room, name) for name in RULES)


@pytest.fixture
def n5(cast) -> MockTest:
    test = make_test(cast, level="N5")
    publish(cast, test)
    return test


def make_cat(cast) -> MockTest:
    """Its three sections, each with one question."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "CAT", "profile": "cat@2024-11"})
    for section in TestSection.objects.filter(mock_test=test):
        group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": section.name})
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=RIVER)
    publish(cast, test)
    return test


def test_a_room_of_a_jlpt_paper_has_parts_breaks_and_recordings_once(cast, n5):
    assert sat(make_room(cast, test=n5)) == JLPT


def test_a_room_of_a_cat_paper_locks_its_sections_and_has_a_calculator(cast):
    assert sat(make_room(cast, test=make_cat(cast))) == (True, [], False, "FREE", 1, ["calculator"], True)


def test_a_room_of_a_test_without_an_exam_is_plain(cast):
    assert sat(make_room(cast)) == PLAIN


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"listening": "SYNCHRONISED"}, (True, BREAKS, False, "SYNCHRONISED", 1, [], True)),
        ({"may_leave_early": True, "tools": ["notes"]}, (True, BREAKS, True, "LIMITED", 1, ["notes"], True)),
        ({"breaks": []}, (True, [], False, "LIMITED", 1, [], True)),
        ({"plays_allowed": 2, "has_review_screen": False}, (True, BREAKS, False, "LIMITED", 2, [], False)),
        ({"is_sectioned": False}, (False, [], True, "LIMITED", 1, [], True)),
        ({"seconds": 1800}, (False, [], True, "LIMITED", 1, [], True)),
        ({"seconds": None}, JLPT),
        ({"as_in_exam": False}, PLAIN),
    ],
    ids=str,
)
def test_what_is_said_wins(cast, n5, said, expected):
    assert sat(make_room(cast, test=n5, **said)) == expected


def test_what_is_said_is_refused_as_before(cast, n5):
    with pytest.raises(BadCourse):
        make_room(cast, test=n5, is_sectioned=True, seconds=1800)


def test_a_room_that_is_there_stays_as_it_is(cast, n5):
    room = make_room(cast, title="Plain")
    operations.update_assignment(actor=cast.carol, assignment_id=room.pk, title="Still plain", mock_test_id=n5.pk)
    assert sat(room) == PLAIN


def test_a_paper_from_before_exams_said_so_follows_the_shipped_one(n5):
    paper = Paper.objects.get(test=n5)
    said = sitting.sitting_of(paper=paper)
    assert said["is_sectioned"]
    del paper.profile_data["sitting"]
    assert sitting.sitting_of(paper=paper) == said
    paper.profile = "ours@2026-01~1"
    assert sitting.sitting_of(paper=paper) == {}


def test_a_centers_own_profile_says_it_for_its_papers(cast):
    own = profiles.create_profile(
        actor=cast.dora, changes={"name": "Ours", "sitting": {"tools": ["dictionary"]}}, based_on="jlpt-n5@2020-12"
    )
    test = make_test(cast, level="N5")
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"profile": own.code})
    publishing.publish_test(actor=cast.dora, test_id=test.pk)
    assert sat(make_room(cast, test=test)) == (False, [], True, "FREE", 1, ["dictionary"], True)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, "is_sectioned breaks tools"),
        ({"tools": []}, "is_sectioned breaks"),
        ({"is_sectioned": False}, "tools"),
        ({"is_sectioned": True}, "breaks tools"),
        ({"seconds": 60}, "tools"),
        ({"seconds": None}, "is_sectioned breaks tools"),
    ],
    ids=str,
)
def test_only_what_was_not_said_is_taken_over(given, left):
    of_exam = {"is_sectioned": True, "breaks": BREAKS, "tools": ["calculator"]}
    assert rules.unsaid(of_exam, given).keys() == set(left.split())


# -- over HTTP -----------------------------------------------------------------------------------------------------


def body(cast, test, **fields):
    return {"title": "Mock", "mock_test": str(test.pk), "assigned_user_ids": [str(cast.alice.pk)], **fields}


def test_a_body_that_says_nothing_gets_the_exams_rules(cast, n5):
    made = Api(cast.dora).post("exam-assignments/", body(cast, n5)).json()
    assert tuple(made[name] for name in RULES) == JLPT


def test_a_client_that_times_sections_itself_gets_the_whole_paper(cast, n5):
    """It is known by the name that it has for the opening."""
    for start in (None, "2100-01-01T00:00:00Z"):
        made = Api(cast.dora).post("exam-assignments/", body(cast, n5, estimated_start_time=start)).json()
        assert tuple(made[name] for name in RULES) == PLAIN


def test_a_test_tells_with_what_its_room_begins(cast, n5):
    expected = dict(zip(RULES[:-1], JLPT, strict=False))
    assert Api(cast.carol).get(f"mock-tests/{n5.pk}/sitting/").json() == expected
    plain = make_test(cast)
    publish(cast, plain)
    assert Api(cast.carol).get(f"mock-tests/{plain.pk}/sitting/").json() == {}


def test_a_draft_tells_nothing_of_its_rooms(cast):
    answer = Api(cast.carol).get(f"mock-tests/{make_test(cast).pk}/sitting/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_published")


def test_a_profile_shows_how_its_exam_is_sat(cast):
    rows = Api(cast.carol).get("exam-profiles/?page_size=100").json()["results"]
    told = {row["code"]: row["sitting"] for row in rows}
    assert told["custom"] is None
    assert told["cat@2024-11"] == {
        "is_sectioned": True,
        "may_leave_early": False,
        "breaks": [],
        "listening": None,
        "plays_allowed": None,
        "has_review_screen": None,
        "tools": ["calculator"],
    }


def test_a_profile_is_written_with_how_its_exam_is_sat(cast):
    admin = Api(cast.dora)
    said = {"listening": "LIMITED", "plays_allowed": 2}
    made = admin.post("exam-profiles/", {"name": "Ours", "based_on": "jlpt-n5@2020-12", "sitting": said})
    assert made.status_code == 201, made.content
    assert {name: value for name, value in made.json()["sitting"].items() if value not in (None, [])} == said
    flawed = admin.post(
        "exam-profiles/", {"name": "Flawed", "based_on": "neet@2025-05", "sitting": {"is_sectioned": True}}
    )
    assert (flawed.status_code, flawed.json()["errors"][0]["pointer"]) == (422, "/sitting/is_sectioned")
    unknown = admin.post("exam-profiles/", {"name": "Unknown", "sitting": {"abacus": True}})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/sitting/abacus")
