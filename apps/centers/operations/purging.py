"""Taking away what belongs to one center, wherever it lies."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator

import redis
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from apps.centers.models import Center, DeletedCenter
from apps.jobs import operations as jobs

log = logging.getLogger(__name__)

_LOCK_SECONDS = 60
_BATCH = 1000


def drop_schema(*, schema_name: str) -> None:
    """Drop a center's schema with all that is in it, inside the caller's transaction. Whoever is still at work in it is
    waited for, but not for ever."""
    if not schema_name.startswith("c_"):
        raise ValueError(schema_name)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'; SET LOCAL statement_timeout = 0;"
            f' DROP SCHEMA IF EXISTS "{schema_name}" CASCADE'
        )


def delete_public_rows(*, center: Center) -> int:
    """Delete a center's row and everything in the public schema that is of it: whatever points at the row, and whatever
    carries the name of its schema. Returns how many rows went."""
    return delete_rows_of_schema(schema_name=center.schema_name) + center.delete()[0]


def delete_rows_of_schema(*, schema_name: str) -> int:
    """Delete what carries the name of a schema in the public one: deliveries, letters. Returns how many rows went."""
    count = 0
    for model in apps.get_models():
        if model in {Center, DeletedCenter} or model._meta.app_config.name not in settings.SHARED_APPS:
            continue
        if any(field.name == "schema_name" for field in model._meta.concrete_fields):
            count += model._base_manager.filter(schema_name=schema_name).delete()[0]
    return count


def forget_keys(*, center_id: uuid.UUID) -> int | None:
    """Remove a center's keys from Redis; returns how many, or nothing when it does not answer: then they run out."""
    count = 0
    try:
        for url in sorted({settings.SHIKEN_REDIS_URL, str(settings.CACHES["default"]["LOCATION"])}):
            with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=10) as client:
                waiting: list[bytes] = []
                for key in client.scan_iter(match=f"c:{center_id}:*", count=_BATCH):
                    waiting.append(key)
                    if len(waiting) == _BATCH:
                        count += client.unlink(*waiting)
                        waiting = []
                if waiting:
                    count += client.unlink(*waiting)
    except redis.RedisError as error:
        log.warning("Keys of center %s stay until they run out: %s", center_id, error)
        return None
    return count


def remove_files(*, center_id: uuid.UUID) -> int:
    """Remove every file of a center and the folders that are left; returns how many files went."""
    count = 0
    for name, is_folder in _walk(f"c/{center_id}"):
        jobs.remove_file(name=name)
        count += not is_folder
    return count


def _walk(folder: str) -> Iterator[tuple[str, bool]]:
    """Files first, then the folder that they were in."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for inner in folders:
        if inner.strip("/"):
            yield from _walk(f"{folder}/{inner}")
    for name in files:
        if name:
            yield f"{folder}/{name}", False
    yield folder, True
