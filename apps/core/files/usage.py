"""How much the files of a center take, whoever keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from django.db import connection
from django.db.models import BigIntegerField, Expression, F, Func, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

_SIZE: Final = r"-(\d{1,12})\.[a-z0-9]+$"

Sizes: TypeAlias = QuerySet[Any, tuple[Any, ...]]
"""Rows of bytes, and of how many files these count as."""

_kinds: list[Callable[[], Sizes]] = []


@dataclass(frozen=True, slots=True)
class Stored:
    """What a center keeps: bytes, and files. A picture and the smaller ones made of it are one file."""

    bytes: int
    files: int


def kept(rows: Callable[[], Sizes]) -> Callable[[], Sizes]:
    """Says that a function gives the files of one kind that an app keeps in the present center, as ``sized`` makes them."""
    _kinds.append(rows)
    return rows


def sized(rows: QuerySet[Any], size: str | Expression, *, files: int = 1) -> Sizes:
    """One row for each of these: its bytes (a column, or what gives them), and how many files it counts as."""
    return rows.order_by().values_list(
        Cast(F(size) if isinstance(size, str) else size, BigIntegerField()), Cast(Value(files), BigIntegerField())
    )


def size_in_name(column: str) -> Expression:
    """The size that stands in the name of a picture; 0 in older names."""
    return Coalesce(Cast(Func(F(column), Value(_SIZE), function="substring"), BigIntegerField()), 0)


def stored() -> Stored:
    """What the present center keeps, in one statement. The same bytes are kept once, so they count once."""
    first, *rest = (rows() for rows in _kinds)
    rows, given = first.union(*rest, all=True).query.sql_with_params()
    sums = f"SELECT coalesce(sum(bytes), 0), coalesce(sum(files), 0) FROM ({rows}) AS kept (bytes, files)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sums, given)
        stored_bytes, files = cursor.fetchone()
    return Stored(int(stored_bytes), int(files))
