from __future__ import annotations

import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection
from redis.exceptions import RedisError

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.attempts import queries as attempts
from apps.attempts.errors import ResultNotReleased
from apps.attempts.events import AttemptGraded
from apps.attempts.queries import visibility
from apps.core import bus, clock, tenancy, volatile
from apps.core.tenancy import Tenant
from apps.groups import queries as groups
from apps.leaderboards.errors import BoardHidden, BoardNotFound
from apps.leaderboards.models import ExamResult, Ranking
from apps.leaderboards.queries import live
from apps.leaderboards.queries.live import Entry, Keys
from apps.leaderboards.queries.standings import OwnResult, OwnResults, PaperPart, Results, Standings, find_own_result
from apps.leaderboards.rules import Board, Row
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User

log = logging.getLogger(__name__)

TOP = 20


# -- who sees which board ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """How one person sees the board of a room."""

    assignment: ExamAssignment
    student_id: uuid.UUID | None
    """Whose row is their own; staff have none."""
    has_names: bool


def get_sight_for(actor: User, assignment_id: uuid.UUID) -> Sight:
    """How ``actor`` sees a board; refuses rooms they may not see, and students where the policy hides it."""
    room = _get_room(actor, assignment_id)
    if actor.is_center_staff:
        return Sight(room, None, has_names=True)
    shown = shown_to_students(room)
    if shown == "hidden":
        raise BoardHidden
    return Sight(room, actor.pk, has_names=shown == "named")


def shown_to_students(room: ExamAssignment) -> room_rules.Shown:
    """``named``, ``anonymous`` or ``hidden``, as the room stands at present."""
    waits = room.board_policy == room.BoardPolicy.AFTER_CLOSE
    is_sat = waits and visibility.is_sat_in(assignment_id=room.pk)
    return room_rules.board_visible(room.board_policy, room.status, is_sat=is_sat)


def _get_room(actor: User, assignment_id: uuid.UUID) -> ExamAssignment:
    room = rooms.assignments_for(actor).filter(pk=assignment_id).first()
    if room is None:
        raise BoardNotFound
    return room


# -- the live board ------------------------------------------------------------------------------------------------


def live_board(*, assignment_id: uuid.UUID, top: int = TOP, students: Collection[uuid.UUID] = ()) -> Board:
    """The board of a room now: its first ``top`` rows, and the rows of these ``students``.

    From Redis; where it has lost the board it is built anew from PostgreSQL, and without Redis it is read from there.
    """
    keys = Keys.of(assignment_id)
    try:
        board = live.read(keys, top=top, students=students)
        if board is None and build_live_board(assignment_id=assignment_id):
            board = live.read(keys, top=top, students=students)
    except RedisError as error:
        log.warning("Redis does not answer (%s); the board is read from the database.", error)
        board = None
    return board or _stored_board(assignment_id, top, students)


@dataclass(frozen=True, slots=True)
class Terms:
    """How students see the board of a room, and whether anything will still change on it."""

    shown: room_rules.Shown
    is_final: bool


def board_and_terms(
    *, assignment_id: uuid.UUID, top: int = TOP, students: Collection[uuid.UUID] = ()
) -> tuple[Board, Terms]:
    """What those who watch a board need at one moment, however many they are."""
    room = rooms.get_assignment(assignment_id=assignment_id)
    terms = Terms(shown_to_students(room), room.status == room.Status.FINALISED)
    return live_board(assignment_id=assignment_id, top=top, students=students), terms


async def glance(
    tenant: Tenant, *, assignment_id: uuid.UUID, top: int = TOP, students: Collection[uuid.UUID] = ()
) -> Board | None:
    """The live board as far as Redis has it, for code on an event loop; otherwise nothing, and the board is to be had
    from ``board_and_terms``."""
    try:
        return await live.read_soon(Keys.of(assignment_id, tenant=tenant), top=top, students=students)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("Redis does not answer (%s); the board is read otherwise.", error)
        return None


def build_live_board(*, assignment_id: uuid.UUID, most_tries: int = 3) -> bool:
    """Put the board into Redis as PostgreSQL has it. False when another one is at it, or when results kept coming in.
    Raises ``RedisError`` when Redis does not answer."""
    keys = Keys.of(assignment_id)
    if not live.may_build(keys):
        return False
    try:
        for _ in range(most_tries):
            since, at = live.version(keys), clock.now()
            if live.replace(keys, _entries(assignment_id), since=since, at=at):
                return True
        return False
    finally:
        live.done_building(keys)


def _entries(assignment_id: uuid.UUID) -> list[Entry]:
    best = ExamResult.objects.filter(assignment_id=assignment_id, is_best=True)
    fields = ("student_id", "display_name", "score", "tie_break", "recorded_at")
    return [Entry(*row) for row in best.values_list(*fields)]


def _stored_board(assignment_id: uuid.UUID, top: int, students: Collection[uuid.UUID]) -> Board:
    at = clock.now()
    standings = Standings(assignment_id, None)
    rows = standings.find(students) if students else {}
    return Board(live.stamp(at), standings.count(), tuple(standings[:top]), rows)


# -- rankings ------------------------------------------------------------------------------------------------------

