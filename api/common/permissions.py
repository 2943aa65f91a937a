"""Default deny: an operation that has no row in ``api/policies.py`` is refused to everybody."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api import policies
from apps.core.errors import NotWhileActing

ANYBODY = frozenset({policies.EVERYBODY})


def action_of(view: Any, method: str) -> str:
    """What the table calls the operation that ``view`` would run for ``method``."""
    return getattr(view, "action", None) or {"head": "get"}.get(method.lower(), method.lower())


def declared_policy(view: Any, method: str) -> frozenset[str] | None:
    """Who may run the operation that ``view`` would run for ``method``, or nothing if it has no row."""
    rule = policies.find(getattr(view, "resource", ""), action_of(view, method))
    return rule.roles if rule else None


def is_served(view: Any, method: str) -> bool:
    """Whether ``view`` has an operation for this method. What it has not goes on to its 405, whoever asks, and ``OPTIONS``
    to the list of methods."""
    if method == "OPTIONS":
        return False
    return view.action is not None if hasattr(view, "action") else hasattr(view, method.lower())


class DeclaredPolicy(BasePermission):
    """Lets in whom the operation's row names, and nobody where there is none."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = request.method or ""
        if not is_served(view, method):
            return True
        policy = declared_policy(view, method)
        if policy is None:
            return False
        if policy == ANYBODY:
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        is_acting = getattr(request.auth, "acting_id", None) is not None
        if is_acting and policies.is_personal(getattr(view, "resource", ""), action_of(view, method)):
            raise NotWhileActing
        return request.user.role in policy
