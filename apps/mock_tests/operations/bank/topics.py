"""Topics of the bank: trees of a few floors, in which a name stands once below each topic."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from apps.audit import operations as audit
from apps.core import tenancy
from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent, NotYourTopic, TopicInUse
from apps.mock_tests.models import Topic
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.texts.richtext import without_control_characters

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_FLOORS = 6
LONGEST_NAME = 120
BETWEEN = " / "
"""Between the names of a topic and of what it lies in, where a file names a topic by its way from above."""


def create_topic(*, actor: User, changes: Mapping[str, Any]) -> Topic:
    """Make a topic, at the top or below ``parent_id``. Refuses an unknown parent, a name that stands there already, and a
    tree that is too deep."""
    with transaction.atomic():
        _one_at_a_time()
        topic = Topic(id=uuid.uuid4(), author_id=actor.pk)
        topic.name = _checked_name(changes["name"])
        topic.is_active = changes.get("is_active", True)
        _place(topic, changes.get("parent_id"))
        _check_only(topic)
        topic.save(force_insert=True)
        audit.record(action="topic.created", subject="topic", subject_id=topic.pk, name=topic.name)
    return topic


def update_topic(*, actor: User, topic_id: uuid.UUID, changes: Mapping[str, Any]) -> Topic:
    """Rename a topic, move it with all below it, or open or close it for new questions. Refuses the topic of a colleague, a
    place below itself, a name that stands there already, and a tree that is too deep."""
    with transaction.atomic():
        _one_at_a_time()
        topic = _topic_to_change(actor, topic_id)
        before = {"name": topic.name, "is_active": topic.is_active, "parent": str(topic.parent_id or "")}
        if "name" in changes:
            topic.name = _checked_name(changes["name"])
        topic.is_active = changes.get("is_active", topic.is_active)
        old_path = list(topic.path)
        if "parent_id" in changes and changes["parent_id"] != topic.parent_id:
            _place(topic, changes["parent_id"])
        _check_only(topic)
        topic.save()
        _move_all_below(old_path, topic.path)
        after = {"name": topic.name, "is_active": topic.is_active, "parent": str(topic.parent_id or "")}
        if after != before:
            audit.record(
                action="topic.changed",
                subject="topic",
                subject_id=topic.pk,
                name=topic.name,
                before=before,
                after=after,
            )
    return topic


def delete_topic(*, actor: User, topic_id: uuid.UUID) -> None:
    """Remove a topic that nothing lies in. Refuses the topic of a colleague, and one with topics or questions below."""
    with transaction.atomic():
        _one_at_a_time()
        topic = _topic_to_change(actor, topic_id)
        if topic.children.exists() or topic.questions.filter(deleted_at=None).exists():
            raise TopicInUse
        topic.questions.update(topic=None)
        topic.delete()
        audit.record(action="topic.deleted", subject="topic", subject_id=topic_id, name=topic.name)


def find_or_make(*, actor: User, names: Iterable[str], below: uuid.UUID | None = None) -> dict[str, Topic | None]:
    """The topics that a file names by their ways from above (``Grammar / Particles``), below a topic or at the top; what is
    missing is made. An empty name stands for ``below`` itself. What lies too deep is put into the last topic that fits.
    Refuses an unknown ``below``."""
    root = _parent(below)
    _one_at_a_time()
    every = list(Topic.objects.all())
    known = {(topic.parent_id, topic.name.casefold()): topic for topic in every}
    missing: list[Topic] = []
    found: dict[str, Topic | None] = {}
    for way in names:
        here = root
        for step in way.split(BETWEEN):
            name = _tidy(step)
            if not name or (here is not None and len(here.path) >= MOST_FLOORS):
                continue
            key = (here.pk if here else None, name.casefold())
            if key not in known:
                topic = Topic(id=uuid.uuid4(), name=name, parent=here, author_id=actor.pk)
                topic.path = [*(here.path if here else []), topic.pk]
                known[key] = topic
                missing.append(topic)
            here = known[key]
        found[way] = here
    Topic.objects.bulk_create(missing)
    return found


def _topic_to_change(actor: User, topic_id: uuid.UUID) -> Topic:
    topic = queries.get_topic_for(actor, topic_id)
    if actor.role != actor.Role.CENTER_ADMIN and topic.author_id != actor.pk:
        raise NotYourTopic
    return topic


def _place(topic: Topic, parent_id: uuid.UUID | None) -> None:
    parent = _parent(parent_id)
    if parent is not None and topic.pk in parent.path:
        raise BadContent(problems=[Problem("/parent", "cycle", "A topic cannot lie below itself.")])
    topic.parent = parent
    topic.path = [*(parent.path if parent else []), topic.pk]
    below = Topic.objects.filter(path__contains=[topic.pk]).exclude(pk=topic.pk)
    floors = [len(path) - path.index(topic.pk) for path in below.values_list("path", flat=True)]
    if len(topic.path) - 1 + max(floors, default=1) > MOST_FLOORS:
        detail = f"Topics lie at most {MOST_FLOORS} deep."
        raise BadContent(problems=[Problem("/parent", "too_deep", detail)])


def _parent(parent_id: uuid.UUID | None) -> Topic | None:
    if parent_id is None:
        return None
    parent = Topic.objects.filter(pk=parent_id).first()
    if parent is None:
        raise BadContent(problems=[Problem("/parent", "unknown_topic", "There is no such topic.")])
    return parent


def _move_all_below(old: list[uuid.UUID], new: list[uuid.UUID]) -> None:
    if old == new:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mock_tests_topic SET path = %s::uuid[] || path[%s:], updated_at = statement_timestamp()"
            " WHERE path @> ARRAY[%s::uuid] AND id <> %s",
            [new, len(old) + 1, new[-1], new[-1]],
        )


def _check_only(topic: Topic) -> None:
    beside = Topic.objects.filter(parent=topic.parent_id, name__iexact=topic.name).exclude(pk=topic.pk)
    if beside.exists():
        raise BadContent(problems=[Problem("/name", "not_unique", "There is a topic of this name here already.")])


def _checked_name(name: str) -> str:
    tidy = _tidy(name)
    if not tidy:
        raise BadContent(problems=[Problem("/name", "blank", "A topic needs a name.")])
    return tidy


def _tidy(name: str) -> str:
    plain = unicodedata.normalize("NFKC", without_control_characters(name))
    return " ".join(plain.split())[:LONGEST_NAME].strip()


def _one_at_a_time() -> None:
    """Two moves at once could make a circle, two names at once the same one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("bank", "topics")])


def check_topic(*, topic_id: uuid.UUID) -> None:
    """Refuse a topic that is unknown or takes no new questions."""
    topic = Topic.objects.filter(pk=topic_id).first()
    if topic is None or not topic.is_active:
        detail = "There is no such topic." if topic is None else "This topic takes no new questions."
        raise BadContent(problems=[Problem("/topic", "unknown_topic", detail)])
