"""Exam profiles that a center writes: editions, dates, and what tests and papers keep of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.attempts.models import ItemMark
from apps.attempts.operations import grading, sitting
from apps.attempts.queries import earned
from apps.audit.models import Entry
from apps.leaderboards import operations as boards
from apps.leaderboards.models import ExamResult
from apps.mock_tests import queries
from apps.mock_tests import queries as papers
from apps.mock_tests.errors import BadContent, CannotPublish, ProfileFixed
from apps.mock_tests.models import ExamProfile, Paper, Question
from apps.mock_tests.operations import authoring, profiles
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.queries import profiles as reading
from apps.mock_tests.queries.papers.content import content_of
from apps.mock_tests.rules.types.base import Answer, Given, Text
from tests.apps.attempts import journal
from tests.factories import make_room, make_test, options, publish

pytestmark = pytest.mark.django_db

JEE_MAIN, JEE_ADVANCED, GATE, CAT, NEET = (
    "jee-main@2026-01",
    "jee-advanced@2018-05",
    "gate@2021-02",
    "cat@2024-11",
    "neet@2025-05",
)
SINGLE = {"given": options(right="1", wrong="0", other="0")}
NUMERIC = {"type": "numeric", "given": Given(answers=(Answer(Decimal(7), Decimal(0), Decimal(1)),))}
SEVERAL = {"type": "multiple_choice", "given": options(a="0.34", b="0.33", c="0.33", d="0")}


def write(cast, **changes):
    return profiles.create_profile(actor=cast.dora, changes={"name": "Our exam", **changes})


def sections(*names, minutes=10):
    return [
        {"code": name, "section_type": "GENERAL", "name": name.title(), "minutes": minutes, "area": name}
        for name in names
    ]


def areas(**maxima):
    return [{"code": name, "name": name.title(), "max_score": most} for name, most in maxima.items()]


def wrong(refused):
    return {(problem.pointer, problem.code) for problem in refused.value.problems}


def exam_of(cast, profile, **questions):
    """A test under a profile, with these questions in each of its sections."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "Exam", "profile": profile})
    for section in test.sections.all():
        group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": section.name})
        for name, question in questions.items():
            authoring.create_question(
                actor=cast.carol, group_id=group.pk, changes={"text": f"{section.code} {name}", **question}
            )
    return test


def marks_of(cast, test, person=None, **answers):
    """What a student gets for these answers, by question."""
    publish(cast, test)
    person = person or cast.alice
    room = make_room(cast, person, test=test)
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for name, response in answers.items():
        journal.write(attempt, name.replace("__", " "), response)
    attempt = sitting.submit_attempt(attempt_id=attempt.pk, actor=person).attempt
    attempt = grading.grade_attempt(attempt_id=attempt.pk)
    rows = {mark.question_id: mark.marks for mark in ItemMark.objects.filter(attempt=attempt)}
    names = {journal.question_id(attempt, name.replace("__", " ")): name for name in answers}
    return attempt, {names[pk]: mark for pk, mark in rows.items() if pk in names}


# -- marks, from the profile to the student ------------------------------------------------------------------------


def test_jee_main_takes_a_mark_for_each_wrong_answer_of_both_types(cast):
    test = exam_of(cast, JEE_MAIN, one=SINGLE, two=NUMERIC)
    assert set(Question.objects.values_list("score", flat=True)) == {Decimal(4)}
    attempt, marks = marks_of(
        cast, test, mathematics__one="right", mathematics__two="8", physics__one="wrong", physics__two="7"
    )
    assert marks == {"mathematics__one": 4, "mathematics__two": -1, "physics__one": -1, "physics__two": 4}
    assert (attempt.score, attempt.max_score) == (6, 24)


def test_takers_are_told_what_a_wrong_answer_costs_and_nothing_of_the_key(cast):
    own = {**SINGLE, "wrong_share": Decimal("-0.1")}
    weighed = {"given": options(right="1", wrong="-0.5", other="0")}
    test = exam_of(cast, JEE_MAIN, one=SINGLE, two=NUMERIC, own=own, free={**SINGLE, "wrong_share": 0}, weighed=weighed)
    publish(cast, test)
    test.refresh_from_db()
    content = content_of(test.current_paper_id)
    asked = [q for s in content["sections"] for g in s["question_groups"] for q in g["questions"]]
    told = {question["text"]: question.get("wrong_marks") for question in asked if "physics" in question["text"]}
    assert list(told.values()) == ["-1", "-1", "-0.4", None, None]
    assert papers.penalties_of(paper_id=test.current_paper_id) == [
        {"score": "4", "wrong_marks": "-1", "questions": 6},
        {"score": "4", "wrong_marks": "-0.4", "questions": 3},
    ]


