"""quizzes/ and quiz-questions/."""

from __future__ import annotations

import uuid

import pytest

from apps.attempts.models import Attempt
from apps.core import tenancy
from apps.mock_tests.models import MockTest, Paper, Question
from apps.mock_tests.operations.authoring import quizzes
from tests import factories
from tests.homework import make_homework, make_quiz

pytestmark = pytest.mark.django_db

RIVER = {
    "text": "川",
    "question_type": "QUIZ",
    "points": 2,
    "duration": 20,
    "options": [
        {"text": "river", "is_correct": True, "image": None},
        {"text": "mountain", "is_correct": False, "image": None},
        {"text": "tree", "is_correct": False},
        {"text": "fire", "is_correct": False},
    ],
}
SUN = {
    "text": "日 is the sun.",
    "question_type": "TRUE_FALSE",
    "options": [{"text": "True", "is_correct": True}, {"text": "False", "is_correct": False}],
}


@pytest.fixture
def quiz(api, cast):
    """A draft of Carol's with both kinds of questions."""
    body = {"title": "Kanji", "default_question_duration": 15, "passing_percent": "60", "questions": [RIVER, SUN]}
    answer = api(cast.carol).post("quizzes/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def problems(answer):
    assert answer.status_code == 422, answer.content
    return [(problem["pointer"], problem["code"]) for problem in answer.json()["errors"]]


def refused(answer):
    return answer.status_code, answer.json()["code"]


# -- quizzes -------------------------------------------------------------------------------------------------------


def test_a_quiz_is_made_with_its_questions_in_one_call(api, cast, quiz):
    assert (quiz["title"], quiz["is_active"], quiz["status"]) == ("Kanji", True, "DRAFT")
    assert (quiz["default_question_duration"], quiz["passing_percent"], quiz["total_score"]) == (15, "60.00", 3.0)
    river, sun = api(cast.carol).get(f"quiz-questions/?quiz={quiz['id']}&page_size=200").json()["results"]
    assert [question["id"] for question in quiz["questions"]] == [river["id"], sun["id"]]
    assert (river["question_type"], river["points"], river["duration"], river["order"]) == ("QUIZ", 2.0, 20, 1)
    assert river["correct_option_index"] == 0
    assert [option["text"] for option in river["options"]] == ["river", "mountain", "tree", "fire"]
    assert (sun["question_type"], sun["duration"], sun["correct_option_index"]) == ("TRUE_FALSE", None, 0)
    assert [(option["text"], option["is_correct"]) for option in sun["options"]] == [("True", True), ("False", False)]
    assert quiz["created_by"]["full_name"] == cast.carol.get_full_name()


def test_a_quiz_with_a_bad_question_is_not_made_at_all(api, cast):
    bad = {**RIVER, "options": [{**option, "is_correct": True} for option in RIVER["options"]]}
    answer = api(cast.carol).post("quizzes/", {"title": "Kanji", "questions": [RIVER, bad]})
    assert problems(answer) == [("/questions/1/options", "not_one_key")]
    assert not MockTest.objects.filter(kind="QUIZ").exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": None}, "/title"),
        ({"default_question_duration": 0}, "/default_question_duration"),
        ({"default_question_duration": 3601}, "/default_question_duration"),
        ({"passing_percent": "100.01"}, "/passing_percent"),
        ({"passing_percent": "NaN"}, "/passing_percent"),
        ({"passing_percent": -1}, "/passing_percent"),
        ({"is_active": "perhaps"}, "/is_active"),
        ({"level": "N5"}, "/level"),
        ({"questions": [RIVER] * 201}, "/questions"),
        ({"questions": [{**RIVER, "duration": -1}]}, "/questions/0/duration"),
        ({"questions": [{**RIVER, "points": 0}]}, "/questions/0/points"),
        ({"questions": [{**RIVER, "image_key": "elsewhere/file.png"}]}, "/questions/0/image_key"),
        ({"questions": [{**RIVER, "image_key": str(uuid.uuid4())}]}, "/questions/0/image"),
        ({"questions": [{**SUN, "options": SUN["options"][:1]}]}, "/questions/0/options"),
    ],
)
def test_bad_input_is_refused_at_its_place(api, cast, change, pointer):
    answer = api(cast.carol).post("quizzes/", {"title": "Kanji", **change})
    assert pointer in [place for place, _ in problems(answer)]
    assert not MockTest.objects.filter(kind="QUIZ").exists()


