from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from apps.centers.errors import DomainNotFound
from apps.centers.models import Domain, DomainClaim
from apps.centers.rules import domains as rules

PLATFORM = "PLATFORM"
"""The state of an address that the platform gave: nobody has to prove it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host of a center, or one that it would like to have."""

    id: uuid.UUID
    domain: str
    shown: str
    state: str
    is_primary: bool
    record_name: str = ""
    record_value: str = ""
    problem: str = ""
    created_at: datetime | None = None
    checked_at: datetime | None = None
    verified_at: datetime | None = None
    served_until: datetime | None = None

    @property
    def is_served(self) -> bool:
        """Whether requests for it reach the center."""
        return self.state in (PLATFORM, DomainClaim.State.VERIFIED, DomainClaim.State.FAILING)


def list_addresses(*, center_id: uuid.UUID) -> list[Address]:
    """The primary host first, then the others by name, claims that prove nothing yet included."""
    hosts = dict(Domain.objects.filter(tenant=center_id).values_list("domain", "is_primary"))
    claims = {claim.domain: claim for claim in DomainClaim.objects.filter(center=center_id)}
    given = [
        Address(_id_of(domain), domain, rules.shown_domain(domain), PLATFORM, is_primary)
        for domain, is_primary in hosts.items()
        if domain not in claims
    ]
    own = [_of_claim(claim, is_primary=hosts.get(domain, False)) for domain, claim in claims.items()]
    return sorted([*given, *own], key=lambda address: (not address.is_primary, address.domain))


def get_address(*, center_id: uuid.UUID, address_id: uuid.UUID) -> Address:
    """One of them; refuses any other id."""
    for address in list_addresses(center_id=center_id):
        if address.id == address_id:
            return address
    raise DomainNotFound


def find_claim(*, claim_id: uuid.UUID) -> DomainClaim | None:
    """A claim, whatever center it is of."""
    return DomainClaim.objects.filter(pk=claim_id).first()


def _id_of(domain: str) -> uuid.UUID:
    """Hosts that the platform gave have no id of their own; a name is enough for one."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, domain)


def _of_claim(claim: DomainClaim, *, is_primary: bool) -> Address:
    is_borne = claim.state == DomainClaim.State.FAILING
    return Address(
        id=claim.pk,
        domain=claim.domain,
        shown=rules.shown_domain(claim.domain),
        state=claim.state,
        is_primary=is_primary,
        record_name=rules.record_name(claim.domain),
        record_value=claim.token,
        problem=claim.problem,
        created_at=claim.created_at,
        checked_at=claim.checked_at,
        verified_at=claim.verified_at,
        served_until=claim.failing_since + rules.BORNE if is_borne and claim.failing_since else None,
    )
