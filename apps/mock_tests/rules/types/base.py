"""What a type of question is: how its answers are stored, what is wrong with them, which responses it takes, what they
earn. What takers see is not the type's choice: only the ids, texts and pictures of `Given.options` are ever shown."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from apps.core.errors import Problem

Stored = Mapping[str, Any]


class BadResponse(ValueError):
    """A response that no taker of this question can give; the message says why."""


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """As much of an item as is needed to check a response; holds no key."""

    type: str
    options: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; ``fraction`` is its share of the marks, from -1 to 1."""

    id: str
    text: str
    fraction: Decimal
    image: uuid.UUID | None = None
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Every number within ``tolerance`` of ``value`` earns ``fraction`` of the marks."""

    value: Decimal
    tolerance: Decimal
    fraction: Decimal


@dataclass(frozen=True, slots=True)
class Given:
    """What an author says about the answers of one question."""

    options: tuple[Option, ...] = ()
    answers: tuple[Answer, ...] = ()

    def renamed(self, new_id: Callable[[], str]) -> Given:
        """The same under other option ids."""
        return replace(self, options=tuple(replace(option, id=new_id()) for option in self.options))


class ItemType(ABC):
    """One type of question; stateless."""

    name: ClassVar[str]

    @abstractmethod
    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        """What to store as content and as key."""

    @abstractmethod
    def read(self, content: Stored, key: Stored) -> Given:
        """The inverse of ``write``."""

    @abstractmethod
    def flaws(self, given: Given) -> Iterator[Problem]:
        """Every reason why such a question cannot be put to anybody."""

    @abstractmethod
    def check(self, spec: ItemSpec, response: object) -> object:
        """The response in its one normal form, ``None`` if it is blank; refuses others with `BadResponse`."""

    @abstractmethod
    def share(self, key: Stored, response: object) -> Decimal:
        """Which share of the marks a response earns."""


def plain(number: Decimal) -> str:
    """The one way to write a number: no exponent, no zeros at the end."""
    return f"{number.normalize():f}" if number else "0"
