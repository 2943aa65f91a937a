from __future__ import annotations

from typing import Any

import pytest

from apps.mail import operations


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: Any) -> None:
    """What one test learned of a mail server, the next does not know."""
    monkeypatch.setattr(operations, "_resting_until", 0.0)
