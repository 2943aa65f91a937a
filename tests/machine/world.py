"""The product as a sequence meets it: over HTTP and through the writer of sockets, under a clock that stands still.

Time is a parameter: the product's one clock is replaced by ``World.at``, for operations, for queries that read the
moment along with a row, and in the statement that saves answers, where it takes the place of ``statement_timestamp()``.
Everything else is the product's own, on PostgreSQL, and committed.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from api.common import tokens
from apps.assignments import operations as rooms
from apps.assignments.models import Accommodation, ExamAssignment
from apps.attempts.models import Attempt
from apps.attempts.operations import journal, writer
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.rules import grants
from apps.core import clock, tenancy
from tests.apps.assignments.builders import make_group
from tests.apps.attempts import journal as lines
from tests.apps.attempts.samples import make_two_part_test
from tests.cast import Cast
from tests.client import Api, access_token
from tests.factories import publish
from tests.machine import model
from tests.stopped import stopped_clock

MICROSECOND = timedelta(microseconds=1)
SIGNED_IN_SECONDS = 120
FACTORS = {"Bob": Decimal("1.5")}


class World:
    """One test, two students, their teacher's director, and the rooms that sequences make."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.students = {"Alice": cast.alice, "Bob": cast.bob}
        members = {name: [self.students[student] for student in of] for name, of in model.GROUPS.items()}
        self.groups = {name: make_group(cast, *of, name=name) for name, of in members.items()}
        self.groups["Elsewhere"] = make_group(cast, cast.alice, name="Elsewhere")
        self.test = make_two_part_test(cast)
        self.paper = publish(cast, self.test)
        Accommodation.objects.create(student=cast.bob, factors={"*": "1.5"}, reason="Reads slowly", status="APPROVED")
        self._signed_in_until = 0.0
        self.zero = self.at = clock.now()
        self._loop = asyncio.new_event_loop()
        self._questions = lines.questions_of(self.paper.pk)

    # -- the clock -------------------------------------------------------------------------------------------------

    @contextmanager
    def stopped_clock(self) -> Iterator[None]:
        """Everything that asks for the moment gets ``at``."""
        with stopped_clock(lambda: self.at), pytest.MonkeyPatch.context() as patch:
            patch.setattr(grants, "LARGEST_SUM", model.MOST_GIVEN // model.SECOND)
            try:
                yield
            finally:
                self._stop_writer()

    def moment(self, microseconds: int | None) -> datetime | None:
        return None if microseconds is None else self.zero + microseconds * MICROSECOND

    def since(self, moment: datetime | None) -> int | None:
        return None if moment is None else (moment - self.zero) // MICROSECOND

    # -- rooms -----------------------------------------------------------------------------------------------------

    def open_room(self, plan: model.Room) -> ExamAssignment:
        self._sign_in()
        self.zero = self.at = _real_now()
        return rooms.assign_test(
            actor=self.cast.dora,
            mock_test_id=self.test.pk,
            title="Sequence",
            group_ids=[self.groups[name].pk for name in model.GROUPS],
            open_now=True,
            closes_at=self.moment(plan.closes),
            late_policy="FULL_TIME" if plan.full_time else "WINDOW",
            seconds=plan.seconds,
            is_sectioned=plan.is_sectioned,
            breaks=[{"after": 1, "seconds": plan.break_seconds}] if plan.break_seconds else [],
            may_leave_early=plan.may_leave_early,
            attempts_allowed=plan.attempts_allowed,
            latest_start_seconds=plan.latest_start and plan.latest_start // model.SECOND,
        )

    def _sign_in(self) -> None:
        """Again now and then: thousands of sequences take longer than a token lasts."""
        if time.monotonic() < self._signed_in_until:
            return
        self._signed_in_until = time.monotonic() + SIGNED_IN_SECONDS
        self._tokens = {name: access_token(person) for name, person in self.students.items()}
        self._clients = {name: Api(self.students[name], token=token) for name, token in self._tokens.items()}
        self.staff = Api(self.cast.dora)

    def leave(self, room: ExamAssignment) -> None:
        """Make place: whoever still sits counts no more, and no alarm rings."""
        Attempt.objects.filter(assignment=room).update(status="VOID", finished_at=self.at, paused_at=None)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM public.core_delivery")

    # -- what the test's answers are called ------------------------------------------------------------------------

    def question_id(self, question: str) -> str:
        return str(self._questions[question][0]) if question in self._questions else str(uuid.UUID(int=7))

    def written(self, question: str, response: Any) -> Any:
        """A response of the model in the product's words, as the journal keeps it."""
        options = self._questions[question][1] if question in self._questions else {}
        if isinstance(response, tuple):
            return sorted(options[name] for name in response)
        return options.get(response, response)

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any, bytes]:
        client = self._clients.get(who, self.staff)
        answer = getattr(client, method)(path, body, format="json") if method != "get" else client.get(path)
        if answer.status_code >= 500:
            raise RuntimeError(
                f"{method} {path}: {answer.status_code}"
            )  # no difference of opinion: the product is broken
        return answer.status_code, answer.json() if answer.content else None, answer.content

    def save_over_socket(
        self, who: str, attempt_id: uuid.UUID, epoch: int, answers: list[dict[str, Any]]
    ) -> tuple[list[int], list[tuple[int, str]]]:
        """What a socket does with a message: sort out, hand to the writer, wait for its word."""
        person, tenant = self.students[who], tenancy.current()
        access = tokens.read_access(tenant=tenant, token=self._tokens[who])
        caller = Caller(tenant.schema_name, str(attempt_id), str(person.pk), str(access.session_id), access.version)
        facts = journal.get_facts(attempt_id=attempt_id)
        told: list[Save] = []

        async def work() -> list[tuple[int, str]]:
            done = asyncio.Event()

            def tell(saves: list[Save]) -> None:
                told.extend(saves)
                done.set()

            refused = journal.append(facts=facts, caller=caller, epoch=epoch, answers=answers, told=tell)
            if len(refused) < len(answers):
                async with asyncio.timeout(20):
                    await done.wait()
            return [tuple(refusal) for refusal in refused]

        refused = self._loop.run_until_complete(work())
        acked = list(itertools.chain.from_iterable(save.acked for save in told))
        return acked, refused + [tuple(refusal) for save in told for refusal in save.refused]

    def _stop_writer(self) -> None:
        async def stop() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await writer.writer()._shared._disconnect()

        self._loop.run_until_complete(stop())
        self._loop.close()


_real_now = clock.now
