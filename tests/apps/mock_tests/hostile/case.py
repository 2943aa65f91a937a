"""One file of the corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ITEM = "/files/items~1one.xml/line"
ONE_BAD = "question_refused"


@dataclass(frozen=True)
class Case:
    """A file, and how it is refused."""

    name: str
    make: Callable[[], bytes]
    code: str
    pointer: str = "/line/1"
    format: str = ""
    """Named in the request, where the content alone would be taken for something else."""

    def __str__(self) -> str:
        return self.name
