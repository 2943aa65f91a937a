"""The books of the students beside PostgreSQL's, asked in plain SQL: what was promised, and what is there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.attempts.rules import marking
from tests.faults.exam import Exam, Key
from tests.faults.stack import Stack


@dataclass
class Verdict:
    """``flaws`` is empty if every promise was kept."""

    acked: int = 0
    found: int = 0
    lost: int = 0
    attempts: int = 0
    graded: int = 0
    by_the_clock: int = 0
    flaws: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"acked {self.acked}, found {self.found}, lost {self.lost}; attempts {self.attempts}, "
            f"graded once {self.graded}, by the clock {self.by_the_clock}"
        )


def compare_answers(stack: Stack, exam: Exam) -> Verdict:
    """P1: every acknowledged answer is in the journal, with the value that was sent."""
    stored: dict[Key, tuple[str, Any]] = {
        (attempt, epoch, seq): (question, response)
        for attempt, epoch, seq, question, response in stack.query(
            "SELECT attempt_id::text, entry.epoch, seq, question_id::text, response FROM attempts_answerentry entry"
            " JOIN attempts_attempt ON attempts_attempt.id = attempt_id WHERE assignment_id = %s",
            exam.klass.room,
        )
    }
    acked = dict(exam.seen.acked)
    found = sum(stored.get(key) == answer for key, answer in acked.items())
    return Verdict(acked=len(acked), found=found, lost=len(acked) - found)


def judge(stack: Stack, exam: Exam) -> Verdict:
    """All of it, for a class that is through."""
    verdict = compare_answers(stack, exam)
    flaws = verdict.flaws
    if verdict.lost:
        flaws.append(f"{verdict.lost} acknowledged answers are lost")
    flaws += exam.klass.problems
    flaws += [
        f"{tally.email}: {tally.status}" for tally in exam.klass.tallies if tally.status in {"failed", "taken_over"}
    ]
    flaws += [f"{tally.email} was refused {tally.refused}" for tally in exam.klass.tallies if tally.refused]
    _check_attempts(stack, exam, verdict)
    _check_announcements(stack, exam, flaws)
    return verdict


def _check_attempts(stack: Stack, exam: Exam, verdict: Verdict) -> None:
    """P2: each attempt is finalised once, and its marks are what the journal and the key make of it."""
    rows = stack.query(
        "SELECT attempt.id::text, attempt.status, attempt.was_expired, attempt.revision, attempt.score, sheet.answers,"
        " sheet.entry_count, key.items, (SELECT count(*) FROM attempts_itemmark m WHERE m.attempt_id = attempt.id),"
        " (SELECT array_agg(score) FROM leaderboards_examresult r WHERE r.attempt_id = attempt.id)"
        " FROM attempts_attempt attempt JOIN mock_tests_paperkey key USING (paper_id)"
        " LEFT JOIN attempts_answersheet sheet ON sheet.attempt_id = attempt.id WHERE assignment_id = %s",
        exam.klass.room,
    )
    journals = _journals(stack, exam)
    verdict.attempts = len(rows)
    if len(rows) != exam.klass.students or len(exam.klass.board) != exam.klass.students:
        verdict.flaws.append(f"{len(rows)} attempts and {len(exam.klass.board)} ranks of {exam.klass.students}")
    for attempt, status, was_expired, revision, score, answers, entries, items, marks, results in rows:
        entry_count, final = journals.get(attempt, (0, {}))
        key = {uuid.UUID(question): item for question, item in items.items()}
        due: Decimal = marking.total(marking.mark_sheet(answers=final, key=key))
        wrong = {
            "status": status != "GRADED",
            "sheet": (answers, entries) != (final, entry_count),
            "revision": revision != 1,
            "marks": marks != len(items),
            "score": score != due,
            "result": results != [score],
        }
        verdict.by_the_clock += was_expired
        verdict.graded += not any(wrong.values())
        verdict.flaws += [f"{attempt}: wrong {what}" for what, is_so in wrong.items() if is_so]


def _journals(stack: Stack, exam: Exam) -> dict[str, tuple[int, dict[str, Any]]]:
    """For each attempt: how many entries, and the last response to each question."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    for attempt, question, response in stack.query(
        "SELECT attempt_id::text, question_id::text, response FROM attempts_answerentry entry"
        " JOIN attempts_attempt ON attempts_attempt.id = attempt_id WHERE assignment_id = %s"
        " ORDER BY attempt_id, entry.epoch, seq",
        exam.klass.room,
    ):
        count, final = found.get(attempt, (0, {}))
        final.pop(question, None)
        if response is not None:
            final[question] = response
        found[attempt] = count + 1, final
    return found


def _check_announcements(stack: Stack, exam: Exam, flaws: list[str]) -> None:
    """One end and one grading announced per attempt and listener, one finalisation per room; nothing dead, nothing left."""
    attempts = [tally.attempt for tally in exam.klass.tallies]
    told = stack.query(
        "SELECT event, subscriber, count(*) FROM public.core_delivery WHERE payload ->> 'attempt_id' = ANY(%s)"
        " AND event IN ('attempt.submitted', 'attempt.graded') GROUP BY event, subscriber",
        attempts,
    )
    if {event for event, _, _ in told} != {"attempt.submitted", "attempt.graded"}:
        flaws.append(f"announced: {told}")
    flaws += [f"{event} for {who}: {n} of {len(attempts)}" for event, who, n in told if n != len(attempts)]
    if dead := stack.query("SELECT event, last_error FROM public.core_delivery WHERE dead_at IS NOT NULL"):
        flaws.append(f"dead: {dead}")
    ((finals,),) = stack.query(
        "SELECT count(*) FROM leaderboards_ranking WHERE assignment_id = %s AND is_final", exam.klass.room
    )
    if finals != 1:
        flaws.append(f"{finals} final rankings")
