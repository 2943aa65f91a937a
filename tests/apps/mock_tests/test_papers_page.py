"""docs/papers.md lists every reason against publishing, and every profile that ships."""

from __future__ import annotations

import re
from pathlib import Path

from apps.mock_tests.rules.profiles import PROFILES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "papers.md").read_text()
RULES = ROOT / "apps" / "mock_tests" / "rules"
CODE = re.compile(r"Problem\(\s*[^,]+,\s*\"([a-z_]+)\"")


def test_the_page_names_every_reason_and_every_warning():
    sources = [RULES / "papers" / "reasons.py", *(RULES / "types").rglob("*.py")]
    codes = {code for source in sources for code in CODE.findall(source.read_text())}
    assert len(codes) > 40
    assert sorted(code for code in codes if f"`{code}`" not in PAGE) == []


def test_the_page_names_every_profile():
    dates = {code.partition("@")[2] for code in PROFILES} - {""}
    assert sorted(date for date in dates if f"`@{date}`" not in PAGE) == []
