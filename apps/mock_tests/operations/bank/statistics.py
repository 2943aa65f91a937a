"""Statistics of questions of the bank. Those who know attempts hand in sums for each paper; what is shown beside a question
is made of all of them, by one statement, at any time again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict

from django.db import connection, transaction

from apps.core import tenancy
from apps.mock_tests.models import BankFigures
from apps.mock_tests.rules.bank.figures import ItemFigures


def record_figures(*, paper_ids: Collection[uuid.UUID], count: Callable[[], Iterable[ItemFigures]]) -> int:
    """Keep what ``count`` finds instead of all that was kept for these papers, and make the statistics of the versions in
    them anew. Recording the same again changes nothing. Returns how many versions have statistics now that had a part in
    it.

    Facility is the mean share of the marks. Discrimination is the correlation between the share of an item and what the
    same attempts earned with all other items, as a share of their marks (the corrected item-total correlation: S. Henrysson,
    "Correction of item-total correlations in item analysis", Psychometrika 28, 1963, 211-218). For items that are right or
    wrong this is the point-biserial coefficient (M1 - M0) / s * sqrt(p * (1 - p)), with the standard deviation of the
    population. Several papers are pooled: sums of squares and products are taken around the means of each paper, so that an
    easier paper does not look like a better item."""
    with transaction.atomic():
        _one_at_a_time()
        old = BankFigures.objects.filter(paper_id__in=paper_ids)
        touched = set(old.values_list("version_id", flat=True))
        old.delete()
        rows = [BankFigures(**asdict(row)) for row in count()]
        BankFigures.objects.bulk_create(rows, batch_size=1000)
        touched |= {row.version_id for row in rows}
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [list(touched)])
            cursor.execute(_COMPUTE, [list(touched)])
            return int(cursor.rowcount)


def _one_at_a_time() -> None:
    """Who counted earlier must not write later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("bank", "figures")])


_FORGET = "DELETE FROM mock_tests_bankstatistics WHERE version_id = ANY(%s)"
_COMPUTE = """
WITH papers AS (
    SELECT figures.version_id, figures.seen, figures.blank, figures.timed, figures.seconds,
           figures.marks / figures.score AS shares,
           (marks_squared - marks * marks / seen) / (figures.score * figures.score) AS shares_around,
           COALESCE((rest_squared - rest * rest / seen) / NULLIF(other.score * other.score, 0), 0) AS rest_around,
           COALESCE((marks_by_rest - marks * rest / seen) / (figures.score * NULLIF(other.score, 0)), 0) AS product_around
    FROM mock_tests_bankfigures figures
    JOIN mock_tests_paper paper ON paper.id = figures.paper_id
    CROSS JOIN LATERAL (SELECT paper.max_score - figures.score AS score) other
    WHERE figures.version_id = ANY(%s) AND figures.seen > 0
)
INSERT INTO mock_tests_bankstatistics
    (version_id, seen, blank, facility, discrimination, mean_seconds, computed_at)
SELECT version_id, sum(seen), sum(blank), sum(shares) / sum(seen),
       CASE WHEN sum(shares_around) > 0 AND sum(rest_around) > 0
            THEN sum(product_around) / sqrt(sum(shares_around) * sum(rest_around)) END,
       sum(seconds) / NULLIF(sum(timed), 0), statement_timestamp()
FROM papers GROUP BY version_id
"""
