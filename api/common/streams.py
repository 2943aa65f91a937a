"""Bodies that leave piece by piece, on either kind of server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest

from api.common.requests import Request


def stream(request: Request, pieces: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """An ordinary iterator would be read whole before the first byte leaves an asynchronous server."""
    return _pull(pieces) if isinstance(request._request, ASGIRequest) else pieces


async def _pull(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    take = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
    while piece := await take():
        yield piece
