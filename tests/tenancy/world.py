"""Two centers with the same things in them, and what can be found in one through its own API."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from apps.assignments.models import ExamAssignment
from apps.assignments.operations import accommodations, homework
from apps.authentication.models import User
from apps.authentication.operations import single_sign_on_providers as providers
from apps.core import bus, tenancy
from apps.core.tenancy import Tenant
from apps.groups import operations as groups
from apps.groups.models import Group
from apps.jobs import operations as jobs
from apps.mail import operations as mail
from apps.materials import operations as materials
from apps.mock_tests.models import MockTest
from apps.mock_tests.operations import bank, profiles
from apps.mock_tests.operations.authoring import quizzes
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import profiles as shelf
from apps.mock_tests.rules.bank.blueprint import GroupPlan, Line, Plan, SectionPlan
from tests import factories
from tests.apps.attempts.recordings import make_listening_room
from tests.apps.attempts.samples import make_essay_test
from tests.cast import Cast
from tests.client import Api
from tests.core.files import samples
from tests.live import open_quiz

WHOLE = bool(os.environ.get("WHOLE_WALKS"))
SOME = 3
"""Ids of one kind that are tried, where any of them ought to do."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PREFIX = "/api/v1/"
CALLED = {
    "bank": "bank-questions",
    "category_id": "material-categories",
    "from_group_id": "groups",
    "homework_assignment_id": "homework-assignments",
    "ids": "bank-questions",
    "parent": "topics",
    "to_group_id": "groups",
    "topic": "topics",
}
"""What fields are about whose names do not say it."""
SAID = {"factors": {"*": "1.5"}, "options": [{"text": "yes", "is_correct": True}, {"text": "no", "is_correct": False}]}
"""What is sent for fields that hold no ids and are refused with words."""
ONE_OF_ANY = Plan((SectionPlan("All", (GroupPlan((Line(1),)),)),))


