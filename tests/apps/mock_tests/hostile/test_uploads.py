"""Pictures and recordings that are none, sent one by one."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.mock_tests.models import MediaFile
from tests.apps.mock_tests.hostile.making import GIF_AND_SCRIPT, PDF, SVG, huge_png, picture, qti, recording, zipped
from tests.apps.mock_tests.hostile.test_over_http import stored
from tests.client import Api

pytestmark = pytest.mark.django_db

__all__ = ["stored"]


FILES = [
    ("empty.png", b""),
    ("text.png", b"Hello"),
    ("page.png", b"<!DOCTYPE html><script>alert(1)</script>"),
    ("drawing.svg", SVG),
    ("drawing.png", SVG),
    (
        "bomb.svg",
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "x">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    ),
    ("script.gif", GIF_AND_SCRIPT),
    ("paper.mp3", PDF),
    ("paper.png", PDF),
    ("program.png", b"MZ" + bytes(200)),
    ("program.mp3", b"\x7fELF" + bytes(200)),
    ("zip.png", zipped(("a.png", picture()))),
    ("package.wav", qti()),
    ("film.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(200)),
    ("large.png", huge_png(10_000, 10_000)),
    ("long.png", huge_png(60_000, 2)),
    ("half.png", picture(size=(60, 60))[:-40]),
    ("half.jpg", picture("JPEG", size=(200, 200))[:400]),
    ("start.wav", recording()[:30]),
    ("start.mp3", b"ID3\x04\0\0\0\0\0\x7f" + bytes(60)),
    ("icon.ico", b"\0\0\1\0\1\0" + bytes(100)),
    ("twice.png.exe", b"MZ" + bytes(100)),
    ("nul\0.png", b"\0" * 100),
]


@pytest.mark.parametrize(("name", "content"), FILES, ids=[name.replace("\0", "_") for name, _ in FILES])
def test_is_refused_and_leaves_nothing(name, content, cast, stored):
    before = stored()
    file = SimpleUploadedFile(name, content, content_type="image/png")
    answer = Api(cast.carol).post("media-uploads/", {"file": file}, format="multipart")
    assert answer.status_code in (400, 415, 422), answer.content
    body = answer.json()
    assert body["code"]
    assert all(error["code"] and len(error["detail"]) > 10 for error in body["errors"])
    assert stored() == before


def test_a_name_says_nothing_about_what_a_file_is(cast, stored):
    """A picture under the name of a program is a picture, and keeps no such name where it lies."""
    for name in ("x.exe", "../../x.png", "x.png\r\nSet-Cookie: a=b"):
        file = SimpleUploadedFile("x", picture(size=(9, 9)), content_type="application/x-msdownload")
        file._name = name
        answer = Api(cast.carol).post("media-uploads/", {"file": file}, format="multipart")
        assert answer.status_code in (201, 400, 422)
    assert MediaFile.objects.count() == 1
    assert not any(path.suffix == ".exe" or ".." in path.parts for path in stored()[1])
