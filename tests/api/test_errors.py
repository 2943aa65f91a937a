"""What the database refuses: what passes is a 503, a fault of ours is a 500, and both are logged."""

from __future__ import annotations

import logging

import pytest
from django import db

from apps.assignments import queries
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked_when(cast, monkeypatch):
    """What a client is answered when the query behind the view fails so."""

    def ask(error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr(queries, "list_assignments_for", fail)
        client = Api(cast.carol)
        client.raise_request_exception = False
        return client.get("exam-assignments/")

    return ask


@pytest.mark.parametrize("kind", [db.OperationalError, db.InterfaceError, db.InternalError, db.IntegrityError])
def test_what_may_work_the_next_time_is_unavailable(asked_when, kind):
    answer = asked_when(kind("gone"))
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")


@pytest.mark.parametrize("kind", [db.DataError, db.ProgrammingError])
def test_a_fault_of_ours_is_not_something_to_ask_for_again(asked_when, kind, caplog):
    answer = asked_when(kind("column secret_key does not exist"))
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert "secret_key" not in answer.content.decode()
    assert any(record.exc_info for record in caplog.records)


def test_requests_that_met_leave_the_stack_in_the_log(asked_when, caplog):
    with caplog.at_level(logging.ERROR):
        asked_when(db.IntegrityError("duplicate key"))
    (record,) = [record for record in caplog.records if record.name == "api.common.errors"]
    assert record.exc_info
