"""topics/ and bank-questions/ over HTTP: what works, and every refusal."""

from __future__ import annotations

import uuid

import pytest

from apps.centers.models import Center
from apps.mock_tests.models import BankQuestion, Question
from apps.mock_tests.operations import authoring, bank
from apps.mock_tests.operations.bank import topics as bank_topics
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.apps.mock_tests.bank.test_questions import draft, group_of, make_question
from tests.client import Api
from tests.factories import make_test, publish

pytestmark = pytest.mark.django_db

TWO = [{"text": "Tokyo", "is_correct": True}, {"text": "Kyoto", "is_correct": False}]
CITY = {"type": "single_choice", "name": "City", "text": "<p>Capital?</p>", "options": TWO}


def code_of(answer, status) -> str:
    assert answer.status_code == status, answer.json()
    return answer.json()["code"]


@pytest.fixture
def question(cast):
    return make_question(cast)


@pytest.fixture
def topic(cast):
    return bank_topics.create_topic(actor=cast.carol, changes={"name": "Cities"})


# -- topics --------------------------------------------------------------------------------------------------------


def test_topics_are_listed_made_changed_and_removed(cast):
    api = Api(cast.carol)
    above = body_of(api.post("topics/", {"name": "Above"}), 201)
    below = body_of(api.post("topics/", {"name": "Below", "parent": above["id"]}), 201)
    assert below["path"] == [above["id"], below["id"]]
    make_question(cast, topic_id=below["id"])
    rows = body_of(Api(cast.other_teacher).get("topics/?page=all"), 200)
    assert [(row["name"], row["question_count"], row["author"]["full_name"]) for row in rows] == [
        ("Above", 1, "Carol North"),
        ("Below", 1, "Carol North"),
    ]
    changed = body_of(api.patch(f"topics/{below['id']}/", {"name": "Beside", "parent": None, "is_active": False}), 200)
    assert (changed["name"], changed["parent"], changed["is_active"]) == ("Beside", None, False)
    assert [row["name"] for row in body_of(api.get("topics/?is_active=false"), 200)["results"]] == ["Beside"]
    assert body_of(api.get("topics/?search=abo"), 200)["count"] == 1
    assert code_of(api.delete(f"topics/{below['id']}/"), 409) == "topic_in_use"
    assert api.delete(f"topics/{above['id']}/").status_code == 204


def test_refusals_of_topics_name_their_place(cast, topic):
    api = Api(cast.carol)
    assert places(api.post("topics/", {"name": "cities"})) == {("/name", "not_unique")}
    assert places(api.post("topics/", {"name": "x", "parent": str(uuid.uuid4())})) == {("/parent", "unknown_topic")}
    assert places(api.put(f"topics/{topic.pk}/", {"parent": str(topic.pk)})) == {("/parent", "cycle")}
    assert places(api.post("topics/", {"name": "x", "colour": "red"})) == {("/colour", "unknown_field")}
    assert places(api.post("topics/", {"parent": None})) == {("/name", "required")}
    other = Api(cast.other_teacher)
    assert code_of(other.patch(f"topics/{topic.pk}/", {"name": "x"}), 403) == "not_yours"
    assert code_of(other.delete(f"topics/{topic.pk}/"), 403) == "not_yours"


# -- questions -----------------------------------------------------------------------------------------------------


def test_a_question_is_written_read_changed_and_deleted(cast, topic):
    api = Api(cast.carol)
    filed = {"topic": str(topic.pk), "difficulty": "EASY", "tags": ["a", "b"], "language": "en", "exam_type": "Quiz"}
    answer = api.post("bank-questions/", {**CITY, **filed, "note": "From the book"})
    made = body_of(answer, 201)
    assert answer["ETag"] == '"1"'
    assert (made["state"], made["is_usable"], made["usable_version"], made["steps"]) == (
        "APPROVED",
        True,
        1,
        ["RETIRED"],
    )
    assert (made["topic"]["name"], made["difficulty"], made["tags"]) == ("Cities", "EASY", ["a", "b"])
    assert made["used"] == {"tests": 0, "papers": 0, "attempts": 0}
    version = made["version"]
    assert (version["number"], version["name"], version["note"], version["statistics"]) == (
        1,
        "City",
        "From the book",
        None,
    )
    assert [option["is_correct"] for option in version["options"]] == [True, False]
    assert not {"id", "group", "section", "order", "topic", "tags", "revision"} & version.keys()

    change = {"text": "<p>Of Japan?</p>", "difficulty": "HARD", "note": "Clearer"}
    answer = api.patch(f"bank-questions/{made['id']}/", change, HTTP_IF_MATCH='"1"')
    changed = body_of(answer, 200)
    assert (answer["ETag"], changed["difficulty"], changed["version"]["number"]) == ('"2"', "HARD", 2)
    assert [option["text"] for option in changed["version"]["options"]] == ["Tokyo", "Kyoto"]
    refused = api.put(f"bank-questions/{made['id']}/", {"text": "x"}, HTTP_IF_MATCH='"1"')
    assert code_of(refused, 409) == "edited_meanwhile"
    assert refused.json()["details"]["revision"] == 2

    rows = body_of(api.get(f"bank-questions/{made['id']}/versions/"), 200)["results"]
    assert [(row["number"], row["note"], row["author"]["full_name"]) for row in rows] == [
        (2, "Clearer", "Carol North"),
        (1, "From the book", "Carol North"),
    ]
    found = body_of(api.get(f"bank-questions/{made['id']}/compare/?since=1"), 200)
    assert [(row["path"], row["before"], row["after"]) for row in found["changes"]] == [
        ("/text", "<p>Capital?</p>", "<p>Of Japan?</p>")
    ]
    assert api.delete(f"bank-questions/{made['id']}/").status_code == 204
    same_not_found(api.get(f"bank-questions/{made['id']}/"), api.get(f"bank-questions/{uuid.uuid4()}/"))


