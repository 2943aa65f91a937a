"""What the bank shows of how its questions did, kept up to date: each time a room is finalised, and once a day for all that
no room tells (homework, regrades, attempts that were voided later)."""

from __future__ import annotations

import uuid

from django.db import transaction

from apps.attempts.events import ItemsToCount
from apps.attempts.queries import items
from apps.core import bus
from apps.mock_tests.operations.bank import statistics as bank_statistics


def ask_to_count(*, assignment_id: uuid.UUID) -> None:
    """Have the items of a room counted soon, behind all that is urgent."""
    with transaction.atomic():
        bus.publish(ItemsToCount(assignment_id=assignment_id))


def note_room(*, assignment_id: uuid.UUID) -> int:
    """Count the items of the papers that were sat in a room anew, with all other rooms that give these papers."""
    return _count(items.papers_of(assignment_id=assignment_id))


def recount() -> int:
    """Count the items of every paper that was ever sat anew. Returns how many versions have statistics."""
    return _count(items.papers_sat())


def _count(papers: set[uuid.UUID]) -> int:
    if not papers:
        return 0
    return bank_statistics.record_figures(paper_ids=papers, count=lambda: items.figures_of_items(paper_ids=papers))
