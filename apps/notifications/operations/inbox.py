"""What people do with what they were told, and which letters they wish to get."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.authentication import queries as people
from apps.core import tenancy
from apps.notifications import queries, rules
from apps.notifications.errors import LinkNotFound, NoticeNotFound
from apps.notifications.models import MailWish, Notice
from apps.notifications.operations.telling import push_unread

if TYPE_CHECKING:
    from apps.authentication.models import User


def set_read(*, actor: User, notice_id: uuid.UUID, is_read: bool) -> Notice:
    """Mark one's own notice as read or unread; refuses any other id."""
    with transaction.atomic():
        notice = queries.notices_for(actor).select_for_update(no_key=True).filter(pk=notice_id).first()
        if notice is None:
            raise NoticeNotFound
        if notice.is_read != is_read:
            notice.is_read = is_read
            notice.save(update_fields=["is_read"])
            push_unread(actor=actor)
    return notice


def mark_all_read(*, actor: User) -> int:
    """Mark everything as read. Returns how much that was."""
    with transaction.atomic():
        count = queries.notices_for(actor, is_read=False).update(is_read=True)
        if count:
            push_unread(actor=actor)
    return count


def set_wishes(*, actor: User, **wishes: bool) -> MailWish:
    """Say which letters one wants that nobody has to get."""
    wish, _ = MailWish.objects.update_or_create(user_id=actor.pk, defaults=wishes)
    return wish


def unsubscribe(*, token: str) -> None:
    """Write no more letters about results to whoever got this token in one; again without effect. Refuses any other token,
    as if nothing were there."""
    key = settings.SHIKEN_LINK_KEY
    user_id = rules.leaving(token, kind=rules.RESULTS, center_id=tenancy.current().id, key=key)
    if user_id is None or not people.list_people().filter(pk=user_id).exists():
        raise LinkNotFound
    MailWish.objects.update_or_create(user_id=user_id, defaults={"results": False})


def forget_person(*, user_id: uuid.UUID) -> int:
    """Remove what a person was told, which letters they wanted, and notices about them. Returns how many notices."""
    with transaction.atomic():
        MailWish.objects.filter(user=user_id).delete()
        count, _ = Notice.objects.filter(Q(user=user_id) | Q(related_task_id=user_id)).delete()
    return count
