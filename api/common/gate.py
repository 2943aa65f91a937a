"""Private files on their way out: whole or in part, never run, never kept by anybody in between.

A file never changes under its address, so its tag says all that a browser has to know to go on where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.request import Request

_RANGE: Final = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)
HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Accept-Ranges": "bytes",
}


@dataclass(frozen=True, slots=True)
class Leaving:
    """A file that may leave: how large it is, what it is, how it is to be taken, and how its bytes are read."""

    size: int
    media_type: str
    disposition: str
    tag: str
    read: Callable[[int, int], bytes]
    elsewhere: str = ""
    """Where its storage gives it out; empty: only here."""
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


def answer(request: Request | HttpRequest, file: Leaving) -> HttpResponse:
    """The file, the range of it that is asked for, or word that the browser has it already."""
    if file.elsewhere:
        return HttpResponseRedirect(file.elsewhere, headers={"Cache-Control": "private, no-store"})
    etag = f'"{file.tag}"'
    headers = {**file.headers, "Content-Disposition": file.disposition, "ETag": etag}
    if _names(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers=headers)
    if request.method == "HEAD":
        return HttpResponse(content_type=file.media_type, headers={**headers, "Content-Length": str(file.size)})
    part = _wanted(request, etag, file.size)
    if part is None:
        return HttpResponse(file.read(0, file.size), content_type=file.media_type, headers=headers)
    begin, end = part
    if begin >= end:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
    return HttpResponse(file.read(begin, end), status=206, content_type=file.media_type, headers=headers)


def _wanted(request: Request | HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """Where the wanted part begins and ends; nothing where the whole is wanted, or more than one part. What lies outside
    the file ends before it begins."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found is None or not (found[1] or found[2]):
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None  # the browser has the beginning of something else
    begin, end = (int(found[1]), int(found[2] or size) + 1) if found[1] else (max(0, size - int(found[2])), size)
    return begin, min(end, size)


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))
