"""The pieces that hostile files are made of."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import struct
import zipfile

from openpyxl import Workbook

from apps.mock_tests.rules.exchange import interchange
from tests.apps.mock_tests.exchange.qti_files import (
    CHOICE,
    SCORE,
    choices,
    declared,
    exam,
    item,
    manifest,
    package,
    part_of,
    ref,
    resource,
    section,
    written,
)
from tests.apps.mock_tests.exchange.test_importing import choice, quiz
from tests.apps.mock_tests.test_archives import linked, zipped
from tests.apps.mock_tests.test_media_rules import huge_png, picture, recording
from tests.factories import SAMPLE

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
GIF_AND_SCRIPT = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//"
"""Begins as a picture and is a script."""


# -- Moodle XML ----------------------------------------------------------------------------------------------------


def moodle(*inner, head=""):
    """A Moodle file around a question that is fine."""
    return (head + "<quiz>\n" + "\n".join(inner or (choice(),)) + "\n</quiz>").encode()


def showing(name, content, played=False):
    """A question that shows or plays an embedded file."""
    tag = f'<audio src="@@PLUGINFILE@@/{name}"></audio>' if played else f'<img src="@@PLUGINFILE@@/{name}">'
    file = f'<file name="{name}" path="/" encoding="base64">{base64.b64encode(content).decode()}</file>'
    return quiz(choice(tag, files=file))


def bomb(levels=9):
    """A few hundred bytes that become ten to the power of ``levels``."""
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels + 1)]
    return f'<!DOCTYPE quiz [<!ENTITY e0 "lol">{"".join(lines)}]>'


def many_attributes(count):
    return "<question " + " ".join(f'a{number}="x"' for number in range(count)) + "/>"


# -- tables --------------------------------------------------------------------------------------------------------


def csv(*rows, head="text,A,B,key"):
    return "\n".join([head, *rows]).encode()


def workbook(*rows, head=("text", "A", "B", "key")):
    book = Workbook()
    for row in (head, *rows):
        book.active.append(row)
    written_book = io.BytesIO()
    book.save(written_book)
    return written_book.getvalue()


def repacked(data, **changes):
    """A zip with some of its files changed, by the last part of their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name.rpartition("/")[2].partition(".")[0])
            content = old.read(name)
            new.writestr(name, change(content) if change else content)
    return out.getvalue()


# -- zips ----------------------------------------------------------------------------------------------------------


def encrypted(data):
    """The same zip with its first file said to be encrypted."""
    changed = bytearray(data)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(signature) + place] |= 1
    return bytes(changed)


def zeros(megabytes):
    return bytes(megabytes * 2**20)


def lying(name, content, size):
    """A zip whose list says another size than the file has."""
    data = bytearray(zipped((name, content)))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<L", size)
    return bytes(data)


# -- the native package --------------------------------------------------------------------------------------------


@functools.cache
def native():
    """A package of the house as it should be."""
    draft, _ = interchange.FORMATS["gift"].read(b"::One::Is it? {=yes ~no}")
    return interchange.FORMATS["native"].write(draft)[0]


def spoiled(change, *, hashed=True):
    """The same with another test in it; ``hashed`` if the manifest knows of the change."""
    with zipfile.ZipFile(io.BytesIO(native())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    changed = change(json.loads(files["test.json"]))
    files["test.json"] = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    if hashed:
        said = json.loads(files["shiken.json"])
        digest = hashlib.sha256(files["test.json"]).hexdigest()
        said["files"]["test.json"] = {"size": len(files["test.json"]), "sha256": digest}
        files["shiken.json"] = json.dumps(said).encode()
    return zipped(*files.items())


# -- QTI -----------------------------------------------------------------------------------------------------------


def qti(xml=CHOICE, *files, version="2.1"):
    """A package of one item."""
    data = xml if isinstance(xml, bytes) else written(xml, version)
    return package(("items/one.xml", data), *files)


def asking(text, **options):
    return CHOICE.replace("<p>Which sign forbids parking?</p>", text, **options)


def of_choices(count, key="c0"):
    body = choices(*((f"c{number}", f"option {number}") for number in range(count)))
    asked = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{body}</choiceInteraction>'
    return item(f"<p>?</p>{asked}", declared([key]))


__all__ = [
    "CHOICE", "GIF_AND_SCRIPT", "PDF", "SAMPLE", "SCORE", "SVG", "asking", "bomb", "choice", "choices", "csv", "declared",
    "encrypted", "exam", "huge_png", "item", "linked", "lying", "manifest", "many_attributes", "moodle", "native",
    "of_choices", "package", "part_of", "picture", "qti", "quiz", "recording", "ref", "repacked", "resource", "section",
    "showing", "spoiled", "workbook", "written", "zeros", "zipped",
]  # fmt: skip
