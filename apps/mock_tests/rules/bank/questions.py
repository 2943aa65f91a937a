"""What a question of the bank says: when two say the same, how alike they are, what one edit changed, and in which plain
form they are searched."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any, Final, Protocol

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Given, plain
from apps.mock_tests.rules.types.registry import TYPES

MOST_SEARCHED: Final = 4_000
"""Characters of a question that are searched."""
MOST_WORDS: Final = 8
ALIKE: Final = 0.6
"""From this share of common trigrams on two questions are shown as alike."""

_BINS: Final = 48
_BINS_PER_BAND: Final = 3


class Item(Protocol):
    """As much of a stored question or version as says what is asked."""

    type: str
    name: str
    text: str
    content: dict[str, Any]
    key: dict[str, Any]
    score: Decimal
    has_own_score: bool
    wrong_share: Decimal | None
    shuffle: bool
    explanation: str
    image_id: uuid.UUID | None
    audio_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Wording:
    """What a question says, independent of where it is stored. Without a ``score`` the exam profile gives it."""

    type: str
    name: str
    text: str
    given: Given
    score: Decimal | None
    wrong_share: Decimal | None
    shuffle: bool
    explanation: str
    image: uuid.UUID | None
    audio: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; ``None`` stands for a field that one side does not have."""

    path: str
    before: Any
    after: Any


def wording_of(item: Item) -> Wording:
    """What a stored question says. Its options are named by their places."""
    return Wording(
        type=item.type,
        name=item.name,
        text=item.text,
        given=TYPES[item.type].read(item.content, item.key).numbered(),
        score=item.score if item.has_own_score else None,
        wrong_share=item.wrong_share,
        shuffle=item.shuffle,
        explanation=item.explanation,
        image=item.image_id,
        audio=item.audio_id,
    )


# -- the same, and alike -------------------------------------------------------------------------------------------


def content_hash(wording: Wording) -> str:
    """SHA-256 over what is asked and how it is answered. Name, marks and whether options are shuffled say nothing about
    that, and random ids say nothing at all."""
    said = {
        "type": wording.type,
        "text": wording.text,
        "given": _plain_values(wording.given),
        "explanation": wording.explanation,
        "image": _plain_values(wording.image),
        "audio": _plain_values(wording.audio),
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain_form(text: str) -> str:
    """The one form in which texts are compared and searched: NFKC, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_of(text: str) -> list[str]:
    """What is looked for: each word once in the plain form, the first ones of many."""
    return list(dict.fromkeys(plain_form(text).split()))[:MOST_WORDS]


def search_text(wording: Wording) -> str:
    """Everything of a question that is searched, in the plain form."""
    parts = [wording.name, *_shown_words(wording), *_typed_words(wording.given), richtext.to_text(wording.explanation)]
    return plain_form(" ".join(parts))[:MOST_SEARCHED]


def asked_text(wording: Wording) -> str:
    """What takers read of a question, in the plain form; what alike questions have in common."""
    return plain_form(" ".join(_shown_words(wording)))[:MOST_SEARCHED]


def trigrams(text: str) -> frozenset[str]:
    """All runs of three characters of a text in the plain form, its ends included."""
    padded = f"  {text} "
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2)) if text else frozenset()


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of their trigrams two texts have in common, 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 0.0


def sketch(text: str) -> list[int]:
    """A few numbers such that alike texts very probably share one of them, and others hardly ever do.

    One-permutation min-hashing (P. Li, A. Owen, C.-H. Zhang, 2012): trigrams are thrown into bins, each bin keeps its
    smallest hash, and three neighbours make a band. Texts that have 60 % of their trigrams in common share one of the
    sixteen bands with a probability of 98 %.
    """
    found = trigrams(text)
    if not found:
        return []
    bins: list[int | None] = [None] * _BINS
    for trigram in found:
        value, place = divmod(zlib.crc32(trigram.encode("utf-8", "surrogatepass")), _BINS)
        present = bins[place]
        if present is None or value < present:
            bins[place] = value
    filled = _densified(bins)
    return [_band(filled, start) for start in range(0, _BINS, _BINS_PER_BAND)]


def _densified(bins: list[int | None]) -> list[int]:
    """Empty bins take what the next one has, marked by how far away that is."""
    filled: list[int] = []
    for place in range(_BINS):
        away = next(step for step in range(_BINS) if bins[(place + step) % _BINS] is not None)
        filled.append((bins[(place + away) % _BINS] or 0) * _BINS + away)
    return filled


def _band(filled: list[int], start: int) -> int:
    words = ",".join(map(str, filled[start : start + _BINS_PER_BAND])).encode()
    return (start << 48) | (zlib.crc32(words) << 8) | (zlib.adler32(words) & 0xFF)


# -- what an edit changed ------------------------------------------------------------------------------------------


def changes(before: Wording, after: Wording) -> list[Change]:
    """Every field in which two versions differ, by its path, in the order of a question."""
    old, new = dict(_fields(before)), dict(_fields(after))
    return [
        Change(path, old.get(path), new.get(path))
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    ]


def _fields(wording: Wording) -> Iterator[tuple[str, Any]]:
    yield "/type", wording.type
    yield "/name", wording.name
    yield "/text", wording.text
    yield "/score", _plain_values(wording.score)
    yield "/wrong_share", _plain_values(wording.wrong_share)
    yield "/shuffle", wording.shuffle
    yield "/explanation", wording.explanation
    yield "/image", _plain_values(wording.image)
    yield "/audio_file", _plain_values(wording.audio)
    yield from _leaves("", _plain_values(wording.given))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(f"{path}/{name}", part)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _leaves(f"{path}/{place}", part)
    else:
        yield path, value


# -- helpers -------------------------------------------------------------------------------------------------------


def _plain_values(value: Any) -> Any:
    """The value as JSON has it, without ids (places say the same) and without whatever is as usual: a part of answers that
    a type gets one day changes no hash."""
    if isinstance(value, tuple | list):
        return [_plain_values(part) for part in value]
    if isinstance(value, Mapping):
        return {name: _plain_values(part) for name, part in value.items() if part not in ({}, [], None, "")}
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "id"}
        usual = {field.name: _usual(field) for field in fields(value)}
        return {name: _plain_values(part) for name, part in parts.items() if part != usual[name]}
    return value


def _usual(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _shown_words(wording: Wording) -> Iterator[str]:
    given = wording.given
    yield richtext.to_text(wording.text)
    yield from (richtext.to_text(option.text) for option in given.options)
    yield from (richtext.to_text(prompt.text) for prompt in given.prompts)
    for gap in given.gaps:
        yield from (richtext.to_text(option.text) for option in gap.options)


def _typed_words(given: Given) -> Iterator[str]:
    for text in given.texts:
        yield text.text
    for gap in given.gaps:
        yield from (text.text for text in gap.texts)
    for answer in given.answers:
        yield plain(answer.value)
    yield from map(richtext.to_text, _texts_in(given.own))


def _texts_in(value: Any) -> Iterator[str]:
    """Every text in a type's own fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_in(part)
