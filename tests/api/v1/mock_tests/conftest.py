from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Any, settings: Any) -> None:
    """Uploaded files go where they vanish after the test."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "apps.core.files.storage.LocalStorage"}}
