from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.errors import (
    CenterArchived,
    CenterBusy,
    CenterExists,
    CenterNotFound,
    CenterRefused,
    SlugRefused,
    TemplateMissing,
)
from apps.centers.events import CenterClosed, CenterOpened, CenterSuspended, ProvisioningFailed
from apps.centers.models import Center, Domain
from apps.centers.operations import template
from apps.centers.queries import centers as queries
from apps.centers.rules import names, plans, profile
from apps.core import bus, clock, tenancy
from apps.core.errors import Problem

log = logging.getLogger(__name__)

DETAILS = frozenset("email phone website address description primary_color time_zone locale registration".split())
_CHANGEABLE = DETAILS | {"name", "staff_second_factor", "question_review"}
ON_ITS_WAY = frozenset({Center.State.RESTORING, Center.State.DELETING})
_NAMED: dict[str, str] = {
    Center.Status.ACTIVE: "center.activated",
    Center.Status.SUSPENDED: "center.suspended",
    Center.Status.ARCHIVED: "center.archived",
}


def open_center(
    *,
    name: str,
    slug: str = "",
    plan: str = Center.Plan.FREE,
    status: str = "",
    host: str = "",
    details: Mapping[str, str] | None = None,
) -> Center:
    """Make a center with its host and its schema.

    Its row and host are there first, visibly WAITING; then the template is replayed in the transaction that makes it
    READY and announces it. If that fails, the center stays behind as FAILED with the reason, without a schema, and
    ``retry_center`` tries again: look at ``state`` of what is returned. Without a slug one is made from the name.
    Refuses slugs and hosts that are not plain, and taken ones.
    """
    slug = slug or names.slug_from(name)
    if not names.is_slug(slug):
        raise SlugRefused(problems=[Problem("/slug", "slug_refused", SlugRefused.message)])
    host = (host or names.host_for(slug, settings.SHIKEN_CENTER_DOMAIN)).lower()
    if not names.is_host(host) or host in settings.SHIKEN_MAIN_HOSTS:
        raise CenterRefused(problems=[Problem("/host", "host_refused", "This is not a host that a center may have.")])
    with tenancy.enter(tenancy.PUBLIC):
        if not template.is_recorded():
            raise TemplateMissing
        center = Center(slug=slug, schema_name=names.schema_for(slug), plan=plan)
        center.status = status or (Center.Status.TRIAL if plan == Center.Plan.FREE else Center.Status.ACTIVE)
        if center.status == Center.Status.TRIAL:
            center.trial_ends_at = clock.now() + timedelta(days=plans.TRIAL_DAYS)
        _take(center, {**(details or {}), "name": name})
        try:
            with transaction.atomic():
                Center.objects.bulk_create([center])
                Domain.objects.bulk_create([Domain(tenant=center, domain=host, is_primary=True)])
        except IntegrityError as error:
            if "unique" in str(error):
                raise CenterExists from None
            raise
    return _provision(center.pk)


def retry_center(*, center_id: uuid.UUID) -> Center:
    """Try once more to make a center whose creation failed or was cut off; one that is ready stays as it is. Refuses a
    center that is being restored or deleted."""
    center = queries.get_center(center_id=center_id)
    if center.state in ON_ITS_WAY:
        raise CenterBusy
    return _provision(center.pk)