def populate(cast: Cast) -> None:
    """A class, a test, a room, one attempt handed in and graded, one going on, notices of all that; and a thing of every
    other kind that somebody of a center can open by its id."""
    north = cast.north
    with tenancy.enter(north):
        people = [(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")]
        group = groups.create_group(name=f"canary class of {north.slug}", teacher_ids=[cast.carol.pk])
        groups.add_members(group_id=group.pk, members=people)
        quiz = _fill_shelves(cast, group)
        test = factories.make_test(cast, title=f"canary test of {north.slug}")
        factories.publish(cast, test)
        room = factories.make_room(cast, test=test, group_ids=[group.pk], title=f"canary room of {north.slug}")
        open_quiz(cast, cast.alice, test=test, title=f"canary quiz of {north.slug}")
        homework.assign_homework(
            actor=cast.dora,
            title=f"Homework of {north.slug}",
            deadline=timezone.now() + timedelta(days=3),
            mock_test_ids=[test.pk],
            quiz_ids=[quiz.pk],
            group_ids=[group.pk],
        )
        accommodations.propose(
            actor=cast.dora, student_id=cast.alice.pk, factors={"*": Decimal("1.25")}, reason=f"Of {north.slug}"
        )
        bus.deliver_due(most=1000)
        for student in (cast.alice, cast.bob):
            _start(Api(student), room)
        attempt_id = next(iter(Api(cast.alice).get("attempts/").json()["results"]))["id"]
        assert Api(cast.alice).post(f"attempts/{attempt_id}/submit/", {}).status_code == 200
        bus.deliver_due(most=1000)
        _write_a_letter(cast, group)
        _listen(cast)
        bus.deliver_due(most=1000)


def _start(client: Api, room: ExamAssignment) -> str:
    started = client.post(f"exam-assignments/{room.pk}/start/", {})
    assert started.status_code == 201, started.content
    return str(started.json()["attempt"])


def _fill_shelves(cast: Cast, group: Group) -> MockTest:
    """What teachers keep: questions, plans, files. Returns a quiz that can be given as homework."""
    place = cast.north.slug
    topic = bank_topics.create_topic(actor=cast.carol, changes={"name": f"Topic of {place}"})
    for text in (f"Question of {place}", f"Another question of {place}"):
        said = {"text": text, "given": factories.options(yes="1", no="0"), "topic_id": topic.pk}
        bank.create_question(actor=cast.carol, changes=said)
    blueprints.create_blueprint(actor=cast.carol, name=f"Blueprint of {place}", plan=ONE_OF_ANY)
    profiles.create_profile(actor=cast.dora, changes={"name": f"Exam of {place}"})
    # A draft and a published one: each takes what the other refuses.
    for title in (f"Draft of {place}", f"Quiz of {place}"):
        quiz = quizzes.create_quiz(actor=cast.carol, changes={"title": title}, questions=[factories.RIVER])
    quizzes.publish_quiz(actor=cast.carol, quiz_id=quiz.pk)
    media.store_media(actor=cast.carol, content=samples.picture(), file_name=f"{place}.png")
    folder = materials.create_category(actor=cast.carol, name=f"Folder of {place}", group_ids=[group.pk])
    materials.share_material(
        actor=cast.carol,
        name=f"Handout of {place}",
        file=samples.pdf(),
        file_name=f"{place}.pdf",
        category_id=folder.pk,
    )
    providers.add_provider(
        changes={"name": f"School of {place}", "issuer": "https://id.school.test", "client_id": "shiken"}
    )
    with transaction.atomic():
        mail.send(letter="rejected", to=[cast.alice.email], key=f"walk-{place}", values={"quote": f"Letter of {place}"})
        jobs.ask(kind="export_center", params={"center_id": ""}, title=f"Work of {place}", asker=cast.dora)
    return quiz


def _write_a_letter(cast: Cast, group: Group) -> None:
    """Alice hands in what a person has to mark."""
    test = make_essay_test(cast)
    factories.publish(cast, test)
    room = factories.make_room(cast, test=test, group_ids=[group.pk], title=f"Letters of {cast.north.slug}")
    client = Api(cast.alice)
    attempt = _start(client, room)
    handed_in = client.post(f"attempts/{attempt}/submit/", {})
    assert handed_in.status_code == 200, handed_in.content


def _listen(cast: Cast) -> None:
    """Alice hears a recording in a room that counts how often."""
    room, files = make_listening_room(cast, cast.alice)
    client = Api(cast.alice)
    attempt = _start(client, room)
    heard = client.post(f"attempts/{attempt}/plays/", {"action": "start", "recording": str(files[0].pk)})
    assert heard.status_code == 201, heard.content


def canaries(tenant: Tenant) -> list[str]:
    return [f"{word} of {tenant.slug}" for word in ("canary class", "canary test", "canary room", "canary quiz")] + [
        f"@{tenant.slug}.test"
    ]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    id: str
    roles: frozenset[str]
    queries: tuple[str, ...]
    body: dict[str, Any]
    numbers: frozenset[str]
    """What stands for a number in the path; all else there is an id."""

    @property
    def resource(self) -> str:
        """The path up to the thing that it is about."""
        return self.path.partition("}")[0] + "}"

    @property
    def is_about_one(self) -> bool:
        return self.path.count("{") - len(self.numbers) == 1

    def at(self, one: str) -> str:
        return re.sub(r"{(\w+)}", lambda place: "1" if place[1] in self.numbers else one, self.path)


def operations() -> list[Operation]:
    """All of a center's, from its OpenAPI document."""
    document = SchemaGenerator(urlconf="config.urls").get_schema(request=None, public=True)
    return [
        Operation(
            method,
            path,
            item[method]["operationId"],
            frozenset(item[method]["x-roles"]),
            tuple(
                parameter["name"]
                for parameter in item[method].get("parameters", [])
                if parameter["in"] == "query" and parameter["schema"].get("format") == "uuid"
            ),
            _body(document, item[method]),
            frozenset(
                parameter["name"]
                for parameter in item[method].get("parameters", [])
                if parameter["in"] == "path" and parameter["schema"].get("type") == "integer"
            ),
        )
        for path, item in sorted(document["paths"].items())
        for method in ("get", "post", "put", "patch", "delete")
        if method in item
    ]


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return _resolved(document, content.get("application/json", {}).get("schema", {}))


def _resolved(document: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in shape:
        return dict(_resolved(document, document["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]))
    for several in ("allOf", "oneOf", "anyOf"):
        if several in shape:
            return _resolved(document, shape[several][0])
    if "items" in shape:
        return {**shape, "items": _resolved(document, shape["items"])}
    if "properties" in shape:
        return {**shape, "properties": {name: _resolved(document, part) for name, part in shape["properties"].items()}}
    return shape


@dataclass
class Found:
    """What the people of a center can find there; ``shipped`` are ids of the product, the same in every center."""

    shipped: frozenset[str] = frozenset()
    ids: set[str] = field(default_factory=set)
    by_key: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_place: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))  # by path and key
    good: dict[str, str] = field(default_factory=dict)  # resource or path -> an id that is answered with 200
    texts: list[str] = field(default_factory=list)

    def take(self, path: str, answer: Any) -> None:
        text = answer.content.decode(errors="replace") if not answer.streaming else ""
        self.texts.append(text)
        self.ids |= set(UUID.findall(text)) - self.shipped
        if answer.headers["Content-Type"].endswith("json"):
            self._keep(path, "", answer.json())

    def _keep(self, path: str, key: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                self._keep(path, name, inner)
        elif isinstance(value, list):
            for inner in value:
                self._keep(path, key, inner)
        elif isinstance(value, str) and value in self.ids:
            for known in (self.by_key[key], self.by_place[path, key]):
                if value not in known:
                    known.append(value)

    def candidates(self, resource: str) -> list[str]:
        """Ids, the likelier ones for this resource first. Of those that stand in one place under one name, which are of
        one kind, only some, unless the walk is to be whole."""
        known = [self.good[resource]] if resource in self.good else []
        some = [id for ids in self.by_place.values() for id in ids[:SOME]]
        every = self.by_key["id"] + sorted(self.ids) if WHOLE else []
        return list(dict.fromkeys([*known, *self.good.values(), *some, *every]))

    def sample(self, name: str, shape: dict[str, Any], turn: int = 0) -> Any:
        """A value of this shape; ids are of things found here, by the field's name as far as possible."""
        if name in SAID:
            return SAID[name]
        if shape.get("format") == "uuid":
            if one := self.good.get(PREFIX + CALLED.get(name, "") + "/{id}"):
                return one
            single = name.removesuffix("s")
            keys = (name, single, f"{single}_id", name.removesuffix("_id"), name.removesuffix("_ids"))
            known = next((found for key in keys if (found := self.by_key.get(key))), None)
            resource = f"{PREFIX}{name.removesuffix('_id')}s/{{id}}"
            known = known or ([self.good[resource]] if resource in self.good else None)
            known = known or self.by_key["user_id"]  # teachers and others that a request calls by what they do
            return known[turn % len(known)]
        if "enum" in shape:
            return shape["enum"][0]
        kind = shape.get("type")
        if kind == "array":
            return [self.sample(name, shape.get("items", {}), turn)]
        if kind == "object":
            return self.fill(shape, turn)
        if shape.get("format") == "date-time":
            return (timezone.now() + timedelta(days=1)).isoformat()
        if shape.get("format") == "uri":
            return "https://example.com/"
        if shape.get("format") == "decimal":
            return "1"
        return {"integer": 1, "number": 1, "boolean": True}.get(str(kind), "words")

    def fill(self, shape: dict[str, Any], turn: int = 0) -> dict[str, Any]:
        """A body with what must be there and whatever holds ids; another turn names other things."""
        return {
            name: self.sample(name, inner, turn)
            for name, inner in shape.get("properties", {}).items()
            if name in shape.get("required", []) or name in SAID or "uuid" in str(inner)
        }


def explore(people: Iterable[User], listed: list[Operation]) -> Found:
    """Ask every list, then everything about one thing until somebody gets an answer."""
    people = list(people)
    profiles = shelf.list_profiles_for(people[0])
    found = Found(shipped=frozenset(str(one.id) for one in profiles if one.is_shipped))
    clients = [(person.role, Api(person)) for person in people]
    gets = [operation for operation in listed if operation.method == "get"]
    for operation in gets:
        if "{" not in operation.path:
            for _, client in clients:
                found.take(operation.path, client.get(operation.path))
    for operation in gets:
        if operation.is_about_one and "ANYBODY" not in operation.roles:
            _open(operation, [client for role, client in clients if role in operation.roles], found)
    return found


def _open(operation: Operation, clients: list[Api], found: Found) -> None:
    for one in found.candidates(operation.resource):
        for client in clients:
            answer = client.get(operation.at(one))
            if answer.status_code == 200:
                found.take(operation.path, answer)
                found.good.setdefault(operation.resource, one)
                found.good[operation.path] = one
                return


def fingerprint(tenant: Tenant) -> dict[str, str]:
    """A hash of the rows of each table of a center."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [tenant.schema_name])
        tables = [row[0] for row in cursor.fetchall()]
        parts = [
            f"SELECT '{table}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{tenant.schema_name}\".{table} t"
            for table in tables
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def tables_that_name(tenant: Tenant, ids: Iterable[str]) -> list[str]:
    """The tables of a center in which one of these ids stands anywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [tenant.schema_name])
        tables = [row[0] for row in cursor.fetchall()]
        pattern = "|".join(sorted(ids))
        found = []
        for table in tables:
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{tenant.schema_name}".{table} t WHERE t::text ~ %s)', [pattern]
            )
            if cursor.fetchone()[0]:
                found.append(table)
        return found
