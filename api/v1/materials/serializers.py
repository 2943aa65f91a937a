from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from api.common import links
from api.common.filters import Filters, Order, Search
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer
from apps.core import clock
from apps.materials import rules

MOST_GROUPS = 200
NO_VALUES = {"", "null", "undefined"}
"""How forms write that they have no value."""
OTHER = "OTHER"
FILE_TYPES = [*rules.FILE_TYPES, rules.LINK]


# -- in --------------------------------------------------------------------------------------------------------------


class Said(serializers.BooleanField):
    """True or false if it was said; a form that leaves it out says nothing."""

    default_empty_html = empty


class Ignored(serializers.Field[Any, Any, Any, Any]):
    """What forms send along and nobody needs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, write_only=True, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return None


@extend_schema_field(OpenApiTypes.STR)
class IgnoredText(Ignored):
    """As the document names it."""


@extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
class CategoryId(serializers.UUIDField):
    """The id of a category; null, an empty text and the texts "null" and "undefined" stand for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(None if isinstance(data, str) and data.strip() in NO_VALUES else data)


class GroupIds(BoundedList):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.UUIDField(), max_length=MOST_GROUPS, required=False, **kwargs)


class CategoryIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    is_public = Said(required=False, help_text="For all students. Absent: yes if it is for no group in particular.")
    group_ids = GroupIds(help_text="Groups that may see it.")
    file_type = IgnoredText(help_text="Has no meaning here.")
    category_id = IgnoredText(help_text="Has no meaning here.")

    def changes(self) -> dict[str, Any]:
        """What was said."""
        return {name: value for name, value in self.validated_data.items() if name not in ("file_type", "category_id")}


class SharedIn(StrictSerializer):
    """What files and links have in common."""

    name = serializers.CharField(max_length=200)
    category_id = CategoryId(help_text="Its access counts for what is in it.")
    is_public = Said(required=False, help_text="Outside of categories: for all students. Absent: yes if for no group.")
    group_ids = GroupIds(help_text="Outside of categories: groups that may see it.")


class MaterialLinkIn(SharedIn):
    link = serializers.URLField(max_length=rules.LONGEST_LINK, help_text="http or https.")

    def changes(self) -> dict[str, Any]:
        """What was said."""
        return dict(self.validated_data)


class MaterialIn(SharedIn):
    file = serializers.FileField(required=False, help_text="PDF, DOCX, a recording or a picture, up to 50 MB.")
    link = serializers.CharField(required=False, max_length=rules.LONGEST_LINK, help_text="In place of a file.")
    file_type = serializers.ChoiceField(
        [*FILE_TYPES, OTHER], required=False, help_text="Must be what the content says, if it is given."
    )

    def changes(self) -> dict[str, Any]:
        """What was said, with the bytes of the file."""
        given = dict(self.validated_data)
        if given.get("file_type") == OTHER:
            del given["file_type"]
        if "file" in given:
            given |= {"file_name": given["file"].name or "", "file": given["file"].read()}
        # A page that was opened without a category says nothing of where a material lies.
        if self.partial and self.initial_data.get("category_id") == "undefined":
            del given["category_id"]
        return given


class CategoryFilters(Filters):
    search = Search(help_text="Words in name or description.")
    ordering = Order(["name", "created_at", "updated_at"])


class MaterialFilters(Filters):
    search = Search(help_text="Words in the name.")
    file_type = serializers.ChoiceField([*FILE_TYPES, OTHER], required=False, help_text="OTHER: links.")
    category = CategoryId()
    is_public = serializers.BooleanField(required=False)
    ordering = Order(["name", "created_at", "updated_at", "file_type"])


class FileQuery(StrictSerializer):
    expires = serializers.CharField(max_length=12)
    sig = serializers.CharField(max_length=60)


# -- out -------------------------------------------------------------------------------------------------------------


class SharerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")
    avatar = PictureField()
    email = serializers.SerializerMethodField(help_text="For staff.")

    def get_email(self, person: Any) -> str | None:
        return person.email if self.context["request"].user.is_center_staff else None


class MaterialGroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class CategoryOut(serializers.Serializer[Any]):
    """A folder of materials."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    count = serializers.IntegerField(help_text="Materials in it.")
    is_public = serializers.BooleanField(help_text="For every student of the center.")
    groups = MaterialGroupOut(many=True, help_text="Groups that may see it, as far as you see them.")
    created_by = SharerOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MaterialOut(serializers.Serializer[Any]):
    """A file or a link that is handed out."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    file = serializers.SerializerMethodField(help_text="Where it is: a signed address that expires, or the link.")
    file_type = serializers.ChoiceField(FILE_TYPES)
    file_name = serializers.CharField(help_text="As it was called when it was uploaded.")
    size = serializers.IntegerField(source="file.size", default=None, allow_null=True, help_text="Bytes.")
    media_type = serializers.CharField(source="file.media_type", default=None, allow_null=True)
    seconds = serializers.FloatField(source="file.seconds", default=None, allow_null=True, help_text="Of a recording.")
    category = serializers.UUIDField(source="category_id", allow_null=True)
    is_public = serializers.SerializerMethodField(help_text="For every student: the category's word, if it is in one.")
    groups = serializers.SerializerMethodField(help_text="Groups that may see it, as far as you see them.")
    created_by = SharerOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_file(self, row: Any) -> str:
        if row.file_type == rules.LINK:
            return str(row.link)
        until = clock.now() + timedelta(seconds=settings.SHIKEN_FILE_LINK_SECONDS)
        return links.sign_material(self.context["request"], uuid.UUID(str(row.pk)), until)

    def get_is_public(self, row: Any) -> bool:
        return bool((row.category or row).is_public)

    @extend_schema_field(MaterialGroupOut(many=True))
    def get_groups(self, row: Any) -> Any:
        return MaterialGroupOut((row.category or row).groups.all(), many=True).data
