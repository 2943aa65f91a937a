"""A letter as a message: one template per letter and language, one layout for HTML, text and subject each."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, engines
from django.template.backends.django import DjangoTemplates

from apps.centers.queries.centers import Face
from apps.mail import rules
from apps.mail.letters import Content

PLAIN_COLOR = "#b3123b"


def address_of(face: Face, path: str) -> str:
    """An absolute address on the center's own host; scheme and port are the platform's."""
    base = urlsplit(settings.SHIKEN_FRONTEND_URL)
    port = f":{base.port}" if base.port else ""
    return f"{base.scheme}://{face.host}{port}{path}"


def compose(
    *, mail_id: str, letter: str, to: str, language: str, face: Face, content: Content
) -> EmailMultiAlternatives:
    """The message, from the center to one person. Text from people is escaped in HTML and kept to one line elsewhere."""
    wanted = rules.language_of(content.language, language, face.locale)
    center = rules.one_line(face.name)
    values = {
        **{name: rules.one_line(value) for name, value in content.values.items()},
        "center": center,
        "color": rules.color_of(face.color, PLAIN_COLOR),
        "language": wanted,
        "address": address_of(face, content.path),
        "host": face.host,
    }
    template = f"mail/{wanted}/{letter}.txt"
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = EmailMultiAlternatives(
        subject=rules.one_line(_render(template, "subject", values), 200),
        body=_render(template, "txt", values).strip() + "\n",
        from_email=formataddr((center, sender), "utf-8"),
        to=[content.to or to],
        headers={
            "Message-ID": f"<{mail_id}@{face.host}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": wanted,
        },
    )
    message.attach_alternative(_render(template, "html", values), "text/html")
    return message


def _render(template: str, layout: str, values: Mapping[str, str]) -> str:
    backend = engines["django"]
    assert isinstance(backend, DjangoTemplates)
    found = backend.engine.get_template(template)
    context = Context({**values, "layout": f"mail/layout.{layout}"}, autoescape=layout == "html")
    return str(found.render(context))
