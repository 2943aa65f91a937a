"""All reads on tests and papers that other apps ask for; those on the bank, profiles, quizzes and files to export have modules
of their own."""

from __future__ import annotations

from apps.mock_tests.queries.imports import (
    find_import,
    find_import_run,
)
from apps.mock_tests.queries.media import (
    find_preview,
    get_media,
    kept_media,
    kept_previews,
    known_media,
    media_kinds,
    preview_widths,
    read_media,
)
from apps.mock_tests.queries.papers import (
    Heard,
    get_key,
    get_paper,
    get_published_paper,
    heard_in_order,
    item_specs,
    list_items,
    penalties_of,
    quiz_rules,
    recordings_of,
    render_paper,
    section_times,
)
from apps.mock_tests.queries.parts import (
    count_tests,
    get_group_for,
    get_question_for,
    get_section_for,
    get_test_for,
    groups_for,
    list_tests_for,
    papers_for,
    questions_for,
    sections_for,
    tests_for,
    written_for,
)
from apps.mock_tests.queries.sources import (
    findings_about,
    findings_for,
    load_source,
)

__all__ = [
    "Heard",
    "count_tests",
    "find_import",
    "find_import_run",
    "find_preview",
    "findings_about",
    "findings_for",
    "get_group_for",
    "get_key",
    "get_media",
    "get_paper",
    "get_published_paper",
    "get_question_for",
    "get_section_for",
    "get_test_for",
    "groups_for",
    "heard_in_order",
    "item_specs",
    "kept_media",
    "kept_previews",
    "known_media",
    "list_items",
    "list_tests_for",
    "load_source",
    "media_kinds",
    "papers_for",
    "penalties_of",
    "preview_widths",
    "questions_for",
    "quiz_rules",
    "read_media",
    "recordings_of",
    "render_paper",
    "section_times",
    "sections_for",
    "tests_for",
    "written_for",
]
