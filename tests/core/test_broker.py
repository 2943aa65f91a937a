"""What the broker's absence may cost, and beat's."""

from __future__ import annotations

import socket
import time
import uuid

import pytest
from celery import Celery
from django.db import transaction

from apps.attempts.events import AttemptSubmitted
from apps.core import bus, sweeping
from apps.core.models import Delivery
from apps.jobs.events import JobDue
from config.celery import app


@pytest.fixture
def _gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker, and a place for results, that refuse connections."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{place.getsockname()[1]}/0"
    celery = Celery("gone", broker=url, backend=url, set_as_current=False)
    celery.conf.broker_transport_options = app.conf.broker_transport_options
    celery.conf.task_ignore_result = True
    monkeypatch.setattr(bus, "current_app", celery)
    monkeypatch.setattr(bus, "_quiet_until", 0.0)


@pytest.mark.django_db
@pytest.mark.usefixtures("_gone")
def test_without_a_broker_a_change_commits_at_once_and_its_announcement_waits(django_capture_on_commit_callbacks):
    since = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True) as callbacks, transaction.atomic():
        bus.publish(AttemptSubmitted(attempt_id=uuid.uuid4()))
    assert callbacks
    assert bus._quiet_until > since, "it was not tried"
    assert time.monotonic() - since < 2
    assert Delivery.objects.filter(event=AttemptSubmitted.name, done_at=None).exists()


class _Timer:
    def __init__(self):
        self.calls = []
        self.cancelled = 0

    def call_repeatedly(self, seconds, work, arguments):
        self.calls.append((seconds, work, arguments))
        return self

    def cancel(self):
        self.cancelled += 1


class _Consumer:
    def __init__(self, celery):
        self.app, self.timer = celery, _Timer()


class _Celery:
    def __init__(self, error=None):
        self.sent, self.error = [], error

    def send_task(self, name, **options):
        self.sent.append((name, options))
        if self.error:
            raise self.error


def test_every_worker_sweeps_by_itself_after_each_connection():
    assert sweeping.Sweeping in app.steps["consumer"]
    consumer = _Consumer(_Celery())
    step = sweeping.Sweeping(consumer)
    for times in (1, 2):
        step.start(consumer)
        seconds, work, arguments = consumer.timer.calls[-1]
        work(*arguments)
        step.stop(consumer)
        assert len(consumer.app.sent) == times
        assert consumer.timer.cancelled == times
    name, options = consumer.app.sent[0]
    assert seconds <= 10
    assert options["expires"] == seconds
    assert options["headers"] == {"_schema_name": "public"}
    assert name == sweeping.NAME
    assert name not in {entry["task"] for entry in app.conf.beat_schedule.values()}, "beat's pulse must stay its own"


def test_a_worker_without_broker_does_not_fail_over_its_sweep():
    consumer = _Consumer(_Celery(ConnectionError("gone")))
    step = sweeping.Sweeping(consumer)
    step.start(consumer)
    _, work, arguments = consumer.timer.calls[-1]
    work(*arguments)
    assert consumer.app.sent


@pytest.mark.django_db
def test_sweeps_for_deadlines_leave_long_work_to_its_own(north):
    with transaction.atomic():
        bus.publish(AttemptSubmitted(attempt_id=uuid.uuid4()))
        bus.publish(JobDue(job_id=uuid.uuid4()))
    app.loader.import_default_modules()

    def tried():
        return dict(Delivery.objects.values_list("queue", "tries"))

    for name in ("sweep_deliveries", sweeping.NAME):
        app.tasks[name].run()
    assert tried() == {"deadline": 1, "bulk": 0}
    app.tasks["sweep_long_deliveries"].run()
    assert tried() == {"deadline": 1, "bulk": 1}


@pytest.mark.django_db
def test_the_sweep_of_a_worker_delivers_what_is_due(north):
    with transaction.atomic():
        bus.publish(AttemptSubmitted(attempt_id=uuid.uuid4()))
    app.loader.import_default_modules()
    app.tasks[sweeping.NAME].run()
    assert Delivery.objects.get(event=AttemptSubmitted.name).tries == 1
