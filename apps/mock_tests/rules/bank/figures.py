"""How takers of a paper did with an item of the bank, as sums that can be added up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Sums over the graded attempts at one paper that count. ``rest`` is what an attempt earned with all other items."""

    paper_id: uuid.UUID
    item: uuid.UUID
    version_id: uuid.UUID
    score: Decimal
    seen: int
    blank: int
    marks: Decimal
    marks_squared: Decimal
    rest: Decimal
    rest_squared: Decimal
    marks_by_rest: Decimal
    timed: int
    seconds: float
