"""What arrives in mailboxes, and the links in it."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail

from apps.core import bus
from apps.mail import operations

LINK = re.compile(r"https?://\S+")


def arrived(to: str = "") -> list[Any]:
    """Every letter so far, of one person if asked, after what waits has left."""
    bus.deliver_due(most=1000)
    operations.send_due(most=1000)
    return [message for message in mail.outbox if to in ("", *message.to)]


def link_in(message: Any) -> str:
    """The address that the letter's button leads to."""
    found: str = LINK.findall(message.body)[0]
    return found


def secrets_in(message: Any) -> dict[str, str]:
    """What stands behind the # of that address."""
    return dict(part.split("=", 1) for part in link_in(message).partition("#")[2].split("&"))