def test_what_is_told_is_what_is_taken(cast):
    test = exam_of(cast, GATE, one=SINGLE, two={**SINGLE, "score": Decimal(2)}, number=NUMERIC)
    _, marks = marks_of(cast, test, subject__one="wrong", subject__two="wrong", subject__number="8")
    test.refresh_from_db()
    told = {
        question["text"].replace(" ", "__"): Decimal(question.get("wrong_marks", 0))
        for section in content_of(test.current_paper_id)["sections"]
        for group in section["question_groups"]
        for question in group["questions"]
    }
    assert marks == {name: told[name] for name in marks}
    assert sorted(marks.values()) == [Decimal("-0.667"), Decimal("-0.333"), 0]


def test_gate_takes_a_third_of_choices_alone_and_says_it_for_one_mark_and_for_two(cast):
    test = exam_of(cast, GATE, one=SINGLE, two={**SINGLE, "score": Decimal(2)}, many=SEVERAL, number=NUMERIC)
    _, marks = marks_of(
        cast,
        test,
        subject__one="wrong",
        subject__two="wrong",
        subject__many=["a", "d"],
        subject__number="8",
        general_aptitude__many=["a", "b"],
    )
    assert marks == {
        "subject__one": Decimal("-0.333"),
        "subject__two": Decimal("-0.667"),
        "subject__many": 0,
        "subject__number": 0,
        "general_aptitude__many": 0,  # some of the right ones are not all of them
    }


def test_jee_advanced_marks_several_right_ones_by_its_own_scheme(cast):
    test = exam_of(cast, JEE_ADVANCED, many=SEVERAL, one=SINGLE)
    _, marks = marks_of(
        cast,
        test,
        mathematics__many=["a", "b", "c"],
        physics__many=["a", "b"],
        chemistry__many=["a", "d"],
        physics__one="wrong",
    )
    assert marks == {"mathematics__many": 4, "physics__many": 2, "chemistry__many": -2, "physics__one": -1}


def test_cat_takes_nothing_for_typed_answers_and_neet_a_quarter(cast):
    typed = {"type": "short_text", "texts": (Text("seven"),)}
    _, marks = marks_of(cast, exam_of(cast, CAT, one=SINGLE, typed=typed), varc__one="wrong", varc__typed="eight")
    assert marks == {"varc__one": -1, "varc__typed": 0}
    test = exam_of(cast, NEET, one=SINGLE)
    attempt, marks = marks_of(cast, test, cast.bob, biology__one="wrong", physics__one="right")
    assert (marks, attempt.score) == ({"biology__one": -1, "physics__one": 4}, 3)


def test_a_question_may_say_otherwise(cast):
    own = {
        "ten": {**SINGLE, "score": Decimal(10)},
        "mild": {**SINGLE, "wrong_share": Decimal("-0.1")},
        "free": {**SINGLE, "wrong_share": Decimal(0)},
        "weighed": {"given": options(right="1", wrong="-0.5", other="0")},
    }
    test = exam_of(cast, NEET, **own)
    _, marks = marks_of(
        cast, test, biology__ten="wrong", biology__mild="wrong", biology__free="wrong", biology__weighed="other"
    )
    assert marks == {
        "biology__ten": Decimal("-2.5"),
        "biology__mild": Decimal("-0.4"),
        "biology__free": 0,
        "biology__weighed": 0,
    }


def test_no_answer_may_cost_marks_too(cast):
    rules = [{"type": "single_choice", "right": "2", "wrong": "-1", "unanswered": "-0.5"}]
    row = write(cast, sections=[{**sections("all")[0], "area": ""}], marking=rules)
    attempt, _ = marks_of(cast, exam_of(cast, row.code, one=SINGLE, two=SINGLE), all__one="right")
    assert attempt.score == Decimal("1.5")


