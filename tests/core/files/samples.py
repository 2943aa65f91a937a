"""Small files of every kind, made here byte by byte."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
import zlib

from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = f"""<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/></Types>"""
RELS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="word/document.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
BODY = """<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:body><w:p><w:r><w:t>Canary of the handout</w:t></w:r></w:p></w:body></w:document>"""


def picture(form="PNG", size=(40, 20), mode="RGB", color=None, **options):
    made = io.BytesIO()
    Image.new(mode, size, color if color is not None else (200 if mode in ("L", "P") else None)).save(
        made, form, **options
    )
    return made.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def claimed_png(width, height, body=b""):
    """A few bytes that claim to be a picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def wav(seconds=1.5):
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return made.getvalue()


def mp3(seconds=2.0):
    """Silent frames: MPEG 1, layer III, 128 kbit/s, 44,100 Hz."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return frame * round(seconds * 44_100 / 1152)


def aac(seconds=2.0):
    """Frames as ADTS has them: 44,100 Hz, two channels, 64 bytes each."""
    size = 64
    header = bytes([0xFF, 0xF1, 0x50, 0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
    return (header + bytes(size - 7)) * round(seconds * 44_100 / 1024)


def _box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def m4a(seconds=2.0, handler=b"soun"):
    """As much of an MP4 as tells how long its one track is."""
    length = int(seconds * 1000)
    mvhd = _box(b"mvhd", bytes(12), struct.pack(">II", 1000, length), bytes(80))
    mdhd = _box(b"mdhd", bytes(12), struct.pack(">II", 1000, length), bytes(4))
    hdlr = _box(b"hdlr", bytes(8), handler, bytes(13))
    mdia = _box(b"mdia", mdhd, hdlr)
    return _box(b"ftyp", b"M4A ", bytes(4), b"M4A mp42") + _box(b"moov", mvhd, _box(b"trak", mdia))


def _page(serial, sequence, granule, flags, packet):
    segments = [255] * (len(packet) // 255) + [len(packet) % 255]
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, sequence, 0, len(segments))
    raw = head + bytes(segments) + packet
    return raw[:22] + struct.pack("<I", _ogg_crc(raw)) + raw[26:]


def _ogg_crc(raw):
    crc = 0
    for byte in raw:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else crc << 1
    return crc


def ogg(seconds=2.0):
    """Opus in Ogg: what says who made it, and one page that says how far it goes."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", 0)
    return (
        _page(7, 0, 0, 2, head) + _page(7, 1, 0, 0, tags) + _page(7, 2, int(48_000 * seconds), 4, b"\xfc\xff\xfe" * 20)
    )


def pdf(inside=b""):
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + inside + b"\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"


def docx(parts=None, *, without=(), before=b""):
    """A Word document of three parts, and whatever else it is given."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        whole = {"[Content_Types].xml": TYPES, "_rels/.rels": RELS, "word/document.xml": BODY, **(parts or {})}
        for name, content in whole.items():
            if name not in without:
                package.writestr(name, content)
    return before + made.getvalue()
