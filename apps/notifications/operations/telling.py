"""Telling people something, whoever asks for it: stored for them, and pushed to their open sockets."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.authentication import queries as people
from apps.core import realtime, tenancy
from apps.notifications import queries, rules
from apps.notifications.models import Notice

if TYPE_CHECKING:
    from apps.authentication.models import User

# The statement does not see its own rows, so what was unread before is counted and the new one added.
_TELL = f"""
WITH told AS (
    INSERT INTO {Notice._meta.db_table}
        (id, user_id, notification_type, message, link, related_task_id, related_contact_request_id, is_read)
    SELECT gen_random_uuid(), person, %s, %s, %s, %s, %s, false FROM unnest(%s::uuid[]) AS person
    ON CONFLICT DO NOTHING
    RETURNING id, user_id, created_at
)
SELECT told.id, told.user_id, told.created_at, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint,
       1 + (SELECT count(*) FROM {Notice._meta.db_table} n WHERE n.user_id = told.user_id AND NOT n.is_read)
FROM told
"""  # noqa: S608


def notify(
    *,
    user_ids: Iterable[uuid.UUID],
    type: str,
    message: str | Mapping[str, str],
    link: str = "",
    related_task_id: uuid.UUID | None = None,
    related_contact_request_id: uuid.UUID | None = None,
    is_news: bool = False,
) -> int:
    """Tell people something, with one statement for each language however many they are, and push it to their open
    sockets. A message in several languages reaches everybody in theirs, else in English. Who was told this about this
    thing before is left alone, unless it ``is_news`` again: then the new notice takes the place of the old one. Returns
    how many were told."""
    wanted = set(user_ids)
    said = {rules.ENGLISH: message} if isinstance(message, str) else message
    theirs = people.find_languages(user_ids=wanted) if len(said) > 1 else {}
    groups: dict[str, set[uuid.UUID]] = {}
    for who in wanted:
        groups.setdefault(said.get(theirs.get(who, ""), said[rules.ENGLISH]), set()).add(who)
    with transaction.atomic():
        return sum(
            _notify(sorted(group), type, text, link, related_task_id, related_contact_request_id, is_news)
            for text, group in groups.items()
            if group
        )


def _notify(
    told: list[uuid.UUID],
    type: str,
    message: str,
    link: str,
    related_task_id: uuid.UUID | None,
    related_contact_request_id: uuid.UUID | None,
    is_news: bool,
) -> int:
    with transaction.atomic():
        if is_news:
            Notice.objects.filter(user__in=told, notification_type=type, related_task_id=related_task_id).delete()
        with connection.cursor() as cursor:
            cursor.execute(_TELL, [type, message, link, related_task_id, related_contact_request_id, told])
            made = cursor.fetchall()
        news = []
        for notice_id, user_id, created_at, version, unread in made:
            notice = Notice(
                id=notice_id,
                user_id=user_id,
                notification_type=type,
                message=message,
                link=link,
                related_task_id=related_task_id,
                related_contact_request_id=related_contact_request_id,
                created_at=created_at,
            )
            news.append((_room(user_id), {**queries.as_data(notice), "unread": unread, "version": version}))
        realtime.push_many("notification", news)
    return len(made)


def push_unread(*, actor: User) -> None:
    """Let somebody's open sockets know how much is unread."""
    realtime.push(_room(actor.pk), "unread", queries.unread_state(user_id=actor.pk))


def _room(user_id: uuid.UUID) -> str:
    return tenancy.room("user", user_id)
