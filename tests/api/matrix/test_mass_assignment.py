"""Fields that nobody asked for: the name of every field of every model, sent to every operation that writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from api.common import serializers
from apps.core import tenancy
from apps.core.tenancy import Tenant
from tests.api.matrix.operations import WRITES, Operation, operations
from tests.api.matrix.walk import lines
from tests.api.matrix.world import Principal, World, ask, may_have

pytestmark = pytest.mark.django_db

FEW = 20
OURS = ("apps.", "django.contrib.auth")
MADE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(\+\d\d:\d\d)?|[0-9a-f]{16,}|\d{7,}"
)


@pytest.fixture
def world(world, monkeypatch) -> World:
    monkeypatch.setattr(serializers, "MOST_TOLD", 100_000)  # all of them at once
    return world


def fields() -> dict[str, models.Field[Any, Any]]:
    """Every name under which a column of ours can be addressed."""
    found: dict[str, models.Field[Any, Any]] = {}
    for model in apps.get_models(include_auto_created=True):
        if apps.get_app_config(model._meta.app_label).name.startswith(OURS):
            for field in model._meta.get_fields():
                if isinstance(field, models.Field):
                    found.update({field.name: field, field.attname: field})
    return found


def value_of(field: models.Field[Any, Any]) -> Any:
    """A value that the column would take, and not the one that it has."""
    if field.choices:
        return [value for value, _ in field.flatchoices][-1]
    match field:
        case models.BooleanField():
            return True
        case models.UUIDField() | models.ForeignKey() | models.OneToOneField():
            return "3f2b8a52-0000-4000-8000-000000000000"
        case models.DateTimeField():
            return "2033-03-03T03:03:03Z"
        case models.IntegerField() | models.DecimalField() | models.FloatField():
            return 97
        case models.JSONField():
            return {"canary": 97}
        case models.ManyToManyField():
            return ["3f2b8a52-0000-4000-8000-000000000000"]
    return "canary"


def writes(world: World) -> Iterator[tuple[Operation, Principal]]:
    """Each operation that writes, with somebody who may have it."""
    for operation in operations():
        somebody = next((one for one in world.principals if may_have(operation, one)), None)
        if operation.method in WRITES and somebody and not operation.content_type.startswith("multipart/"):
            yield operation, somebody


def send(world: World, operation: Operation, principal: Principal, body: Any) -> Any:
    id = world.thing_for(operation, principal) if operation.has_id else None
    return ask(operation, host=principal.host, token=principal.token, id=id, body=body)


def looked_through(world: World) -> tuple[list[str], int, list[tuple[Operation, Principal]]]:
    """What took unknown fields, how many requests it was, and which operations look at no body at all."""
    known, bodies = fields(), world.bodies
    wrong, asked, bodiless = [], 0, []
    for operation, principal in writes(world):
        if not operation.body:
            bodiless.append((operation, principal))
            continue
        own = set(operation.body.get("properties", {}))
        names = sorted(set(known) - own)
        body = bodies.get(operation) | {name: value_of(known[name]) for name in names}
        answer = send(world, operation, principal, body)
        asked += len(names)
        flaws = answer.json().get("errors", []) if answer.status_code == 422 else []
        told = {flaw["pointer"].removeprefix("/") for flaw in flaws if flaw["code"] == "unknown_field"}
        # A batch of answers tells of its first flaws alone.
        if (missed := set(names) - told) and len(told) < FEW:
            wrong.append(
                f"{operation}: {answer.status_code} {answer.content[:200]!r} says nothing of {sorted(missed)[:9]}"
            )
    return wrong, asked, bodiless


def test_no_operation_takes_a_field_that_it_does_not_declare(world):
    wrong, asked, _ = looked_through(world)
    assert not wrong, "\n".join(lines(wrong))
    assert asked > 10_000


def test_an_operation_that_looks_at_no_body_does_the_same_with_any(world):
    """Compared row by row, but for what is made anew each time: ids, moments, codes."""
    canaries = {name: value_of(field) for name, field in fields().items()}
    for operation, principal in looked_through(world)[2]:
        tenant = tenancy.PUBLIC if operation.is_main else world.cast.north
        plain = rows_after(world, operation, principal, {}, tenant)
        assert rows_after(world, operation, principal, canaries, tenant) == plain, operation


def rows_after(world: World, operation: Operation, principal: Principal, body: Any, tenant: Tenant) -> Any:
    with transaction.atomic():
        try:
            id = world.thing_for(operation, principal) if operation.has_id else None
            answer = ask(operation, host=principal.host, token=principal.token, id=id, body=body, is_kept=True)
            return answer.status_code, rows_of(tenant)
        finally:
            transaction.set_rollback(True)
            tenancy.forget()


def rows_of(tenant: Tenant) -> dict[str, list[str]]:
    """The rows of each table, without what is made anew each time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [tenant.schema_name])
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{tenant.schema_name}"."{table}" t')
            found[table] = sorted(_without_numbers(json.loads(row[0])) for row in cursor.fetchall())
    return found


def _without_numbers(row: dict[str, Any]) -> str:
    """Keys from sequences go on counting when all else is undone, and documents have drawn ids in them."""
    kept = {name: value for name, value in row.items() if name != "id" and not name.endswith("_id")}
    kept = {name: value for name, value in kept.items() if not isinstance(value, dict | list) and len(str(value)) < 200}
    return MADE.sub("-", json.dumps(kept, sort_keys=True))


def test_a_shape_that_takes_anything_is_noticed(world, monkeypatch):
    plain = serializers.StrictSerializer.__mro__[1].to_internal_value
    monkeypatch.setattr(serializers.StrictSerializer, "to_internal_value", plain)
    wrong, _, _ = looked_through(world)
    assert len({said.partition(": ")[0] for said in wrong}) > 20
