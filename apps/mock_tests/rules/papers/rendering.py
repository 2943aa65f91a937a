"""A paper as one taker gets it: in an order drawn from the attempt's seed, with addresses of media that they may open."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES

Sign = Callable[[str], str]
PREFIX = "media:"


def render(
    content: Mapping[str, Any],
    *,
    seed: int,
    shuffle_questions: bool,
    shuffle_options: bool,
    sign: Sign,
    only_sections: Container[str] | None = None,
) -> dict[str, Any]:
    """The same seed gives the same order, for good. Questions move inside their group only, options only where their
    question allows it; numbers stay with their questions, since passages refer to them. Options to be put in order or
    matched are always drawn, from all orders alike: if the right one were left out, a class that compares its screens would
    find it as the one that nobody saw."""

    def things(shown: Sequence[Mapping[str, Any]], drawn: bool) -> list[dict[str, Any]]:
        return [
            {**thing, "text": _signed_text(thing["text"], sign), "image": _signed(thing["image"], sign)}
            for thing in _drawn(shown, seed, drawn)
        ]

    def question(shown: Mapping[str, Any]) -> dict[str, Any]:
        may_move = shuffle_options and shown["shuffle"]
        always = TYPES[shown["type"]].always_drawn
        parts: dict[str, Any] = {
            part: things(shown[part], may_move or part in always) for part in ("options", "prompts") if part in shown
        }
        if "gaps" in shown:
            parts["gaps"] = [{**gap, "options": things(gap["options"], may_move)} for gap in shown["gaps"]]
        return {
            **shown,
            "text": _signed_text(shown["text"], sign),
            "image": _signed(shown["image"], sign),
            "audio_file": _signed(shown["audio_file"], sign),
            **parts,
        }

    def group(shown: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **shown,
            "instruction": _signed_text(shown["instruction"], sign),
            "reading_text": _signed_text(shown["reading_text"], sign),
            "image": _signed(shown["image"], sign),
            "audio_file": _signed(shown["audio_file"], sign),
            "questions": [question(q) for q in _drawn(shown["questions"], seed, shuffle_questions)],
        }

    sections = [
        {
            **section,
            "question_groups": [group(g) for g in section["question_groups"]]
            if only_sections is None or section["id"] in only_sections
            else [],
        }
        for section in content["sections"]
    ]
    return {**content, "sections": sections}


def cleaned(content: Mapping[str, Any]) -> dict[str, Any]:
    """A paper's content as the present rules for rich text want it. Papers never change, and rules do."""

    def clean(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {**part, **{name: richtext.clean_html(part[name]) for name in names if part.get(name)}}

    def question(shown: Mapping[str, Any]) -> dict[str, Any]:
        lists = {
            part: [clean(thing, "text") for thing in shown[part]] for part in ("options", "prompts") if part in shown
        }
        if "gaps" in shown:
            gaps = ({**gap, "options": [clean(option, "text") for option in gap["options"]]} for gap in shown["gaps"])
            lists["gaps"] = list(gaps)
        return {**clean(shown, "text"), **lists}

    def group(shown: Mapping[str, Any]) -> dict[str, Any]:
        questions = [question(one) for one in shown["questions"]]
        return {**clean(shown, "instruction", "reading_text"), "questions": questions}

    sections = [{**s, "question_groups": [group(g) for g in s["question_groups"]]} for s in content["sections"]]
    return {**content, "sections": sections}


def _drawn(things: Sequence[Mapping[str, Any]], seed: int, shuffled: bool) -> Sequence[Mapping[str, Any]]:
    """By a hash of seed and id: no generator whose next release could draw another order for running attempts."""
    if not shuffled:
        return things
    return sorted(things, key=lambda thing: hashlib.blake2b(f"{seed}:{thing['id']}".encode(), digest_size=16).digest())


def _signed(reference: str | None, sign: Sign) -> str | None:
    return sign(reference.removeprefix(PREFIX)) if reference else None


def _signed_text(text: str, sign: Sign) -> str:
    return richtext.replace_media(text, sign) if PREFIX in text else text
