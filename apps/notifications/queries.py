from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from apps.attempts.queries import submissions
from apps.authentication import queries as people
from apps.core import tenancy
from apps.mail.letters import Content
from apps.notifications import rules
from apps.notifications.errors import NoticeNotFound
from apps.notifications.models import MailWish, Notice

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


def wishes_of(*, user_id: uuid.UUID) -> MailWish:
    """Which letters this person wants that nobody has to get."""
    return MailWish.objects.filter(user=user_id).first() or MailWish(user_id=user_id)


def result_letter(*, user_id: uuid.UUID, assignment_id: uuid.UUID) -> Content | None:
    """What a person is written about the result of a room: nothing if they have left, do not want it any more, or have no
    result that they may see."""
    person = people.list_people(is_active=True, is_approved=True).filter(pk=user_id).first()
    if person is None or not wishes_of(user_id=user_id).results:
        return None
    attempt = submissions.find_released(student_id=user_id, assignment_id=assignment_id)
    if attempt is None:
        return None
    center_id, key = tenancy.current().id, settings.SHIKEN_LINK_KEY
    token = rules.leave_token(user_id, kind=rules.RESULTS, center_id=center_id, key=key)
    return Content(
        {"name": person.get_full_name(), "room": attempt.assignment.title},
        path=rules.result_link(attempt.pk),
        to=person.email,
        language=person.locale,
        unsubscribe=f"/unsubscribe/#token={token}",
        one_click=f"/api/v1/notifications/unsubscribe/?token={token}",
    )


def data_about(*, user_id: uuid.UUID) -> dict[str, Any]:
    """What a person was told here, newest first, and which letters they want."""
    notices = Notice.objects.filter(user=user_id).values("notification_type", "message", "is_read", "created_at")
    wish = MailWish.objects.filter(user=user_id).values("results", "updated_at").first()
    return {"notices": list(notices), "mail_wish": wish}
