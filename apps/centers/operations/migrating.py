"""Bringing all centers to the code's migrations: planned once, replayed per center.

One query finds what each center lacks. Centers that lack the same form a group; the first of it is migrated by the
stock executor while its statements are heard, the others replay them, a transaction per migration, its record
included. Migrations that are more than statements (Python, concurrent indexes, drawn defaults) go the stock way in
every center. A center that fails stays as far as it came, answers 503, and is repaired by the next run.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.migrations import Migration
from django.db.migrations import operations as django_operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from apps.centers.models import Center
from apps.centers.operations import stock, template
from apps.centers.operations.stock import Name
from apps.core import tenancy

log = logging.getLogger(__name__)

Tell = Callable[[str], object]

# Nothing but statements, which do not depend on rows. Exactly these classes: a subclass may do anything. RenameModel is
# missing on purpose, since Django renames content types with it.
_PLAIN = {
    getattr(django_operations, name)
    for name in (
        "CreateModel DeleteModel AddField AlterField RemoveField RenameField AlterModelTable AlterModelTableComment "
        "AlterUniqueTogether AlterIndexTogether AlterOrderWithRespectTo AlterModelOptions AlterModelManagers AddIndex "
        "RemoveIndex RenameIndex AddConstraint AlterConstraint RemoveConstraint RunSQL"
    ).split()
    if hasattr(django_operations, name)
}
_LOCK_SECONDS = 3
_LOCK_TRIES = 3
_TELL_EVERY = 25


@dataclass(slots=True)
class Outcome:
    """What a run did: how many centers needed nothing, which were brought forward, which failed and why."""

    current: int = 0
    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction: the statements of one migration, its record, and those of empty ones before it."""

    names: tuple[Name, ...]
    statements: tuple[str, ...]


def migrate_tenants(*, tell: Tell = log.info, threads: int = 4) -> Outcome:
    """Record the template and bring every center forward; safe to repeat and to start in several containers at once."""
    with (
        stock.alone(waiting=lambda: tell("Another process is migrating; waiting for it.")),
        tenancy.enter(tenancy.PUBLIC),
    ):
        template.record()
        behind = list_behind()
        outcome = Outcome(current=Center.objects.filter(state=Center.State.READY).count() - len(behind))
        if outcome.current or behind:
            tell(f"{outcome.current} centers are up to date, {len(behind)} are behind.")
        groups: dict[frozenset[Name], list[str]] = defaultdict(list)
        for schema_name, lacking in behind.items():
            groups[lacking].append(schema_name)
        work = _Work(outcome, tell, threads, len(behind))
        for lacking, schema_names in groups.items():
            work.bring_forward(schema_names, lacking)
        _note(outcome)
    tenancy.forget()
    return outcome


def list_behind() -> dict[str, frozenset[Name]]:
    """The schemas of ready centers that lack migrations, with what they lack."""
    with tenancy.enter(tenancy.PUBLIC):
        ready = Center.objects.filter(state=Center.State.READY).order_by("schema_name")
        return tenancy.missing_in(ready.values_list("schema_name", flat=True), frozenset(stock.on_disk()))


class _Work:
    def __init__(self, outcome: Outcome, tell: Tell, threads: int, total: int) -> None:
        self._outcome = outcome
        self._tell = tell
        self._threads = threads
        self._total = total

    def bring_forward(self, schema_names: Sequence[str], lacking: frozenset[Name]) -> None:
        """One group: centers that lack the same."""
        left = list(schema_names)
        if lacking == frozenset(stock.on_disk()):
            for schema_name in left:
                self._failed(schema_name, "The schema or its record of migrations is missing.")
            return
        steps: list[_Step] | None = None
        is_plain = _are_plain(lacking)
        while left and steps is None:
            with _heard() as heard:
                is_done = self._by_stock(left[0], lacking)
            if is_done and is_plain:
                steps = _steps(left[0], lacking, heard)
            del left[0]
        if steps and left:
            self._by_replay(left, steps)

    def _by_stock(self, schema_name: str, lacking: frozenset[Name]) -> bool:
        try:
            stock.migrate(schema_name=schema_name)
            if tenancy.missing_in([schema_name], lacking):
                raise RuntimeError("The stock executor left migrations out.")
        except Exception as error:
            self._failed(schema_name, f"{type(error).__name__}: {error}")
            return False
        self._done(schema_name, always=True)
        return True

    def _by_replay(self, schema_names: list[str], steps: list[_Step]) -> None:
        shares = [share for start in range(self._threads) if (share := schema_names[start :: self._threads])]
        with ThreadPoolExecutor(len(shares), thread_name_prefix="migrating") as pool:
            list(pool.map(lambda share: self._replay_share(share, steps), shares))

    def _replay_share(self, schema_names: Iterable[str], steps: list[_Step]) -> None:
        try:
            for schema_name in schema_names:
                try:
                    for step in steps:
                        _replay(schema_name, step, is_last=step is steps[-1])
                except Exception as error:
                    self._failed(schema_name, f"{type(error).__name__}: {error}")
                else:
                    self._done(schema_name)
        finally:
            connection.close()

    def _done(self, schema_name: str, *, always: bool = False) -> None:
        self._outcome.migrated.append(schema_name)
        number = len(self._outcome.migrated) + len(self._outcome.failed)
        if always or number % _TELL_EVERY == 0 or number == self._total:
            self._tell(f"[{number}/{self._total}] {schema_name}")

    def _failed(self, schema_name: str, reason: str) -> None:
        self._outcome.failed[schema_name] = reason.strip()
        self._tell(f"{schema_name} FAILED: {reason.strip()}")
        log.error("Migrating %s failed: %s", schema_name, reason)


