"""Accommodations: asked for with reasons, decided by admins, one in force, applied to what begins afterwards."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.assignments import errors, queries, rules
from apps.assignments.models import Accommodation
from apps.assignments.operations import accommodations
from apps.audit.models import Entry
from apps.centers.models import Center
from apps.core import clock, tenancy
from tests.apps.assignments.builders import make_group

HALF_MORE = {"*": Decimal("1.5")}


def propose(cast, factors=None, **fields):
    fields = {"actor": cast.dora, "student_id": cast.alice.pk, "reason": "A doctor's letter.", **fields}
    return accommodations.propose(factors=HALF_MORE if factors is None else factors, **fields)


def in_force(cast, at=None):
    return queries.factors_of(student_id=cast.alice.pk, at=at or clock.now())


def set_time_zone(cast, name):
    Center.objects.filter(pk=cast.north.id).update(time_zone=name)


def pointers(refusal):
    return [problem.pointer for problem in refusal.value.problems]


# -- factors -------------------------------------------------------------------------------------------------------


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_factor_is_between_one_and_four(factor):
    is_good = factor.is_finite() and 1 <= factor <= 4
    assert (rules.find_bad_factors({"LISTENING": factor}) == []) is is_good


def test_factors_are_kept_exactly_and_without_needless_zeros():
    assert rules.write_factors({"VOCAB": Decimal("1.250"), "*": Decimal("2.0")}) == {"*": "2", "VOCAB": "1.25"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("factors", "pointer"),
    [
        ({}, "/factors"),
        ({"SPEAKING": Decimal(2)}, "/factors/SPEAKING"),
        ({"*": Decimal("0.99")}, "/factors/*"),
        ({"*": Decimal("4.001")}, "/factors/*"),
        ({"*": Decimal("NaN")}, "/factors/*"),
    ],
)
def test_factors_that_are_none_are_refused_with_their_place(cast, factors, pointer):
    with pytest.raises(errors.BadAccommodation) as refusal:
        propose(cast, factors)
    assert pointers(refusal) == [pointer]


# -- asking --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_follows_from_asking(cast):
    assert propose(cast).status == "PENDING"
    assert in_force(cast) == {}


@pytest.mark.django_db
def test_a_teacher_asks_for_students_they_teach_and_nobody_else(cast):
    make_group(cast, cast.alice)
    assert propose(cast, actor=cast.carol).asked_by == cast.carol
    for student in (cast.bob, cast.carol, cast.dora, cast.mallory):
        with pytest.raises(errors.BadAccommodation) as refusal:
            propose(cast, actor=cast.carol, student_id=student.pk)
        assert pointers(refusal) == ["/student"]


@pytest.mark.django_db
def test_a_period_ends_after_it_begins_and_not_in_the_past(cast):
    today = clock.now().date()
    day = timedelta(days=1)
    for period in ({"valid_until": today - day}, {"valid_from": today + 2 * day, "valid_until": today + day}):
        with pytest.raises(errors.BadAccommodation) as refusal:
            propose(cast, **period)
        assert pointers(refusal) == ["/valid_until"]
    assert propose(cast, valid_from=today, valid_until=today)


# -- deciding ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_approved_is_in_force_on_its_days_only(cast):
    today = clock.now().date()
    asked = propose(cast, valid_from=today + timedelta(days=1), valid_until=today + timedelta(days=2))
    accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, reason="As asked.")
    days = [in_force(cast, clock.now() + timedelta(days=n)) for n in range(4)]
    assert days == [{}, HALF_MORE, HALF_MORE, {}]


@pytest.mark.django_db
def test_approving_again_changes_nothing(cast):
    asked = propose(cast)
    first = accommodations.approve(actor=cast.dora, accommodation_id=asked.pk)
    again = accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, reason="Once more.")
    assert (again.decided_at, again.decision) == (first.decided_at, "")


@pytest.mark.django_db
def test_a_second_one_is_refused_while_one_is_in_force(cast):
    first, second = propose(cast), propose(cast)
    accommodations.approve(actor=cast.dora, accommodation_id=first.pk)
    with pytest.raises(errors.AnotherInForce):
        accommodations.approve(actor=cast.dora, accommodation_id=second.pk)
    accommodations.withdraw(actor=cast.dora, accommodation_id=first.pk, reason="It was the old one.")
    accommodations.approve(actor=cast.dora, accommodation_id=second.pk)
    assert in_force(cast) == HALF_MORE


@pytest.mark.django_db
def test_one_of_which_the_time_is_over_makes_way(cast):
    today = clock.now()
    first = propose(cast, valid_until=today.date())
    accommodations.approve(actor=cast.dora, accommodation_id=first.pk)
    second = propose(cast, {"*": Decimal(2)})
    later = today + timedelta(days=2)
    accommodations.approve(actor=cast.dora, accommodation_id=second.pk, at=later)
    first.refresh_from_db()
    assert first.status == "WITHDRAWN"
    assert in_force(cast, later) == {"*": Decimal(2)}


@pytest.mark.django_db
def test_a_successor_is_approved_while_its_forerunner_is_in_force(cast):
    today = clock.now().date()
    day = timedelta(days=1)
    present = propose(cast, valid_until=today + 3 * day)
    accommodations.approve(actor=cast.dora, accommodation_id=present.pk)
    next_one = propose(cast, {"*": Decimal(2)}, valid_from=today + 4 * day)
    accommodations.approve(actor=cast.dora, accommodation_id=next_one.pk)
    days = [in_force(cast, clock.now() + n * day) for n in (0, 3, 4, 400)]
    assert days == [HALF_MORE, HALF_MORE, {"*": Decimal(2)}, {"*": Decimal(2)}]


@pytest.mark.django_db
def test_a_successor_that_begins_a_day_too_early_is_refused(cast):
    last = clock.now().date() + timedelta(days=3)
    present = propose(cast, valid_until=last)
    accommodations.approve(actor=cast.dora, accommodation_id=present.pk)
    early = propose(cast, {"*": Decimal(2)}, valid_from=last)
    with pytest.raises(errors.AnotherInForce) as refusal:
        accommodations.approve(actor=cast.dora, accommodation_id=early.pk)
    assert refusal.value.details == {"accommodation": str(present.pk)}


@pytest.mark.django_db
def test_the_database_itself_lets_no_two_hold_on_one_day(cast):
    """Of one student; another one's days are their own."""
    today = clock.now().date()
    fields = {"factors": {"*": "2"}, "reason": "-", "status": "APPROVED"}
    Accommodation.objects.create(student=cast.alice, valid_until=today, **fields)
    Accommodation.objects.create(student=cast.bob, **fields)
    Accommodation.objects.create(student=cast.alice, valid_from=today + timedelta(days=1), **fields)
    with pytest.raises(IntegrityError, match="one_accommodation_a_day"), transaction.atomic():
        Accommodation.objects.create(student=cast.alice, valid_from=today, valid_until=today, **fields)


