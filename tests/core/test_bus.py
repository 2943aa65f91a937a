"""Announcements: with the change or not at all, once, and never lost."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import transaction

from apps.authentication.models import User
from apps.core import bus, clock
from apps.core.events import Event
from apps.core.models import Delivery

in_rollback = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class Sneezed(Event):
    name: ClassVar[str] = "test.sneezed"

    who: uuid.UUID
    times: int = 1


heard: list[tuple[str, Sneezed]] = []
fail_with: list[Exception] = []


def bless(event: Sneezed) -> None:
    from apps.core import tenancy

    User.objects.create_user(f"{event.who}@bless.test")
    heard.append((tenancy.current().slug, event))
    if fail_with:
        raise fail_with.pop()


@pytest.fixture(autouse=True)
def _ears():
    heard.clear()
    fail_with.clear()
    bus.subscribe(Sneezed)(bless)
    yield
    bus._listeners.pop("test.sneezed", None)
    bus._by_path.pop(f"{__name__}.bless", None)


@in_rollback
def test_is_delivered_in_the_center_it_was_published_in(north):
    event = Sneezed(who=uuid.uuid4(), times=2)
    with transaction.atomic():
        bus.publish(event)
    assert bus.deliver_due() == 1
    assert heard == [("north", event)]
    assert bus.deliver_due() == 0


@in_rollback
def test_vanishes_with_the_change():
    with transaction.atomic():
        bus.publish(Sneezed(who=uuid.uuid4()))
        transaction.set_rollback(True)
    assert bus.deliver_due() == 0


@in_rollback
def test_a_failing_listener_leaves_neither_its_write_nor_the_mark_and_is_tried_again():
    fail_with.append(ValueError("no handkerchief"))
    who = uuid.uuid4()
    with transaction.atomic():
        bus.publish(Sneezed(who=who))
    bus.deliver_due()
    row = Delivery.objects.get()
    assert (row.tries, row.done_at, row.last_error) == (1, None, "ValueError: no handkerchief")
    assert not User.objects.filter(email=f"{who}@bless.test").exists()
    assert row.due_at > clock.now()
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert bus.deliver_due() == 1
    assert User.objects.filter(email=f"{who}@bless.test").count() == 1


@in_rollback
def test_dies_visibly_after_the_last_try_and_can_be_revived():
    with transaction.atomic():
        bus.publish(Sneezed(who=uuid.uuid4()))
    for _ in range(bus.MOST_TRIES):
        fail_with.append(ValueError("again"))
        Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
        bus.deliver_due()
    assert bus.waiting()["dead"] == 1
    bus.revive(ids=[Delivery.objects.get().pk])
    assert bus.deliver_due() == 1
    assert bus.waiting() == {"pending": 0, "overdue": 0, "dead": 0}


@in_rollback
def test_waits_for_its_date():
    with transaction.atomic():
        bus.publish(Sneezed(who=uuid.uuid4()), due_at=clock.now() + timedelta(minutes=5))
    assert bus.deliver_due() == 0
    assert bus.waiting()["pending"] == 1


def test_refuses_to_announce_outside_a_transaction(committed):
    with pytest.raises(RuntimeError):
        bus.publish(Sneezed(who=uuid.uuid4()))
