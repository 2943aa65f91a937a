"""``.env.example`` and what the settings read are the same list."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from config import env

ROOT = Path(__file__).resolve().parents[2]
# Read by the launcher, not by the settings.
LAUNCHER = {"DEMO_CLASS"}


def test_every_key_that_is_read_is_in_the_example_and_the_other_way_round():
    importlib.import_module("config.settings.production")
    listed = set(re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert listed == env.READ | LAUNCHER


def test_an_example_value_is_accepted_as_it_stands(monkeypatch):
    for line in (ROOT / ".env.example").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SECRET_KEY", "x" * 50)
    importlib.reload(importlib.import_module("config.settings.base"))
