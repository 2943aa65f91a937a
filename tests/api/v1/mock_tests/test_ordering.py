"""Where the parts of a test stand, and editing what nobody has changed meanwhile."""

from __future__ import annotations

import uuid

import pytest

from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import authoring
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.client import Api
from tests.factories import RIVER, make_test, publish

pytestmark = pytest.mark.django_db

WHOLES = {
    "mock-tests": ("test-sections", "mock_test"),
    "test-sections": ("question-groups", "section"),
    "question-groups": ("questions", "group"),
}


@pytest.fixture
def test(cast):
    """Two sections of two groups with three questions each."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "Order"})
    for section in ("One", "Two"):
        part = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": section, "duration": 10})
        for group in ("A", "B"):
            row = authoring.create_group(actor=cast.carol, section_id=part.pk, changes={"title": f"{section} {group}"})
            for number in range(3):
                said = {**RIVER, "text": f"{section} {group} {number}"}
                authoring.create_question(actor=cast.carol, group_id=row.pk, changes=said)
    return test


def whole_of(test, resource):
    section = TestSection.objects.filter(mock_test=test).first()
    group = QuestionGroup.objects.filter(section=section).first()
    return {"mock-tests": test, "test-sections": section, "question-groups": group}[resource]


def parts_of(api, resource, whole):
    parts, name = WHOLES[resource]
    return [row["id"] for row in body_of(api.get(f"{parts}/?{name}={whole.pk}&page=all"), 200)]


@pytest.mark.parametrize("resource", WHOLES)
def test_puts_all_parts_in_the_order_of_a_list(cast, test, resource):
    api, whole = Api(cast.carol), whole_of(test, resource)
    wanted = parts_of(api, resource, whole)[::-1]
    before = body_of(api.get(f"{resource}/{whole.pk}/"), 200)["revision"]
    after = body_of(api.post(f"{resource}/{whole.pk}/order/", {"ids": wanted}), 200)
    assert parts_of(api, resource, whole) == wanted
    assert after["revision"] == before + 1


@pytest.mark.parametrize("resource", WHOLES)
def test_an_order_of_other_parts_changes_nothing(cast, test, resource):
    api, whole = Api(cast.carol), whole_of(test, resource)
    present = parts_of(api, resource, whole)
    for ids in (present[1:], [*present, str(uuid.uuid4())], []):
        refused = api.post(f"{resource}/{whole.pk}/order/", {"ids": ids})
        assert (refused.status_code, refused.json()["code"]) == (409, "edited_meanwhile")
        assert refused.json()["details"]["present"] == present
    twice = api.post(f"{resource}/{whole.pk}/order/", {"ids": [present[0], present[0]]})
    assert places(twice) == {("/ids/1", "repeated")}
    assert places(api.post(f"{resource}/{whole.pk}/order/", {"ids": ["x"]})) == {("/ids/0", "invalid")}
    assert places(api.post(f"{resource}/{whole.pk}/order/", {})) == {("/ids", "required")}
    assert parts_of(api, resource, whole) == present


@pytest.mark.parametrize("resource", WHOLES)
def test_an_order_that_somebody_else_has_changed_meanwhile_is_refused(cast, test, resource):
    api, whole = Api(cast.carol), whole_of(test, resource)
    seen = api.get(f"{resource}/{whole.pk}/")["ETag"]
    present = parts_of(api, resource, whole)
    body_of(api.post(f"{resource}/{whole.pk}/order/", {"ids": present[::-1]}), 200)
    late = api.post(f"{resource}/{whole.pk}/order/", {"ids": present}, HTTP_IF_MATCH=seen)
    assert (late.status_code, late.json()["code"]) == (409, "edited_meanwhile")
    assert parts_of(api, resource, whole) == present[::-1]


def test_the_order_of_forty_takes_as_many_queries_as_that_of_three(cast, test, count_queries):
    api, group = Api(cast.carol), whole_of(test, "question-groups")
    ids = parts_of(api, "question-groups", group)
    with count_queries() as few:
        api.post(f"question-groups/{group.pk}/order/", {"ids": ids})
    for _ in range(37):
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=RIVER)
    ids = parts_of(api, "question-groups", group)
    with count_queries() as many:
        api.post(f"question-groups/{group.pk}/order/", {"ids": ids[::-1]})
    assert len(many) == len(few)


def test_moves_a_group_to_a_place_in_another_section(cast, test):
    api = Api(cast.carol)
    one, two = TestSection.objects.filter(mock_test=test)
    group = one.question_groups.first()
    moved = body_of(api.post(f"question-groups/{group.pk}/move/", {"section": str(two.pk), "position": 2}), 200)
    assert moved["section"] == str(two.pk)
    assert [g.title for g in QuestionGroup.objects.filter(section=two)] == ["Two A", "One A", "Two B"]
    assert [g.title for g in QuestionGroup.objects.filter(section=one)] == ["One B"]


def test_moves_a_question_inside_its_group_and_to_the_end_of_another(cast, test):
    api = Api(cast.carol)
    one, two = QuestionGroup.objects.filter(section=test.sections.first())
    question = Question.objects.filter(group=one).first()
    body_of(api.post(f"questions/{question.pk}/move/", {"group": str(one.pk), "position": 3}), 200)
    assert [q.text for q in Question.objects.filter(group=one)] == ["One A 1", "One A 2", "One A 0"]
    moved = body_of(api.post(f"questions/{question.pk}/move/", {"group": str(two.pk)}), 200)
    assert moved["group"] == str(two.pk)
    assert [q.text for q in Question.objects.filter(group=two)][-1] == "One A 0"


def test_refuses_to_move_parts_out_of_their_test(cast, test):
    api, other = Api(cast.carol), make_test(cast, title="Other")
    group = whole_of(test, "question-groups")
    question = Question.objects.filter(group=group).first()
    section = str(other.sections.first().pk)
    elsewhere = str(QuestionGroup.objects.get(section__mock_test=other).pk)
    for unknown in (section, str(uuid.uuid4())):
        refused = api.post(f"question-groups/{group.pk}/move/", {"section": unknown})
        assert places(refused) == {("/section", "unknown_part")}
    for unknown in (elsewhere, str(uuid.uuid4())):
        refused = api.post(f"questions/{question.pk}/move/", {"group": unknown})
        assert places(refused) == {("/group", "unknown_part")}


def test_copies_a_section_and_a_group_with_everything_to_the_place_behind(cast, test):
    api = Api(cast.carol)
    section = whole_of(test, "test-sections")
    copy = body_of(api.post(f"test-sections/{section.pk}/clone/"), 201)
    names = list(TestSection.objects.filter(mock_test=test).values_list("pk", flat=True))
    assert [str(pk) for pk in names[:2]] == [str(section.pk), copy["id"]]
    assert (copy["question_count"], copy["name"]) == (6, "One")
    group = whole_of(test, "question-groups")
    again = body_of(api.post(f"question-groups/{group.pk}/clone/"), 201)
    assert [str(g.pk) for g in QuestionGroup.objects.filter(section=section)][:2] == [str(group.pk), again["id"]]
    assert len(again["questions"]) == 3
    assert Question.objects.filter(group__section__mock_test=test).count() == 12 + 6 + 3


WRITES = [
    ("mock-tests/{test}/order/", {"ids": []}),
    ("test-sections/{section}/order/", {"ids": []}),
    ("test-sections/{section}/clone/", {}),
    ("question-groups/{group}/order/", {"ids": []}),
    ("question-groups/{group}/move/", {"section": "{section}"}),
    ("question-groups/{group}/clone/", {}),
    ("questions/{question}/move/", {"group": "{group}"}),
]


@pytest.mark.parametrize(("path", "body"), WRITES, ids=[path for path, _ in WRITES])
def test_published_tests_and_those_of_others_stay_as_they_are(cast, test, path, body):
    group = whole_of(test, "question-groups")
    ids = {
        "test": test.pk,
        "section": group.section_id,
        "group": group.pk,
        "question": Question.objects.filter(group=group).first().pk,
    }
    body = {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    path, unknown = path.format(**ids), path.format(**dict.fromkeys(ids, uuid.uuid4()))
    assert Api(cast.alice).post(path, body).status_code == 403
    assert Api(cast.other_teacher).post(path, body).json()["code"] == "not_yours"
    publish(cast, test)
    locked = Api(cast.carol).post(path, body)
    assert (locked.status_code, locked.json()["code"]) == (409, "test_locked")
    same_not_found(Api(cast.sybil).post(path, body), Api(cast.sybil).post(unknown, body))


# -- editing what nobody has changed meanwhile ---------------------------------------------------------------------

EDITS = {
    "mock-tests": {"title": "New"},
    "test-sections": {"name": "New"},
    "question-groups": {"title": "New"},
    "questions": {"name": "New"},
}


def part_of(test, resource):
    if resource == "questions":
        return Question.objects.filter(group__section__mock_test=test).first()
    return whole_of(test, resource)


@pytest.mark.parametrize("resource", EDITS)
def test_of_two_who_edit_the_same_the_second_is_told(cast, test, resource):
    carol, dora, path = Api(cast.carol), Api(cast.dora), f"{resource}/{part_of(test, resource).pk}/"
    seen = carol.get(path)["ETag"]
    first = dora.patch(path, EDITS[resource], HTTP_IF_MATCH=seen)
    assert first["ETag"] == f'"{first.json()["revision"]}"' != seen
    late = carol.patch(path, dict.fromkeys(EDITS[resource], "Late"), HTTP_IF_MATCH=seen)
    assert (late.status_code, late.json()["code"]) == (409, "edited_meanwhile")
    assert late.json()["details"] == {"revision": first.json()["revision"]}
    assert carol.delete(path, HTTP_IF_MATCH=seen).status_code == 409
    assert "Late" not in carol.get(path).content.decode()
    again = body_of(carol.patch(path, EDITS[resource], HTTP_IF_MATCH=first["ETag"]), 200)
    assert again["revision"] == first.json()["revision"], "Nothing was changed."
    body_of(carol.patch(path, dict.fromkeys(EDITS[resource], "Unseen"), HTTP_IF_MATCH="*"), 200)


@pytest.mark.parametrize("header", ["soon", '"1', "-1", "1.5", '"1", "2"', "9" * 40])
def test_refuses_a_revision_that_is_none(cast, test, header):
    refused = Api(cast.carol).patch(f"mock-tests/{test.pk}/", {"title": "New"}, HTTP_IF_MATCH=header)
    assert {place for place, _ in places(refused)} == {"/If-Match"}
    assert MockTest.objects.get(pk=test.pk).title == "Order"


def test_a_place_is_not_part_of_a_question_so_that_ordering_does_not_disturb_its_author(cast, test):
    api, group = Api(cast.carol), whole_of(test, "question-groups")
    question = Question.objects.filter(group=group).first()
    seen = api.get(f"questions/{question.pk}/")["ETag"]
    body_of(api.post(f"question-groups/{group.pk}/order/", {"ids": parts_of(api, "question-groups", group)[::-1]}), 200)
    body_of(api.patch(f"questions/{question.pk}/", {"name": "New"}, HTTP_IF_MATCH=seen), 200)
