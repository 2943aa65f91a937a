"""Answers as they arrive: is it an answer at all, is it one to a question of this paper, and how is it written down."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.core.errors import Invalid, Problem
from apps.mock_tests.rules.papers import items

MOST_AT_ONCE = 500
LARGEST_NUMBER = 2**31 - 1
MOST_BYTES = 256 * 2**10
MOST_TOLD = 20

Specs = Mapping[str, items.ItemSpec]
Row = tuple[int, str, str | None]
"""One answer that may be stored: number, question, and response as JSON text (nothing, if it was cleared)."""


class Refused(NamedTuple):
    """The number of an answer that was not taken, and why."""

    seq: int
    code: str


# ASCII only, so that the text needs no further care on its way into an array literal.
_to_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_FIELDS = {"seq", "question", "response"}
_PARTS = {"epoch", "answers"}


@dataclass(slots=True)
class Sorted:
    """A batch after the checks that need no database."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def is_number(value: object) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_NUMBER


def read_batch(body: object) -> tuple[int, list[dict[str, Any]]]:
    """Epoch and well-shaped answers of a request's body, which is refused with places otherwise."""
    if type(body) is not dict:
        raise Invalid(problems=[Problem("", "invalid", "An object is expected.")])
    flaws = find_flaws(body.get("answers"))
    if not is_number(body.get("epoch")):
        flaws.append(Problem("/epoch", "invalid", "The number of the window is needed."))
    for name in itertools.islice((name for name in body if name not in _PARTS), MOST_TOLD):
        flaws.append(Problem(f"/{name}", "unknown_field", "This field is not known here."))
    if flaws:
        raise Invalid(problems=flaws)
    return body["epoch"], body["answers"]


def find_flaws(answers: object) -> list[Problem]:
    """What is wrong with the shape of ``answers``, with places; nothing, if it is a list of answers."""
    if not isinstance(answers, list) or not answers:
        return [Problem("/answers", "required", "A list of at least one answer is needed.")]
    if len(answers) > MOST_AT_ONCE:
        return [Problem("/answers", "max_length", f"At most {MOST_AT_ONCE} answers at once.")]
    if all(map(_is_answer, answers)):
        return []
    # The first ones: a flood of bad batches must not cost more than one of good ones.
    flaws = (
        Problem(f"/answers/{place}{inner}", code, detail)
        for place, answer in enumerate(answers)
        for inner, code, detail in _flaws(answer)
    )
    return list(itertools.islice(flaws, MOST_TOLD))


def _is_answer(answer: object) -> bool:
    """The usual case, told quickly."""
    return (
        type(answer) is dict
        and len(answer) == 3
        and "response" in answer
        and type(answer.get("question")) is str
        and is_number(answer.get("seq"))
    )


def _flaws(answer: object) -> Iterable[tuple[str, str, str]]:
    if not isinstance(answer, dict):
        yield "", "invalid", "An answer is an object."
        return
    for name in (name for name in answer if name not in _FIELDS):
        yield f"/{name}", "unknown_field", "This field is not known here."
    if not is_number(answer.get("seq")):
        yield "/seq", "invalid", f"A whole number from 1 to {LARGEST_NUMBER} is needed."
    if not isinstance(answer.get("question"), str | uuid.UUID):
        yield "/question", "required", "The id of a question is needed."
    if "response" not in answer:
        yield "/response", "required", "A response is needed; null clears."


def sort_out(specs: Specs, answers: Iterable[Mapping[str, Any]]) -> Sorted:
    """Split well-shaped answers into rows to store and refusals: no question of this paper, not an answer to it, or one
    number for two different answers. The same answer twice is one."""
    result = Sorted()
    seen: dict[int, Row] = {}
    for answer in answers:
        seq = answer["seq"]
        question = answer["question"]
        spec = specs.get(question)
        if spec is None:
            question = canonical(question)
            spec = specs.get(question)
            if spec is None:
                result.refused.append(Refused(seq, "unknown_question"))
                continue
        try:
            response = items.check_response(spec, answer["response"])
            row = (seq, question, None if response is None else _to_json(response))
        except (ValueError, RecursionError):
            result.refused.append(Refused(seq, "bad_answer"))
            continue
        if seen.setdefault(seq, row) is row:
            result.rows.append(row)
        elif seen[seq] != row:
            result.refused.append(Refused(seq, "seq_reused"))
    return result


def canonical(question: object) -> str:
    """The id of a question as papers write it; nothing if it is none."""
    try:
        return str(uuid.UUID(str(question)))
    except ValueError:
        return ""
