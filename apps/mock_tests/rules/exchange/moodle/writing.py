"""Writing a test as a Moodle question bank."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion, DraftTest
from apps.mock_tests.rules.exchange.moodle.answers import MoodleMapping
from apps.mock_tests.rules.exchange.moodle.elements import area, escape, question_element, tags_element
from apps.mock_tests.rules.exchange.outline import Asked, CannotHold, Category, Description, outline
from apps.mock_tests.rules.types.registry import TYPES


def write_moodle_xml(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the test as Moodle XML that `read_moodle_xml` reads as the same test, and the reasons why questions were left
    out of it, by their places.

    The format cannot hold the type of a section or the level; they are guessed again from the names. It knows one
    topic per group: a group of several topics comes back as several groups.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    left_out: dict[str, str] = {}
    for part in outline(test):
        if isinstance(part, Category):
            path = f"<category><text>{escape(part.path)}</text></category>"
            lines.append(f'<question type="category">{path}</question>')
        elif isinstance(part, Description):
            text = area("questiontext", part.text, part.files, part.played)
            lines.append(question_element("description", part.name, text, tags_element(part.tags)))
        elif isinstance(part, Asked):
            try:
                lines.append(_written(part.question))
            except CannotHold as reason:
                left_out[part.pointer] = str(reason)
    return "\n".join([*lines, "</quiz>", ""]).encode(), left_out


def _written(question: DraftQuestion) -> str:
    mapping = TYPES[question.type].mapping("moodle", MoodleMapping)
    if mapping is None:
        raise CannotHold("Moodle has no questions of this type.")
    audio = tuple(file for file in question.files if file.kind == "audio")
    kind, answers = mapping.write(question)
    parts = [
        area("questiontext", mapping.text(question), question.files, audio),
        area("generalfeedback", question.explanation, question.files),
        f"<defaultgrade>{question.marks}</defaultgrade>",
        "<hidden>0</hidden>",
    ]
    return question_element(kind, question.name, *parts, *answers, tags_element(question.tags))
