from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.types.base import (
    FULL,
    LONGEST_TEXT,
    BadResponse,
    Given,
    ItemSpec,
    ItemType,
    Stored,
    Text,
    plain,
    typed,
)
from apps.mock_tests.rules.types.told import text_meant

MOST_TEXTS = 50


class ShortText(ItemType):
    """A word or phrase is typed and earns the fraction of the text it equals, once both are normalised. A response is a
    string."""

    name = "short_text"
    uses = ("texts", "case_sensitive")
    tells = frozenset({"answers", "case_sensitive"})
    shows = frozenset()

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, write_texts(given.texts, case_sensitive=given.case_sensitive)

    def read(self, content: Stored, key: Stored) -> Given:
        return Given(texts=read_texts(key), case_sensitive=key.get("case_sensitive", False))

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from text_flaws(given.texts, case_sensitive=given.case_sensitive)

    def meant(self, question: Stored, given: object) -> object:
        return text_meant(given)

    def check(self, spec: ItemSpec, response: object) -> object:
        return typed(response)

    def share(self, key: Stored, response: object) -> Decimal:
        return share_of(key, response)


def normalised(text: str, *, case_sensitive: bool) -> str:
    """Widths and compositions made one (NFKC), single spaces, and no difference of case unless it matters. Full-width
    letters and half-width katakana are the usual ones; hiragana and katakana stay two."""
    text = unicodedata.normalize("NFKC", text)
    if not case_sensitive:
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.split())


def write_texts(texts: Sequence[Text], *, case_sensitive: bool) -> dict[str, Any]:
    """The key of texts that are worth something each."""
    return {
        "answers": [
            {"text": t.text, "fraction": plain(t.fraction), **({"feedback": t.feedback} if t.feedback else {})}
            for t in texts
        ],
        "case_sensitive": case_sensitive,
    }


def read_texts(key: Stored) -> tuple[Text, ...]:
    """The inverse. What another type kept under the same name is not a text."""
    return tuple(
        Text(answer["text"], Decimal(answer["fraction"]), answer.get("feedback", ""))
        for answer in key.get("answers", ())
        if "text" in answer
    )


def text_flaws(texts: Sequence[Text], *, case_sensitive: bool, place: str = "/texts") -> Iterator[Problem]:
    """What is wrong with the texts that are accepted somewhere."""
    if len(texts) > MOST_TEXTS:
        yield Problem(place, "too_many_answers", f"It accepts {len(texts)} texts; at most {MOST_TEXTS} are possible.")
    if not any(text.fraction == FULL for text in texts):
        yield Problem(place, "no_answer", "At least one text must be worth full marks.")
    seen: dict[str, int] = {}
    for position, text in enumerate(texts):
        inner = f"{place}/{position}"
        if not _can_be_typed(text.text):
            detail = f"It must be one line of 1 to {LONGEST_TEXT} characters."
            yield Problem(f"{inner}/text", "bad_text", detail)
        if not -1 <= text.fraction <= 1:
            yield Problem(inner, "fraction_out_of_range", "The share of an answer lies between -100 % and 100 %.")
        first = seen.setdefault(normalised(text.text, case_sensitive=case_sensitive), position)
        if first != position:
            yield Problem(inner, "duplicate_answer", f"Texts {first + 1} and {position + 1} count as the same.")


def share_of(key: Stored, response: object) -> Decimal:
    """What typing ``response`` earns."""
    if not isinstance(response, str):
        return Decimal(0)
    strict = key.get("case_sensitive", False)
    said = normalised(response, case_sensitive=strict)
    equal = (
        Decimal(answer["fraction"])
        for answer in key["answers"]
        if normalised(answer["text"], case_sensitive=strict) == said
    )
    return max(equal, default=Decimal(0))


def _can_be_typed(text: str) -> bool:
    try:
        return typed(text) is not None
    except BadResponse:
        return False


TYPE = ShortText()
