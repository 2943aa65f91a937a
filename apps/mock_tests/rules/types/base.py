"""What a type of question is: how its answers are stored, what is wrong with them, which responses it takes, what they
earn. What takers see is not the type's choice: it names some of `PARTS`, and publishing shows those field by field.

A type is a folder here, named as the type:

- ``__init__.py`` holds its class, and the one object of it as ``TYPE``. The registry finds it there; nothing else has to
  name it, and the API describes it by what the class says.
- What only this type has is declared as ``fields``; nothing else has to be written to send, store, check or show it.
- A module for each format of files that can hold such questions: ``moodle.py``, ``gift.py``, ``aiken.py`` and so on. It
  offers one object as ``MAPPING``, whose class the format defines (`MoodleMapping` in ``rules.exchange.moodle.answers``,
  `GiftMapping` in ``rules.exchange.gift.parts``, `AikenMapping` in ``rules.exchange.aiken``). The format asks for it by
  `ItemType.mapping`, or by ``registry.mappings`` for those of all types; it is imported when it is asked for, so that
  formats may import types. No module: the format cannot hold the type.
"""

from __future__ import annotations

import importlib
import unicodedata
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from typing import Any, ClassVar, Literal, TypeVar

from apps.core.errors import Problem
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.fields import Field

Stored = Mapping[str, Any]
Mapped = TypeVar("Mapped")
Part = Literal["options", "prompts", "gaps", "star"]

GivenPart = Literal[
    "options", "answers", "texts", "case_sensitive", "truth", "prompts", "gaps", "policy", "star", "shuffle"
]

PARTS: frozenset[Part] = frozenset({"options", "prompts", "gaps", "star"})
"""Everything that takers can be shown of a question's answers."""

FULL = Decimal(1)
LONGEST_TEXT = 200
"""Of a typed answer, in characters."""


_NO_MAPPING = object()
"""Stands for a module that offers nothing, which is a mistake."""


class BadResponse(ValueError):
    """A response that no taker of this question can give; the message says why."""


class BadScores(ValueError):
    """Points that no marker can give here; the message says why."""


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """As much of an item as is needed to check a response; holds no key."""

    type: str
    options: frozenset[str] = frozenset()
    prompts: frozenset[str] = frozenset()
    gaps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The options of each gap; a gap without any is typed."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Those of the type's own fields that takers see."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; ``fraction`` is its share of the marks, from -1 to 1, where options have one."""

    id: str
    text: str
    fraction: Decimal = Decimal(0)
    image: uuid.UUID | None = None
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Every number within ``tolerance`` of ``value`` earns ``fraction`` of the marks."""

    value: Decimal
    tolerance: Decimal
    fraction: Decimal


@dataclass(frozen=True, slots=True)
class Text:
    """Typing this earns ``fraction`` of the marks. Plain text."""

    text: str
    fraction: Decimal = FULL
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether a statement is true, and what is said to those who take it for true or false."""

    value: bool
    feedback_true: str = ""
    feedback_false: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an option is to be matched with; ``target`` is the id of the right one."""

    id: str
    text: str
    target: str
    image: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap in a text: a choice if it has options, otherwise typed. It counts ``weight`` times."""

    id: str = ""
    options: tuple[Option, ...] = ()
    texts: tuple[Text, ...] = ()
    case_sensitive: bool = False
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """What an author says about the answers of one question. Each type uses some of it."""

    options: tuple[Option, ...] = ()
    answers: tuple[Answer, ...] = ()
    texts: tuple[Text, ...] = ()
    case_sensitive: bool = False
    truth: Truth | None = None
    prompts: tuple[Prompt, ...] = ()
    gaps: tuple[Gap, ...] = ()
    policy: str = ""
    star: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    """The type's own fields (`ItemType.fields`) by their names."""

    def renamed(self, new_id: Callable[[], str]) -> Given:
        """The same under other ids of options, prompts and gaps."""
        names = [new_id() for _ in self.options]
        new_names = dict(zip((option.id for option in self.options), names, strict=True))
        return replace(
            self,
            options=tuple(replace(option, id=name) for option, name in zip(self.options, names, strict=True)),
            prompts=tuple(replace(p, id=new_id(), target=new_names.get(p.target, "")) for p in self.prompts),
            gaps=tuple(
                replace(gap, id=new_id(), options=tuple(replace(option, id=new_id()) for option in gap.options))
                for gap in self.gaps
            ),
        )

    def numbered(self) -> Given:
        """The same with options named by their places, "0", "1" and so on, as authors refer to them."""
        places = {option.id: str(place) for place, option in enumerate(self.options)}
        return replace(
            self,
            options=tuple(replace(option, id=str(place)) for place, option in enumerate(self.options)),
            prompts=tuple(replace(prompt, target=places.get(prompt.target, "")) for prompt in self.prompts),
        )


