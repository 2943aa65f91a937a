"""Marking by hand: who holds a script, what it earns, and what a room says about it.

The attempt is locked first and its scripts after it, as grading does it, so of a mark and a regrade at the same moment the
second sees the first. Holding a script is a courtesy with an end: what keeps two marks apart is the revision that a marker
has seen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction

from apps.assignments.errors import AssignmentNotFound
from apps.attempts import errors
from apps.attempts.models import Attempt, HandMark, MarkingPlan, Script
from apps.attempts.operations import grading, scripts
from apps.attempts.queries import marking as queries
from apps.attempts.rules import marking as rules
from apps.audit import operations as audit
from apps.core import clock
from apps.core.errors import Problem
from apps.groups import queries as groups
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers import items

if TYPE_CHECKING:
    from apps.authentication.models import User

CLAIM_LASTS: Final = timedelta(minutes=15)
MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Bulk:
    """How many were marked, and how many are left of what was asked for."""

    marked: int
    left: int


# -- who holds it --------------------------------------------------------------------------------------------------


def claim_script(*, actor: User, script_id: uuid.UUID, at: datetime | None = None) -> Script:
    """Hold a script for `CLAIM_LASTS`, so that nobody else marks it; again, it is held for longer. Refuses one that somebody
    else holds."""
    with transaction.atomic():
        at = at or clock.now()
        script = _lock_script(actor, script_id)
        _check_free(script, actor, at)
        _hold(script, actor, at)
    return script


def claim_next(*, actor: User, wanted: queries.Wanted = queries.ANY, at: datetime | None = None) -> Script | None:
    """Hold the script that has waited longest of those ``wanted``, one's own from before first; nothing, if none waits that
    is free. Two who ask at the same moment get two. Refuses a room that ``actor`` does not mark, and a group that they do
    not see."""
    with transaction.atomic():
        at = at or clock.now()
        if wanted.assignment_id and not queries.marked_rooms(actor).filter(pk=wanted.assignment_id).exists():
            raise AssignmentNotFound
        if wanted.group_id:
            groups.get_group_for(actor, wanted.group_id)
        waiting = queries.scripts_for(actor, wanted).waiting()
        mine = waiting.filter(claimed_by=actor, claimed_until__gt=at).order_by("claimed_until", "pk")
        free = waiting.free(at).order_by("created_at", "number", "pk")
        for rows in (mine, free):
            script = rows.select_for_update(of=("self",), skip_locked=True).first()
            if script is not None:
                _hold(script, actor, at)
                return script
    return None


def release_script(*, actor: User, script_id: uuid.UUID) -> Script:
    """Hold a script no longer. Nothing happens to one that ``actor`` does not hold."""
    with transaction.atomic():
        script = _lock_script(actor, script_id)
        if script.claimed_by_id == actor.pk:
            script.claimed_by_id = script.claimed_until = None
            script.save(update_fields=["claimed_by", "claimed_until"])
    return script


# -- marks ---------------------------------------------------------------------------------------------------------


def mark_script(
    *,
    actor: User,
    script_id: uuid.UUID,
    scores: rules.Scores,
    revision: int,
    comment: str = "",
    reason: str = "",
    at: datetime | None = None,
) -> Script:
    """Give a script its points, by criterion; the last one of an attempt completes its marks. One that is marked already
    gets a new mark in the place of the one that counts, for a ``reason``.

    Refuses points out of bounds, a script that somebody else holds, one whose newest mark is not the ``revision`` that the
    marker has seen, and a change without a reason.
    """
    with transaction.atomic():
        at = at or clock.now()
        script, item = _lock_to_mark(actor, script_id, revision, at)
        before = script.current
        if before is not None and not reason.strip():
            problem = Problem("/reason", "required", "Say why the mark that counts is changed.")
            raise errors.ReasonNeeded(problems=[problem])
        mark = scripts.add_mark(
            script=script,
            kind=HandMark.Kind.FIRST if before is None else HandMark.Kind.CHANGED,
            scores=scores,
            marks=_judge(item, scores),
            author_id=actor.pk,
            at=at,
            comment=comment,
            reason=reason,
        )
        _record(script, mark, before)
        grading.grade_attempt(attempt_id=script.attempt_id, at=at)
    return script


def mark_second(
    *,
    actor: User,
    script_id: uuid.UUID,
    scores: rules.Scores,
    revision: int,
    comment: str = "",
    at: datetime | None = None,
) -> Script:
    """Give a marked script a second mark, which counts for nothing by itself: if it differs, the script is disputed until
    its mark is changed or a second mark agrees.

    Refuses what ``mark_script`` does, a script without a mark, and whoever gave the mark that counts.
    """
    with transaction.atomic():
        at = at or clock.now()
        script, item = _lock_to_mark(actor, script_id, revision, at)
        first = script.current
        if first is None:
            raise errors.NotMarkedYet
        if first.marked_by_id == actor.pk:
            raise errors.SameMarker
        mark = scripts.add_mark(
            script=script,
            kind=HandMark.Kind.SECOND,
            scores=scores,
            marks=_judge(item, scores),
            author_id=actor.pk,
            at=at,
            comment=comment,
        )
        _record(script, mark, first)
    return script


def zero_unanswered(
    *, actor: User, assignment_id: uuid.UUID, question_id: uuid.UUID | None = None, at: datetime | None = None
) -> Bulk:
    """Mark what waits in a room and was not answered as zero, of one question or of all, the first `MOST_AT_ONCE` of them;
    what somebody else holds is left. Refuses a room that ``actor`` does not mark."""
    with transaction.atomic():
        at = at or clock.now()
        if not queries.marked_rooms(actor).filter(pk=assignment_id).exists():
            raise AssignmentNotFound
        wanted = queries.Wanted(assignment_id=assignment_id, question_id=question_id)
        blank = queries.scripts_for(actor, wanted).waiting().filter(is_blank=True)
        # What one holds oneself is no reason to leave it.
        free = blank.free(at) | blank.filter(claimed_by=actor)
        chosen = free.order_by("created_at", "pk").values_list("pk", "attempt_id")[:MOST_AT_ONCE]
        ids, attempt_ids = {pk for pk, _ in chosen}, {attempt_id for _, attempt_id in chosen}
        attempts = Attempt.objects.filter(pk__in=attempt_ids).order_by("pk").select_for_update(of=("self",))
        paper_of = {attempt.pk: attempt.paper_id for attempt in attempts}
        # Somebody may have marked some of them before the attempts were locked.
        locked = list(free.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
        keys = {paper_id: papers.get_key(paper_id=paper_id) for paper_id in set(paper_of.values())}
        for script in locked:
            key = keys[paper_of[script.attempt_id]]
            scripts.mark_unanswered(scripts=[script], key=key, author_id=actor.pk, at=at)
        for attempt_id in sorted({script.attempt_id for script in locked}):
            grading.grade_attempt(attempt_id=attempt_id, at=at)
        if locked:
            after = {"scripts": len(locked)}
            audit.record(action="scripts.zeroed", subject="room", subject_id=assignment_id, after=after)
        return Bulk(len(locked), blank.count())


# -- how a room has it done ----------------------------------------------------------------------------------------


def change_plan(*, actor: User, assignment_id: uuid.UUID, changes: Mapping[str, bool]) -> MarkingPlan:
    """Say how the scripts of a room are marked: ``is_anonymous``, whether markers are not told who wrote them, and
    ``zero_unanswered``, whether what is not answered is zero from now on as attempts end. Refuses a room that ``actor`` does
    not mark."""
    with transaction.atomic():
        if not queries.marked_rooms(actor).filter(pk=assignment_id).exists():
            raise AssignmentNotFound
        plan, _ = MarkingPlan.objects.select_for_update().get_or_create(assignment_id=assignment_id)
        names = ("is_anonymous", "zero_unanswered")
        before = {name: getattr(plan, name) for name in names}
        for name in names:
            setattr(plan, name, changes.get(name, before[name]))
        plan.changed_by_id, plan.changed_at = actor.pk, clock.now()
        plan.save()
        after = {name: getattr(plan, name) for name in names}
        audit.record(action="marking.planned", subject="room", subject_id=assignment_id, before=before, after=after)
    return plan


# -- helpers -------------------------------------------------------------------------------------------------------


def _lock_script(actor: User, script_id: uuid.UUID) -> Script:
    script = queries.scripts_for(actor).filter(pk=script_id).select_for_update(of=("self",)).first()
    if script is None:
        raise errors.ScriptNotFound
    return script


def _lock_to_mark(
    actor: User, script_id: uuid.UUID, revision: int, at: datetime
) -> tuple[Script, Mapping[str, object]]:
    """The script and its entry of the key, with both rows locked in the one order."""
    attempt_id = queries.scripts_for(actor).filter(pk=script_id).values_list("attempt_id", flat=True).first()
    if attempt_id is None:
        raise errors.ScriptNotFound
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
    # Once more: the attempt may have been opened again, or made void, before it was locked.
    script = _lock_script(actor, script_id)
    _check_free(script, actor, at)
    if script.revision != revision:
        raise errors.MarkChanged(revision=script.revision)
    return script, papers.get_key(paper_id=attempt.paper_id)[script.question_id]


def _check_free(script: Script, actor: User, at: datetime) -> None:
    is_held = script.claimed_until is not None and script.claimed_until > at
    if is_held and script.claimed_by_id != actor.pk:
        raise errors.ScriptClaimed(until=script.claimed_until)


def _hold(script: Script, actor: User, at: datetime) -> None:
    script.claimed_by_id, script.claimed_until = actor.pk, at + CLAIM_LASTS
    script.save(update_fields=["claimed_by", "claimed_until"])


def _judge(item: Mapping[str, object], scores: rules.Scores) -> Decimal:
    try:
        return items.judge_item(item, scores).marks
    except items.BadScores as reason:
        raise errors.BadPoints(problems=[Problem("/scores", "bad_points", str(reason))]) from reason


def _record(script: Script, mark: HandMark, before: HandMark | None) -> None:
    audit.record(
        action="script.marked" if before is None else f"script.{mark.kind.lower()}",
        subject="attempt",
        subject_id=script.attempt_id,
        name=f"Question {script.number}",
        before={"marks": before.marks} if before else None,
        after={"marks": mark.marks},
        reason=mark.reason,
    )
