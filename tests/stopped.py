"""Time as a parameter: a clock that stands where a test puts it, also for the statement that saves answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.db.models import DateTimeField, Value

from apps.attempts import queries
from apps.attempts.operations import statement
from apps.attempts.operations.statement import Save
from apps.core import clock


@contextmanager
def stopped_clock(moment: Callable[[], datetime]) -> Iterator[None]:
    """Everything that asks for the moment gets this one: operations, queries that read it along with a row, and saves, where
    it takes the place of ``statement_timestamp()`` and nothing has waited."""
    text_for, parameters = statement.text_for, statement.parameters

    def text(schema_name: str, **options: bool) -> str:
        return text_for(schema_name, **options).replace("statement_timestamp()", "%(moment)s::timestamptz")

    def values(*, saves: Sequence[Save]) -> dict[str, str]:
        nothing = "{" + ",".join("0" for save in saves for _ in save.rows) + "}"
        return {**parameters(saves=saves), "moment": moment().isoformat(), "waited": nothing}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", moment)
        patch.setattr(queries, "Now", lambda: Value(moment(), DateTimeField()))
        patch.setattr(statement, "text_for", text)
        patch.setattr(statement, "parameters", values)
        yield
