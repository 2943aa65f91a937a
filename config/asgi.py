"""Sockets, saved answers, and Django for the rest. Daphne, Uvicorn and others serve it alike."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django_application = get_asgi_application()

# Only now are the apps loaded.
from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from api.fast.admission import Admission  # noqa: E402
from api.fast.answers import AnswersRoute  # noqa: E402
from api.fast.lifespan import lifespan, with_farewell  # noqa: E402
from api.ws.routing import application as sockets  # noqa: E402

admitted = Admission(django_application, most=settings.SHIKEN_REQUESTS_AT_ONCE)
application = ProtocolTypeRouter(
    {"http": AnswersRoute(admitted), "websocket": with_farewell(sockets), "lifespan": lifespan}
)

# What is loaded by now stays. Walking through it again and again, the collector would keep a whole class waiting for a
# fifth of a second each time; so all of it is loaded here, and put out of the collector's sight.
for urls in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    get_resolver(urls).url_patterns  # noqa: B018
gc.collect()
gc.freeze()
