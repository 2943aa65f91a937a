"""Ways for a message to leave: by SMTP, watched, and in development into a folder, with a line on the console."""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone

log = logging.getLogger(__name__)


class _Watched:
    """Remembers whether the message itself has begun to leave: before that, a broken connection has lost nothing."""

    has_begun = False

    def mail(self, sender: str, options: Sequence[str] = ()) -> Any:
        self.has_begun = False
        return super().mail(sender, options)  # type: ignore[misc]

    def data(self, msg: Any) -> Any:
        self.has_begun = True
        return super().data(msg)  # type: ignore[misc]


class _Smtp(_Watched, smtplib.SMTP):
    pass


class _SmtpOverTls(_Watched, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Django's, on a watched connection. With TLS asked for, a server without it, or with a certificate that nobody
    vouches for, gets no password and no letter."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp


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
