"""How much the files of a center take, whoever keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.db.models import BigIntegerField, F, Func, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

_measures: dict[str, Callable[[], int]] = {}
_counts: dict[str, Callable[[], int]] = {}
_SIZE: Final = r"-(\d{1,12})\.[a-z0-9]+$"


def measured(name: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Says that a function tells how many bytes an app keeps in the present center."""

    def remember(measure: Callable[[], int]) -> Callable[[], int]:
        _measures[name] = measure
        return measure

    return remember


def counted(name: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Says that a function tells how many files an app keeps in the present center."""

    def remember(count: Callable[[], int]) -> Callable[[], int]:
        _counts[name] = count
        return count

    return remember


def stored_files() -> int:
    """How many files the present center keeps; a picture and the smaller ones made of it are one."""
    return sum(count() for count in _counts.values())


def stored_bytes() -> int:
    """How much all files of the present center take. The same bytes are kept once, so they count once."""
    return sum(measure() for measure in _measures.values())


def size_in(name: str) -> int:
    """The size that stands in the name of a picture; 0 in older names."""
    found = re.search(_SIZE, name)
    return int(found[1]) if found else 0


def sum_of_names(rows: QuerySet, column: str) -> int:  # type: ignore[type-arg]
    """The sum of the sizes that stand in the names of a column."""
    size = Cast(Func(F(column), Value(_SIZE), function="substring"), BigIntegerField())
    return int(rows.order_by().aggregate(sum=Coalesce(Sum(size), 0))["sum"])
