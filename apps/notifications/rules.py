"""Where a notice leads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import UTC, datetime

RESULTS = "results"


def room_link(assignment_id: uuid.UUID) -> str:
    """The page of an exam room: where one starts, and where one's result is shown afterwards."""
    return f"/rooms/{assignment_id}/"


def moment(at: datetime) -> str:
    """A moment in the words of a notice, which everybody reads alike."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def request_link(request_id: uuid.UUID) -> str:
    """The page of a contact request in the owners' admin."""
    return f"/admin/centers/contactrequest/{request_id}/change/"


PLAN_LINK = "/admin/"
"""Where a center's admins see their plan."""

AUDIT_LINK = "/admin/audit/entry/"
"""The audit trail in the center's admin."""
DOMAINS_LINK = "/admin/centers/domainclaim/"
"""The page of a center's domains in its admin."""


def result_link(attempt_id: uuid.UUID) -> str:
    """The page of one's own result: also for whom the room is not any more."""
    return f"/attempts/{attempt_id}/result/"


def leave_token(user_id: uuid.UUID, *, kind: str, center_id: object, key: str) -> str:
    """What lets whoever got a letter say that they want no more of its kind, without signing in; it does not expire, since
    letters do not."""
    digest = hmac.new(key.encode(), f"leave:{center_id}:{kind}:{user_id}".encode(), hashlib.sha256).digest()
    return f"{user_id.hex}.{base64.urlsafe_b64encode(digest[:18]).decode()}"


def leaving(token: str, *, kind: str, center_id: object, key: str) -> uuid.UUID | None:
    """Whose token this is, if it was made for this kind at this center."""
    try:
        user_id = uuid.UUID(hex=token.partition(".")[0])
    except ValueError:
        return None
    right = leave_token(user_id, kind=kind, center_id=center_id, key=key)
    return user_id if hmac.compare_digest(right.encode(), token.encode("utf-8", "replace")) else None
