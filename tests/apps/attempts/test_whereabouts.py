"""What the server itself sees of where an attempt is sat."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts.models import IntegrityEvent, Whereabouts
from apps.attempts.operations import forgetting, integrity, sitting
from apps.attempts.rules import integrity as rules
from apps.attempts.rules.integrity import Place
from apps.core import trace
from tests.factories import make_room

HALL, HOME = "203.0.113.7", "198.51.100.4"
WORDS = st.sampled_from(["", "a", "b"])
PLACES = st.builds(Place, WORDS, WORDS)


def coming(address=HALL, agent="Firefox"):
    return trace.at(trace.Trace(trace.API, address=address, agent=agent))


@pytest.fixture
def attempt(cast):
    with coming():
        return sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt


def seen(attempt):
    return list(IntegrityEvent.objects.filter(attempt_id=attempt.pk).values_list("kind", "is_observed"))


@given(PLACES, PLACES)
def test_only_what_is_known_and_different_is_noted(before, now):
    kinds = {event.kind for event in rules.observe(way=rules.STARTED, before=before, now=now, sockets=0)}
    assert (rules.OTHER_ADDRESS in kinds) == bool(before.address and now.address and before.address != now.address)
    assert (rules.OTHER_DEVICE in kinds) == bool(before.agent and now.agent and before.agent != now.agent)


def test_the_first_socket_is_no_reconnection():
    now = Place(HALL, "Firefox")
    assert rules.observe(way=rules.SOCKET, before=now, now=now, sockets=0) == []
    assert [event.kind for event in rules.observe(way=rules.SOCKET, before=now, now=now, sockets=1)] == ["reconnected"]


@pytest.mark.django_db
def test_who_sits_in_one_place_is_never_noted(cast, attempt):
    for _ in range(3):
        with coming():
            sitting.start_attempt(actor=cast.alice, assignment_id=attempt.assignment_id)
    assert seen(attempt) == []
    assert Whereabouts.objects.get(attempt=attempt).address == HALL


@pytest.mark.django_db
def test_another_device_at_another_address_is_noted_with_both(cast, attempt):
    with coming(HOME, "Chrome"):
        sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    assert seen(attempt) == [("taken_over", True), ("address_changed", True), ("second_device", True)]
    moved = IntegrityEvent.objects.get(kind="address_changed")
    assert moved.details == {"from": HALL, "to": HOME}
    with coming(HOME, "Chrome"):
        sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    assert [kind for kind, _ in seen(attempt)][3:] == ["taken_over"]


@pytest.mark.django_db
def test_sockets_that_are_opened_again_are_counted(attempt):
    with coming():
        assert [integrity.see(attempt_id=attempt.pk, way=rules.SOCKET) for _ in range(3)] == [0, 1, 1]
    assert Whereabouts.objects.get(attempt=attempt).entries == 3


@pytest.mark.django_db
def test_who_floods_with_events_hides_nothing_that_the_server_sees(attempt):
    flood = [{"kind": "second_device"}] * rules.MOST_AT_ONCE
    for _ in range(30):
        integrity.keep_events(attempt_id=attempt.pk, events=flood)
    with coming(HOME):
        assert integrity.see(attempt_id=attempt.pk, way=rules.STARTED) == 1
    told = IntegrityEvent.objects.filter(attempt_id=attempt.pk)
    assert told.filter(is_observed=False).count() == rules.MOST_OF_A_KIND
    assert list(told.filter(is_observed=True).values_list("kind", flat=True)) == ["address_changed"]


@pytest.mark.django_db
def test_what_the_server_sees_has_an_end_too(attempt, monkeypatch):
    monkeypatch.setattr(rules, "MOST_OBSERVED", 3)
    for n in range(6):
        with coming(f"203.0.113.{n + 20}"):
            integrity.see(attempt_id=attempt.pk, way=rules.STARTED)
    assert len(seen(attempt)) == 3


@pytest.mark.django_db
def test_where_somebody_sat_is_forgotten_with_them(cast, attempt):
    forgetting.forget_person(user_id=cast.alice.pk)
    assert not Whereabouts.objects.exists()
