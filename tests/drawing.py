"""How much tests of properties draw: some examples with the suite, all of them with ``make properties``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

WHOLE = bool(os.environ.get("WHOLE_PROPERTIES"))


def up_to(most: int) -> int:
    """So many examples, or a quarter of them."""
    return most if WHOLE else max(most // 4, 10)


def set_up() -> None:
    """For properties that say nothing themselves. How long an example takes says more of the machine than of the code."""
    settings.register_profile(
        "house", max_examples=up_to(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("house")
