"""Working on homework: beginning an item, checking single answers, handing in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.assignments.errors import DeadlinePassed, NoPractice, RoomNotOpen
from apps.attempts import errors, queries
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, handing_in, journal, sitting
from apps.attempts.operations.handing_in import HandedInWhole
from apps.attempts.operations.sitting import Started
from apps.attempts.queries import homework as standings
from apps.attempts.rules import checking, shown
from apps.attempts.rules.checking import Verdict
from apps.core import clock
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers import items
from apps.mock_tests.rules.texts import richtext

if TYPE_CHECKING:
    from apps.attempts.queries import SeenAttempt, Sign
    from apps.authentication.models import User

_MAKE_FINAL = "UPDATE attempts_attempt SET finals = finals || %s::uuid WHERE id = %s"


def start_item(
    *,
    actor: User,
    homework_id: uuid.UUID,
    item_id: uuid.UUID,
    kind: str = "",
    practice: bool = False,
    shows_all: bool = False,
    at: datetime | None = None,
) -> Started:
    """Begin an item of a homework, or go on with the attempt that runs there; with ``practice`` one that counts for
    nothing, which runs beside the others and may go on after the deadline.

    The item is named by its own id or by that of its test, of this ``kind`` if one is given. Refuses what is not assigned,
    attempts that count after the deadline, practice where or when there is none, a student without attempts left, and
    for a screen that ``shows_all`` questions at once, a quiz that goes one by one.
    """
    at = at or clock.now()
    item = rooms.get_item_for(actor, homework_id, item_id, kind=kind)
    homework = item.homework
    is_quiz = item.mock_test.kind == "QUIZ"
    if shows_all and is_quiz and homework.is_one_by_one:
        raise errors.OneByOne
    room_id = item.room_id
    if practice:
        if item.practice_room_id is None or not room_rules.may_practise(homework.practice, homework.deadline, at):
            raise NoPractice
        room_id = item.practice_room_id
    try:
        return sitting.start_attempt(
            actor=actor,
            assignment_id=room_id,
            kind=room_rules.PRACTICE if practice else room_rules.HOMEWORK,
            may_check=room_rules.may_check(homework.checking, is_quiz=is_quiz),
            at=at,
        )
    except RoomNotOpen:
        raise DeadlinePassed from None


def check_answer(
    *,
    actor: User,
    attempt_id: uuid.UUID,
    question: uuid.UUID,
    given: object,
    epoch: int | None = None,
    seq: int | None = None,
    sign: Callable[[SeenAttempt], Sign] = lambda attempt: str,
) -> Verdict:
    """Write one's answer to a question into the journal, for good, and tell whether it was right. What would have been
    right, and why, is told once the student can give no other answer to it that counts (``queries.homework.is_key_due``).
    ``given`` is anything that ``rules.shown`` understands; nothing means that no answer was found in time.

    Whoever numbers their answers gives this one its number too. Again with the same answer it tells the same. Refuses an
    attempt in which answers are not checked, one that is closed, a question that people mark or whose answer is final
    already, and whatever a save would.
    """
    attempt = sitting.visit_running_attempt(actor=actor, attempt_id=attempt_id)
    if attempt.student_id != actor.pk:
        raise errors.AttemptNotFound
    if not attempt.may_check:
        raise errors.MayNotCheck
    name, signer = str(question), sign(attempt)
    paper = queries.render_paper(attempt, sign=signer)
    asked = next((one for _, one in shown.questions_of(paper) if one["id"] == name), None)
    if asked is None:
        raise errors.BadAnswer(code="unknown_question")
    if items.is_marked_by_hand(asked):
        raise errors.MayNotCheck
    response = shown.read_response(asked, given)
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().get(pk=attempt_id)
        state = queries.answer_state(locked)
        if question in locked.finals:
            spec = journal.get_facts(attempt_id=attempt_id).specs[name]
            if items.check_response(spec, response) != state.answers.get(name):
                raise errors.AnswerFinal
        else:
            number = seq or state.last_seqs.get(locked.epoch, 0) + 1
            answer = {"seq": number, "question": name, "response": response}
            journal.save_answers(actor=actor, attempt_id=attempt_id, epoch=epoch or locked.epoch, answers=[answer])
            with connection.cursor() as cursor:
                cursor.execute(_MAKE_FINAL, [question, attempt_id])
        stored = queries.answer_state(locked).answers.get(name)
    item = papers.get_key(paper_id=attempt.paper_id)[question]
    mark = items.grade_item(item, stored)
    chosen_place = shown.place_of(asked, stored)
    is_told = standings.is_key_due(attempt)
    known_place = chosen_place if mark.outcome == "CORRECT" else None
    return Verdict(
        question_id=name,
        response=stored,
        outcome=mark.outcome,
        marks=mark.marks,
        max_marks=Decimal(item["score"]),
        key=items.shown_key(item, signer) if is_told else None,
        explanation=richtext.replace_media(item["explanation"], signer) if is_told else "",
        right_place=shown.place_of(asked, checking.right_response(item)) if is_told else known_place,
        chosen_place=chosen_place,
    )


def hand_in(
    *, actor: User, attempt_id: uuid.UUID, answers: Mapping[str, object], at: datetime | None = None
) -> HandedInWhole:
    """Hand in an attempt of a homework with what is saved and these ``answers``, and mark it at once. Refuses one of an
    exam."""
    attempt = queries.get_attempt_for(actor, attempt_id)
    if attempt.assignment.kind == room_rules.EXAM:
        raise errors.NotHomework
    whole = handing_in.hand_in_whole(actor=actor, attempt_id=attempt_id, answers=answers, at=at)
    grading.grade_attempt(attempt_id=attempt_id, at=at)
    whole.handed_in.attempt.refresh_from_db()
    return whole
