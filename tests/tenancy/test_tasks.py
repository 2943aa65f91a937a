"""A task runs in the center that it was sent for, or not at all."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from celery.app.trace import build_tracer
from celery.exceptions import Reject
from django.db import connection

from apps.authentication.models import User
from apps.centers.models import Center
from apps.core import tasks, tenancy, worker
from tests import workers

seen: list[tuple[str, str]] = []


@current_app.task(name="tests.look_around")
def look_around(**_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        seen.append((tenancy.current().schema_name, cursor.fetchone()[0]))


@current_app.task(name="tests.fail")
def fail(**_: Any) -> None:
    look_around()
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()
    worker._next_pulse.clear()


def arrive(task: Any, **headers: Any) -> Any:
    """Run ``task`` as a worker does with a message of these headers; returns its state."""
    request = {"id": str(uuid.uuid4()), "delivery_info": {}, "retries": 0, **headers}
    outcome = build_tracer(task.name, task, app=current_app)(request["id"], (), {}, request)
    return outcome.info.state if outcome.info else "SUCCESS"


FORGED = {
    "none": {},
    "nothing": {"_schema_name": None},
    "empty": {"_schema_name": ""},
    "a number": {"_schema_name": 7},
    "a list": {"_schema_name": ["c_north"]},
    "another kind of schema": {"_schema_name": "shiken_template"},
    "a catalog": {"_schema_name": "pg_catalog"},
    "a statement": {"_schema_name": 'c_north"; DROP SCHEMA public'},
    "upper case": {"_schema_name": "C_NORTH"},
    "a line more": {"_schema_name": "c_north\n"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_message_that_names_no_center_is_rejected_without_a_query(headers, django_assert_num_queries, caplog):
    look = current_app.tasks["tests.look_around"]
    with django_assert_num_queries(0):
        assert arrive(look, **headers) == "REJECTED"
    assert seen == []
    assert "was rejected: it names no center" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["unknown", "not made", "half migrated"])
def test_a_message_for_a_center_that_cannot_be_worked_for_is_rejected(north, caplog, trouble):
    name = "c_nowhere" if trouble == "unknown" else "c_north"
    if trouble == "not made":
        Center.objects.update(state="WAITING")
    if trouble == "half migrated":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM c_north.django_migrations WHERE app = 'groups'")
    tenancy.forget()
    assert arrive(look_around, _schema_name=name) == "REJECTED"
    assert seen == []
    assert "ERROR" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["top", "headers"])
@pytest.mark.parametrize("name", ["c_north", "c_south", "public"])
def test_a_task_is_in_its_center_and_leaves_it(name, place):
    tenancy._connection.set_tenant(tenancy.PUBLIC)
    headers = {"_schema_name": name} if place == "top" else {"headers": {"_schema_name": name}}
    assert arrive(look_around, **headers) == "SUCCESS"
    assert seen == [(name, name)]
    assert tenancy.schema_name() == "public"


@pytest.mark.django_db
def test_a_failing_task_leaves_its_center_too():
    tenancy._connection.set_tenant(tenancy.PUBLIC)
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)
    assert arrive(fail, _schema_name="c_south") == "FAILURE"
    assert tenancy.schema_name() == "public"


@pytest.mark.django_db
def test_a_task_called_like_a_function_stays_where_it_is(south):
    with tenancy.enter(south):
        look_around()
    assert seen == [("c_south", "c_south")]


@pytest.mark.django_db
def test_a_task_run_eagerly_takes_the_present_center(south):
    with tenancy.enter(south):
        look_around.apply()
    assert seen == [("c_south", "c_south")]


@pytest.mark.django_db
def test_rejecting_is_told_to_the_worker_as_final():
    task = current_app.tasks["tests.look_around"]
    task.push_request(called_directly=False)
    try:
        with pytest.raises(Reject) as rejection:
            task()
        assert rejection.value.requeue is False
    finally:
        task.pop_request()


@pytest.mark.django_db
def test_a_task_leaves_signs_of_life(north):
    assert worker.pulse("worker") is None
    arrive(look_around, _schema_name="public")
    assert worker.pulse("worker") <= 1
    assert worker.pulse("beat") is None
    arrive(tasks.prune_deliveries, _schema_name="public")
    assert worker.pulse("beat") <= 1


# -- a real worker -------------------------------------------------------------------------------------------------

QUEUE = "tests"


def send_raw(**headers: Any) -> None:
    """A message as anybody with access to the broker could write it."""
    message = current_app.amqp.as_task_v2(str(uuid.uuid4()), "tests.look_around", args=(), kwargs={})
    with current_app.producer_or_acquire() as producer:
        producer.publish(
            message.body,
            exchange="",
            routing_key=QUEUE,
            headers={**message.headers, **headers},
            serializer="json",
            **message.properties,
        )


@pytest.fixture
def at_work(committed) -> Iterator[None]:
    options = {"pool": "threads", "concurrency": 8, "queues": [QUEUE], "shutdown_timeout": 20}
    with workers.at_work(perform_ping_check=False, **options):
        yield


def wait_for(count: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while len(seen) < count and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.races
def test_a_worker_never_mixes_centers_up_and_drops_what_names_none(at_work, north, south):
    with tenancy.enter(tenancy.PUBLIC):
        User.objects.create_user("canary@owners.test", "x", role="OWNER")
    for number in range(200):
        tenant = (north, south)[number % 2]
        with tenancy.enter(tenant):
            look_around.apply_async(queue=QUEUE)
        if number % 20 == 0:
            send_raw()
            send_raw(_schema_name="c_nowhere")
            send_raw(_schema_name="c_north; --")
    wait_for(200)
    time.sleep(0.2)
    assert len(seen) == 200
    assert {told for told, _ in seen} == {"c_north", "c_south"}
    assert all(told == found for told, found in seen)


def test_a_worker_in_this_process_leaves_nothing_behind(committed):
    """Otherwise it would close the connections of later tests, which would pass or fail by their order."""
    heard = [list(signal.receivers) for signal in workers.HEARD]
    with workers.at_work(pool="solo", queues=[QUEUE], perform_ping_check=False, shutdown_timeout=20):
        assert [list(signal.receivers) for signal in workers.HEARD] != heard
    assert [list(signal.receivers) for signal in workers.HEARD] == heard
