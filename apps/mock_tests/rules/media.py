"""What a file really is, whatever its name says: a picture of sensible size or a recording, or not for us."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Final, Literal

import filetype
import mutagen
from PIL import Image, ImageOps

from apps.mock_tests.rules.moodle_areas import MEDIA_TYPES

Kind = Literal["image", "audio"]

MOST_IMAGE_BYTES: Final = 10 * 2**20
MOST_AUDIO_BYTES: Final = 30 * 2**20
LONGEST_SIDE: Final = 8_000
MOST_PIXELS: Final = 25_000_000
LONGEST_SECONDS: Final = 2 * 60 * 60
_FORMATS: Final = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP"}
_ID: Final = re.compile(r"(?:^|media[:/])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class UnusableMedia(Exception):
    """The file cannot be used; ``code`` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that can be used, as it is to be stored."""

    content: bytes = field(repr=False)
    kind: Kind
    media_type: str
    suffix: str
    seconds: float | None = None


def inspect(content: bytes) -> Inspected:
    """Look inside a file; refuses with `UnusableMedia` what is no picture or recording, too large, or damaged."""
    found = filetype.guess(content[:8192])
    if found is None or found.extension not in MEDIA_TYPES:
        raise UnusableMedia("unknown_media_type", f"Only these kinds of files can be used: {', '.join(MEDIA_TYPES)}.")
    media_type, kind = MEDIA_TYPES[found.extension]
    if kind == "image":
        picture = _picture(content, _FORMATS[found.extension])
        return Inspected(picture, kind, media_type, f".{found.extension}")
    return Inspected(content, kind, media_type, f".{found.extension}", _seconds(content))


def media_id_in(reference: str) -> str:
    """The id in a reference: ``media:<id>``, a bare id, or an address of the media gate; nothing for other texts."""
    found = _ID.search(reference)
    return found[1].lower() if found else ""


def _picture(content: bytes, form: str) -> bytes:
    """The picture, without what cameras write into it (place, owner)."""
    if len(content) > MOST_IMAGE_BYTES:
        raise UnusableMedia("media_too_large", f"A picture has at most {MOST_IMAGE_BYTES // 2**20} MB.")
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as image:
            _check_size(*image.size)
            image.load()
            return _without_exif(image, form) if image.getexif() else content
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusableMedia("media_too_large", "The picture is too large.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise UnusableMedia("damaged_media", "The picture is damaged.") from error


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        message = f"The picture is too large: {width} x {height}; at most {LONGEST_SIDE} a side and 25 megapixels."
        raise UnusableMedia("media_too_large", message)


def _without_exif(image: Image.Image, form: str) -> bytes:
    upright = ImageOps.exif_transpose(image)
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    if upright.mode == "P":
        bare.putpalette(upright.getpalette() or [])
    cleaned = io.BytesIO()
    bare.save(cleaned, form, **({"quality": 92} if form in ("JPEG", "WEBP") else {}))
    return cleaned.getvalue()


def _seconds(content: bytes) -> float:
    if len(content) > MOST_AUDIO_BYTES:
        raise UnusableMedia("media_too_large", f"A recording has at most {MOST_AUDIO_BYTES // 2**20} MB.")
    try:
        sound = mutagen.File(io.BytesIO(content))
    except Exception as error:  # mutagen's parsers meet damaged files with all kinds of errors
        raise UnusableMedia("damaged_media", "The recording is damaged.") from error
    seconds = float(getattr(getattr(sound, "info", None), "length", 0) or 0)
    if not 0 < seconds <= LONGEST_SECONDS:
        raise UnusableMedia("damaged_media", "The recording has no length, or more than two hours.")
    return round(seconds, 3)
