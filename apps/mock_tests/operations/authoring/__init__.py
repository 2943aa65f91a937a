"""Writing tests by hand: sections, groups and questions (``parts``, ``questions``), their order and marks, quizzes,
publishing. ``changes`` name fields and their new values; a field that is not named stays as it is."""

from __future__ import annotations

from apps.mock_tests.operations.authoring.parts import (
    clone_test,
    create_group,
    create_section,
    create_test,
    delete_group,
    delete_section,
    delete_test,
    update_group,
    update_section,
    update_test,
)
from apps.mock_tests.operations.authoring.questions import (
    create_question,
    delete_question,
    put_together,
    rewrite_question,
    update_question,
    write_question,
)

__all__ = [
    "clone_test",
    "create_group",
    "create_question",
    "create_section",
    "create_test",
    "delete_group",
    "delete_question",
    "delete_section",
    "delete_test",
    "put_together",
    "rewrite_question",
    "update_group",
    "update_question",
    "update_section",
    "update_test",
    "write_question",
]
