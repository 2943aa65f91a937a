"""What of a change is kept, and how it is sealed."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

ACTOR_FIELDS = ("actor_name", "owner_name", "address", "agent")
"""What says who an actor was and where, besides ids: it goes when that person is erased."""
SUBJECT_FIELDS = ("name", "reason")
SEALED_FIELDS = (
    *("uid", "action", "subject", "subject_id", "via", "actor_id", "actor_role", "owner_id", "request_id", "changed"),
    *("changes", "before_hash", "after_hash", "actor_seal", "subject_seal"),
)
MOST_CHANGED = 50
LONGEST_VALUE = 80
_SECRET = re.compile(r"password|secret|token|hash|key|code|answer|response", re.IGNORECASE)
_PLAIN_TEXTS = frozenset(
    "role status state plan registration locale language time_zone primary_color type level exam_type kind "
    "late_policy shuffle visibility billing_cycle currency".split()
)

Values = Mapping[str, Any]


def canonical(value: object) -> str:
    """JSON that is the same for the same value, whatever the order of its keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def storable(value: Any) -> Any:
    """The same without what no column holds: NUL and half characters."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list) else value


def digest_of(values: Values | None) -> str:
    """What is kept of a whole state: nothing can be read from it, and the same state gives the same."""
    return "" if values is None else hashlib.sha256(canonical(values).encode("utf-8", "replace")).hexdigest()


def changed_names(before: Values | None, after: Values | None) -> list[str]:
    """The fields that are not what they were."""
    old, new = before or {}, after or {}
    names = sorted(name for name in {*old, *new} if canonical(old.get(name)) != canonical(new.get(name)))
    return names[:MOST_CHANGED]


def harmless_changes(before: Values | None, after: Values | None) -> dict[str, list[object]]:
    """Old and new value of the changed fields whose values say nothing private: numbers, moments, states; never texts
    that people wrote, and nothing whose name sounds secret."""
    old, new = before or {}, after or {}
    found: dict[str, list[object]] = {}
    for name in changed_names(before, after):
        pair = [old.get(name), new.get(name)]
        if not _SECRET.search(name) and all(_is_harmless(name, value) for value in pair):
            found[name] = [value if isinstance(value, bool | int | None) else str(value) for value in pair]
    return found


def _is_harmless(name: str, value: object) -> bool:
    if isinstance(value, str):
        return name in _PLAIN_TEXTS and len(value) <= LONGEST_VALUE
    return value is None or isinstance(value, bool | int | float | Decimal | datetime | date)


def key_id(key: str) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"id:" + key.encode()).hexdigest()[:8]


def seal_of(values: Values, fields: Iterable[str], *, key: str) -> str:
    """Nobody without the key can make the same for other values."""
    text = canonical([None if values[name] is None else values[name] for name in fields])
    return _keyed(text, key)


def seal_entry(values: dict[str, Any], *, key: str) -> dict[str, Any]:
    """The columns of an entry, with its seals."""
    values = {**values, "key_id": key_id(key)}
    values["actor_seal"] = seal_of(values, ACTOR_FIELDS, key=key)
    values["subject_seal"] = seal_of(values, SUBJECT_FIELDS, key=key)
    values["seal"] = seal_of(values, SEALED_FIELDS, key=key)
    return values


def flaw_of(values: Values, *, key: str) -> str:
    """What is wrong with an entry by itself: ``changed``, or nothing. Blanked names are no flaw."""
    if seal_of(values, SEALED_FIELDS, key=key) != values["seal"]:
        return "changed"
    for fields, seal in ((ACTOR_FIELDS, "actor_seal"), (SUBJECT_FIELDS, "subject_seal")):
        if any(values[name] for name in fields) and seal_of(values, fields, key=key) != values[seal]:
            return "changed"
    return ""


def digest_link(previous: str, entry_id: int, at: datetime, seal: str, *, key: str) -> str:
    """What the next link stands on."""
    return _keyed(canonical([previous, entry_id, at.timestamp(), seal]), key)


def _keyed(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def first_day_kept(at: datetime, months: int) -> datetime:
    """The first moment of the oldest month that is kept, if so many months are besides the present one."""
    count = at.year * 12 + at.month - 1 - months
    return at.replace(year=count // 12, month=count % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


COLUMNS = (
    *(
        "id",
        "uid",
        "at",
        "action",
        "subject",
        "subject_id",
        "name",
        "reason",
        "via",
        "actor_id",
        "actor_name",
        "actor_role",
    ),
    *("owner_id", "owner_name", "address", "agent", "request_id", "changed", "changes", "before_hash", "after_hash"),
    *("seal",),
)
"""What an export holds of an entry, in this order."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> str:
    """Text for a table: what a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = canonical(value) if isinstance(value, dict | list) else str(value)
    text = "".join(char for char in text if char >= " " or char in "\t\n\r")
    return f"'{text}" if text.startswith(_FORMULA) else text
