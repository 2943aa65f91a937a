"""Before and after publishing: what is wrong, how takers will see it, what changed between editions."""

from __future__ import annotations

import uuid

import pytest

from apps.attempts.models import Attempt
from apps.mock_tests.models import Paper, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.client import Api
from tests.factories import import_sample, make_test, options, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(cast):
    return make_test(cast)


def question_of(test, text):
    return Question.objects.get(group__section__mock_test=test, text=text)


# -- what is wrong -------------------------------------------------------------------------------------------------


def test_a_test_is_checked_without_being_published(cast, test):
    api = Api(cast.carol)
    found = body_of(api.get(f"mock-tests/{test.pk}/check/"), 200)
    assert found == {"can_be_published": True, "problems": [], "warnings": []}
    group = question_of(test, "river").group
    authoring.create_question(
        actor=cast.carol, group_id=group.pk, changes={"text": "river", "given": options(yes="1", no="0", maybe="0")}
    )
    empty = authoring.create_group(actor=cast.carol, section_id=group.section_id, changes={"title": "Empty"})
    found = body_of(api.get(f"mock-tests/{test.pk}/check/"), 200)
    assert not found["can_be_published"]
    place = "/sections/0/question_groups"
    assert [(flaw["pointer"], flaw["code"]) for flaw in found["problems"]] == [(f"{place}/1/questions", "empty_group")]
    assert [(flaw["pointer"], flaw["code"]) for flaw in found["warnings"]] == [
        (f"{place}/0/questions/3", "repeated_question")
    ]
    assert not Paper.objects.exists()
    refused = api.post(f"mock-tests/{test.pk}/publish/")
    assert places(refused) == {(f"{place}/1/questions", "empty_group")}
    empty.delete()
    body_of(api.post(f"mock-tests/{test.pk}/publish/"), 200)


# -- how takers will see it ----------------------------------------------------------------------------------------


def test_a_preview_is_what_a_taker_gets_without_key_or_attempt(cast):
    test = import_sample(cast)
    api = Api(cast.carol)
    paper = body_of(api.get(f"mock-tests/{test.pk}/preview/"), 200)
    heard = (
        part["audio_file"]
        for group in paper["sections"][-1]["question_groups"]
        for part in [group, *group["questions"]]
    )
    recording = next(address for address in heard if address)
    assert api.get(recording.removeprefix("http://north.localhost")).status_code == 200
    shown = {
        name for section in paper["sections"] for g in section["question_groups"] for q in g["questions"] for name in q
    }
    assert not shown & {"key", "explanation", "fractions", "answers", "texts", "topic"}
    assert not Attempt.objects.exists()
    assert not Paper.objects.exists()


def test_the_same_seed_shows_the_same_order(cast, test):
    api = Api(cast.carol)

    def order(**asked):
        paper = body_of(api.get(f"mock-tests/{test.pk}/preview/", asked), 200)
        (group,) = paper["sections"][0]["question_groups"]
        return [question["text"] for question in group["questions"]]

    assert order() == ["river", "verbs", "sum"]
    assert order(seed=5, shuffle_questions=True) == order(seed=5, shuffle_questions=True)
    assert len({tuple(order(seed=seed, shuffle_questions=True)) for seed in range(12)}) > 1
    assert order(seed=5) == ["river", "verbs", "sum"]


def test_a_draft_is_shown_as_it_stands_and_a_published_test_as_its_edition(cast, test):
    api = Api(cast.carol)
    authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "Empty", "duration": 5})
    assert len(body_of(api.get(f"mock-tests/{test.pk}/preview/"), 200)["sections"]) == 2
    test.sections.last().delete()
    paper = publish(cast, test)
    shown = body_of(api.get(f"mock-tests/{test.pk}/preview/"), 200)
    ids = [q["id"] for q in paper.content["sections"][0]["question_groups"][0]["questions"]]
    assert [q["id"] for q in shown["sections"][0]["question_groups"][0]["questions"]] == ids


@pytest.mark.parametrize("query", ["seed=-1", "seed=x", "seed=99999999999", "shuffle_options=maybe", "who=me"])
def test_refuses_a_preview_that_makes_no_sense(cast, test, query):
    refused = Api(cast.carol).get(f"mock-tests/{test.pk}/preview/?{query}")
    assert {place for place, _ in places(refused)} == {"/" + query.partition("=")[0]}


# -- what changed --------------------------------------------------------------------------------------------------


def test_tells_what_changed_between_two_editions_with_their_keys(cast, test):
    publish(cast, test)
    publishing.unpublish_test(actor=cast.carol, test_id=test.pk)
    river = question_of(test, "river")
    authoring.update_question(
        actor=cast.carol, question_id=river.pk, changes={"given": options(yes="0", no="1", maybe="0")}
    )
    authoring.delete_question(actor=cast.carol, question_id=question_of(test, "sum").pk)
    publish(cast, test)
    api = Api(cast.carol)
    found = body_of(api.get(f"mock-tests/{test.pk}/papers/2/changes/?since=1"), 200)
    assert (found["number"], found["since"], found["is_same"]) == (2, 1, False)
    changed, removed = found["changes"]
    assert (changed["what"], changed["id"], changed["name"]) == ("changed", str(river.pk), "1 river")
    assert changed["fields"] == [
        {
            "name": "key",
            "before": {"fractions": {"yes": "1", "no": "0", "maybe": "0"}},
            "after": {"fractions": {"yes": "0", "no": "1", "maybe": "0"}},
        }
    ]
    assert (removed["what"], removed["name"]) == ("removed", "3 sum")
    assert body_of(api.get(f"mock-tests/{test.pk}/papers/2/changes/"), 200) == found
    back = body_of(api.get(f"mock-tests/{test.pk}/papers/1/changes/?since=2"), 200)
    assert {change["what"] for change in back["changes"]} == {"changed", "added"}
    first = body_of(api.get(f"mock-tests/{test.pk}/papers/1/changes/"), 200)
    assert (first["is_same"], first["changes"]) == (True, [])


def test_refuses_editions_that_are_not_there(cast, test):
    publish(cast, test)
    api = Api(cast.carol)
    for path in ("papers/2/changes/", "papers/1/changes/?since=7"):
        same_not_found(api.get(f"mock-tests/{test.pk}/{path}"), api.get(f"mock-tests/{uuid.uuid4()}/{path}"))
    assert places(api.get(f"mock-tests/{test.pk}/papers/1/changes/?since=0")) == {("/since", "min_value")}


def test_a_comparison_takes_as_many_queries_for_a_large_paper_as_for_a_small_one(cast, test, count_queries):
    api, counts = Api(cast.carol), []
    api.get("exam-profiles/")  # finds out which center this host is
    for one in (test, import_sample(cast)):
        publish(cast, one)
        with count_queries() as asked:
            body_of(api.get(f"mock-tests/{one.pk}/papers/1/changes/"), 200)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize("path", ["check/", "preview/", "papers/1/changes/"])
def test_staff_alone_look_at_tests_this_way(cast, test, path):
    publish(cast, test)
    path = f"mock-tests/{{}}/{path}"
    body_of(Api(cast.other_teacher).get(path.format(test.pk)), 200)
    for person in (cast.alice, cast.gus):
        assert Api(person).get(path.format(test.pk)).status_code == 403
    trent = Api(cast.trent)
    same_not_found(trent.get(path.format(test.pk)), trent.get(path.format(uuid.uuid4())))
