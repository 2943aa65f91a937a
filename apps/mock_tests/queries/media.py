"""Pictures and recordings: which there are, their bytes, and how much they take."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from django.db import connection

from apps.core.files import store, usage
from apps.mock_tests.errors import MediaNotFound, MediaUnavailable
from apps.mock_tests.models import MediaFile, MediaPreview

log = logging.getLogger(__name__)


def get_media(*, media_id: uuid.UUID) -> MediaFile:
    """One file of the center; refuses an unknown id."""
    file = MediaFile.objects.filter(pk=media_id).first()
    if file is None:
        raise MediaNotFound
    return file


def read_media(*, file: MediaFile | MediaPreview, begin: int = 0, end: int | None = None) -> bytes:
    """Some of a file's bytes; refuses when its storage does not answer."""
    try:
        return store.read(file.storage_name, begin=begin, end=end)
    except FileNotFoundError:
        raise MediaNotFound from None
    except Exception as error:
        log.exception("The storage does not give out %s.", file.pk)
        raise MediaUnavailable from error


def find_preview(*, media_id: uuid.UUID, width: int) -> MediaPreview | None:
    """The smallest picture made of this one that is so wide at least; nothing where only the picture itself is."""
    return MediaPreview.objects.filter(media=media_id, width__gte=width).order_by("width").first()


def preview_widths(*, media_id: uuid.UUID) -> list[int]:
    """How wide the smaller ones of a picture are."""
    return list(MediaPreview.objects.filter(media=media_id).values_list("width", flat=True))


def media_kinds(*, media_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Which of these files the center has, and whether each is a picture or a recording."""
    return dict(MediaFile.objects.filter(pk__in=set(media_ids)).values_list("pk", "kind"))


def known_media(*, media_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these files the center has. None of them is removed before the transaction that asks has ended."""
    wanted = list(set(media_ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        table = MediaFile._meta.db_table
        cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [wanted])  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


@usage.kept
def kept_media() -> usage.Sizes:
    """The pictures and recordings of tests."""
    return usage.sized(MediaFile.objects.all(), "size")


@usage.kept
def kept_previews() -> usage.Sizes:
    """The smaller ones that were made of them."""
    return usage.sized(MediaPreview.objects.all(), "size", files=0)
