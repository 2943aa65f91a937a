"""The order of people in a room, page by page, by SQL: from a ranking where there is a current one, else as it is now.

Two relations feed every statement here: ``person`` (who has which score in the part that is asked for) and ``step``
(rank and percentile of each score). A ranking has them as tables; otherwise they are computed in the statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.leaderboards import rules
from apps.leaderboards.models import ExamResult, Ranking
from apps.leaderboards.rules import Row

# -- statements, shared with the operation that computes rankings --------------------------------------------------

BEST = "SELECT * FROM leaderboards_examresult WHERE assignment_id = %(room)s AND is_best"
RANKED = "SELECT *, score AS whole, '' AS tie_break FROM leaderboards_rank WHERE ranking_id = %(ranking)s"
STEPS = "SELECT part, score, rank, percentile FROM leaderboards_rankstep WHERE ranking_id = %(ranking)s"

COUNT_WHOLE = "SELECT %(part)s::text AS part, score, count(*) AS n FROM person GROUP BY score"
# Texts are counted first and read as numbers afterwards: there are far fewer of them than people.
COUNT_PARTS = """
SELECT kind || key, value::numeric, sum(n) FROM (
    SELECT 'section:' AS kind, key, value, count(*) AS n FROM person, jsonb_each_text(person.sections) GROUP BY key, value
    UNION ALL
    SELECT 'topic:', key, value, count(*) FROM person, jsonb_each_text(person.topics) GROUP BY key, value) texts
GROUP BY 1, 2
"""
# Rank and percentile are functions of the score alone, so the windows run over the few scores, not over the people.
PLACES = """
SELECT part, score, 1 + sum(n) OVER from_best - n AS rank,
       round(100 * sum(n) OVER from_worst / sum(n) OVER everybody, 7) AS percentile
FROM counted
WINDOW from_best AS (PARTITION BY part ORDER BY score DESC), from_worst AS (PARTITION BY part ORDER BY score),
       everybody AS (PARTITION BY part)
"""
ORDER = "score DESC, position, whole DESC, tie_break, student_id"


class Standings:
    """The people of a room in one part of its paper, best first. Counted and sliced by SQL, as paginators do."""

    def __init__(
        self,
        assignment_id: uuid.UUID,
        ranking: Ranking | None,
        *,
        section: uuid.UUID | None = None,
        topic: str = "",
        counted: str = COUNT_WHOLE,
    ) -> None:
        self.ranking = ranking
        self._values: dict[str, Any] = {"room": assignment_id, "ranking": ranking.pk if ranking else None}
        self._is_part = section is not None or bool(topic)
        self._column = "sections" if section is not None else "topics"
        self._values["key"] = str(section) if section is not None else topic
        self._values["part"] = rules.part_name(section=section, topic=topic)
        self._counted = counted

    def count(self) -> int:
        """How many people have a score here."""
        return int(self.run("SELECT count(*) FROM person")[0][0])

    def __getitem__(self, page: slice) -> list[Row]:
        chosen = f"SELECT * FROM person ORDER BY {ORDER} LIMIT %(most)s OFFSET %(skip)s"  # noqa: S608
        return self._rows(chosen, **_limits(page))

    def find(self, student_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Row]:
        """The rows of these students, as far as they are here."""
        chosen = "SELECT * FROM person WHERE student_id = ANY(%(students)s)"
        return {row.student_id: row for row in self._rows(chosen, students=list(student_ids))}

    def find_index(self, student_id: uuid.UUID) -> int | None:
        """How many stand before this student."""
        found = self.run(
            """
            SELECT (SELECT count(*) FROM person WHERE score > me.score OR (score = me.score
                    AND (position, -whole, tie_break, student_id) < (me.position, -me.whole, me.tie_break, me.student_id)))
            FROM person me WHERE student_id = %(student)s
            """,
            student=student_id,
        )
        return int(found[0][0]) if found else None

    def _rows(self, chosen: str, **values: Any) -> list[Row]:
        found = self.run(
            f"""
            SELECT chosen.student_id, chosen.display_name, chosen.score, step.rank::int, step.percentile
            FROM ({chosen}) chosen JOIN step ON step.part = %(part)s AND step.score = chosen.score
            ORDER BY {_of("chosen")}
            """,  # noqa: S608
            **values,
        )
        return [Row(*fields) for fields in found]

    def run(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement over ``person`` and ``step``."""
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {self._relations()} {statement}", {**self._values, **values})
            return cursor.fetchall()

    def _relations(self) -> str:
        source = RANKED if self.ranking else f"SELECT *, score AS whole, 0 AS position FROM ({BEST}) result"  # noqa: S608
        if self._is_part:
            source = f"""
            SELECT student_id, display_name, position, whole, tie_break, ({self._column} ->> %(key)s)::numeric AS score
            FROM ({source}) everybody WHERE {self._column} ? %(key)s
            """  # noqa: S608
        if self.ranking:
            return f"person AS ({source}), step AS ({STEPS})"
        return f"person AS ({source}), counted AS ({self._counted}), step AS ({PLACES})"


@dataclass(frozen=True, slots=True)
class PaperPart:
    """A section or topic of a paper and what it is worth."""

    id: str
    name: str
    max_score: Decimal


@dataclass(frozen=True, slots=True)
class PartResult:
    """The marks of one section or topic and where they stand."""

    part: PaperPart
    score: Decimal
    rank: int
    percentile: Decimal


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One person's result."""

    attempt_id: uuid.UUID
    student_id: uuid.UUID
    name: str
    score: Decimal
    max_score: Decimal
    seconds_taken: float
    finished_at: datetime
    rank: int
    percentile: Decimal
    sections: Sequence[PartResult]
    topics: Sequence[PartResult]


