"""Which center work is done for, and the one helper each for entering it, for keys, rooms and file paths.

Never read the center later: capture it when the work is requested and hand it on. ``connection`` remembers the last
center a thread served, so code outside a request or task always says where it works: ``with enter(tenant): …``.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import re
import secrets
import time
import uuid
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import get_tenant_model, tenant_context

P = ParamSpec("P")
R = TypeVar("R")

# Of one process, for code on an event loop. One center whose tables are locked must not hold all of them.
THREADS = 8
THREADS_OF_A_CENTER = 5
CACHE_SECONDS = 10.0
# A host that nobody had may be somebody's any moment: every process is to notice at once.
NOBODY_SECONDS = 1.0
_SCHEMAS_PER_QUERY = 250
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a request or task needs to know of its center; a value, safe to keep and to hand between threads."""

    id: uuid.UUID
    schema_name: str
    name: str
    slug: str
    status: str
    is_ready: bool
    host: str = ""
    limits: Mapping[str, int | None] = field(default_factory=dict, compare=False)
    """What it may use of things that are counted; nothing, or an absent name, is no limit."""
    color: str = ""
    logo: str = ""

    @property
    def is_public(self) -> bool:
        return self.schema_name == "public"

    @property
    def domain_url(self) -> str:
        """The name under which django-tenants looks for the host."""
        return self.host


PUBLIC = Tenant(uuid.UUID(int=0), "public", "Shiken", "public", "ACTIVE", is_ready=True)

# The backend of django-tenants knows which center it works for; Django's types do not.
_connection: Any = connection

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="center")
_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, defaultdict[str, asyncio.Semaphore]]
_turns = weakref.WeakKeyDictionary()

_by_host: dict[str, tuple[float, Tenant | None]] = {}
_by_schema: dict[str, tuple[float, Tenant | None]] = {}


class UnknownTenant(LookupError):
    """No center has this schema."""


def current() -> Tenant:
    """The center that this thread works for at the moment. Not for async code: there, read the scope's tenant."""
    tenant = _connection.tenant
    if isinstance(tenant, Tenant):
        return tenant
    return get_by_schema(schema_name())


def schema_name() -> str:
    """The schema that this thread works in at the moment."""
    return str(_connection.schema_name)


@contextmanager
def enter(tenant: Tenant) -> Iterator[Tenant]:
    """Work inside ``tenant``'s schema, and come back to where one was whatever happens."""
    with tenant_context(tenant):
        yield tenant


