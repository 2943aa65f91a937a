"""Nobody learns who has an account: the same answer after the same work. ``make bench-enumeration`` holds the stop-watch."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher

from apps.authentication.models import User
from apps.authentication.operations import people, registration, second_factor
from apps.centers.models import Center
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db
HEADERS = ("Content-Type", "WWW-Authenticate", "Cache-Control", "Vary", "Retry-After")


@pytest.fixture
def work(monkeypatch, count_queries):
    """``work(request)``: the answer without its number, how often a password was hashed, and the kinds of statements."""
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))

    def measure(request):
        hashed.clear()
        with count_queries() as queries:
            answer = request()
        body = answer.json()
        body.pop("request_id", None)
        said = answer.status_code, body, [answer.get(name) for name in HEADERS]
        return said, len(hashed), [query["sql"].split()[0] for query in queries.captured_queries]

    Api().post("auth/login/", {"email": "first@north.test", "password": "x"})  # from now on the center is remembered
    return measure


@pytest.fixture
def everybody(cast):
    """An address for each way of not getting in, and for nobody."""
    shut_out, waiting, keyless = (cast.person(name, "STUDENT") for name in ("Off", "Wendy", "Kim"))
    people.deactivate(user_id=shut_out.pk)
    User.objects.filter(pk=waiting.pk).update(is_approved=False)
    keyless.set_unusable_password()
    keyless.save()
    second_factor.SecondFactor.objects.create(user=cast.carol, secret="x", confirmed_at="2020-01-01T00:00:00Z")
    known = [cast.alice, cast.carol, cast.dora, shut_out, waiting, keyless]
    return [person.email for person in known] + ["nobody@north.test", cast.mallory.email]


def log_in(email, password):
    return Api().post("auth/login/", {"email": email, "password": password})


def differences(found, *, statements=True):
    first = found[0]
    return [one for one in found[1:] if (one if statements else one[:2]) != (first if statements else first[:2])]


def test_a_wrong_password_costs_the_same_hash_and_says_the_same_of_everybody(everybody, work):
    found = [work(lambda email=email: log_in(email, "wrong")) for email in everybody]
    assert found[0][0][0] == 401
    assert found[0][1] == 1
    assert not differences(found, statements=False)


def test_the_right_password_of_who_may_not_come_in_looks_like_a_wrong_one(everybody, work, cast):
    kept_out = ["off@north.test", "wendy@north.test"]
    found = [work(lambda email=email: log_in(email, PASSWORD)) for email in kept_out]
    wrong = work(lambda: log_in("nobody@north.test", PASSWORD))
    assert not differences([wrong, *found], statements=False)


def test_asking_for_a_letter_costs_the_same_statements_for_everybody(everybody, work):
    found = [work(lambda email=email: Api().post("auth/password/reset/", {"email": email})) for email in everybody]
    assert found[0][0][0] == 202
    assert not differences(found)


@pytest.mark.parametrize("invited", [False, True], ids=["without a code", "with an invitation"])
def test_registering_costs_the_same_hash_whether_the_address_is_taken(cast, work, invited):
    Center.objects.filter(pk=cast.north.id).update(registration="APPROVAL")
    emails = ["new@north.test", cast.alice.email, cast.carol.email]
    codes = (
        [row.code for row in registration.invite(actor=cast.dora, role="STUDENT", quantity=3)] if invited else [""] * 3
    )
    found = []
    for email, code in zip(emails, codes, strict=True):
        body = {"email": email, "password": "a long sentence 9", "invitation_code": code}
        said, hashed, _ = work(lambda body=body: Api().post("auth/register/", body))
        found.append((said[0], {**said[1], "email": ""}, hashed))
    assert found[0][0] == 201
    assert found[0][2] == 1
    assert found[1:] == found[:1] * 2


def test_a_challenge_says_no_more_than_that_it_is_over(cast, work):
    found = [
        work(lambda token=token: Api().post("auth/login/second-factor/", {"challenge": token, "code": "000000"}))
        for token in ("x" * 43, "y", "../../x", "x" * 100)
    ]
    assert found[0][0][1]["code"] == "challenge_over"
    assert not differences(found)


def test_a_provider_that_is_off_says_no_more_than_one_that_is_not(cast, work):
    from apps.authentication.operations import single_sign_on_providers as providers

    given = {"name": "off", "issuer": "https://x.test", "client_id": "x", "is_enabled": False}
    providers.add_provider(changes=given)
    found = [work(lambda slug=slug: Api().post("auth/sso/begin/", {"provider": slug})) for slug in ("off", "nothing")]
    assert found[0][0][0] == 404
    assert not differences(found)


def test_the_counter_would_see_a_hash_that_is_not_made(work, monkeypatch):
    """The control: a refusal that comes before the hash is told from one that comes after it."""
    honest = work(lambda: log_in("nobody@north.test", "x"))
    monkeypatch.setattr("apps.authentication.operations.sessions.authenticate", lambda *args, **kwargs: None)
    assert differences([honest, work(lambda: log_in("nobody@north.test", "x"))], statements=False)
