"""A paper as one taker gets it: in an order drawn from the attempt's seed, with addresses of media that they may open."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.mock_tests.rules import richtext

Sign = Callable[[str], str]
PREFIX = "media:"


def render(
    content: Mapping[str, Any], *, seed: int, shuffle_questions: bool, shuffle_options: bool, sign: Sign
) -> dict[str, Any]:
    """The same seed gives the same order, for good. Questions move inside their group only, options only where their
    question allows it; numbers stay with their questions, since passages refer to them."""

    def question(shown: Mapping[str, Any]) -> dict[str, Any]:
        options = _drawn(shown["options"], seed, shuffle_options and shown["shuffle"])
        return {
            **shown,
            "text": _signed_text(shown["text"], sign),
            "image": _signed(shown["image"], sign),
            "audio_file": _signed(shown["audio_file"], sign),
            "options": [
                {**o, "text": _signed_text(o["text"], sign), "image": _signed(o["image"], sign)} for o in options
            ],
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
