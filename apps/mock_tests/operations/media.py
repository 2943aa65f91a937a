"""Private files of the center. The bytes are written before the row is committed, and removed again if it is not."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.centers.operations import subscriptions
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import plans
from apps.core import bus, tenancy
from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import MediaRefused
from apps.mock_tests.events import FilesChanged
from apps.mock_tests.models import MediaFile
from apps.mock_tests.rules import media
from apps.mock_tests.rules.media import Inspected, UnusableMedia
from apps.mock_tests.rules.richtext import without_control_characters

if TYPE_CHECKING:
    from apps.authentication.models import User

log = logging.getLogger(__name__)


def store_media(*, actor: User, content: bytes, file_name: str, kind: str = "") -> MediaFile:
    """Keep a picture or recording; the same bytes are kept once. Refuses what is neither, or not of ``kind``."""
    try:
        inspected = media.inspect(content)
    except UnusableMedia as refusal:
        raise MediaRefused(problems=[Problem("/file", refusal.code, str(refusal))]) from refusal
    if kind and inspected.kind != kind:
        raise MediaRefused(problems=[Problem("/file", "wrong_kind", f"Here a file of the kind {kind} is needed.")])
    with written(things=[(file_name, inspected)], actor=actor) as files, transaction.atomic():
        return keep(files=files)[_digest(inspected)]


@contextmanager
def written(*, things: Iterable[tuple[str, Inspected]], actor: User) -> Iterator[list[MediaFile]]:
    """Write files that the center does not have yet to its storage; what the block then fails to keep is removed.

    Storage may be slow and far away, so it is done before the block's transaction begins."""
    wanted = {_digest(inspected): (name, inspected) for name, inspected in things}
    known = set(MediaFile.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
    files: list[MediaFile] = []
    adding = sum(len(found.content) for digest, (_, found) in wanted.items() if digest not in known)
    if adding:
        # What does not fit is not written first; ``keep`` makes sure.
        limits.check_limit(limit=plans.STORAGE, used=queries.storage_bytes(), adding=adding)
    try:
        for digest, (name, inspected) in wanted.items():
            if digest not in known:
                files.append(_write(name, inspected, digest, actor))
            else:
                files.append(MediaFile(sha256=digest))
        yield files
    except BaseException:
        _remove(file.storage_name for file in files if file.storage_name)
        raise


def keep(*, files: list[MediaFile]) -> dict[str, MediaFile]:
    """Record written files; returns the center's files by digest. Belongs inside the transaction that uses them."""
    fresh = [file for file in files if file.storage_name]
    before = _hold_storage(fresh)
    MediaFile.objects.bulk_create(fresh, ignore_conflicts=True)
    kept = {file.sha256: file for file in MediaFile.objects.filter(sha256__in=[file.sha256 for file in files])}
    # Somebody else may have stored the same bytes a moment earlier; then ours are superfluous.
    doubles = [file.storage_name for file in fresh if kept[file.sha256].storage_name != file.storage_name]
    if doubles:
        transaction.on_commit(lambda: _remove(doubles), robust=True)
    if fresh:
        limits.check_limit(limit=plans.STORAGE, used=before, adding=queries.storage_bytes() - before)
        bus.publish(FilesChanged())
    return kept


def discard(*, files: list[MediaFile]) -> None:
    """Remove written files that turned out not to be needed, after the commit."""
    names = [file.storage_name for file in files if file.storage_name]
    transaction.on_commit(lambda: _remove(names), robust=True)


def _hold_storage(fresh: list[MediaFile]) -> int:
    """How much is stored, counted by one transaction at a time from here to its end."""
    if not fresh:
        return 0
    subscriptions.hold(limit=plans.STORAGE)
    return queries.storage_bytes()


def _write(name: str, inspected: Inspected, digest: str, actor: User) -> MediaFile:
    place = tenancy.file_path(inspected.kind, inspected.suffix)
    return MediaFile(
        id=uuid.uuid4(),
        kind=inspected.kind,
        storage_name=default_storage.save(place, ContentFile(inspected.content)),
        media_type=inspected.media_type,
        original_name=without_control_characters(name)[-200:],
        size=len(inspected.content),
        sha256=digest,
        seconds=inspected.seconds,
        created_by_id=actor.pk,
    )


def _remove(names: Iterable[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except Exception as error:
            log.warning("The file %s could not be removed: %s", name, error)


def _digest(inspected: Inspected) -> str:
    return hashlib.sha256(inspected.content).hexdigest()
