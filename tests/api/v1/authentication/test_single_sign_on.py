"""Signing in with an identity provider: a real one, on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from django.core.cache import cache
from joserfc import jwt
from joserfc.jwk import RSAKey

from apps.audit.models import Entry
from apps.authentication.models import Handle, Identity, IdentityProvider, Session, User
from apps.authentication.operations import people, second_factor, single_sign_on_providers
from apps.authentication.operations import single_sign_on_http as provider_http
from apps.authentication.rules import sign_in as rules
from apps.core import tenancy
from tests.cast import PASSWORD
from tests.client import Api
from tests.provider import CLIENT, KEY, OTHER_KEY, SECRET, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    settings.SHIKEN_PRIVATE_PROVIDERS = True
    with Provider() as found:
        yield found


def keep(provider, **changes):
    """The provider as north's director keeps it."""
    given = {
        "name": "School account",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "email_domains": ["school.test"],
        "makes_people": True,
    }
    return single_sign_on_providers.add_provider(changes={**given, **changes})


@pytest.fixture
def kept(provider):
    return keep(provider)


def begin(client, slug="school-account"):
    return client.post("auth/sso/begin/", {"provider": slug})


def come_back(client, begun):
    back = Provider.visit(begun.json()["authorization_url"])
    return {name: back[name] for name in ("state", "code", "iss")}


def sign_in(client=None):
    client = client or Api()
    return client.post("auth/sso/finish/", come_back(client, begin(client)))


def with_account(email, *, verified=True, role="STUDENT"):
    user = people.create_person(email=email, password=PASSWORD, role=role)
    if verified:
        people.note_verified(user=user)
    return user


# -- the way there and back --------------------------------------------------------------------------------------------


def test_an_unknown_person_becomes_a_student_and_is_signed_in(kept):
    answer = sign_in()
    assert answer.status_code == 200
    body = answer.json()
    assert (body["user"]["email"], body["user"]["role"]) == ("ann@school.test", "STUDENT")
    assert body["user"]["full_name"] == "Ann Lee"
    assert Api(token=body["access"]).get("auth/me/").status_code == 200
    user = User.objects.get(email="ann@school.test")
    assert user.email_verified_at
    assert not user.has_usable_password()


