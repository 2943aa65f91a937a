"""The bank: questions with versions, what they say, and copies of them in tests."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.mock_tests.errors import (
    BadContent,
    BankQuestionNotFound,
    EditedMeanwhile,
    FileRefused,
    NotYourQuestion,
    NotYours,
    PartNotFound,
    QuestionRetired,
    TestLocked,
)
from apps.mock_tests.models import BankQuestion, BankVersion, Question, QuestionGroup, Topic
from apps.mock_tests.operations import authoring, bank
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.operations.bank import review as bank_review
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.queries import get_key
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftOption, DraftQuestion
from apps.mock_tests.rules.types.base import Given, Text
from tests.apps.mock_tests.test_media_rules import picture
from tests.factories import make_test, options, publish

pytestmark = pytest.mark.django_db

CITY = {"text": "<p>Capital of Japan?</p>", "name": "City", "given": options(Tokyo="1", Kyoto="0", Osaka="0")}


def problems_of(refusal) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


def make_question(cast, **changes) -> BankQuestion:
    return bank.create_question(actor=changes.pop("actor", cast.carol), changes={**CITY, **changes})


def group_of(test) -> QuestionGroup:
    return QuestionGroup.objects.filter(section__mock_test=test)[0]


# -- writing -------------------------------------------------------------------------------------------------------


def test_a_new_question_is_its_first_version(cast):
    topic = bank_topics.create_topic(actor=cast.carol, changes={"name": "Cities"})
    made = make_question(
        cast, topic_id=topic.pk, difficulty="EASY", language="en", exam_type="Quiz", tags=["a", " b ", "a"]
    )
    question = queries.get_question_for(cast.carol, made.pk)
    assert (question.state, question.type, question.difficulty) == ("APPROVED", "single_choice", "EASY")
    assert (question.language, question.exam_type, question.tags) == ("en", "Quiz", ["a", "b"])
    assert (question.topic, question.created_by_id) == (topic, cast.carol.pk)
    version = question.current_version
    assert version == question.approved_version
    assert (version.number, version.author_id, version.name, version.text) == (1, cast.carol.pk, "City", CITY["text"])
    assert [option["text"] for option in version.content["options"]] == ["Tokyo", "Kyoto", "Osaka"]


def test_what_it_says_is_cleaned_and_checked_as_in_a_test(cast):
    question = make_question(cast, text="<p onclick='x()'>Capital?<script>1</script></p>")
    assert question.current_version.text == "<p>Capital?</p>"
    with pytest.raises(BadContent) as refusal:
        make_question(cast, given=options(Tokyo="0", Kyoto="0"))
    assert problems_of(refusal)
    with pytest.raises(BadContent) as refusal:
        make_question(cast, image_id=uuid.uuid4())
    assert problems_of(refusal) == [("/image", "unknown_media")]
    assert BankQuestion.objects.count() == 1


def test_only_topics_that_are_there_and_open_take_questions(cast):
    closed = bank_topics.create_topic(actor=cast.carol, changes={"name": "Old", "is_active": False})
    for topic in (closed.pk, uuid.uuid4()):
        with pytest.raises(BadContent) as refusal:
            make_question(cast, topic_id=topic)
        assert problems_of(refusal) == [("/topic", "unknown_topic")]


def test_an_edit_is_a_new_version_and_the_old_one_stays(cast):
    question = make_question(cast)
    bank.edit_question(
        actor=cast.carol, question_id=question.pk, changes={"text": "<p>And of France?</p>"}, note="Another country"
    )
    newer, older = queries.versions_for(cast.carol, question.pk)
    assert (newer.number, newer.text, newer.note, newer.author) == (
        2,
        "<p>And of France?</p>",
        "Another country",
        cast.carol,
    )
    assert (older.number, older.text, older.note) == (1, CITY["text"], "")
    assert newer.content == older.content
    question.refresh_from_db()
    assert question.current_version == question.approved_version == newer


def test_filing_a_question_anew_makes_no_version(cast):
    question = make_question(cast, tags=["a"])
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"difficulty": "HARD", "tags": ["b"]})
    question.refresh_from_db()
    assert (question.difficulty, question.tags, question.versions.count()) == ("HARD", ["b"], 1)


def test_saying_the_same_again_makes_no_version(cast):
    question = make_question(cast)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes=CITY)
    assert question.versions.count() == 1
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"score": Decimal(2)})
    assert question.versions.count() == 2


def test_an_edit_of_what_has_changed_meanwhile_is_refused(cast):
    question = make_question(cast)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "2"}, expected=1)
    with pytest.raises(EditedMeanwhile) as refusal:
        bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "3"}, expected=1)
    assert refusal.value.details == {"revision": 2}
    assert question.versions.count() == 2


def test_teachers_change_what_they_wrote_and_administrators_everything(cast):
    question = make_question(cast)
    for act in (bank.edit_question, bank.delete_question):
        more = {"changes": {"text": "x"}} if act is bank.edit_question else {}
        with pytest.raises(NotYourQuestion):
            act(actor=cast.other_teacher, question_id=question.pk, **more)
        for person in (cast.alice, cast.gus):
            with pytest.raises(BankQuestionNotFound):
                act(actor=person, question_id=question.pk, **more)
    bank.edit_question(actor=cast.dora, question_id=question.pk, changes={"text": "By Dora"})
    assert question.versions.first().author == cast.dora


def test_a_retired_question_is_reopened_before_it_is_changed(cast):
    question = make_question(cast)
    bank_review.take_step(actor=cast.carol, question_id=question.pk, step="RETIRED")
    with pytest.raises(QuestionRetired):
        bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "x"})
    bank_review.take_step(actor=cast.carol, question_id=question.pk, step="REOPENED")
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "x"})


def test_a_deleted_question_is_out_of_sight(cast):
    question = make_question(cast)
    bank.delete_question(actor=cast.carol, question_id=question.pk)
    assert not queries.questions_for(cast.carol).exists()
    for call in (queries.get_question_for, queries.versions_for, queries.reviews_for):
        with pytest.raises(BankQuestionNotFound):
            call(cast.carol, question.pk)
    assert BankVersion.objects.count() == 1


@pytest.mark.parametrize("change", ["text", "gone"])
def test_the_database_keeps_versions_as_they_are(cast, change):
    version = make_question(cast).current_version
    rows = BankVersion.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.update(text="x") if change == "text" else rows._raw_delete("default")
    rows.update(author=None)


# -- versions side by side -----------------------------------------------------------------------------------------


def test_two_versions_are_compared_field_by_field(cast):
    question = make_question(cast)
    bank.edit_question(
        actor=cast.carol,
        question_id=question.pk,
        changes={"name": "Town", "score": Decimal("2.5"), "given": options(Tokyo="0", Kyoto="1", Osaka="0", Nara="0")},
    )
    found = queries.compare_for(cast.other_teacher, question.pk, since=1)
    assert (found.before.number, found.after.number) == (1, 2)
    assert [(change.path, change.before, change.after) for change in found.changes] == [
        ("/name", "City", "Town"),
        ("/score", None, "2.5"),
        ("/options/0/fraction", "1", None),
        ("/options/1/fraction", None, "1"),
        ("/options/3/text", None, "Nara"),
    ]
    assert queries.compare_for(cast.carol, question.pk) == found
    assert queries.compare_for(cast.carol, question.pk, to=1).changes == []
    assert queries.compare_for(cast.carol, question.pk, since=2, to=1).changes[0].path == "/name"
    for since, to in ((1, 3), (0, 1), (9, None)):
        with pytest.raises(BankQuestionNotFound):
            queries.compare_for(cast.carol, question.pk, since=since, to=to)


def test_another_type_is_seen_in_the_comparison(cast):
    question = make_question(cast)
    changes = {"type": "short_text", "given": Given(texts=(Text("Tokyo"),))}
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes=changes)
    question.refresh_from_db()
    assert question.type == "short_text"
    paths = [change.path for change in queries.compare_for(cast.carol, question.pk, since=1).changes]
    assert paths[0] == "/type"
    assert "/texts/0/text" in paths


# -- from files ----------------------------------------------------------------------------------------------------


def draft(text="Sky?", *, topic="", **more) -> DraftQuestion:
    both = (DraftOption("blue", Decimal(1)), DraftOption("green"))
    return DraftQuestion(type="single_choice", name="Sky", text=text, options=both, topic=topic, **more)


def test_drafts_are_added_with_their_topics_and_files(cast):
    image = DraftFile("sky.png", picture(), "image/png", "image")
    shown = draft('Look: <img src="media:sky.png">', topic="Nature / Weather", files=(image,), tags=("x",))
    below = bank_topics.create_topic(actor=cast.carol, changes={"name": "Science"})
    added = bank.add_questions(
        actor=cast.carol, drafts=[shown, draft()], topic=below.pk, tags=["y"], language="en", note="sky.xml"
    )
    first, second = added.created
    assert added.skipped == []
    weather = Topic.objects.get(name="Weather")
    assert (first.topic, second.topic) == (weather, below)
    assert [weather.parent.name, weather.parent.parent] == ["Nature", below]
    assert (first.tags, second.tags, first.language) == (["x", "y"], ["y"], "en")
    assert "media:sky.png" not in first.current_version.text
    assert first.current_version.note == "sky.xml"
    assert queries.questions_for(cast.carol, text="sky", usable=True).count() == 2


def test_what_is_there_already_is_skipped_and_named(cast):
    bank.add_questions(actor=cast.carol, drafts=[draft()])
    there = BankQuestion.objects.get()
    added = bank.add_questions(actor=cast.dora, drafts=[draft("New?"), draft(), draft("New?", topic="Other")])
    assert [question.current_version.text for question in added.created] == ["New?"]
    assert [(row.draft.text, row.known) for row in added.skipped] == [
        ("Sky?", there.pk),
        ("New?", added.created[0].pk),
    ]
    bank.delete_question(actor=cast.carol, question_id=there.pk)
    assert len(bank.add_questions(actor=cast.carol, drafts=[draft()]).created) == 1


def test_a_damaged_file_or_an_unknown_topic_adds_nothing(cast):
    broken = DraftFile("a.png", b"\x89PNG nothing", "image/png", "image")
    with pytest.raises(FileRefused):
        bank.add_questions(actor=cast.carol, drafts=[draft(), draft("With a picture", files=(broken,), line=7)])
    with pytest.raises(BadContent):
        bank.add_questions(actor=cast.carol, drafts=[draft()], topic=uuid.uuid4())
    assert not BankQuestion.objects.exists()


def test_adding_many_costs_a_constant_number_of_queries(cast, count_queries):
    carol = cast.carol

    def count(many):
        with count_queries() as counted:
            bank.add_questions(actor=carol, drafts=[draft(f"{many} {n}") for n in range(many)])
        return len(counted)

    assert count(3) == count(60) <= 10


# -- into tests ----------------------------------------------------------------------------------------------------


def test_a_copy_in_a_test_knows_its_version_and_its_topic(cast):
    topic = bank_topics.create_topic(actor=cast.carol, changes={"name": "Cities"})
    first, second = (
        make_question(cast, topic_id=topic.pk, tags=["t"]),
        make_question(cast, text="Other?", score=Decimal(3)),
    )
    test = make_test(cast)
    made = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[second.pk, first.pk])
    rows = list(Question.objects.filter(group__section__mock_test=test).order_by("order"))
    assert [row.pk for row in rows[-2:]] == [copy.pk for copy in made]
    assert [row.bank_version for row in rows] == [None, None, None, second.current_version, first.current_version]
    copy = rows[-1]
    assert (copy.text, copy.topic, copy.tags, rows[-2].score) == (CITY["text"], "Cities", ["t"], Decimal(3))
    paper = publish(cast, test)
    assert get_key(paper_id=paper.pk)[copy.pk]["type"] == "single_choice"


def test_an_edit_in_the_bank_never_alters_a_paper_or_a_copy(cast):
    question, test = make_question(cast), make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    paper = publish(cast, test)
    content, key = paper.content, get_key(paper_id=paper.pk)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Changed"})
    bank.delete_question(actor=cast.carol, question_id=question.pk)
    paper.refresh_from_db()
    copy.refresh_from_db()
    assert (paper.content, get_key(paper_id=paper.pk), copy.text) == (content, key, CITY["text"])


def test_what_tests_may_not_take_is_told_by_its_place(cast):
    gone, retired, fine = (make_question(cast, text=text) for text in ("gone", "retired", "fine"))
    bank.delete_question(actor=cast.carol, question_id=gone.pk)
    bank_review.take_step(actor=cast.carol, question_id=retired.pk, step="RETIRED")
    group = group_of(make_test(cast))
    bank.use_in_group(actor=cast.carol, group_id=group.pk, question_ids=[fine.pk])
    other = make_question(cast, text="twice")
    wanted = [gone.pk, retired.pk, fine.pk, other.pk, other.pk, uuid.uuid4()]
    with pytest.raises(BadContent) as refusal:
        bank.use_in_group(actor=cast.carol, group_id=group.pk, question_ids=wanted)
    assert problems_of(refusal) == [
        ("/question_ids/0", "unknown_question"),
        ("/question_ids/1", "not_usable"),
        ("/question_ids/2", "already_in_test"),
        ("/question_ids/4", "already_in_test"),
        ("/question_ids/5", "unknown_question"),
    ]
    assert Question.objects.filter(group=group, bank_version__isnull=False).count() == 1


def test_only_drafts_of_ones_own_take_questions(cast):
    question, test = make_question(cast), make_test(cast)
    group = group_of(test).pk
    with pytest.raises(NotYours):
        bank.use_in_group(actor=cast.other_teacher, group_id=group, question_ids=[question.pk])
    with pytest.raises(PartNotFound):
        bank.use_in_group(actor=cast.alice, group_id=group, question_ids=[question.pk])
    with pytest.raises(PartNotFound):
        bank.use_in_group(actor=cast.carol, group_id=uuid.uuid4(), question_ids=[question.pk])
    publish(cast, test)
    with pytest.raises(TestLocked):
        bank.use_in_group(actor=cast.carol, group_id=group, question_ids=[question.pk])


def test_a_copy_that_says_something_else_is_a_question_of_its_own(cast):
    question, test = make_question(cast), make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    kept = {"score": Decimal(4), "order": 1, "topic": "Mine", "tags": ["x"], "shuffle": True, "name": "Mine"}
    authoring.update_question(actor=cast.carol, question_id=copy.pk, changes=kept)
    copy.refresh_from_db()
    assert copy.bank_version == question.current_version
    authoring.update_question(actor=cast.carol, question_id=copy.pk, changes={"text": "Mine"})
    copy.refresh_from_db()
    assert copy.bank_version is None


def test_a_clone_keeps_what_it_took_from_the_bank(cast):
    question, test = make_question(cast), make_test(cast)
    bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    copy = authoring.clone_test(actor=cast.carol, test_id=test.pk)
    assert Question.objects.filter(group__section__mock_test=copy, bank_version=question.current_version).count() == 1


def test_a_test_tells_which_of_its_questions_have_a_newer_version(cast):
    first, second, third = (make_question(cast, text=text) for text in ("one", "two", "three"))
    test = make_test(cast)
    bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[first.pk, second.pk, third.pk])
    assert queries.outdated_in(cast.carol, test.pk) == []
    bank.edit_question(actor=cast.carol, question_id=second.pk, changes={"text": "two!"})
    bank_review.take_step(actor=cast.carol, question_id=third.pk, step="RETIRED")
    rows = queries.outdated_in(cast.carol, test.pk)
    assert [(row.question.text, row.newer and row.newer.number) for row in rows] == [("two", 2), ("three", None)]


def test_one_verb_brings_one_or_all_up_to_date(cast):
    first, second = make_question(cast, text="one"), make_question(cast, text="two")
    test = make_test(cast)
    ids = [first.pk, second.pk]
    one, two = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=ids)
    authoring.update_question(
        actor=cast.carol, question_id=one.pk, changes={"score": Decimal(7), "question_number": 12}
    )
    for question in (first, second):
        changes = {"given": options(A="1", B="0"), "score": Decimal(2), "name": "New"}
        bank.edit_question(actor=cast.carol, question_id=question.pk, changes=changes)
    bank.bring_up_to_date(actor=cast.carol, test_id=test.pk, question_ids=[one.pk])
    assert [row.question.pk for row in queries.outdated_in(cast.carol, test.pk)] == [two.pk]
    assert len(bank.bring_up_to_date(actor=cast.carol, test_id=test.pk)) == 1
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.score, one.question_number, two.score) == (7, 12, 2)
    for copy in (one, two):
        assert [option["text"] for option in copy.content["options"]] == ["A", "B"]
        assert (copy.name, copy.bank_version.number) == ("New", 2)
    assert queries.outdated_in(cast.carol, test.pk) == []
    assert bank.bring_up_to_date(actor=cast.carol, test_id=test.pk) == []


def test_marks_that_the_bank_leaves_open_are_those_of_the_profile(cast):
    free, fixed = make_question(cast), make_question(cast, text="fixed", score=Decimal(5))
    assert (free.current_version.has_own_score, fixed.current_version.has_own_score) == (False, True)
    test = make_test(cast)
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"profile": "neet@2025-05"})
    made = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[free.pk, fixed.pk])
    [first, second] = Question.objects.filter(pk__in=[copy.pk for copy in made]).order_by("order")
    assert (first.score, first.has_own_score) == (4, False)
    assert (second.score, second.has_own_score) == (5, True)
    for question in (free, fixed):
        bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"name": "x", "score": None})
    bank.bring_up_to_date(actor=cast.carol, test_id=test.pk)
    assert {(row.score, row.has_own_score) for row in Question.objects.filter(pk__in=[first.pk, second.pk])} == {
        (4, False)
    }


def test_what_cannot_be_brought_up_to_date_is_refused(cast):
    question, test = make_question(cast), make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    with pytest.raises(BadContent) as refusal:
        bank.bring_up_to_date(actor=cast.carol, test_id=test.pk, question_ids=[copy.pk, uuid.uuid4()])
    assert problems_of(refusal) == [("/question_ids/0", "nothing_newer"), ("/question_ids/1", "nothing_newer")]
    with pytest.raises(NotYours):
        bank.bring_up_to_date(actor=cast.other_teacher, test_id=test.pk)
    publish(cast, test)
    with pytest.raises(TestLocked):
        bank.bring_up_to_date(actor=cast.carol, test_id=test.pk)


def test_a_paper_says_which_versions_it_holds(cast):
    question, test = make_question(cast), make_test(cast)
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(test).pk, question_ids=[question.pk])
    paper = publishing.publish_test(actor=cast.dora, test_id=test.pk)
    held = dict(paper.items.values_list("question_id", "bank_version"))
    assert held.pop(copy.pk) == question.current_version_id
    assert set(held.values()) == {None}
