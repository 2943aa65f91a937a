"""The paper of an attempt as its student gets it, under whatever name they ask for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.common import links
from api.common.requests import Request
from apps.attempts import queries
from apps.attempts.rules import ledger


def paper_of(request: Request, attempt: Any, at: datetime) -> dict[str, Any]:
    """What may be seen of the paper at this moment, with media that can be opened as long as answers count."""
    until = ledger.last_moment(deadline_at=attempt.deadline_at, grace_seconds=attempt.grace_seconds)
    return queries.render_paper(attempt, sign=links.media_signer(request, until), at=at)
