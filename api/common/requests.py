"""What a view is handed, as it is by the time a view runs: somebody is signed in, and the center is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rest_framework.request

if TYPE_CHECKING:
    from api.common.tokens import Access
    from apps.authentication.models import User
    from apps.core.tenancy import Tenant

    class Request(rest_framework.request.Request):
        """For ``ANYBODY`` operations ``user`` may be anonymous: those do not ask."""

        user: User
        auth: Access
        tenant: Tenant

else:
    Request = rest_framework.request.Request
