"""Everything the API serves, as the URL configurations and the sockets' table of contents say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import URLPattern, URLResolver, get_resolver

from api import policies
from api.common.permissions import action_of

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Served:
    """One operation at one of the hosts. ``method`` is ``ws`` for a socket."""

    is_main: bool
    method: str
    path: str
    view: Any
    resource: str
    action: str

    @property
    def rule(self) -> policies.Rule | None:
        return policies.find(self.resource, self.action)


def served() -> list[Served]:
    """Each operation and socket, at each host that serves it."""
    hosts = ((False, settings.ROOT_URLCONF), (True, settings.PUBLIC_SCHEMA_URLCONF))
    found = [one for is_main, urlconf in hosts for one in _operations(is_main, get_resolver(urlconf).url_patterns)]
    return [*found, *_sockets()]


def findings() -> list[CheckMessage]:
    """What is served without a row of the table, rows that nothing serves, and rows that name the wrong hosts."""
    found: list[CheckMessage] = []
    hosts: dict[tuple[str, str], set[bool]] = {}
    for one in served():
        name = f"{one.method.upper()} {one.path}"
        if one.rule is None:
            hint = f"Write it in api/policies.py: {one.resource!r}, {one.action!r}."
            found.append(Error(f"{name} has no policy, so it is refused to everybody.", hint=hint, id="shiken.E010"))
            continue
        hosts.setdefault((one.resource, one.action), set()).add(one.is_main)
    for resource, actions in policies.TABLE.items():
        for action, rule in actions.items():
            at = hosts.get((resource, action), set())
            wanted = {is_main for is_main in (False, True) if rule.is_served_at(is_main=is_main)}
            if not at:
                found.append(Error(f"Nothing serves {resource} {action} of api/policies.py.", id="shiken.E011"))
            elif at != wanted and not resource.startswith("ws/"):
                found.append(Error(f"{resource} {action} is not served at: {rule.hosts}.", id="shiken.E012"))
    return found


def _operations(is_main: bool, patterns: list[Any], prefix: str = "") -> Iterator[Served]:
    for pattern in patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if place.startswith(PREFIX) or PREFIX.startswith(place):
                yield from _operations(is_main, pattern.url_patterns, place)
        elif isinstance(pattern, URLPattern) and place.startswith(PREFIX):
            yield from _of_view(is_main, "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", place), pattern.callback)


def _of_view(is_main: bool, path: str, callback: Any) -> Iterator[Served]:
    kind = getattr(callback, "cls", None)
    if kind is None:  # no view of the API, and so without any check
        yield Served(is_main, "get", path, callback, "", "")
        return
    actions: dict[str, str] = getattr(callback, "actions", None) or {}
    for method in METHODS:
        if method in actions if actions else hasattr(kind, method):
            view = kind(**callback.initkwargs)
            if actions:
                view.action = actions[method]
            yield Served(is_main, method, path, view, getattr(view, "resource", ""), action_of(view, method))


def _sockets() -> Iterator[Served]:
    from api.ws.routing import routes

    for route in routes:
        socket = route.callback.consumer_class
        if socket.purpose:
            path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route.pattern)).strip("^$")
            yield Served(False, "ws", path, socket, f"ws/{socket.purpose}", "connect")
