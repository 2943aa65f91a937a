"""A test as a row of categories, descriptions and questions, which is how Moodle's formats hold one.

Categories `$course$/top/<title>/<section>/<topic>` give the test its shape. A description opens a group that holds
the questions after it. A description tagged `instruction` carries the instruction of the group instead of a passage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftQuestion, DraftSection, DraftTest

INSTRUCTION_TAG: Final = "instruction"


@dataclass(frozen=True, slots=True)
class Category:
    """Everything after it belongs there, until the next one."""

    path: str


@dataclass(frozen=True, slots=True)
class Description:
    """A text without a question; `played` are recordings of it."""

    name: str
    text: str
    files: tuple[DraftFile, ...] = ()
    played: tuple[DraftFile, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its place in the test, a JSON pointer."""

    question: DraftQuestion
    pointer: str


def outline(test: DraftTest) -> Iterator[Category | Description | Asked]:
    """The whole test in order."""
    for place, section in enumerate(test.sections):
        before: DraftGroup | None = None
        for number, group in enumerate(section.groups):
            yield from _group(test, section, group, before, f"/sections/{place}/question_groups/{number}")
            before = group


def _group(
    test: DraftTest, section: DraftSection, group: DraftGroup, before: DraftGroup | None, pointer: str
) -> Iterator[Category | Description | Asked]:
    topic = _topic(group)
    yield Category(_path(test.title, section.name, topic))
    audio = tuple(file for file in group.files if file.kind == "audio")
    told_apart = group.title == topic and (before is None or _topic(before) != topic)
    if group.instruction or not (told_apart or group.reading_text or audio):
        yield Description(group.title, group.instruction, group.files, tags=(INSTRUCTION_TAG,))
    if group.reading_text or audio:
        yield Description(group.title, group.reading_text, group.files, audio)
    for position, question in enumerate(group.questions):
        if question.topic != topic:
            topic = question.topic
            yield Category(_path(test.title, section.name, topic))
        yield Asked(question, f"{pointer}/questions/{position}")


def _path(*names: str) -> str:
    """A slash at the end of a name is followed by a space, or it would melt into the one that separates names."""
    told = [name for position, name in enumerate(names) if name and (position < 2 or name != names[position - 1])]
    return "$course$/top/" + "/".join(f" {name} ".replace("/", "//") if "/" in name else name for name in told)


def _topic(group: DraftGroup) -> str:
    return group.questions[0].topic if group.questions else ""


class CannotHold(Exception):
    """A format has no way to say this; the message is the reason."""
