"""Compose, units and nginx name things that exist."""

from __future__ import annotations

import importlib
import re
import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
UNITS = sorted((ROOT / "deployment" / "systemd").glob("*.service"))
EXAMPLE = set(re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
# Read by the processes' own configuration, not by the settings.
PROCESS_KEYS = {"DJANGO_SETTINGS_MODULE", "PROBE", "GUNICORN_BIND", "FORWARDED_ALLOW_IPS"}
OURS = {"migrate", "web", "sockets", "worker", "long", "beat"}


def test_compose_runs_every_role_and_waits_for_what_it_needs():
    services = COMPOSE["services"]
    assert OURS | {"postgres", "redis", "nginx"} == set(services)
    for name in OURS - {"migrate"}:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in {"postgres", "redis", "web", "sockets", "worker", "long"}:
        assert "healthcheck" in services[name], name
    assert "appendonly" in " ".join(services["redis"]["command"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_compose_sets_only_known_keys(name):
    assert set(COMPOSE["services"][name]["environment"]) <= EXAMPLE | PROCESS_KEYS


def test_workers_serve_every_queue_that_is_used():
    from django.conf import settings

    used = {entry["options"]["queue"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} | {"default"}
    for command_of in (_command, lambda unit: " ".join(COMPOSE["services"][unit.removeprefix("shiken-")]["command"])):
        short, long = (_queues(command_of(unit)) for unit in ("shiken-worker", "shiken-long"))
        assert used <= short | long
        assert "deadline" in short
        assert not short & long, "nothing with a deadline waits behind what takes minutes"


def _queues(command: str) -> set[str]:
    served = re.search(r"-Q (\S+)", command)
    assert served
    return set(served[1].split(","))


def test_every_scheduled_task_exists():
    from config.celery import app

    app.loader.import_default_modules()
    from django.conf import settings

    missing = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(app.tasks)
    assert not missing


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_start_what_exists(unit):
    command = _command(unit.stem)
    for name in re.findall(r"(config\.\w+):application", command):
        assert importlib.import_module(name).application
    for path in re.findall(r"deployment/\S+\.py", command):
        assert (ROOT / path).is_file()


def test_gunicorn_reads_its_configuration():
    read = runpy.run_path(str(ROOT / "deployment" / "gunicorn.conf.py"))
    assert (read["worker_class"], read["threads"]) == ("gthread", 8)


def test_nginx_overwrites_what_clients_may_not_say():
    text = (ROOT / "deployment" / "nginx" / "shiken.conf").read_text()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert 'proxy_set_header X-Forwarded-Host "";' in text
    places = re.findall(r"(?:server|location) [^{]*\{(?:[^{}]|\{[^}]*\})*?\n    \}", text)
    for place in places:
        if "proxy_set_header" in place:  # what a place sets replaces all that it would inherit
            for header in (
                "Host $http_host",
                "X-Forwarded-For $remote_addr",
                'X-Forwarded-Host ""',
                "X-Forwarded-Proto $scheme",
            ):
                assert f"proxy_set_header {header};" in place, place
    upstreams = dict(re.findall(r"server (\w+):(\d+);", text))
    assert upstreams == {"web": "8001", "sockets": "8002"}


def _command(unit: str) -> str:
    text = (ROOT / "deployment" / "systemd" / f"{unit}.service").read_text()
    found = re.search(r"^ExecStart=(.+)$", text, re.M)
    assert found
    return found[1]
