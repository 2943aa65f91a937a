"""What would fill a machine: read in a process of its own, whose memory is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.mock_tests.rules.exchange.moodle.tree import Limits
from tests.apps.mock_tests.exchange.qti_files import CHOICE
from tests.apps.mock_tests.hostile.case import Case
from tests.apps.mock_tests.hostile.corpus import CASES
from tests.apps.mock_tests.hostile.making import csv, many_attributes, moodle, written, zipped

ROOT = Path(__file__).resolve().parents[4]
MEGABYTE = 2**20
FLAT = 32
"""Megabytes that reading a file may take before it is refused, whatever the file would become."""
TREE = 224
"""Megabytes for files that are refused by what they hold in all, after much of it was read."""

READ_ALL = """
import json, os, resource, sys
from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.files.unreadable import UnreadableFile

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def read(path, form):
    with open(path, "rb") as file:
        try:
            form = form or interchange.guess_format(file)
            test, report = interchange.FORMATS[form].read(file)
            return "" if any(test.questions()) else "question_refused"
        except UnreadableFile as refusal:
            return refusal.code

for name, path, form in json.load(open(sys.argv[1])):
    if os.fork() == 0:
        before = peak()
        code = read(path, form)
        print(json.dumps([name, code, peak() - before]), flush=True)
        os._exit(0)
    os.wait()
"""


def long_line(start):
    """A file of 200 MB in one line."""
    return b"".join([start, b"x" * (200 * MEGABYTE)])


BOMBS = [
    case
    for case in CASES
    if any(word in case.name for word in ("bomb", "many times", "megabyte", "unpacks", "without end"))
]
WHOLE = [
    Case("moodle: more elements than any test", lambda: moodle("<tag/>" * (Limits().elements + 1)), "too_many_elements"),
    Case("moodle: a line of 200 MB", lambda: long_line(b"<quiz><question><text>"), "file_too_large"),
    Case("moodle: attributes without end", lambda: moodle(many_attributes(4_000_000)), "tag_too_long"),
    Case("gift: a line of 200 MB", lambda: long_line(b"::Q:: {="), "file_too_large", format="gift"),
    Case("gift: more questions than any test", lambda: b"x {T}\n\n" * 10_001, "too_many_questions", format="gift"),
    Case("aiken: a line of 200 MB", lambda: long_line(b"One?\nA) "), "file_too_large", format="aiken"),
    Case("csv: a line of 200 MB", lambda: long_line(b"text,A,B,key\n"), "file_too_large", format="csv"),
    Case("csv: a hundred thousand empty rows", lambda: csv(*[",,,"] * 100_000), "too_many_rows", format="csv"),
    Case("qti: a package of 200 MB", lambda: zipped(("one.xml", written(CHOICE))) + bytes(200 * MEGABYTE), "file_too_large",
         format="qti22"),
]  # fmt: skip


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The code and the memory of each file, by its name."""
    folder = tmp_path_factory.mktemp("hostile")
    listed = []
    for number, case in enumerate([*BOMBS, *WHOLE]):
        path = folder / str(number)
        path.write_bytes(case.make())
        listed.append((case.name, str(path), case.format))
    (folder / "list.json").write_text(json.dumps(listed))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(folder / "list.json")],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    for _, path, _ in listed:
        Path(path).unlink()
    return {name: (code, grown) for name, code, grown in map(json.loads, run.stdout.splitlines())}


@pytest.mark.parametrize("case", BOMBS, ids=str)
def test_a_bomb_is_refused_before_it_grows(case, measured):
    code, grown = measured[case.name]
    assert code in (case.code, "question_refused")
    assert grown <= FLAT


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_a_file_without_end_is_refused_within_bounds(case, measured):
    code, grown = measured[case.name]
    assert code == case.code
    assert grown <= TREE


def test_memory_is_really_measured(tmp_path):
    """A control: what is held as a whole does show, and more than `FLAT` allows."""
    path = tmp_path / "large"
    path.write_bytes(b"x" * (60 * MEGABYTE))
    (tmp_path / "list.json").write_text(json.dumps([("large", str(path), "aiken")]))
    run = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(tmp_path / "list.json")],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout)[2] > FLAT
