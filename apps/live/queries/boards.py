"""Who stands where: ranked by SQL, from what players have earned, or as it was frozen."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from apps.live import queries, rules
from apps.live.errors import BoardHidden
from apps.live.models import QuizSession

if TYPE_CHECKING:
    from apps.authentication.models import User

TOP = 10

# Ties share a rank; inside of one the faster come first, then who joined first.
PLACES = """
SELECT player.id AS player_id, player.user_id, player.display_name, player.score, player.correct, player.millis,
       coalesce(player.rank, rank() OVER (ORDER BY player.score DESC))::int AS place,
       row_number() OVER (ORDER BY player.score DESC, player.millis, player.joined_at, player.id) AS position
FROM live_player player WHERE player.session_id = %(session)s AND player.removed_at IS NULL
"""
_COLUMNS = "player_id, user_id, display_name, score, correct, millis, place"


@dataclass(frozen=True, slots=True)
class Place:
    """A player's row of a board."""

    player_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    score: Decimal
    correct: int
    millis: int
    rank: int


def places(*, session_id: uuid.UUID, first: int = 0, most: int | None = None) -> list[Place]:
    """A part of the board, best first; all of it if no number is given."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ({PLACES}) board ORDER BY position LIMIT %(most)s OFFSET %(first)s",  # noqa: S608
            {"session": session_id, "most": most, "first": first},
        )
        return [Place(*row) for row in cursor.fetchall()]


def find_place(*, session_id: uuid.UUID, user_id: uuid.UUID) -> Place | None:
    """One player's row."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ({PLACES}) board WHERE user_id = %(user)s",  # noqa: S608
            {"session": session_id, "user": user_id},
        )
        row = cursor.fetchone()
    return Place(*row) if row else None


class Board:
    """The board of a session as one person sees it; counted and sliced by SQL, as paginators do."""

    def __init__(self, session_id: uuid.UUID, *, count: int, has_names: bool, user_id: uuid.UUID) -> None:
        self._session_id = session_id
        self._count = count
        self._has_names = has_names
        self._user_id = user_id

    def count(self) -> int:
        """How many players stand on it."""
        return self._count

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        first = page.start or 0
        rows = places(session_id=self._session_id, first=first, most=max((page.stop or 0) - first, 0))
        return [
            {
                **tell(row, has_name=self._has_names or row.user_id == self._user_id),
                "correct": row.correct,
                "is_me": row.user_id == self._user_id,
            }
            for row in rows
        ]


def board_for(actor: User, session_id: uuid.UUID) -> Board:
    """The board of a session ``actor`` may see; players as the session's board policy allows, and refused otherwise."""
    session = queries.get_session_for(actor, session_id)
    is_staff = queries.may_host(actor=actor, session=session)
    if not is_staff and not rules.sees_board(session.board_policy, session.state):
        raise BoardHidden
    return Board(
        session.pk,
        count=_player_count(session),
        has_names=is_staff or rules.sees_names(session.board_policy),
        user_id=actor.pk,
    )


def _player_count(session: QuizSession) -> int:
    return int(session.player_count)  # type: ignore[attr-defined]  # annotated by list_sessions_for


def tell(place: Place, *, has_name: bool) -> dict[str, Any]:
    """A row as screens get it: of a person no more than the name."""
    return {"rank": place.rank, "name": place.name if has_name else "", "score": plain(place.score)}


def plain(number: Decimal) -> str:
    """Points without zeros at the end."""
    return f"{number.normalize():f}" if number else "0"