def test_the_request_asks_for_a_code_with_everything_that_binds_it(kept, provider):
    answer = begin(Api())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.json()["authorization_url"]).query).items()}
    assert asked["redirect_uri"] == "http://north.localhost/sign-in/provider/"
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    assert len(asked["nonce"]) == 64
    assert asked["state"] not in str(Handle.objects.values())
    cookie = answer.cookies["journey"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(kept):
    answer = Api().post("auth/sso/begin/", {"provider": kept.slug}, secure=True)
    cookie = answer.cookies["__Host-journey"]
    assert cookie["secure"]
    assert "redirect_uri=https%3A%2F%2Fnorth.localhost%2F" in answer.json()["authorization_url"]


def test_the_way_back_leads_to_the_host_of_the_request(kept):
    answer = Api(host="NORTH.localhost.:8123").post("auth/sso/begin/", {"provider": kept.slug})
    assert (
        "redirect_uri=http%3A%2F%2Fnorth.localhost%3A8123%2Fsign-in%2Fprovider%2F" in answer.json()["authorization_url"]
    )


def test_the_same_person_is_found_by_issuer_and_subject_even_with_another_address(kept, provider):
    first = sign_in().json()["user"]["id"]
    provider.claims["email"] = "ann.lee@school.test"
    assert sign_in().json()["user"]["id"] == first
    assert Identity.objects.get().email == "ann.lee@school.test"


def test_another_subject_with_the_same_address_is_somebody_else_until_it_is_linked_by_the_rule(kept, provider):
    sign_in()
    provider.claims["sub"] = "ann-2"
    # The address is verified on both sides and the provider answers for it: the same person with a new account.
    assert sign_in().json()["user"]["email"] == "ann@school.test"
    assert Identity.objects.count() == 2


def test_tabs_of_a_browser_do_not_disturb_each_other(kept):
    client = Api()
    one, two = begin(client), begin(client)
    assert client.post("auth/sso/finish/", come_back(client, one)).status_code == 200
    assert client.post("auth/sso/finish/", come_back(client, two)).status_code == 200


def test_userinfo_fills_in_what_the_token_leaves_out(kept, provider):
    provider.in_userinfo = {"sub": "ann-1", "email": "ann@school.test", "email_verified": True}
    for name in ("email", "email_verified"):
        provider.claims[name] = None
    assert sign_in().status_code == 200
    provider.in_userinfo["sub"] = "somebody else"
    assert sign_in().json()["code"] == "provider_refused"


def test_a_second_factor_is_asked_for_all_the_same(kept, cast):
    sign_in()
    user = User.objects.get(email="ann@school.test")
    secret = second_factor.set_up(actor=user, password="").secret
    second_factor.confirm(actor=user, session_id=Session.objects.get().pk, code=pyotp.TOTP(secret).now())
    answer = sign_in()
    assert answer.status_code == 202
    assert set(answer.json()) == {"second_factor_required", "challenge", "expires_in"}


def test_nobody_signs_in_at_a_suspended_center(kept, north):
    from apps.centers.models import Center

    Center.objects.filter(pk=north.id).update(status="SUSPENDED")
    tenancy.forget()
    answer = begin(Api())
    assert (answer.status_code, answer.json()["code"]) == (403, "center_suspended")


# -- what is bound to what ---------------------------------------------------------------------------------------------


def refused(answer, code, status=401):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "access" not in answer.json()


def test_a_way_back_works_once(kept):
    client = Api()
    back = come_back(client, begin(client))
    assert client.post("auth/sso/finish/", back).status_code == 200
    refused(client.post("auth/sso/finish/", back), "journey_over")


def test_a_way_back_that_failed_is_used_up_too(kept, provider):
    client = Api()
    back = come_back(client, begin(client))
    refused(client.post("auth/sso/finish/", {**back, "code": "made-up"}), "provider_refused")
    refused(client.post("auth/sso/finish/", back), "journey_over")


def test_a_way_back_of_another_browser_is_refused_and_not_used_up(kept):
    client, other = Api(), Api()
    back = come_back(client, begin(client))
    begin(other)
    refused(other.post("auth/sso/finish/", back), "journey_over")
    refused(Api().post("auth/sso/finish/", back), "journey_over")
    assert client.post("auth/sso/finish/", back).status_code == 200


def test_a_made_up_state_is_refused(kept, provider):
    client = Api()
    begin(client)
    refused(client.post("auth/sso/finish/", {"state": "x" * 43, "code": "y"}), "journey_over")
    assert "/token" not in provider.asked


def test_a_way_back_of_another_center_is_refused(kept, provider, cast):
    client = Api()
    back = come_back(client, begin(client))
    with tenancy.enter(cast.south):
        keep(provider)
    southern = Api(host="south.localhost")
    southern.cookies = client.cookies
    refused(southern.post("auth/sso/finish/", back), "journey_over")
    assert client.post("auth/sso/finish/", back).status_code == 200


def test_a_way_back_is_over_after_ten_minutes(kept):
    client = Api()
    back = come_back(client, begin(client))
    Handle.objects.update(expires_at="2020-01-01T00:00:00Z")
    refused(client.post("auth/sso/finish/", back), "journey_over")


def test_the_answer_of_another_provider_is_refused_before_its_code_is_sent(kept, provider):
    client = Api()
    back = come_back(client, begin(client))
    provider.asked.clear()
    refused(client.post("auth/sso/finish/", {**back, "iss": "https://evil.test"}), "provider_refused")
    assert "/token" not in provider.asked


def test_a_provider_that_says_who_it_is_must_say_so(kept, provider):
    provider.about["authorization_response_iss_parameter_supported"] = True
    client = Api()
    back = come_back(client, begin(client))
    refused(client.post("auth/sso/finish/", {**back, "iss": ""}), "provider_refused")


# -- ID tokens ---------------------------------------------------------------------------------------------------------


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(claims):
    return f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(claims).encode())}."


def confused(claims):
    """HS256, with our provider's public key as the shared secret."""
    body = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64(hmac.new(KEY.as_pem(private=False), body.encode(), hashlib.sha256).digest())}"


def signed(key=KEY, **header):
    return lambda claims: jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key)


