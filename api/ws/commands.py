"""Commands over sockets: each does what its HTTP twin does, with the checks of that one and its refusals."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import DatabaseError
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api import policies
from api.common import errors
from apps.authentication import queries as people
from apps.core.errors import Forbidden, Refusal

if TYPE_CHECKING:
    from apps.authentication.models import User

Done = TypeVar("Done")

_TOLD = ("code", "detail", "errors", "details")
_LONGEST_ID = 64
_LARGEST_ID = 2**63


def plain(value: object) -> object:
    """What the client called its message, as far as it can be given back."""
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_ID else None
    return value if isinstance(value, str) and len(value) <= _LONGEST_ID else None


def about(message: Mapping[str, Any]) -> dict[str, Any]:
    """Which message an answer is to."""
    return {"of": message["type"], "id": plain(message.get("id"))}


def fields_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says beside that: the body of the HTTP request."""
    return {name: value for name, value in message.items() if name not in ("type", "id")}


def read(shape: type[serializers.Serializer[Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The same, checked as a request's body is."""
    found = shape(data=given)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def obey(
    user_id: uuid.UUID, twin: tuple[str, str], work: Callable[[User], Done]
) -> tuple[Done, None] | tuple[None, dict[str, Any]]:
    """Do something for a person whom the table lets do it over HTTP (``twin``: resource and action): what came of it, or
    why not, as HTTP says it."""
    try:
        actor = people.get_user(user_id=user_id)
        if actor.role not in (policies.find(*twin) or policies.NOBODY).roles:
            raise Forbidden
        return work(actor), None
    except (Refusal, ValidationError, DatabaseError) as error:
        answer = errors.problem_handler(error, {})
        assert answer is not None
        return None, {name: answer.data[name] for name in _TOLD if name in answer.data}