def test_a_change_of_profile_changes_the_marks_of_questions_without_their_own(cast):
    test = make_test(cast)
    question = Question.objects.get(group__section__mock_test=test, text="river")
    river = Question.objects.filter(pk=question.pk)
    row = write(cast, marking=[{"type": "single_choice", "right": "3"}])
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"profile": row.code})
    assert river.get().score == 3
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"score": Decimal(5)})
    assert (river.get().score, river.get().has_own_score) == (5, True)
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"score": None})
    assert (river.get().score, river.get().has_own_score) == (3, False)


# -- editions ------------------------------------------------------------------------------------------------------


def test_a_copy_is_dated_changed_and_leaves_what_it_copies(cast):
    row = profiles.create_profile(
        actor=cast.dora,
        based_on="jlpt-n5@2020-12",
        changes={"name": "Our N5", "valid_from": date(2026, 4, 1), "pass_score": 100},
    )
    assert (row.slug, row.code, row.edition, row.based_on) == ("our-n5", "our-n5@2026-04~1", 1, "jlpt-n5@2020-12")
    profile = reading.find_profile(row.code)
    assert (profile.pass_score, profile.level, profile.minutes) == (100, "N5", 90)
    assert reading.find_profile("jlpt-n5@2020-12").pass_score == 80
    entry = Entry.objects.get(action="profile.created")
    assert (entry.name, entry.subject, entry.subject_id) == ("Our N5", "exam_profile", str(row.pk))


def test_an_edit_makes_the_next_edition_and_tests_keep_theirs(cast):
    first = write(cast, pass_score=10)
    test = exam_of(cast, first.code)
    second = profiles.change_profile(actor=cast.dora, profile_id=first.pk, changes={"pass_score": 20})
    assert (second.edition, second.data["pass_score"]) == (2, 20)
    assert reading.find_profile(first.code).pass_score == 10
    test.refresh_from_db()
    assert test.profile == first.code
    with pytest.raises(ProfileFixed):
        profiles.change_profile(actor=cast.dora, profile_id=first.pk, changes={"pass_score": 30})
    assert [entry.profile.code for entry in reading.list_profiles_for(cast.dora) if not entry.is_shipped] == [
        second.code
    ]
    with pytest.raises(BadContent) as refused:
        authoring.create_test(actor=cast.carol, changes={"title": "Late", "profile": first.code})
    assert wrong(refused) == {("/profile", "profile_not_offered")}
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"title": "Same", "profile": first.code})


def test_an_edit_that_changes_nothing_makes_no_edition(cast):
    row = write(cast, pass_score=10)
    assert profiles.change_profile(actor=cast.dora, profile_id=row.pk, changes={"pass_score": 10}) == row
    assert ExamProfile.objects.count() == 1


def test_a_paper_keeps_its_profile_whatever_becomes_of_it(cast):
    row = write(
        cast,
        sections=sections("kanji"),
        areas=[{"code": "kanji", "name": "Kanji", "max_score": 60, "min_score": 30}],
        conversion="scaled",
        pass_score=50,
        ties=[{"by": "area", "name": "kanji"}],
    )
    test = exam_of(cast, row.code, one=SINGLE, two=SINGLE)
    attempt, _ = marks_of(cast, test, kanji__one="right")
    profiles.change_profile(actor=cast.dora, profile_id=row.pk, changes={"pass_score": 60})
    ExamProfile.objects.all().delete()
    estimate = earned.get_result_for(cast.dora, attempt.pk).estimate
    assert (estimate.total, estimate.passed) == (30, False)
    boards.record_result(attempt_id=attempt.pk)
    chained = ExamResult.objects.get(attempt_id=attempt.pk).tie_break
    assert len(chained) == 26 + 10, "The order of ties has the link of the paper's profile."
    assert reading.profile_of(Paper.objects.get()).pass_score == 50


def test_a_paper_from_before_profiles_were_kept_follows_the_shipped_one(cast):
    paper = publish(cast, make_test(cast, level="N5"))
    paper.profile_data = None
    assert reading.profile_of(paper) == reading.find_profile("jlpt-n5@2020-12")
    paper.profile = "gone@1999-01"
    assert reading.profile_of(paper).code == "custom"


