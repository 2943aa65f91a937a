"""Ranks and percentiles of a large room: overall, two sections and a topic, for everybody.

- the peer keeps them in the rows of results and parts and updates these in place, by window functions;
- the limit writes them into fresh tables without an index and swaps these in by renaming;
- ours is ``leaderboards.operations.compute_ranking`` as it runs for a room, with the predecessor forgotten.

All three begin with the same marks and end with the same four ranks and percentiles per person, which is checked for
the smaller room.
"""

from __future__ import annotations

import argparse
import time
import uuid

from benchmarks.harness import Run, Stage, stage

ROOM = uuid.UUID(int=7)
SECTIONS = [uuid.UUID(int=1), uuid.UUID(int=2)]

_PEOPLE = """
INSERT INTO authentication_user (id, email, password, first_name, last_name, role, avatar, is_active, is_approved,
                                 time_zone, locale, is_superuser, session_version, opens_by_email, updated_at)
SELECT gen_random_uuid(), 'p' || number || '@bench.test', '', 'Person', number::text, 'STUDENT', '', true, true,
       '', '', false, 1, false, now()
FROM generate_series(1, %(people)s) number
"""
_RESULTS = """
INSERT INTO leaderboards_examresult (attempt_id, assignment_id, student_id, display_name, revision, score, max_score,
                                     seconds_taken, finished_at, sections, topics, tie_break, is_best)
SELECT gen_random_uuid(), %(room)s, id, first_name || ' ' || last_name, 1, one + two + topic, 180, seconds, finished_at,
       jsonb_build_object(%(one)s::text, one::text, %(two)s::text, two::text), jsonb_build_object('Kanji', topic::text),
       lpad((seconds * 1000)::bigint::text, 12, '0') ||
       lpad((extract(epoch FROM finished_at) * 1000)::bigint::text, 14, '0'),
       true
FROM (
    SELECT person.*, trunc(random() * 61)::numeric(9, 3) AS one, trunc(random() * 61)::numeric(9, 3) AS two,
           trunc(random() * 61)::numeric(9, 3) AS topic, 3600 + random() * 3600 AS seconds,
           now() - random() * interval '3 hours' AS finished_at
    FROM authentication_user person) person
"""
_PEER = """
CREATE TABLE peer_result (id bigserial PRIMARY KEY, room uuid NOT NULL, student uuid NOT NULL, score numeric(9, 3) NOT NULL,
                          rank integer, percentile numeric(10, 7), UNIQUE (room, student));
CREATE TABLE peer_part (id bigserial PRIMARY KEY, result bigint NOT NULL, part text NOT NULL, score numeric(9, 3) NOT NULL,
                        rank integer, percentile numeric(10, 7), UNIQUE (result, part));
"""
_PEER_ROWS = """
INSERT INTO peer_result (room, student, score) SELECT assignment_id, student_id, score FROM leaderboards_examresult;
INSERT INTO peer_part (result, part, score)
SELECT peer.id, part.name, part.score::numeric FROM leaderboards_examresult result
JOIN peer_result peer ON peer.student = result.student_id AND peer.room = result.assignment_id,
LATERAL (SELECT 'section:' || key, value FROM jsonb_each_text(result.sections)
         UNION ALL SELECT 'topic:' || key, value FROM jsonb_each_text(result.topics)) part (name, score);
CREATE INDEX ON peer_result (room, score DESC);
CREATE INDEX ON peer_part (part, score DESC);
"""
_PLACES = """
rank() OVER (PARTITION BY {by} ORDER BY score DESC) AS rank,
round(100 * cume_dist() OVER (PARTITION BY {by} ORDER BY score)::numeric, 7) AS percentile
"""
_UPDATE = [
    f"""
    UPDATE peer_{table} peer SET rank = place.rank, percentile = place.percentile
    FROM (SELECT id, {_PLACES.format(by=by)} FROM peer_{table}) place WHERE place.id = peer.id
    """
    for table, by in (("result", "room"), ("part", "part"))
]
_SWAP = [
    f"""
    CREATE TABLE fresh AS SELECT {columns}, score, {_PLACES.format(by=by)} FROM peer_{table};
    DROP TABLE IF EXISTS swapped_{table};
    ALTER TABLE fresh RENAME TO swapped_{table};
    """
    for table, by, columns in (("result", "room", "id, room, student"), ("part", "part", "id, result, part"))
]
# What each of them says of everybody, to compare.
_SAID_BY_PEER = """
SELECT student, '' AS part, rank, percentile FROM peer_result
UNION ALL SELECT student, part, peer_part.rank, peer_part.percentile FROM peer_part
JOIN peer_result ON peer_result.id = result
"""
_SAID_BY_US = """
SELECT student_id, '' AS part, rank, percentile FROM leaderboards_rank WHERE ranking_id = {ranking}
UNION ALL SELECT student_id, step.part, step.rank, step.percentile FROM leaderboards_rank place,
LATERAL (SELECT 'section:' || key, value::numeric FROM jsonb_each_text(place.sections)
         UNION ALL SELECT 'topic:' || key, value::numeric FROM jsonb_each_text(place.topics)) mine (part, score)
JOIN leaderboards_rankstep step ON step.ranking_id = {ranking} AND step.part = mine.part AND step.score = mine.score
WHERE place.ranking_id = {ranking}
"""