def update_center(*, center_id: uuid.UUID, changes: Mapping[str, str], reason: str = "") -> Center:
    """Change name and details, and the status by the same rules as the named operations. Refuses a center that is being
    restored or deleted."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        center = _locked(center_id)
        if center.state in ON_ITS_WAY:
            raise CenterBusy
        status = changes.get("status", center.status)
        before = _facts(center)
        _take(center, {key: value for key, value in changes.items() if key != "status"})
        center.save(update_fields=[*(_CHANGEABLE & changes.keys()), "updated_at"])
        if _facts(center) != before:
            _record("center.changed", center, before=before, after=_facts(center))
        if status != center.status:
            _move(center, status, reason)
    tenancy.forget()
    return queries.get_center(center_id=center_id)


def activate_center(*, center_id: uuid.UUID) -> Center:
    """Let people sign in and start again; ends a trial, and brings an archived center back."""
    return update_center(center_id=center_id, changes={"status": Center.Status.ACTIVE})


def suspend_center(*, center_id: uuid.UUID, reason: str = "") -> Center:
    """No new sign-ins and no new starts from now on; running attempts finish. The reason stands in both trails. Refuses
    an archived center."""
    return update_center(center_id=center_id, changes={"status": Center.Status.SUSPENDED}, reason=reason)


def archive_center(*, center_id: uuid.UUID) -> Center:
    """Close a center: its hosts answer as if it were not there, everybody is signed out, and all data is kept until it is
    activated again, or deleted."""
    return update_center(center_id=center_id, changes={"status": Center.Status.ARCHIVED})


def _move(center: Center, status: str, reason: str = "") -> None:
    if center.status == Center.Status.ARCHIVED and status != Center.Status.ACTIVE:
        raise CenterArchived
    if status not in Center.Status.values:
        raise CenterRefused(problems=[Problem("/status", "invalid_choice", "There is no such status.")])
    at = clock.now()
    ends = None
    if status == Center.Status.TRIAL:
        is_ahead = center.trial_ends_at is not None and center.trial_ends_at > at
        ends = center.trial_ends_at if is_ahead else at + timedelta(days=plans.TRIAL_DAYS)
    Center.objects.filter(pk=center.pk).update(status=status, trial_ends_at=ends, suspended_because="")
    states = {"before": {"status": center.status}, "after": {"status": status}}
    _record(_NAMED.get(status, "center.moved"), center, **states, reason=reason)
    if status == Center.Status.SUSPENDED:
        bus.publish(CenterSuspended(center_id=center.pk))
    if status == Center.Status.ARCHIVED:
        bus.publish(CenterClosed(center_id=center.pk))


def _facts(center: Center) -> dict[str, object]:
    """What the audit trail compares of a center before and after."""
    return {name: getattr(center, name) for name in sorted(_CHANGEABLE)}


def _record(action: str, center: Center, **states: Any) -> None:
    """In the platform's trail, and in the center's own if it has one."""
    schema = center.schema_name if center.state == Center.State.READY else ""
    audit.record(action=action, subject="center", subject_id=center.pk, name=center.name, also_in=schema, **states)


def _locked(center_id: uuid.UUID) -> Center:
    center = Center.objects.select_for_update().filter(pk=center_id).first()
    if center is None:
        raise CenterNotFound
    return center


def _take(center: Center, values: Mapping[str, str]) -> None:
    """Set what may be set; refuse, each with its place, what the columns cannot hold."""
    problems = [Problem(f"/{key}", "unknown_field", "This cannot be set.") for key in values.keys() - _CHANGEABLE]
    for key in values.keys() & _CHANGEABLE:
        value: object = values[key]
        setattr(center, key, value.strip() if isinstance(value, str) else value)
    if "website" in values:
        website = profile.clean_website(center.website)
        center.website = website or ""
        if website is None:
            problems.append(Problem("/website", "invalid", "This is not the address of a page."))
    if "locale" in values and center.locale not in profile.LOCALES:
        problems.append(Problem("/locale", "invalid_choice", "This language is not spoken here."))
    if "time_zone" in values and center.time_zone not in profile.time_zones():
        problems.append(Problem("/time_zone", "invalid_choice", "There is no such time zone."))
    if not names.COLOR.fullmatch(center.primary_color):
        problems.append(Problem("/primary_color", "invalid", "A color is # and six hexadecimal digits."))
    try:
        center.clean_fields()
    except ValidationError as error:
        problems += [
            Problem(f"/{field}", str(reason.code or "invalid"), " ".join(reason.messages))
            for field, reasons in error.error_dict.items()
            for reason in reasons
        ]
    if problems:
        raise CenterRefused(problems=problems)


def _provision(center_id: uuid.UUID) -> Center:
    with tenancy.enter(tenancy.PUBLIC):
        try:
            with transaction.atomic():
                center = _locked(center_id)
                if center.state in {Center.State.WAITING, Center.State.FAILED}:
                    template.replay(schema_name=center.schema_name)
                    Center.objects.filter(pk=center_id).update(
                        state=Center.State.READY, state_reason="", updated_at=Now()
                    )
                    bus.publish(CenterOpened(center_id=center_id))
                    center.state = Center.State.READY
                    _record("center.created", center, after={**_facts(center), "plan": center.plan})
        except Exception as error:
            log.exception("The schema of center %s could not be made.", center_id)
            _note_failure(center_id, f"{type(error).__name__}: {error}")
        tenancy.forget()
        return queries.get_center(center_id=center_id)


def _note_failure(center_id: uuid.UUID, reason: str) -> None:
    with transaction.atomic():
        left = Center.objects.filter(pk=center_id).exclude(state=Center.State.READY)
        if left.update(state=Center.State.FAILED, state_reason=reason[:2000], updated_at=Now()):
            bus.publish(ProvisioningFailed(center_id=center_id))
