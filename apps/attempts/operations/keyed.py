"""Doing once what is asked for twice: an answer that was lost on its way is asked for again under the same key."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from apps.attempts import errors
from apps.attempts.models import KeyedRequest
from apps.core import again, clock

if TYPE_CHECKING:
    from apps.authentication.models import User

KEPT: Final = timedelta(days=30)


@again.when_crossed
def once(
    *,
    actor: User,
    scope: uuid.UUID,
    key: uuid.UUID,
    kind: str,
    given: Mapping[str, Any],
    check: Callable[[], object],
    work: Callable[[], Any],
) -> Any:
    """Do ``work`` and keep its answer, which is something that JSON can say; under a key that the room or attempt ``scope``
    knows already give the answer of then, and do nothing. Whoever asks at the same moment waits for the first. What was
    refused is not kept: the same key may try again.

    ``check`` refuses whoever may not hear that answer any more. Refuses a key that somebody else has used, or that was used
    for something else.
    """
    digest = _digest(actor.pk, kind, given)
    with transaction.atomic():
        known, is_new = KeyedRequest.objects.get_or_create(scope=scope, key=key, defaults={"digest": digest})
        if not is_new:
            check()
            if known.digest != digest:
                raise errors.KeyReused
            return known.answer
        answer = work()
        KeyedRequest.objects.filter(pk=known.pk).update(answer=answer)
    return answer


def forget_keys(*, at: datetime | None = None) -> int:
    """Drop what was asked for a month ago: nobody waits for its answer any more. Returns how many."""
    count, _ = KeyedRequest.objects.filter(asked_at__lt=(at or clock.now()) - KEPT).delete()
    return count


def _digest(actor_id: uuid.UUID, kind: str, given: Mapping[str, Any]) -> str:
    text = json.dumps([str(actor_id), kind, given], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