class ItemType(ABC):
    """One type of question; stateless."""

    name: ClassVar[str]
    shows: ClassVar[frozenset[Part]] = frozenset({"options"})
    """What of `PARTS` takers see of it."""
    always_drawn: ClassVar[frozenset[Part]] = frozenset()
    """Parts whose order as the author wrote it would tell the key: stored and shown in other orders."""
    uses: ClassVar[tuple[GivenPart, ...]] = ()
    """What of the shared parts authors say of it."""
    policies: ClassVar[tuple[str, ...]] = ()
    """Ways to mark it; the first is the usual one and is not stored."""
    fields: ClassVar[tuple[Field, ...]] = ()
    """What authors say of it beyond those parts, in `Given.own`; takers see what is declared as shown."""
    tells: ClassVar[frozenset[str]] = frozenset()
    """What of its key takers see once they may review; whatever is not named here stays with those who mark."""
    is_asked_live: ClassVar[bool] = False
    """It can be put to many at once: its answer is a touch or a few, and what is right is an option or several."""
    is_marked_by_hand: ClassVar[bool] = False
    """People mark it; `share` then only knows what blank ones earn, and `judged` what a marker's scores do."""

    @property
    def own_names(self) -> frozenset[str]:
        """The names of its own fields."""
        return frozenset(field.name for field in self.fields)

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

    def choices(self, question: Stored) -> Sequence[Stored]:
        """What takers choose from, in the order shown: options with ``id``, ``text`` and ``image``."""
        return question["options"]

    def meant(self, question: Stored, given: object) -> object:
        """The response that is meant by clients which know no ids (see ``told``); what means none comes back as it is."""
        return given

    def right(self, key: Stored) -> list[str]:
        """The ids of the choices that earn something."""
        return []

    def judged(self, key: Stored, scores: Mapping[str, str]) -> Decimal:
        """Which share of the marks a marker's points earn, by criterion; refuses points out of bounds with `BadScores`."""
        raise BadScores("No person marks questions of this type.")

    def text_flaws(self, text: str, given: Given) -> Iterator[Problem]:
        """Reasons that lie in how the text of the question and its answers go together."""
        return iter(())

    def reasons(self, text: str, given: Given) -> Iterator[Problem]:
        """All reasons against a question with this text and these answers."""
        if given.policy and given.policy not in self.policies:
            detail = f"Such a question is marked by: {', '.join(self.policies)}." if self.policies else "It has none."
            yield Problem("/policy", "unknown_policy", detail)
        misshapen = tuple(own_fields.flaws(self.fields, given.own))
        yield from misshapen
        if not misshapen:
            yield from self.flaws(given)
            yield from self.text_flaws(text, given)

    def mapping(self, module: str, kind: type[Mapped]) -> Mapped | None:
        """What the folder's ``module`` has for a format of files; nothing without such a module."""
        found = _mapping(type(self).__module__, module)
        if found is not None and not isinstance(found, kind):
            raise TypeError(f"{type(self).__module__}.{module} has no MAPPING of the kind {kind.__name__}.")
        return found

    def policy(self, given: Given) -> str:
        """How it is marked."""
        return given.policy or self.policies[0]

    def with_policy(self, key: dict[str, Any], given: Given) -> dict[str, Any]:
        """The key with the policy in it, unless it is the usual one."""
        usual = self.policy(given) == self.policies[0]
        return key if usual else {**key, "policy": given.policy}


@cache
def _mapping(folder: str, module: str) -> object:
    try:
        spec = find_spec(f"{folder}.{module}")
    except ModuleNotFoundError:
        # The class is not in a folder of its own, so it has no modules beside it.
        return None
    return getattr(importlib.import_module(spec.name), "MAPPING", _NO_MAPPING) if spec else None


def plain(number: Decimal) -> str:
    """The one way to write a number: no exponent, no zeros at the end."""
    return f"{number.normalize():f}" if number else "0"


def typed(response: object) -> str | None:
    """A typed answer without space around it, ``None`` if nothing is left; refuses what cannot be typed on a line."""
    if not isinstance(response, str) or len(response) > LONGEST_TEXT:
        raise BadResponse(f"The response must be a string of at most {LONGEST_TEXT} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in response.strip()):
        raise BadResponse("The response must be one line without control characters.")
    return response.strip() or None
