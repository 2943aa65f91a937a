"""How many answers one person may send: a steady rate, and on top of it a store for what was gathered offline.

Whoever has something left may send a whole batch, and owes what is missing; so no batch is ever too large to be sent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """What is left at a moment, by a clock that never goes back."""

    left: float
    at: float

    def take(self, count: int, *, at: float, rate: float, most: float) -> bool:
        """Use up so many; False, and nothing is used, if nothing is left."""
        self.left = min(most, self.left + max(at - self.at, 0.0) * rate)
        self.at = max(self.at, at)
        if self.left <= 0:
            return False
        self.left -= count
        return True
