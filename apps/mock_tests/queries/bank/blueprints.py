"""Blueprints, and what the bank has for their lines."""

from __future__ import annotations

import functools
import hashlib
import heapq
import uuid
from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet

from apps.mock_tests.errors import BlueprintNotFound
from apps.mock_tests.models import BankVersion, Blueprint, Paper, PaperItem, Topic
from apps.mock_tests.queries.bank import questions as bank
from apps.mock_tests.rules.bank.blueprint import Filled, Plan, fill

if TYPE_CHECKING:
    from apps.authentication.models import User


def blueprints_for(actor: User) -> QuerySet[Blueprint]:
    """The blueprints ``actor`` may see: staff all of the center, others none."""
    found = Blueprint.objects.select_related("created_by")
    return found if actor.is_center_staff else found.none()


def get_blueprint_for(actor: User, blueprint_id: uuid.UUID) -> Blueprint:
    """One of these; refuses any other id."""
    blueprint = blueprints_for(actor).filter(pk=blueprint_id).first()
    if blueprint is None:
        raise BlueprintNotFound
    return blueprint


def unknown_topics(plan: Plan) -> list[str]:
    """The places of lines that name a topic which the center does not have."""
    named = {pointer: line.topic for pointer, line in plan.lines() if line.topic}
    known = set(Topic.objects.filter(pk__in=set(named.values())).values_list("pk", flat=True)) if named else set()
    return [pointer for pointer, topic in named.items() if topic not in known]


def draw_for(actor: User, plan: Plan, *, seed: int) -> tuple[Filled, ...]:
    """What each line of the plan gets, in a constant number of queries per line. The same seed gives the same questions, as
    long as bank and papers are the same."""
    lines = list(plan.lines())
    most = sum(line.count for _, line in lines)
    uses = _uses() if plan.unseen_first else {}
    recent = _recent(plan.skip_papers)

    @functools.cache
    def preference(question: uuid.UUID) -> tuple[int, bytes]:
        drawn = hashlib.blake2b(f"{seed}:{question}".encode(), digest_size=16).digest()
        return uses.get(question, 0), drawn

    candidates, available = [], []
    for _, line in lines:
        found = bank.questions_for(actor, usable=True, **line.filters())
        if recent is not None:
            found = found.exclude(pk__in=recent)
        ids = list(found.order_by().values_list("pk", flat=True))
        available.append(len(ids))
        # More than all lines together ask for cannot be needed by one: whatever the others take, enough is left.
        candidates.append(heapq.nsmallest(most, ids, key=preference))
    return fill([(pointer, line.count) for pointer, line in lines], candidates, available)


def _uses() -> dict[uuid.UUID, int]:
    """In how many papers each question of the bank stands; those in none are left out."""
    items = PaperItem.objects.filter(bank_version__isnull=False).order_by().values("bank_version")
    counted = items.annotate(n=Count("paper")).values_list("bank_version", "n")
    by_version = {version: count for version, count in counted if version is not None}
    found: dict[uuid.UUID, int] = {}
    for version, question in BankVersion.objects.filter(pk__in=by_version).values_list("pk", "question_id"):
        found[question] = found.get(question, 0) + by_version[version]
    return found


def _recent(papers: int) -> QuerySet[BankVersion, uuid.UUID] | None:
    """The questions that stand in so many of the newest papers."""
    if not papers:
        return None
    newest = Paper.objects.order_by("-published_at", "-pk").values("pk")[:papers]
    versions = PaperItem.objects.filter(paper__in=newest, bank_version__isnull=False).values("bank_version")
    return BankVersion.objects.filter(pk__in=versions).values_list("question", flat=True)
