"""What a file really is: pictures, recordings and documents, and everything that only looks like one."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from apps.core.files import documents, pictures, sniffing, sounds
from apps.core.files.sniffing import UnusableFile
from tests.core.files import samples


def remade(content, **options):
    found = sniffing.sniff(content)
    return pictures.remake(content, found, **options)


def opened(content):
    return Image.open(io.BytesIO(content))


# -- sniffing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "end"),
    [
        (samples.picture("PNG"), "png"),
        (samples.picture("JPEG"), "jpg"),
        (samples.picture("GIF"), "gif"),
        (samples.picture("WEBP"), "webp"),
        (samples.mp3(), "mp3"),
        (b"ID3\x04" + bytes(60), "mp3"),
        (samples.aac(), "aac"),
        (samples.m4a(), "m4a"),
        (samples.ogg(), "ogg"),
        (samples.wav(), "wav"),
        (samples.pdf(), "pdf"),
        (samples.docx(), "zip"),
    ],
)
def test_a_file_is_what_its_bytes_say(content, end):
    assert sniffing.sniff(content).end == end


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html>",
        b" %PDF-1.7",
        b"\xff\xfe<\x00",
        b"MZ\x90",
        b"RIFF\x00\x00\x00\x00AVI ",
        b"\x00\x00\x00\x18ftypqt  ",
        samples.picture("TIFF"),
        samples.picture("BMP"),
        samples.picture("ICO"),
        b"#!/bin/sh\n",
    ],
)
def test_what_is_not_known_is_nothing(content):
    assert sniffing.sniff(content) is None


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "kept"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("GIF", "PNG"), ("WEBP", "WEBP")])
def test_a_picture_stays_of_its_kind_and_a_gif_becomes_a_png(form, kept):
    made = remade(samples.picture(form))
    assert opened(made.content).format == kept
    assert (made.kind.media_type, made.width, made.height) == (f"image/{kept.lower()}", 40, 20)


def test_made_anew_twice_it_is_the_same_and_so_is_the_same_picture():
    first = remade(samples.picture())
    assert remade(samples.picture()).content == first.content
    assert remade(first.content).content == first.content


def test_an_upright_picture_without_place_owner_or_profile_comes_out():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Canary camera"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = remade(samples.picture("JPEG", (30, 20), exif=exif, icc_profile=profile, comment=b"Canary comment"))
    assert b"Canary" not in made.content
    shown = opened(made.content)
    assert (shown.size, dict(shown.getexif()), shown.info.get("icc_profile")) == ((20, 30), {}, None)


def test_nothing_rides_along_in_texts_or_behind_the_picture():
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", "<script>Canary</script>")
    carried = samples.picture(pnginfo=texts) + b"<script>Canary</script>" + samples.docx()
    made = remade(carried)
    assert b"Canary" not in made.content
    assert not zipfile.is_zipfile(io.BytesIO(made.content))


@pytest.mark.parametrize(
    ("form", "mode", "after"),
    [
        ("PNG", "1", "L"),
        ("PNG", "L", "L"),
        ("PNG", "LA", "LA"),
        ("PNG", "P", "RGB"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "I;16", "L"),
        ("JPEG", "CMYK", "RGB"),
        ("JPEG", "L", "L"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
def test_odd_kinds_of_pixels_become_plain_ones(form, mode, after):
    assert opened(remade(samples.picture(form, mode=mode, color=0)).content).mode == after


def test_sixteen_bits_become_eight_without_losing_the_light():
    grey = samples.picture(mode="I;16", color=0x8000)
    assert opened(remade(grey).content).getpixel((0, 0)) in (127, 128)


def test_of_a_picture_that_moves_the_first_frame_is_kept():
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue", "green")]
    for form in ("GIF", "WEBP", "PNG"):
        moving = io.BytesIO()
        frames[0].save(moving, form, save_all=True, append_images=frames[1:], lossless=True)
        shown = opened(remade(moving.getvalue()).content)
        assert getattr(shown, "n_frames", 1) == 1
        red, green, blue = shown.convert("RGB").getpixel((5, 5))
        assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_wide_pictures_have_smaller_ones_and_narrow_ones_none():
    made = remade(samples.picture("JPEG", (1500, 600)))
    assert [(preview.width, opened(preview.content).size) for preview in made.previews] == [
        (320, (320, 128)),
        (1024, (1024, 410)),
    ]
    assert [preview.width for preview in remade(samples.picture(size=(500, 5))).previews] == [320]
    assert remade(samples.picture(size=(320, 900))).previews == ()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.claimed_png(10_000, 10_000), "too_large"),
        (samples.claimed_png(8_001, 10), "too_large"),
        (samples.claimed_png(60_000, 60_000), "too_large"),
        (samples.claimed_png(100, 100), "damaged"),
        (samples.claimed_png(0, 5), "damaged"),
        (samples.picture(size=(900, 900))[:90], "damaged"),
        (samples.picture("JPEG")[:200], "damaged"),
        (samples.picture("WEBP")[:30], "damaged"),
        (samples.picture("GIF")[:20], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" * 10, "damaged"),
        (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(10 * 2**20), "too_large"),
    ],
)
def test_what_is_too_large_or_damaged_is_refused(content, code):
    with pytest.raises(UnusableFile) as refusal:
        remade(content)
    assert refusal.value.code == code


# -- recordings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [samples.mp3, samples.aac, samples.m4a, samples.ogg, samples.wav])
def test_the_length_of_a_recording_is_told(make):
    for seconds in (1.0, 3.0):
        content = make(seconds)
        assert sounds.measure(content, sniffing.sniff(content)) == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.wav(0), "damaged"),
        (samples.wav()[:20], "damaged"),
        (b"ID3" + bytes(100), "damaged"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + samples.pdf(), "damaged"),
        (b"OggS" + bytes(50), "damaged"),
        (samples.m4a(handler=b"vide"), "not_audio"),
        (samples.m4a(3 * 60 * 60), "too_long"),
        (samples.wav() + bytes(30 * 2**20), "too_large"),
    ],
)
def test_what_is_no_recording_is_refused(content, code):
    with pytest.raises(UnusableFile) as refusal:
        sounds.measure(content, sniffing.sniff(content))
    assert refusal.value.code == code


# -- documents -------------------------------------------------------------------------------------------------------


def test_plain_documents_are_taken():
    documents.check_pdf(samples.pdf())
    documents.check_docx(samples.docx())
    documents.check_docx(samples.docx({"word/media/image1.png": samples.picture(), "docProps/core.xml": "<a/>"}))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-x" + samples.pdf()[8:], "damaged"),
        (samples.pdf() + b"<html><script>alert(1)</script>", "polyglot"),
        (samples.pdf() + samples.docx(), "polyglot"),
        (samples.pdf(b"<script>alert(1)</script>"), "polyglot"),
        (samples.pdf()[:-6] + samples.docx() + b"\n%%EOF\n", "polyglot"),
    ],
)
def test_a_pdf_is_a_pdf_and_nothing_else(content, code):
    with pytest.raises(UnusableFile) as refusal:
        documents.check_pdf(content)
    assert refusal.value.code == code


def relation(kind, target="http://evil.test/x.dotm", mode="External"):
    return samples.RELS.replace(
        "</Relationships>",
        f'<Relationship Id="r9" Target="{target}" TargetMode="{mode}" Type="http://x/relationships/{kind}"/>'
        "</Relationships>",
    )


def macro_types():
    return samples.TYPES.replace(
        f"{samples.WORD}.document.main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml"
    )


def xlsx_types():
    return samples.TYPES.replace("wordprocessingml.document", "spreadsheetml.sheet")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04" + bytes(60), "damaged"),
        (samples.docx()[:200], "damaged"),
        (samples.docx(without=["[Content_Types].xml"]), "damaged"),
        (samples.docx(without=["word/document.xml"]), "not_a_document"),
        (samples.docx({"[Content_Types].xml": xlsx_types()}), "not_a_document"),
        (samples.docx({"[Content_Types].xml": macro_types()}), "macros"),
        (samples.docx({"word/vbaProject.bin": b"x"}), "macros"),
        (samples.docx({"word/activeX/activeX1.xml": b"x"}), "macros"),
        (samples.docx({"word/embeddings/run.exe": b"x"}), "macros"),
        (samples.docx({"word/_rels/document.xml.rels": relation("vbaProject", "a.bin", "Internal")}), "macros"),
        (samples.docx({"word/_rels/settings.xml.rels": relation("attachedTemplate")}), "fetches"),
        (samples.docx({"word/_rels/document.xml.rels": relation("oleObject")}), "fetches"),
        (samples.docx({"../../etc/passwd": b"x"}), "damaged"),
        (samples.docx({"/word/a.xml": b"x"}), "damaged"),
        (samples.docx({"WORD/document.xml": b"x"}), "damaged"),
        (samples.docx(before=samples.pdf()), "polyglot"),
        (samples.docx({"[Content_Types].xml": BOMB + samples.TYPES.split("?>")[1]}), "damaged"),
        (samples.docx({"[Content_Types].xml": "<" * 50}), "damaged"),
        (samples.docx({"[Content_Types].xml": " " * (5 * 2**20)}), "too_large"),
        (samples.docx({f"word/{number}.xml": b"" for number in range(5_001)}), "too_large"),
        (samples.docx({f"word/{number}.bin": bytes(40 * 2**20) for number in range(8)}), "too_large"),
    ],
)
def test_a_document_without_macros_is_what_is_taken(content, code):
    with pytest.raises(UnusableFile) as refusal:
        documents.check_docx(content)
    assert refusal.value.code == code


def test_a_hyperlink_in_a_document_is_no_danger():
    documents.check_docx(samples.docx({"word/_rels/document.xml.rels": relation("hyperlink", "https://example.com/")}))
