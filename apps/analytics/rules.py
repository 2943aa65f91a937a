"""How growth is told, when a center is near a limit, and how it fares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

WAIT_SECONDS = 10
"""For so long changes are gathered before a center counts itself."""
GROWTH_DAYS = 30
NEAR = Decimal("0.8")


def growth(now: float | Decimal, then: float | Decimal) -> float | None:
    """By how many per cent something grew, with one decimal; nothing where there was nothing to grow from."""
    if not then:
        return None
    share = (Decimal(now) - Decimal(then)) * 100 / Decimal(then)
    return float(share.quantize(Decimal("0.1"), ROUND_HALF_UP))


def percent(part: Decimal, whole: Decimal) -> float | None:
    """A share in per cent with two decimals, never below nothing; nothing of no whole."""
    if not whole:
        return None
    share = max(Decimal(0), Decimal(part) * 100 / Decimal(whole))
    return float(share.quantize(Decimal("0.01"), ROUND_HALF_UP))


def use(limits: Mapping[str, int | None], used: Mapping[str, int]) -> dict[str, dict[str, int | float | bool | None]]:
    """Each limit beside what is used of it."""
    told: dict[str, dict[str, int | float | bool | None]] = {}
    for name, limit in limits.items():
        have = used.get(name, 0)
        share = None if limit is None else percent(Decimal(have), Decimal(limit)) if limit else 100.0
        told[name] = {
            "limit": limit,
            "used": have,
            "left": None if limit is None else max(0, limit - have),
            "percent": share,
            "is_near": limit is not None and have >= NEAR * limit,
        }
    return told


def every_day(first: date, last: date) -> list[date]:
    """The days from one to another, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def sparkline(values: Sequence[int], width: int = 240, height: int = 40) -> str:
    """The points of a line through these values, for an SVG of this size; level where they are all equal."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span, step = (high - low) or 1, width / max(1, len(values) - 1)
    base = height / 2 if high == low else height
    return " ".join(
        f"{index * step:.1f},{base - (value - low) * height / span:.1f}" for index, value in enumerate(values)
    )