def own_key_in_header(claims):
    rogue = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": rogue.as_dict(private=False)}, claims, rogue)


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        confused,
        signed(OTHER_KEY),
        signed(OTHER_KEY, kid="two"),
        signed(kid="../../dev/null"),
        own_key_in_header,
        lambda claims: signed()(claims)[:-4] + "AAAA",
        lambda claims: signed()(claims).replace(".", ".AA", 1),
        lambda claims: "x",
        lambda claims: "a.b.c.d.e",
        lambda claims: "e30.e30.e30",
        lambda claims: None,
        lambda claims: "a" * 20_000,
    ],
    ids="none hs256 wrong-key unknown-kid path-kid own-jwk signature payload word jwe empty absent long".split(),
)
def test_refuses_a_token_that_the_provider_did_not_sign(kept, provider, sign):
    provider.sign = sign
    refused(sign_in(), "provider_refused")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"nonce": "wrong"},
        {"nonce": None},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": int(time.time()) + 600},
        {"iat": None},
        {"nbf": int(time.time()) + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 300},
        {"at_hash": "wrong"},
    ],
    # Without the moments, so that every worker of a parallel run names the tests alike.
    ids=lambda claims: " ".join(
        f"{name}={'moment' if type(value) is int and value > 9 else value!s:.24}" for name, value in claims.items()
    ),
)
def test_refuses_a_token_that_is_not_for_this(kept, provider, claims):
    provider.claims |= claims
    refused(sign_in(), "provider_refused")
    assert not User.objects.exists()


def test_takes_several_audiences_if_it_is_the_one_that_asked(kept, provider):
    provider.claims |= {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert sign_in().status_code == 200


def test_a_new_key_of_the_provider_is_fetched_when_a_token_names_it(kept, provider):
    assert sign_in().status_code == 200
    provider.published = [KEY, OTHER_KEY]
    provider.sign = signed(OTHER_KEY, kid="two")
    assert sign_in().status_code == 200
    assert provider.asked.count("/jwks") == 2


def test_made_up_keys_do_not_make_us_ask_again_and_again(kept, provider):
    provider.sign = signed(OTHER_KEY, kid="two")
    for _ in range(4):
        refused(sign_in(), "provider_refused")
    assert provider.asked.count("/jwks") == 2


# -- who is let in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "yes"},
        {"email": None},
        {"email": "ann@elsewhere.test"},
        {"email": "ann@school.test.evil.test"},
        {"email": "ann@notschool.test"},
    ],
    ids=str,
)
def test_refuses_an_address_that_is_not_verified_or_not_of_the_center(kept, provider, claims):
    provider.claims |= claims
    provider.in_userinfo = {"sub": "ann-1"}
    refused(sign_in(), "not_admitted", 403)
    assert not User.objects.exists()


def test_links_an_account_whose_address_both_sides_verified(kept):
    user = with_account("ann@school.test")
    assert sign_in().json()["user"]["id"] == str(user.pk)
    assert Identity.objects.get().user == user


@pytest.mark.parametrize("case", ["not verified here", "admin", "shut out", "not approved"])
def test_never_links_an_account_by_its_address_alone(kept, case):
    """Who made an account with a stranger's address must not share it with them; admins connect by hand."""
    role = "CENTER_ADMIN" if case == "admin" else "STUDENT"
    user = with_account("ann@school.test", verified=case != "not verified here", role=role)
    if case == "shut out":
        people.deactivate(user_id=user.pk)
    if case == "not approved":
        User.objects.filter(pk=user.pk).update(is_approved=False)
    refused(sign_in(), "not_admitted", 403)
    assert not Identity.objects.exists()


def test_a_provider_that_answers_for_no_domain_links_nobody_and_its_new_people_wait(provider):
    keep(provider, email_domains=[])
    with_account("ann@school.test")
    refused(sign_in(), "not_admitted", 403)
    provider.claims |= {"sub": "bo", "email": "bo@anywhere.test"}
    refused(sign_in(), "not_admitted", 403)
    bo = User.objects.get(email="bo@anywhere.test")
    assert not bo.is_approved
    people.update_person(actor=bo, user_id=bo.pk, is_approved=True)
    assert sign_in().status_code == 200


def test_unknown_people_are_refused_where_none_are_made(provider):
    keep(provider, makes_people=False)
    refused(sign_in(), "not_admitted", 403)
    assert not User.objects.exists()