def _are_plain(lacking: frozenset[Name]) -> bool:
    """Whether all that counts of these migrations is what they send to the database."""
    found: dict[Name, Migration] = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    replaced = {name for migration in found.values() for name in migration.replaces}
    # Migrations of the main host's apps are only recorded in centers.
    ours = [found[name] for name in lacking & tenancy.expected_migrations()]
    return all(
        migration.atomic
        and not migration.replaces
        and (migration.app_label, migration.name) not in replaced
        and all(map(_is_plain, migration.operations))
        for migration in ours
    )


def _is_plain(operation: Operation) -> bool:
    if type(operation) is django_operations.SeparateDatabaseAndState:
        return all(map(_is_plain, operation.database_operations))
    # A drawn default (a fresh uuid, a token) must be drawn in each center.
    changed: Any = getattr(operation, "field", None)
    is_drawn = changed is not None and changed.has_default() and callable(changed.default)
    return type(operation) in _PLAIN and not is_drawn


@contextmanager
def _heard() -> Iterator[list[list[str]]]:
    """What schema editors send meanwhile, a list for each editor; the executor makes one per migration."""
    heard: list[list[str]] = []
    base: Any = connection.SchemaEditorClass

    class Editor(base):
        def __enter__(self) -> Any:
            heard.append([])
            return super().__enter__()

        def execute(self, sql: Any, params: Any = ()) -> None:
            text = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
            heard[-1].append(text)
            super().execute(text, None)

    connection.SchemaEditorClass = Editor
    try:
        yield heard
    finally:
        del connection.SchemaEditorClass


def _steps(schema_name: str, lacking: frozenset[Name], heard: list[list[str]]) -> list[_Step] | None:
    """What was heard while ``schema_name`` was migrated, each with its migration; nothing if the two do not match."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT app, name FROM "{schema_name}".django_migrations ORDER BY id')  # noqa: S608 - checked
        names = [name for name in cursor.fetchall() if name in lacking]
    if set(names) != lacking or len(names) != len(heard):
        return None
    steps: list[_Step] = []
    waiting: list[Name] = []
    for name, statements in zip(names, heard, strict=True):
        waiting.append(name)
        if statements or name == names[-1]:
            adapted = (
                template.adapt(statements=text, schema_name=settings.SHIKEN_TEMPLATE_SCHEMA, made_in=schema_name)
                for text in statements
            )
            steps.append(_Step(tuple(waiting), tuple(adapted)))
            waiting = []
    return steps


def _replay(schema_name: str, step: _Step, *, is_last: bool) -> None:
    quote: Any = connection.ops.compose_sql  # type: ignore[attr-defined]
    parts = [
        f'SET LOCAL search_path = "{schema_name}", public',
        f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'",
        "SET LOCAL statement_timeout = 0",
        *(
            template.adapt(statements=text, schema_name=schema_name, made_in=settings.SHIKEN_TEMPLATE_SCHEMA)
            for text in step.statements
        ),
        *(
            quote(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, statement_timestamp())", list(name)
            )
            for name in step.names
        ),
        *(_SEEDS if is_last else ()),
        "SET LOCAL search_path = public",
    ]
    for left in reversed(range(_LOCK_TRIES)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                # A statement by hand may end in a comment, hence the line before the semicolon.
                cursor.execute("\n;\n".join(parts))
        except OperationalError as error:
            if not left or getattr(error.__cause__, "sqlstate", "") not in {"55P03", "40P01"}:
                raise
            time.sleep(0.5)
        else:
            return


# Content types and permissions of new models: what the template has and the center, first on the path, has not.
_TEMPLATE = f'"{settings.SHIKEN_TEMPLATE_SCHEMA}"'
_SEEDS = (
    f"""INSERT INTO django_content_type (app_label, model)
        SELECT app_label, model FROM {_TEMPLATE}.django_content_type t
         WHERE NOT EXISTS (SELECT FROM django_content_type m WHERE (m.app_label, m.model) = (t.app_label, t.model))
         ORDER BY t.id""",  # noqa: S608 - a setting of ours
    f"""INSERT INTO auth_permission (name, content_type_id, codename)
        SELECT p.name, m.id, p.codename
          FROM {_TEMPLATE}.auth_permission p
          JOIN {_TEMPLATE}.django_content_type t ON t.id = p.content_type_id
          JOIN django_content_type m ON (m.app_label, m.model) = (t.app_label, t.model)
         WHERE NOT EXISTS (SELECT FROM auth_permission a WHERE (a.content_type_id, a.codename) = (m.id, p.codename))
         ORDER BY p.id""",  # noqa: S608 - a setting of ours
)


def _note(outcome: Outcome) -> None:
    """Let owners see which centers are in trouble, and which no longer are."""
    for schema_name, reason in outcome.failed.items():
        Center.objects.filter(schema_name=schema_name).update(state_reason=f"Migrating failed. {reason}"[:2000])
    Center.objects.filter(schema_name__in=outcome.migrated).exclude(state_reason="").update(state_reason="")
