"""Where a notice leads."""

from __future__ import annotations

import uuid


def room_link(assignment_id: uuid.UUID) -> str:
    """The page of an exam room: where one starts, and where one's result is shown afterwards."""
    return f"/rooms/{assignment_id}/"


def request_link(request_id: uuid.UUID) -> str:
    """The page of a contact request in the owners' admin."""
    return f"/admin/centers/contactrequest/{request_id}/change/"


DOMAINS_LINK = "/admin/centers/domainclaim/"
"""The page of a center's domains in its admin."""
