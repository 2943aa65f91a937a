"""The demo's commands say in one sentence what is missing."""

from __future__ import annotations

import asyncio
import socket

import pytest
from django.core.management import CommandError, call_command

from apps.demo.simulation import http

pytestmark = pytest.mark.django_db


@pytest.fixture
def deaf_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.SHIKEN_DEMO = True


def test_the_board_cannot_be_watched_where_nothing_answers(deaf_port, monkeypatch):
    pause = asyncio.sleep
    monkeypatch.setattr(http.asyncio, "sleep", lambda _: pause(0))  # between its tries
    with pytest.raises(CommandError, match=rf"Nothing answers at north\.localhost:{deaf_port}"):
        call_command("watch_board", center="north", port=deaf_port)


@pytest.mark.parametrize("command", ["watch_board", "simulate_class"])
def test_an_unknown_center_is_named(command, deaf_port):
    with pytest.raises(CommandError, match="There is no center 'west'"):
        call_command(command, center="west", port=deaf_port)


@pytest.mark.parametrize("odd", [{"students": 0}, {"minutes": 0.0}, {"minutes": -1.0}])
def test_a_class_of_nobody_or_no_time_is_refused(odd):
    with pytest.raises(CommandError, match="at least"):
        call_command("simulate_class", center="north", **odd)


def test_no_class_sits_outside_development(settings):
    settings.SHIKEN_DEMO = False
    with pytest.raises(CommandError, match="development only"):
        call_command("simulate_class", center="north")
