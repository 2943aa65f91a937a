"""The table of contents of the sockets."""

from channels.routing import URLRouter
from django.urls import re_path

from api.ws.base import Nowhere

routes = [
    re_path(r"", Nowhere.as_asgi()),  # the last one: whatever no other route takes
]
application = URLRouter(routes)
