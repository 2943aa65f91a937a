from __future__ import annotations

import dataclasses
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models.functions import Now
from redis.exceptions import RedisError

from apps.assignments import queries as rooms
from apps.attempts import queries as attempts
from apps.attempts.errors import NotGradedYet
from apps.attempts.queries import counting, earned
from apps.attempts.rules import ties
from apps.authentication import queries as people
from apps.core import bus, clock, realtime, tenancy
from apps.leaderboards import queries
from apps.leaderboards.events import RanksFinalised
from apps.leaderboards.models import ExamResult, Rank, Ranking
from apps.leaderboards.queries import live
from apps.leaderboards.queries.live import Entry, Keys
from apps.leaderboards.queries.standings import BEST, COUNT_PARTS, COUNT_WHOLE, PLACES
from apps.mock_tests import queries as papers
from apps.mock_tests.queries import profiles as exam_profiles

if TYPE_CHECKING:
    from apps.attempts.queries.earned import ResultFacts
    from apps.mock_tests.rules.profiles import Tie

log = logging.getLogger(__name__)

RANKING_MEMORY = "64MB"
# Somebody may still page through the one that was current a moment ago.
KEPT_PROVISIONAL = 2


# -- results -------------------------------------------------------------------------------------------------------

# The first result of a student in a room is the best; whether a further one is better is decided after it.
_RECORD = """
INSERT INTO leaderboards_examresult AS known
    (attempt_id, assignment_id, student_id, display_name, revision, score, max_score, seconds_taken, finished_at,
     sections, topics, tie_break, is_best)
VALUES (%(attempt)s, %(room)s, %(student)s, %(name)s, %(revision)s, %(score)s, %(max_score)s, %(seconds)s,
        %(finished_at)s, %(sections)s, %(topics)s, %(tie_break)s, NOT EXISTS (
            SELECT FROM leaderboards_examresult other
            WHERE other.assignment_id = %(room)s AND other.student_id = %(student)s))
ON CONFLICT (attempt_id) DO UPDATE SET
    display_name = EXCLUDED.display_name, revision = EXCLUDED.revision, score = EXCLUDED.score,
    max_score = EXCLUDED.max_score, seconds_taken = EXCLUDED.seconds_taken, finished_at = EXCLUDED.finished_at,
    sections = EXCLUDED.sections, topics = EXCLUDED.topics, tie_break = EXCLUDED.tie_break,
    recorded_at = statement_timestamp()
WHERE EXCLUDED.revision > known.revision
RETURNING EXISTS (
    SELECT FROM leaderboards_examresult other
    WHERE other.assignment_id = known.assignment_id AND other.student_id = known.student_id
      AND other.attempt_id <> known.attempt_id)
"""
# In this order: no moment has two best results of one student.
_CHOOSE_BEST = (
    """
    UPDATE leaderboards_examresult SET is_best = false WHERE assignment_id = %(room)s AND is_best
    AND (%(student)s::uuid IS NULL OR student_id = %(student)s) AND attempt_id <> ALL(%(counting)s::uuid[])
    """,
    """
    UPDATE leaderboards_examresult SET is_best = true, recorded_at = statement_timestamp()
    FROM unnest(%(counting)s::uuid[]) AS counting (id) WHERE attempt_id = counting.id AND NOT is_best
    """,
)


def record_result(*, attempt_id: uuid.UUID) -> bool:
    """Enter the marks of a graded attempt as they are now, and tell the board. False if they are known already, or if
    the attempt has none any more. Which of several attempts counts is said by the room."""
    with transaction.atomic():
        place = earned.find_place(attempt_id=attempt_id)
        if place is None:
            return False
        # Facts from before the lock may be those of marks that were withdrawn while it was waited for.
        _lock(*place)
        try:
            facts = earned.get_result_facts(attempt_id=attempt_id)
        except NotGradedYet:
            return False
        chain = _chain(facts.assignment_id)
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, _values(facts, chain))
            recorded = cursor.fetchone()
        if recorded is None:
            return False
        if recorded[0]:
            _choose_best(facts.assignment_id, facts.student_id)
        _tell(facts.assignment_id, facts.student_id)
    return True


def withdraw_result(*, attempt_id: uuid.UUID, assignment_id: uuid.UUID) -> bool:
    """Take back what is known of an attempt that has no marks any more, and tell the board. False if nothing was."""
    with transaction.atomic():
        _lock(assignment_id)
        if earned.list_result_facts(attempt_ids=[attempt_id]):
            return False  # marked again meanwhile
        known = ExamResult.objects.filter(attempt_id=attempt_id)
        student_id = known.values_list("student_id", flat=True).first()
        if student_id is None:
            return False
        known.delete()
        # No result comes in with this, so nothing else says that these hold no more.
        Ranking.objects.filter(assignment_id=assignment_id, is_final=False).delete()
        _choose_best(assignment_id, student_id)
        _refresh_live_board(assignment_id)
    return True


