"""A client that speaks to a center's host as one of the cast."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from rest_framework.test import APIClient

from api.common import tokens
from apps.authentication.models import Session, User
from apps.core import tenancy
from apps.core.tenancy import Tenant

PREFIX = "/api/v1/"


def host_of(tenant: Tenant) -> str:
    return "localhost" if tenant.is_public else f"{tenant.slug}.localhost"


def access_token(user: User, tenant: Tenant | None = None) -> str:
    """A token of a fresh session, without the cost of hashing a password."""
    tenant = tenant or user.tenant  # type: ignore[attr-defined]
    with tenancy.enter(tenant):
        session = Session.objects.create(user=user, expires_at=Now() + timedelta(days=1))
    return tokens.issue_access(
        tenant=tenant, user_id=user.pk, session_id=session.pk, version=user.session_version, role=user.role
    )


class Api(APIClient):
    """Paths are relative to ``/api/v1/`` unless they begin with a slash."""

    def __init__(self, person: User | None = None, *, host: str = "", token: str = "") -> None:
        tenant: Tenant | None = getattr(person, "tenant", None)
        super().__init__(SERVER_NAME=host or (host_of(tenant) if tenant else "north.localhost"))
        if person is not None:
            token = token or access_token(person)
        if token:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().generic(method, path if path.startswith("/") else PREFIX + path, *args, **kwargs)

    def get(self, path: str, data: Any = None, follow: bool = False, **extra: Any) -> Any:
        return super().get(path if path.startswith("/") else PREFIX + path, data, follow, **extra)
