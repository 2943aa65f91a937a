"""Tokens that are none: every one of them is answered alike."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid

import pytest
from django.conf import settings
from joserfc.jwk import RSAKey

from api.common import tokens
from apps.authentication.models import Session
from apps.core import tenancy
from tests.cast import PASSWORD
from tests.client import Api, access_token

pytestmark = pytest.mark.django_db


def b64(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def key_of(tenant):
    return hmac.new(settings.SHIKEN_ACCESS_KEY.encode(), tenant.id.bytes, hashlib.sha512).hexdigest()


class Forge:
    """A right token of Alice's, and the tools to make others of it, with the right key or any."""

    def __init__(self, cast):
        self.cast = cast
        self.right = access_token(cast.alice)
        self.header, self.claims = (unb64(part) for part in self.right.split(".")[:2])
        self.key = key_of(cast.north)

    def make(self, header=None, key=None, digest="sha512", drop="", **claims):
        body = {**self.claims, **claims}
        body = {name: value for name, value in body.items() if name not in drop.split()}
        head = f"{b64({**self.header, **(header or {})})}.{b64(body)}"
        signature = hmac.new((key or self.key).encode(), head.encode(), getattr(hashlib, digest)).digest()
        return f"{head}.{b64(signature)}"

    def unsigned(self, alg):
        return f"{b64({**self.header, 'alg': alg})}.{b64(self.claims)}."


def rsa(forge):
    public = RSAKey.generate_key(2048).as_pem(private=False).decode()
    return forge.make({"alg": "RS512"}, key=public)


def signed_by_rsa(forge):
    from joserfc import jwt

    return jwt.encode({"alg": "RS512"}, forge.claims, RSAKey.generate_key(2048), algorithms=["RS512"])


def login(person):
    return Api().post("auth/login/", {"email": person.email, "password": PASSWORD}).json()


def ticket(forge):
    return Api(token=forge.right).post("auth/ws-ticket/", {}).json()["ticket"]


def of_south(forge):
    return access_token(forge.cast.mallory)


def ended(forge):
    token = access_token(forge.cast.alice)
    Session.objects.filter(pk=unb64(token.split(".")[1])["sid"]).update(revoked_at="2020-01-01T00:00:00Z")
    return token


def of_owner(forge):
    return access_token(forge.cast.olga)


