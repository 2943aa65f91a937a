"""What codes, handles and addresses have to be like for somebody to be let in; plain Python."""

from __future__ import annotations

import hashlib
import hmac
import io
import ipaddress
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import segno

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A phone whose clock is half a minute off still gets in."""
MOST_FAILURES = 5
LOCK = timedelta(minutes=15)
CHALLENGE_LIFE = timedelta(minutes=5)
JOURNEY_LIFE = timedelta(minutes=10)
"""For so long somebody may take to sign in at an identity provider."""
RECOVERY_CODES = 10
_RECOVERY_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_RECOVERY_LENGTH = 12


# -- codes of an app ---------------------------------------------------------------------------------------------------


def fresh_secret() -> str:
    """160 random bits, as apps take them."""
    return pyotp.random_base32(32)


def setup_uri(*, secret: str, center: str, email: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=center.replace(":", " "))


def qr_svg(text: str) -> str:
    """A picture of ``text`` that a phone can read."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", scale=5, border=4, xmldecl=False, light="#fff")
    return picture.getvalue().decode()


def step_of(at: datetime) -> int:
    """The half minute that a moment lies in."""
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(code: str, *, secret: str, at: datetime, after: int | None) -> int | None:
    """The half minute for which ``code`` is right, near ``at`` and later than ``after``; none if it is not."""
    now, totp, found = step_of(at), pyotp.TOTP(secret), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        # All of them are looked at, so that the time it takes tells nothing.
        if hmac.compare_digest(totp.generate_otp(step), code) and (after is None or step > after):
            found = step
    return found


def clean_code(typed: str) -> str:
    """A code as people type it: with spaces or hyphens, in lower case."""
    return re.sub(r"[\s-]", "", typed).upper()


def is_app_code(code: str) -> bool:
    """Whether it looks like a code of an app, and not like a recovery code."""
    return len(code) == 6 and code.isascii() and code.isdigit()


def fresh_recovery_codes() -> list[str]:
    """Ten codes of 58 random bits each, as they are shown."""
    made: set[str] = set()
    while len(made) < RECOVERY_CODES:
        made.add("".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_LENGTH)))
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in sorted(made)]


def recovery_hash(code: str, *, key: str) -> str:
    """What is kept of a recovery code: nothing that could be guessed back without the server's key."""
    return hmac.new(key.encode(), clean_code(code).encode(), hashlib.sha256).hexdigest()


# -- identity providers ------------------------------------------------------------------------------------------------


def derived(token: str, purpose: str, *, key: str) -> str:
    """A second secret that belongs to ``token``, worked out from it so that it need not be stored."""
    return hmac.new(key.encode(), f"{purpose}:{token}".encode(), hashlib.sha256).hexdigest()


def domain_of(email: str) -> str:
    """What stands behind the @, in lower case."""
    return email.rpartition("@")[2].lower()


_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def is_domain(text: str) -> bool:
    """Whether e-mail addresses can end so."""
    return bool(_DOMAIN.fullmatch(text))


def slug_of(name: str) -> str:
    """A name for addresses, made from one for people; it may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")


def is_reachable(address: str) -> bool:
    """Whether a server of ours may speak to this address for a stranger: public ones only. Addresses that hold another
    one (mapped, translated, tunnelled) are judged by that one too."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(held is not None and not _is_public(held) for held in inner):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return _is_public(ip)


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


# -- people who ask ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of somebody, once its word is checked."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    first_name: str
    last_name: str


_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser/", "Yandex"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


def device_of(agent: str) -> str:
    """What a browser says of itself, as people would: ``Firefox on Windows``."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, [browser, system])) or agent.partition("/")[0][:40] or "Unknown device"