def test_staff_list_all_quizzes_and_filter_them(api, cast, quiz):
    api(cast.dora).post("quizzes/", {"title": "Verbs", "is_active": False})
    assert [one["title"] for one in api(cast.other_teacher).get("quizzes/").json()["results"]] == ["Verbs", "Kanji"]
    for query, found in [("is_active=true", ["Kanji"]), ("search=erb", ["Verbs"]), ("status=PUBLISHED", [])]:
        assert [one["title"] for one in api(cast.carol).get(f"quizzes/?page=all&{query}").json()] == found


def test_quizzes_and_mock_tests_are_apart(api, cast, quiz):
    test = factories.make_test(cast)
    api_of_carol = api(cast.carol)
    assert [one["id"] for one in api_of_carol.get("mock-tests/").json()["results"]] == [str(test.pk)]
    assert api_of_carol.get(f"mock-tests/{quiz['id']}/").status_code == 404
    assert api_of_carol.get(f"quizzes/{test.pk}/").status_code == 404
    hidden = Question.objects.get(pk=quiz["questions"][0]["id"]).group
    for path in (f"question-groups/{hidden.pk}/", f"test-sections/{hidden.section_id}/"):
        assert api_of_carol.get(path).status_code == 404
        assert api_of_carol.patch(path, {"order": 7}).status_code == 404
    assert api_of_carol.patch(f"questions/{quiz['questions'][0]['id']}/", {"score": 3}).status_code == 404
    of_test = Question.objects.filter(group__section__mock_test=test).first()
    assert api_of_carol.patch(f"quiz-questions/{of_test.pk}/", {"points": 3}).status_code == 404


def test_lists_cost_the_same_however_long_they_are(api, cast, quiz, django_assert_max_num_queries):
    for number in range(12):
        quizzes.create_quiz(actor=cast.carol, changes={"title": f"Quiz {number}"}, questions=[factories.RIVER] * 3)
    with django_assert_max_num_queries(9):
        assert len(api(cast.carol).get("quizzes/?page=all").json()) == 13


def test_an_author_changes_a_draft(api, cast, quiz):
    body = {"title": "Kanji 2", "default_question_duration": "25", "passing_percent": None}
    answer = api(cast.carol).patch(f"quizzes/{quiz['id']}/", body)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["title"], told["default_question_duration"], told["passing_percent"]) == ("Kanji 2", 25, None)
    assert told["is_active"] is True


def test_colleagues_see_but_do_not_change(api, cast, quiz):
    other = api(cast.other_teacher)
    question = quiz["questions"][0]["id"]
    assert other.get(f"quizzes/{quiz['id']}/").status_code == 200
    assert other.get(f"quiz-questions/{question}/").status_code == 200
    for answer in (
        other.patch(f"quizzes/{quiz['id']}/", {"title": "Mine"}),
        other.delete(f"quizzes/{quiz['id']}/"),
        other.post(f"quizzes/{quiz['id']}/publish/"),
        other.post(f"quizzes/{quiz['id']}/shuffle-options/"),
        other.post("quiz-questions/", {**RIVER, "quiz": quiz["id"]}),
        other.patch(f"quiz-questions/{question}/", {"points": 1}),
        other.delete(f"quiz-questions/{question}/"),
    ):
        assert refused(answer) == (403, "not_yours")
    assert api(cast.dora).patch(f"quizzes/{quiz['id']}/", {"title": "The director's"}).status_code == 200


def test_nobody_else_reaches_drafts(api, cast, quiz):
    question = quiz["questions"][0]["id"]
    for person in (cast.alice, cast.gus):
        assert api(person).get("quizzes/").json()["results"] == []
        assert api(person).get(f"quizzes/{quiz['id']}/").status_code == 404
        assert api(person).get(f"quiz-questions/{question}/").status_code == 403
        assert api(person).post("quizzes/", {"title": "Mine"}).status_code == 403
    assert api().get("quizzes/").status_code == 401
    unknown = api(cast.carol).get(f"quizzes/{uuid.uuid4()}/")
    assert refused(unknown) == (404, "not_found")


# -- publishing ----------------------------------------------------------------------------------------------------


