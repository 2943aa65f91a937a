"""Handing in with one call: all answers come along, told by the places at which the attempt showed its options."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.attempts import errors, queries
from apps.attempts.models import Attempt
from apps.attempts.operations import journal, sitting
from apps.attempts.operations.sitting import HandedIn
from apps.attempts.rules import answers as rules
from apps.attempts.rules import shown
from apps.mock_tests.rules.papers import items

if TYPE_CHECKING:
    from apps.authentication.models import User

NOTHING = object()


@dataclass(frozen=True, slots=True)
class HandedInWhole:
    """The end of an attempt; ``refused`` tells by question why an answer was not taken."""

    handed_in: HandedIn
    refused: dict[str, str]


def hand_in_whole(
    *,
    actor: User,
    attempt_id: uuid.UUID,
    answers: Mapping[str, object],
    epoch: int | None = None,
    at: datetime | None = None,
) -> HandedInWhole:
    """Save these answers, by question, and hand in for good. What a question is not given keeps its saved answer.

    Responses may be anything that ``rules.shown`` understands. Like a last batch, what cannot be taken is told and stands
    in the way of nothing. Again, it saves nothing and gives the same receipt. Refuses a window that was taken over, if it
    names its ``epoch``.
    """
    attempt = queries.get_attempt_for(actor, attempt_id)
    refused = _save(actor, attempt, _read(attempt, answers), epoch) if answers else {}
    return HandedInWhole(sitting.submit_attempt(attempt_id=attempt_id, actor=actor, epoch=epoch, at=at), refused)


def _read(attempt: Attempt, answers: Mapping[str, object]) -> dict[str, object]:
    paper = queries.render_paper(attempt, sign=str)
    known = {question["id"]: question for _, question in shown.questions_of(paper)}
    named = {rules.canonical(name) or name: given for name, given in answers.items()}
    return {name: shown.read_response(known[name], g) if name in known else g for name, g in named.items()}


def _save(actor: User, attempt: Attempt, responses: Mapping[str, object], epoch: int | None) -> dict[str, str]:
    """Append what is not in the journal yet. The lock keeps the numbers free that these answers get."""
    specs = journal.get_facts(attempt_id=attempt.pk).specs
    refused: dict[str, str] = {}
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
        if locked.is_running and epoch is not None and epoch != locked.epoch:
            raise errors.TakenOver
        state = queries.answer_state(locked)
        new = [
            {"question": question, "response": response}
            for question, response in responses.items()
            if _normal(specs.get(question), response) != state.answers.get(question)
        ]
        first = state.last_seqs.get(locked.epoch, 0) + 1
        numbered: list[dict[str, Any]] = [{"seq": seq, **answer} for seq, answer in enumerate(new, first)]
        for begin in range(0, len(numbered), rules.MOST_AT_ONCE):
            batch = numbered[begin : begin + rules.MOST_AT_ONCE]
            saved = sitting.save_last(actor=actor, attempt_id=attempt.pk, epoch=locked.epoch, answers=batch)
            codes = dict(saved.refused) if saved else {}
            refused |= {answer["question"]: codes[answer["seq"]] for answer in batch if answer["seq"] in codes}
    return refused


def _normal(spec: items.ItemSpec | None, response: object) -> object:
    """The response as the journal would hold it; what it would not hold equals nothing."""
    try:
        return items.check_response(spec, response) if spec else NOTHING
    except (ValueError, RecursionError):
        return NOTHING
