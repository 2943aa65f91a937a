"""News of a center's life, for those who run it or the platform."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.authentication import acting
from apps.authentication import queries as people
from apps.authentication.errors import UserNotFound
from apps.centers.errors import CenterNotFound
from apps.centers.queries import contacts, domains, subscriptions
from apps.core import tenancy
from apps.mail import operations as mail
from apps.notifications import rules
from apps.notifications.models import Notice
from apps.notifications.operations.telling import notify

if TYPE_CHECKING:
    from apps.centers.queries.subscriptions import Subscription


def tell_request(*, request_id: uuid.UUID) -> int:
    """Tell the owners that somebody asks to be called, if the request is still there. Runs in the public schema; returns
    how many were told."""
    request = contacts.find_request(request_id=request_id)
    if request is None:
        return 0
    return notify(
        user_ids=people.active_ids(role="OWNER"),
        type=Notice.Type.CONTACT_REQUEST,
        message=f"{request.full_name} ({request.center_name}) asks to be called."[:300],
        link=rules.request_link(request.pk),
        related_contact_request_id=request.pk,
    )


def tell_domain(*, claim_id: uuid.UUID) -> int:
    """Tell the present center's admins that a domain of theirs lost its record, or is not served any more, if that is
    still so. Returns how many were told."""
    claim = domains.find_claim(claim_id=claim_id)
    if claim is None or claim.state not in (claim.State.FAILING, claim.State.LOST):
        return 0
    is_lost = claim.state == claim.State.LOST
    what = "is not served any more" if is_lost else "cannot be verified: its record has gone"
    return notify(
        user_ids=people.active_ids(role="CENTER_ADMIN"),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"The domain {claim.domain} {what}."[:300],
        link=rules.DOMAINS_LINK,
    )


def tell_plan_ending(*, center_id: uuid.UUID, days: int) -> int:
    """Tell the admins of a center that its trial or plan ends, by notice and by mail; nothing if it does not any more.
    Returns how many were told."""
    plan = _plan_of(center_id)
    if plan is None or not plan.is_active or plan.ends_at is None or plan.days_remaining is None:
        return 0
    if plan.days_remaining > days:  # it has been moved since
        return 0
    left = plan.days_remaining
    text = f"The {_what(plan)} of this center ends in {left} day{'s' if left != 1 else ''}."
    values = {"days": str(left), "ends": _day(plan.ends_at)}
    return _tell_admins(plan, text, "trial_reminder", f"plan_ending:{center_id}:{values['ends']}:{days}", values)


def tell_plan_ended(*, center_id: uuid.UUID) -> int:
    """Tell the admins of a center that its trial or plan is over and what that means, unless it goes on by now. Returns
    how many were told."""
    plan = _plan_of(center_id)
    if plan is None or not plan.center.suspended_because or plan.ends_at is None:
        return 0
    text = f"The {_what(plan)} of this center is over. Exams that run go on; nobody but its admins can sign in."
    values = {"ends": _day(plan.ends_at)}
    return _tell_admins(plan, text, "trial_ended", f"plan_ended:{center_id}:{values['ends']}", values)


def tell_acting(*, acting_id: uuid.UUID) -> int:
    """Tell the present center's admins that an owner of the platform acts here, or did. Returns how many were told."""
    row = acting.get_acting(acting_id=acting_id)
    what = "no longer acts" if row.ended_at else f"acts for {row.minutes} minutes"
    return notify(
        user_ids=people.active_ids(role="CENTER_ADMIN"),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"{row.owner_name} of the platform {what} in an admin's place: {row.reason}"[:300],
        link=rules.AUDIT_LINK,
    )


def tell_erasure_asked(*, user_id: uuid.UUID) -> int:
    """Tell the center's admins that somebody asks to be forgotten; nothing if they do not any more. Returns how many were
    told."""
    try:
        person = people.get_user(user_id=user_id)
    except UserNotFound:
        return 0
    if person.erasure_asked_at is None:
        return 0
    return notify(
        user_ids=people.list_admin_ids(),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"{person} asks to be erased."[:300],
        related_task_id=person.pk,
    )


def _plan_of(center_id: uuid.UUID) -> Subscription | None:
    try:
        return subscriptions.get_subscription(center_id=center_id)
    except CenterNotFound:
        return None


def _what(plan: Subscription) -> str:
    return "trial" if plan.center.trial_ends_at else "plan"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _tell_admins(plan: Subscription, text: str, letter: str, key: str, values: dict[str, str]) -> int:
    """A notice and a letter to each admin of the center, in whose schema both are written."""
    with tenancy.enter(tenancy.get_by_schema(plan.center.schema_name)), transaction.atomic():
        admins = people.list_people(role="CENTER_ADMIN", is_active=True, is_approved=True)
        found = dict(admins.values_list("pk", "email"))
        told = notify(user_ids=found, type=Notice.Type.SYSTEM_UPDATE, message=text, link=rules.PLAN_LINK)
        mail.send(letter=letter, to=found.values(), key=key, values=values, path=rules.PLAN_LINK)
    return told
