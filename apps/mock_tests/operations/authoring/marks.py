"""Marks of questions that have none of their own: those of the exam profile, kept beside it for sums and lists."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.mock_tests.models import Question
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import Profile


def follow_own_profile(*, question: Question) -> None:
    """Give one question the marks of its test's profile, unless it has its own."""
    if question.has_own_score:
        return
    rows = Question.objects.filter(pk=question.pk)
    code = rows.values_list("group__section__mock_test__profile", flat=True).get()
    follow_profile(profile=exam_profiles.find_profile(code) or profiles.CUSTOM, questions=rows)
    question.refresh_from_db(fields=["score"])


def follow_profile(*, profile: Profile, questions: QuerySet[Question]) -> None:
    """Give those of the questions that have no marks of their own the profile's, where it says any; in two statements."""
    changed = []
    for question in questions.filter(has_own_score=False).select_related("group__section"):
        section = question.group.section
        part = profiles.part_of(profile, code=section.code, section_type=section.section_type, name=section.name)
        rule = profiles.marking_for(profile, type=question.type, section=part.code if part else "")
        if rule and rule.right != question.score:
            question.score = rule.right
            changed.append(question)
    Question.objects.bulk_update(changed, ["score"])