def withdraw_void_result(*, attempt_id: uuid.UUID, assignment_id: uuid.UUID) -> bool:
    """The same for an attempt that was made void, also from a ranking that was final: there is a new one then, without
    it."""
    with transaction.atomic():
        is_known = withdraw_result(attempt_id=attempt_id, assignment_id=assignment_id)
        if is_known and _is_final(assignment_id):
            compute_ranking(assignment_id=assignment_id, is_final=True)
    return is_known


def rebuild_results(*, assignment_id: uuid.UUID) -> int:
    """Make all results of a room anew from its graded attempts. Returns how many there are."""
    with transaction.atomic():
        _lock(assignment_id)
        chain = _chain(assignment_id)
        ExamResult.objects.filter(assignment_id=assignment_id).delete()
        found = earned.list_result_facts(assignment_id=assignment_id)
        ExamResult.objects.bulk_create((_result(facts, chain) for facts in found), batch_size=2000)
        _choose_best(assignment_id)
    return len(found)


def _chain(assignment_id: uuid.UUID) -> tuple[Tie, ...]:
    """What orders equal scores in a room: as the profile of its paper says."""
    room = rooms.get_assignment(assignment_id=assignment_id)
    return exam_profiles.profile_of(papers.get_paper(paper_id=room.paper_id)).ties


def _tie_break(facts: ResultFacts, chain: tuple[Tie, ...]) -> str:
    compared = ties.Facts(facts.topics, facts.areas, facts.answered)
    return ties.tie_break(chain, compared, seconds_taken=facts.seconds_taken, finished_at=facts.finished_at)


def _result(facts: ResultFacts, chain: tuple[Tie, ...]) -> ExamResult:
    stored = {name: value for name, value in dataclasses.asdict(facts).items() if name not in ("areas", "answered")}
    return ExamResult(**stored, tie_break=_tie_break(facts, chain), is_best=False)


def _values(facts: ResultFacts, chain: tuple[Tie, ...]) -> dict[str, Any]:
    return {
        "attempt": facts.attempt_id,
        "room": facts.assignment_id,
        "student": facts.student_id,
        "name": facts.display_name,
        "revision": facts.revision,
        "score": facts.score,
        "max_score": facts.max_score,
        "seconds": facts.seconds_taken,
        "finished_at": facts.finished_at,
        "sections": json.dumps(facts.sections),
        "topics": json.dumps(facts.topics),
        "tie_break": _tie_break(facts, chain),
    }


def _choose_best(assignment_id: uuid.UUID, student_id: uuid.UUID | None = None) -> None:
    """Have the result of the attempt that counts stand for each student, of those that are recorded by now."""
    rule = rooms.get_assignment(assignment_id=assignment_id).counting
    recorded = ExamResult.objects.filter(assignment_id=assignment_id).values_list("attempt_id", flat=True)
    chosen = counting.counting_ids(assignment_id=assignment_id, rule=rule, among=recorded, student_id=student_id)
    with connection.cursor() as cursor:
        for statement in _CHOOSE_BEST:
            cursor.execute(statement, {"room": assignment_id, "student": student_id, "counting": chosen})


def _lock(assignment_id: uuid.UUID, student_id: uuid.UUID | None = None) -> None:
    """Until the end of the transaction: many may record into a room, each student by one at a time; who works on the
    whole room does so alone. So whatever is recorded is either in a ranking or later than it."""
    with connection.cursor() as cursor:
        if student_id is None:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"board {assignment_id}"])
        else:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"board {assignment_id}"])
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{assignment_id} {student_id}"])


def _tell(assignment_id: uuid.UUID, student_id: uuid.UUID) -> None:
    """After the commit: the student's place in the live board, then news for the board's room."""
    best = ExamResult.objects.filter(assignment_id=assignment_id, student_id=student_id, is_best=True)
    entry = Entry(*best.values_list("student_id", "display_name", "score", "tie_break", Now()).get())
    keys = Keys.of(assignment_id)
    transaction.on_commit(lambda: live.put(keys, entry), robust=True)
    _announce(assignment_id)


def _announce(assignment_id: uuid.UUID) -> None:
    """Tell those who show the board that it has changed; they read it themselves, at most once a second."""
    realtime.push(tenancy.room("board", assignment_id), "changed", {})


# -- rankings ------------------------------------------------------------------------------------------------------

# One statement, so that all of it sees the same moment. The windows run over the distinct scores of each part; people
# are then joined to their step, and only their order needs a sort of all of them.
_COMPUTE = f"""
WITH person AS MATERIALIZED ({BEST}),
counted AS ({COUNT_WHOLE} UNION ALL {COUNT_PARTS}),
head AS (
    INSERT INTO leaderboards_ranking (assignment_id, is_final, people)
    SELECT %(room)s, %(is_final)s, count(*) FROM person RETURNING id),
step AS (
    INSERT INTO leaderboards_rankstep (ranking_id, part, score, rank, percentile)
    SELECT head.id, part, score, rank, percentile FROM ({PLACES}) place, head
    RETURNING part, score, rank, percentile),
place AS (
    INSERT INTO leaderboards_rank (ranking_id, position, attempt_id, student_id, display_name, score, rank, percentile,
                                   sections, topics)
    SELECT head.id, row_number() OVER (ORDER BY person.score DESC, tie_break, student_id), attempt_id, student_id,
           display_name, person.score, step.rank, step.percentile, sections, topics
    FROM head, person JOIN step ON step.part = %(part)s AND step.score = person.score)
SELECT id FROM head
"""  # noqa: S608
_PRUNE = """
WITH old AS (
    DELETE FROM leaderboards_ranking WHERE id IN (
        SELECT id FROM leaderboards_ranking WHERE assignment_id = %(room)s AND NOT is_final
        ORDER BY id DESC OFFSET %(kept)s)
    RETURNING id),
step AS (DELETE FROM leaderboards_rankstep WHERE ranking_id IN (SELECT id FROM old))
DELETE FROM leaderboards_rank WHERE ranking_id IN (SELECT id FROM old)
"""