NOW = int(time.time())
BAD = {
    "none": lambda forge: forge.unsigned("none"),
    "None": lambda forge: forge.unsigned("None"),
    "NONE": lambda forge: forge.unsigned("NONE"),
    "empty alg": lambda forge: forge.unsigned(""),
    "no signature": lambda forge: forge.right.rpartition(".")[0] + ".",
    "two parts": lambda forge: forge.right.rpartition(".")[0],
    "cut signature": lambda forge: forge.right[:-6],
    "changed signature": lambda forge: forge.right[:-6] + "AAAAAA",
    "changed claims": lambda forge: forge.right.replace(".", ".AA", 1),
    "wrong key": lambda forge: forge.make(key="another key"),
    "empty key": lambda forge: forge.make(key=" "),
    "key of south": lambda forge: forge.make(key=key_of(forge.cast.south)),
    "the master key": lambda forge: forge.make(key=settings.SHIKEN_ACCESS_KEY),
    "the secret key": lambda forge: forge.make(key=settings.SECRET_KEY),
    "the refresh key": lambda forge: forge.make(key=settings.SHIKEN_REFRESH_KEY),
    "HS256": lambda forge: forge.make({"alg": "HS256"}, digest="sha256"),
    "HS384": lambda forge: forge.make({"alg": "HS384"}, digest="sha384"),
    "RS512 with HMAC": rsa,
    "RS512": signed_by_rsa,
    "kid path": lambda forge: forge.make({"kid": "../../../../dev/null"}, key="\0"),
    "kid sql": lambda forge: forge.make({"kid": "x' UNION SELECT 'k"}, key="k"),
    "jwk": lambda forge: forge.make({"jwk": {"kty": "oct", "k": b64(b"k")}}, key="k"),
    "jku": lambda forge: forge.make({"jku": "http://127.0.0.1/keys"}, key="k"),
    "crit": lambda forge: forge.make({"crit": ["b64"], "b64": False}),
    "refresh": lambda forge: login(forge.cast.bob)["refresh"],
    "ticket": ticket,
    "kind refresh": lambda forge: forge.make(typ="refresh"),
    "kind ticket": lambda forge: forge.make(typ="ticket"),
    "no kind": lambda forge: forge.make(drop="typ"),
    "other host": of_south,
    "the owner's": of_owner,
    "tenant of south": lambda forge: forge.make(ten=str(forge.cast.south.id)),
    "missing tenant": lambda forge: forge.make(drop="ten"),
    "missing audience": lambda forge: forge.make(drop="aud"),
    "audience of south": lambda forge: forge.make(aud=str(forge.cast.south.id)),
    "other issuer": lambda forge: forge.make(iss="evil"),
    "missing issuer": lambda forge: forge.make(drop="iss"),
    "expired": lambda forge: forge.make(exp=NOW - 1, iat=NOW - 900),
    "missing expiry": lambda forge: forge.make(drop="exp"),
    "far expiry": lambda forge: forge.make(exp=NOW + 10 * 365 * 86_400),
    "endless expiry": lambda forge: forge.make(exp=10**30),
    "expiry in words": lambda forge: forge.make(exp="tomorrow"),
    "future": lambda forge: forge.make(iat=NOW + 600, exp=NOW + 900),
    "missing moment": lambda forge: forge.make(drop="iat"),
    "not yet": lambda forge: forge.make(nbf=NOW + 600),
    "missing session": lambda forge: forge.make(drop="sid"),
    "another session": lambda forge: forge.make(sid=str(uuid.uuid4())),
    "session of another": lambda forge: forge.make(sid=unb64(access_token(forge.cast.bob).split(".")[1])["sid"]),
    "ended session": ended,
    "another person": lambda forge: forge.make(sub=str(forge.cast.dora.pk)),
    "person in words": lambda forge: forge.make(sub="' OR 1=1"),
    "person as list": lambda forge: forge.make(sub=[str(forge.cast.alice.pk)]),
    "old version": lambda forge: forge.make(ver=0),
    "next version": lambda forge: forge.make(ver=2),
    "version in words": lambda forge: forge.make(ver="x"),
    "claims as list": lambda forge: f"{b64(forge.header)}.{b64([])}.{b64(b'x')}",
    "not JSON": lambda forge: "e30.e30.e30",
    "a word": lambda forge: "token",
    "dots": lambda forge: "..",
    "too long": lambda forge: "a" * 5000,
}


@pytest.mark.parametrize("name", BAD)
def test_refuses_every_token_that_is_not_right_with_one_body(cast, name):
    answer = Api(token=BAD[name](Forge(cast))).get("auth/me/")
    body = answer.json()
    body.pop("request_id")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert body == {
        "type": "urn:shiken:problem:not_signed_in",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Sign in to go on.",
        "code": "not_signed_in",
    }


def test_the_tools_make_a_right_token_too(cast):
    """The control: what is refused above is refused for what was changed."""
    forge = Forge(cast)
    assert len(BAD) >= 30
    for token in (forge.right, forge.make(), forge.make(jti="another"), forge.make({"kid": "x"})):
        assert Api(token=token).get("auth/me/").status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer a b", "Basic YWxpY2U6eA==", "bearer", "Token x", "Bearer é"], ids=repr
)
def test_refuses_every_header_that_is_none_alike(cast, header):
    answer = Api().get("auth/me/", headers={"Authorization": header.encode().decode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_role_in_a_token_is_not_believed(cast):
    forge = Forge(cast)
    client = Api(token=forge.make(role="CENTER_ADMIN"))
    assert client.get("invitations/").status_code in (403, 404)
    assert client.get("auth/me/").json()["role"] == "STUDENT"
    with tenancy.enter(cast.north):
        assert tokens.read_access(tenant=cast.north, token=forge.right).role == "STUDENT"
