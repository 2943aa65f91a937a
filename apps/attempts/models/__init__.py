"""The tables of the app, by what they are about."""

from apps.attempts.models.marking import HandMark, MarkingPlan, Script
from apps.attempts.models.sittings import (
    AnswerEntry,
    AnswerSheet,
    Attempt,
    Attempts,
    Cue,
    IntegrityEvent,
    ItemMark,
    KeyedRequest,
    Play,
    RefusedAnswer,
    Stall,
    TimeGrant,
    Whereabouts,
    WithdrawnSheet,
)

__all__ = [
    "AnswerEntry",
    "AnswerSheet",
    "Attempt",
    "Attempts",
    "Cue",
    "HandMark",
    "IntegrityEvent",
    "ItemMark",
    "KeyedRequest",
    "MarkingPlan",
    "Play",
    "RefusedAnswer",
    "Script",
    "Stall",
    "TimeGrant",
    "Whereabouts",
    "WithdrawnSheet",
]
