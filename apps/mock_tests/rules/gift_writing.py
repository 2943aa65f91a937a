"""Writing a test in GIFT. What the format cannot hold is left out and named."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules import richtext
from apps.mock_tests.rules.draft import DraftQuestion, DraftTest, QuestionType
from apps.mock_tests.rules.outline import Asked, CannotHold, Category, Description, outline
from apps.mock_tests.rules.types.base import FULL, Text, plain

_RESERVED: Final = re.compile(r"[\\~=#{}:]")
_LIKE_A_PREFIX: Final = re.compile(r"\s*[%\[]")


def write_gift(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the file, and the reasons why questions were left out of it, by their places."""
    blocks: list[str] = []
    left_out: dict[str, str] = {}
    for part in outline(test):
        if isinstance(part, Category):
            blocks.append(f"$CATEGORY: {part.path}")
        elif isinstance(part, Description):
            blocks.append(f"{_tags(part.tags)}{_title(part.name)}{_html(part.text, always=True)}")
        elif isinstance(part, Asked):
            try:
                blocks.append(_written(part.question))
            except CannotHold as reason:
                left_out[part.pointer] = str(reason)
    return "\n\n".join([*blocks, ""]).encode(), left_out


def _written(question: DraftQuestion) -> str:
    write_answers = _ANSWERS.get(question.type)
    if write_answers is None:
        raise CannotHold("GIFT has no questions of this type.")
    if not richtext.to_text(richtext.without_images(question.text)):
        raise CannotHold("GIFT holds no files, and without them the question has no text.")
    answers = write_answers(question)
    explanation = f"\n####{_html(question.explanation)}" if question.explanation else ""
    text = _html(question.text, always=True)
    return f"{_tags(question.tags)}{_title(question.name)}{text} {{{answers}{explanation}\n}}"


def _choice(question: DraftQuestion) -> str:
    right = sum(option.fraction > 0 for option in question.options)
    lines = []
    for option in question.options:
        if not richtext.to_text(richtext.without_images(option.text)):
            raise CannotHold("GIFT holds no files, and without them an option is empty.")
        share = option.fraction
        if question.policy:
            share = (1 / Decimal(right)).quantize(Decimal("0.0000001")) if share > 0 else Decimal(-1)
        is_key = question.type == "single_choice" and share == FULL
        sign = "=" if is_key else f"~%{plain(share * 100)}%" if share else "~"
        lines.append(f"\n{sign}{_html(option.text)}{_feedback(option.feedback)}")
    return "".join(lines)


def _true_false(question: DraftQuestion) -> str:
    truth = question.truth
    if truth is None:
        raise CannotHold("It has no answer.")
    right, wrong = truth.feedback_true, truth.feedback_false
    if not truth.value:
        right, wrong = wrong, right
    said = f"#{_html(wrong)}#{_html(right)}" if right else _feedback(wrong)
    return f"{'TRUE' if truth.value else 'FALSE'}{said}"


def _short_text(question: DraftQuestion) -> str:
    if any("->" in text.text for text in question.texts):
        raise CannotHold('In GIFT an answer with "->" would be a pair.')
    return "".join(f"\n={_typed(text)}{_feedback(text.feedback)}" for text in question.texts)


def _typed(text: Text) -> str:
    share = "" if text.fraction == FULL and not text.text.startswith("%") else f"%{plain(text.fraction * 100)}%"
    return share + _escaped(text.text.replace("*", "\\*"))


def _numeric(question: DraftQuestion) -> str:
    return "#" + "".join(
        f"\n={'' if answer.fraction == FULL else f'%{plain(answer.fraction * 100)}%'}"
        f"{plain(answer.value)}:{plain(answer.tolerance)}"
        for answer in question.answers
    )


def _matching(question: DraftQuestion) -> str:
    targets = [richtext.to_text(option.text).replace("\n", " ") for option in question.options]
    if not all(targets):
        raise CannotHold("GIFT holds no files, and without them an answer is empty.")
    if any(not richtext.to_text(richtext.without_images(prompt.text)) for prompt in question.prompts):
        raise CannotHold("GIFT holds no files, and without them a pair is empty.")
    used = {prompt.target for prompt in question.prompts}
    pairs = [(_html(prompt.text), targets[int(prompt.target)]) for prompt in question.prompts]
    pairs += [("", target) for place, target in enumerate(targets) if str(place) not in used]
    return "".join(f"\n={prompt} -> {_escaped(target)}" for prompt, target in pairs)


_ANSWERS: Final[dict[QuestionType, Callable[[DraftQuestion], str]]] = {
    "single_choice": _choice,
    "multiple_choice": _choice,
    "true_false": _true_false,
    "numeric": _numeric,
    "short_text": _short_text,
    "matching": _matching,
}


def _html(text: str, *, always: bool = False) -> str:
    """A text in the format of its question; where that must be said, or its beginning could be mistaken, it is named."""
    text = richtext.without_images(text)
    return f"{'[html]' if always or _LIKE_A_PREFIX.match(text) else ''}{_escaped(text)}"


def _feedback(text: str) -> str:
    return f"#{_html(text)}" if text else ""


def _title(name: str) -> str:
    return f"::{_escaped(name)}::" if name else ""


def _tags(tags: tuple[str, ...]) -> str:
    said = " ".join(f"[tag:{tag}]" for tag in tags)
    return f"// {said}\n" if said else ""


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text).replace("\n", "\\n")
