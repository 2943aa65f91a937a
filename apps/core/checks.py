"""Start-up checks: combinations of settings that would break a promise, each with an id."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def combinations(app_configs: Any, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 32:
        found.append(Error("DJANGO_SECRET_KEY needs at least 32 characters.", id="shiken.E001"))
    if settings.CACHES["default"].get("KEY_FUNCTION") != "apps.core.tenancy.cache_key":
        found.append(Error("The cache must put the center into each key.", id="shiken.E002"))
    middleware = settings.MIDDLEWARE
    if "apps.core.middleware.TenantMiddleware" not in middleware[:3]:
        found.append(Error("The center must be known before other middleware runs.", id="shiken.E003"))
    if settings.DATABASES["default"]["CONN_MAX_AGE"]:
        found.append(Error("CONN_MAX_AGE leaks connections under ASGI; use the pool.", id="shiken.E004"))
    if settings.SHIKEN_DEMO and not settings.DEBUG and "test" not in settings.SETTINGS_MODULE:
        found.append(Error("Demo people with a known password must not exist outside development.", id="shiken.E005"))
    if not settings.DEBUG and settings.EMAIL_HOST == "localhost" and "smtp" in settings.EMAIL_BACKEND:
        found.append(Warning("EMAIL_HOST is not set: mail goes to this machine.", id="shiken.W001"))
    return found
