"""Sockets, saved answers, and Django for the rest. Daphne, Uvicorn and others serve it alike."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django_application = get_asgi_application()

# Only now are the apps loaded.
from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from api.fast.admission import Admission  # noqa: E402
from api.fast.answers import AnswersRoute  # noqa: E402
from api.fast.lifespan import lifespan, with_farewell  # noqa: E402
from api.ws.routing import application as sockets  # noqa: E402

admitted = Admission(django_application, most=settings.SHIKEN_REQUESTS_AT_ONCE)
application = ProtocolTypeRouter(
    {"http": AnswersRoute(admitted), "websocket": with_farewell(sockets), "lifespan": lifespan}
)