def test_a_published_quiz_is_not_changed_but_switched_off(api, cast, quiz):
    carol = api(cast.carol)
    answer = carol.post(f"quizzes/{quiz['id']}/publish/")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["data"]["status"], answer.json()["paper"]["item_count"]) == ("PUBLISHED", 2)
    question = quiz["questions"][0]["id"]
    for locked in (
        carol.put(f"quizzes/{quiz['id']}/", {"title": "Kanji 2"}),
        carol.patch(f"quizzes/{quiz['id']}/", {"passing_percent": 10}),
        carol.post("quiz-questions/", {**RIVER, "quiz": quiz["id"]}),
        carol.patch(f"quiz-questions/{question}/", {"points": 9}),
        carol.delete(f"quiz-questions/{question}/"),
        carol.post(f"quizzes/{quiz['id']}/shuffle-options/"),
    ):
        assert refused(locked) == (409, "test_locked")
    assert carol.patch(f"quizzes/{quiz['id']}/", {"is_active": False}).json()["is_active"] is False
    assert carol.post(f"quizzes/{quiz['id']}/unpublish/").json()["data"]["status"] == "DRAFT"
    assert carol.patch(f"quizzes/{quiz['id']}/", {"title": "Kanji 2"}).status_code == 200


def test_an_incomplete_quiz_tells_every_reason_at_questions_the_author_knows(api, cast):
    empty = api(cast.carol).post("quizzes/", {"title": "Empty"}).json()
    assert problems(api(cast.carol).post(f"quizzes/{empty['id']}/publish/")) == [("/questions", "empty_section")]
    blank = {**RIVER, "text": ""}
    body = {"title": "Blank", "questions": [RIVER, blank]}
    made = api(cast.carol).post("quizzes/", body).json()
    assert problems(api(cast.carol).post(f"quizzes/{made['id']}/publish/")) == [("/questions/1/text", "no_text")]


def test_a_paper_knows_the_seconds_of_each_question_and_what_passes(api, cast, quiz):
    api(cast.carol).post(f"quizzes/{quiz['id']}/publish/")
    paper = Paper.objects.get(test=quiz["id"])
    questions = paper.content["sections"][0]["question_groups"][0]["questions"]
    assert [question["seconds"] for question in questions] == [20, 15]
    assert paper.content["quiz"] == {"default_question_seconds": 15, "passing_percent": "60"}
    assert paper.seconds == 20 + 15 + 2 * 10
    assert paper.content["sections"][0]["seconds"] == paper.seconds


def test_another_passing_percent_makes_another_edition(api, cast, quiz):
    carol = api(cast.carol)
    first = carol.post(f"quizzes/{quiz['id']}/publish/").json()["paper"]
    carol.post(f"quizzes/{quiz['id']}/unpublish/")
    assert carol.post(f"quizzes/{quiz['id']}/publish/").json()["paper"]["id"] == first["id"]
    carol.post(f"quizzes/{quiz['id']}/unpublish/")
    carol.patch(f"quizzes/{quiz['id']}/", {"passing_percent": 70})
    assert carol.post(f"quizzes/{quiz['id']}/publish/").json()["paper"]["number"] == 2


# -- for takers ----------------------------------------------------------------------------------------------------


def test_takers_see_covers_of_what_is_published_active_and_theirs(api, cast):
    mine, other, off = (make_quiz(cast, title=title) for title in ("Mine", "Bob's", "Off"))
    make_homework(cast, cast.alice, quiz_ids=[mine.pk, off.pk], mock_test_ids=[])
    make_homework(cast, cast.bob, quiz_ids=[other.pk], mock_test_ids=[])
    api(cast.carol).patch(f"quizzes/{off.pk}/", {"is_active": False})
    listed = api(cast.alice).get("quizzes/").json()["results"]
    assert [one["title"] for one in listed] == ["Mine"]
    cover = api(cast.alice).get(f"quizzes/{mine.pk}/")
    assert cover.json()["question_count"] == 3
    assert "questions" not in cover.json()
    assert "river" not in cover.content.decode()
    assert api(cast.alice).get(f"quizzes/{other.pk}/").status_code == 404
    assert api(cast.alice).get("quiz-questions/").status_code == 403


def test_results_stay_when_a_quiz_is_deleted(api, cast):
    quiz = make_quiz(cast)
    work = make_homework(cast, cast.alice, quiz_ids=[quiz.pk], mock_test_ids=[])
    start = {"homework_assignment_id": str(work.pk), "item_type": "quiz", "item_id": str(quiz.pk)}
    begun = api(cast.alice).post("submissions/homework-start/", start).json()
    assert api(cast.carol).delete(f"quizzes/{quiz.pk}/").status_code == 204
    assert api(cast.carol).get(f"quizzes/{quiz.pk}/").status_code == 404
    ended = api(cast.alice).post("submissions/submit-homework/", {"submission_id": begun["submission_id"]})
    assert ended.status_code == 200, ended.content
    assert api(cast.alice).get(f"submissions/history/{work.pk}/list/").json()["submissions"][0]["score"] == 0
    assert Attempt.objects.get(pk=begun["submission_id"]).status == "GRADED"


