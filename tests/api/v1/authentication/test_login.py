"""Signing in, staying in, and getting out."""

from __future__ import annotations

import pytest

from apps.core import tenancy
from tests.cast import PASSWORD
from tests.client import Api, access_token

pytestmark = pytest.mark.django_db


def sign_in(person, *, host: str = "north.localhost", password: str = PASSWORD):
    return Api(host=host).post("auth/login/", {"email": person.email, "password": password})


def test_gives_a_pair_and_the_person(cast):
    answer = sign_in(cast.alice)
    assert answer.status_code == 200
    body = answer.json()
    assert body["user"]["email"] == "alice@north.test"
    assert body["user"]["center_info"]["name"] == "North"
    me = Api(host="north.localhost", token=body["access"]).get("auth/me/")
    assert me.json()["id"] == str(cast.alice.pk)


def test_an_address_is_not_case_sensitive(cast):
    assert cast.alice.email == "alice@north.test"
    answer = Api().post("auth/login/", {"email": " ALICE@north.test ", "password": PASSWORD})
    assert answer.status_code == 200


@pytest.mark.parametrize("change", ["password", "address", "disabled", "unapproved"])
def test_refuses_everybody_with_one_body(cast, change):
    person = cast.alice
    email, password = person.email, PASSWORD
    if change == "password":
        password = "wrong"
    if change == "address":
        email = "nobody@north.test"
    if change == "disabled":
        person.is_active = False
        person.save()
    if change == "unapproved":
        person.is_approved = False
        person.save()
    answer = Api().post("auth/login/", {"email": email, "password": password})
    assert answer.status_code == 401
    body = answer.json()
    assert (body["code"], body["detail"]) == ("wrong_credentials", "The e-mail address or the password is not right.")


def test_people_of_another_center_cannot_sign_in_here(cast):
    assert sign_in(cast.mallory).status_code == 401
    assert sign_in(cast.mallory, host="south.localhost").status_code == 200


def test_a_token_of_another_center_is_refused(cast):
    token = access_token(cast.mallory)
    assert Api(host="south.localhost", token=token).get("auth/me/").status_code == 200
    assert Api(host="north.localhost", token=token).get("auth/me/").status_code == 401


def test_a_token_of_another_center_is_refused_even_for_a_twin_with_the_same_ids(cast):
    from apps.authentication.models import Session, User

    token = access_token(cast.mallory)
    with tenancy.enter(cast.south):
        session = Session.objects.get(user=cast.mallory)
    twin = User.objects.get(pk=cast.person("Twin", "STUDENT").pk)
    User.objects.filter(pk=twin.pk).update(id=cast.mallory.pk)
    Session.objects.create(id=session.pk, user_id=cast.mallory.pk, expires_at=session.expires_at)
    assert Api(host="north.localhost", token=token).get("auth/me/").status_code == 401


def test_refresh_works_once_and_gives_tabs_a_grace(cast):
    first = sign_in(cast.alice).json()["refresh"]
    one = Api().post("auth/refresh/", {"refresh": first})
    two = Api().post("auth/refresh/", {"refresh": first})
    assert one.status_code == two.status_code == 200
    assert one.json()["refresh"] == two.json()["refresh"] != first


def test_a_stolen_refresh_token_ends_the_session(cast, monkeypatch):
    from apps.authentication import rules

    first = sign_in(cast.alice).json()["refresh"]
    pair = Api().post("auth/refresh/", {"refresh": first}).json()
    monkeypatch.setattr(rules, "GRACE_SECONDS", -1)
    assert Api().post("auth/refresh/", {"refresh": first}).status_code == 401
    assert Api(token=pair["access"]).get("auth/me/").status_code == 401
    assert Api().post("auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_refresh_tokens_are_nowhere_in_clear(cast):
    from apps.authentication.models import RefreshToken

    refresh = sign_in(cast.alice).json()["refresh"]
    assert not RefreshToken.objects.filter(token_hash__contains=refresh).exists()


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(cast):
    pair = sign_in(cast.alice).json()
    assert Api(token=pair["refresh"]).get("auth/me/").status_code == 401
    assert Api().post("auth/refresh/", {"refresh": pair["access"]}).status_code == 401


def test_a_refresh_token_is_unknown_at_another_center(cast):
    pair = sign_in(cast.alice).json()
    answer = Api(host="south.localhost").post("auth/refresh/", {"refresh": pair["refresh"]})
    assert answer.status_code == 401


def test_logout_ends_the_access_token_at_once(cast):
    pair = sign_in(cast.alice).json()
    client = Api(token=pair["access"])
    assert client.post("auth/logout/").status_code == 204
    assert client.get("auth/me/").status_code == 401
    assert Api().post("auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_a_role_change_ends_every_token(cast):
    from apps.authentication.operations import people

    client = Api(cast.alice)
    people.change_role(user_id=cast.alice.pk, role="TEACHER")
    assert client.get("auth/me/").status_code == 401


def test_too_many_failures_lock_the_address_and_not_the_running_session(cast, settings):
    running = Api(cast.alice)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(cast.alice, password="wrong")
    answer = sign_in(cast.alice)
    assert answer.status_code == 429
    assert answer.json()["code"] == "locked_out"
    assert int(answer["Retry-After"]) > 0
    assert running.get("auth/me/").status_code == 200
    assert sign_in(cast.bob).status_code == 200


def test_unknown_fields_are_refused_by_name():
    answer = Api().post("auth/login/", {"email": "a@b.test", "password": "x", "role": "OWNER"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/role", "code": "unknown_field", "detail": "This field is not known here."}
    ]


def test_a_ticket_lets_in_once_and_here_only(cast):
    from apps.authentication.errors import SignInFailed
    from apps.authentication.operations import tickets

    ticket = Api(cast.alice).post("auth/ws-ticket/", {"purpose": "attempts"}).json()["ticket"]
    for wrong in ({"tenant": cast.south, "purpose": "attempts"},):
        with pytest.raises(SignInFailed):
            tickets.claim_ticket(ticket=ticket, **wrong)
    entry = tickets.claim_ticket(tenant=cast.north, ticket=ticket, purpose="attempts")
    assert entry.user_id == cast.alice.pk
    with pytest.raises(SignInFailed):
        tickets.claim_ticket(tenant=cast.north, ticket=ticket, purpose="attempts")


def test_the_failure_that_locks_answers_like_those_after_it(cast, settings):
    settings.AXES_FAILURE_LIMIT = 2
    answers = [sign_in(cast.alice, password="wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 429, 429]
    for answer in answers[1:]:
        assert answer.json()["code"] == "locked_out"
        assert int(answer.headers["Retry-After"]) > 0
