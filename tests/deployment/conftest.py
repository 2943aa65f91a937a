"""These tests run servers of their own and never ask for the suite's database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployment.local.servers import Servers


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a space in its path that the account of the database can reach, as pytest's own cannot."""
    outer = Path(tempfile.mkdtemp(prefix="shiken local "))
    outer.chmod(0o755)
    yield outer / "data"
    Servers(outer / "data").forget()
    shutil.rmtree(outer)
