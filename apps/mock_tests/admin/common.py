"""What the pages of several kinds of rows share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join, strip_tags

from apps.core.adminsite import pretty
from apps.mock_tests.models import BankVersion, Question

if TYPE_CHECKING:
    from apps.authentication.models import User

SHELF = "admin:mock_tests_mediafile_shelf"
STATUS_COLORS = {
    "DRAFT": "warning",
    "PUBLISHED": "success",
    "DELETED": "danger",
    "IN_REVIEW": "info",
    "APPROVED": "success",
}
_RELATIONS = frozenset({"parent", "topic", "image", "audio"})


def actor_of(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def short(html: str, most: int = 80) -> str:
    text = " ".join(strip_tags(html).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def answers_of(row: Question | BankVersion) -> str:
    if "fractions" not in row.key:
        return pretty({"shown": row.content, "key": row.key} if row.content else row.key)
    shares = row.key.get("fractions", {})
    cells = (
        (shares.get(option["id"], "0"), short(option["text"], 300) or "(picture)") for option in row.content["options"]
    )
    lines = format_html_join("", '<tr><td class="pr-4 font-semibold">{}</td><td>{}</td></tr>', cells)
    return format_html('<table><tr><th class="pr-4">share</th><th>option</th></tr>{}</table>', lines)


def by_id(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a form as operations take them: relations by their ids."""
    related = {f"{name}_id": row.pk if row else None for name, row in values.items() if name in _RELATIONS}
    return {name: value for name, value in values.items() if name not in _RELATIONS} | related
