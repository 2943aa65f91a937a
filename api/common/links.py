"""Links to private media: whoever holds one may open the file until it expires, at the center it was signed for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest

from api.common.requests import Request
from apps.core.files import links
from apps.core.tenancy import Tenant
from apps.materials.errors import LinkExpired as MaterialLinkExpired
from apps.materials.errors import MaterialNotFound
from apps.mock_tests.errors import LinkExpired, MediaNotFound

LAST = timedelta(hours=6)
"""How long addresses hold where nothing else says."""
IN_REVIEW_LAST = timedelta(hours=2)
"""The same of those that students get with their own sheets, to look at after an exam."""

_GATE_PATH = "/api/v1/media/"
_GATE = re.compile(r'src="[^"]{0,200}?/media/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^"]{0,200}"', re.IGNORECASE)


def sign_media(request: Request | HttpRequest, media_id: uuid.UUID | str, until: datetime) -> str:
    """The absolute address of a file, good until ``until``."""
    return media_signer(request, until)(str(media_id))


def media_signer(request: Request | HttpRequest, until: datetime) -> Callable[[str], str]:
    """The same for many files of one answer."""
    tenant: Tenant = request.tenant  # type: ignore[union-attr]
    return _signer(tenant, request.build_absolute_uri(_GATE_PATH), until)


def host_signer(tenant: Tenant, until: datetime) -> Callable[[str], str]:
    """The same for what goes to many at once, by HTTP or over sockets: addresses on the host that they come from."""
    return _signer(tenant, _GATE_PATH, until)


def _signer(tenant: Tenant, base: str, until: datetime) -> Callable[[str], str]:
    expires = int(until.timestamp())

    def sign(media_id: str) -> str:
        return f"{base}{media_id}/?expires={expires}&sig={links.sign(tenant, 'media', media_id, expires)}"

    return sign


def sign_play(tenant: Tenant, play_id: uuid.UUID | str, until: datetime) -> str:
    """The address, on this host, of the recording of one play."""
    expires = int(until.timestamp())
    return f"/api/v1/plays/{play_id}/?expires={expires}&sig={links.sign(tenant, 'play', str(play_id), expires)}"


def sign_material(request: Request | HttpRequest, material_id: uuid.UUID, until: datetime) -> str:
    """The absolute address of a material's file, good until ``until``."""
    expires = int(until.timestamp())
    tenant: Tenant = request.tenant  # type: ignore[union-attr]
    signature = links.sign(tenant, "material", str(material_id), expires)
    place = request.build_absolute_uri(f"/api/v1/materials/{material_id}/file/")
    return f"{place}?expires={expires}&sig={signature}"


def check_material(*, tenant: Tenant, material_id: uuid.UUID, expires: str, signature: str, at: datetime) -> None:
    """As for media; an address of the one kind opens nothing of the other."""
    verdict = links.check(tenant, "material", str(material_id), expires=expires, signature=signature, at=at)
    if verdict == "foreign":
        raise MaterialNotFound
    if verdict == "expired":
        raise MaterialLinkExpired


def check_play(*, tenant: Tenant, play_id: uuid.UUID, expires: str, signature: str, at: datetime) -> None:
    """The same as for media; an address of the one kind opens nothing of the other."""
    _check(tenant, "play", play_id, expires, signature, at)


def check_media(*, tenant: Tenant, media_id: uuid.UUID, expires: str, signature: str, at: datetime) -> None:
    """Refuse a link that was not made here (as if nothing were there), or that has expired."""
    _check(tenant, "media", media_id, expires, signature, at)


def _check(tenant: Tenant, kind: str, id: uuid.UUID, expires: str, signature: str, at: datetime) -> None:
    verdict = links.check(tenant, kind, str(id), expires=expires, signature=signature, at=at)
    if verdict == "foreign":
        raise MediaNotFound
    if verdict == "expired":
        raise LinkExpired


def unsign_html(text: str) -> str:
    """Turn the signed addresses of pictures, as authors get them to edit, back into references."""
    return _GATE.sub(lambda match: f'src="media:{match[1].lower()}"', text) if "/media/" in text else text
