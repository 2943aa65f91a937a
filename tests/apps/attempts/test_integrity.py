"""What screens noticed: cut to size, kept apart, never in the way."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts import errors, queries
from apps.attempts.models import Attempt, IntegrityEvent
from apps.attempts.operations import integrity, sitting
from apps.attempts.rules import integrity as rules
from apps.core import tenancy
from tests.factories import make_room


@pytest.fixture
def attempt(cast):
    return sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt


# -- cut to size ---------------------------------------------------------------------------------------------------


def test_reads_events_as_browsers_send_them():
    [event] = rules.read_events([{"kind": "blur", "at": "2026-11-20T10:00:00.123Z", "seconds": 3, "where": "tab"}])
    assert event.kind == "blur"
    assert event.at == datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=UTC)
    assert event.details == {"seconds": "3", "where": "tab"}


@pytest.mark.parametrize("at", [None, 5, "yesterday", "2026-11-20T10:00:00", "0001-01-01T00:00:00+14:00", {}])
def test_a_moment_that_is_none_is_left_out(at):
    [event] = rules.read_events([{"kind": "blur", "at": at}])
    assert event.at is None


@pytest.mark.parametrize("kind", [None, "", "  ", "\0", [], {}, "\ud800"])
def test_an_event_without_a_kind_is_none(kind):
    assert rules.read_events([{"kind": kind}, {}]) == []


def test_cuts_what_is_long():
    event = {"kind": "k" * 99, **{f"n{n}": "x" * 999 for n in range(20)}, "nested": {"a": [1]}}
    [read] = rules.read_events([event])
    assert (len(read.kind), len(read.details)) == (40, 8)
    assert {len(text) for text in read.details.values()} == {200}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["kind", "at", "a"]) | st.text(st.characters()), JSON))
def test_nothing_that_json_can_say_is_too_much(event):
    for read in rules.read_events([event]):
        assert read.kind.encode()
        for text in [read.kind, *read.details, *read.details.values()]:
            assert "\0" not in text.encode().decode()


# -- kept ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_keeps_events_beside_the_attempt_which_stays_as_it_is(cast, attempt):
    before = Attempt.objects.values().get()
    assert integrity.report_events(actor=cast.alice, attempt_id=attempt.pk, events=[{"kind": "blur"}] * 3) == 3
    assert Attempt.objects.values().get() == before
    assert IntegrityEvent.objects.count() == 3


@pytest.mark.django_db
def test_keeps_them_after_the_end_too(cast, attempt):
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    assert integrity.report_events(actor=cast.alice, attempt_id=attempt.pk, events=[{"kind": "blur"}]) == 1


@pytest.mark.django_db
def test_takes_so_many_of_a_kind_and_no_more(cast, attempt, monkeypatch):
    monkeypatch.setattr(rules, "MOST_OF_A_KIND", 5)
    kept = [integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "blur"}] * 3) for _ in range(3)]
    assert kept == [3, 2, 0]
    assert integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "hidden"}, {"kind": "blur"}]) == 1


@pytest.mark.django_db
def test_a_flood_of_kinds_that_nobody_knows_hides_no_true_event(cast, attempt, monkeypatch):
    monkeypatch.setattr(rules, "MOST_OF_OTHERS", 4)
    flood = [{"kind": f"noise-{number}"} for number in range(10)]
    assert integrity.keep_events(attempt_id=attempt.pk, events=flood) == 4
    assert integrity.keep_events(attempt_id=attempt.pk, events=[*flood, {"kind": "offline"}, {"kind": "blur"}]) == 2
    kinds = IntegrityEvent.objects.filter(kind__in=rules.OWN_KINDS).values_list("kind", flat=True)
    assert sorted(kinds) == ["blur", "offline"]


@given(st.lists(st.sampled_from(["blur", "offline", "a", "b", "c"]), max_size=400))
def test_no_order_of_events_goes_beyond_the_shares(kinds):
    events = [rules.Noticed(kind, None, {}) for kind in kinds]
    half = len(events) // 2
    first = rules.within_shares(events[:half], {})
    kept = [event.kind for event in first + rules.within_shares(events[half:], Counter(event.kind for event in first))]
    for own in ("blur", "offline"):
        assert kept.count(own) == min(kinds.count(own), rules.MOST_OF_A_KIND)
    assert len(kept) - kept.count("blur") - kept.count("offline") <= rules.MOST_OF_OTHERS


@pytest.mark.django_db
def test_takes_them_from_who_sits_alone(cast, attempt):
    for person in (cast.bob, cast.dora, cast.gus):
        with pytest.raises(errors.AttemptNotFound):
            integrity.report_events(actor=person, attempt_id=attempt.pk, events=[{"kind": "blur"}])


@pytest.mark.django_db
def test_only_staff_read_them(cast, attempt):
    integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "blur"}])
    assert [queries.events_of(person, attempt).count() for person in (cast.dora, cast.alice)] == [1, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [lambda rows: rows.update(kind="none"), lambda rows: rows.delete()])
def test_nobody_changes_or_removes_them(cast, attempt, change):
    integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "blur"}])
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        change(IntegrityEvent.objects.all())


# -- the same moment -----------------------------------------------------------------------------------------------


def keep_while_held(north, attempt):
    """Keeps an event while somebody holds the attempt, as a submit does; whether that came to an end."""

    def keep():
        with tenancy.enter(north):
            integrity.keep_events(attempt_id=attempt.pk, events=[{"kind": "blur"}])
            connection.close()

    other = threading.Thread(target=keep)
    with transaction.atomic():
        Attempt.objects.select_for_update().get(pk=attempt.pk)
        other.start()
        other.join(timeout=2)
        is_done = not other.is_alive()
    other.join()
    return is_done


@pytest.mark.races
@pytest.mark.usefixtures("committed")
class TestAtOnce:
    def test_waits_for_nobody_who_holds_the_attempt(self, north, attempt):
        assert keep_while_held(north, attempt)

    def test_with_a_constraint_it_would(self, north, attempt):
        name = "events_point_at_attempts"
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE attempts_integrityevent ADD CONSTRAINT {name}"
                " FOREIGN KEY (attempt_id) REFERENCES attempts_attempt (id)"
            )
        try:
            assert not keep_while_held(north, attempt)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE attempts_integrityevent DROP CONSTRAINT {name}")
