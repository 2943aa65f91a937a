"""The fields that only one type of question has, as its folder declares them: how they are sent and shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from rest_framework import serializers

from api.v1.mock_tests.serializers.fields import HtmlIn, HtmlOut, WholeSerializer
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import ItemType, plain
from apps.mock_tests.rules.types.fields import LONGEST_LINE, Field
from apps.mock_tests.rules.types.registry import TYPES

Made = serializers.Field[Any, Any, Any, Any]


def title_of(name: str) -> str:
    """A name as part of the name of a component."""
    return "".join(word.title() for word in name.split("_"))


def all_fields() -> dict[str, Field]:
    """Those of all types; two types that use one name mean the same."""
    return {field.name: field for item_type in TYPES.values() for field in item_type.fields}


def fields_in(fields: Iterable[Field]) -> dict[str, Made]:
    """How they are sent."""
    return {field.name: _in(field) for field in fields}


def fields_out(fields: Iterable[Field]) -> dict[str, Made]:
    """How they are shown to whoever may see the key."""
    return {field.name: _out(field) for field in fields}


def shown_out(item_type: ItemType) -> dict[str, Made]:
    """How those are shown that takers see."""
    return fields_out(field for field in item_type.fields if field.shown)


def render(item_type: ItemType, own: Any, context: Any) -> dict[str, Any]:
    """The fields of one question."""
    return dict(_shape_of(item_type)(own_fields.filled(item_type.fields, own), context=context).data)


@cache
def _shape_of(item_type: ItemType) -> type[serializers.Serializer[Any]]:
    return type("OwnOut", (serializers.Serializer,), fields_out(item_type.fields))


def as_json(value: Any) -> Any:
    """What was sent, as rules know it: decimals are strings."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: as_json(inner) for name, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, list) else value


def _in(field: Field) -> Made:
    # What is required is said by the rules, with all other reasons at once.
    known: dict[str, Any] = {"required": False, "help_text": field.help or None}
    bounds: dict[str, Any] = {"min_value": field.least, "max_value": field.most}
    match field.kind:
        case "html":
            return HtmlIn(help_text=known["help_text"])
        case "line":
            return serializers.CharField(allow_blank=True, max_length=LONGEST_LINE, **known)
        case "integer":
            return serializers.IntegerField(allow_null=True, **bounds, **known)
        case "decimal":
            bounds = {name: None if bound is None else Decimal(bound) for name, bound in bounds.items()}
            return serializers.DecimalField(max_digits=12, decimal_places=3, allow_null=True, **bounds, **known)
        case "boolean":
            return serializers.BooleanField(allow_null=True, **known)
        case "choice":
            return serializers.ChoiceField(list(field.choices), **known)
    inner = _inner_in(field)
    if field.kind == "list":
        return inner(many=True, max_length=field.most, **known)  # type: ignore[call-arg]
    return inner(**known)


def _out(field: Field) -> Made:
    known: dict[str, Any] = {"help_text": field.help or None}
    match field.kind:
        case "html":
            return HtmlOut(**known)
        case "line" | "choice":
            return serializers.CharField(**known)
        case "integer":
            return serializers.IntegerField(allow_null=True, **known)
        case "decimal":
            return serializers.DecimalField(max_digits=12, decimal_places=3, allow_null=True, **known)
        case "boolean":
            return serializers.BooleanField(allow_null=True, **known)
    return _inner_out(field)(many=field.kind == "list", **known)


# One class for one field, or the pages of the API would have to tell two of one name apart.


@cache
def _inner_in(field: Field) -> type[WholeSerializer]:
    return type(f"Question{title_of(field.name)}In", (WholeSerializer,), fields_in(field.fields))


@cache
def _inner_out(field: Field) -> type[serializers.Serializer[Any]]:
    return type(f"Question{title_of(field.name)}Out", (serializers.Serializer,), fields_out(field.fields))
