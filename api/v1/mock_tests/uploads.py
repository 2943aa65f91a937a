"""Bodies with files: refused as soon as they are known to be too large, not after they have been taken in."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from api.common.requests import Request
from apps.mock_tests.errors import FileTooLarge

ROOM_FOR_FIELDS = 64 * 2**10


class CountingHandler(FileUploadHandler):
    """Stops an upload at the first byte that is too many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > self.most:
            raise FileTooLarge(most=self.most)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def limit_body(request: Request, most: int) -> None:
    """Refuse files of more than ``most`` bytes. To be called before ``request.data`` is."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > most + ROOM_FOR_FIELDS:
        raise FileTooLarge(most=most)
    request._request.upload_handlers.insert(0, CountingHandler(most))
