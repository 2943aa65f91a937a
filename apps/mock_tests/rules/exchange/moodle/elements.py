"""The elements that a Moodle file is written of."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftFile, DraftOption
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Text


def text_element(text: Text, files: Sequence[DraftFile]) -> str:
    """A typed answer with its feedback."""
    return (
        f'<answer fraction="{percent(text.fraction)}" format="moodle_auto_format"><text>{escape(text.text)}</text>'
        f"{area('feedback', text.feedback, files) if text.feedback else ''}</answer>"
    )


def option_element(option: DraftOption, files: Sequence[DraftFile]) -> str:
    """A choice with its feedback."""
    return (
        f'<answer fraction="{percent(option.fraction)}" format="html">{text_and_files(option.text, files)}'
        f"{area('feedback', option.feedback, files) if option.feedback else ''}</answer>"
    )


def area(tag: str, text: str, files: Sequence[DraftFile], played: Sequence[DraftFile] = ()) -> str:
    """A text with those of the files that it shows; ``played`` are recordings before it."""
    return f'<{tag} format="html">{text_and_files(text, files, played)}</{tag}>'


def text_and_files(text: str, files: Sequence[DraftFile], played: Sequence[DraftFile] = ()) -> str:
    """What stands inside such an area."""
    shown = [file for file in files if file.name in richtext.media_names(text)]
    players = "".join(f'<p><audio controls src="@@PLUGINFILE@@/{file.name}"></audio></p>' for file in played)
    source = players + richtext.replace_media(text, lambda name: f"@@PLUGINFILE@@/{name}")
    guarded = source.replace("]]>", "]]]]><![CDATA[>")
    return f"<text><![CDATA[{guarded}]]></text>" + "".join(map(file_element, (*shown, *played)))


def file_element(file: DraftFile) -> str:
    """A file, written out."""
    content = base64.b64encode(file.content).decode()
    return f'<file name="{html.escape(file.name)}" path="/" encoding="base64">{content}</file>'


def question_element(kind: str, name: str, *parts: str) -> str:
    """A whole question."""
    return f'<question type="{kind}"><name><text>{escape(name)}</text></name>{"".join(parts)}</question>'


def tags_element(tags: Sequence[str]) -> str:
    """The tags of a question, if it has any."""
    inner = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in tags)
    return f"<tags>{inner}</tags>" if inner else ""


def escape(text: str) -> str:
    """A text between elements."""
    return html.escape(richtext.without_control_characters(text), quote=False)


def percent(fraction: Decimal) -> str:
    """A share as Moodle writes it."""
    return f"{(fraction * 100).normalize():f}"


def flag(value: bool) -> str:
    """Yes or no as Moodle writes it."""
    return "true" if value else "false"
