"""Which domains a center may claim, how it proves one, and for how long a lost proof is borne."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address

import idna
from publicsuffixlist import PublicSuffixList

from apps.centers.rules.names import is_host

LABEL = "_shiken"
MOST_CLAIMS = 10
MOST_VALUES = 20
VERIFIED_EVERY = timedelta(days=1)
FAILING_EVERY = timedelta(hours=1)
BORNE = timedelta(days=7)
"""For so long a domain whose record has gone is still served: an exam must not end because somebody tidied a zone."""
PENDING_LIFE = timedelta(days=30)
_LONGEST = 253 - len(LABEL) - 1
# Never delegated to anybody (RFC 2606, 6761, 6762, 7686, 8375, 9476).
_NOBODYS = frozenset("alt arpa example internal invalid lan local localhost onion test".split())
_NUMERIC_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_KANA_MARKS = "ー・々〆"
_LATIN_LOOKING = frozenset("асԁеԍһіјӏорԛѕԝхуүѵѡьпг")


class Refusal(StrEnum):
    """Why a domain cannot be claimed."""

    NO_HOST = "no_host"
    ADDRESS = "is_address"
    OURS = "is_ours"
    SUFFIX = "public_suffix"
    NOBODYS = "reserved"
    LOOK_ALIKE = "look_alike"


SENTENCES = {
    Refusal.NO_HOST: "This is not the name of a host: letters, digits, hyphens and dots, without scheme, port or path.",
    Refusal.ADDRESS: "Numeric addresses cannot be used; give a name.",
    Refusal.OURS: "Names of the platform itself cannot be claimed.",
    Refusal.SUFFIX: "Under this name everybody can have one; it belongs to nobody alone.",
    Refusal.NOBODYS: "Names under this ending are reserved, they cannot be reached from outside.",
    Refusal.LOOK_ALIKE: "This name mixes scripts, or can be taken for another one.",
}


class DomainRefused(ValueError):
    """``reason`` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


class Found(StrEnum):
    """What a look at the record shows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """The servers did not answer: says nothing about the domain."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a proven domain after another look: ``tell`` its people or not, ``drop`` it or not."""

    failing_since: datetime | None
    look_at: datetime
    tell: bool = False
    drop: bool = False


def clean_domain(typed: str, *, ours: Iterable[str]) -> str:
    """A domain as people type it, as it is written in the DNS; refuses what no center can own. ``ours`` are the
    platform's own names, with all that lies under them."""
    text = unicodedata.normalize("NFKC", typed).strip().lower().rstrip(".")
    if not text or len(text) > 253 or any(char.isspace() or unicodedata.category(char)[0] == "C" for char in text):
        raise DomainRefused(Refusal.NO_HOST)
    if _is_address(text):
        raise DomainRefused(Refusal.ADDRESS)
    shown = [_shown(label) for label in text.split(".")]
    if any(_is_look_alike(label) for label in shown):
        raise DomainRefused(Refusal.LOOK_ALIKE)
    domain = ".".join(_written(label) for label in shown)
    if not is_host(domain) or len(domain) > _LONGEST:
        raise DomainRefused(Refusal.NO_HOST)
    if any(domain == name or domain.endswith(f".{name}") for name in ours):
        raise DomainRefused(Refusal.OURS)
    if domain.rpartition(".")[2] in _NOBODYS:
        raise DomainRefused(Refusal.NOBODYS)
    if _suffixes().is_public(domain):
        raise DomainRefused(Refusal.SUFFIX)
    return domain


def shown_domain(domain: str) -> str:
    """A domain in its own script."""
    try:
        return ".".join(_shown(label) for label in domain.split("."))
    except DomainRefused:
        return domain


def fresh_token() -> str:
    """128 random bits that only who was shown them can put into a zone."""
    return f"shiken-verify={secrets.token_hex(16)}"


def record_name(domain: str) -> str:
    """Where the token is looked for."""
    return f"{LABEL}.{domain}"


def holds(values: Iterable[str], token: str) -> bool:
    """Whether one of a record's values is the token; quotes and spaces around it are forgiven."""
    return any(secrets.compare_digest(value.strip(' "').encode(), token.encode()) for value in values)


def judge(found: Found, *, at: datetime, failing_since: datetime | None) -> Verdict:
    """After another look at a proven domain. Silence of the servers changes nothing; a record that has gone is told once,
    and again when the domain is given up."""
    if found is Found.YES:
        return Verdict(None, at + VERIFIED_EVERY)
    if found is Found.UNKNOWN:
        return Verdict(failing_since, at + FAILING_EVERY)
    if failing_since is None:
        return Verdict(at, at + FAILING_EVERY, tell=True)
    is_over = at - failing_since >= BORNE
    return Verdict(failing_since, at + FAILING_EVERY, tell=is_over, drop=is_over)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _shown(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        raise DomainRefused(Refusal.NO_HOST) from None


def _written(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode()
    except (idna.IDNAError, UnicodeError):
        raise DomainRefused(Refusal.NO_HOST) from None


def _is_address(text: str) -> bool:
    """An address of IPv4 in any spelling that browsers take, or of IPv6."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return bool(_NUMERIC_END.fullmatch(text))
    return True


def _is_look_alike(label: str) -> bool:
    """A label is of Latin letters without marks, or Japanese, or Cyrillic that cannot be read as Latin; never a mixture."""
    if label.isascii():
        return False
    scripts = {_script(char) for char in label if not (char.isascii() and (char.isdigit() or char == "-"))}
    if scripts == {"japanese"}:
        return False
    return scripts != {"cyrillic"} or set(label) <= _LATIN_LOOKING | set("0123456789-")


def _script(char: str) -> str:
    if char.isascii():
        return "latin"
    name = unicodedata.name(char, "")
    if char in _KANA_MARKS or name.startswith(("HIRAGANA LETTER", "KATAKANA LETTER", "CJK UNIFIED IDEOGRAPH")):
        return "japanese"
    return "cyrillic" if name.startswith("CYRILLIC SMALL LETTER") else "other"
