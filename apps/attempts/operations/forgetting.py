from __future__ import annotations

import uuid

from django.db import transaction

from apps.attempts.models import Attempt, TimeGrant, Whereabouts


def forget_person(*, user_id: uuid.UUID) -> None:
    """Take away why time was given to somebody, which may tell of their health, and from where they sat last. Answers, marks
    and what the screen noticed stay: they name nobody. Again without effect."""
    with transaction.atomic():
        TimeGrant.objects.filter(attempt__student=user_id).exclude(reason="").update(reason="")
        Attempt.objects.filter(student=user_id).exclude(pause_reason="").update(pause_reason="")
        Whereabouts.objects.filter(attempt__student=user_id).delete()