def test_the_list_is_filtered_by_what_the_query_says(cast, topic):
    make_question(cast, name="a", topic_id=topic.pk, tags=["x", "y"], difficulty="EASY", text="経済のことば")
    make_question(cast, name="b", tags=["x"], actor=cast.dora, language="ja", exam_type="JEE Main")
    api = Api(cast.other_teacher)
    for query, names in {
        "": "ba",
        "search=経済": "a",
        f"topic={topic.pk}": "a",
        "without_topic=true": "b",
        "tags=x": "ba",
        "tags=x,y": "a",
        "difficulty=EASY": "a",
        "type=short_text": "",
        "language=ja&exam_type=JEE Main": "b",
        f"author={cast.dora.pk}": "b",
        "state=APPROVED&usable=true&unused=true": "ba",
        "usable=false": "",
    }.items():
        rows = body_of(api.get(f"bank-questions/?{query}"), 200)["results"]
        assert "".join(row["version"]["name"] for row in rows) == names, query
    for query in ("state=GONE", "topic=x", "colour=red", "difficulty=VERY", "usable=perhaps"):
        assert api.get(f"bank-questions/?{query}").status_code == 422, query


def test_a_page_of_the_list_costs_the_same_for_few_and_many(cast, count_queries):
    api = Api(cast.carol)
    api.get("bank-questions/")

    def cost(many):
        bank.add_questions(actor=cast.carol, drafts=[draft(f"{many} {n}", topic=f"{n}") for n in range(many)])
        with count_queries() as counted:
            assert len(body_of(api.get("bank-questions/?page_size=100&search=sky"), 200)["results"]) >= many
        return len(counted)

    assert cost(2) == cost(60) <= 8


def test_what_does_not_fit_is_refused_with_its_place(cast, question):
    api = Api(cast.carol)
    assert places(api.post("bank-questions/", {**CITY, "options": TWO[:1]}))
    assert places(api.post("bank-questions/", {**CITY, "topic": str(uuid.uuid4())})) == {("/topic", "unknown_topic")}
    assert places(api.post("bank-questions/", {**CITY, "order": 1})) == {("/order", "unknown_field")}
    assert places(api.post("bank-questions/", {**CITY, "type": "riddle"})) == {("/type", "invalid_choice")}
    assert places(api.patch(f"bank-questions/{question.pk}/", {"tags": "x"})) == {("/tags", "not_a_list")}
    assert api.get(f"bank-questions/{question.pk}/compare/?since=0").status_code == 422
    same_not_found(
        api.get(f"bank-questions/{question.pk}/compare/?since=7"), api.get(f"bank-questions/{uuid.uuid4()}/usage/")
    )


PATHS = ("", "versions/", "compare/?since=1", "review/", "usage/")


def test_the_bank_is_for_staff_of_the_center(cast, question):
    for person in (cast.alice, cast.gus):
        for path in (*(f"bank-questions/{question.pk}/{path}" for path in PATHS), "bank-questions/", "topics/"):
            assert code_of(Api(person).get(path), 403) == "forbidden"
    for path in PATHS:
        for person in (cast.sybil, cast.trent):
            same_not_found(
                Api(person).get(f"bank-questions/{question.pk}/{path}"),
                Api(person).get(f"bank-questions/{uuid.uuid4()}/{path}"),
            )
        assert Api(cast.other_teacher).get(f"bank-questions/{question.pk}/{path}").status_code == 200
    assert body_of(Api(cast.sybil).get("bank-questions/"), 200)["count"] == 0
    assert Api().get("bank-questions/").status_code == 401


