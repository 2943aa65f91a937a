"""Who asks for what is done now, and from where: set at the doors, read by the audit trail, handed through nothing.

The doors are the request middleware (address, browser), the API's authentication and the admins (the person), sockets
(both at once) and the worker. Where no door was passed somebody runs a command on the server.
"""

from __future__ import annotations

import contextvars
import ipaddress
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol

from django.conf import settings

from apps.core.errors import NotWhileActing

AGENT_LENGTH = 200
PROOF_LENGTH = 64
API, ADMIN, SOCKET, SYSTEM, COMMAND = "api", "admin", "socket", "system", "command"


class Person(Protocol):
    """What is read of whoever asks."""

    @property
    def pk(self) -> uuid.UUID: ...

    @property
    def role(self) -> str: ...

    def get_full_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Trace:
    """``owner_id`` and ``owner_name`` name the owner who acts in the person's place, if one does."""

    via: str
    actor_id: uuid.UUID | None = None
    actor_name: str = ""
    actor_role: str = ""
    owner_id: uuid.UUID | None = None
    owner_name: str = ""
    address: str = ""
    agent: str = ""
    browser_url: str = ""
    browser_proof: str = ""
    """What the Safe Exam Browser says of its configuration, and at which address."""

    @property
    def is_acting(self) -> bool:
        return self.owner_id is not None


_current: contextvars.ContextVar[Trace | None] = contextvars.ContextVar("trace", default=None)


def current() -> Trace:
    """The trace of what runs now."""
    return _current.get() or Trace(COMMAND, actor_name=_command())


@contextmanager
def at(trace: Trace) -> Iterator[None]:
    """Everything inside is done by this one, from there."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def name_actor(person: Person, *, via: str = "", owner_id: uuid.UUID | None = None, owner_name: str = "") -> None:
    """The door knows now who asks: the person, and the owner who acts in their place if one does."""
    known = current()
    _current.set(
        replace(
            known,
            via=via or known.via,
            actor_id=person.pk,
            actor_name=person.get_full_name(),
            actor_role=person.role,
            owner_id=owner_id,
            owner_name=owner_name,
        )
    )


def enter_socket(
    *, actor_id: uuid.UUID, role: str, address: str, agent: str, browser_url: str = "", browser_proof: str = ""
) -> None:
    """Of one connection, for as long as it lives: each has a context of its own. What is known of the browser was said when
    its ticket was asked for."""
    known = Trace(SOCKET, actor_id, "", role, address=_plain(address), agent=agent[:AGENT_LENGTH])
    _current.set(replace(known, browser_url=browser_url, browser_proof=browser_proof))


def show_browser(*, url: str, proof: str) -> None:
    """What runs now was asked for at this address by a browser that says so of itself."""
    _current.set(replace(current(), browser_url=url, browser_proof=proof[:PROOF_LENGTH]))


def of_request(meta: Mapping[str, object], *, via: str) -> Trace:
    """Place and browser of a request, nobody yet."""
    forwarded, remote = str(meta.get("HTTP_X_FORWARDED_FOR", "")), str(meta.get("REMOTE_ADDR") or "")
    agent = str(meta.get("HTTP_USER_AGENT", ""))[:AGENT_LENGTH]
    return Trace(via, address=address_of(remote=remote, forwarded=forwarded), agent=agent)


def address_of(*, remote: str, forwarded: str) -> str:
    """Where a request comes from. Of the addresses that proxies added only our own proxies' are believed: as many as
    ``TRUSTED_PROXY_COUNT`` says, counted from the end, as rates and lockouts count them."""
    count = settings.AXES_IPWARE_PROXY_COUNT or 0
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()] if count else []
    return _plain(hops[-min(count, len(hops))] if hops else remote)


def check_not_acting() -> None:
    """Refuse what nobody may do in another person's place."""
    if current().is_acting:
        raise NotWhileActing


def _plain(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        return ""


def _command() -> str:
    """The command that was started: ``open_center``, ``pytest``."""
    words = [PurePath(sys.argv[0]).name if sys.argv else "", *sys.argv[1:2]]
    return (words[1] if words[0].startswith("manage") and len(words) > 1 else words[0])[:60] or "shell"
