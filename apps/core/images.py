"""Small pictures of people, groups and centers: made anew from their pixels, and shown by links that expire.

What comes out holds nothing but pixels: no place, no owner, no second file behind the picture. A link is as private as
whoever holds it, names one file of one center, and stays the same all day, so that a page asks for each picture once.
"""

from __future__ import annotations

import io
import secrets
import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from apps.core import tenancy
from apps.core.errors import Invalid, NotFound, Problem
from apps.core.files import links, pictures, store
from apps.core.tenancy import Tenant

FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
MOST_BYTES: Final = 10 * 2**20
MOST_PIXELS: Final = 25_000_000
EDGE: Final = 512
PATH: Final = "/api/v1/pictures/"
KIND: Final = "picture"
_DAY: Final = 86_400


class PictureRefused(Invalid):
    """The file is no picture that can be used; the problem says why."""

    code = "picture_refused"
    message = "This file cannot be used as a picture."


class PictureNotFound(NotFound):
    code = "not_found"


def clean_image(
    data: bytes,
    *,
    most_bytes: int = MOST_BYTES,
    most_pixels: int = MOST_PIXELS,
    edge: int = EDGE,
    pointer: str = "/avatar",
) -> tuple[bytes, str]:
    """The picture in ``data`` made anew, upright, no side longer than ``edge``: a PNG where it is transparent somewhere,
    else a JPEG. Returns its bytes and suffix. Refuses what is no PNG, JPEG, GIF or WebP by its content, has more bytes or
    pixels than allowed, or is damaged, naming ``pointer``; sizes are looked at before pixels are unpacked."""
    if not data:
        raise _refusal(pointer, "empty", "The file is empty.")
    if len(data) > most_bytes:
        raise _refusal(pointer, "too_large", f"A picture has at most {most_bytes // 2**20} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                width, height = image.size
                if width * height > most_pixels:
                    told = f"{width} x {height}; at most {most_pixels // 10**6} megapixels"
                    raise _refusal(pointer, "too_large", f"The picture is too large: {told}.")
                image.draft("RGB", (edge, edge))
                image.load()
                return _made_anew(image, edge)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refusal(pointer, "too_large", "The picture is too large.") from None
    except UnidentifiedImageError:
        raise _refusal(pointer, "not_a_picture", "Send a PNG, JPEG, GIF or WebP picture.") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, MemoryError):
        raise _refusal(pointer, "damaged", "The picture is damaged.") from None


def _made_anew(image: Image.Image, edge: int) -> tuple[bytes, str]:
    bare = pictures.plain(image)
    see_through = bare.mode in ("RGBA", "LA")
    bare = bare.convert("RGBA" if see_through else "RGB")
    bare.thumbnail((edge, edge))
    made = io.BytesIO()
    if see_through:
        bare.save(made, "PNG", optimize=True)
        return made.getvalue(), ".png"
    bare.save(made, "JPEG", quality=88, optimize=True)
    return made.getvalue(), ".jpg"


def _refusal(pointer: str, code: str, detail: str) -> PictureRefused:
    return PictureRefused(problems=[Problem(pointer, code, detail)])


# -- keeping ---------------------------------------------------------------------------------------------------------


def write_picture(*, kind: str, content: bytes, suffix: str) -> str:
    """Write a clean picture of the present center (or of owners); returns its storage name. Before the transaction that
    names it: storage may be slow. What that then does not keep goes with ``drop_pictures``."""
    # How much it takes stands in its name, so that nothing else has to be kept to know it.
    name = f"{_prefix(tenancy.current())}{kind}/{secrets.token_hex(16)}-{len(content)}{suffix}"
    return default_storage.save(name, ContentFile(content))


def drop_pictures(names: Iterable[str]) -> None:
    """Remove these files once the present transaction is committed; what fails is logged, and hurts nobody."""
    store.remove_later(names)


def remove_now(names: Iterable[str]) -> None:
    """Remove these files; what fails is logged."""
    store.remove(names)


# -- showing ---------------------------------------------------------------------------------------------------------


def picture_path(name: str, *, at: datetime, tenant: Tenant | None = None, life: timedelta = timedelta(days=2)) -> str:
    """The signed path of a picture, below the center's host; it is good for ``life`` at least, and the same all day."""
    tenant = tenant or tenancy.current()
    expires = (int((at + life).timestamp()) // _DAY + 1) * _DAY
    short = name.removeprefix(_prefix(tenant))
    return f"{PATH}{quote(short)}?expires={expires}&sig={links.sign(tenant, KIND, short, expires)}"


def read_picture(*, tenant: Tenant, path: str, expires: str, signature: str, at: datetime) -> tuple[bytes, str]:
    """The bytes and the media type of the picture behind a signed path. Refuses a link that was not made for this center,
    was altered or has expired, and a file that is gone, all with one refusal."""
    if links.check(tenant, KIND, path, expires=expires, signature=signature, at=at) != "good":
        raise PictureNotFound
    try:
        return store.read(_prefix(tenant) + path), "image/png" if path.endswith(".png") else "image/jpeg"
    except OSError:
        raise PictureNotFound from None


def _prefix(tenant: Tenant) -> str:
    return f"c/{tenant.id}/"
