"""Which sessions a person may see, and sessions as the other rooms need them. What screens show: ``scenes``, ``boards``."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core import tenancy
from apps.live import rules
from apps.live.errors import SessionNotFound
from apps.live.models import LiveAnswer, Player, QuizSession, Round
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User

PAPERS_PER_PROCESS = 64
MEDIA = "media:"
"""How papers refer to their media."""


def sessions_for(actor: User) -> QuerySet[QuizSession]:
    """The sessions ``actor`` may see: admins all, teachers those they host, others those they play in."""
    sessions = QuizSession.objects.all()
    if actor.role == actor.Role.CENTER_ADMIN:
        return sessions
    if actor.role == actor.Role.TEACHER:
        return sessions.filter(host=actor.pk)
    mine = Player.objects.filter(user=actor.pk, removed_at=None)
    return sessions.filter(pk__in=mine.values("session_id"))


def list_sessions_for(actor: User, *, search: str = "", state: str = "") -> QuerySet[QuizSession]:
    """``sessions_for`` with their hosts and ``player_count``, newest first."""
    sessions = sessions_for(actor)
    if search:
        sessions = sessions.filter(title__icontains=search)
    if state:
        sessions = sessions.filter(state=state)
    players = Player.objects.filter(session=OuterRef("pk"), removed_at=None).order_by().values("session")
    count = Coalesce(Subquery(players.annotate(n=Count("pk")).values("n")), 0)
    return sessions.annotate(player_count=count).select_related("host", "paper").defer("paper__content")


def get_session_for(actor: User, session_id: uuid.UUID) -> QuizSession:
    """One of the sessions ``actor`` may see, as ``list_sessions_for`` gives it; refuses any other id."""
    session = list_sessions_for(actor).filter(pk=session_id).first()
    if session is None:
        raise SessionNotFound
    return session


def is_known_to(*, actor: User, session_id: uuid.UUID) -> bool:
    """Whether ``actor`` has ever joined a session; of others it tells nothing."""
    return Player.objects.filter(session=session_id, user=actor.pk).exists()


def may_host(*, actor: User, session: QuizSession) -> bool:
    """Admins every session, teachers their own."""
    if actor.role == actor.Role.CENTER_ADMIN:
        return True
    return actor.role == actor.Role.TEACHER and session.host_id == actor.pk


def list_rounds(*, session_id: uuid.UUID) -> list[Round]:
    """The questions of a session in their order, with what became of them."""
    return list(Round.objects.filter(session=session_id))


def list_players_for(actor: User, session_id: uuid.UUID) -> QuerySet[Player]:
    """Everybody who joined a session that ``actor`` may host, also who was taken out, by name."""
    session = get_session_for(actor, session_id)
    if not may_host(actor=actor, session=session):
        raise SessionNotFound
    return Player.objects.filter(session=session).order_by("display_name", "pk")


def newest_names(*, session_id: uuid.UUID, most: int = 60) -> list[str]:
    """Who joined last, for the host's lobby."""
    players = Player.objects.filter(session=session_id, removed_at=None).order_by("-joined_at", "pk")
    return list(players.values_list("display_name", flat=True)[:most])


def find_locked(*, session_id: uuid.UUID) -> QuizSession | None:
    """A session for who will change it, locked until the transaction ends."""
    return QuizSession.objects.select_for_update().filter(pk=session_id).first()


def find_running(*, code: str) -> QuizSession | None:
    """The running session with this code, held still until the transaction ends; many may hold it at once."""
    table = QuizSession._meta.db_table
    statement = f"SELECT * FROM {table} WHERE code = %s AND state <> 'FINISHED' FOR SHARE"  # noqa: S608 - no values
    return next(iter(QuizSession.objects.raw(statement, [code])), None)


def asked_in(*, session_id: uuid.UUID) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """The paper of a session, and its questions in their order; refuses an unknown session."""
    paper_id = QuizSession.objects.filter(pk=session_id).values_list("paper_id", flat=True).first()
    if paper_id is None:
        raise SessionNotFound
    return paper_id, list(Round.objects.filter(session=session_id).values_list("question_id", flat=True))


def questions_of(*, paper_id: uuid.UUID) -> Mapping[str, dict[str, Any]]:
    """What can be asked of a paper, as takers see it, media by their references; remembered in this process, for papers
    never change. Not to be written to."""
    return _questions(tenancy.current().id, paper_id)


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _questions(center_id: uuid.UUID, paper_id: uuid.UUID) -> Mapping[str, dict[str, Any]]:
    """The center keeps neighbours apart."""
    return rules.questions_of(
        papers.render_paper(
            paper_id=paper_id, seed=0, shuffle_questions=False, shuffle_options=False, sign=MEDIA.__add__
        )
    )


def count_answered(*, session_id: uuid.UUID, number: int) -> int:
    """How many players have answered a question."""
    entries = LiveAnswer.objects.filter(session=session_id, number=number, player__removed_at=None)
    return entries.order_by().values("player_id").distinct().count()
