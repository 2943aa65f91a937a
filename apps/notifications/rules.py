"""Where a notice leads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

RESULTS = "results"


ENGLISH, JAPANESE = "en", "ja"
LONGEST = 300
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "room_open": {ENGLISH: "{title} is open.", JAPANESE: "「{title}」が始まりました。"},
        "results_out": {ENGLISH: "The results of {title} are out.", JAPANESE: "「{title}」の結果が発表されました。"},
        "marked": {
            ENGLISH: "What you wrote in {title} is marked.",
            JAPANESE: "「{title}」の記述問題が採点されました。",
        },
        "scripts_waiting": {
            ENGLISH: "Answers in {title} wait to be marked.",
            JAPANESE: "「{title}」に採点を待つ解答があります。",
        },
        "homework_new": {
            ENGLISH: "New homework: {title}, until {until}.",
            JAPANESE: "新しい宿題「{title}」。締め切りは{until}です。",
        },
        "homework_changed": {ENGLISH: "{title} was changed.", JAPANESE: "「{title}」が変更されました。"},
        "homework_moved": {
            ENGLISH: "{title} is now due on {until}.",
            JAPANESE: "「{title}」の締め切りが{until}に変わりました。",
        },
        "homework_ending": {ENGLISH: "{title} is due on {until}.", JAPANESE: "「{title}」の締め切りは{until}です。"},
        "homework_ended": {
            ENGLISH: "The deadline of {title} has passed, and not all of it was handed in.",
            JAPANESE: "「{title}」の締め切りが過ぎました。提出していないものがあります。",
        },
        "material": {ENGLISH: "New material: {name}", JAPANESE: "新しい教材: {name}"},
        "material_in": {ENGLISH: "New material in {folder}: {name}", JAPANESE: "{folder}に新しい教材: {name}"},
    }
)


def say(name: str, /, **values: object) -> dict[str, str]:
    """A message in the languages that notices about exams, homework and materials are written in."""
    return {language: text.format(**values)[:LONGEST] for language, text in _WORDS[name].items()}


def room_link(assignment_id: uuid.UUID) -> str:
    """The page of an exam room: where one starts, and where one's result is shown afterwards."""
    return f"/rooms/{assignment_id}/"


def marking_link(assignment_id: uuid.UUID) -> str:
    """The page where what is written in a room is marked."""
    return f"/marking/{assignment_id}/"


def moment(at: datetime) -> str:
    """A moment in the words of a notice, which everybody reads alike."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def request_link(request_id: uuid.UUID) -> str:
    """The page of a contact request in the owners' admin."""
    return f"/admin/centers/contactrequest/{request_id}/change/"


PLAN_LINK = "/admin/"
"""Where a center's admins see their plan."""

AUDIT_LINK = "/admin/audit/entry/"
"""The audit trail in the center's admin."""
DOMAINS_LINK = "/admin/centers/domainclaim/"
"""The page of a center's domains in its admin."""


def result_link(attempt_id: uuid.UUID) -> str:
    """The page of one's own result: also for whom the room is not any more."""
    return f"/attempts/{attempt_id}/result/"


def leave_token(user_id: uuid.UUID, *, kind: str, center_id: object, key: str) -> str:
    """What lets whoever got a letter say that they want no more of its kind, without signing in; it does not expire, since
    letters do not."""
    digest = hmac.new(key.encode(), f"leave:{center_id}:{kind}:{user_id}".encode(), hashlib.sha256).digest()
    return f"{user_id.hex}.{base64.urlsafe_b64encode(digest[:18]).decode()}"


def leaving(token: str, *, kind: str, center_id: object, key: str) -> uuid.UUID | None:
    """Whose token this is, if it was made for this kind at this center."""
    try:
        user_id = uuid.UUID(hex=token.partition(".")[0])
    except ValueError:
        return None
    right = leave_token(user_id, kind=kind, center_id=center_id, key=key)
    return user_id if hmac.compare_digest(right.encode(), token.encode("utf-8", "replace")) else None
