"""The bank of questions: written by hand (``questions``), added from files (``adding``), reviewed, filed, changed many at
once, and taken into tests (``using``) or drawn by plans (``blueprints``)."""

from __future__ import annotations

from apps.mock_tests.operations.bank.adding import Added, Skipped, add_questions
from apps.mock_tests.operations.bank.questions import create_question, delete_question, edit_question
from apps.mock_tests.operations.bank.using import bring_up_to_date, use_in_group

__all__ = [
    "Added",
    "Skipped",
    "add_questions",
    "bring_up_to_date",
    "create_question",
    "delete_question",
    "edit_question",
    "use_in_group",
]
