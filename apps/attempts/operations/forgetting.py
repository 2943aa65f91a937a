from __future__ import annotations

import uuid

from django.db import transaction

from apps.attempts.models import TimeGrant


def forget_person(*, user_id: uuid.UUID) -> None:
    """Take away why time was given to somebody, which may tell of their health. Answers, marks and what the screen noticed
    stay: they name nobody. Again without effect."""
    with transaction.atomic():
        TimeGrant.objects.filter(attempt__student=user_id).exclude(reason="").update(reason="")
