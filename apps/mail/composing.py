"""A letter as a message: one template per letter and language, one layout for HTML, text and subject each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header
from email.message import Message as MimeMessage
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, engines
from django.template.backends.django import DjangoTemplates

from apps.centers.queries.centers import Face
from apps.centers.rules import colors
from apps.mail import letters, rules
from apps.mail.letters import Content

_EMPTY_LINES = re.compile(r"\n{3,}")


def address_of(face: Face, path: str) -> str:
    """An absolute address on the center's own host; scheme and port are the platform's."""
    base = urlsplit(settings.SHIKEN_FRONTEND_URL)
    port = f":{base.port}" if base.port else ""
    return f"{base.scheme}://{face.host}{port}{path}"


class Message(EmailMultiAlternatives):
    """Its pictures belong to its HTML, they are not files to keep."""

    mixed_subtype = "related"

    def message(self, **kwargs: Any) -> Any:
        """With a subject that begins on its own line: encoded as one long word, it would be pushed to the next one, and
        shown with a space in front."""
        message = super().message(**kwargs)
        if str(self.subject).isascii():
            return message
        del message["Subject"]
        MimeMessage.__setitem__(message, "Subject", Header(str(self.subject), "utf-8", header_name="Subject"))
        return message


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it travels inside the letter: nothing is fetched when somebody reads it."""

    content: bytes
    subtype: str


def compose(
    *, mail_id: str, letter: str, to: str, language: str, face: Face, content: Content, logo: Logo | None = None
) -> Message:
    """The message, from the center to one person. Text from people is escaped in HTML and kept to one line elsewhere; a
    quote keeps its lines, each marked as quoted."""
    wanted = rules.language_of(content.language, language, face.locale)
    center = rules.one_line(face.name)
    palette = colors.palette(face.color)
    leave = address_of(face, content.unsubscribe) if content.unsubscribe else ""
    values = {
        **{name: rules.one_line(value) for name, value in content.values.items()},
        "quote": rules.paragraph(content.values.get("quote", "")),
        "center": center,
        "color": palette.color,
        "ink": palette.text,
        "language": wanted,
        "address": address_of(face, content.path) if letters.LETTERS[letter].has_button else "",
        "leave": leave,
        "logo": f"logo@{face.host}" if logo else "",
        "host": face.host,
    }
    template = f"mail/{wanted}/{letter}.txt"
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    headers = {
        "Message-ID": f"<{mail_id}@{face.host}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": wanted,
    }
    if content.one_click:
        headers["List-Unsubscribe"] = f"<{address_of(face, content.one_click)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = Message(
        subject=rules.one_line(_render(template, "subject", values), 200),
        body=_EMPTY_LINES.sub("\n\n", _render(template, "txt", values)).strip() + "\n",
        from_email=formataddr((center, sender), "utf-8"),
        to=[content.to or to],
        headers=headers,
    )
    message.attach_alternative(_render(template, "html", values), "text/html")
    if logo:
        message.attach(_inline(logo, values["logo"]))
    return message


def _inline(logo: Logo, name: str) -> MIMEImage:
    part = MIMEImage(logo.content, logo.subtype)
    part["Content-ID"] = f"<{name}>"
    part["Content-Disposition"] = "inline"
    return part


def _render(template: str, layout: str, values: Mapping[str, str]) -> str:
    backend = engines["django"]
    assert isinstance(backend, DjangoTemplates)
    found = backend.engine.get_template(template)
    quote = rules.quoted(values["quote"]) if layout == "txt" else values["quote"]
    context = {**values, "quote": quote, "layout": f"mail/layout.{layout}"}
    return str(found.render(Context(context, autoescape=layout == "html")))
