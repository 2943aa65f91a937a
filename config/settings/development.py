"""The demo on one machine: debug pages, mail into a folder, demo people. Never for real data."""

import os

# Empty, as in a copied .env.example, is the same as absent.
os.environ["DJANGO_SECRET_KEY"] = os.environ.get("DJANGO_SECRET_KEY") or "development-only-" + "not-a-secret-" * 4
os.environ.setdefault("LOG_FORMAT", "plain")
os.environ["PRIVATE_IDENTITY_PROVIDERS"] = os.environ.get("PRIVATE_IDENTITY_PROVIDERS") or "1"

from config import env
from config.settings.base import *  # noqa: F403

DEBUG = True
if not env.text("EMAIL_TRANSPORT") and (EMAIL_HOST, EMAIL_PORT) == ("localhost", 25):  # noqa: F405
    SHIKEN_MAIL_TRANSPORT = "folder"
    EMAIL_BACKEND = "apps.mail.backends.FolderBackend"
SHIKEN_DEMO = True
# A class of thirty and its teacher share one address.
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] |= {  # noqa: F405
    "auth": "600/min",
    "register": "600/hour",
    "anon": "6000/hour",
    "user": "60000/hour",
}
