"""What a center shows of itself, in answers of its own host and of the main one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from rest_framework import serializers

from apps.centers.queries import centers as queries
from apps.centers.rules import colors
from apps.core import images
from apps.core.tenancy import Tenant

if TYPE_CHECKING:
    from apps.centers.models import Center


def logo_url(center: Center) -> str | None:
    """The signed address of a center's logo, at the center's own host; nothing where there is none."""
    return picture_at(center, center.logo)


def picture_at(center: Center, name: str) -> str | None:
    """The same for any picture of the center, by its storage name."""
    if not name:
        return None
    tenant = Tenant(center.pk, center.schema_name, center.name, center.slug, center.status, is_ready=True)
    return queries.address_at(center, images.picture_path(name, at=timezone.now(), tenant=tenant))


class BrandOut(serializers.Serializer[Any]):
    """Colors of a center that can be read: ``text`` on ``color``, ``accent`` on white and white on ``accent``."""

    color = serializers.CharField()
    text = serializers.CharField()
    accent = serializers.CharField()
    soft = serializers.CharField()


def brand_of(color: str) -> dict[str, str]:
    """The same as plain values."""
    found = colors.palette(color)
    return {"color": found.color, "text": found.text, "accent": found.accent, "soft": found.soft}
