"""What a file really is, whatever its name says: a picture of sensible size or a recording, or not for us."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from apps.core.files import pictures, sniffing, sounds
from apps.core.files.pictures import Preview
from apps.core.files.sniffing import UnusableFile

Kind = Literal["image", "audio"]

MOST_IMAGE_BYTES: Final = pictures.MOST_BYTES
MOST_AUDIO_BYTES: Final = sounds.MOST_BYTES
MEDIA_KINDS: Final = {found.end: found for found in (*sniffing.SOUNDS, *sniffing.IMAGES)}
_CODES: Final = {"too_large": "media_too_large", "too_long": "media_too_large", "not_audio": "unknown_media_type"}
_ID: Final = re.compile(r"(?:^|media[:/])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class UnusableMedia(Exception):
    """The file cannot be used; ``code`` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that can be used, as it is to be stored. ``source`` is the SHA-256 of what was sent."""

    content: bytes = field(repr=False)
    kind: Kind
    media_type: str
    suffix: str
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    previews: tuple[Preview, ...] = ()
    source: str = ""


def inspect(content: bytes) -> Inspected:
    """Look inside a file and make pictures anew; refuses with `UnusableMedia` what is no picture or recording, too large,
    or damaged."""
    found = sniffing.sniff(content)
    if found is None or found.end not in MEDIA_KINDS:
        raise UnusableMedia("unknown_media_type", f"Only these kinds of files can be used: {', '.join(MEDIA_KINDS)}.")
    source = hashlib.sha256(content).hexdigest()
    try:
        if found.kind == "audio":
            seconds = sounds.measure(content, found)
            return Inspected(content, "audio", found.media_type, f".{found.end}", seconds, source=source)
        made = pictures.remake(content, found)
    except UnusableFile as refusal:
        raise UnusableMedia(_CODES.get(refusal.code, "damaged_media"), str(refusal)) from refusal
    return Inspected(
        content=made.content,
        kind="image",
        media_type=made.kind.media_type,
        suffix=f".{made.kind.end}",
        width=made.width,
        height=made.height,
        previews=made.previews,
        source=source,
    )


def media_id_in(reference: str) -> str:
    """The id in a reference: ``media:<id>``, a bare id, or an address of the media gate; nothing for other texts."""
    found = _ID.search(reference)
    return found[1].lower() if found else ""