def compute_ranking(*, assignment_id: uuid.UUID, is_final: bool) -> Ranking:
    """Write a new ranking of everybody's best result: ranks and percentiles over all, per section and per topic.

    It becomes the current one; earlier final ones are kept, provisional ones but the last few are forgotten. A final
    one is announced.
    """
    values: dict[str, Any] = {"room": assignment_id, "is_final": is_final, "part": "", "kept": KEPT_PROVISIONAL}
    with transaction.atomic():
        _lock(assignment_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('work_mem', %s, true)", [RANKING_MEMORY])
            cursor.execute(_COMPUTE, values)
            ranking = Ranking.objects.get(pk=cursor.fetchone()[0])
            cursor.execute(_PRUNE, values)
        if is_final:
            bus.publish(RanksFinalised(assignment_id=assignment_id, ranking_id=ranking.pk))
    return ranking


def finalise_board(*, assignment_id: uuid.UUID) -> Ranking | None:
    """Compute the final ranking of a finalised room, from its attempts as they are: the news of the last marks may
    still be on its way. Nothing, if the room is finalised no more."""
    with transaction.atomic():
        _lock(assignment_id)
        if not _is_final(assignment_id):
            return None
        rebuild_results(assignment_id=assignment_id)
        ranking = compute_ranking(assignment_id=assignment_id, is_final=True)
        _refresh_live_board(assignment_id)
    return ranking


def unfreeze_board(*, assignment_id: uuid.UUID) -> Ranking | None:
    """A room is finalised no more: its final rankings are kept as what they were, and a provisional one holds. Nothing, if
    the room is finalised again already."""
    with transaction.atomic():
        _lock(assignment_id)
        if _is_final(assignment_id):
            return None
        final = Ranking.objects.filter(assignment_id=assignment_id, is_final=True, withdrawn_at=None)
        final.update(withdrawn_at=clock.now())
        rebuild_results(assignment_id=assignment_id)
        ranking = compute_ranking(assignment_id=assignment_id, is_final=False)
        _refresh_live_board(assignment_id)
    return ranking


def _is_final(assignment_id: uuid.UUID) -> bool:
    room = rooms.get_assignment(assignment_id=assignment_id)
    return room.status == room.Status.FINALISED


def sync_board(*, assignment_id: uuid.UUID) -> bool:
    """Bring the ranking of a room up to date with its results, and its live board too. False if there was nothing to
    do, as for the second of two at once. In a finalised room (after marks were corrected) the new ranking is final."""
    with transaction.atomic():
        _lock(assignment_id)
        if not queries.is_outdated(assignment_id=assignment_id):
            return False
        compute_ranking(assignment_id=assignment_id, is_final=_is_final(assignment_id))
        _refresh_live_board(assignment_id)
    return True


def sync_boards() -> int:
    """Sync every board of the center that has changed; one that fails stops no other. Returns how many did."""
    count = 0
    failed: list[Exception] = []
    for assignment_id in queries.outdated_boards():
        try:
            count += sync_board(assignment_id=assignment_id)
        except Exception as error:
            log.exception("The board of %s was not synced.", assignment_id)
            failed.append(error)
    if failed:
        raise failed[0]
    return count


def forget_person(*, user_id: uuid.UUID) -> int:
    """Take a person's name out of results, rankings and live boards; score and place stay. What replaces it is what lists
    call them now. Returns in how many rooms that was."""
    with transaction.atomic():
        name = attempts.display_name(people.get_anybody(user_id=user_id))
        results = ExamResult.objects.filter(student=user_id).exclude(display_name=name)
        rooms_of_theirs = set(results.values_list("assignment_id", flat=True))
        results.update(display_name=name)
        Rank.objects.filter(student_id=user_id).exclude(display_name=name).update(display_name=name)
        for assignment_id in rooms_of_theirs:
            _refresh_live_board(assignment_id)
    return len(rooms_of_theirs)


def _refresh_live_board(assignment_id: uuid.UUID) -> None:
    """After the commit: repair whatever Redis missed, then tell those who show the board."""
    tenant = tenancy.current()

    def refresh() -> None:
        try:
            with tenancy.enter(tenant):
                queries.build_live_board(assignment_id=assignment_id)
        except RedisError as error:
            log.warning("A live board waits for Redis: %s", error)

    transaction.on_commit(refresh, robust=True)
    realtime.push(tenancy.room("board", assignment_id), "ranked", {})
