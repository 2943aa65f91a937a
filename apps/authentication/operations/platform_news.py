"""Letters to everybody with a role: to owners about who asks to be called, to a center's admins about its domains."""

from __future__ import annotations

import uuid

from apps.authentication import queries
from apps.authentication.models import User
from apps.centers.queries import contacts, domains
from apps.centers.rules import domains as rules
from apps.mail import operations as mail

GONE = "The record has gone, and the domain is not served any more."


def write_of_request(*, request_id: uuid.UUID) -> int:
    """Tell the owners of a request that is still there. Runs in the public schema; returns how many letters were written."""
    request = contacts.find_request(request_id=request_id)
    if request is None:
        return 0
    return mail.send(
        letter="contact_request",
        to=queries.active_addresses(role=User.Role.OWNER),
        key=f"contact:{request.pk}",
        values={
            "center_name": request.center_name,
            "full_name": request.full_name,
            "phone": request.phone_number,
            "quote": request.message,
        },
        path=f"/admin/centers/contactrequest/{request.pk}/change/",
    )


def write_of_domain(*, claim_id: uuid.UUID) -> int:
    """Tell the present center's admins that a domain of theirs lost its record, or is not served any more, if that is
    still so. Returns how many letters were written."""
    claim = domains.find_claim(claim_id=claim_id)
    if claim is None or claim.state not in (claim.State.FAILING, claim.State.LOST):
        return 0
    return mail.send(
        letter="domain_failed",
        to=queries.active_addresses(role=User.Role.CENTER_ADMIN),
        key=f"domain:{claim.pk}:{claim.state}:{claim.failing_since:%Y%m%d%H%M}",
        values={
            "domain": rules.shown_domain(claim.domain),
            "quote": GONE if claim.state == claim.State.LOST else claim.problem,
        },
        path="/admin/centers/domainclaim/",
    )
