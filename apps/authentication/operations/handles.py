"""Handles: tokens that stand for a step somebody is in the middle of. They live for minutes, here, for one purpose."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from apps.authentication import rules
from apps.authentication.models import Handle
from apps.core import clock


def issue(*, purpose: str, life: timedelta, user_id: uuid.UUID | None = None, data: dict[str, Any]) -> str:
    """A token for one purpose; what outlived is swept out with it."""
    at, token = clock.now(), rules.fresh_token()
    Handle.objects.filter(expires_at__lte=at).delete()
    Handle.objects.create(
        token_hash=rules.token_hash(token), purpose=purpose, user_id=user_id, data=data, expires_at=at + life
    )
    return token


def find(*, purpose: str, token: str) -> Handle | None:
    """What a token stands for, as long as it does."""
    return (
        Handle.objects.filter(token_hash=rules.token_hash(token), purpose=purpose, expires_at__gt=clock.now())
        .select_related("user")
        .first()
    )


def use_up(*, handle: Handle) -> bool:
    """Whether it was still there to be used: of many at once, one is told so."""
    removed, _ = Handle.objects.filter(pk=handle.pk).delete()
    return removed == 1
