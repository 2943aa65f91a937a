"""Guests are here for a time, which the clock ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import sitting
from apps.authentication.events import GuestTimeOver
from apps.authentication.models import Session, User
from apps.authentication.operations import guests, registration
from apps.core.models import Delivery
from tests import factories
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db


def soon(**ahead):
    return (timezone.now() + timedelta(**ahead)).isoformat()


def end_now(guest):
    User.objects.filter(pk=guest.pk).update(access_ends_at=timezone.now() - timedelta(seconds=1))


def test_a_guest_has_an_end_and_the_list_tells_it(cast):
    cast.gus, cast.alice  # noqa: B018
    [row] = Api(cast.dora).get("guests/").json()["results"]
    assert (row["first_name"], row["is_expired"]) == ("Gus", False)
    left = User.objects.get(pk=cast.gus.pk).access_ends_at - timezone.now()
    assert timedelta(days=29) < left < timedelta(days=31)
    assert row["access_ends_at"]


def test_the_end_counts_by_the_clock_before_anybody_sweeps(cast):
    gus = Api(cast.gus)
    assert gus.get("auth/me/").status_code == 200
    end_now(cast.gus)
    assert gus.get("auth/me/").status_code == 401
    assert Api().post("auth/login/", {"email": cast.gus.email, "password": PASSWORD}).json()["code"] == (
        "wrong_credentials"
    )
    assert [row["is_expired"] for row in Api(cast.dora).get("guests/?is_expired=true").json()["results"]] == [True]
    assert Api(cast.dora).get("guests/?is_expired=false").json()["results"] == []


def test_a_refresh_token_ends_with_the_guests_time(cast):
    pair = Api().post("auth/login/", {"email": cast.gus.email, "password": PASSWORD}).json()
    end_now(cast.gus)
    assert Api().post("auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_the_alarm_ends_sessions_and_only_when_it_is_time(cast, deliver):
    Api(cast.gus)
    [alarm] = Delivery.objects.filter(event=GuestTimeOver.name)
    assert alarm.due_at == User.objects.get(pk=cast.gus.pk).access_ends_at
    guests.end_by_clock(user_id=cast.gus.pk)
    assert Session.objects.filter(user=cast.gus, revoked_at=None).exists()
    end_now(cast.gus)
    Delivery.objects.filter(pk=alarm.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    deliver()
    assert not Session.objects.filter(user=cast.gus, revoked_at=None).exists()
    guests.end_by_clock(user_id=cast.gus.pk)


def test_a_guest_whose_time_was_over_is_let_in_again(cast, deliver):
    end_now(cast.gus)
    answer = Api(cast.dora).post("guests/extend/", {"user_id": str(cast.gus.pk), "access_ends_at": soon(days=3)})
    assert (answer.status_code, answer.json()["is_expired"]) == (200, False)
    assert Api().post("auth/login/", {"email": cast.gus.email, "password": PASSWORD}).status_code == 200
    deliver()
    assert Session.objects.filter(user=cast.gus, revoked_at=None).exists()


@pytest.mark.parametrize("end", [{"seconds": -5}, {"days": 366}])
def test_the_end_lies_ahead_and_not_far_away(cast, end):
    body = {"user_id": str(cast.gus.pk), "access_ends_at": soon(**end)}
    answer = Api(cast.dora).post("guests/extend/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/access_ends_at")


def test_only_guests_have_an_end(cast):
    for verb, more in (("extend", {"access_ends_at": soon(days=1)}), ("upgrade", {})):
        body = {"user_id": str(cast.alice.pk), **more}
        answer = Api(cast.dora).post(f"guests/{verb}/", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_guest")
        foreign = Api(cast.dora).post(f"guests/{verb}/", body | {"user_id": str(cast.mallory.pk)})
        assert foreign.status_code == 404
        for person in (cast.carol, cast.alice, cast.gus):
            assert Api(person).post(f"guests/{verb}/", body).status_code == 403
    body = {"email": "s@north.test", "password": PASSWORD, "role": "STUDENT", "access_ends_at": soon(days=1)}
    assert Api(cast.dora).post("users/", body).json()["errors"][0]["pointer"] == "/access_ends_at"


def test_a_guest_sees_only_what_is_assigned_by_name_and_keeps_it_as_a_student(cast):
    mine = factories.make_room(cast, cast.gus, title="For Gus")
    factories.make_room(cast, cast.alice, title="For Alice")
    shown = Api(cast.gus).get("exam-assignments/").json()["results"]
    assert [room["title"] for room in shown] == ["For Gus"]
    attempt = sitting.start_attempt(actor=cast.gus, assignment_id=mine.pk).attempt
    answer = Api(cast.dora).post("guests/upgrade/", {"user_id": str(cast.gus.pk)})
    assert answer.json()["user"]["role"] == "STUDENT"
    assert answer.json()["user"]["access_ends_at"] is None
    gus = User.objects.get(pk=cast.gus.pk)
    gus.tenant = cast.north
    assert Api(gus).get(f"attempts/{attempt.pk}/").status_code == 200
    assert Attempt.objects.get(pk=attempt.pk).student_id == cast.gus.pk


def test_an_invited_guests_time_begins_when_they_are_let_in(cast):
    [invitation] = registration.invite(actor=cast.dora, role="STUDENT", is_guest=True, access_days=3)
    registration.register(email="g@north.test", password="a long sentence 9", invitation_code=invitation.code)
    guest = User.objects.get(email="g@north.test")
    assert guest.access_ends_at is None
    registration.approve_invitation(actor=cast.dora, code=invitation.code)
    left = User.objects.get(pk=guest.pk).access_ends_at - timezone.now()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)


@pytest.mark.parametrize(
    "body", [{"role": "STUDENT", "access_days": 3}, {"role": "STUDENT", "is_guest": True, "access_days": 366}]
)
def test_days_are_for_guests_and_a_year_at_most(cast, body):
    answer = Api(cast.dora).post("centers/invitations/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/access_days")


def test_a_guest_saves_no_answer_after_the_end_and_what_was_saved_stays(cast):
    room = factories.make_room(cast, cast.gus)
    attempt = sitting.start_attempt(actor=cast.gus, assignment_id=room.pk).attempt
    question = attempt.paper.content["sections"][0]["question_groups"][0]["questions"][0]
    gus = Api(cast.gus)

    def save(seq):
        answer = {"seq": seq, "question": question["id"], "response": question["options"][0]["id"]}
        return gus.put(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": [answer]})

    assert save(1).status_code == 200
    end_now(cast.gus)
    assert save(2).status_code == 401
    assert list(AnswerEntry.objects.filter(attempt=attempt).values_list("seq", flat=True)) == [1]
