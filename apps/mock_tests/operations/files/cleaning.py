"""What nobody needs any more goes: files without a row, and pictures and recordings that nothing shows or plays.

Both wait: a file for as long as an upload could be on its way, a row until nothing has referred to it for some weeks.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.audit import operations as audit
from apps.core import clock, tenancy
from apps.core.files import orphans
from apps.core.files.storage import Kept
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import references

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What went, or would go: rows by their names, and files that no row named."""

    unused: tuple[str, ...]
    orphans: tuple[Kept, ...]

    @property
    def orphan_bytes(self) -> int:
        return sum(kept.size for kept in self.orphans)


def clean_files(*, dry_run: bool = False) -> Cleaned:
    """Remove what nobody needs from the present center, and note what may come to that; with ``dry_run`` only look. Two at
    the same moment do no more than one."""
    older_than = clock.now() - timedelta(hours=settings.SHIKEN_ORPHAN_GRACE_HOURS)
    if dry_run:
        due = _due(_unreferenced(note=False))
        found = orphans.list_orphans(older_than=older_than)
        return Cleaned(tuple(row.original_name for row in due), tuple(found))
    unused = tuple(_remove_unused(_unreferenced(note=True)))
    return Cleaned(unused, tuple(orphans.remove_orphans(older_than=older_than)))


def _unreferenced(*, note: bool) -> set[uuid.UUID]:
    """The files that no row names now. Since when is noted, and forgotten of those that some row names again."""
    every = set(MediaFile.objects.values_list("pk", flat=True))
    free = every - references.referenced(media_ids=every)
    if note:
        MediaFile.objects.filter(pk__in=every - free).exclude(unused_since=None).update(unused_since=None)
        MediaFile.objects.filter(pk__in=free, unused_since=None).update(unused_since=clock.now())
    return free


def _due(free: set[uuid.UUID]) -> QuerySet[MediaFile]:
    since = clock.now() - timedelta(days=settings.SHIKEN_UNUSED_MEDIA_DAYS)
    return MediaFile.objects.filter(pk__in=free, unused_since__lte=since).order_by("pk")


def _remove_unused(free: set[uuid.UUID]) -> list[str]:
    gone: list[str] = []
    ids = [row.pk for row in _due(free)]
    for start in range(0, len(ids), _AT_ONCE):
        with transaction.atomic():
            # Who is about to use one holds it; who comes later waits here, and then finds it gone.
            due = _due(set(ids[start : start + _AT_ONCE]))
            rows = list(due.select_for_update(skip_locked=True))
            used = references.referenced(media_ids=[row.pk for row in rows])
            going = [row for row in rows if row.pk not in used]
            if not going:
                continue
            media.drop(rows=going)
            gone += [row.original_name for row in going]
            center = tenancy.current()
            after = {"files": len(going)}
            audit.record(action="media.cleaned", subject="center", subject_id=center.id, name=center.name, after=after)
    return gone
