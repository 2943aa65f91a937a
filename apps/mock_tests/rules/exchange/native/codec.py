"""Drafts as JSON and back. Decoding checks every value against the field it is for; it runs nothing and guesses nothing."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from apps.mock_tests.rules.exchange.draft import DraftFile
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.types.base import plain

Thing = TypeVar("Thing")
FileOf = Callable[[str, str], DraftFile]
"""The file of a name and a path; refuses with `ValueError`."""

LONGEST: Final = 200_000
DEEPEST: Final = 12
_LEFT_OUT: Final = frozenset({"line", "path"})
"""Say where something stood in a file, which is another one each time."""


class Undecodable(ValueError):
    """The JSON is not what such a draft is made of; `pointer` is the place."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer = pointer
        self.reason = reason


def encode(thing: object, name_of: Callable[[DraftFile], str]) -> Any:
    """JSON of a draft, without what says nothing; `name_of` gives the path of a file."""
    if isinstance(thing, DraftFile):
        return {"name": thing.name, "path": name_of(thing)}
    if dataclasses.is_dataclass(thing):
        told: dict[str, Any] = {}
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if field.name not in _LEFT_OUT and value != _default(field):
                told[field.name] = encode(value, name_of)
        return told
    if isinstance(thing, Decimal):
        return plain(thing)
    if isinstance(thing, Mapping):
        return {name: encode(value, name_of) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [encode(value, name_of) for value in thing]
    return thing


def decode(kind: type[Thing], value: object, file_of: FileOf, pointer: str = "") -> Thing:
    """The inverse; refuses with `Undecodable`."""
    return cast(Thing, _decoded(kind, value, file_of, pointer))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decoded(kind: Any, value: object, file_of: FileOf, pointer: str) -> Any:
    origin = get_origin(kind)
    if kind is DraftFile:
        return _file(value, file_of, pointer)
    if dataclasses.is_dataclass(kind):
        return _draft(cast(type, kind), value, file_of, pointer)
    if origin is tuple:
        return _tuple(get_args(kind)[0], value, file_of, pointer)
    if origin in (Union, types.UnionType):
        (inner,) = (option for option in get_args(kind) if option is not type(None))
        return None if value is None else _decoded(inner, value, file_of, pointer)
    if origin is typing.Literal:
        return value if value in get_args(kind) else _refuse(pointer, f"One of {', '.join(get_args(kind))} is needed.")
    if origin is not None and issubclass(cast(type, origin), Mapping):
        return _plain_object(value, pointer)
    return _single(kind, value, pointer)


def _draft(kind: type, value: object, file_of: FileOf, pointer: str) -> Any:
    if not isinstance(value, dict):
        _refuse(pointer, "An object is needed.")
    hints = _hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.name not in _LEFT_OUT}
    for name in value:
        if name not in fields:
            _refuse(f"{pointer}/{name}", "This is not known; a newer version may have written it.")
    known = {name: _decoded(hints[name], inner, file_of, f"{pointer}/{name}") for name, inner in value.items()}
    missing = [name for name, field in fields.items() if name not in known and _default(field) is dataclasses.MISSING]
    if missing:
        _refuse(f"{pointer}/{missing[0]}", "This is required.")
    return kind(**known)


def _tuple(kind: Any, value: object, file_of: FileOf, pointer: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        _refuse(pointer, "A list is needed.")
    return tuple(_decoded(kind, inner, file_of, f"{pointer}/{place}") for place, inner in enumerate(value))


def _file(value: object, file_of: FileOf, pointer: str) -> DraftFile:
    if not isinstance(value, dict) or value.keys() != {"name", "path"}:
        _refuse(pointer, "A file is named by its name and its path.")
    if not all(isinstance(inner, str) for inner in value.values()):
        _refuse(pointer, "A file is named by its name and its path.")
    try:
        return file_of(value["name"], value["path"])
    except ValueError as error:
        _refuse(f"{pointer}/path", str(error))


def _single(kind: Any, value: object, pointer: str) -> object:
    if kind is Decimal:
        number = parse_number(value) if isinstance(value, str) and len(value) <= 100 else None
        return number if number is not None else _refuse(pointer, "A number, written as a string, is needed.")
    if kind is str and isinstance(value, str) and len(value) <= LONGEST:
        return value
    if (kind is bool and isinstance(value, bool)) or (kind is int and type(value) is int and abs(value) < 10**9):
        return value
    words = {str: f"A text of at most {LONGEST:,} characters", bool: "True or false", int: "A whole number"}
    return _refuse(pointer, f"{words.get(kind, 'Something else')} is needed.")


def _plain_object(value: object, pointer: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(pointer, "An object is needed.")
    _check_depth(value, pointer, DEEPEST)
    return dict(value)


def _check_depth(value: object, pointer: str, left: int) -> None:
    if not left:
        _refuse(pointer, f"It is nested deeper than {DEEPEST} levels.")
    inner: Sequence[object] = ()
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    for one in inner:
        _check_depth(one, pointer, left - 1)


def _refuse(pointer: str, reason: str) -> typing.NoReturn:
    raise Undecodable(pointer, reason)
