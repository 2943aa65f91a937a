"""Marks of a question and places of a session: set-based, whatever the number of players."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import connection

from apps.live import queries, rules
from apps.live.models import QuizSession, Round
from apps.live.rules import Chosen
from apps.mock_tests import queries as papers

# Where the first answer counts all of a player's share a slot, so that the highest slot is right for both policies.
_LATEST = """
SELECT DISTINCT ON (entry.player_id) entry.player_id, entry.response, entry.received_at
FROM live_liveanswer entry JOIN live_player player ON player.id = entry.player_id AND player.removed_at IS NULL
WHERE entry.session_id = %(session)s AND entry.number = %(number)s
ORDER BY entry.player_id, entry.slot DESC
"""

# The share of the time that was used, 0 to 1, and what is left of the points by it; what costs points costs all of them.
_MARK = f"""
INSERT INTO live_livemark (session_id, number, player_id, response, millis, share, points)
SELECT %(session)s, %(number)s, player_id, response, millis, share,
       round(%(points)s::numeric * share * CASE
           WHEN share <= 0 THEN 1
           WHEN %(bonus)s = 'LINEAR' THEN 1 - used
           WHEN %(bonus)s = 'HALF' THEN 1 - used / 2
           ELSE 1 END, %(digits)s)
FROM (
    SELECT latest.*, key.share, greatest(taken, 0)::int AS millis,
           least(greatest(taken, 0) / (%(seconds)s * 1000.0), 1)::numeric AS used
    FROM (SELECT *, extract(epoch FROM received_at - %(opened_at)s::timestamptz) * 1000 AS taken FROM ({_LATEST}) given)
        latest
    JOIN unnest(%(responses)s::jsonb[], %(shares)s::numeric[]) AS key (response, share) ON key.response = latest.response
) answer
"""  # noqa: S608 - no values

_ADD = """
UPDATE live_player player
SET score = player.score + mark.points,
    correct = player.correct + (mark.share >= 1)::int,
    millis = player.millis + CASE WHEN mark.points > 0 THEN mark.millis ELSE 0 END
FROM live_livemark mark
WHERE mark.session_id = %(session)s AND mark.number = %(number)s AND player.id = mark.player_id
"""

_FREEZE = """
UPDATE live_player player SET rank = place.rank
FROM (SELECT id, rank() OVER (ORDER BY score DESC) AS rank FROM live_player
      WHERE session_id = %(session)s AND removed_at IS NULL) place
WHERE player.id = place.id
"""


def settle(*, session: QuizSession, at: datetime) -> Round:
    """Mark every answer to the present question and add it up; the caller holds the session's row and moves it on."""
    one = Round.objects.get(session=session, number=session.number)
    values: dict[str, Any] = {"session": session.pk, "number": session.number}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT response, count(*) FROM ({_LATEST}) latest GROUP BY response", values)  # noqa: S608
        chosen = [Chosen(json.loads(response), players) for response, players in cursor.fetchall()]
        item = papers.get_key(paper_id=session.paper_id)[one.question_id]
        cursor.execute(
            _MARK,
            {
                **values,
                "points": one.points,
                "bonus": session.bonus,
                "digits": 0 if one.points >= rules.WHOLE_FROM else 3,
                "seconds": one.seconds,
                "opened_at": one.opened_at,
                "responses": [json.dumps(answer.response) for answer in chosen],
                "shares": [round(rules.share_of(item, answer.response), 10) for answer in chosen],
            },
        )
        cursor.execute(_ADD, values)
    question = queries.questions_of(paper_id=session.paper_id)[str(one.question_id)]
    one.revealed_at = at
    one.answered = sum(answer.players for answer in chosen)
    one.distribution = rules.distribution_of(question["options"], chosen)
    one.save(update_fields=["revealed_at", "answered", "distribution"])
    return one


def freeze(*, session_id: uuid.UUID) -> int:
    """Give every player their place for good: 1 + players strictly better, so that ties share one. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, {"session": session_id})
        return cursor.rowcount
