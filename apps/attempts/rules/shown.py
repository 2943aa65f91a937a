"""Papers and answers for clients that show one question at a time and know no ids; how they tell answers, each type says
(``mock_tests.rules.types.told``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES

Question = Mapping[str, Any]
Options = Sequence[Mapping[str, Any]]


def questions_of(paper: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Question]]:
    """Every question of a paper, with its section, in the order shown."""
    for section in paper["sections"]:
        for group in section["question_groups"]:
            for question in group["questions"]:
                yield section, question


def with_only(paper: Mapping[str, Any], question: str) -> dict[str, Any]:
    """The paper with no other question than this one, and no group of others."""

    def groups(section: Mapping[str, Any]) -> list[dict[str, Any]]:
        kept = (
            {**g, "questions": [q for q in g["questions"] if q["id"] == question]} for g in section["question_groups"]
        )
        return [group for group in kept if group["questions"]]

    return {**paper, "sections": [{**section, "question_groups": groups(section)} for section in paper["sections"]]}


def recordings_of(paper: Mapping[str, Any]) -> set[str]:
    """What is heard with the questions of a paper and their groups, as it is signed there."""
    groups = [group for section in paper["sections"] for group in section["question_groups"]]
    heard = [*groups, *(question for group in groups for question in group["questions"])]
    return {one["audio_file"] for one in heard if one["audio_file"]}


def with_options(paper: Mapping[str, Any]) -> dict[str, Any]:
    """The paper for screens that only know options: a statement gets True and False."""

    def group(shown: Mapping[str, Any]) -> dict[str, Any]:
        return {**shown, "questions": [{**q, "options": options_of(q)} for q in shown["questions"]]}

    sections = [{**s, "question_groups": [group(g) for g in s["question_groups"]]} for s in paper["sections"]]
    return {**paper, "sections": sections}


def options_of(question: Question) -> Options:
    """What there is to choose from, in the order shown."""
    return TYPES[question["type"]].choices(question)


def flat_questions(paper: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The questions of a paper one after the other, each with what it is read, seen or heard with, for screens that show
    one at a time."""
    return [
        {
            "id": question["id"],
            "question_number": question["question_number"],
            "type": question["type"],
            "text": question["text"],
            "image": question["image"],
            "audio": question["audio_file"] or group["audio_file"],
            "duration": question.get("seconds"),
            "options": [{"id": o["id"], "text": o["text"], "image": o["image"]} for o in options_of(question)],
            "instruction": group["instruction"],
            "reading_text": group["reading_text"],
            "group_image": group["image"],
        }
        for section in paper["sections"]
        for group in section["question_groups"]
        for question in group["questions"]
    ]


def read_response(question: Question, given: object) -> object:
    """The response that is meant. What means none comes back as it is, for the usual check to refuse."""
    return TYPES[question["type"]].meant(question, given)


def place_of(question: Question, response: object) -> int | None:
    """Where the chosen option stands in the order shown, from 0; nothing if it is not one option that is chosen."""
    if isinstance(response, list):
        response = response[0] if len(response) == 1 else None
    if isinstance(response, bool):
        response = "true" if response else "false"
    return next((place for place, option in enumerate(options_of(question)) if option["id"] == response), None)


def words_of(question: Question, response: object) -> list[str]:
    """What the chosen options say, as plain text; nothing for answers that are no options."""
    chosen = response if isinstance(response, list) else [response]
    return [richtext.to_text(option["text"]) for option in question.get("options") or [] if option["id"] in chosen]
