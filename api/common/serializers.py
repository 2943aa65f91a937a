"""Shapes that refuse what they do not know."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail


class StrictSerializer(serializers.Serializer[Any]):
    """Input: a field that is not declared is refused by name, so nothing is silently ignored or mass-assigned."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: [ErrorDetail("This field is not known here.", code="unknown_field")]
                        for name in sorted(unknown)
                    }
                )
        return super().to_internal_value(data)
