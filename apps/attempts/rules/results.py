"""What a result shows: shares of what was possible."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_CENT: Final = Decimal("0.01")


def percentage(score: Decimal, max_score: Decimal) -> Decimal:
    """``score`` in percent of ``max_score``, two decimals, half up; nothing to win is 0."""
    if max_score <= 0:
        return Decimal("0.00")
    return (score * 100 / max_score).quantize(_CENT, ROUND_HALF_UP)


def is_passed(score: Decimal, max_score: Decimal, percent: Decimal | None) -> bool | None:
    """Whether ``score`` is at least ``percent`` of ``max_score``, exactly and not as it is shown; nothing to say without a
    percentage."""
    return None if percent is None else score * 100 >= max_score * percent
