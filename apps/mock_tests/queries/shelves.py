"""Pictures and recordings as authors choose among them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from apps.core import tenancy
from apps.core.files import links
from apps.mock_tests.models import MediaFile

GATE = "/api/v1/media/"


def list_media(*, search: str = "", kind: str = "", media_ids: Sequence[str] = ()) -> QuerySet[MediaFile]:
    """The files of the center, newest first: of a kind, with each word of ``search`` in the name, or with these ids."""
    found = MediaFile.objects.order_by("-created_at", "pk")
    if kind:
        found = found.filter(kind=kind)
    for word in search.split():
        found = found.filter(original_name__icontains=word)
    return found.filter(pk__in=media_ids) if media_ids else found


def address(*, media_id: uuid.UUID, until: datetime) -> str:
    """Where a file of the present center is, on this host, until this moment."""
    expires = int(until.timestamp())
    signature = links.sign(tenancy.current(), "media", str(media_id), expires)
    return f"{GATE}{media_id}/?expires={expires}&sig={signature}"
