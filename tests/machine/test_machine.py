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

from tests.machine.machine import SittingMachine
from tests.machine.world import World

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

FEW = int(os.environ.get("MACHINE_SEQUENCES", "25"))
# A sequence that differs is printed as it is: with a database, to shrink it takes longer than to read it.
PHASES = [Phase.explicit, Phase.generate, *([Phase.shrink] if os.environ.get("MACHINE_SHRINK") else [])]
STEPS = int(os.environ.get("MACHINE_STEPS", "20"))


@pytest.fixture
def world(cast: Any) -> Iterator[World]:
    found = World(cast)
    with found.stopped_clock():
        yield found


def run(world: World, sequences: int, **options: Any) -> Counter[str]:
    machine = type("Machine", (SittingMachine,), {"world": world, "counted": Counter()})
    run_state_machine_as_test(
        machine,
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
    return machine.counted


def test_the_product_does_what_the_model_says(world, capsys):
    since = time.monotonic()
    counted = run(world, FEW)
    took = time.monotonic() - since
    with capsys.disabled():
        if FEW > 100:
            print(f"\n{counted['sequences']} sequences, {counted['steps']} steps, {took:.0f} s")
            print(", ".join(f"{name} {count}" for name, count in sorted(counted.items())))
    assert counted["sequences"] >= FEW
