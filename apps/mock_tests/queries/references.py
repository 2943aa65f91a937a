"""Which pictures and recordings the center uses: whatever row names one, in whichever table and column.

Tables that are made later are looked at too, without anybody having to remember it: what is left out is named here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final

from django.db import connection

from apps.mock_tests.models import MediaFile
from apps.mock_tests.models.media import MediaPreview

_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What takers, sessions and the trail say keeps no file alive; papers, which attempts point at, do.
_NOT_LOOKED_AT: Final = ("attempts_", "audit_", "authentication_", "notifications_", "leaderboards_", "analytics_")
_NOT_LOOKED_AT_EITHER: Final = ("mail_", "jobs_", "django_", "auth_", "axes_")
_TYPES: Final = ("uuid", "text", "character varying", "jsonb")


def referenced(*, media_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these files some row of the present center names: by a key, in a text, or anywhere in JSON."""
    wanted = set(media_ids)
    if not wanted:
        return set()
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        parts = []
        for table, columns in _places(cursor).items():
            text = ", ".join(f"{quote(column)}::text" for column in columns)
            parts.append(
                f"SELECT lower(found[1])::uuid AS id FROM {quote(table)},"  # noqa: S608 - names from the catalog
                f" LATERAL regexp_matches(concat_ws(' ', {text}), '({_UUID})', 'gi') AS found"
            )
        cursor.execute(
            f"SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) named WHERE id = ANY(%s)",  # noqa: S608
            [list(wanted)],
        )
        return {row[0] for row in cursor.fetchall()}


def _places(cursor: object) -> dict[str, list[str]]:
    """The columns that could name a file, by their tables."""
    execute, fetchall = cursor.execute, cursor.fetchall  # type: ignore[attr-defined]
    own = {MediaFile._meta.db_table, MediaPreview._meta.db_table}
    execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND data_type = ANY(%s) ORDER BY 1, ordinal_position",
        [list(_TYPES)],
    )
    found: dict[str, list[str]] = {}
    for table, column in fetchall():
        if table not in own and not table.startswith(_NOT_LOOKED_AT + _NOT_LOOKED_AT_EITHER):
            found.setdefault(table, []).append(column)
    return found
