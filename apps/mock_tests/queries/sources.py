"""Whole tests, as publishing takes them, and what it has against them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Prefetch

from apps.mock_tests.models import MockTest, Question, QuestionGroup, Quiz, TestSection
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.queries.media import media_kinds
from apps.mock_tests.queries.parts import get_test_for
from apps.mock_tests.rules.papers import reasons as publishing_reasons
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.papers.quizzes import QuizRules
from apps.mock_tests.rules.papers.reasons import Findings

if TYPE_CHECKING:
    from apps.authentication.models import User


def load_source(test: MockTest) -> TestSource:
    """Everything that a paper is made of, in three queries (four for a quiz)."""
    groups = QuestionGroup.objects.prefetch_related(Prefetch("questions", queryset=Question.objects.all()))
    sections = TestSection.objects.filter(mock_test=test).prefetch_related(Prefetch("question_groups", queryset=groups))
    quiz = Quiz.objects.filter(pk=test.pk).first() if test.kind == MockTest.Kind.QUIZ else None
    rules = QuizRules(quiz.default_question_seconds, quiz.passing_percent) if quiz else None
    return TestSource(
        title=test.title,
        level=test.level,
        profile=test.profile,
        sections=[_section_source(section) for section in sections],
        quiz=rules,
        rules=exam_profiles.find_profile(test.profile),
    )


def findings_about(source: TestSource) -> Findings:
    """What prevents that a test is published, and what its author should look at, in two queries."""
    media = media_kinds(media_ids=publishing_reasons.media_of(source))
    return publishing_reasons.findings(source, exam_profiles.surroundings(source.exam, media))


def findings_for(actor: User, test_id: uuid.UUID) -> Findings:
    """The same of a test ``actor`` may see."""
    return findings_about(load_source(get_test_for(actor, test_id)))


def _section_source(section: TestSection) -> SectionSource:
    groups = [_group_source(group) for group in section.question_groups.all()]
    return SectionSource(section.pk, section.name, section.section_type, section.duration, groups, section.code)


def _group_source(group: QuestionGroup) -> GroupSource:
    return GroupSource(
        id=group.pk,
        questions=[_question_source(question) for question in group.questions.all()],
        title=group.title,
        mondai_number=group.mondai_number,
        instruction=group.instruction,
        reading_text=group.reading_text,
        image=group.image_id,
        audio=group.audio_id,
        scored_area=group.scored_area,
    )


def _question_source(question: Question) -> QuestionSource:
    return QuestionSource(
        id=question.pk,
        type=question.type,
        text=question.text,
        content=question.content,
        key=question.key,
        score=question.score,
        question_number=question.question_number,
        shuffle=question.shuffle,
        explanation=question.explanation,
        topic=question.topic,
        image=question.image_id,
        audio=question.audio_id,
        seconds=question.seconds,
        has_own_score=question.has_own_score,
        wrong_share=question.wrong_share,
        bank_version=question.bank_version_id,
    )