def test_whoever_is_shut_out_stays_out(kept):
    sign_in()
    people.deactivate(user_id=User.objects.get().pk)
    refused(sign_in(), "not_admitted", 403)


def test_all_who_are_not_admitted_get_one_answer(kept, provider):
    with_account("ann@school.test", verified=False)
    answers = [sign_in()]
    provider.claims["email"] = "nobody@elsewhere.test"
    answers.append(sign_in())
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]


# -- connecting by hand ------------------------------------------------------------------------------------------------


def connect(client, password=PASSWORD):
    begun = client.post("auth/identities/", {"provider": "school-account", "password": password})
    if begun.status_code != 200:
        return begun
    return client.post("auth/identities/finish/", come_back(client, begun))


def test_somebody_who_is_signed_in_connects_an_account_and_signs_in_with_it(kept, cast):
    answer = connect(Api(cast.dora))
    assert (answer.status_code, answer.json()["provider"]) == (200, "school-account")
    assert sign_in().json()["user"]["id"] == str(cast.dora.pk)
    assert Entry.objects.filter(action="identity.connected", subject_id=str(cast.dora.pk)).exists()


def test_connecting_takes_the_password(kept, cast):
    refused(connect(Api(cast.alice), "wrong"), "wrong_password", 422)


def test_a_journey_to_connect_does_not_sign_in_nor_serve_another_session(kept, cast):
    client = Api(cast.alice)
    back = come_back(client, client.post("auth/identities/", {"provider": kept.slug, "password": PASSWORD}))
    stranger = Api()
    stranger.cookies = client.cookies
    refused(stranger.post("auth/sso/finish/", back), "journey_over")
    for person in (cast.alice, cast.bob):
        other = Api(person)
        other.cookies = client.cookies
        refused(other.post("auth/identities/finish/", back), "journey_over")
    assert client.post("auth/identities/finish/", back).status_code == 200


def test_an_account_belongs_to_one_person(kept, cast):
    assert connect(Api(cast.alice)).status_code == 200
    refused(connect(Api(cast.bob)), "identity_taken", 409)


def test_an_identity_can_be_given_up_but_not_the_only_way_in(kept, cast):
    client = Api(cast.alice)
    made = connect(client).json()["id"]
    assert client.get("auth/identities/").json()["results"][0]["email"] == "ann@school.test"
    assert Api(cast.bob).delete(f"auth/identities/{made}/").status_code == 404
    assert client.delete(f"auth/identities/{made}/").status_code == 204
    token = sign_in().json()["access"]
    ann = Api(token=token)
    only = ann.get("auth/identities/").json()["results"][0]["id"]
    refused(ann.delete(f"auth/identities/{only}/"), "last_way_in", 409)


# -- providers that are down, or should not be asked -------------------------------------------------------------------


def test_a_provider_that_is_down_is_503_in_words(kept, provider):
    client = Api()
    back = come_back(client, begin(client))
    provider.stop()
    cache.delete_many([f"oidc:about:{hashlib.sha256(provider.issuer.encode()).hexdigest()}"])
    answer = begin(Api())
    refused(answer, "provider_unreachable", 503)
    assert int(answer["Retry-After"]) > 0
    refused(client.post("auth/sso/finish/", back), "provider_unreachable", 503)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"padding": "x" * 600_000},
    ],
    ids=lambda about: next(iter(about)),
)
def test_a_provider_that_says_nonsense_of_itself_is_503(kept, provider, about):
    provider.about = about
    refused(begin(Api()), "provider_unreachable", 503)


def test_a_provider_that_drips_is_given_up(kept, provider, monkeypatch):
    monkeypatch.setattr(provider_http, "_DEADLINE_SECONDS", 0.05)
    provider.delay = 0.1
    refused(begin(Api()), "provider_unreachable", 503)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "[::ffff:127.0.0.1]"]
)
def test_a_server_of_ours_speaks_to_public_addresses_only(provider, settings, host):
    port = urlsplit(provider.issuer).port
    settings.SHIKEN_PRIVATE_PROVIDERS = False
    keep(provider, issuer=f"https://{host}:{port}")
    refused(begin(Api()), "provider_unreachable", 503)
    assert provider.asked == []


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_tells_public_addresses_from_all_others(address, is_public):
    assert rules.is_reachable(address) is is_public


