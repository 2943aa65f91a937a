"""Exam profiles that a center writes. An edition is never changed: tests and papers that follow it keep what it said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.text import slugify

from apps.audit import operations as audit
from apps.core import clock
from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent, ProfileFixed, ProfileNotFound
from apps.mock_tests.models import ExamProfile
from apps.mock_tests.queries import profiles as queries
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import Profile
from apps.mock_tests.rules.profiles.data_form import write_rules

if TYPE_CHECKING:
    from apps.authentication.models import User

Changes = Mapping[str, Any]
NAMED = ("name", "level", "exam_type", "valid_from", "valid_until")
RULES = frozenset(write_rules(profiles.CUSTOM))
LONGEST_SLUG = 24
SHIPPED_SLUGS = frozenset(code.partition("@")[0] for code in profiles.PROFILES)


def create_profile(*, actor: User, changes: Changes, based_on: str = "", slug: str = "") -> ExamProfile:
    """Write a profile of the center's own: what ``changes`` say, the rest as in the profile ``based_on`` (by its code), or
    empty. Its ``slug`` may be one the center uses already, for other dates of the same exam. Refuses a profile that
    contradicts itself with every reason, and dates that overlap with those of its slug."""
    with transaction.atomic():
        source = queries.find_profile(based_on) if based_on else profiles.CUSTOM
        if source is None:
            raise _wrong("/based_on", "unknown_profile", f'There is no exam profile "{based_on}".')
        given = {**profiles.write_profile(source), **changes}
        slug = slug or slugify(given["name"])[:LONGEST_SLUG].strip("-")
        if not slug or slug in SHIPPED_SLUGS:
            raise _wrong("/slug", "bad_slug", "Choose a slug of small letters and digits that no shipped profile has.")
        _lock(slug)
        row = _edition(actor, slug, given, based_on=based_on)
        _record("profile.created", row, None, row)
    return row


def change_profile(*, actor: User, profile_id: uuid.UUID, changes: Changes) -> ExamProfile:
    """The next edition of one of the center's profiles, with these changes. Tests and papers that follow the edition before
    stay with it. Refuses shipped profiles, editions that have a successor or are retired, and whatever ``create_profile``
    would. Changes that say what is so already make no edition."""
    with transaction.atomic():
        before = _lock_newest(actor, profile_id)
        given = {**queries.described(before), **changes}
        if profiles.read_profile(given) == queries.read(before):
            return before
        row = _edition(actor, before.slug, given, based_on=before.based_on, replaces=before)
        _record("profile.changed", row, before, row)
    return row


def retire_profile(*, actor: User, profile_id: uuid.UUID) -> ExamProfile:
    """Offer a profile no longer for new tests; those that follow it stay as they are. Refuses what no edit may change."""
    with transaction.atomic():
        row = _lock_newest(actor, profile_id)
        ExamProfile.objects.filter(pk=row.pk).update(retired_at=Now())
        audit.record(action="profile.retired", subject="exam_profile", subject_id=row.pk, name=row.name)
        row.refresh_from_db()
    return row


def _edition(
    actor: User, slug: str, given: Mapping[str, Any], *, based_on: str, replaces: ExamProfile | None = None
) -> ExamProfile:
    profile = profiles.read_profile({**given, "code": slug})
    problems = [*profiles.profile_flaws(profile), *_overlaps(slug, profile, replaces)]
    if problems:
        raise BadContent(problems=problems)
    edition = (ExamProfile.objects.filter(slug=slug).aggregate(last=Max("edition"))["last"] or 0) + 1
    if replaces is not None:
        ExamProfile.objects.filter(pk=replaces.pk).update(replaced_at=Now())
    dated = f"@{profile.valid_from:%Y-%m}" if profile.valid_from else ""
    return ExamProfile.objects.create(
        slug=slug,
        edition=edition,
        code=f"{slug}{dated}~{edition}",
        data=write_rules(profile),
        based_on=based_on,
        created_by_id=actor.pk,
        created_at=clock.now(),
        **{name: getattr(profile, name) for name in NAMED},
    )


def _overlaps(slug: str, profile: Profile, replaces: ExamProfile | None) -> list[Problem]:
    others = ExamProfile.objects.filter(slug=slug, replaced_at=None, retired_at=None)
    if replaces is not None:
        others = others.exclude(pk=replaces.pk)
    return [
        Problem("/valid_from", "overlapping_dates", f'On some days "{other.code}" holds too.')
        for other in others
        if (other.valid_until is None or profile.valid_from is None or profile.valid_from < other.valid_until)
        and (profile.valid_until is None or other.valid_from is None or other.valid_from < profile.valid_until)
    ]


def _lock_newest(actor: User, profile_id: uuid.UUID) -> ExamProfile:
    """The profile, its slug locked, if it may be changed."""
    entry = queries.get_profile_for(actor, profile_id)
    if entry.is_shipped:
        raise ProfileFixed
    _lock(entry.slug)
    row = queries.profiles_for(actor).filter(pk=profile_id).first()
    if row is None:
        raise ProfileNotFound
    if row.replaced_at is not None or row.retired_at is not None:
        raise ProfileFixed
    return row


def _lock(slug: str) -> None:
    """One change of a slug at a time: the dates of its profiles are compared, and editions are counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || %s))", [f":exam-profile:{slug}"])


def _wrong(pointer: str, code: str, detail: str) -> BadContent:
    return BadContent(problems=[Problem(pointer, code, detail)])


def _record(action: str, row: ExamProfile, before: ExamProfile | None, after: ExamProfile) -> None:
    audit.record(
        action=action,
        subject="exam_profile",
        subject_id=row.pk,
        name=row.name,
        before={"code": before.code} if before else None,
        after={"code": after.code},
    )
