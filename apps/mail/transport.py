"""Handing messages to the mail server, and what its answer means for a letter."""

from __future__ import annotations

import smtplib
from types import TracebackType

from django.core.mail import EmailMultiAlternatives, get_connection


class NotSent(Exception):
    """Nothing has left, for a reason that is told."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:2000])


class Refused(NotSent):
    """The server does not take this letter: not now, or ``for_good``."""

    def __init__(self, error: Exception, *, for_good: bool) -> None:
        super().__init__(error)
        self.for_good = for_good


class Unreachable(NotSent):
    """There is no server that takes letters from us at present: it is away, breaks off, has no TLS where that is asked
    for, or accepts neither our password nor our address. No letter is to blame for that."""


class Unknown(Exception):
    """The connection broke while the message was on it: nobody knows whether it has left."""


class Courier:
    """Carries messages one after the other over one connection, opened when the first comes and again when the server has
    had enough of it."""

    def __init__(self) -> None:
        self._server = get_connection()

    def __enter__(self) -> Courier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def hand_over(self, message: EmailMultiAlternatives) -> None:
        """Returns when the server has taken the message, otherwise raises what that means."""
        is_fresh = self._open()
        try:
            self._hand_over(message)
        except Unreachable:
            if is_fresh:
                raise
            # A server ends a connection that has been idle, or has carried enough; a new one decides.
            self._close()
            self._open()
            self._hand_over(message)

    def _open(self) -> bool:
        connection = getattr(self._server, "connection", None)
        if connection is not None and connection.sock is None:
            self._close()
        try:
            return self._server.open() is not False
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(error) from error

    def _hand_over(self, message: EmailMultiAlternatives) -> None:
        try:
            for address in message.to:
                # Encoded as words in a header are it would be somebody else's; few servers take it as it is.
                address.rpartition("@")[0].encode("ascii")
            self._server.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise Refused(error, for_good=min(codes, default=500) >= 500) from error
        except smtplib.SMTPSenderRefused as error:
            raise Unreachable(error) from error
        except smtplib.SMTPResponseException as error:
            raise Refused(error, for_good=error.smtp_code >= 500) from error
        except (UnicodeError, smtplib.SMTPNotSupportedError) as error:
            raise Refused(error, for_good=True) from error
        except (OSError, smtplib.SMTPException) as error:
            if getattr(getattr(self._server, "connection", None), "has_begun", False):
                self._close()
                raise Unknown(f"{type(error).__name__}: {error}") from error
            raise Unreachable(error) from error

    def _close(self) -> None:
        try:
            self._server.close()
        except (OSError, smtplib.SMTPException):
            self._server = get_connection()