class Bench:
    """One center with one room of ``people``."""

    def __init__(self, people: int) -> None:
        from django.db import connection

        from apps.leaderboards.operations import RANKING_MEMORY

        self.people = people
        self._cursor = connection.cursor()
        names = {"people": people, "room": ROOM, "one": str(SECTIONS[0]), "two": str(SECTIONS[1])}
        self._run("SELECT setseed(0.5)", f"SET work_mem = '{RANKING_MEMORY}'")
        for statement in (_PEOPLE, _RESULTS):
            self._cursor.execute(statement, names)
        self._run(_PEER, *_PEER_ROWS.split(";")[:-1], "VACUUM ANALYZE")
        self.ranking = 0

    def _run(self, *statements: str) -> None:
        for statement in statements:
            self._cursor.execute(statement)

    def _timed(self, *statements: str) -> float:
        from django.db import transaction

        self._run("CHECKPOINT")
        began = time.perf_counter()
        with transaction.atomic():
            self._run(*statements)
        return time.perf_counter() - began

    def update(self) -> float:
        took = self._timed(*_UPDATE)
        self._run("VACUUM peer_result", "VACUUM peer_part")
        return took

    def swap(self) -> float:
        return self._timed(*_SWAP)

    def ours(self) -> float:
        from apps.leaderboards import operations

        self._run("CHECKPOINT")
        began = time.perf_counter()
        self.ranking = operations.compute_ranking(assignment_id=ROOM, is_final=False).pk
        took = time.perf_counter() - began
        self._run("VACUUM leaderboards_rank", "VACUUM leaderboards_rankstep")
        return took

    def read_out(self) -> float:
        """Everybody's four places at once from ours, which nobody needs: pages are read."""
        began = time.perf_counter()
        self._run(f"SELECT count(*), sum(rank), sum(percentile) FROM ({_SAID_BY_US.format(ranking=self.ranking)}) said")
        return time.perf_counter() - began

    def check(self) -> None:
        """Peer and ours say the same of everybody."""
        ours = _SAID_BY_US.format(ranking=self.ranking)
        for one, other in ((_SAID_BY_PEER, ours), (ours, _SAID_BY_PEER)):
            self._cursor.execute(f"SELECT count(*) FROM (({one}) EXCEPT ({other})) difference")
            assert self._cursor.fetchone()[0] == 0, "peer and ours disagree"
        self._cursor.execute(f"SELECT count(*) FROM ({ours}) said")
        assert self._cursor.fetchone()[0] == 4 * self.people


def measure(run: Run, here: Stage, people: int, repeats: int) -> None:
    """All of them in turn, in a center of their own; what they say is compared where there is time for repeats."""
    from apps.core import tenancy

    print(f"{people:,} people, two sections and a topic", flush=True)
    run.repeats = repeats
    with tenancy.enter(here.open_center(f"of{people}")):
        bench = Bench(people)
        for _ in range(2):  # from now on each round has a predecessor to forget
            bench.ours()
        names = [f"{name}, {people:,}" for name in ("in-place UPDATE", "fresh tables", "ours", "ours read out for all")]
        run.take_turns(dict(zip(names, (bench.update, bench.swap, bench.ours, bench.read_out), strict=True)))
        if repeats > 1:
            bench.check()
    run.bar(f"ours / in-place UPDATE, {people:,} people", run.ratio(names[2], names[0]), at_most=0.2)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=100_000)
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--many", type=int, default=1_000_000, help="measured once; 0 leaves it out")
    given = words.parse_args()
    run = Run("ranks", unit="s")
    with stage("ranks") as here:
        measure(run, here, given.people, given.repeats)
        if given.many:
            measure(run, here, given.many, 1)
    run.repeats = given.repeats
    run.report(against=lambda name: f"in-place UPDATE, {name.partition(', ')[2]}")


if __name__ == "__main__":
    main()
