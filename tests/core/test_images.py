"""Pictures come out made anew, or are refused before they cost anything."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from apps.core import images
from apps.core.images import PictureRefused


def picture(form="PNG", size=(40, 20), mode="RGB", **options):
    made = io.BytesIO()
    Image.new(mode, size, 200 if mode in ("L", "P") else None).save(made, form, **options)
    return made.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def code_of(data, **limits):
    with pytest.raises(PictureRefused) as refusal:
        images.clean_image(data, **limits)
    return refusal.value.problems[0].code


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_of_any_kind_becomes_a_plain_one(form):
    content, suffix = images.clean_image(picture(form))
    assert (suffix, opened(content).format, opened(content).size) == (".jpg", "JPEG", (40, 20))


def test_what_is_transparent_stays_so():
    content, suffix = images.clean_image(picture(mode="RGBA"))
    assert (suffix, opened(content).mode) == (".png", "RGBA")


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_odd_kinds_of_pixels_are_understood(mode):
    content, _ = images.clean_image(picture("JPEG" if mode == "CMYK" else "PNG", mode=mode))
    assert opened(content).mode == "RGB"


def test_no_side_is_longer_than_the_edge():
    content, _ = images.clean_image(picture(size=(3000, 1000)), edge=300)
    assert opened(content).size == (300, 100)


def test_a_picture_stands_upright_and_forgets_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "Home of Alice"
    content, _ = images.clean_image(picture("JPEG", exif=exif))
    assert opened(content).size == (20, 40)
    assert b"Home of Alice" not in content
    assert not opened(content).getexif()


def test_nothing_rides_along_with_a_picture():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "canary-in-text")
    carried = picture(pnginfo=text) + b"<script>canary-behind</script>PK\x03\x04"
    content, _ = images.clean_image(carried)
    assert b"canary" not in content
    assert b"PK\x03\x04" not in content


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"GIF89a", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not_a_picture"),
        (b"%PDF-1.7\n", "not_a_picture"),
        (picture("TIFF"), "not_a_picture"),
        (picture("BMP"), "not_a_picture"),
        (picture(size=(400, 400))[:200], "damaged"),
    ],
)
def test_what_is_no_whole_picture_is_refused(data, code):
    assert code_of(data) == code


def test_a_picture_with_too_many_bytes_is_refused():
    assert code_of(picture(), most_bytes=10) == "too_large"


def test_a_picture_with_too_many_pixels_is_refused_before_they_are_unpacked():
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    assert code_of(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000))) == "too_large"
    assert code_of(picture(size=(200, 200)), most_pixels=30_000) == "too_large"


def test_a_refusal_names_the_field():
    with pytest.raises(PictureRefused) as refusal:
        images.clean_image(b"no", pointer="/logo")
    assert refusal.value.problems[0].pointer == "/logo"
