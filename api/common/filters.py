"""The query string of a list: known parameters with checked values, and an order from a short list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from api.common.requests import Request
from api.common.serializers import StrictSerializer

PAGING = {"page", "page_size"}


class Filters(StrictSerializer):
    """Subclasses declare the parameters of a list; any other one is refused. An empty value is no value."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The values that were given."""
        given = request.query_params.items()
        shape = cls(data={name: value for name, value in given if name not in PAGING and value != ""})
        shape.is_valid(raise_exception=True)
        return dict(shape.validated_data)


class Search(serializers.CharField):
    """Words to look for."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=100, **kwargs)


class Order(serializers.ChoiceField):
    """One of ``names``, or one of them after a minus."""

    def __init__(self, names: Iterable[str] = (), **kwargs: Any) -> None:
        self.names = tuple(names)
        choices = [choice for name in self.names for choice in (name, f"-{name}")]
        super().__init__(choices, required=False, **kwargs)
