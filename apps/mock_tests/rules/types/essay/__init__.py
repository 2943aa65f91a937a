from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from apps.core.errors import Problem
from apps.mock_tests.rules.texts.length import has_words, length_of
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import BadResponse, BadScores, Given, ItemSpec, ItemType, Stored, plain
from apps.mock_tests.rules.types.fields import Field

LONGEST: Final = 15_000
"""Of any essay, in characters with spaces."""
MOST_CRITERIA: Final = 20
MOST_LEVELS: Final = 10
MOST_POINTS: Final = 10_000
OVERALL: Final = "Overall"
"""The one criterion of an essay that came without any."""

_POINTS: Final = re.compile(r"\d{1,5}(?:\.\d{1,3})?", re.ASCII)


class Essay(ItemType):
    """A text is written, which people mark by a rubric: each criterion gives points, either those of one of its levels or
    any up to its most; the sum of all, of the most there are, is the share of the marks. A response is a string."""

    name = "essay"
    shows = frozenset()
    tells = frozenset({"rubric", "model_answer"})
    is_marked_by_hand = True
    fields = (
        Field(
            "limits",
            "object",
            "How long it is to be. A longer one is not taken; a shorter one is.",
            shown=True,
            fields=(
                Field("unit", "choice", "Characters are counted without spaces.", choices=("words", "characters")),
                Field("least", "integer", least=1, most=LONGEST),
                Field("most", "integer", least=1, most=LONGEST),
            ),
        ),
        Field(
            "rubric",
            "list",
            "What it is marked by. Not shown before the review.",
            least=1,
            most=MOST_CRITERIA,
            required=True,
            fields=(
                Field("title", "line", required=True),
                Field("description", "html"),
                Field("most", "decimal", "Its points, where it has no levels.", least=0, most=MOST_POINTS),
                Field(
                    "levels",
                    "list",
                    most=MOST_LEVELS,
                    fields=(
                        Field("title", "line", required=True),
                        Field("description", "html"),
                        Field("points", "decimal", least=0, most=MOST_POINTS, required=True),
                    ),
                ),
            ),
        ),
        Field("model_answer", "html", "Not shown before the review."),
    )

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        own = own_fields.filled(self.fields, given.own)
        return {"limits": own["limits"]}, {"rubric": own["rubric"], "model_answer": own["model_answer"]}

    def read(self, content: Stored, key: Stored) -> Given:
        if "rubric" not in key:
            return Given()
        return Given(own=own_fields.filled(self.fields, {**content, **key}))

    def flaws(self, given: Given) -> Iterator[Problem]:
        own = own_fields.filled(self.fields, given.own)
        least, most = own["limits"]["least"], own["limits"]["most"]
        if least and most and least > most:
            yield Problem("/limits/least", "least_above_most", "It must be at least longer than it may be at most.")
        for number, criterion in enumerate(own["rubric"]):
            yield from _criterion_flaws(f"/rubric/{number}", criterion)

    def check(self, spec: ItemSpec, response: object) -> object:
        if not isinstance(response, str) or len(response) > LONGEST:
            raise BadResponse(f"The response must be a text of at most {LONGEST} characters.")
        text = response.replace("\r\n", "\n").replace("\r", "\n")
        if any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in "\n\t" for mark in text):
            raise BadResponse("The response must be text without control characters.")
        limits = spec.own.get("limits") or {}
        most = limits.get("most")
        if most and (length := length_of(text, limits["unit"])) > most:
            raise BadResponse(f"The response has {length} {limits['unit']}; {most} are the most.")
        return text if has_words(text) else None

    def share(self, key: Stored, response: object) -> Decimal:
        return Decimal(0)

    def judged(self, key: Stored, scores: Mapping[str, str]) -> Decimal:
        rubric = key["rubric"]
        if scores.keys() != {str(number) for number in range(len(rubric))}:
            raise BadScores("Each criterion of the rubric, and no other, must have its points.")
        points = [_points(criterion, scores[str(number)]) for number, criterion in enumerate(rubric)]
        return sum(points, Decimal(0)) / sum(map(most_of, rubric))


def most_of(criterion: Stored) -> Decimal:
    """The most points that a criterion gives."""
    levels = criterion["levels"]
    return max(Decimal(level["points"]) for level in levels) if levels else Decimal(criterion["most"])


def without_rubric(most: Decimal, **known: Any) -> dict[str, Any]:
    """The fields of an essay that came without a rubric: one criterion stands for all."""
    return own_fields.filled(Essay.fields, {"rubric": [{"title": OVERALL, "most": plain(most)}], **known})


def _criterion_flaws(place: str, criterion: Stored) -> Iterator[Problem]:
    levels = criterion["levels"]
    if (criterion["most"] is None) == (not levels):
        yield Problem(place, "levels_or_most", "A criterion has either levels or the most points it gives.")
    elif most_of(criterion) <= 0:
        yield Problem(place, "no_points", "A criterion must give points.")
    points = [Decimal(level["points"]) for level in levels]
    for number, worth in enumerate(points):
        if worth in points[:number]:
            detail = f"Levels {points.index(worth) + 1} and {number + 1} give the same points."
            yield Problem(f"{place}/levels/{number}", "same_points", detail)


def _points(criterion: Stored, sent: object) -> Decimal:
    title, most = criterion["title"], most_of(criterion)
    if not isinstance(sent, str) or not _POINTS.fullmatch(sent):
        raise BadScores(f'The points for "{title}" must be a number from 0 to {plain(most)}.')
    points = Decimal(sent)
    if criterion["levels"]:
        if points not in {Decimal(level["points"]) for level in criterion["levels"]}:
            raise BadScores(f'The points for "{title}" must be those of one of its levels.')
    elif points > most:
        raise BadScores(f'The points for "{title}" are at most {plain(most)}.')
    return points


TYPE = Essay()
