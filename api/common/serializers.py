"""Shapes that refuse what they do not know."""

from __future__ import annotations

import itertools
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.authentication.rules.roster import is_phone

MOST_TOLD = 20


class StrictSerializer(serializers.Serializer[Any]):
    """Input: a field that is not declared is refused by name, so nothing is silently ignored or mass-assigned."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            # All of them could be hundreds of thousands, and each is told of in words.
            unknown = list(itertools.islice((name for name in data if name not in self.fields), MOST_TOLD))
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: [ErrorDetail("This field is not known here.", code="unknown_field")]
                        for name in sorted(unknown)
                    }
                )
        # Of a change only the outermost object may leave fields out: those inside replace what was there, so they are whole.
        root = self.root
        if root is self or not getattr(root, "partial", False):
            return super().to_internal_value(data)
        root.partial = False
        try:
            return super().to_internal_value(data)
        finally:
            root.partial = True


class BoundedList(serializers.ListField):
    """A list that is refused for its length before anybody looks at what is in it."""

    def to_internal_value(self, data: Any) -> Any:
        if self.max_length is not None and isinstance(data, list) and len(data) > self.max_length:
            message = self.error_messages["max_length"].format(max_length=self.max_length)
            raise serializers.ValidationError(message, code="max_length")
        return super().to_internal_value(data)

    def run_child_validation(self, data: Any) -> Any:
        """As the parent's, but it gives up where enough has been found wrong."""
        found: list[Any] = []
        flaws: dict[Any, Any] = {}
        for place, item in enumerate(data):
            try:
                found.append(self.child.run_validation(item))
            except serializers.ValidationError as flaw:
                flaws[place] = flaw.detail
                if len(flaws) == MOST_TOLD:
                    break
        if flaws:
            raise serializers.ValidationError(flaws)
        return found


class PhoneField(serializers.CharField):
    """A telephone number as people write it: digits, spaces, hyphens, dots, brackets, a plus in front. Empty: none."""

    default_error_messages = {"invalid_phone": "Write a telephone number, like +998 90 123 45 67."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if value and not is_phone(value):
            self.fail("invalid_phone")
        return value
