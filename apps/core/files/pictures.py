"""Pictures made anew from their pixels: whatever else was in the file is not in what is stored.

Decided here: a picture stands upright and is still (of one that moves, the first frame); PNG stays PNG, JPEG stays JPEG
(quality 90, no loss of colour by subsampling), WebP stays WebP, GIF becomes PNG; CMYK becomes RGB and 16 bits become 8;
colour profiles, places, owners, comments and texts go. Sizes are looked at before pixels are unpacked.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageOps

from apps.core.files import sniffing
from apps.core.files.sniffing import Sniffed, UnusableFile

MOST_BYTES: Final = 10 * 2**20
LONGEST_SIDE: Final = 8_000
MOST_PIXELS: Final = 25_000_000
PREVIEW_WIDTHS: Final = (320, 1024)

_FORMATS: Final = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP"}
_KEPT_AS: Final = {"png": sniffing.PNG, "jpg": sniffing.JPEG, "gif": sniffing.PNG, "webp": sniffing.WEBP}
_OPTIONS: Final[dict[str, dict[str, int]]] = {
    "PNG": {},
    "JPEG": {"quality": 90, "subsampling": 0},
    "WEBP": {"quality": 90},
}
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, TypeError)


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture made smaller."""

    content: bytes = field(repr=False)
    width: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is to be stored, with smaller ones where it is wider than they would be."""

    content: bytes = field(repr=False)
    kind: Sniffed
    width: int
    height: int
    previews: tuple[Preview, ...] = ()


def remake(content: bytes, found: Sniffed, *, widths: tuple[int, ...] = PREVIEW_WIDTHS) -> Picture:
    """The picture made anew; refuses with ``UnusableFile`` what is too large or damaged."""
    if len(content) > MOST_BYTES:
        raise UnusableFile("too_large", f"A picture has at most {MOST_BYTES // 2**20} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_FORMATS[found.end]]) as image:
                check_size(*image.size)
                image.load()
                bare = plain(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise UnusableFile("too_large", "The picture is too large.") from error
    except _BROKEN as error:
        raise UnusableFile("damaged", "The picture is damaged.") from error
    kept = _KEPT_AS[found.end]
    return Picture(
        content=_written(bare, kept),
        kind=kept,
        width=bare.width,
        height=bare.height,
        previews=tuple(Preview(_written(_smaller(bare, width), kept), width) for width in widths if width < bare.width),
    )


def check_size(width: int, height: int) -> None:
    """Refuse sides and areas that nobody needs, before they take memory."""
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        told = f"{width} x {height}; at most {LONGEST_SIDE} a side and {MOST_PIXELS // 10**6} megapixels"
        raise UnusableFile("too_large", f"The picture is too large: {told}.")


def plain(image: Image.Image) -> Image.Image:
    """The pixels alone, upright, 8 bits a channel, in grey or RGB, see-through only where some pixel is."""
    upright = ImageOps.exif_transpose(image)
    pixels = upright.convert(_mode_for(upright)) if not upright.mode.startswith("I") else _eight_bits(upright)
    if pixels.mode in ("RGBA", "LA") and pixels.getchannel("A").getextrema() == (255, 255):
        pixels = pixels.convert(pixels.mode[:-1])
    bare = Image.new(pixels.mode, pixels.size)
    bare.paste(pixels)
    return bare


def _mode_for(image: Image.Image) -> str:
    if image.mode in ("1", "L"):
        return "LA" if "transparency" in image.info else "L"
    if image.mode == "LA":
        return "LA"
    return "RGBA" if image.mode in ("RGBA", "PA", "RGBa", "La") or "transparency" in image.info else "RGB"


def _eight_bits(image: Image.Image) -> Image.Image:
    # Converting at once would cut everything above 255 off.
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _smaller(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _written(image: Image.Image, kind: Sniffed) -> bytes:
    form = _FORMATS[kind.end]
    made = io.BytesIO()
    image.save(made, form, **_OPTIONS[form])
    return made.getvalue()
