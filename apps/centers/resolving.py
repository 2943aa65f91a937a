"""The DNS, asked for the records that prove a domain. Never inside a transaction: its servers may be slow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
from django.conf import settings

from apps.centers.rules import domains

_AT_ONCE = 16
_SERVER = re.compile(r"(?:\[([^]]+)\]|([^:]+)):([0-9]{1,5})")


class Silence(Exception):
    """No server gave an answer that says anything."""


def look_up(domain: str) -> tuple[str, ...]:
    """The values of a domain's record; none where there is no record. Raises ``Silence`` when nobody knows."""
    name = dns.name.from_text(f"{domains.record_name(domain)}.")
    try:
        answer = _resolver().resolve(name, dns.rdatatype.TXT, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as error:
        raise Silence(type(error).__name__) from error
    values = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return tuple(value[:300] for value in values)[: domains.MOST_VALUES]


def look_up_many(names: Iterable[str]) -> Mapping[str, tuple[str, ...] | None]:
    """The same for many domains at once; nothing where nobody knows."""
    wanted = sorted(set(names))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(_look_up_or_nothing, wanted), strict=True))


def _look_up_or_nothing(domain: str) -> tuple[str, ...] | None:
    try:
        return look_up(domain)
    except Silence:
        return None


def _resolver() -> dns.resolver.Resolver:
    """The servers of the settings, or the system's."""
    if not settings.SHIKEN_DNS_SERVERS:
        try:
            resolver = dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration as error:
            raise Silence("This machine knows no DNS server.") from error
    else:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [_server(named) for named in settings.SHIKEN_DNS_SERVERS]
    resolver.timeout = settings.SHIKEN_DNS_SECONDS / 2
    resolver.lifetime = settings.SHIKEN_DNS_SECONDS
    resolver.cache = None
    return resolver


def _server(named: str) -> dns.nameserver.Nameserver:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``."""
    found = _SERVER.fullmatch(named)
    if found is None:
        return dns.nameserver.Do53Nameserver(named)
    return dns.nameserver.Do53Nameserver(found[1] or found[2], int(found[3]))