def test_the_database_refuses_to_change_what_a_paper_keeps(cast):
    publish(cast, make_test(cast, level="N5"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Paper.objects.update(profile_data={})


def test_a_retired_profile_is_not_offered_and_stays(cast):
    row = profiles.retire_profile(actor=cast.dora, profile_id=write(cast).pk)
    assert row.retired_at is not None
    assert not [entry for entry in reading.list_profiles_for(cast.carol) if not entry.is_shipped]
    assert (
        len(reading.list_profiles_for(cast.carol, all_editions=True)) == len(reading.list_profiles_for(cast.carol)) + 1
    )
    for verb in (profiles.retire_profile, profiles.change_profile):
        with pytest.raises(ProfileFixed):
            verb(actor=cast.dora, profile_id=row.pk, **({"changes": {}} if verb == profiles.change_profile else {}))


def test_one_slug_has_one_profile_a_day(cast):
    write(cast, valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1))
    later = write(cast, valid_from=date(2027, 1, 1))
    assert later.code == "our-exam@2027-01~2"
    for begin, end in (
        (date(2026, 6, 1), date(2026, 7, 1)),
        (None, date(2026, 1, 2)),
        (date(2030, 1, 1), None),
        (None, None),
    ):
        with pytest.raises(BadContent) as refused:
            write(cast, valid_from=begin, valid_until=end)
        assert ("/valid_from", "overlapping_dates") in wrong(refused)
    write(cast, valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1))
    write(cast, name="Another exam")


def test_a_shipped_slug_is_taken(cast):
    for slug in ("jee-main", "custom"):
        with pytest.raises(BadContent) as refused:
            profiles.create_profile(actor=cast.dora, changes={"name": "Mine"}, slug=slug)
        assert wrong(refused) == {("/slug", "bad_slug")}


# -- publishing under a profile ------------------------------------------------------------------------------------


def findings(cast, test):
    found = queries.findings_for(cast.carol, test.pk)
    return {problem.code for problem in found.problems}, {problem.code for problem in found.warnings}


def test_other_numbers_than_the_exams_are_told_and_where_it_is_exact_refused(cast):
    test = exam_of(cast, JEE_MAIN, one=SINGLE)
    assert findings(cast, test) == (set(), {"count_differs", "marks_do_not_add_up"})
    strict = profiles.create_profile(
        actor=cast.dora, based_on=JEE_MAIN, changes={"name": "Strict", "counts_are_exact": True}
    )
    test = exam_of(cast, strict.code, one=SINGLE)
    section = test.sections.first()
    authoring.update_section(actor=cast.carol, section_id=section.pk, changes={"duration": 61})
    assert findings(cast, test) == ({"count_differs", "marks_do_not_add_up", "minutes_differ"}, set())
    with pytest.raises(CannotPublish):
        publishing.publish_test(actor=cast.carol, test_id=test.pk)


def test_an_exact_profile_takes_a_test_of_its_numbers(cast):
    row = write(
        cast,
        sections=sections("kanji"),
        areas=areas(kanji=7),
        item_kinds=[
            {"name": "Choice", "section": "kanji", "count": 2, "type": "single_choice"},
            {"name": "Number", "section": "kanji", "count": 1, "type": "numeric", "marks": "1"},
        ],
        marking=[{"type": "single_choice", "right": "3"}, {"type": "numeric", "right": "1"}],
        max_marks="7",
        counts_are_exact=True,
    )
    test = exam_of(cast, row.code, one=SINGLE, two=SINGLE, three=NUMERIC)
    assert findings(cast, test) == (set(), set())
    question = Question.objects.get(group__section__mock_test=test, text="kanji two")
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes=NUMERIC)
    assert findings(cast, test)[0] == {"count_differs", "marks_do_not_add_up"}


def test_an_old_edition_and_rules_of_another_day_are_told(cast):
    row = write(cast, valid_from=date(2010, 1, 1), valid_until=date(2011, 1, 1))
    test = make_test(cast)
    authoring.update_test(actor=cast.carol, test_id=test.pk, changes={"profile": row.code})
    assert findings(cast, test) == (set(), {"profile_not_in_force"})
    profiles.change_profile(actor=cast.dora, profile_id=row.pk, changes={"pass_score": 1})
    assert findings(cast, test) == (set(), {"profile_replaced"})


def test_the_database_refuses_two_editions_of_one_number(cast):
    row = write(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamProfile.objects.create(slug=row.slug, edition=1, code="x", name="x", exam_type="X", data={})
