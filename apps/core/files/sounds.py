"""How long a recording is."""

from __future__ import annotations

import io
from typing import Any, Final

from mutagen.aac import AAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from apps.core.files.sniffing import Sniffed, UnusableFile

MOST_BYTES: Final = 30 * 2**20
LONGEST_SECONDS: Final = 2 * 60 * 60
_READERS: Final[dict[str, tuple[Any, ...]]] = {
    "mp3": (MP3,),
    "m4a": (MP4,),
    "aac": (AAC,),
    "ogg": (OggVorbis, OggOpus, OggFLAC, OggSpeex),
    "wav": (WAVE,),
}


def measure(content: bytes, found: Sniffed, *, most_bytes: int = MOST_BYTES) -> float:
    """The seconds of a recording; refuses with ``UnusableFile`` what is too large, damaged, empty, longer than two hours,
    or has pictures that move."""
    if len(content) > most_bytes:
        raise UnusableFile("too_large", f"A recording has at most {most_bytes // 2**20} MB.")
    if found.end == "m4a" and _has_video(content):
        raise UnusableFile("not_audio", "This is a video; send its sound alone.")
    for reader in _READERS[found.end]:
        seconds = _length(reader, content)
        if 0 < seconds <= LONGEST_SECONDS:
            return round(seconds, 3)
        if seconds > LONGEST_SECONDS:
            raise UnusableFile("too_long", "A recording has at most two hours.")
    raise UnusableFile("damaged", "The recording is damaged, or has no length.")


def _length(reader: Any, content: bytes) -> float:
    try:
        return float(reader(io.BytesIO(content)).info.length or 0)
    except Exception:  # the parsers meet damaged files with all kinds of errors
        return 0


def _has_video(content: bytes) -> bool:
    at = content.find(b"hdlr")
    while at >= 0:
        if content[at + 12 : at + 16] == b"vide":
            return True
        at = content.find(b"hdlr", at + 4)
    return False