# Who computes a ranking locks recording out, so what was recorded later is not in it and everything else is.
_CURRENT = """
SELECT * FROM leaderboards_ranking ranking
WHERE assignment_id = %s AND withdrawn_at IS NULL AND (is_final OR NOT EXISTS (
    SELECT FROM leaderboards_examresult result
    WHERE result.assignment_id = ranking.assignment_id AND result.recorded_at > ranking.computed_at))
ORDER BY is_final DESC, id DESC LIMIT 1
"""
_OUTDATED = """
SELECT touched.assignment_id FROM (
    SELECT assignment_id, max(recorded_at) AS last_at FROM leaderboards_examresult
    WHERE recorded_at > statement_timestamp() - make_interval(days => %s) AND (%s::uuid IS NULL OR assignment_id = %s)
    GROUP BY assignment_id) touched
WHERE NOT EXISTS (
    SELECT FROM leaderboards_ranking ranking
    WHERE ranking.assignment_id = touched.assignment_id AND ranking.computed_at >= last_at AND withdrawn_at IS NULL)
ORDER BY last_at
"""
LOOK_BACK_DAYS = 2
ROUND_SECONDS = 900


def find_ranking(*, assignment_id: uuid.UUID) -> Ranking | None:
    """The ranking that holds now: the last final one, or else the last, if no result has come in since."""
    return next(iter(Ranking.objects.raw(_CURRENT, [assignment_id])), None)


def centers_to_sync() -> list[str]:
    """The schemas of centers with results since the last round, as the bus remembers them. Redis only knows whether
    there was a round just now; when it has forgotten, the last days are looked through."""
    mark = tenancy.key("boards-synced", tenant=tenancy.PUBLIC)
    try:
        had_round = bool(volatile.client().set(mark, "1", ex=ROUND_SECONDS, get=True))
    except RedisError:
        had_round = False
    within = timedelta(seconds=2 * ROUND_SECONDS) if had_round else timedelta(days=LOOK_BACK_DAYS)
    return bus.schemas_reached(AttemptGraded, within=within)


def outdated_boards() -> list[uuid.UUID]:
    """The rooms with results of the last days that are in no ranking yet, the one that waits longest first."""
    return _outdated(None)


def is_outdated(*, assignment_id: uuid.UUID) -> bool:
    """Whether this room is one of them."""
    return bool(_outdated(assignment_id))


def _outdated(assignment_id: uuid.UUID | None) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATED, [LOOK_BACK_DAYS, assignment_id, assignment_id])
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as one person sees it: on a board without names only their own has one."""

    rank: int
    name: str
    score: Decimal
    percentile: Decimal
    is_me: bool


@dataclass(frozen=True, slots=True)
class ShownBoard:
    """The whole board of a room as one person sees it; counted and sliced by SQL."""

    sight: Sight
    standings: Standings

    def count(self) -> int:
        """How many people stand on it."""
        return self.standings.count()

    def __getitem__(self, page: slice) -> list[ShownRow]:
        return [self._shown(row) for row in self.standings[page]]

    def own_index(self) -> int | None:
        """How many rows stand before one's own."""
        return self.standings.find_index(self.sight.student_id) if self.sight.student_id else None

    def _shown(self, row: Row) -> ShownRow:
        is_me = row.student_id == self.sight.student_id
        name = row.name if self.sight.has_names or is_me else ""
        return ShownRow(row.rank, name, row.score, row.percentile, is_me)


def board_for(
    actor: User, assignment_id: uuid.UUID, *, section: uuid.UUID | None = None, topic: str = ""
) -> ShownBoard:
    """The board of a room over the whole paper or one part of it, as ``actor`` sees it; final when there is a final
    ranking. Refuses as ``get_sight_for`` does."""
    sight = get_sight_for(actor, assignment_id)
    ranking = find_ranking(assignment_id=assignment_id)
    return ShownBoard(sight, Standings(assignment_id, ranking, section=section, topic=topic))


# -- results -------------------------------------------------------------------------------------------------------


def results_for(actor: User, assignment_id: uuid.UUID) -> Results:
    """The results of a room: staff see everybody's, students their own once they are released."""
    room = _get_room(actor, assignment_id)
    if not actor.is_center_staff and not visibility.are_results_shown(room):
        raise ResultNotReleased
    sections: dict[str, PaperPart] = {}
    topics: dict[str, PaperPart] = {}
    for item in papers.list_items(paper_id=room.paper_id):
        _add(sections, str(item.section_id), item.section_name, item.score)
        _add(topics, item.topic, item.topic, item.score)
    whose = None if actor.is_center_staff else actor.pk
    return Results(
        assignment_id,
        find_ranking(assignment_id=assignment_id),
        sections=list(sections.values()),
        topics=list(topics.values()),
        student_id=whose,
    )


def _add(parts: dict[str, PaperPart], id: str, name: str, score: Decimal) -> None:
    known = parts.get(id)
    parts[id] = PaperPart(id, name, score + (known.max_score if known else 0))


def results_of(actor: User, user_id: uuid.UUID) -> OwnResults:
    """The results of one person in all rooms that ``actor`` may see: admins anybody's, teachers their students',
    others their own as far as they are released. Any other id is refused as unknown."""
    if user_id != actor.pk:
        groups.get_person_for(actor, user_id)
    theirs = attempts.attempts_for(actor).filter(student_id=user_id).select_related("assignment")
    found = list(theirs)
    visible = visibility.marks_visible_to(actor, found)
    return OwnResults(user_id, {a.assignment_id: a.assignment.title for a in found if a.pk in visible})


def find_rank(*, attempt_id: uuid.UUID) -> OwnResult | None:
    """Where the result of this attempt stands, finally or at present; nothing if another attempt counts."""
    return find_own_result(attempt_id)
