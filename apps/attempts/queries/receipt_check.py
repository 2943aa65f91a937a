"""Whether a receipt is one of ours, for everybody who holds one; and nothing else."""

from __future__ import annotations

import hmac
import uuid

from apps.attempts.models import AnswerSheet
from apps.attempts.rules import watermarks

_NOBODYS = "0" * 64


def is_receipt(*, receipt: str, attempt_id: uuid.UUID | None = None, code: str = "") -> bool:
    """Whether this is the receipt of the sheet of an attempt, named by its id or by the mark on its paper. An unknown
    attempt, a wrong receipt and one that was withdrawn are answered alike, after the same work."""
    sheets = AnswerSheet.objects.order_by("attempt_id")
    found = (
        sheets.filter(attempt_id=attempt_id)
        if attempt_id is not None
        else sheets.filter(attempt__watermark=watermarks.read(code) or "-")
    )
    known = found.values_list("receipt", flat=True).first() or _NOBODYS
    return hmac.compare_digest(known.encode(), receipt.encode())
