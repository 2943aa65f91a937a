"""Who asks: a bearer token of this very center, whose session PostgreSQL still knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from api.common import tokens
from apps.authentication import acting, queries
from apps.authentication.errors import SignInFailed
from apps.core import trace

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.core.tenancy import Tenant


class AccessTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access>``. The center is compared before any row is read."""

    def authenticate(self, request: Request) -> tuple[User, tokens.Access] | None:
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        if len(header) != 2:
            raise SignInFailed
        tenant: Tenant = request._request.tenant  # type: ignore[attr-defined]
        access = tokens.read_access(tenant=tenant, token=header[1].decode("latin-1"))
        view = (request.parser_context or {}).get("view")
        user = queries.get_session_user(
            session_id=access.session_id,
            user_id=access.user_id,
            version=access.version,
            may_lack=access.acting_id is not None or getattr(view, "opens_without_factor", False),
        )
        if access.acting_id is None:
            trace.name_actor(user)
        else:
            leave = acting.check_running(acting_id=access.acting_id, session_id=access.session_id)
            trace.name_actor(user, owner_id=leave.owner_id, owner_name=leave.owner_name)
        return user, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it."""

    target_class = AccessTokenAuthentication
    name = "access"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