async def run(tenant: Tenant, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The only door from async code to the ORM: runs ``work`` in a thread, inside ``tenant``, when it is its turn."""

    def inside() -> R:
        close_old_connections()
        try:
            with enter(tenant):
                return work(*args, **kwargs)
        finally:
            close_old_connections()

    async with _turns_here()[tenant.schema_name]:
        return await sync_to_async(inside, thread_sensitive=False, executor=_threads)()


def _turns_here() -> defaultdict[str, asyncio.Semaphore]:
    loop = asyncio.get_running_loop()
    turns = _turns.get(loop)
    if turns is None:
        turns = _turns[loop] = defaultdict(lambda: asyncio.Semaphore(THREADS_OF_A_CENTER))
    return turns


# -- finding -------------------------------------------------------------------------------------------------------


def clean_host(raw: str) -> str:
    """Lower case, without port and one trailing dot; what is left must match a domain exactly. Empty if it is no host."""
    found = _HOST.fullmatch(raw.lower()) if raw.isascii() else None
    return found[1] if found else ""


def find_by_host(raw: str) -> Tenant | None:
    """The center at this host, the public one at a main host, or nobody. Remembered for ten seconds, nobody for one."""
    host = clean_host(raw)
    if not host or host in settings.SHIKEN_MAIN_HOSTS:
        return PUBLIC if host else None
    return _remembered(_by_host, host, functools.partial(_load_open, host), host=host)


def recall_by_host(raw: str) -> Tenant | None:
    """The same from memory alone, for code that must not wait; ``LookupError`` when it is not remembered."""
    host = clean_host(raw)
    if not host or host in settings.SHIKEN_MAIN_HOSTS:
        return PUBLIC if host else None
    until, tenant = _by_host[host]
    if until <= time.monotonic():
        raise LookupError(host)
    return tenant


def get_by_schema(schema_name: str) -> Tenant:
    """The center with this schema; refuses an unknown one."""
    if schema_name == "public":
        return PUBLIC
    tenant = _remembered(_by_schema, schema_name, functools.partial(_load, schema_name=schema_name))
    if tenant is None:
        raise UnknownTenant(schema_name)
    return tenant


def get_by_slug(slug: str) -> Tenant:
    """The center with this slug; refuses an unknown one. For commands."""
    tenant = _load(slug=slug)
    if tenant is None:
        raise UnknownTenant(slug)
    return tenant


def list_ready() -> list[Tenant]:
    """Every center that may be worked for: ready and neither archived nor half migrated."""
    with enter(PUBLIC):
        rows = list(get_tenant_model().objects.filter(state="READY").exclude(status="ARCHIVED").order_by("schema_name"))
        behind = missing_in([row.schema_name for row in rows], expected_migrations())
    return [_value(row, is_migrated=True) for row in rows if row.schema_name not in behind]


def forget() -> None:
    """Drop what this process remembers of centers; call it after changing one."""
    _by_host.clear()
    _by_schema.clear()


def _remembered(
    memory: dict[str, tuple[float, Tenant | None]], key: str, load: Callable[[], Tenant | None], host: str = ""
) -> Tenant | None:
    known = memory.get(key)
    if known and known[0] > time.monotonic():
        return known[1]
    tenant = load()
    if tenant and host:
        tenant = replace(tenant, host=host)
    if len(memory) > 5000:  # a stranger can make up as many hosts as they like
        memory.clear()
    memory[key] = (time.monotonic() + (CACHE_SECONDS if tenant else NOBODY_SECONDS), tenant)
    return tenant


def _load_open(host: str) -> Tenant | None:
    """An archived center answers nowhere."""
    tenant = _load(domains__domain=host)
    return None if tenant and tenant.status == "ARCHIVED" else tenant


def _load(**where: object) -> Tenant | None:
    with enter(PUBLIC):
        row = get_tenant_model().objects.filter(**where).first()
        return _value(row, is_migrated=not missing_migrations(row.schema_name)) if row else None


def _value(row: Any, *, is_migrated: bool) -> Tenant:
    is_ready = row.state == "READY" and is_migrated
    return Tenant(row.pk, row.schema_name, row.name, row.slug, row.status, is_ready, **_shown(row))


def _shown(row: Any) -> dict[str, Any]:
    return {"limits": row.limits, "color": row.primary_color, "logo": row.logo}


# -- migrations ----------------------------------------------------------------------------------------------------


@functools.cache
def expected_migrations(listed_in: str = "TENANT_APPS") -> frozenset[tuple[str, str]]:
    """Every migration that this code expects a center's schema (or, of ``SHARED_APPS``, the public one) to have."""
    from django.apps import apps

    labels = {config.label for config in apps.get_app_configs() if config.name in getattr(settings, listed_in)}
    on_disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    return frozenset((label, name) for label, name in on_disk if label in labels)


def missing_migrations(schema_name: str) -> frozenset[tuple[str, str]]:
    """What a center's schema lacks; everything when the schema or its record is not there."""
    return missing_in([schema_name], expected_migrations()).get(schema_name, frozenset())


def missing_in(
    schema_names: Iterable[str], wanted: frozenset[tuple[str, str]]
) -> dict[str, frozenset[tuple[str, str]]]:
    """What each of these schemas lacks of ``wanted``, in one query for some hundred schemas; complete ones are left out."""
    names = list(schema_names)
    found: dict[str, frozenset[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relname = 'django_migrations' AND nspname = ANY(%s)",
            [names],
        )
        recorded = {row[0] for row in cursor.fetchall()}
        found.update((name, wanted) for name in names if name not in recorded)
        present = [name for name in names if name in recorded]
        for start in range(0, len(present), _SCHEMAS_PER_QUERY):
            cursor.execute(*_missing_query(present[start : start + _SCHEMAS_PER_QUERY], wanted))
            found.update((name, frozenset(zip(apps, labels, strict=True))) for name, apps, labels in cursor.fetchall())
    return found


def _missing_query(schema_names: list[str], wanted: frozenset[tuple[str, str]]) -> tuple[str, list[list[str]]]:
    quote = connection.ops.quote_name
    parts = [
        f"SELECT '{name}', array_agg(w.app), array_agg(w.name) FROM wanted w WHERE NOT EXISTS"  # noqa: S608
        f" (SELECT FROM {quote(name)}.django_migrations m WHERE m.app = w.app AND m.name = w.name)"
        " HAVING count(*) > 0"
        for name in schema_names
    ]
    ordered = sorted(wanted)
    wanted_rows = "WITH wanted AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::text[]) AS w (app, name))"
    return f"{wanted_rows} {' UNION ALL '.join(parts)}", [[app for app, _ in ordered], [name for _, name in ordered]]


# -- names ---------------------------------------------------------------------------------------------------------


def quoted(schema_name: str) -> str:
    """The name of a schema inside a statement that takes parameters."""
    return '"' + schema_name.replace('"', '""').replace("%", "%%") + '"'


def key(purpose: str, *parts: object, tenant: Tenant | None = None) -> str:
    """A Redis key of one center: ``c:<uuid>:<purpose>:<part>…``."""
    return ":".join(["c", str((tenant or current()).id), purpose, *map(str, parts)])


def room(kind: str, which: object, *, tenant: Tenant | None = None) -> str:
    """The name of a room of news: ``c.<uuid hex>.<kind>.<id>``; never made from what a user typed."""
    suffix = which.hex if isinstance(which, uuid.UUID) else str(which)
    return f"c.{(tenant or current()).id.hex}.{kind}.{suffix}"


def file_path(kind: str, suffix: str) -> str:
    """A fresh unguessable storage name of the current center: ``c/<uuid>/<kind>/<128 random bits><suffix>``."""
    tenant = current()
    if tenant.is_public:
        raise RuntimeError("Files belong to centers.")
    return f"c/{tenant.id}/{kind}/{secrets.token_hex(16)}{suffix}"


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Django's cache ``KEY_FUNCTION``: the center is part of every key. Never ``cache.clear()``: it empties all centers."""
    schema = schema_name()
    owner = "g" if schema == "public" else f"c:{current().id}"
    return f"{owner}:{key_prefix}:{version}:{key}"


log_schema: contextvars.ContextVar[str] = contextvars.ContextVar("log_schema", default="-")
log_request: contextvars.ContextVar[str] = contextvars.ContextVar("log_request", default="-")
