"""The operations of both OpenAPI documents, each with its row of the table of policies."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from api import policies
from api.common.inventory import served
from api.policies import EVERYBODY, Reach, Rule

JSON = "application/json"
WRITES = frozenset({"post", "put", "patch"})
Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    is_main: bool
    method: str
    path: str
    id: str
    resource: str
    action: str
    content_type: str
    body: Shape = field(repr=False, compare=False)
    """The shape of what it takes, with all references resolved; empty if it takes nothing."""
    queries: Mapping[str, Shape] = field(repr=False, compare=False)
    roles: frozenset[str]
    """``x-roles`` of the document."""

    def __str__(self) -> str:
        return f"{'main' if self.is_main else 'center'}:{self.id}"

    @property
    def rule(self) -> Rule | None:
        return policies.find(self.resource, self.action)

    @property
    def is_for_everybody(self) -> bool:
        return bool(self.rule and EVERYBODY in self.rule.grants)

    @property
    def has_id(self) -> bool:
        return "{" in self.path

    def reach_of(self, role: str) -> Reach | None:
        return self.rule.grants.get(role) if self.rule else None

    def lookup_reach_of(self, role: str) -> Reach | None:
        """What the role may look at of the same things, where there is a way to look at one."""
        rule = policies.find(self.resource, "retrieve")
        return rule.grants.get(role) if rule else None


@functools.cache
def operations() -> tuple[Operation, ...]:
    rows = {(one.is_main, one.method, one.path): (one.resource, one.action) for one in served()}
    return tuple(
        sorted(
            (
                operation
                for is_main, urlconf in ((False, settings.ROOT_URLCONF), (True, settings.PUBLIC_SCHEMA_URLCONF))
                for operation in _of_document(is_main, urlconf, rows)
            ),
            key=str,
        )
    )


def _of_document(is_main: bool, urlconf: str, rows: Mapping[Any, tuple[str, str]]) -> Iterator[Operation]:
    document = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
    for path, item in document["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method not in item:
                continue
            operation = item[method]
            contents = operation.get("requestBody", {}).get("content", {})
            kind = JSON if JSON in contents or not contents else next(iter(contents))
            resource, action = rows.get((is_main, method, path), ("", ""))
            yield Operation(
                is_main=is_main,
                method=method,
                path=path,
                id=operation["operationId"],
                resource=resource,
                action=action,
                content_type=kind,
                body=resolved(document, contents.get(kind, {}).get("schema", {})),
                queries={
                    parameter["name"]: resolved(document, parameter["schema"])
                    for parameter in operation.get("parameters", [])
                    if parameter["in"] == "query"
                },
                roles=frozenset(operation["x-roles"]),
            )


def resolved(document: Shape, shape: Shape) -> dict[str, Any]:
    """A shape with every reference in it replaced by what it refers to."""
    if "$ref" in shape:
        return resolved(document, document["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]])
    for several in ("allOf", "oneOf", "anyOf"):
        if several in shape:
            return resolved(document, shape[several][0])
    found = dict(shape)
    if "items" in found:
        found["items"] = resolved(document, found["items"])
    if "properties" in found:
        found["properties"] = {name: resolved(document, part) for name, part in found["properties"].items()}
    return found


def ids_in(shape: Shape, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a body ids stand: the names on the way; a list is ``[]``."""
    if shape.get("format") == "uuid":
        yield place
    for name, part in shape.get("properties", {}).items():
        yield from ids_in(part, (*place, name))
    if "items" in shape:
        yield from ids_in(shape["items"], (*place, "[]"))


def parameters_of(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)
