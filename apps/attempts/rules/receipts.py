"""The receipt: a hash over the whole answer journal, which the student can work out again from what they sent.

The text that is hashed, in UTF-8, its lines joined by single line feeds::

    attempt <attempt id>
    <epoch>:<seq>:<question id>:<response>

one line per journal entry, ordered by epoch, then seq; ids in lower case with dashes; the response as JSON with ``, ``
between elements, characters outside ASCII as they are, ``null`` where an answer was cleared. The receipt is the SHA-256
of that text in lower-case hexadecimal. PostgreSQL computes the same in ``operations/sheets.py``.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    epoch: int
    seq: int
    question_id: uuid.UUID
    response: object

    def line(self) -> str:
        return f"{self.epoch}:{self.seq}:{self.question_id}:{json.dumps(self.response, ensure_ascii=False)}"


def receipt(*, attempt_id: uuid.UUID, entries: Iterable[Entry]) -> str:
    """The receipt over ``entries``, in whatever order they are given."""
    ordered = sorted(entries, key=lambda entry: (entry.epoch, entry.seq))
    text = "\n".join([f"attempt {attempt_id}", *(entry.line() for entry in ordered)])
    return hashlib.sha256(text.encode()).hexdigest()