def test_assigning_publishes_what_is_active_and_whole(api, cast, quiz):
    draft = MockTest.objects.get(pk=quiz["id"])
    work = make_homework(cast, cast.alice, quiz_ids=[draft.pk], mock_test_ids=[])
    draft.refresh_from_db()
    assert draft.status == "PUBLISHED"
    assert work.items.get().room.paper_id == draft.current_paper_id
    assert refused(api(cast.carol).post(f"quizzes/{draft.pk}/unpublish/")) == (409, "test_in_use")


def test_what_is_not_active_or_not_whole_is_not_assigned(api, cast, quiz):
    carol = api(cast.carol)
    empty = carol.post("quizzes/", {"title": "Empty"}).json()["id"]
    carol.patch(f"quizzes/{quiz['id']}/", {"is_active": False})
    body = {"title": "Week", "deadline": "2099-01-01T00:00:00Z", "assigned_user_ids": [str(cast.alice.pk)]}
    answer = api(cast.dora).post("homework-assignments/", {**body, "quiz_ids": [quiz["id"], empty]})
    assert problems(answer) == [("/quiz_ids/0", "unknown_test"), ("/quiz_ids/1/questions", "empty_section")]


# -- questions -----------------------------------------------------------------------------------------------------


def test_questions_are_added_changed_and_removed(api, cast, quiz):
    carol = api(cast.carol)
    added = carol.post("quiz-questions/", {**RIVER, "quiz": quiz["id"], "text": "山"})
    assert added.status_code == 201, added.content
    assert added.json()["order"] == 3
    path = f"quiz-questions/{added.json()['id']}/"
    changed = carol.patch(path, {**SUN, "points": "4", "duration": None})
    assert changed.status_code == 200, changed.content
    told = changed.json()
    assert (told["question_type"], told["points"], told["duration"]) == ("TRUE_FALSE", 4.0, None)
    assert carol.patch(path, {"points": 5}).json()["options"] == told["options"]
    assert carol.delete(path).status_code == 204
    assert carol.get(path).status_code == 404


def test_another_type_needs_its_answers(api, cast, quiz):
    river = quiz["questions"][0]["id"]
    answer = api(cast.carol).patch(f"quiz-questions/{river}/", {"question_type": "TRUE_FALSE"})
    assert problems(answer) == [("/truth", "no_answer")]


def test_the_texts_of_a_statement_may_stand_the_other_way_round(api, cast, quiz):
    options = [{"text": "False", "is_correct": True}, {"text": "True", "is_correct": False}]
    answer = api(cast.carol).post("quiz-questions/", {**SUN, "quiz": quiz["id"], "options": options})
    assert answer.json()["correct_option_index"] == 1  # shown as True, False


def test_options_are_shuffled_for_good_and_the_key_goes_along(api, cast):
    options = [{"text": f"option {n}", "is_correct": n == 0} for n in range(30)]
    body = {"title": "Long", "questions": [{**RIVER, "options": options}, SUN]}
    quiz = api(cast.carol).post("quizzes/", body).json()
    answer = api(cast.carol).post(f"quizzes/{quiz['id']}/shuffle-options/")
    assert answer.json()["shuffled"] == 1
    long, sun = api(cast.carol).get(f"quiz-questions/?quiz={quiz['id']}&page=all").json()
    texts = [option["text"] for option in long["options"]]
    assert texts != [option["text"] for option in options]
    assert sorted(texts) == sorted(option["text"] for option in options)
    assert texts[long["correct_option_index"]] == "option 0"
    assert [option["text"] for option in sun["options"]] == ["True", "False"]


def test_a_quiz_of_the_other_center_is_unknown(api, cast, quiz):
    with tenancy.enter(cast.south):
        foreign = quizzes.create_quiz(actor=cast.trent, changes={"title": "Southern"}, questions=[factories.RIVER])
        question = Question.objects.get(group__section__mock_test=foreign)
    assert api(cast.dora).get(f"quizzes/{foreign.pk}/").status_code == 404
    assert api(cast.dora).get(f"quiz-questions/{question.pk}/").status_code == 404
    assert api(cast.dora).post(f"quizzes/{foreign.pk}/publish/").status_code == 404
    assert api(cast.dora).post("quiz-questions/", {**RIVER, "quiz": str(foreign.pk)}).status_code == 404
