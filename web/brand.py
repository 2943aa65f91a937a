"""What a page shows of the center at its host: name, colors that can be read, logo."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from apps.centers.rules import colors
from apps.centers.rules.colors import Palette
from apps.core import images, tenancy


@dataclass(frozen=True, slots=True)
class Brand:
    """``logo`` is the address of a picture, or empty; ``is_own`` tells a center from the platform."""

    name: str
    palette: Palette
    logo: str
    is_own: bool


def brand(request: HttpRequest) -> dict[str, object]:
    """For templates of any page. One that is shown before the center is known looks like the platform's."""
    tenant = getattr(request, "tenant", tenancy.PUBLIC)
    logo = images.picture_path(tenant.logo, at=timezone.now(), tenant=tenant) if tenant.logo else ""
    return {"brand": Brand(tenant.name, colors.palette(tenant.color), logo, is_own=not tenant.is_public)}