# -- days ----------------------------------------------------------------------------------------------------------

DAY = date(2026, 11, 20)
MAYBE_DAY = st.none() | st.integers(-5, 5).map(lambda n: DAY + timedelta(days=n))


@given(MAYBE_DAY, MAYBE_DAY, MAYBE_DAY, MAYBE_DAY)
def test_periods_overlap_where_both_hold_on_a_day(valid_from, valid_until, other_from, other_until):
    assume(valid_from is None or valid_until is None or valid_from <= valid_until)
    assume(other_from is None or other_until is None or other_from <= other_until)
    days = [DAY + timedelta(days=n) for n in range(-6, 7)]
    both = [
        day
        for day in days
        if rules.holds_on(valid_from, valid_until, day) and rules.holds_on(other_from, other_until, day)
    ]
    assert rules.do_overlap(valid_from, valid_until, other_from, other_until) is bool(both)


@pytest.mark.django_db
def test_days_are_those_of_the_center_not_of_utc(cast):
    """At eight in the evening by UTC it is tomorrow already five hours further east."""
    set_time_zone(cast, "Asia/Tashkent")
    evening = datetime(2026, 11, 20, 20, tzinfo=UTC)
    asked = propose(cast, valid_from=DAY + timedelta(days=1), valid_until=DAY + timedelta(days=1), at=evening)
    accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, at=evening)
    hours = [in_force(cast, evening + timedelta(hours=n)) for n in (-2, 0, 22, 24)]
    assert hours == [{}, HALF_MORE, HALF_MORE, {}]


