"""The paper of an attempt as its student gets it, under whatever name they ask for it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any

from api.common import links
from api.common.requests import Request
from apps.attempts import queries
from apps.attempts.rules import ledger, listening
from apps.mock_tests import queries as papers

PREFIX = "recording:"


def paper_of(request: Request, attempt: Any, at: datetime) -> dict[str, Any]:
    """What may be seen of the paper at this moment, with media that can be opened as long as answers count. Recordings that
    are not free have a name instead of an address."""
    until = ledger.last_moment(deadline_at=attempt.deadline_at, grace_seconds=attempt.grace_seconds)
    sign = links.media_signer(request, until)
    mark = {"watermark": attempt.watermark or None}
    if attempt.assignment.listening == listening.FREE:
        return {**queries.render_paper(attempt, sign=sign, at=at), **mark}
    recordings = papers.recordings_of(paper_id=attempt.paper_id)
    paper = queries.render_paper(attempt, sign=_but(recordings, sign), at=at)
    sections = [{**s, "question_groups": [_named(group) for group in s["question_groups"]]} for s in paper["sections"]]
    return {**paper, "sections": sections, **mark}


def _but(recordings: Container[str], sign: Callable[[str], str]) -> Callable[[str], str]:
    """Signs everything but these, wherever they are mentioned."""
    return lambda media_id: f"{PREFIX}{media_id}" if media_id in recordings else sign(media_id)


def _named(group: Mapping[str, Any]) -> dict[str, Any]:
    return {**_hidden(group), "questions": [_hidden(question) for question in group["questions"]]}


def _hidden(heard: Mapping[str, Any]) -> dict[str, Any]:
    if not heard["audio_file"]:
        return {**heard, "recording": None}
    return {**heard, "audio_file": None, "recording": heard["audio_file"].removeprefix(PREFIX)}
