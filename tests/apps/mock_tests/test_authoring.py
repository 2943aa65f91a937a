"""Writing tests by hand: what is made, who may change it, and until when."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from apps.mock_tests import queries
from apps.mock_tests.errors import BadContent, NotYours, PartNotFound, TestLocked, TestNotFound
from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import media
from apps.mock_tests.rules.types.base import Given, Option
from tests.apps.mock_tests.test_media_rules import picture
from tests.factories import VERBS, import_sample, make_test, options, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(cast):
    return make_test(cast)


def parts(test):
    section = test.sections.get()
    group = section.question_groups.get()
    return section, group, group.questions.first()


def reasons(refusal):
    return {(problem.pointer, problem.code) for problem in refusal.value.problems}


def test_a_test_with_a_level_has_the_sections_of_its_exam_at_once(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Spring", "level": "N5"})
    assert (test.profile, test.status) == ("jlpt-n5@2020-12", "DRAFT")
    assert list(test.sections.values_list("order", "section_type", "name", "duration")) == [
        (1, "VOCAB", "Vocabulary", 20),
        (2, "GRAMMAR_READING", "Grammar and Reading", 40),
        (3, "LISTENING", "Listening", 30),
    ]


def test_another_level_brings_its_sections_until_there_are_questions(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Spring", "level": "N5"})
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"level": "N4"})
    assert list(test.sections.values_list("duration", flat=True)) == [25, 55, 35]
    section = test.sections.first()
    group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={})
    authoring.create_question(
        actor=cast.carol, group_id=group.pk, changes={"text": "?", "given": options(a="1", b="0")}
    )
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"level": "N5"})
    test.refresh_from_db()
    assert test.profile == "jlpt-n5@2020-12"
    assert list(test.sections.values_list("duration", flat=True)) == [25, 55, 35]


def test_refuses_a_profile_of_another_level(cast):
    with pytest.raises(BadContent):
        authoring.create_test(actor=cast.carol, changes={"title": "x", "level": "N4", "profile": "jlpt-n5@2020-12"})
    assert not MockTest.objects.exists()


def test_refuses_fields_that_authors_do_not_change(cast, test):
    with pytest.raises(TypeError, match="status"):
        authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"status": "PUBLISHED"})


def test_new_parts_stand_at_the_end(cast, test):
    section, group, _ = parts(test)
    last = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "B", "duration": 5})
    assert last.order == section.order + 1
    numbers = list(group.questions.values_list("order", flat=True))
    assert numbers == [1, 2, 3]


def every_change(test):
    section, group, question = parts(test)
    return {
        "update_test": (authoring.update_test, {"test_id": test.pk, "changes": {"title": "New"}}),
        "create_section": (authoring.create_section, {"test_id": test.pk, "changes": {"name": "B", "duration": 5}}),
        "update_section": (authoring.update_section, {"section_id": section.pk, "changes": {"duration": 7}}),
        "create_group": (authoring.create_group, {"section_id": section.pk, "changes": {}}),
        "update_group": (authoring.update_group, {"group_id": group.pk, "changes": {"title": "New"}}),
        "create_question": (
            authoring.create_question,
            {"group_id": group.pk, "changes": {"given": options(a="1", b="0")}},
        ),
        "update_question": (authoring.update_question, {"question_id": question.pk, "changes": {"text": "New"}}),
        "delete_question": (authoring.delete_question, {"question_id": question.pk}),
        "delete_group": (authoring.delete_group, {"group_id": group.pk}),
        "delete_section": (authoring.delete_section, {"section_id": section.pk}),
        "delete_test": (authoring.delete_test, {"test_id": test.pk}),
    }


def snapshot():
    return [sorted(map(str, model.objects.values_list())) for model in (MockTest, TestSection, QuestionGroup, Question)]


CHANGES = [
    "update_test create_section update_section create_group update_group create_question update_question",
    "delete_question delete_group delete_section delete_test",
]
NAMES = " ".join(CHANGES).split()


@pytest.mark.parametrize("name", NAMES)
def test_the_author_and_the_director_change_a_draft(cast, name):
    for actor in (cast.carol, cast.dora):
        operation, arguments = every_change(make_test(cast))[name]
        before = snapshot()
        operation(actor=actor, **arguments)
        assert snapshot() != before


@pytest.mark.parametrize("name", NAMES)
def test_others_change_nothing(cast, test, name):
    operation, arguments = every_change(test)[name]
    before = snapshot()
    with pytest.raises(NotYours):
        operation(actor=cast.other_teacher, **arguments)
    for stranger in (cast.alice, cast.gus):
        with pytest.raises((TestNotFound, PartNotFound)):
            operation(actor=stranger, **arguments)
    assert snapshot() == before


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_while_published(cast, test, name):
    operation, arguments = every_change(test)[name]
    publish(cast, test)
    before = snapshot()
    for actor in (cast.carol, cast.dora):
        with pytest.raises(TestLocked):
            operation(actor=actor, **arguments)
    assert snapshot() == before


@pytest.mark.parametrize("name", NAMES)
def test_unknown_ids_are_not_found(cast, test, name):
    operation, arguments = every_change(test)[name]
    unknown = {key: uuid.uuid4() if key.endswith("_id") else value for key, value in arguments.items()}
    with pytest.raises((TestNotFound, PartNotFound)):
        operation(actor=cast.dora, **unknown)


def test_a_deleted_test_is_out_of_sight_with_all_its_parts(cast, test):
    *_, question = parts(test)
    authoring.delete_test(actor=cast.carol, test_id=test.pk)
    assert not queries.tests_for(cast.dora).exists()
    for rows in (queries.sections_for(cast.dora), queries.groups_for(cast.dora), queries.questions_for(cast.dora)):
        assert not rows.exists()
    with pytest.raises(PartNotFound):
        authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"text": "New"})


# -- questions -----------------------------------------------------------------------------------------------------


def test_texts_are_cleaned_when_they_are_written(cast, test):
    _, group, _ = parts(test)
    evil = "<p onclick=x>a<script>1</script><ruby>漢<rt>かん</rt></ruby></p><img src='https://evil/x.png'>"
    clean = "<p>a<ruby>漢<rt>かん</rt></ruby></p>"
    given = Given(options=(Option("", evil, Decimal(1), feedback=evil), Option("", "b", Decimal(0))))
    question = authoring.create_question(
        actor=cast.carol, group_id=group.pk, changes={"text": evil, "explanation": evil, "given": given}
    )
    authoring.update_group(actor=cast.carol, group_id=group.pk, changes={"instruction": evil, "reading_text": evil})
    question.refresh_from_db()
    group.refresh_from_db()
    feedback = next(iter(question.key["feedback"].values()))
    shown = question.content["options"][0]["text"]
    assert {question.text, question.explanation, feedback, shown, group.instruction, group.reading_text} == {clean}


def test_blank_options_are_dropped_but_a_blank_key_is_not(cast, test):
    _, group, _ = parts(test)
    given = Given(tuple(Option("", text, Decimal(text == "a")) for text in ("a", "b", "", "")))
    question = authoring.create_question(actor=cast.carol, group_id=group.pk, changes={"given": given})
    assert [option["text"] for option in question.content["options"]] == ["a", "b"]
    blank_key = Given(tuple(Option("", text, Decimal(not text)) for text in ("a", "b", "")))
    with pytest.raises(BadContent) as refusal:
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes={"given": blank_key})
    assert reasons(refusal) == {("/options/2", "empty_option")}


def test_refuses_answers_that_do_not_fit_the_type(cast, test):
    _, group, question = parts(test)
    with pytest.raises(BadContent) as refusal:
        authoring.create_question(
            actor=cast.carol, group_id=group.pk, changes={"given": options(a="1", b="1"), "text": "?"}
        )
    assert reasons(refusal) == {("/options", "not_one_key")}
    with pytest.raises(BadContent) as refusal:
        authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"type": "numeric"})
    assert reasons(refusal) == {("/answers", "no_answer")}
    question.refresh_from_db()
    assert question.type == "single_choice"


def test_a_change_of_type_keeps_options_that_still_fit(cast, test):
    _, _, question = parts(test)
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"type": "multiple_choice"})
    question.refresh_from_db()
    assert (question.type, len(question.content["options"])) == ("multiple_choice", 3)


def test_shows_only_files_that_the_center_has(cast, test):
    *_, question = parts(test)
    kept = media.store_media(actor=cast.carol, content=picture(), file_name="a.png")
    change = {"question_id": question.pk, "actor": cast.carol}
    authoring.update_question(**change, changes={"text": f'<img src="media:{kept.pk}">', "image_id": kept.pk})
    ghost = uuid.uuid4()
    with_ghosts = Given((Option("", "a", Decimal(1), image=ghost), Option("", '<img src="media:x.png">', Decimal(0))))
    with pytest.raises(BadContent) as refusal:
        authoring.update_question(
            **change, changes={"text": f'<img src="media:{ghost}">', "audio_id": ghost, "given": with_ghosts}
        )
    assert reasons(refusal) == {
        ("/text/0", "unknown_media"),
        ("/audio", "unknown_media"),
        ("/options/0/image", "unknown_media"),
        ("/options/1/text/0", "unknown_media"),
    }
    question.refresh_from_db()
    assert question.image_id == kept.pk


# -- copies --------------------------------------------------------------------------------------------------------


def tree(test):
    return [
        (s.name, s.section_type, s.duration, s.order, [
            (g.title, g.instruction, g.reading_text, g.audio_id, g.order, [
                (q.type, q.text, q.score, q.content, q.key, q.topic, q.explanation, q.image_id, q.audio_id, q.order)
                for q in g.questions.all()
            ])
            for g in s.question_groups.all()
        ])
        for s in test.sections.all()
    ]  # fmt: skip


def test_a_copy_is_deep_and_belongs_to_who_made_it(cast):
    test = import_sample(cast)
    publish(cast, test)
    copy = authoring.clone_test(actor=cast.other_teacher, test_id=test.pk)
    assert (copy.status, copy.created_by, copy.level, copy.profile) == (
        "DRAFT", cast.other_teacher, "N5", test.profile,
    )  # fmt: skip
    assert copy.title == f"{test.title} (copy)"
    assert tree(copy) == tree(test)
    ids = lambda which: set(Question.objects.filter(group__section__mock_test=which).values_list("pk", flat=True))  # noqa: E731
    assert ids(copy)
    assert not ids(copy) & ids(test)
    before = tree(test)
    authoring.delete_section(actor=cast.other_teacher, section_id=copy.sections.first().pk)
    assert tree(test) == before


def test_a_copy_takes_as_many_queries_for_three_questions_as_for_sixty(cast, test, count_queries):
    sample = import_sample(cast)
    with count_queries() as small:
        authoring.clone_test(actor=cast.carol, test_id=test.pk)
    with count_queries() as large:
        authoring.clone_test(actor=cast.carol, test_id=sample.pk)
    assert len(small) == len(large)


def test_refuses_to_copy_what_one_does_not_see(cast, test):
    for stranger in (cast.alice, cast.gus):
        with pytest.raises(TestNotFound):
            authoring.clone_test(actor=stranger, test_id=test.pk)


def test_the_question_of_the_small_test_keeps_its_weights(test):
    verbs = Question.objects.get(text=VERBS["text"])
    assert sorted(verbs.key["fractions"].values()) == ["-0.5", "0.5", "0.5"]