class Results:
    """The results of a room over the whole paper, best first, or those of one student; counted and sliced by SQL."""

    def __init__(
        self,
        assignment_id: uuid.UUID,
        ranking: Ranking | None,
        *,
        sections: Sequence[PaperPart],
        topics: Sequence[PaperPart],
        student_id: uuid.UUID | None = None,
    ) -> None:
        self._standings = Standings(assignment_id, ranking, counted=f"{COUNT_WHOLE} UNION ALL {COUNT_PARTS}")
        self._sections, self._topics = sections, topics
        self._student_id = student_id

    def count(self) -> int:
        """How many results there are."""
        if self._student_id is None:
            return self._standings.count()
        return len(self._standings.find([self._student_id]))

    def __getitem__(self, page: slice) -> list[ResultRow]:
        own = "WHERE student_id = %(student)s" if self._student_id else ""
        found = self._standings.run(
            f"""
            SELECT chosen.attempt_id, chosen.student_id, chosen.display_name, chosen.score, result.max_score,
                   result.seconds_taken, result.finished_at, step.rank::int, step.percentile,
                   {_PART.format(kind="section")}, {_PART.format(kind="topic")}
            FROM (SELECT * FROM person {own} ORDER BY {ORDER} LIMIT %(most)s OFFSET %(skip)s) chosen
            JOIN step ON step.part = %(part)s AND step.score = chosen.score
            JOIN leaderboards_examresult result ON result.attempt_id = chosen.attempt_id
            ORDER BY {_of("chosen")}
            """,  # noqa: S608
            student=self._student_id,
            **_limits(page),
        )
        return [
            ResultRow(*[*plain, _parts(sections, self._sections), _parts(topics, self._topics)])
            for *plain, sections, topics in found
        ]


_PART = """
(SELECT json_agg(json_build_array(key, value, step.rank, step.percentile::text)) FROM jsonb_each_text(chosen.{kind}s)
 JOIN step ON step.part = '{kind}:' || key AND step.score = value::numeric)
"""


def _parts(found: list[list[Any]] | None, of_paper: Sequence[PaperPart]) -> list[PartResult]:
    rows = {key: values for key, *values in found or ()}
    return [
        PartResult(part, Decimal(score), int(rank), Decimal(percentile))
        for part in of_paper
        if part.id in rows
        for score, rank, percentile in [rows[part.id]]
    ]


# -- one person in many rooms --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnResult:
    """One person's result in one room, among ``people``."""

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID
    score: Decimal
    max_score: Decimal
    seconds_taken: float
    finished_at: datetime
    rank: int
    percentile: Decimal
    people: int
    is_final: bool
    title: str = ""


_OWN = """
SELECT result.attempt_id, result.assignment_id, coalesce(final.score, result.score), result.max_score,
       result.seconds_taken, result.finished_at, coalesce(final.rank, present.rank)::int,
       coalesce(final.percentile, present.percentile), coalesce(final.people, present.people)::int,
       final.rank IS NOT NULL
FROM leaderboards_examresult result
LEFT JOIN LATERAL (
    SELECT place.score, place.rank, place.percentile, ranking.people
    FROM leaderboards_rank place JOIN leaderboards_ranking ranking ON ranking.id = place.ranking_id
    WHERE place.student_id = result.student_id AND place.ranking_id = (
        SELECT max(id) FROM leaderboards_ranking
        WHERE assignment_id = result.assignment_id AND is_final AND withdrawn_at IS NULL)
) final ON true
LEFT JOIN LATERAL (
    SELECT 1 + count(*) FILTER (WHERE score > result.score) AS rank, count(*) AS people,
           round(100.0 * count(*) FILTER (WHERE score <= result.score) / nullif(count(*), 0), 7) AS percentile
    FROM leaderboards_examresult
    WHERE assignment_id = result.assignment_id AND is_best AND final.rank IS NULL
) present ON true
"""


class OwnResults:
    """The results of one student in these rooms (id and title), newest first; counted and sliced by SQL."""

    def __init__(self, student_id: uuid.UUID, rooms: Mapping[uuid.UUID, str]) -> None:
        self._titles = rooms
        self._values: dict[str, Any] = {"student": student_id, "rooms": list(rooms)}

    def count(self) -> int:
        """In how many rooms there is one."""
        own = ExamResult.objects.filter(student_id=self._values["student"], assignment_id__in=self._values["rooms"])
        return own.filter(is_best=True).count()

    def __getitem__(self, page: slice) -> list[OwnResult]:
        rows = _own_results(
            "result.student_id = %(student)s AND result.assignment_id = ANY(%(rooms)s) AND result.is_best"
            " ORDER BY result.finished_at DESC, result.attempt_id LIMIT %(most)s OFFSET %(skip)s",
            **self._values,
            **_limits(page),
        )
        return [replace(row, title=self._titles[row.assignment_id]) for row in rows]


def find_own_result(attempt_id: uuid.UUID) -> OwnResult | None:
    """The result that this attempt gave, if it is the one that counts."""
    found = _own_results("result.attempt_id = %(attempt)s AND result.is_best", attempt=attempt_id)
    return found[0] if found else None


def _own_results(where: str, **values: Any) -> list[OwnResult]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_OWN} WHERE {where}", values)
        return [OwnResult(*fields) for fields in cursor.fetchall()]


def _limits(page: slice) -> dict[str, int]:
    first = page.start or 0
    return {"skip": first, "most": max((page.stop or 0) - first, 0)}


def _of(relation: str) -> str:
    return ", ".join(f"{relation}.{column}" for column in ORDER.split(", "))
