"""Keys of clients' own making: what is sent again under the same key is answered alike and done no second time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from api.common.requests import Request
from api.common.serializers import StrictSerializer
from apps.attempts.operations import keyed

if TYPE_CHECKING:
    from apps.authentication.models import User

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"

KEY_HEADER = OpenApiParameter(
    HEADER, OpenApiTypes.UUID, OpenApiParameter.HEADER, description=f"The same as `{FIELD}` in the body; one is enough."
)


class KeyedIn(StrictSerializer):
    """Something that may carry a key."""

    idempotency_key = serializers.UUIDField(
        required=False,
        help_text="Of your own making. Sent again with the same one, for instance because the answer was lost, it is"
        " answered alike and done no second time; kept for a month.",
    )


def read_key(request: Request, given: dict[str, Any]) -> uuid.UUID | None:
    """Take the key out of what was given, or out of its header; refuses a header that holds none, and two keys."""
    key: uuid.UUID | None = given.pop(FIELD, None)
    said = request.headers.get(HEADER, "").strip()
    if not said:
        return key
    try:
        named = uuid.UUID(said.strip('"'))
    except ValueError:
        raise serializers.ValidationError({FIELD: [f"{HEADER} is not a UUID."]}, code="invalid") from None
    if key is not None and key != named:
        raise serializers.ValidationError({FIELD: [f"{HEADER} names another key."]}, code="invalid")
    return named


def answer_once(
    request: Request,
    *,
    scope: uuid.UUID,
    kind: str,
    given: dict[str, Any],
    check: Callable[[], object],
    work: Callable[[dict[str, Any]], Any],
) -> Any:
    """What ``work`` answers to what was ``given``, or, under a key that is known already, what it answered then."""
    key = read_key(request, given)
    return once(actor=request.user, scope=scope, key=key, kind=kind, given=given, check=check, work=work)


def once(
    *,
    actor: User,
    scope: uuid.UUID,
    key: uuid.UUID | None,
    kind: str,
    given: dict[str, Any],
    check: Callable[[], object],
    work: Callable[[dict[str, Any]], Any],
) -> Any:
    """The same where the key is at hand already, if there is one."""
    if key is None:
        return work(given)
    return keyed.once(actor=actor, scope=scope, key=key, kind=kind, given=given, check=check, work=lambda: work(given))
