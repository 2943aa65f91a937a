"""What the import contract cannot see."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import typing
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from apps.core import bus
from apps.core.events import Event

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    "core",
    "audit",
    "jobs",
    "centers",
    "mail",
    "authentication",
    "groups",
    "materials",
    "mock_tests",
    "assignments",
    "attempts",
    "leaderboards",
    "live",
    "notifications",
    "analytics",
]
KEYWORDS = {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
OURS = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]


def modules(app: str, room: str) -> Iterator[typing.Any]:
    """The module ``room`` of an app, and whatever is in it if it is a folder."""
    try:
        top = importlib.import_module(f"{app}.{room}")
    except ModuleNotFoundError:
        return
    yield top
    for found in pkgutil.walk_packages(getattr(top, "__path__", []), f"{top.__name__}."):
        yield importlib.import_module(found.name)


@pytest.mark.parametrize("model", [model for config in OURS for model in config.get_models()], ids=str)
def test_foreign_keys_point_down_and_hide_their_reverse(model):
    for field in [*model._meta.get_fields(), *model._meta.many_to_many]:
        if not (field.is_relation and field.concrete and field.related_model):
            continue
        target = field.related_model
        if target._meta.label == settings.AUTH_USER_MODEL:
            continue
        here, there = model._meta.app_label, target._meta.app_label
        if there not in FLOORS or here == there:
            continue
        assert FLOORS.index(there) < FLOORS.index(here), f"{model} climbs to {target}"
        assert str(field.remote_field.related_name).endswith("+"), f"{model}.{field.name} is visible from {target}"


def test_no_center_table_points_at_a_public_one():
    shared_only = {"core", "centers", "mail", "analytics"}
    for config in OURS:
        if config.label in shared_only:
            continue
        for model in config.get_models():
            for field in model._meta.get_fields():
                if field.is_relation and field.concrete and field.related_model:
                    assert field.related_model._meta.app_label not in shared_only, f"{model}.{field.name}"


@pytest.mark.parametrize("path", sorted((ROOT / "api").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_door_neither_queries_nor_saves(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            assert node.attr != "objects", f"line {node.lineno}: ask the app's queries"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"save", "get_model", "bulk_create"}, f"line {node.lineno}: call an operation"


def _events() -> list[type[Event]]:
    found = []
    for config in OURS:
        for module in modules(config.name, "events"):
            found += [
                item
                for item in vars(module).values()
                if inspect.isclass(item) and issubclass(item, Event) and item.__module__ == module.__name__
            ]
    return [event for event in found if event is not Event]


@pytest.mark.parametrize("event", _events(), ids=lambda event: event.__name__)
def test_events_have_a_name_and_only_ids_and_plain_values(event):
    assert event.name
    allowed = {uuid.UUID, str, int, bool, datetime}
    hints = typing.get_type_hints(event)
    for field in dataclasses.fields(event):
        parts = set(typing.get_args(hints[field.name])) or {hints[field.name]}
        assert parts - {type(None)} <= allowed, field.name


def test_event_names_are_unique():
    names = [event.name for event in _events()]
    assert len(names) == len(set(names))


def test_every_listener_lives_in_subscribers():
    for path in bus._by_path:
        assert ".subscribers." in path or path.startswith("tests."), path


@pytest.mark.parametrize("config", OURS, ids=lambda config: config.label)
def test_public_operations_take_keywords_and_say_what_they_do(config):
    for module in modules(config.name, "operations"):
        for name, item in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(item) or item.__module__ != module.__name__:
                continue
            assert item.__doc__, f"{module.__name__}.{name} has no docstring"
            kinds = {parameter.kind for parameter in inspect.signature(item).parameters.values()}
            assert kinds <= KEYWORDS, f"{module.__name__}.{name} takes positional arguments"


@pytest.mark.parametrize("config", OURS, ids=lambda config: config.label)
def test_every_app_has_a_door_plate(config):
    assert len((importlib.import_module(config.name).__doc__ or "").splitlines()) >= 2
