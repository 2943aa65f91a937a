"""Exam profiles: those that come with the product, and the editions that the center wrote."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from apps.core import clock
from apps.mock_tests.errors import ProfileNotFound
from apps.mock_tests.models import ExamProfile, Paper
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.papers.reasons import Surroundings
from apps.mock_tests.rules.profiles import CUSTOM, Profile

if TYPE_CHECKING:
    from apps.authentication.models import User

_SHIPPED = uuid.UUID("8f7a4f2e-5c0b-5d0e-9a57-6a1f0c2f7f11")
"""Files have no ids; each gets the one that its code gives under this name."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A profile as people find it. Those that come with the product have neither author nor edition."""

    id: uuid.UUID
    profile: Profile
    slug: str
    is_shipped: bool
    edition: int | None = None
    based_on: str = ""
    replaced_at: datetime | None = None
    retired_at: datetime | None = None
    created_by_id: uuid.UUID | None = None
    created_at: datetime | None = None

    @property
    def is_offered(self) -> bool:
        """Whether new tests are to follow it."""
        return self.replaced_at is None and self.retired_at is None


def profiles_for(actor: User) -> QuerySet[ExamProfile]:
    """The center's own profiles ``actor`` may see: staff all editions, others none."""
    return ExamProfile.objects.all() if actor.is_center_staff else ExamProfile.objects.none()


def list_profiles_for(
    actor: User, *, level: str = "", exam_type: str = "", on: date | None = None, all_editions: bool = False
) -> list[Listed]:
    """Shipped profiles, then the center's. Without ``all_editions`` those that were replaced or retired are left out; ``on``
    keeps those that hold on that day."""
    rows = profiles_for(actor).order_by("slug", "valid_from", "edition")
    if not all_editions:
        rows = rows.filter(replaced_at=None, retired_at=None)
    found = [*_shipped(), *(_listed(row) for row in rows)]
    return [
        entry
        for entry in found
        if (not level or entry.profile.level == level)
        and (not exam_type or entry.profile.exam_type == exam_type)
        and (on is None or profiles.holds(entry.profile, on))
    ]


def get_profile_for(actor: User, profile_id: uuid.UUID) -> Listed:
    """One of the profiles ``actor`` may see; refuses any other id."""
    shipped = next((entry for entry in _shipped() if entry.id == profile_id), None)
    if shipped is not None and actor.is_center_staff:
        return shipped
    row = profiles_for(actor).filter(pk=profile_id).first()
    if row is None:
        raise ProfileNotFound
    return _listed(row)


def find_profile(code: str) -> Profile | None:
    """The profile of this code, shipped or of the center, whether or not it is still offered."""
    shipped = profiles.find_profile(code)
    if shipped is not None:
        return shipped
    row = ExamProfile.objects.filter(code=code).first()
    return read(row) if row else None


def is_offered(code: str) -> bool:
    """Whether new tests are to follow the profile of this code."""
    mine = ExamProfile.objects.filter(code=code, replaced_at=None, retired_at=None)
    return code in profiles.PROFILES or mine.exists()


def pass_scores(codes: set[str]) -> dict[str, int | None]:
    """The pass marks of the profiles of these codes, in one query at most."""
    shipped = {code: profiles.PROFILES[code].pass_score for code in codes & profiles.PROFILES.keys()}
    others = codes - shipped.keys()
    rows = ExamProfile.objects.filter(code__in=others) if others else ()
    return shipped | {row.code: row.data["pass_score"] for row in rows}


def profile_of(paper: Paper) -> Profile:
    """The profile of a paper as it was when the paper was published. Papers from before profiles were kept name one that
    comes with the product."""
    if paper.profile_data is not None:
        return profiles.read_profile(paper.profile_data)
    return profiles.find_profile(paper.profile) or CUSTOM


def surroundings(profile: Profile | None, media: dict[uuid.UUID, str]) -> Surroundings:
    """What is to be known beside a test of this profile before it is published."""
    today = clock.now().date() if profile and profile.valid_until else None
    return Surroundings(media=media, today=today, profile_is_old=bool(profile and not is_offered(profile.code)))


def read(row: ExamProfile) -> Profile:
    """The profile that a row holds."""
    return profiles.read_profile(described(row))


def described(row: ExamProfile) -> dict[str, Any]:
    """The same as JSON."""
    return {
        **row.data,
        "code": row.code,
        "name": row.name,
        "level": row.level,
        "exam_type": row.exam_type,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }


def _shipped() -> Iterator[Listed]:
    for profile in profiles.PROFILES.values():
        yield Listed(uuid.uuid5(_SHIPPED, profile.code), profile, profile.code.partition("@")[0], is_shipped=True)


def _listed(row: ExamProfile) -> Listed:
    return Listed(
        id=row.pk,
        profile=read(row),
        slug=row.slug,
        is_shipped=False,
        edition=row.edition,
        based_on=row.based_on,
        replaced_at=row.replaced_at,
        retired_at=row.retired_at,
        created_by_id=row.created_by_id,
        created_at=row.created_at,
    )
