"""Which files are pictures and recordings, whatever their names say."""

from __future__ import annotations

import hashlib
import io
import struct
import uuid
import wave
import zlib

import pytest
from PIL import Image

from apps.mock_tests.rules.files.media import UnusableMedia, inspect, media_id_in


def picture(form="PNG", size=(3, 2), **options):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, form, **options)
    return file.getvalue()


def recording(seconds=1.5):
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return file.getvalue()


def huge_png(width, height):
    """A few bytes that claim to be a picture of this size."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/png"), ("WEBP", "image/webp")],
)
def test_takes_pictures_as_what_they_are(form, media_type):
    content = picture(form)
    found = inspect(content)
    assert (found.kind, found.media_type, found.seconds) == ("image", media_type, None)
    assert (found.width, found.height, found.source) == (3, 2, hashlib.sha256(content).hexdigest())


def test_measures_recordings():
    found = inspect(recording(1.5))
    assert (found.kind, found.media_type, found.suffix, found.seconds) == ("audio", "audio/wav", ".wav", 1.5)


def test_removes_what_a_camera_wrote_and_keeps_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Canary camera"
    found = inspect(picture("JPEG", (30, 20), exif=exif))
    assert b"Canary" not in found.content
    with Image.open(io.BytesIO(found.content)) as clean:
        assert clean.size == (20, 30)
        assert not clean.getexif()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unknown_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "unknown_media_type"),
        (b"<!doctype html><script>1</script>", "unknown_media_type"),
        (b"%PDF-1.7 ...", "unknown_media_type"),
        (b"PK\x03\x04" + b"0" * 60, "unknown_media_type"),
        (huge_png(10_000, 10_000), "media_too_large"),
        (huge_png(9_000, 10), "media_too_large"),
        (huge_png(60_000, 60_000), "media_too_large"),
        (picture(size=(900, 900))[:90], "damaged_media"),
        (picture("JPEG")[:200], "damaged_media"),
        (recording()[:20], "damaged_media"),
        (recording(0), "damaged_media"),
        (b"ID3" + b"\x00" * 100, "damaged_media"),
    ],
)
def test_refuses_everything_else(content, code):
    with pytest.raises(UnusableMedia) as refusal:
        inspect(content)
    assert refusal.value.code == code


def test_finds_the_id_in_every_kind_of_reference():
    media = str(uuid.uuid4())
    for reference in (
        f"media:{media}",
        media,
        media.upper(),
        f"https://north.localhost:8000/api/v1/media/{media}/?expires=1&sig=x",
        f"api/v1/media/{media}/",
        f"media/{media}",
    ):
        assert media_id_in(reference) == media
    for other in ("", "tenants/x.png", "media:../../etc/passwd", f"https://evil/{media}", "media:123"):
        assert media_id_in(other) == ""
