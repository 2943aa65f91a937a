"""Writing a test in GIFT. What the format cannot hold is left out and named."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion, DraftTest
from apps.mock_tests.rules.exchange.gift.parts import GiftMapping, escaped, html
from apps.mock_tests.rules.exchange.outline import Asked, CannotHold, Category, Description, outline
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES


def write_gift(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the file, and the reasons why questions were left out of it, by their places."""
    blocks: list[str] = []
    left_out: dict[str, str] = {}
    for part in outline(test):
        if isinstance(part, Category):
            blocks.append(f"$CATEGORY: {part.path}")
        elif isinstance(part, Description):
            blocks.append(f"{_tags(part.tags)}{_title(part.name)}{html(part.text, always=True)}")
        elif isinstance(part, Asked):
            try:
                blocks.append(_written(part.question))
            except CannotHold as reason:
                left_out[part.pointer] = str(reason)
    return "\n\n".join([*blocks, ""]).encode(), left_out


def _written(question: DraftQuestion) -> str:
    mapping = TYPES[question.type].mapping("gift", GiftMapping)
    if mapping is None:
        raise CannotHold("GIFT has no questions of this type.")
    if not richtext.to_text(richtext.without_images(question.text)):
        raise CannotHold("GIFT holds no files, and without them the question has no text.")
    answers = mapping.write(question)
    explanation = f"\n####{html(question.explanation)}" if question.explanation else ""
    text = html(question.text, always=True)
    return f"{_tags(question.tags)}{_title(question.name)}{text} {{{answers}{explanation}\n}}"


def _title(name: str) -> str:
    return f"::{escaped(name)}::" if name else ""


def _tags(tags: tuple[str, ...]) -> str:
    said = " ".join(f"[tag:{tag}]" for tag in tags)
    return f"// {said}\n" if said else ""
