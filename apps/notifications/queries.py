from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from apps.notifications.errors import NoticeNotFound
from apps.notifications.models import Notice

if TYPE_CHECKING:
    from apps.authentication.models import User

_UNREAD = f"""
SELECT count(*), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
FROM {Notice._meta.db_table} WHERE user_id = %s AND NOT is_read
"""  # noqa: S608


def notices_for(actor: User, *, is_read: bool | None = None) -> QuerySet[Notice]:
    """What ``actor`` was told, newest first."""
    notices = Notice.objects.filter(user=actor.pk)
    return notices if is_read is None else notices.filter(is_read=is_read)


def get_notice_for(actor: User, notice_id: uuid.UUID) -> Notice:
    """One of these; refuses any other id."""
    notice = notices_for(actor).filter(pk=notice_id).first()
    if notice is None:
        raise NoticeNotFound
    return notice


def unread_state(*, user_id: uuid.UUID) -> dict[str, int]:
    """How much this person has not read yet; of two such states the one with the higher ``version`` is newer."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user_id])
        unread, version = cursor.fetchone()
    return {"unread": unread, "version": version}


def as_data(notice: Notice) -> dict[str, Any]:
    """A notice in plain values, the same over HTTP and on sockets."""
    return {
        "id": str(notice.pk),
        "notification_type": notice.notification_type,
        "message": notice.message,
        "link": notice.link,
        "is_read": notice.is_read,
        "created_at": notice.created_at.isoformat().replace("+00:00", "Z"),
        "user_id": str(notice.user_id),
        "related_task_id": _text(notice.related_task_id),
        "related_contact_request_id": _text(notice.related_contact_request_id),
    }


def _text(id: uuid.UUID | None) -> str | None:
    return str(id) if id else None
