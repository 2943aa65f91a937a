"""What stands beside the furniture of a center: things that only some operations are about."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.assignments.models import HomeworkItem
from apps.audit import operations as audit
from apps.audit.models import Entry
from apps.authentication.models import Acting, Identity, IdentityProvider, Session, User
from apps.authentication.operations import people
from apps.centers.models import CenterAdmin
from apps.centers.operations import contacts
from apps.core import tenancy
from apps.core.tenancy import Tenant
from apps.jobs.models import Job
from apps.mail.models import Mail
from apps.mock_tests.models import Paper
from apps.notifications.models import Notice
from tests.cast import Cast

Ids = dict[str, Any]
"""Keys by the part of the path before them, or by the operation where that is not enough; several for a path of several."""


def of_center(cast: Cast, tenant: Tenant, student: User, admin: User) -> Ids:
    """Of one center; all personal things are the student's."""
    with tenancy.enter(tenant):
        provider = IdentityProvider.objects.create(
            slug="campus", name="Campus", issuer="https://id.example.com", client_id="shiken"
        )
        gone = cast.person("Gwen", "STUDENT", tenant)
        people.delete_person(actor=admin, user_id=gone.pk)
        found: dict[str, Any] = {
            "acting": Acting.objects.create(
                owner_id=cast.olga.pk,
                reason="to look",
                minutes=9,
                admin=admin,
                code_hash=tenant.slug,
                code_expires_at=timezone.now() + timedelta(minutes=5),
            ),
            "audit": _recorded(admin),
            "auth/identities": Identity.objects.create(
                user=student, provider=provider, issuer=provider.issuer, subject="1", email=student.email
            ),
            "identity-providers": provider,
            "tasks": Job.objects.create(kind="dig", title="A pit", asked_by=student.pk),
            "users_restore": gone,
        }
        item = HomeworkItem.objects.latest("homework__created_at")
        paper = Paper.objects.filter(test__kind="MOCK_TEST").latest("published_at")
    ids = {name: row.pk for name, row in found.items()}
    return (
        ids
        | {"audit": found["audit"].uid, "homework_start": (item.homework_id, item.pk)}
        | {"mock_tests_paper_changes": (paper.test_id, paper.number)}
    )


def of_main_host(cast: Cast, center: uuid.UUID, acting: uuid.UUID) -> Ids:
    """The same of the main host; all personal things are Olga's."""
    with tenancy.enter(tenancy.PUBLIC):
        found: dict[str, Any] = {
            "audit": _recorded(cast.olga),
            "auth/sessions": Session.objects.filter(user_id=cast.olga.pk).latest("created_at"),
            "notifications": Notice.objects.create(
                user_id=cast.olga.pk, notification_type="EXAM_OPENED", message="To Olga"
            ),
            "owner-contact-requests": contacts.ask(
                center_name="Sakura", full_name="Wendy", phone_number="+998901234567"
            ),
            "mails": Mail.objects.create(
                schema_name="public", letter="rejected", to=cast.olga.email, key="matrix", about={}, status="DEAD"
            ),
            "tasks": Job.objects.create(kind="dig", title="A pit", asked_by=cast.olga.pk),
        }
        director = CenterAdmin.objects.get(center=center, person_id=cast.dora.pk)
    ids = {name: row.pk for name, row in found.items()} | {"audit": found["audit"].uid}
    ids |= {"owner-centers": center, "owner-subscriptions": center, "owner-center-admins": director.pk}
    return ids | {"owner_centers_act_as_end": (center, acting)}


def _recorded(person: User) -> Entry:
    with transaction.atomic():
        audit.record(action="group.renamed", subject="group", subject_id=uuid.uuid4(), name=person.first_name)
    return Entry.objects.latest("id")
