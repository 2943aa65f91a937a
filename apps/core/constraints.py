"""Which rule of the database a write has broken."""

from __future__ import annotations

from django.db import IntegrityError


def broken_by(error: IntegrityError) -> str:
    """The name of the constraint that was in the way, as the model names it; nothing where the database names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
