"""The demo on one machine: debug pages, console mail, demo people. Never for real data."""

import os

os.environ.setdefault("DJANGO_SECRET_KEY", "development-only-" + "not-a-secret-" * 4)
os.environ.setdefault("LOG_FORMAT", "plain")

from config.settings.base import *  # noqa: F403

DEBUG = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
SHIKEN_DEMO = True
# A class of thirty and its teacher share one address.
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] |= {"auth": "600/min", "anon": "6000/hour", "user": "60000/hour"}  # noqa: F405
