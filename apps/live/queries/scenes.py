"""What is on the screens of a session at a moment: the same for all, and what is each player's own. Of a question that is
not revealed there is nothing here of its key; nothing else is sent over sockets or by HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.functions import Now

from apps.live import queries, rules
from apps.live.errors import PlayerRemoved, SessionNotFound
from apps.live.models import Player, QuizSession, Round
from apps.live.queries import boards
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.texts import richtext

if TYPE_CHECKING:
    from apps.authentication.models import User

Sign = Callable[[str], str]
State = QuizSession.State
_SHOWN = ("id", "type", "text", "image", "audio", "options", "instruction", "reading_text", "group_image")


@dataclass(frozen=True, slots=True)
class Scene:
    """``common`` is what everybody sees; ``board`` what the host, or players with or without names, see of the places."""

    common: Mapping[str, Any]
    code: str
    board_policy: str
    closes_at: datetime | None
    is_lock_due: bool
    """Time is up, and nobody has locked the question yet."""
    server_time: datetime
    top: list[boards.Place]
    players: int

    @property
    def version(self) -> int:
        return int(self.common["version"])

    @property
    def state(self) -> str:
        return str(self.common["state"])

    def board_for(self, user_id: uuid.UUID | None) -> dict[str, Any] | None:
        """The first places, as the host (nobody's id) or a player may see them now."""
        if self.state not in (State.REVEALED, State.FINISHED):
            return None
        if user_id is not None and not rules.sees_board(self.board_policy, self.state):
            return None
        has_names = user_id is None or rules.sees_names(self.board_policy)
        return {
            "players": self.players,
            "top": [boards.tell(place, has_name=has_names or place.user_id == user_id) for place in self.top],
        }

    @property
    def shows_places(self) -> bool:
        """Whether players see their own place."""
        return rules.sees_board(self.board_policy, self.state)


def present(*, session_id: uuid.UUID, sign: Sign, counts: bool = False) -> Scene:
    """The present scene. Time that is up reads as locked, even if nobody has locked yet. With ``counts`` it tells how many
    have answered an open question too. Refuses an unknown session."""
    session = QuizSession.objects.filter(pk=session_id).annotate(now=Now()).first()
    if session is None:
        raise SessionNotFound
    now: datetime = session.now
    state = session.state
    if state == State.QUESTION and session.closes_at is not None and now > session.closes_at:
        state = State.LOCKED
    one = Round.objects.filter(session=session, number=session.number).first() if session.number else None
    is_over = state in (State.REVEALED, State.FINISHED)
    answered = one.answered if one else None
    players = Player.objects.filter(session=session, removed_at=None).count()
    if one and (counts or state == State.LOCKED) and answered is None:
        answered = queries.count_answered(session_id=session.pk, number=session.number)
    return Scene(
        common={
            "session": session.pk,
            "title": session.title,
            "state": state,
            "version": session.version,
            "number": session.number,
            "questions": session.question_count,
            "answer_policy": session.answer_policy,
            "players": players,
            "answered": answered,
            "question": _question(session, one, sign) if one else None,
            "reveal": _reveal(session, one, sign) if one and one.revealed_at else None,
            "server_time": now,
        },
        code=session.code,
        board_policy=session.board_policy,
        closes_at=session.closes_at,
        is_lock_due=state != session.state,
        server_time=now,
        top=boards.places(session_id=session.pk, most=boards.TOP) if is_over else [],
        players=players,
    )


def scene_for(actor: User, session_id: uuid.UUID, *, sign: Sign) -> dict[str, Any]:
    """The present scene as ``actor`` sees it, with all that is their own: what a screen needs that comes at any moment.
    Refuses who neither hosts nor plays, and who was taken out."""
    role, player = part_of(actor, session_id)
    scene = present(session_id=session_id, sign=sign, counts=role == "host")
    if role == "host":
        return {**scene.common, "role": role, "code": scene.code, "board": scene.board_for(None), "me": None}
    assert player is not None
    return {
        **scene.common,
        "role": role,
        "board": scene.board_for(actor.pk),
        "me": own(session_id=session_id, user_ids=[actor.pk], scene=scene, with_answers=True)[actor.pk],
    }


def part_of(actor: User, session_id: uuid.UUID) -> tuple[str, Player | None]:
    """Whether ``actor`` is the ``host`` or a ``player`` of a session; refuses who is neither, and who was taken out."""
    if actor.is_center_staff:
        session = QuizSession.objects.filter(pk=session_id).first()
        if session is None or not queries.may_host(actor=actor, session=session):
            raise SessionNotFound
        return "host", None
    player = Player.objects.filter(session=session_id, user=actor.pk).first()
    if player is None:
        raise SessionNotFound
    if player.removed_at is not None:
        raise PlayerRemoved
    return "player", player


# Each of the three reads by an index, whatever the planner thinks of tables that were filled a moment ago; joined by it, a
# thousand players could become a million rows.
_OWN = f"""
SELECT user_id, player_id::text, display_name, score, correct, place FROM ({boards.PLACES}) board
WHERE user_id = ANY(%(users)s)
"""  # noqa: S608 - no values
_ANSWERS = """
SELECT DISTINCT ON (player_id, number) player_id::text, number, seq, response::text FROM live_liveanswer
WHERE session_id = %(session)s AND number BETWEEN %(from)s AND %(to)s AND player_id = ANY(%(players)s::uuid[])
ORDER BY player_id, number, slot DESC
"""
_MARKS = """
SELECT player_id::text, number, points, share >= 1 FROM live_livemark
WHERE session_id = %(session)s AND number BETWEEN %(from)s AND %(to)s AND player_id = ANY(%(players)s::uuid[])
"""


def own(
    *, session_id: uuid.UUID, user_ids: Iterable[uuid.UUID], scene: Scene, with_answers: bool = False
) -> dict[uuid.UUID, dict[str, Any]]:
    """What is each of these players' own: their points, their place where players see it, and their answer to the present
    question, or all of their answers; three statements, however many they are."""
    number = scene.common["number"]
    values: dict[str, Any] = {"session": session_id, "from": 1 if with_answers else number, "to": number}
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {**values, "users": list(user_ids)})
        found = cursor.fetchall()
        values["players"] = [row[1] for row in found]
        cursor.execute(_ANSWERS, values)
        given = cursor.fetchall()
        cursor.execute(_MARKS, values)
        earned = {(player, asked): (points, is_correct) for player, asked, points, is_correct in cursor.fetchall()}
    answers: dict[str, list[dict[str, Any]]] = {}
    for player_id, asked, seq, response in given:
        points, is_correct = earned.get((player_id, asked), (None, None))
        answers.setdefault(player_id, []).append(
            {
                "number": asked,
                "seq": seq,
                "response": json.loads(response),
                "points": None if points is None else boards.plain(points),
                "is_correct": is_correct,
            }
        )
    return {
        user_id: {
            "player": player_id,
            "name": name,
            "score": boards.plain(score),
            "correct": correct,
            "rank": place if scene.shows_places else None,
            "answer": next((one for one in answers.get(player_id, ()) if one["number"] == number), None),
            **({"answers": answers.get(player_id, [])} if with_answers else {}),
        }
        for user_id, player_id, name, score, correct, place in found
    }


