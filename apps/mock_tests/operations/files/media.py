"""Private files of the center. The bytes are written before the row is committed, and removed again if it is not."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit import operations as audit
from apps.centers.operations import subscriptions
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import plans
from apps.core import bus
from apps.core.errors import Problem
from apps.core.files import store, usage
from apps.mock_tests.errors import MediaInUse, MediaNotFound, MediaRefused, MediaUnavailable
from apps.mock_tests.events import FilesChanged
from apps.mock_tests.models import MediaFile
from apps.mock_tests.models.media import MediaPreview
from apps.mock_tests.queries import references
from apps.mock_tests.rules.files import media
from apps.mock_tests.rules.files.media import Inspected, UnusableMedia
from apps.mock_tests.rules.texts.richtext import without_control_characters

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(slots=True)
class Written:
    """A file that lies in the storage and has no row yet; or one that the center has, which has no ``row`` here. ``asked``
    is the SHA-256 of what is to be kept, ``sha256`` of what is: a picture may be known by what it was made of."""

    asked: str
    sha256: str
    row: MediaFile | None = None
    previews: list[MediaPreview] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What was written."""
        return [kept.storage_name for kept in (self.row, *self.previews) if kept]

    @property
    def bytes(self) -> int:
        """How much that is."""
        return sum(kept.size for kept in (self.row, *self.previews) if kept)


def store_media(*, actor: User, content: bytes, file_name: str, kind: str = "") -> MediaFile:
    """Keep a picture or recording; the same bytes are kept once. Refuses what is neither, or not of ``kind``, and what the
    plan has no room for."""
    try:
        inspected = media.inspect(content)
    except UnusableMedia as refusal:
        raise MediaRefused(problems=[Problem("/file", refusal.code, str(refusal))]) from refusal
    if kind and inspected.kind != kind:
        raise MediaRefused(problems=[Problem("/file", "wrong_kind", f"Here a file of the kind {kind} is needed.")])
    with written(things=[(file_name, inspected)], actor=actor) as files, transaction.atomic():
        return keep(files=files)[_digest(inspected)]


def delete_media(*, actor: User, media_id: uuid.UUID) -> None:
    """Remove a picture or recording with its file: teachers what they uploaded, administrators any. Refuses one that a
    question, a paper or anything else of the center shows or plays."""
    with transaction.atomic():
        row = MediaFile.objects.select_for_update().filter(pk=media_id).first()
        if row is None or (actor.role != actor.Role.CENTER_ADMIN and row.created_by_id != actor.pk):
            raise MediaNotFound
        if references.referenced(media_ids=[row.pk]):
            raise MediaInUse
        drop(rows=[row])
        audit.record(action="media.deleted", subject="media", subject_id=row.pk, name=row.original_name)


def drop(*, rows: Iterable[MediaFile]) -> None:
    """Remove rows that are locked and that nothing refers to; their files follow the commit."""
    rows = list(rows)
    ids = [row.pk for row in rows]
    previews = MediaPreview.objects.filter(media__in=ids)
    store.remove_later([row.storage_name for row in rows] + list(previews.values_list("storage_name", flat=True)))
    previews.delete()
    MediaFile.objects.filter(pk__in=ids).delete()
    bus.publish(FilesChanged())


@contextmanager
def written(*, things: Iterable[tuple[str, Inspected]], actor: User) -> Iterator[list[Written]]:
    """Write files that the center does not have yet to its storage; what the block then fails to keep is removed.

    Storage may be slow and far away, so it is done before the block's transaction begins."""
    wanted = {_digest(inspected): (name, inspected) for name, inspected in things}
    sources = {inspected.source for _, inspected in wanted.values()} - {""}
    # Nothing uses them, says the clean-up, and from now on somebody does.
    known = _claim({*wanted, *sources})
    files: list[Written] = []
    adding = [_size(found) for digest, (_, found) in wanted.items() if not {digest, found.source} & known]
    if adding:
        # What does not fit is not written first; ``keep`` makes sure.
        limits.check_room(adding=sum(adding), files=len(adding))
    try:
        for digest, (name, inspected) in wanted.items():
            if digest in known:
                files.append(Written(digest, digest))
            elif inspected.source in known:
                files.append(Written(digest, inspected.source))
            else:
                files.append(Written(digest, digest))
                _write(files[-1], name, inspected, actor)
        yield files
    except BaseException:
        store.remove(name for file in files for name in file.names)
        raise


def keep(*, files: list[Written]) -> dict[str, MediaFile]:
    """Record written files; returns the center's files by digest. Belongs inside the transaction that uses them."""
    fresh = [file for file in files if file.row]
    before = _hold_storage() if fresh else usage.Stored(0, 0)
    MediaFile.objects.bulk_create([file.row for file in fresh if file.row], ignore_conflicts=True)
    kept = {row.sha256: row for row in MediaFile.objects.filter(sha256__in=[file.sha256 for file in files])}
    if any(file.sha256 not in kept for file in files):
        raise MediaUnavailable  # somebody removed it since; sent again, it is written anew
    # Somebody else may have stored the same bytes a moment earlier; then ours are superfluous.
    doubles = [file for file in fresh if file.row and kept[file.sha256].pk != file.row.pk]
    store.remove_later(name for file in doubles for name in file.names)
    added = [file for file in fresh if file not in doubles]
    MediaPreview.objects.bulk_create([preview for file in added for preview in file.previews])
    if fresh:
        limits.check_limit(limit=plans.STORAGE, used=before.bytes, adding=sum(file.bytes for file in added))
        limits.check_limit(limit=plans.FILES, used=before.files, adding=len(added))
        bus.publish(FilesChanged())
    return {**kept, **{file.asked: kept[file.sha256] for file in files}}


def discard(*, files: list[Written]) -> None:
    """Remove written files that turned out not to be needed, after the commit."""
    store.remove_later(name for file in files for name in file.names)


def _claim(digests: set[str]) -> set[str]:
    """Which of these the center has; none of them goes for being unused while this upload is on its way."""
    found = MediaFile.objects.filter(sha256__in=digests)
    found.exclude(unused_since=None).update(unused_since=None)
    return set(found.values_list("sha256", flat=True))


def _hold_storage() -> usage.Stored:
    """What is stored, counted by one transaction at a time from here to its end."""
    subscriptions.hold(limit=plans.STORAGE)
    return usage.stored()


def _write(file: Written, name: str, inspected: Inspected, actor: User) -> None:
    kind = inspected.kind
    file.row = MediaFile(
        id=uuid.uuid4(),
        kind=kind,
        storage_name=store.write(kind=kind, content=inspected.content, suffix=inspected.suffix),
        media_type=inspected.media_type,
        original_name=without_control_characters(name)[-200:],
        size=len(inspected.content),
        sha256=file.sha256,
        seconds=inspected.seconds,
        width=inspected.width,
        height=inspected.height,
        created_by_id=actor.pk,
    )
    for preview in inspected.previews:
        file.previews.append(
            MediaPreview(
                media=file.row,
                width=preview.width,
                storage_name=store.write(kind=kind, content=preview.content, suffix=inspected.suffix),
                media_type=inspected.media_type,
                size=len(preview.content),
            )
        )


def _size(inspected: Inspected) -> int:
    return len(inspected.content) + sum(len(preview.content) for preview in inspected.previews)


def _digest(inspected: Inspected) -> str:
    return hashlib.sha256(inspected.content).hexdigest()