# -- the admins' part --------------------------------------------------------------------------------------------------


GIVEN = {"name": "Google", "issuer": "https://accounts.google.com", "client_id": "x", "client_secret": "hush"}


def test_an_admin_keeps_providers_and_never_sees_a_secret(cast):
    client = Api(cast.dora)
    made = client.post("identity-providers/", {**GIVEN, "email_domains": ["@School.TEST", "school.test"]})
    assert made.status_code == 201
    body = made.json()
    assert "hush" not in made.content.decode()
    assert (body["slug"], body["has_client_secret"]) == ("google", True)
    assert body["email_domains"] == ["school.test"]
    assert body["redirect_uri"] == "http://north.localhost/sign-in/provider/"
    row = IdentityProvider.objects.get()
    assert "hush" not in row.client_secret
    changed = client.patch(f"identity-providers/{row.pk}/", {"name": "G", "scopes": "email"})
    assert (changed.json()["name"], changed.json()["scopes"]) == ("G", "openid email")
    assert single_sign_on_providers.read_secret(provider=IdentityProvider.objects.get()) == "hush"
    assert [row["slug"] for row in client.get("identity-providers/").json()["results"]] == ["google"]
    assert Api().get("auth/sso/providers/").json() == [{"slug": "google", "name": "G"}]
    assert client.delete(f"identity-providers/{row.pk}/").status_code == 204
    assert Api().get("auth/sso/providers/").json() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"issuer": "http://plain.test"}, "/issuer"),
        ({"issuer": "ftp://x.test"}, "/issuer"),
        ({"issuer": "https://user:pw@x.test"}, "/issuer"),
        ({"issuer": "https://x.test/#a"}, "/issuer"),
        ({"slug": "A b"}, "/slug"),
        ({"email_domains": ["school"]}, "/email_domains/0"),
        ({"email_domains": ["ok.test", "*.test"]}, "/email_domains/1"),
        ({"new_role": "TEACHER"}, "/new_role"),
        ({"name": " "}, "/name"),
        ({"role": "OWNER"}, "/role"),
    ],
    ids=str,
)
def test_refuses_what_could_not_work_with_its_place(cast, change, pointer):
    answer = Api(cast.dora).post("identity-providers/", {**GIVEN, **change})
    assert answer.status_code == 422
    assert pointer in [problem["pointer"] for problem in answer.json()["errors"]]


def test_a_short_name_is_taken_once(cast):
    client = Api(cast.dora)
    assert client.post("identity-providers/", GIVEN).status_code == 201
    refused(client.post("identity-providers/", GIVEN), "slug_taken", 409)


def test_a_provider_can_be_tried_before_people_do(kept, provider, cast):
    client = Api(cast.dora)
    answer = client.post(f"identity-providers/{kept.pk}/check/")
    assert answer.json()["is_ok"]
    provider.about = {"id_token_signing_alg_values_supported": ["HS256"], "code_challenge_methods_supported": ["plain"]}
    found = client.post(f"identity-providers/{kept.pk}/check/").json()
    assert (found["is_ok"], len(found["lacks"])) == (False, 2)
    provider.stop()
    assert client.post(f"identity-providers/{kept.pk}/check/").json()["is_ok"] is False


@pytest.mark.parametrize("slug", ["off", "nothing"])
def test_a_provider_that_is_off_is_as_unknown_as_a_made_up_one(provider, slug):
    keep(provider, name="off", is_enabled=False)
    refused(begin(Api(), slug), "not_found", 404)
    assert Api().get("auth/sso/providers/").json() == []


def test_another_issuer_is_another_provider(kept, provider, cast):
    with_account("ann@school.test")
    sign_in()
    with Provider() as other:
        other.claims |= {"email": "else@school.test"}
        single_sign_on_providers.update_provider(provider_id=kept.pk, changes={"issuer": other.issuer})
        answer = sign_in()
        assert answer.json()["user"]["email"] == "else@school.test"


def test_secrets_are_nowhere_in_the_audit_trail(cast):
    client = Api(cast.dora)
    made = client.post("identity-providers/", GIVEN).json()["id"]
    client.patch(f"identity-providers/{made}/", {"client_secret": "hush again"})
    assert Entry.objects.filter(action__startswith="provider.").count() == 2
    assert "hush" not in str(list(Entry.objects.values()))