@pytest.mark.django_db
def test_a_day_that_is_over_in_the_center_is_over(cast):
    set_time_zone(cast, "Asia/Tashkent")
    afternoon, evening = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (18, 20))
    asked = propose(cast, valid_until=DAY, at=afternoon)
    with pytest.raises(errors.BadAccommodation) as refusal:
        propose(cast, valid_until=DAY, at=evening)
    assert pointers(refusal) == ["/valid_until"]
    with pytest.raises(errors.DecidedAlready):
        accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, at=evening)
    assert accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, at=afternoon).status == "APPROVED"
    # Over, it makes way for one that says no days.
    other = propose(cast, at=evening)
    assert accommodations.approve(actor=cast.dora, accommodation_id=other.pk, at=evening).status == "APPROVED"


@pytest.mark.django_db
def test_a_center_whose_zone_is_unknown_counts_days_by_utc(cast):
    set_time_zone(cast, "Nowhere/Nothing")
    evening = datetime(2026, 11, 20, 20, tzinfo=UTC)
    asked = propose(cast, valid_until=DAY, at=evening)
    assert accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, at=evening).status == "APPROVED"


@pytest.mark.django_db
def test_what_was_decided_stays_so(cast):
    asked = propose(cast)
    accommodations.reject(actor=cast.dora, accommodation_id=asked.pk, reason="No letter.")
    for decide in (accommodations.approve, accommodations.reject, accommodations.withdraw):
        with pytest.raises(errors.DecidedAlready):
            decide(actor=cast.dora, accommodation_id=asked.pk, reason="Again.")


@pytest.mark.django_db
def test_a_no_needs_a_reason(cast):
    asked = propose(cast)
    for decide in (accommodations.reject, accommodations.withdraw):
        with pytest.raises(errors.BadAccommodation):
            decide(actor=cast.dora, accommodation_id=asked.pk, reason="  ")


@pytest.mark.django_db
def test_every_decision_leaves_a_trace_without_why_it_is_needed(cast):
    asked = propose(cast)
    accommodations.approve(actor=cast.dora, accommodation_id=asked.pk, reason="As asked.")
    accommodations.withdraw(actor=cast.dora, accommodation_id=asked.pk, reason="Not needed any more.")
    entries = list(Entry.objects.filter(subject="accommodation", subject_id=str(asked.pk)).order_by("id"))
    assert [entry.action for entry in entries] == [
        "accommodation.proposed",
        "accommodation.approved",
        "accommodation.withdrawn",
    ]
    assert "doctor" not in str([(entry.changes, entry.reason) for entry in entries])


# -- at the same moment --------------------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_approvals_at_the_same_moment_one_is_refused(cast, monkeypatch, is_locked):
    """Without the lock the database's own constraint is what is left, and it knows no words."""
    asked = [propose(cast), propose(cast)]
    if not is_locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda self, **_: self)
        barrier = threading.Barrier(2)
        monkeypatch.setattr(accommodations, "_check_pending", lambda _: barrier.wait(timeout=20))
    outcomes = []

    def decide(accommodation):
        try:
            with tenancy.enter(cast.north):
                accommodations.approve(actor=cast.dora, accommodation_id=accommodation.pk)
            outcomes.append("approved")
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[one]) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Accommodation.objects.filter(status="APPROVED").count() == 1
    assert sorted(outcomes) == (["AnotherInForce", "approved"] if is_locked else ["IntegrityError", "approved"])
