"""Mail in development: a file for each message, and a line about it on the console."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone

log = logging.getLogger(__name__)


class FolderBackend(BaseEmailBackend):
    """Writes ``<moment>-<address>.eml`` into ``EMAIL_FILE_PATH``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            to = re.sub(r"[^a-zA-Z0-9@.]+", "_", ",".join(message.to))[:80]
            file = folder / f"{timezone.now():%Y%m%d-%H%M%S-%f}-{to}.eml"
            file.write_bytes(message.message().as_bytes())
            log.warning("Mail to %s: %s (%s)", ", ".join(message.to), message.subject, file)
        return len(email_messages)