def _question(session: QuizSession, one: Round, sign: Sign) -> dict[str, Any]:
    question = queries.questions_of(paper_id=session.paper_id)[str(one.question_id)]
    return {
        **_signed({name: question[name] for name in _SHOWN}, sign),
        "number": one.number,
        "seconds": one.seconds,
        "points": boards.plain(one.points),
        "opened_at": one.opened_at,
        "ends_at": session.closes_at,
    }


def _reveal(session: QuizSession, one: Round, sign: Sign) -> dict[str, Any]:
    """The key of the present question; asked for only once it is revealed, and read from the database then."""
    item = papers.get_key(paper_id=session.paper_id)[one.question_id]
    return {
        "number": one.number,
        "right": rules.right_options(item),
        "explanation": _signed_text(item.get("explanation") or "", sign),
        "distribution": one.distribution,
        "answered": one.answered,
    }


def _signed(thing: Any, sign: Sign, name: str = "") -> Any:
    """The same with addresses of media that may be opened."""
    if isinstance(thing, Mapping):
        return {key: _signed(value, sign, key) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_signed(value, sign) for value in thing]
    if not isinstance(thing, str) or queries.MEDIA not in thing:
        return thing
    if name in ("image", "audio", "group_image"):
        return sign(thing.removeprefix(queries.MEDIA))
    return _signed_text(thing, sign)


def _signed_text(text: str, sign: Sign) -> str:
    return richtext.replace_media(text, sign) if queries.MEDIA in text else text
