"""The domains that centers bring along: claimed by anybody, served for who proves them, looked after while they are."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers import resolving
from apps.centers.errors import (
    CenterNotFound,
    DomainClaimed,
    DomainInvalid,
    DomainNotFound,
    DomainNotServed,
    DomainsSilent,
    DomainTaken,
    DomainUnproven,
    PlatformDomain,
    TooManyDomains,
)
from apps.centers.events import DomainFailed
from apps.centers.models import Center, Domain, DomainClaim
from apps.centers.queries import domains as queries
from apps.centers.queries import subscriptions
from apps.centers.queries.domains import Address
from apps.centers.rules import domains as rules
from apps.centers.rules import plans
from apps.core import bus, clock, tenancy
from apps.core.errors import Problem

log = logging.getLogger(__name__)

State = DomainClaim.State
_HELD = (State.VERIFIED, State.FAILING)
ABSENT = "There is no such record, or it holds something else."
SILENT = "The servers of the domain did not answer."


def add_domain(*, center_id: uuid.UUID, domain: str) -> Address:
    """Claim a domain, in any script. It is served only after ``verify_domain``. Refuses what nobody can own, the platform's
    own names, one that was added before, and more than ten or than the plan allows."""
    try:
        name = rules.clean_domain(domain, ours=[*settings.SHIKEN_MAIN_HOSTS, settings.SHIKEN_CENTER_DOMAIN])
    except rules.DomainRefused as error:
        raise DomainInvalid(problems=[Problem("/domain", str(error.reason), str(error))]) from None
    with transaction.atomic():
        center = _locked(center_id)
        known = set(DomainClaim.objects.filter(center=center).values_list("domain", flat=True))
        if name in known or Domain.objects.filter(tenant=center, domain=name).exists():
            raise DomainClaimed
        if len(known) >= rules.MOST_CLAIMS:
            raise TooManyDomains
        subscriptions.check_limit(limit=plans.DOMAINS, used=len(known), center=center)
        subscriptions.check_limit(limit=plans.DOMAINS, used=len(known), center=center)
        claim = DomainClaim(center=center, domain=name, token=rules.fresh_token())
        claim.save(force_insert=True)
        _note(center, claim, "center.domain_added")
    return queries.get_address(center_id=center_id, address_id=claim.pk)


def verify_domain(*, center_id: uuid.UUID, address_id: uuid.UUID) -> Address:
    """Look the record up, and serve the domain from now on if it holds the claim's token. Refuses a record that is not
    there, and a domain that another center holds and still proves; who proves it no more gives way. Nothing changes when
    the DNS does not answer."""
    asked = queries.get_address(center_id=center_id, address_id=address_id)
    if asked.state == queries.PLATFORM:
        return asked
    try:
        values = resolving.look_up(asked.domain)
    except resolving.Silence:
        raise DomainsSilent from None
    is_proven = _decide(center_id, address_id, values)
    tenancy.forget()
    if not is_proven:
        raise DomainUnproven(record=asked.record_name, values_found=len(values))
    return queries.get_address(center_id=center_id, address_id=address_id)


def make_primary(*, center_id: uuid.UUID, address_id: uuid.UUID) -> Address:
    """Lead people to this host from now on: links in letters are built from it. Refuses one that is not served."""
    with transaction.atomic():
        center = _locked(center_id)
        address = queries.get_address(center_id=center_id, address_id=address_id)
        if not address.is_served:
            raise DomainNotServed
        Domain.objects.filter(tenant=center).exclude(domain=address.domain).update(is_primary=False)
        Domain.objects.filter(tenant=center, domain=address.domain).update(is_primary=True)
        audit.record(
            action="center.domain_made_primary",
            subject="domain",
            subject_id=address.id,
            name=address.domain,
            also_in=center.schema_name,
        )
    tenancy.forget()
    return queries.get_address(center_id=center_id, address_id=address_id)


def remove_domain(*, center_id: uuid.UUID, address_id: uuid.UUID) -> None:
    """Give a domain up, at once. Was it the primary one, the platform's address is again. Refuses the platform's."""
    with transaction.atomic():
        center = _locked(center_id)
        if queries.get_address(center_id=center_id, address_id=address_id).state == queries.PLATFORM:
            raise PlatformDomain
        claim = DomainClaim.objects.get(pk=address_id)
        _note(center, claim, "center.domain_removed")
        _stop_serving(claim)
        claim.delete()
    tenancy.forget()


def check_due(*, most: int = 100) -> int:
    """Look again at proven domains whose time has come, and forget claims that were never proven. What another worker has
    taken is skipped; a look that is cut off is repeated later. Returns how many were looked at."""
    with tenancy.enter(tenancy.PUBLIC):
        with transaction.atomic():
            due = DomainClaim.objects.select_for_update(skip_locked=True).filter(state__in=_HELD, look_at__lte=Now())
            claims = list(due.order_by("look_at")[:most])
            taken = DomainClaim.objects.filter(pk__in=[claim.pk for claim in claims])
            taken.update(look_at=Now() + rules.FAILING_EVERY)
        found = resolving.look_up_many(claim.domain for claim in claims)
        for claim in claims:
            try:
                _look_again(claim.pk, found[claim.domain])
            except Exception:
                log.exception("What a look at %s found could not be kept.", claim.domain)
        DomainClaim.objects.filter(state=State.PENDING, created_at__lt=Now() - rules.PENDING_LIFE).delete()
    tenancy.forget()
    return len(claims)


def _decide(center_id: uuid.UUID, claim_id: uuid.UUID, values: Sequence[str]) -> bool:
    try:
        with transaction.atomic():
            center = _locked(center_id)
            claim = DomainClaim.objects.select_for_update().filter(pk=claim_id, center=center).first()
            if claim is None:
                raise DomainNotFound
            at = clock.now()
            if not rules.holds(values, claim.token):
                _note_absence(claim, at)
                return False
            _take_from_others(claim, values, at)
            if not Domain.objects.filter(tenant=center, domain=claim.domain).exists():
                Domain.objects.bulk_create([Domain(tenant=center, domain=claim.domain, is_primary=False)])
            is_news = claim.state != State.VERIFIED
            _keep(claim, state=State.VERIFIED, at=at, verdict=rules.judge(rules.Found.YES, at=at, failing_since=None))
            if is_news:
                _note(center, claim, "center.domain_verified")
            return True
    except IntegrityError:  # proven for another center in the same moment
        raise DomainTaken from None


def _take_from_others(claim: DomainClaim, values: Sequence[str], at: datetime) -> None:
    """The same look decides over whoever holds the domain: with their token still there they keep it."""
    host = Domain.objects.select_for_update().filter(domain=claim.domain).exclude(tenant=claim.center_id).first()
    if host is None:
        return
    theirs = DomainClaim.objects.select_for_update().filter(center=host.tenant_id, domain=claim.domain).first()
    if theirs is None or rules.holds(values, theirs.token):
        raise DomainTaken
    _lose(theirs, at)


def _look_again(claim_id: uuid.UUID, values: Sequence[str] | None) -> None:
    with transaction.atomic():
        claim = DomainClaim.objects.select_for_update().filter(pk=claim_id, state__in=_HELD).first()
        if claim is None:
            return
        at = clock.now()
        if values is None:
            found = rules.Found.UNKNOWN
        else:
            found = rules.Found.YES if rules.holds(values, claim.token) else rules.Found.NO
        verdict = rules.judge(found, at=at, failing_since=claim.failing_since)
        if verdict.drop:
            _lose(claim, at)
            return
        state = State.FAILING if verdict.failing_since else State.VERIFIED
        problem = {rules.Found.NO: ABSENT, rules.Found.UNKNOWN: SILENT}.get(found, "")
        _keep(claim, state=state, at=at, verdict=verdict, problem=problem)
        if verdict.tell:
            _tell(claim)


def _note_absence(claim: DomainClaim, at: datetime) -> None:
    """Somebody looked by hand. A claim that holds is left to the looks that are due by themselves."""
    claim.checked_at, claim.problem = at, ABSENT
    claim.save(update_fields=["checked_at", "problem"])


def _keep(claim: DomainClaim, *, state: str, at: datetime, verdict: rules.Verdict, problem: str = "") -> None:
    claim.state, claim.checked_at, claim.problem = state, at, problem
    claim.failing_since, claim.look_at = verdict.failing_since, verdict.look_at
    claim.verified_at = claim.verified_at or at
    claim.save(update_fields=["state", "checked_at", "problem", "failing_since", "look_at", "verified_at"])


def _lose(claim: DomainClaim, at: datetime) -> None:
    """Serve a domain no more; its center keeps the claim, and may prove it again."""
    claim.state, claim.problem, claim.look_at, claim.verified_at = State.LOST, ABSENT, None, None
    claim.checked_at, claim.failing_since = at, claim.failing_since or at
    claim.save(update_fields=["state", "problem", "look_at", "verified_at", "checked_at", "failing_since"])
    _stop_serving(claim)
    _tell(claim)


def _stop_serving(claim: DomainClaim) -> None:
    hosts = Domain.objects.filter(tenant=claim.center_id)
    hosts.filter(domain=claim.domain).delete()
    if not hosts.filter(is_primary=True).exists():
        claimed = DomainClaim.objects.filter(center=claim.center_id).values("domain")
        heir = hosts.exclude(domain__in=claimed).order_by("pk").first() or hosts.order_by("pk").first()
        if heir is not None:
            hosts.filter(pk=heir.pk).update(is_primary=True)


def _tell(claim: DomainClaim) -> None:
    with tenancy.enter(tenancy.get_by_schema(claim.center.schema_name)):
        bus.publish(DomainFailed(claim_id=claim.pk))
    _note(claim.center, claim, f"center.domain_{claim.state.lower()}")


def _note(center: Center, claim: DomainClaim, action: str) -> None:
    audit.record(action=action, subject="domain", subject_id=claim.pk, name=claim.domain, also_in=center.schema_name)


def _locked(center_id: uuid.UUID) -> Center:
    center = Center.objects.select_for_update(no_key=True).filter(pk=center_id).first()
    if center is None:
        raise CenterNotFound
    return center
