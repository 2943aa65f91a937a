"""A real mail server that does as it is told: takes a message, says "not now" or "never", hangs up, or speaks TLS."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TAKEN = "250 ok"


class MailServer:
    """What it has seen, and what it answers."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.users: list[str] = []
        self.connections = 0
        self.answer_to_sender = TAKEN
        self.answer_to_recipient = TAKEN
        self.answers: dict[str, str] = {}
        self.greylists = False
        self.hangs_up_before_data = False
        self.hangs_up_after_data = False
        self.most_per_connection = 0
        self._seen: set[str] = set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        session.carried = 0  # type: ignore[attr-defined]
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.most_per_connection and session.carried >= self.most_per_connection:
            return "421 enough of you"
        if self.answer_to_sender == TAKEN:
            envelope.mail_from = address
        return self.answer_to_sender

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.hangs_up_before_data:
            _hang_up(server)
        if self.greylists and address not in self._seen:
            self._seen.add(address)
            return "450 4.2.0 greylisted, come back later"
        answer = self.answers.get(address, self.answer_to_recipient)
        if answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self.messages.append(message_from_bytes(content, policy=policy.default))
        session.carried += 1
        if self.hangs_up_after_data:
            _hang_up(server)
        return TAKEN


def _hang_up(server: Any) -> None:
    server.transport.abort()


class _Controller(Controller):
    def factory(self) -> SMTP:
        self.handler.connections += 1
        return super().factory()

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()
        self.handler.connections = 0


@contextmanager
def mail_server(settings: Any, **options: Any) -> Iterator[MailServer]:
    """Runs one, and has the settings name it. ``options`` are aiosmtpd's; a user and password, where the settings have
    them, are the right ones."""
    server = MailServer()

    def authenticate(*args: Any) -> AuthResult:
        given = args[-1]
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        server.users.append(user)
        return AuthResult(success=(user, password) == ("postmaster", "right"), handled=False)

    controller = _Controller(server, hostname="127.0.0.1", port=0, authenticator=authenticate, **options)
    controller.start()
    settings.EMAIL_BACKEND = "apps.mail.backends.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 2
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """For a server on this machine: its context, and the file of the authority that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, secret = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, secret)
    return context, authority
