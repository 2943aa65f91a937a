"""The people in tests. Each is made on first use, through the operation that makes real ones."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from apps.authentication.models import User
from apps.authentication.operations import people
from apps.core import tenancy
from apps.core.tenancy import Tenant

PASSWORD = "correct horse 7"


@dataclass
class Cast:
    north: Tenant
    south: Tenant

    def person(self, name: str, role: str, tenant: Tenant | None = None) -> User:
        tenant = tenant or self.north
        with tenancy.enter(tenant):
            user = people.create_person(
                email=f"{name.lower()}@{tenant.slug}.test",
                password=PASSWORD,
                role=role,
                first_name=name,
                last_name=tenant.name,
            )
        user.tenant = tenant  # type: ignore[attr-defined]
        return user

    @functools.cached_property
    def alice(self) -> User:
        return self.person("Alice", "STUDENT")

    @functools.cached_property
    def bob(self) -> User:
        return self.person("Bob", "STUDENT")

    @functools.cached_property
    def carol(self) -> User:
        return self.person("Carol", "TEACHER")

    @functools.cached_property
    def other_teacher(self) -> User:
        return self.person("Cyril", "TEACHER")

    @functools.cached_property
    def dora(self) -> User:
        return self.person("Dora", "CENTER_ADMIN")

    @functools.cached_property
    def gus(self) -> User:
        return self.person("Gus", "GUEST")

    @functools.cached_property
    def mallory(self) -> User:
        return self.person("Mallory", "STUDENT", self.south)

    @functools.cached_property
    def trent(self) -> User:
        return self.person("Trent", "TEACHER", self.south)

    @functools.cached_property
    def sybil(self) -> User:
        return self.person("Sybil", "CENTER_ADMIN", self.south)

    @functools.cached_property
    def olga(self) -> User:
        return self.person("Olga", "OWNER", tenancy.PUBLIC)