def test_teachers_change_what_they_wrote(cast, question):
    other = Api(cast.other_teacher)
    assert code_of(other.patch(f"bank-questions/{question.pk}/", {"text": "x"}), 403) == "not_yours"
    assert code_of(other.delete(f"bank-questions/{question.pk}/"), 403) == "not_yours"
    assert Api(cast.dora).patch(f"bank-questions/{question.pk}/", {"text": "x"}).status_code == 200


# -- review --------------------------------------------------------------------------------------------------------


def test_a_center_says_whether_it_reviews(cast):
    api = Api(cast.dora)
    path = f"center-admin-centers/{cast.north.id}/"
    assert body_of(api.get(path), 200)["question_review"] == "OFF"
    assert body_of(api.patch(path, {"question_review": "FOUR_EYES"}), 200)["question_review"] == "FOUR_EYES"
    assert api.patch(path, {"question_review": "SIX_EYES"}).status_code == 422
    made = body_of(Api(cast.carol).post("bank-questions/", CITY), 201)
    assert (made["state"], made["is_usable"], made["usable_version"]) == ("DRAFT", False, None)
    assert made["steps"] == ["SUBMITTED", "RETIRED"]


def test_a_question_is_reviewed(cast):
    Center.objects.filter(pk=cast.north.id).update(question_review="FOUR_EYES")
    question = make_question(cast)
    path, author, colleague = f"bank-questions/{question.pk}/review/", Api(cast.carol), Api(cast.other_teacher)
    assert body_of(author.post(path, {"step": "SUBMITTED"}), 200)["state"] == "IN_REVIEW"
    assert code_of(author.post(path, {"step": "APPROVED"}), 403) == "own_approval"
    assert code_of(colleague.post(path, {"step": "RETIRED"}), 403) == "not_yours"
    assert places(colleague.post(path, {"step": "SENT_BACK"})) == {("/comment", "blank")}
    assert code_of(colleague.post(path, {"step": "APPROVED"}, HTTP_IF_MATCH='"4"'), 409) == "edited_meanwhile"
    approved = body_of(colleague.post(path, {"step": "APPROVED", "comment": "Good"}, HTTP_IF_MATCH='"1"'), 200)
    assert (approved["state"], approved["usable_version"]) == ("APPROVED", 1)
    refused = colleague.post(path, {"step": "APPROVED"})
    assert code_of(refused, 409) == "wrong_state"
    assert refused.json()["details"] == {"state": "APPROVED", "steps": ["RETIRED"]}
    assert places(author.post(path, {"step": "BLESSED"})) == {("/step", "invalid_choice")}
    steps = body_of(author.get(path), 200)["results"]
    assert [(row["step"], row["by"]["full_name"], row["version"], row["comment"]) for row in steps] == [
        ("APPROVED", "Cyril North", 1, "Good"),
        ("SUBMITTED", "Carol North", 1, ""),
    ]
    Center.objects.filter(pk=cast.north.id).update(question_review="OFF")
    assert code_of(author.post(path, {"step": "SUBMITTED"}), 409) == "review_off"
    body_of(author.post(path, {"step": "RETIRED"}), 200)
    assert code_of(author.patch(f"bank-questions/{question.pk}/", {"text": "x"}), 409) == "question_retired"


# -- many at once --------------------------------------------------------------------------------------------------


def test_many_are_changed_at_once(cast, topic):
    ids = [str(make_question(cast, text=str(number)).pk) for number in range(3)]
    api = Api(cast.carol)
    change = {"ids": ids, "topic": str(topic.pk), "difficulty": "HARD", "add_tags": ["x"], "remove_tags": ["y"]}
    assert body_of(api.post("bank-questions/bulk/", change), 200) == {"count": 3, "changed": 3}
    assert body_of(api.get(f"bank-questions/?topic={topic.pk}&difficulty=HARD&tags=x"), 200)["count"] == 3
    strange = {"ids": [ids[0], str(uuid.uuid4())], "difficulty": "EASY"}
    assert places(api.post("bank-questions/bulk/", strange)) == {("/ids/1", "unknown_question")}
    assert places(Api(cast.other_teacher).post("bank-questions/bulk/", {"ids": ids[:1], "delete": True})) == {
        ("/ids/0", "not_yours")
    }
    assert places(Api(cast.sybil).post("bank-questions/bulk/", {"ids": ids[:1], "delete": True})) == {
        ("/ids/0", "unknown_question")
    }
    for wrong in ({"ids": []}, {"ids": ids * 400}, {}, {"ids": ids, "step": "x"}):
        assert api.post("bank-questions/bulk/", wrong).status_code == 422
    assert body_of(api.post("bank-questions/bulk/", {"ids": ids, "delete": True}), 200)["changed"] == 3
    assert not BankQuestion.objects.filter(deleted_at=None).exists()


