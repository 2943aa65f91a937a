from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class CenterOpened(Event):
    name: ClassVar[str] = "center.opened"

    center_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CenterSuspended(Event):
    name: ClassVar[str] = "center.suspended"

    center_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CenterClosed(Event):
    name: ClassVar[str] = "center.closed"

    center_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ProvisioningFailed(Event):
    name: ClassVar[str] = "center.provisioning_failed"

    center_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class DomainFailed(Event):
    """In the center's schema: the record of a domain has gone, or has been gone for so long that it is served no more."""

    name: ClassVar[str] = "center.domain_failed"

    claim_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ContactRequested(Event):
    """In the public schema."""

    name: ClassVar[str] = "center.contact_requested"

    request_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PlanChanged(Event):
    name: ClassVar[str] = "center.plan_changed"

    center_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PlanEnding(Event):
    """A trial, or a plan that does not renew itself, is over in at most so many days."""

    name: ClassVar[str] = "center.plan_ending"

    center_id: uuid.UUID
    days: int


@dataclass(frozen=True, slots=True)
class PlanEnded(Event):
    """A trial or a plan is over, and the center is suspended for it."""

    name: ClassVar[str] = "center.plan_ended"

    center_id: uuid.UUID
