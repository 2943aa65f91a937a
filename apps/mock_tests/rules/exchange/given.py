"""A question of a file, as the rules of its type want it."""

from __future__ import annotations

from dataclasses import fields

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.types.base import Given, Option


def given_of(question: DraftQuestion) -> Given:
    """What a question says about its answers, with options named by their places."""
    options = (
        Option(str(place), option.text, option.fraction, feedback=option.feedback)
        for place, option in enumerate(question.options)
    )
    same = {f.name: getattr(question, f.name) for f in fields(Given) if f.name != "options"}
    return Given(options=tuple(options), **same)
