"""How many may sit at the same moment by the center's plan."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from apps.attempts import errors
from apps.attempts.models import Attempt
from apps.attempts.operations import capacity, sitting
from apps.centers.operations import subscriptions
from apps.core import clock, tenancy
from apps.core.errors import Refusal
from apps.mock_tests import queries as papers
from tests.factories import make_room

MANY = 12


@pytest.fixture
def allow(cast):
    """Let so many sit at once; the value of the center that a request would have."""

    def allow(number):
        subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={"concurrent_attempts": number})
        return tenancy.get_by_slug("north")

    yield allow
    subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={})


@pytest.mark.django_db
class TestOneByOne:
    def test_who_is_one_too_many_is_told_to_wait_and_nothing_of_the_plan(self, cast, allow):
        room = make_room(cast, cast.alice, cast.bob)
        with tenancy.enter(allow(1)):
            sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
            with pytest.raises(errors.NoPlaceLeft) as refused:
                sitting.start_attempt(actor=cast.bob, assignment_id=room.pk)
        assert (refused.value.code, refused.value.details) == ("plan_limit_reached", {})
        assert "plan" not in str(refused.value)
        assert not Attempt.objects.filter(student=cast.bob).exists()

    def test_a_place_is_free_again_when_somebody_has_handed_in(self, cast, allow):
        room = make_room(cast, cast.alice, cast.bob)
        with tenancy.enter(allow(1)):
            attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
            sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
            assert sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).is_new

    def test_whose_time_is_up_holds_no_place(self, cast, allow):
        room = make_room(cast, cast.alice, cast.bob)
        with tenancy.enter(allow(1)):
            sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - timedelta(hours=1))
            assert sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).is_new

    def test_a_smaller_plan_leaves_those_alone_who_sit(self, cast, allow):
        room = make_room(cast, cast.alice, cast.bob)
        for student in (cast.alice, cast.bob):
            sitting.start_attempt(actor=student, assignment_id=room.pk)
        with tenancy.enter(allow(1)):
            assert not sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).is_new
        assert Attempt.objects.running().count() == 2

    def test_a_larger_plan_counts_at_once_whatever_a_process_remembers(self, cast, allow):
        room = make_room(cast, cast.alice, cast.bob)
        remembered = allow(1)
        allow(2)
        with tenancy.enter(remembered):
            for student in (cast.alice, cast.bob):
                assert sitting.start_attempt(actor=student, assignment_id=room.pk).is_new

    def test_costs_one_statement_and_none_without_a_limit(self, cast, count_queries):
        room = make_room(cast, cast.alice, cast.bob)
        unlimited = replace(cast.north, limits={})
        capacity._most_under_way()
        papers.section_times(paper_id=room.paper_id)  # remembered in this process from then on
        with tenancy.enter(unlimited), count_queries() as without:
            sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
        with count_queries() as limited:
            sitting.start_attempt(actor=cast.bob, assignment_id=room.pk)
        assert len(limited) == len(without) + 1


def start_all(students, room, tenant):
    """What each got who started at the same moment."""
    got, all_there = [], threading.Barrier(len(students))

    def run(student):
        try:
            with tenancy.enter(tenant):
                all_there.wait()
                sitting.start_attempt(actor=student, assignment_id=room.pk)
            got.append("started")
        except Refusal as refusal:
            got.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[student]) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(got)


@pytest.mark.races
class TestAtOnce:
    @pytest.fixture
    def students(self, committed, cast):
        return [cast.person(f"Student{number}", "STUDENT") for number in range(MANY)]

    # With so few connections that both ways are taken: side by side far from the limit, alone near it.
    @pytest.mark.parametrize("under_way", [100, 4])
    def test_exactly_as_many_begin_as_are_allowed(self, cast, students, allow, monkeypatch, under_way):
        monkeypatch.setattr(capacity, "_most_under_way", lambda: under_way)
        room = make_room(cast, *students)
        assert start_all(students, room, allow(7)) == {"started": 7, "plan_limit_reached": MANY - 7}
        assert Attempt.objects.running().count() == 7

    def test_without_the_lock_more_would_begin(self, cast, students, allow, monkeypatch):
        counted = threading.Barrier(MANY)

        def count_only(limit, under_way, at):
            counted.wait(timeout=20)
            running = Attempt.objects.running().count()
            counted.wait(timeout=20)
            return False, running

        monkeypatch.setattr(capacity, "_take", count_only)
        room = make_room(cast, *students)
        assert start_all(students, room, allow(7))["started"] == MANY
