"""What the bank shows of how its questions did, kept up to date: each time a room is finalised, and once a day for all that
no room tells (homework, regrades, attempts that were voided later)."""

from __future__ import annotations

import uuid

from apps.attempts.queries import items
from apps.mock_tests.operations import bank_statistics


def note_room(*, assignment_id: uuid.UUID) -> int:
    """Count the items of the papers that were sat in a room anew, with all other rooms that give these papers."""
    return _count(items.papers_of(assignment_id=assignment_id))


def recount() -> int:
    """Count the items of every paper that was ever sat anew. Returns how many versions have statistics."""
    return _count(items.papers_sat())


def _count(papers: set[uuid.UUID]) -> int:
    if not papers:
        return 0
    return bank_statistics.record_figures(paper_ids=papers, figures=items.figures_of_items(paper_ids=papers))
