"""Writing a test as a Moodle question bank."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules import richtext
from apps.mock_tests.rules.draft import (
    DraftFile,
    DraftOption,
    DraftQuestion,
    DraftTest,
    QuestionType,
)
from apps.mock_tests.rules.moodle_cloze import write_cloze
from apps.mock_tests.rules.outline import Category, Description, outline
from apps.mock_tests.rules.types.base import Prompt, Text


def write_moodle_xml(test: DraftTest) -> bytes:
    """Return the test as Moodle XML that `read_moodle_xml` reads as the same test.

    The format cannot hold the type of a section or the level; they are guessed again from the names. It knows one
    topic per group: a group of several topics comes back as several groups.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for part in outline(test):
        if isinstance(part, Category):
            path = f"<category><text>{_escape(part.path)}</text></category>"
            lines.append(f'<question type="category">{path}</question>')
        elif isinstance(part, Description):
            area = _area("questiontext", part.text, part.files, part.played)
            lines.append(_question_element("description", part.name, area, _tags_element(part.tags)))
        else:
            lines.append(_written_question(part.question))
    return "\n".join([*lines, "</quiz>", ""]).encode()


def _written_question(question: DraftQuestion) -> str:
    audio = tuple(file for file in question.files if file.kind == "audio")
    kind, answers = _ANSWERS[question.type](question)
    text = question.text
    if question.gaps:
        text = write_cloze(text, question.gaps, shuffle=question.shuffle)
    parts = [
        _area("questiontext", text, question.files, audio),
        _area("generalfeedback", question.explanation, question.files),
        f"<defaultgrade>{question.marks}</defaultgrade>",
        "<hidden>0</hidden>",
    ]
    return _question_element(kind, question.name, *parts, *answers, _tags_element(question.tags))


def _choice(question: DraftQuestion) -> tuple[str, list[str]]:
    options, kind = question.options, "multichoice"
    if question.policy == "all_or_nothing":
        kind, options = "multichoiceset", tuple(_replaced(option, Decimal(option.fraction > 0)) for option in options)
    elif question.policy == "jee_advanced":
        right = sum(option.fraction > 0 for option in options)
        part = (1 / Decimal(right)).quantize(Decimal("0.0000001")) if right else Decimal(0)
        options = tuple(_replaced(o, part if o.fraction > 0 else Decimal("-0.5")) for o in options)
    return kind, [
        f"<single>{_flag(question.type == 'single_choice')}</single>",
        f"<shuffleanswers>{_flag(question.shuffle)}</shuffleanswers>",
        *(_option_element(option, question.files) for option in options),
    ]


def _replaced(option: DraftOption, fraction: Decimal) -> DraftOption:
    return DraftOption(option.text, fraction, option.feedback)


def _numerical(question: DraftQuestion) -> tuple[str, list[str]]:
    return "numerical", [
        f'<answer fraction="{_percent(answer.fraction)}" format="moodle_auto_format">'
        f"<text>{answer.value}</text><tolerance>{answer.tolerance}</tolerance></answer>"
        for answer in question.answers
    ]


def _true_false(question: DraftQuestion) -> tuple[str, list[str]]:
    truth = question.truth
    if truth is None:
        return "truefalse", []
    said = (("true", truth.value, truth.feedback_true), ("false", not truth.value, truth.feedback_false))
    return "truefalse", [_text_element(Text(word, Decimal(right), fb), question.files) for word, right, fb in said]


def _short_text(question: DraftQuestion) -> tuple[str, list[str]]:
    texts = (Text(text.text.replace("*", "\\*"), text.fraction, text.feedback) for text in question.texts)
    usecase = f"<usecase>{int(question.case_sensitive)}</usecase>"
    return "shortanswer", [usecase, *(_text_element(text, question.files) for text in texts)]


def _ordering(question: DraftQuestion) -> tuple[str, list[str]]:
    return "ordering", [
        "<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype><selectcount>0</selectcount>",
        "<gradingtype>ALL_OR_NOTHING</gradingtype><showgrading>SHOW</showgrading>",
        *(
            f'<answer fraction="{place}" format="html">{_text_and_files(option.text, question.files)}</answer>'
            for place, option in enumerate(question.options, 1)
        ),
    ]


def _matching(question: DraftQuestion) -> tuple[str, list[str]]:
    used = {prompt.target for prompt in question.prompts}
    unused = (str(place) for place in range(len(question.options)) if str(place) not in used)
    pairs = [*question.prompts, *(Prompt("", "", target) for target in unused)]
    return "matching", [
        f"<shuffleanswers>{_flag(question.shuffle)}</shuffleanswers>",
        *(
            f'<subquestion format="html">{_text_and_files(pair.text, question.files)}<answer><text>'
            f"{_escape(richtext.to_text(question.options[int(pair.target)].text))}</text></answer></subquestion>"
            for pair in pairs
        ),
    ]


_ANSWERS: Final[dict[QuestionType, Callable[[DraftQuestion], tuple[str, list[str]]]]] = {
    "single_choice": _choice,
    "multiple_choice": _choice,
    "true_false": _true_false,
    "numeric": _numerical,
    "short_text": _short_text,
    "ordering": _ordering,
    "matching": _matching,
    "gap_fill": lambda question: ("cloze", []),
}
"""The type of a question in Moodle, and the elements of its answers."""


def _text_element(text: Text, files: Sequence[DraftFile]) -> str:
    return (
        f'<answer fraction="{_percent(text.fraction)}" format="moodle_auto_format"><text>{_escape(text.text)}</text>'
        f"{_area('feedback', text.feedback, files) if text.feedback else ''}</answer>"
    )


def _option_element(option: DraftOption, files: Sequence[DraftFile]) -> str:
    return (
        f'<answer fraction="{_percent(option.fraction)}" format="html">{_text_and_files(option.text, files)}'
        f"{_area('feedback', option.feedback, files) if option.feedback else ''}</answer>"
    )


def _area(tag: str, text: str, files: Sequence[DraftFile], played: Sequence[DraftFile] = ()) -> str:
    return f'<{tag} format="html">{_text_and_files(text, files, played)}</{tag}>'


def _text_and_files(text: str, files: Sequence[DraftFile], played: Sequence[DraftFile] = ()) -> str:
    shown = [file for file in files if file.name in richtext.media_names(text)]
    players = "".join(f'<p><audio controls src="@@PLUGINFILE@@/{file.name}"></audio></p>' for file in played)
    source = players + richtext.replace_media(text, lambda name: f"@@PLUGINFILE@@/{name}")
    guarded = source.replace("]]>", "]]]]><![CDATA[>")
    return f"<text><![CDATA[{guarded}]]></text>" + "".join(map(_file_element, (*shown, *played)))


def _file_element(file: DraftFile) -> str:
    content = base64.b64encode(file.content).decode()
    return f'<file name="{html.escape(file.name)}" path="/" encoding="base64">{content}</file>'


def _question_element(kind: str, name: str, *parts: str) -> str:
    return f'<question type="{kind}"><name><text>{_escape(name)}</text></name>{"".join(parts)}</question>'


def _tags_element(tags: Sequence[str]) -> str:
    inner = "".join(f"<tag><text>{_escape(tag)}</text></tag>" for tag in tags)
    return f"<tags>{inner}</tags>" if inner else ""


def _escape(text: str) -> str:
    return html.escape(richtext.without_control_characters(text), quote=False)


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).normalize():f}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
