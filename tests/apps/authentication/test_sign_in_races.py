"""A code, a challenge, a refresh token, a way back: once, however many ask at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pyotp
import pytest
from django.db import connection
from django.test import RequestFactory

from apps.authentication import errors, rules
from apps.authentication.models import Handle, RefreshToken, Session, User
from apps.authentication.operations import handles, second_factor, second_factor_codes, sessions
from apps.authentication.operations import single_sign_on_providers as providers
from apps.core import tenancy
from apps.core.errors import Refusal
from tests.cast import PASSWORD
from tests.client import Api
from tests.provider import CLIENT, SECRET, Provider

MANY = 20
pytestmark = pytest.mark.races


def at_once(tenant, work, count=MANY):
    """What each of ``count`` threads got: what the work gave, or the name of its refusal."""
    got, all_there = [], threading.Barrier(count)

    def run(number):
        try:
            with tenancy.enter(tenant):
                all_there.wait()
                got.append(work(number))
        except Refusal as refusal:
            got.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def request():
    return RequestFactory(SERVER_NAME="north.localhost").get("/")


@pytest.fixture
def factor(committed, cast):
    """Alice's, confirmed a minute ago: the code of now was not used."""
    secret = second_factor.set_up(actor=cast.alice, password=PASSWORD).secret
    codes = second_factor.confirm(actor=cast.alice, session_id=cast.alice.pk, code=pyotp.TOTP(secret).now())
    type(cast.alice.second_factor).objects.update(last_step=0)
    return secret, codes


@pytest.mark.parametrize(
    ("kind", "locked"),
    [("app", True), ("recovery", True), ("app", False)],
    ids=["an app's", "a recovery code", "without the lock an app's is used twice"],
)
def test_a_code_works_once_for_twenty_at_once(factor, cast, kind, locked, monkeypatch):
    secret, codes = factor
    code = pyotp.TOTP(secret).now() if kind == "app" else codes[0]
    monkeypatch.setattr(second_factor_codes.rules, "MOST_FAILURES", 1000)
    if not locked:
        # Everybody has read the row before anybody writes, and nobody holds it.
        matching, all_looked = second_factor_codes.rules.matching_step, threading.Barrier(MANY)

        def look(*args, **kwargs):
            all_looked.wait(timeout=20)
            return matching(*args, **kwargs)

        monkeypatch.setattr(second_factor_codes.rules, "matching_step", look)
        query = type(cast.alice.second_factor).objects.get_queryset().__class__
        monkeypatch.setattr(query, "select_for_update", lambda self, *args, **kwargs: self)
    got = Counter(at_once(cast.north, lambda _: second_factor_codes.use_code(user_id=cast.alice.pk, code=code)))
    if locked:
        assert got == {True: 1, False: MANY - 1}
    else:
        assert got[True] > 1


def test_a_challenge_opens_one_session_though_two_codes_are_right(factor, cast):
    """The app's code and a recovery code for one challenge, at the same moment."""
    secret, codes = factor
    challenge = sessions.sign_in(request=request(), email=cast.alice.email, password=PASSWORD)
    given = [pyotp.TOTP(secret).now(), codes[0], codes[1]]

    def finish(number):
        return type(sessions.finish_sign_in(request=request(), challenge=challenge.token, code=given[number])).__name__

    assert Counter(at_once(cast.north, finish, 3)) == {"SignedIn": 1, "ChallengeOver": 2}
    assert Session.objects.filter(user=cast.alice).count() == 1


def test_tries_are_counted_though_they_come_at_once(factor, cast):
    got = Counter(at_once(cast.north, lambda _: second_factor_codes.use_code(user_id=cast.alice.pk, code="000000")))
    assert got == {
        False: second_factor_codes.rules.MOST_FAILURES,
        "LockedOut": MANY - second_factor_codes.rules.MOST_FAILURES,
    }


def test_twenty_refreshes_at_once_get_one_successor(committed, cast):
    signed_in = sessions.sign_in(request=request(), email=cast.alice.email, password=PASSWORD)
    got = at_once(cast.north, lambda _: sessions.rotate(refresh=signed_in.refresh).refresh)
    assert len(got) == MANY
    assert len(set(got)) == 1
    assert RefreshToken.objects.count() == 2
    assert sessions.rotate(refresh=got[0]).session_id == signed_in.session_id


def test_of_twenty_late_uses_of_a_stolen_token_none_gets_anything_and_the_family_is_dead(committed, cast):
    signed_in = sessions.sign_in(request=request(), email=cast.alice.email, password=PASSWORD)
    successor = sessions.rotate(refresh=signed_in.refresh).refresh
    late = timedelta(seconds=rules.GRACE_SECONDS + 1)
    for token in RefreshToken.objects.exclude(used_at=None):
        RefreshToken.objects.filter(pk=token.pk).update(used_at=token.used_at - late)
    got = Counter(at_once(cast.north, lambda _: sessions.rotate(refresh=signed_in.refresh).refresh))
    assert got == {"SignInFailed": MANY}
    with pytest.raises(errors.SignInFailed):
        sessions.rotate(refresh=successor)
    assert Session.objects.get().revoked_because == "refresh token used twice"


def test_a_handle_is_used_up_by_one_of_twenty(committed, cast):
    token = handles.issue(purpose="PROVIDER", life=timedelta(minutes=1), data={})

    def use(_):
        found = handles.find(purpose="PROVIDER", token=token)
        return found is not None and handles.use_up(handle=found)

    assert Counter(at_once(cast.north, use)) == {True: 1, False: MANY - 1}
    assert not Handle.objects.exists()


def test_a_new_person_who_comes_back_in_five_tabs_at_once_is_one(committed, cast, settings):
    settings.SHIKEN_PRIVATE_PROVIDERS = True
    with Provider() as provider:
        given = {"name": "School", "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
        providers.add_provider(changes={**given, "email_domains": ["school.test"], "makes_people": True})
        browser = Api()
        backs = []
        for _ in range(5):
            url = browser.post("auth/sso/begin/", {"provider": "school"}).json()["authorization_url"]
            back = Provider.visit(url)
            backs.append({name: back[name] for name in ("state", "code", "iss")})
        cookies = browser.cookies

        def finish(number):
            client = Api()
            client.cookies = cookies
            return client.post("auth/sso/finish/", backs[number]).status_code

        got = at_once(cast.north, finish, 5)
    assert got == [200] * 5
    assert User.objects.filter(email="ann@school.test").count() == 1
    assert Session.objects.count() == 5
