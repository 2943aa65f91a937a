"""Which files and links are handed out, and how they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from apps.core.files import documents, pictures, sniffing, sounds
from apps.core.files.sniffing import Sniffed, UnusableFile

PDF, DOCX, AUDIO, IMAGE, LINK = "PDF", "DOCX", "AUDIO", "IMAGE", "LINK"
FILE_TYPES: Final = (IMAGE, PDF, DOCX, AUDIO)
TYPES: Final = (*FILE_TYPES, LINK)
MOST_BYTES: Final = documents.MOST_BYTES
LONGEST_LINK: Final = 2_000
_TYPE_OF_KIND: Final = {"pdf": PDF, "zip": DOCX, "audio": AUDIO, "image": IMAGE}
_ACCEPTED: Final = "PDF, DOCX, recordings (MP3, M4A, AAC, OGG, WAV) and pictures (PNG, JPEG, GIF, WebP)"


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file as it is to be stored."""

    content: bytes = field(repr=False)
    file_type: str
    media_type: str
    suffix: str
    sha256: str
    seconds: float | None = None


def inspect(content: bytes, wanted: str = "") -> Inspected:
    """Look into a file, whatever it is called; pictures are made anew. Refuses with ``UnusableFile`` what is not handed
    out, is damaged or dangerous, or not of the ``wanted`` type."""
    found = sniffing.sniff(content)
    if found is None:
        raise UnusableFile("unknown_type", f"Only these can be handed out: {_ACCEPTED}.")
    file_type = _TYPE_OF_KIND[found.kind]
    if wanted and wanted != file_type:
        raise UnusableFile("wrong_type", f"By its content this is a file of the type {file_type}, not {wanted}.")
    match file_type:
        case "PDF":
            documents.check_pdf(content)
            return _kept(content, file_type, found)
        case "DOCX":
            documents.check_docx(content)
            return _kept(content, file_type, Sniffed("zip", "docx", documents.DOCX_TYPE))
        case "AUDIO":
            return _kept(content, file_type, found, sounds.measure(content, found, most_bytes=MOST_BYTES))
    made = pictures.remake(content, found, widths=())
    return _kept(made.content, file_type, made.kind)


def _kept(content: bytes, file_type: str, found: Sniffed, seconds: float | None = None) -> Inspected:
    digest = hashlib.sha256(content).hexdigest()
    return Inspected(content, file_type, found.media_type, f".{found.end}", digest, seconds)


def check_link(link: str) -> str:
    """The address, if it is one of the web; refuses with ``UnusableFile`` every other scheme, and names in it that could
    pass for another host."""
    link = link.strip()
    try:
        parts = urlsplit(link)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
        has_name = parts.username is not None or parts.password is not None
        port_is_none_or_real = parts.port is None or parts.port > 0
    except ValueError:
        is_web = has_name = port_is_none_or_real = False
    has_gaps = any(char.isspace() or ord(char) < 32 or char in '\\<>"' for char in link)
    if not is_web or has_name or has_gaps or not port_is_none_or_real or len(link) > LONGEST_LINK:
        raise UnusableFile("invalid_link", "Write an address that begins with https:// or http://.")
    return link


def is_public(said: bool | None, *, has_groups: bool) -> bool:
    """Whether every student of the center may see it: as was said, or else if it is for no group in particular."""
    return not has_groups if said is None else said
