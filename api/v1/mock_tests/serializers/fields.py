"""How text, numbers and files of tests are read and shown."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from api.common import links
from api.common.links import unsign_html
from api.common.serializers import StrictSerializer
from apps.core import clock
from apps.mock_tests.rules.files.media import media_id_in
from apps.mock_tests.rules.texts import richtext

MOST_TAGS_IN_TEXT = 2_000
LONGEST_LINK = 500
MOST = 100_000


def with_links(request: Any) -> dict[str, Any]:
    """The context of outputs that show media: an author's links last for a working session."""
    return {"sign": links.media_signer(request, clock.now() + links.LAST)}


class HtmlIn(serializers.CharField):
    """Rich text; addresses of the media gate become references again, and what is not allowed is removed on saving."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "max_length": MOST, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text = unsign_html(super().to_internal_value(data))
        if text.count("<") > MOST_TAGS_IN_TEXT:
            raise serializers.ValidationError("This text has too many tags.", code="max_tags")
        return text


@extend_schema_field(OpenApiTypes.STR)
class MediaIn(serializers.Field[uuid.UUID | None, Any, Any, Any]):
    """A key from ``media-uploads``, an address of the media gate, or null (or an empty text) for no file."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> uuid.UUID | None:
        if data == "":
            return None
        media_id = media_id_in(data[:LONGEST_LINK]) if isinstance(data, str) else ""
        if not media_id:
            raise serializers.ValidationError("This is not the key of an uploaded file.", code="unknown_media")
        return uuid.UUID(media_id)


class NumberIn(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "min_value": 0, "max_value": MOST, **kwargs})


class ShareIn(serializers.DecimalField):
    """A share of the marks, -1 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=10, min_value=Decimal(-1), max_value=Decimal(1), **kwargs)


class MediaOut(serializers.Field[Any, Any, str | None, Any]):
    """The signed address of a file, or null."""

    def to_representation(self, value: Any) -> str | None:
        return self.context["sign"](str(value)) if value else None


@extend_schema_field(serializers.URLField(allow_null=True))
class MediaLink(MediaOut):
    """As the document names it."""


class HtmlOut(serializers.CharField):
    def to_representation(self, value: str) -> str:
        return richtext.replace_media(value, self.context["sign"])


class WholeSerializer(StrictSerializer):
    """Something that is always sent whole: in a change, too, what is required is missed and defaults stand in."""

    def run_validation(self, data: Any = empty) -> Any:
        if self.root is self or not isinstance(data, dict):
            return super().run_validation(data)
        alone = type(self)(data=data)
        alone.is_valid(raise_exception=True)
        return alone.validated_data
