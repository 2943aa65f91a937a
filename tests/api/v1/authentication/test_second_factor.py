"""A second factor: set up, signed in with, lost, demanded."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.audit.models import Entry
from apps.authentication.models import Handle, RecoveryCode, SecondFactor, Session, User
from apps.authentication.operations import people, second_factor
from apps.authentication.operations import second_factor_codes as codes
from apps.authentication.rules import sign_in as rules
from apps.centers.models import Center
from apps.core import clock, tenancy, vault
from tests.cast import PASSWORD
from tests.client import Api, access_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(monkeypatch):
    """``at.now`` is the time, and can be changed; codes are those of this moment."""

    class Hand:
        now = timezone.now()

        def forward(self, seconds=30):
            self.now += timedelta(seconds=seconds)

        def code(self, secret, steps=0):
            return pyotp.TOTP(secret).at(self.now + timedelta(seconds=30 * steps))

    hand = Hand()
    monkeypatch.setattr(clock, "now", lambda: hand.now)
    return hand


@pytest.fixture
def on(at):
    """``on(person)`` has a second factor, confirmed; gives its secret and recovery codes."""

    def turn_on(person):
        with tenancy.enter(person.tenant):
            secret = second_factor.set_up(actor=person, password=PASSWORD).secret
            made = second_factor.confirm(actor=person, session_id=person.pk, code=at.code(secret))
        at.forward()
        return secret, made

    return turn_on


def login(person, password=PASSWORD, host="north.localhost"):
    return Api(host=host).post("auth/login/", {"email": person.email, "password": password})


def second(challenge, code, host="north.localhost"):
    return Api(host=host).post("auth/login/second-factor/", {"challenge": challenge, "code": code})


def challenge_of(person):
    return login(person).json()["challenge"]


def said(answer):
    return answer.status_code, answer.json()["code"]


# -- setting up --------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_as_text_address_and_picture_and_counts_when_a_code_was_given(cast, at):
    client = Api(cast.alice)
    made = client.post("auth/second-factor/", {"password": PASSWORD})
    assert made.status_code == 201
    body = made.json()
    address = urlsplit(body["uri"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/North:alice@north.test"
    assert parse_qs(address.query) == {"secret": [body["secret"]], "issuer": ["North"]}
    assert len(body["secret"]) == 32
    picture = ET.fromstring(body["qr_svg"])
    assert picture.tag.endswith("svg")
    assert login(cast.alice).status_code == 200, "not confirmed yet"
    assert client.get("auth/second-factor/").json()["is_on"] is False
    done = client.post("auth/second-factor/confirm/", {"code": at.code(body["secret"])})
    assert done.status_code == 200
    shown = done.json()["recovery_codes"]
    assert len(set(shown)) == 10
    assert all(re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", code) for code in shown)
    state = client.get("auth/second-factor/").json()
    assert (state["is_on"], state["is_demanded"], state["recovery_codes_left"]) == (True, False, 10)
    assert "secret" not in state
    assert login(cast.alice).status_code == 202


def test_the_picture_holds_the_address():
    """Read back module by module, as a phone would see it."""
    import segno

    uri = rules.setup_uri(secret="A" * 32, center="North", email="a@b.test")
    assert rules.qr_svg(uri) != rules.qr_svg(uri + "x")
    matrix = segno.make(uri, error="m", micro=False)
    side = (len(tuple(matrix.matrix)) + 8) * 5
    assert f'width="{side}" height="{side}"' in rules.qr_svg(uri)


def test_nothing_at_rest_tells_a_secret_or_a_recovery_code(cast, on):
    secret, made = on(cast.alice)
    stored = str(list(SecondFactor.objects.values())) + str(list(RecoveryCode.objects.values()))
    assert secret not in stored
    for code in made:
        plain = code.replace("-", "")
        assert plain not in stored
        assert hashlib.sha256(plain.encode()).hexdigest() not in stored
    assert secret not in str(list(Entry.objects.values()))


def test_setting_up_takes_the_password_and_a_right_code(cast, at):
    client = Api(cast.alice)
    assert said(client.post("auth/second-factor/", {"password": "wrong"})) == (422, "wrong_password")
    assert said(client.post("auth/second-factor/confirm/", {"code": "123456"})) == (409, "no_second_factor")
    secret = client.post("auth/second-factor/", {"password": PASSWORD}).json()["secret"]
    wrong = client.post("auth/second-factor/confirm/", {"code": at.code(secret, 5)})
    assert said(wrong) == (422, "wrong_code")
    assert wrong.json()["errors"][0]["pointer"] == "/code"
    assert login(cast.alice).status_code == 200


def test_a_second_setting_up_replaces_the_first_until_one_is_confirmed(cast, at):
    client = Api(cast.alice)
    one, two = (client.post("auth/second-factor/", {"password": PASSWORD}).json()["secret"] for _ in range(2))
    assert one != two
    assert client.post("auth/second-factor/confirm/", {"code": at.code(one)}).status_code == 422
    assert client.post("auth/second-factor/confirm/", {"code": at.code(two)}).status_code == 200
    assert said(client.post("auth/second-factor/", {"password": PASSWORD})) == (409, "second_factor_on")
    assert said(client.post("auth/second-factor/confirm/", {"code": at.code(two)})) == (409, "second_factor_on")


def test_confirming_ends_the_other_sessions_and_keeps_this_one(cast, at):
    here, there = Api(cast.alice), Api(cast.alice)
    secret = here.post("auth/second-factor/", {"password": PASSWORD}).json()["secret"]
    here.post("auth/second-factor/confirm/", {"code": at.code(secret)})
    assert here.get("auth/me/").status_code == 200
    assert there.get("auth/me/").status_code == 401


# -- signing in --------------------------------------------------------------------------------------------------------


def test_a_password_alone_gets_a_challenge_that_is_good_for_the_second_step_only(cast, on):
    on(cast.alice)
    answer = login(cast.alice)
    assert answer.status_code == 202
    assert set(answer.json()) == {"second_factor_required", "challenge", "expires_in"}
    challenge = answer.json()["challenge"]
    assert Api(token=challenge).get("auth/me/").status_code == 401
    assert Api().post("auth/refresh/", {"refresh": challenge}).status_code == 401
    assert Api().post("auth/sso/finish/", {"state": challenge, "code": "x"}).status_code == 401
    assert not Session.objects.filter(user=cast.alice).exists()
    assert challenge not in str(list(Handle.objects.values()))


def test_challenge_and_code_open_a_session_once(cast, on, at):
    secret, _ = on(cast.alice)
    challenge = challenge_of(cast.alice)
    answer = second(challenge, at.code(secret))
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(cast.alice.pk)
    assert Api(token=answer.json()["access"]).get("auth/me/").status_code == 200
    at.forward()
    assert said(second(challenge, at.code(secret))) == (401, "challenge_over")


@pytest.mark.parametrize("typed", ["{0} {1}", "{0}-{1}", " {0}{1} "])
def test_a_code_may_be_typed_as_people_do(cast, on, at, typed):
    secret, _ = on(cast.alice)
    code = at.code(secret)
    assert second(challenge_of(cast.alice), typed.format(code[:3], code[3:])).status_code == 200


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(cast, on, at, steps, is_right):
    secret, _ = on(cast.alice)
    at.forward(300)
    assert (second(challenge_of(cast.alice), at.code(secret, steps)).status_code == 200) is is_right


def test_a_used_code_does_not_work_again_nor_an_earlier_one(cast, on, at):
    secret, _ = on(cast.alice)
    at.forward(300)
    code = at.code(secret, 1)
    assert second(challenge_of(cast.alice), code).status_code == 200
    assert said(second(challenge_of(cast.alice), code)) == (401, "wrong_code")
    assert said(second(challenge_of(cast.alice), at.code(secret))) == (401, "wrong_code")
    at.forward(60)
    assert second(challenge_of(cast.alice), at.code(secret)).status_code == 200


def test_the_code_that_confirmed_does_not_sign_in(cast, at):
    secret = second_factor.set_up(actor=cast.alice, password=PASSWORD).secret
    second_factor.confirm(actor=cast.alice, session_id=cast.alice.pk, code=at.code(secret))
    assert said(second(challenge_of(cast.alice), at.code(secret))) == (401, "wrong_code")


@pytest.mark.parametrize("code", ["", "0", "abcdef", "１２３４５６", "123456789012345678901234567890", "é" * 6])
def test_refuses_what_is_no_code(cast, on, code):
    on(cast.alice)
    assert second(challenge_of(cast.alice), code).status_code in (401, 422)


@pytest.mark.parametrize("change", ["made up", "expired", "password", "role", "shut out", "other center", "purpose"])
def test_a_challenge_is_over_after_a_change_and_elsewhere(cast, on, at, change):
    secret, _ = on(cast.alice)
    challenge, host = challenge_of(cast.alice), "north.localhost"
    if change == "made up":
        challenge = "x" * 43
    if change == "expired":
        at.forward(301)
    if change == "password":
        people.change_password(user_id=cast.alice.pk, password="another sentence 8")
    if change == "role":
        people.change_role(user_id=cast.alice.pk, role="TEACHER")
    if change == "shut out":
        people.deactivate(user_id=cast.alice.pk)
    if change == "other center":
        host = "south.localhost"
    if change == "purpose":
        Handle.objects.update(purpose="PROVIDER")
    answer = second(challenge, at.code(secret), host)
    assert said(answer) == (401, "challenge_over")


def test_a_code_of_somebody_else_does_not_help(cast, on, at):
    on(cast.alice)
    others, _ = on(cast.bob)
    assert said(second(challenge_of(cast.alice), at.code(others))) == (401, "wrong_code")


def test_a_wrong_password_tells_nothing_of_a_second_factor(cast, on):
    on(cast.alice)
    bodies = [{**login(person, "wrong").json(), "request_id": ""} for person in (cast.alice, cast.bob)]
    assert bodies[0] == bodies[1]


def test_people_of_the_main_host_have_it_too(cast, on, at):
    secret, _ = on(cast.olga)
    answer = login(cast.olga, host="localhost")
    assert answer.status_code == 202
    done = second(answer.json()["challenge"], at.code(secret), "localhost")
    assert done.json()["user"]["role"] == "OWNER"


# -- recovery codes ----------------------------------------------------------------------------------------------------


def test_a_recovery_code_stands_in_once(cast, on):
    _, made = on(cast.alice)
    typed = made[0].lower().replace("-", " ")
    assert second(challenge_of(cast.alice), typed).status_code == 200
    assert said(second(challenge_of(cast.alice), made[0])) == (401, "wrong_code")
    assert second(challenge_of(cast.alice), made[1]).status_code == 200
    token = access_token(cast.alice)
    assert Api(token=token).get("auth/second-factor/").json()["recovery_codes_left"] == 8
    assert Entry.objects.filter(action="second_factor.recovery_code_used").count() == 2


def test_recovery_codes_of_one_are_nothing_for_another(cast, on):
    _, made = on(cast.alice)
    on(cast.bob)
    assert said(second(challenge_of(cast.bob), made[0])) == (401, "wrong_code")


def test_new_recovery_codes_end_the_old_ones(cast, on, at):
    secret, old = on(cast.alice)
    client = Api(cast.alice)
    path = "auth/second-factor/recovery-codes/"
    assert said(client.post(path, {"password": "wrong", "code": at.code(secret)})) == (422, "wrong_password")
    assert said(client.post(path, {"password": PASSWORD, "code": at.code(secret, 9)})) == (422, "wrong_code")
    new = client.post(path, {"password": PASSWORD, "code": at.code(secret)}).json()["recovery_codes"]
    assert not set(new) & set(old)
    assert said(second(challenge_of(cast.alice), old[0])) == (401, "wrong_code")
    assert second(challenge_of(cast.alice), new[0]).status_code == 200


# -- too many tries ----------------------------------------------------------------------------------------------------


def test_five_wrong_codes_lock_the_step_and_no_running_session(cast, on, at):
    secret, made = on(cast.alice)
    running, challenge = Api(cast.alice), challenge_of(cast.alice)
    for _ in range(5):
        assert said(second(challenge, at.code(secret, 7))) == (401, "wrong_code")
    for code in (at.code(secret), made[0]):
        answer = second(challenge, code)
        assert said(answer) == (429, "locked_out")
        assert 890 <= int(answer["Retry-After"]) <= 901
    assert said(second(challenge_of(cast.alice), at.code(secret)))[0] == 429, "another challenge does not help"
    assert running.get("auth/me/").status_code == 200
    at.forward(901)
    assert second(challenge_of(cast.alice), at.code(secret)).status_code == 200


def test_a_right_code_forgets_the_wrong_ones(cast, on, at):
    secret, _ = on(cast.alice)
    for _ in range(3):
        challenge = challenge_of(cast.alice)
        for _ in range(4):
            assert second(challenge, "000000").status_code == 401
        at.forward(60)
        assert second(challenge, at.code(secret)).status_code == 200


def test_a_lock_of_one_does_not_lock_another(cast, on, at):
    on(cast.alice)
    secret, _ = on(cast.bob)
    challenge = challenge_of(cast.alice)
    for _ in range(6):
        second(challenge, "000000")
    assert second(challenge_of(cast.bob), at.code(secret)).status_code == 200


# -- turning it off, losing it -----------------------------------------------------------------------------------------


def test_turning_off_takes_password_and_code(cast, on, at):
    secret, _ = on(cast.alice)
    client = Api(cast.alice)
    path = "auth/second-factor/disable/"
    assert said(client.post(path, {"password": "wrong", "code": at.code(secret)})) == (422, "wrong_password")
    assert said(client.post(path, {"password": PASSWORD, "code": at.code(secret, 9)})) == (422, "wrong_code")
    assert client.post(path, {"password": PASSWORD, "code": at.code(secret)}).status_code == 204
    assert login(cast.alice).status_code == 200
    at.forward()
    assert said(client.post(path, {"password": PASSWORD, "code": at.code(secret)})) == (409, "no_second_factor")


def test_an_admin_takes_it_away_which_ends_the_sessions_and_is_written_down(cast, on):
    on(cast.alice)
    running = Api(cast.alice)
    path = f"users/{cast.alice.pk}/sign-in/second-factor/"
    assert Api(cast.carol).delete(path).status_code == 403
    assert Api(cast.sybil).delete(path).status_code == 404
    assert Api(cast.dora).delete(path).status_code == 204
    assert running.get("auth/me/").status_code == 401
    assert login(cast.alice).status_code == 200
    entry = Entry.objects.get(action="second_factor.reset")
    assert (entry.subject_id, entry.actor_id) == (str(cast.alice.pk), cast.dora.pk)
    assert said(Api(cast.dora).delete(path)) == (409, "no_second_factor")


def test_an_owner_takes_it_away_in_a_center_with_a_reason_that_the_center_reads(cast, on):
    on(cast.dora)
    path = f"owner-centers/{cast.north.id}/reset-second-factor/"
    body = {"email": cast.dora.email, "reason": "She called; we know her voice."}
    assert Api(cast.olga).post(path, {"email": cast.dora.email}).status_code == 422
    assert Api(cast.olga).post(path, {**body, "email": "nobody@north.test"}).status_code == 404
    assert Api(cast.olga).post(path, body).status_code == 204
    assert login(cast.dora).status_code == 200
    assert Entry.objects.get(action="second_factor.reset").reason == body["reason"]


# -- demanded by the center --------------------------------------------------------------------------------------------


@pytest.fixture
def demanded(cast):
    Center.objects.filter(pk=cast.north.id).update(staff_second_factor=True)


def test_staff_without_one_may_do_nothing_but_set_one_up(cast, demanded, at):
    answer = login(cast.carol)
    assert answer.json()["must_set_up_second_factor"] is True
    client = Api(token=answer.json()["access"])
    for path in ("groups/", "mock-tests/", "users/", "notifications/"):
        assert said(client.get(path)) == (403, "second_factor_needed")
    assert said(client.post("auth/ws-ticket/", {})) == (403, "second_factor_needed")
    assert client.get("auth/me/").status_code == 200
    assert client.get("auth/second-factor/").json()["is_demanded"] is True
    secret = client.post("auth/second-factor/", {"password": PASSWORD}).json()["secret"]
    assert client.post("auth/second-factor/confirm/", {"code": at.code(secret)}).status_code == 200
    assert client.get("groups/").status_code == 200
    at.forward()
    proof = {"password": PASSWORD, "code": at.code(secret)}
    assert said(client.post("auth/second-factor/disable/", proof)) == (409, "second_factor_demanded")


def test_the_demand_meets_running_sessions_of_staff_and_no_student(cast):
    carol, dora, alice = Api(cast.carol), Api(cast.dora), Api(cast.alice)
    trent = Api(cast.trent)
    assert carol.get("groups/").status_code == 200
    Center.objects.filter(pk=cast.north.id).update(staff_second_factor=True)
    assert said(carol.get("groups/")) == (403, "second_factor_needed")
    assert said(dora.get("groups/")) == (403, "second_factor_needed")
    assert alice.get("groups/").status_code == 200
    assert trent.get("groups/").status_code == 200
    assert login(cast.alice).json()["must_set_up_second_factor"] is False


def test_an_admin_makes_and_takes_back_the_demand(cast):
    client, path = Api(cast.dora), f"center-admin-centers/{cast.north.id}/"
    assert client.get(path).json()["staff_second_factor"] is False
    assert client.patch(path, {"staff_second_factor": True}).json()["staff_second_factor"] is True
    assert said(Api(cast.carol).get("groups/")) == (403, "second_factor_needed")
    assert said(Api(cast.dora).patch(path, {"staff_second_factor": False})) == (403, "second_factor_needed")
    assert Api(cast.carol).patch(path, {"staff_second_factor": False}).status_code == 403


def test_the_demand_costs_no_statement(cast, count_queries):
    client = Api(cast.carol)
    client.get("auth/me/")
    counts = []
    for demand in (False, True):
        Center.objects.filter(pk=cast.north.id).update(staff_second_factor=demand)
        with count_queries() as queries:
            assert client.get("auth/me/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_key_is_changed_without_anybody_noticing(cast, on, at, settings):
    secret, _ = on(cast.alice)
    old = settings.SHIKEN_VAULT_KEYS
    settings.SHIKEN_VAULT_KEYS = ["a new key of thirty-two characters", *old]
    assert second(challenge_of(cast.alice), at.code(secret)).status_code == 200
    call_command("seal_anew")
    settings.SHIKEN_VAULT_KEYS = settings.SHIKEN_VAULT_KEYS[:1]
    at.forward()
    assert second(challenge_of(cast.alice), at.code(secret)).status_code == 200


def test_without_the_key_no_code_is_right_but_recovery_codes_are(cast, on, at, settings):
    secret, made = on(cast.alice)
    settings.SHIKEN_VAULT_KEYS = ["a new key of thirty-two characters"]
    assert said(second(challenge_of(cast.alice), at.code(secret))) == (401, "wrong_code")
    assert second(challenge_of(cast.alice), made[0]).status_code == 200


def test_a_secret_moved_to_another_person_cannot_be_read(cast, on):
    on(cast.alice)
    on(cast.bob)
    SecondFactor.objects.filter(user=cast.bob).update(secret=SecondFactor.objects.get(user=cast.alice).secret)
    with pytest.raises(vault.Unreadable):
        codes.read_secret(factor=SecondFactor.objects.get(user=cast.bob))


@pytest.mark.parametrize("sealed", ["", "x", "x.y", "{name}.", "{name}.AAAA", "{name}.!!"])
def test_damaged_secrets_are_refused(sealed):
    name = vault.seal("x", place="p").partition(".")[0]
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed.format(name=name), place="p")


def test_deleting_a_person_takes_their_factor_along(cast, on):
    on(cast.alice)
    User.objects.filter(pk=cast.alice.pk).delete()
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
