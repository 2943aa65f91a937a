"""Sequences against the model: a few with the suite, thousands with ``make machine``, and the proof that they can fail."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from apps.assignments import queries as room_queries
from apps.attempts.operations import statement
from apps.attempts.rules import ledger
from tests.machine.machine import SittingMachine
from tests.machine.world import MICROSECOND, World

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

FEW = int(os.environ.get("MACHINE_SEQUENCES", "25"))
MANY = 300
# A sequence that differs is printed as it is: with a database, to shrink it takes longer than to read it.
PHASES = [Phase.explicit, Phase.generate, *([Phase.shrink] if os.environ.get("MACHINE_SHRINK") else [])]
STEPS = int(os.environ.get("MACHINE_STEPS", "20"))


@pytest.fixture
def world(cast: Any) -> Iterator[World]:
    found = World(cast)
    with found.stopped_clock():
        yield found


def run(world: World, counted: Counter[str], sequences: int, **options: Any) -> None:
    run_state_machine_as_test(
        type("Machine", (SittingMachine,), {"world": world, "counted": counted}),
        settings=settings(
            max_examples=sequences,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=PHASES,
            **options,
        ),
    )


def test_the_product_does_what_the_model_says(world, request):
    counted: Counter[str] = Counter()
    since = time.monotonic()
    try:
        # The few of the suite are the same each time; what is drawn anew is looked for by ``make machine``.
        run(world, counted, FEW, derandomize=FEW < MANY)
    finally:
        if FEW >= MANY:
            _tell(request.config, counted, time.monotonic() - since)
    assert counted["sequences"] >= FEW


def _tell(config: pytest.Config, counted: Counter[str], took: float) -> None:
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        terminal = config.get_terminal_writer()
        terminal.line(f"\n{counted['sequences']} sequences, {counted['steps']} steps, {took:.0f} s")
        terminal.line(", ".join(f"{name} {count}" for name, count in sorted(counted.items())))


def a_grace_a_microsecond_short(patch):
    real = ledger.lateness
    patch.setattr(ledger, "lateness", lambda *, at, **given: real(at=at + MICROSECOND, **given))


def a_step_that_was_left_and_still_takes_answers(patch):
    real = statement.text_for
    patch.setattr(
        statement, "text_for", lambda *given, **how: real(*given, **how).replace("given.step < standing.step_floor", "false")
    )  # fmt: skip


def a_paused_room_that_lets_people_begin(patch):
    patch.setattr(room_queries, "waits_of", lambda **_: {})


FLAWS = [
    pytest.param(a_grace_a_microsecond_short, marks=pytest.mark.long),  # dozens of sequences until one ends in time
    a_step_that_was_left_and_still_takes_answers,
    a_paused_room_that_lets_people_begin,
]


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_in_the_product_is_found(cast, monkeypatch, flaw):
    flaw(monkeypatch)
    world = World(cast)
    with world.stopped_clock(), pytest.raises(AssertionError):
        run(world, Counter(), 120, derandomize=True)
