"""What a center's own admins change of it: its face, never its status, plan or slug."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.errors import CenterRefused
from apps.centers.models import Center
from apps.centers.operations import centers
from apps.centers.queries import centers as queries
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import profile as rules
from apps.core import images, tenancy
from apps.core.errors import Problem


def change_profile(*, changes: Mapping[str, str]) -> Center:
    """Change name, details, language, time zone or registration of the present center; what is absent stays. Refuses
    whatever else there is to change, and values that no page could show."""
    if "status" in changes:
        raise CenterRefused(problems=[Problem("/status", "unknown_field", "This cannot be set.")])
    return centers.update_center(center_id=tenancy.current().id, changes=changes)


def set_logo(*, data: bytes) -> Center:
    """Show this picture as the present center's logo, made anew from its pixels. Refuses what is no picture."""
    content, suffix = images.clean_image(data, edge=rules.LOGO_EDGE)
    limits.check_room(adding=len(content))
    return _replace_logo(images.write_picture(kind="logo", content=content, suffix=suffix))


def remove_logo() -> Center:
    """Show no logo any more."""
    return _replace_logo("")


def _replace_logo(name: str) -> Center:
    center_id = tenancy.current().id
    try:
        with transaction.atomic():
            center = Center.objects.select_for_update(no_key=True).get(pk=center_id)
            images.drop_pictures([center.logo])
            Center.objects.filter(pk=center_id).update(logo=name, updated_at=Now())
            audit.record(
                action="center.logo_changed" if name else "center.logo_removed",
                subject="center",
                subject_id=center_id,
                name=center.name,
            )
    except BaseException:
        images.remove_now([name] if name else [])
        raise
    tenancy.forget()
    return queries.get_center(center_id=center_id)