def test_doubles_are_listed_to_look_at(cast, question):
    make_question(cast, name="Again")
    make_question(cast, name="Else", text="Something else, about rivers")
    [pair] = body_of(Api(cast.other_teacher).get("bank-questions/duplicates/"), 200)
    assert {pair["one"]["name"], pair["other"]["name"]} == {"City", "Again"}
    assert (pair["likeness"], pair["is_exact"]) == (1.0, True)
    assert len(body_of(Api(cast.carol).get(f"bank-questions/duplicates/?question={question.pk}"), 200)) == 1
    same_not_found(
        Api(cast.carol).get(f"bank-questions/duplicates/?question={uuid.uuid4()}"),
        Api(cast.sybil).get(f"bank-questions/duplicates/?question={question.pk}"),
    )


# -- into tests ----------------------------------------------------------------------------------------------------


def test_a_group_takes_questions_and_a_test_brings_them_up_to_date(cast, question):
    test, api = make_test(cast), Api(cast.carol)
    path = f"question-groups/{group_of(test).pk}/from-bank/"
    [made] = body_of(api.post(path, {"question_ids": [str(question.pk)]}), 201)["questions"]
    assert (made["bank_question"], made["version"]) == (str(question.pk), 1)
    shown = body_of(api.get(f"questions/{made['id']}/"), 200)
    assert shown["from_bank"] == {"id": str(question.pk), "version": 1}
    assert body_of(api.get(f"bank-questions/{question.pk}/"), 200)["used"]["tests"] == 1
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Newer"}, note="Why not")
    [row] = body_of(api.get(f"mock-tests/{test.pk}/bank-updates/"), 200)
    assert (row["id"], row["version"], row["newer"]["number"], row["newer"]["note"]) == (made["id"], 1, 2, "Why not")
    [renewed] = body_of(api.post(f"mock-tests/{test.pk}/bank-updates/", {}), 200)["questions"]
    assert (renewed["id"], renewed["version"]) == (made["id"], 2)
    assert Question.objects.get(pk=made["id"]).text == "Newer"
    usage = body_of(api.get(f"bank-questions/{question.pk}/usage/"), 200)
    assert [(use["test"], use["version"]) for use in usage["tests"]] == [(str(test.pk), 2)]
    publish(cast, test)
    [paper] = body_of(api.get(f"bank-questions/{question.pk}/usage/"), 200)["papers"]
    assert (paper["test"], paper["number"], paper["version"], paper["attempts"]) == (str(test.pk), 1, 2, 0)


def test_a_copy_that_is_changed_says_that_it_is_its_own_now(cast, question):
    test = make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    api = Api(cast.carol)
    assert body_of(api.patch(f"questions/{copy.pk}/", {"order": 1}), 200)["from_bank"]["version"] == 1
    assert body_of(api.patch(f"questions/{copy.pk}/", {"text": "Mine"}), 200)["from_bank"] is None


def test_refusals_of_taking_and_bringing_up_to_date(cast, question):
    test = make_test(cast)
    group, ids = group_of(test).pk, {"question_ids": [str(question.pk)]}
    take, renew = f"question-groups/{group}/from-bank/", f"mock-tests/{test.pk}/bank-updates/"
    api = Api(cast.carol)
    unknown = {"question_ids": [str(uuid.uuid4())]}
    assert places(api.post(take, unknown)) == {("/question_ids/0", "unknown_question")}
    assert places(api.post(renew, unknown)) == {("/question_ids/0", "nothing_newer")}
    assert places(api.post(take, {"question_ids": []})) == {("/question_ids", "min_length")}
    for path, body in ((take, ids), (renew, {})):
        assert code_of(Api(cast.other_teacher).post(path, body), 403) == "not_yours"
        assert code_of(Api(cast.alice).post(path, body), 403) == "forbidden"
    same_not_found(Api(cast.sybil).post(take, ids), api.post(f"question-groups/{uuid.uuid4()}/from-bank/", ids))
    same_not_found(Api(cast.sybil).get(renew), api.get(f"mock-tests/{uuid.uuid4()}/bank-updates/"))
    assert Api(cast.other_teacher).get(renew).status_code == 200
    publish(cast, test)
    for path, body in ((take, ids), (renew, {})):
        assert code_of(api.post(path, body), 409) == "test_locked"
    assert body_of(api.get(renew), 200) == []


def test_keys_of_the_bank_reach_no_student(cast, question):
    test = make_test(cast)
    bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    copy = authoring.clone_test(actor=cast.carol, test_id=test.pk)
    for path in (f"mock-tests/{copy.pk}/bank-updates/", f"bank-questions/{question.pk}/", "bank-questions/duplicates/"):
        assert Api(cast.alice).get(path).status_code in (403, 404)
