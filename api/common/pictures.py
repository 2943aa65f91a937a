"""Pictures in answers: the absolute address of a file, signed, so that a page can show it without a token."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core import images


def picture_url(request: Any, name: str) -> str | None:
    """The address of the picture with this storage name at the host of ``request``; nothing where there is no picture."""
    if not name:
        return None
    path = images.picture_path(name, at=timezone.now(), tenant=request.tenant)
    return str(request.build_absolute_uri(path))


@extend_schema_field(OpenApiTypes.URI)
class PictureField(serializers.Field[Any, Any, Any, Any]):
    """A storage name, shown as an address or null. The serializer needs ``request`` in its context."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, name: str) -> str | None:
        return picture_url(self.context["request"], name)
