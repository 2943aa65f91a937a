"""All types of questions, found by their folders, and what each has for a format of files."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Final, TypeVar, get_args

from apps.mock_tests.rules import types
from apps.mock_tests.rules.types.base import GivenPart, ItemType
from apps.mock_tests.rules.types.fields import Field

Mapped = TypeVar("Mapped")


RESERVED: Final = frozenset(
    {"id", "group", "section", "type", "name", "text", "question_number", "order", "score", "image", "audio_file"}
    | {
        "image_key",
        "audio_key",
        "explanation",
        "topic",
        "tags",
        "difficulty",
        "own",
        "correct_option_index",
        "recording",
    }
    | set(get_args(GivenPart))
)
"""What questions of all types have; a type's own fields are called otherwise."""


class ImproperFolder(TypeError):
    """A folder beside the types is none; the message says why."""


def discover(package: ModuleType) -> dict[str, ItemType]:
    """The types whose folders stand in ``package``, by their names, in the order of these. A folder offers its type as
    ``TYPE``, under the folder's own name."""
    found: dict[str, ItemType] = {}
    for folder in sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg):
        item_type = getattr(importlib.import_module(f"{package.__name__}.{folder}"), "TYPE", None)
        if not isinstance(item_type, ItemType) or item_type.name != folder:
            raise ImproperFolder(f"{package.__name__}.{folder} has no TYPE of the name {folder!r}.")
        if taken := RESERVED & {field.name for field in item_type.fields}:
            raise ImproperFolder(
                f"{package.__name__}.{folder} calls a field {min(taken)!r}, which another thing is called."
            )
        found[folder] = item_type
    known: dict[str, Field] = {}
    for item_type in found.values():
        for field in item_type.fields:
            if known.setdefault(field.name, field) != field:
                raise ImproperFolder(f"{item_type.name} declares {field.name!r} otherwise than another type.")
    return found


def mappings(module: str, kind: type[Mapped]) -> dict[str, Mapped]:
    """What the types have for a format of files, by their names; those without anything are not named."""
    found = {name: item_type.mapping(module, kind) for name, item_type in TYPES.items()}
    return {name: mapping for name, mapping in found.items() if mapping is not None}


TYPES: Final[dict[str, ItemType]] = discover(types)
