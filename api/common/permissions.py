"""Default deny: an operation that declares no policy is refused to everybody.

A view writes ``policy = {"list": STAFF, "start": STUDENTS}`` (or ``{"get": …}`` for plain views); the same table feeds
the OpenAPI document (``x-roles``) and the test that walks every operation with every kind of person.
"""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

OWNER, CENTER_ADMIN, TEACHER, STUDENT, GUEST = "OWNER", "CENTER_ADMIN", "TEACHER", "STUDENT", "GUEST"

Policy = frozenset[str]
ANYBODY: Policy = frozenset({"ANYBODY"})
OWNERS: Policy = frozenset({OWNER})
ADMINS: Policy = frozenset({CENTER_ADMIN})
STAFF: Policy = frozenset({CENTER_ADMIN, TEACHER})
TAKERS: Policy = frozenset({STUDENT, GUEST})
MEMBERS: Policy = STAFF | TAKERS
SIGNED_IN: Policy = MEMBERS | OWNERS


def declared_policy(view: Any, method: str) -> Policy | None:
    """The policy of the operation that ``view`` would run for ``method``, or nothing if none is declared."""
    action = getattr(view, "action", None) or method.lower()
    policy: dict[str, Policy] = getattr(view, "policy", {})
    return policy.get(action)


class DeclaredPolicy(BasePermission):
    """Lets in whom the operation's policy names, and nobody where there is none."""

    def has_permission(self, request: Request, view: Any) -> bool:
        policy = declared_policy(view, request.method or "")
        if policy is None:
            # A method that is not served here goes on to its 405.
            return getattr(view, "action", "") is None
        if policy == ANYBODY:
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return request.user.role in policy
