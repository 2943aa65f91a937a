"""How the recordings of an attempt, and those of a room that listens together, stand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, DurationField, ExpressionWrapper, F, FloatField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Extract, Least

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts import errors, queries
from apps.attempts.models import Cue, Play, TimeGrant
from apps.attempts.rules import listening as rules
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class Recording:
    recording: str
    plays: int
    plays_left: int | None


@dataclass(frozen=True, slots=True)
class Listening:
    """``cue`` is the latest of the room, for those who come late."""

    recordings: list[Recording]
    cue: Cue | None
    server_time: datetime


def listening_of(*, actor: User, attempt_id: uuid.UUID) -> Listening:
    """How often each recording of an attempt that ``actor`` may see was played; refuses any other id, and nothing is told
    of recordings that are free."""
    attempt = queries.get_attempt_for(actor, attempt_id)
    room = attempt.assignment
    if room.listening == rules.FREE:
        raise errors.RecordingsAreFree
    counted = Play.objects.filter(attempt=attempt.pk).order_by().values_list("recording").annotate(last=Max("number"))
    numbers = {str(recording): last for recording, last in counted}
    is_limited = room.listening == rules.LIMITED
    found = [
        Recording(name, numbers.get(name, 0), max(room.plays_allowed - numbers.get(name, 0), 0) if is_limited else None)
        for name in papers.recordings_of(paper_id=attempt.paper_id)
    ]
    cue = None if is_limited else Cue.objects.filter(assignment=room.pk).order_by("-starts_at", "-given_at").first()
    return Listening(found, cue, attempt.server_time)


def paused_since(attempt_id: uuid.UUID, moment: datetime) -> float:
    """For how many seconds time has stood still in an attempt since a moment, in pauses that are over. Of one that began
    before, what came after the moment."""
    since = Extract(ExpressionWrapper(F("granted_at") - Value(moment), DurationField()), "epoch")
    pauses = TimeGrant.objects.filter(attempt=attempt_id, kind=TimeGrant.Kind.PAUSE, granted_at__gt=moment)
    stood = Sum(Least(F("seconds"), since, output_field=FloatField()))
    return float(pauses.aggregate(sum=Coalesce(stood, Value(0.0)))["sum"])


@dataclass(frozen=True, slots=True)
class ToCue:
    """A recording of a room's paper, and how often it was started there."""

    recording: uuid.UUID
    section: str
    title: str
    number: int | None
    seconds: float
    cues: int


def recordings_for(*, actor: User, assignment_id: uuid.UUID) -> list[ToCue]:
    """The recordings of the paper that a room gives which ``actor`` manages, in its order; refuses any other id."""
    room = rooms.managed_by(actor).filter(pk=assignment_id).first()
    if room is None:
        raise AssignmentNotFound
    given = Cue.objects.filter(assignment=room.pk).order_by().values_list("recording").annotate(count=Count("pk"))
    cues = dict(given)
    return [
        ToCue(one.recording, one.section, one.title, one.number, one.seconds, cues.get(one.recording, 0))
        for one in papers.heard_in_order(paper_id=room.paper_id)
    ]


def cues_for(*, actor: User, assignment_id: uuid.UUID) -> QuerySet[Cue]:
    """The cues of a room ``actor`` manages, the latest first, with how many seats played them, to the end, and stood still
    on the way; refuses any other id."""
    if not rooms.managed_by(actor).filter(pk=assignment_id).exists():
        raise AssignmentNotFound
    return (
        Cue.objects.filter(assignment=assignment_id)
        .annotate(
            seats=Count("plays"),
            finished=Count("plays", filter=Q(plays__finished_at__isnull=False)),
            stalled=Count("plays", filter=Q(plays__stalled_seconds__gt=0)),
            stalled_seconds=Coalesce(Sum("plays__stalled_seconds"), Value(0.0)),
            credited_seconds=Coalesce(Sum("plays__credited_seconds"), Value(0.0)),
        )
        .order_by("-starts_at", "-given_at")
    )
