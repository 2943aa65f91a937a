"""Which of several attempts counts: the one rule for results, boards, letters and homework."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db.models import F, QuerySet, Window
from django.db.models.functions import Rank

from apps.attempts import queries
from apps.attempts.models import Attempt
from apps.attempts.queries import earned
from apps.attempts.rules import ties
from apps.mock_tests import queries as papers
from apps.mock_tests.queries import profiles as exam_profiles

BEST: Final = "BEST"
FIRST: Final = "FIRST"
LAST: Final = "LAST"

_SEAT = ("student_id", "assignment_id")
_PLACE = Window(Rank(), partition_by=[F(name) for name in _SEAT], order_by=F("score").desc(nulls_last=True))


def choose(attempts: QuerySet[Attempt], *, rule: str) -> list[Attempt]:
    """Of these closed attempts the one that counts of each student in each room: the first, the last, or the best, of which
    those without marks yet come last. Equal marks are ordered as the profile of the paper orders them on boards."""
    if rule in (FIRST, LAST):
        return list(attempts.order_by(*_SEAT, "number" if rule == FIRST else "-number").distinct(*_SEAT))
    top: dict[tuple[uuid.UUID, uuid.UUID], list[Attempt]] = defaultdict(list)
    for attempt in attempts.order_by().alias(place=_PLACE).filter(place=1):
        top[attempt.student_id, attempt.assignment_id].append(attempt)
    before = _order(attempt for equals in top.values() if len(equals) > 1 for attempt in equals)
    return [min(equals, key=lambda attempt: before.get(attempt.pk, "")) for equals in top.values()]


def counting_ids(
    *,
    assignment_id: uuid.UUID,
    rule: str,
    among: Collection[uuid.UUID] | QuerySet[Any, uuid.UUID],
    student_id: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """The same of the marked attempts of a room, or of one student there; ``among`` these ids, as a list or a query."""
    marked = Attempt.objects.filter(assignment_id=assignment_id, status=Attempt.Status.GRADED, pk__in=among)
    if student_id is not None:
        marked = marked.filter(student_id=student_id)
    needed = marked.only(*_SEAT, "paper_id", "number", "score", "started_at", "finished_at")
    return [attempt.pk for attempt in choose(needed, rule=rule)]


def find_counting(*, assignment_id: uuid.UUID, student_id: uuid.UUID) -> Attempt | None:
    """Of what one student got marks for in a room, the attempt that counts there, with the room; nothing before there are
    marks."""
    mine = Attempt.objects.filter(assignment_id=assignment_id, student_id=student_id, status=Attempt.Status.GRADED)
    rule = mine.values_list("assignment__counting", flat=True).first()
    if rule is None:
        return None
    return next(iter(choose(mine.select_related("assignment"), rule=rule)), None)


def _order(tied: Iterable[Attempt]) -> dict[uuid.UUID, str]:
    """Texts by which attempts with equal marks are ordered, the first counts."""
    attempts = list(tied)
    chains = {
        paper_id: exam_profiles.profile_of(papers.get_paper(paper_id=paper_id)).ties
        for paper_id in {attempt.paper_id for attempt in attempts}
    }
    chained = [attempt.pk for attempt in attempts if chains[attempt.paper_id]]
    parts = earned.list_parts(chained) if chained else {}
    found = {}
    for attempt in attempts:
        assert attempt.finished_at is not None
        facts = earned.tie_facts(parts.get(attempt.pk, ()))
        text = ties.tie_break(
            chains[attempt.paper_id],
            facts,
            seconds_taken=queries.seconds_taken(attempt),
            finished_at=attempt.finished_at,
        )
        found[attempt.pk] = f"{text}{attempt.pk.hex}"
    return found
