from __future__ import annotations

from apps.core.errors import NotFound


class NoticeNotFound(NotFound):
    code = "not_found"


class LinkNotFound(NotFound):
    code = "not_found"
