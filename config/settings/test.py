"""Tests: the real components on throw-away servers, with cheap passwords and no pool between threads and fixtures."""

import os

os.environ.setdefault("DJANGO_SECRET_KEY", "test-only-" + "not-a-secret-" * 5)
os.environ.setdefault("LOG_FORMAT", "plain")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("DB_POOL", "0")

from config.settings.base import *  # noqa: F403

DEBUG = False
# Workers of a parallel run have files of their own, as they have databases: tests empty these places.
MEDIA_ROOT = MEDIA_ROOT / os.environ.get("PYTEST_XDIST_WORKER", "")  # noqa: F405
STORAGES["default"]["OPTIONS"]["location"] = MEDIA_ROOT  # type: ignore[index]  # noqa: F405
SHIKEN_DEMO = True
SHIKEN_BOARD_LOOK_SECONDS = 2.0
SHIKEN_SEATS_LOOK_SECONDS = 2.0
SHIKEN_DNS_SERVERS = ["127.0.0.1:9"]  # nobody: tests that ask have a server of their own
SHIKEN_DNS_SECONDS = 0.2
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = False
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = dict.fromkeys(  # noqa: F405
    REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"],  # noqa: F405
    "100000/min",
)
# Each client of a test builds the middleware anew; without this it would read every static file each time.
WHITENOISE_AUTOREFRESH = True
