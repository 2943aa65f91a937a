"""What a file is, by its first bytes. Names and declared types are what somebody says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["image", "audio", "pdf", "zip"]


class UnusableFile(Exception):
    """The file cannot be used; ``code`` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A kind of file that is known here."""

    kind: Kind
    end: str
    media_type: str


PNG = Sniffed("image", "png", "image/png")
JPEG = Sniffed("image", "jpg", "image/jpeg")
GIF = Sniffed("image", "gif", "image/gif")
WEBP = Sniffed("image", "webp", "image/webp")
MP3 = Sniffed("audio", "mp3", "audio/mpeg")
AAC = Sniffed("audio", "aac", "audio/aac")
M4A = Sniffed("audio", "m4a", "audio/mp4")
OGG = Sniffed("audio", "ogg", "audio/ogg")
WAV = Sniffed("audio", "wav", "audio/wav")
PDF = Sniffed("pdf", "pdf", "application/pdf")
ZIP = Sniffed("zip", "zip", "application/zip")

IMAGES: Final = (PNG, JPEG, GIF, WEBP)
SOUNDS: Final = (MP3, M4A, AAC, OGG, WAV)
_STARTS: Final[tuple[tuple[bytes, Sniffed], ...]] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"ID3", MP3),
    (b"OggS", OGG),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
)
_IN_RIFF: Final = {b"WEBP": WEBP, b"WAVE": WAV}
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5", b"iso6", b"dash"})


def sniff(content: bytes) -> Sniffed | None:
    """What the file is, if it is of a kind that is known here."""
    for start, found in _STARTS:
        if content.startswith(start):
            return found
    if content[:4] == b"RIFF":
        return _IN_RIFF.get(content[8:12])
    if content[4:8] == b"ftyp" and content[8:12] in _SOUND_BRANDS:
        return M4A
    if len(content) > 3 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0:
        # Two bits name the layer; none is how AAC writes its frames, and the third layer is MP3.
        layer, version = content[1] >> 1 & 3, content[1] >> 3 & 3
        if layer == 0 and content[1] & 0xF0 == 0xF0:
            return AAC
        if layer == 1 and version != 1:
            return MP3
    return None
