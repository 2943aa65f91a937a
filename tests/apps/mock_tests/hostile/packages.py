"""Zips, and packages of the house."""

from __future__ import annotations

import json

from tests.apps.mock_tests.hostile.case import ITEM, Case
from tests.apps.mock_tests.hostile.making import (
    CHOICE,
    encrypted,
    linked,
    lying,
    manifest,
    native,
    qti,
    repacked,
    spoiled,
    written,
    zeros,
    zipped,
)

ZIPS = [
    Case("zip: cut off", lambda: qti()[:-40], "not_zip"),
    Case(
        "zip: half of it missing", lambda: qti()[:200] + qti()[400:], "broken_archive", "/files/imsmanifest.xml/line/1"
    ),
    Case(
        "zip: a path that leads out",
        lambda: zipped(("../../etc/cron.d/x", b"x"), ("a.xml", b"<a/>")),
        "path_escape",
        "/files/..~1..~1etc~1cron.d~1x/line/1",
    ),
    Case("zip: an absolute path", lambda: zipped(("/etc/passwd", b"x")), "path_escape", "/files/~1etc~1passwd/line/1"),
    Case(
        "zip: a drive", lambda: zipped(("C:\\Windows\\x.xml", b"x")), "path_escape", "/files/C:~1Windows~1x.xml/line/1"
    ),
    Case("zip: a link", lambda: linked("items/one.xml", "/etc/passwd"), "symlink", f"{ITEM}/1"),
    Case(
        "zip: a zip in it",
        lambda: zipped(("imsmanifest.xml", manifest()), ("inner.zip", qti())),
        "nested_archive",
        "/files/inner.zip/line/1",
    ),
    Case(
        "zip: a file twice",
        lambda: zipped(("items/one.xml", b"<a/>"), ("items\\one.xml", b"<b/>")),
        "duplicate_file",
        f"{ITEM}/1",
    ),
    Case("zip: a password", lambda: encrypted(qti()), "encrypted", "/files/imsmanifest.xml/line/1"),
    Case("zip: bomb of one file", lambda: zipped(("items/one.xml", zeros(60))), "archive_bomb", f"{ITEM}/1"),
    Case("zip: bomb of many files", lambda: zipped(*((f"{n}.xml", zeros(20)) for n in range(14))), "archive_bomb"),
    Case("zip: more files than a test has", lambda: zipped(*((f"{n}", b"") for n in range(12_001))), "too_many_files"),
    Case(
        "zip: another size than it says",
        lambda: lying("items/one.xml", written(CHOICE), 40),
        "broken_archive",
        f"{ITEM}/1",
    ),
    Case("zip: of nothing that is known", lambda: zipped(("readme.pdf", b"Hello")), "unknown_package"),
    Case("zip: empty", zipped, "unknown_package"),
    Case(
        "native: another hash",
        lambda: spoiled(lambda test: {**test, "title": "X"}, hashed=False),
        "damaged_package",
        "/files/test.json/line/1",
    ),
    Case("native: no JSON", lambda: spoiled(lambda test: b"{\n'"), "bad_package", "/files/test.json/line/2"),
    Case(
        "native: a later version",
        lambda: zipped(("shiken.json", b'{"format": "shiken-test", "version": 99}'), ("test.json", b"{}")),
        "unknown_version",
        "/files/shiken.json/line/1",
    ),
    Case(
        "native: nested without end",
        lambda: spoiled(lambda test: b"[" * 100_000),
        "bad_package",
        "/files/test.json/line/1",
    ),
    Case(
        "native: fields that there are not",
        lambda: spoiled(lambda test: {**test, "owner": "me"}),
        "bad_package",
        "/files/test.json/line/1",
    ),
    Case(
        "native: numbers that are none",
        lambda: spoiled(lambda test: json.dumps(test).replace('"1"', "NaN").encode()),
        "bad_package",
        "/files/test.json/line/1",
    ),
    Case(
        "native: a file that is not listed",
        lambda: repacked(native(), shiken=lambda old: old.replace(b"test.json", b"x.json")),
        "bad_package",
        "/files/shiken.json/line/1",
    ),
]
