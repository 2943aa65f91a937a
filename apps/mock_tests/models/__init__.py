"""The tables of the app, by what they are about."""

from apps.mock_tests.models.bank import BankFigures, BankQuestion, BankReview, BankStatistics, BankVersion, Topic
from apps.mock_tests.models.imports import ImportRun
from apps.mock_tests.models.media import MediaFile, MediaPreview
from apps.mock_tests.models.papers import Paper, PaperItem, PaperKey
from apps.mock_tests.models.profiles import Blueprint, ExamProfile
from apps.mock_tests.models.quizzes import Quiz
from apps.mock_tests.models.tests import MockTest, Question, QuestionGroup, TestSection

__all__ = [
    "BankFigures",
    "BankQuestion",
    "BankReview",
    "BankStatistics",
    "BankVersion",
    "Blueprint",
    "ExamProfile",
    "ImportRun",
    "MediaFile",
    "MediaPreview",
    "MockTest",
    "Paper",
    "PaperItem",
    "PaperKey",
    "Question",
    "QuestionGroup",
    "Quiz",
    "TestSection",
    "Topic",
]
