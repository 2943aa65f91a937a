"""Making an account, with and without an invitation, and confirming its address."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.authentication import rules
from apps.authentication.models import Invitation, User
from apps.authentication.operations import people, registration
from apps.centers.models import Center
from apps.core import clock, tenancy
from apps.mail.models import Mail
from tests.client import Api
from tests.letters import arrived, link_in, secrets_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence 9"
NEW = "new@north.test"


def register(email=NEW, host="north.localhost", **more):
    return Api(host=host).post("auth/register/", {"email": email, "password": PASSWORD, **more})


def sign_in(email=NEW, password=PASSWORD):
    return Api().post("auth/login/", {"email": email, "password": password})


def verify(secrets, host="north.localhost"):
    return Api(host=host).post("auth/verify/", secrets)


@pytest.fixture
def mode(cast):
    def choose(mode):
        Center.objects.filter(pk=cast.north.id).update(registration=mode)

    return choose


def test_is_by_invitation_unless_the_center_says_otherwise(cast):
    answer = register()
    assert answer.status_code == 422
    assert answer.json()["code"] == "invitation_needed"
    assert [problem["pointer"] for problem in answer.json()["errors"]] == ["/invitation_code"]
    assert not User.objects.filter(email=NEW).exists()


def test_with_approval_a_student_waits_for_an_admin(cast, mode):
    mode("APPROVAL")
    answer = register(first_name="Nina", locale="ja")
    assert (answer.status_code, answer.json()["detail"].endswith("when your account is approved.")) == (201, True)
    person = User.objects.get(email=NEW)
    assert (person.role, person.is_approved, person.locale) == ("STUDENT", False, "ja")
    [letter] = arrived(NEW)
    assert letter.subject == "メールアドレスの確認"
    assert "Nina" not in letter.body
    assert verify(secrets_in(letter)).status_code == 200
    assert sign_in().status_code == 401
    Api(cast.dora).post(f"users/{person.pk}/approve/")
    assert sign_in().status_code == 200


def test_at_an_open_center_confirming_the_address_lets_in(cast, mode):
    mode("OPEN")
    answer = register()
    assert (answer.status_code, "when you have confirmed your address" in answer.json()["detail"]) == (201, True)
    assert register().json() == answer.json(), "nothing else for an address that is taken"
    assert sign_in().status_code == 401
    letter = arrived(NEW)[0]
    answer = verify(secrets_in(letter))
    assert "You can sign in now" in answer.json()["detail"]
    assert sign_in().json()["user"]["role"] == "STUDENT"


def test_a_link_confirms_once(cast, mode):
    mode("OPEN")
    register()
    secrets = secrets_in(arrived(NEW)[0])
    assert verify(secrets).status_code == 200
    answer = verify(secrets)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_refused")


def test_who_was_rejected_is_not_let_in_by_a_link(cast, mode):
    mode("OPEN")
    register()
    secrets = secrets_in(arrived(NEW)[0])
    person = User.objects.get(email=NEW)
    assert Api(cast.dora).post(f"users/{person.pk}/reject/").status_code == 200
    assert verify(secrets).status_code == 404
    Api(cast.dora).patch(f"users/{person.pk}/", {"is_active": True, "is_approved": False})
    assert verify(secrets).status_code == 200
    assert sign_in().status_code == 401


@pytest.mark.parametrize("change", ["host", "uid", "token", "purpose", "role", "expiry"])
def test_a_link_holds_for_nothing_but_what_it_was_made_for(cast, mode, change, monkeypatch):
    mode("OPEN")
    register()
    person = User.objects.get(email=NEW)
    secrets, host = secrets_in(arrived(NEW)[0]), "north.localhost"
    if change == "host":
        host = "south.localhost"
        with tenancy.enter(cast.south):
            person.save(force_insert=True)
    if change == "uid":
        secrets["uid"] = str(cast.alice.pk)
    if change == "token":
        secrets["token"] = secrets["token"][:-1] + ("0" if secrets["token"][-1] != "0" else "1")
    if change == "purpose":
        answer = Api().post("auth/password/reset/confirm/", {**secrets, "new_password": PASSWORD + "!"})
        assert answer.status_code == 404
        return
    if change == "role":
        people.change_role(user_id=person.pk, role="TEACHER")
    if change == "expiry":
        monkeypatch.setattr(clock, "now", lambda: timezone.now() + rules.LINK_LIFE[rules.VERIFY])
    answer = verify(secrets, host)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_refused")


@pytest.mark.parametrize("token", ["", "x", "-", "9" * 100, "99999999999-" + "0" * 64, "１２-ab", "1-\u0000", "-1-ab"])
def test_a_made_up_token_is_refused(cast, token):
    answer = verify({"uid": str(cast.alice.pk), "token": token})
    assert answer.status_code in (404, 422)


def test_a_taken_address_changes_nothing_but_the_letter(cast, mode):
    """Same answer, same use of the invitation; the letter goes to the owner of the address alone."""
    mode("APPROVAL")
    assert cast.alice
    before = User.objects.get(pk=cast.alice.pk).__dict__ | {"_state": None}
    free, taken = register(), register("ALICE@north.test")
    assert free.status_code == taken.status_code == 201
    assert {**free.json(), "email": ""} == {**taken.json(), "email": ""}
    assert taken.json()["email"] == "alice@north.test"
    assert User.objects.get(pk=cast.alice.pk).__dict__ | {"_state": None} == before
    [letter] = arrived("alice@north.test")
    assert letter.subject == "You have an account already"
    assert "/reset/#" in link_in(letter)
    codes = [row.code for row in registration.invite(actor=cast.dora, role="TEACHER", quantity=2)]
    assert register("a@north.test", invitation_code=codes[0]).json()["role"] == "TEACHER"
    assert register("alice@north.test", invitation_code=codes[1]).json()["role"] == "TEACHER"
    for code in codes:
        assert register("b@north.test", invitation_code=code).status_code == 404
    assert Invitation.objects.get(code=codes[1]).reason
    assert User.objects.get(pk=cast.alice.pk).role == "STUDENT"


def test_whoever_registered_an_address_of_another_does_not_keep_it(cast, mode):
    """The owner of the address sets a password by the letter; the stranger's is void."""
    mode("OPEN")
    register()
    register()
    letter = arrived(NEW)[-1]
    assert letter.subject == "You have an account already"
    answer = Api().post("auth/password/reset/confirm/", {**secrets_in(letter), "new_password": "owners sentence 2"})
    assert answer.status_code == 200
    assert sign_in(password=PASSWORD).status_code == 401
    assert sign_in(password="owners sentence 2").status_code == 200


@pytest.mark.parametrize("password", ["short", "password", "12345678", "new@north.test"])
def test_a_password_that_is_easy_to_guess_is_refused_whether_or_not_the_address_is_taken(cast, mode, password):
    mode("OPEN")
    assert cast.alice
    for email in (NEW, "alice@north.test"):
        answer = Api().post("auth/register/", {"email": email, "password": password})
        if password == "new@north.test" and email != NEW:
            continue
        assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
        assert answer.json()["errors"][0]["pointer"] == "/password"


@pytest.mark.parametrize("field", ["role", "is_approved", "is_active", "is_superuser", "id", "opens_by_email"])
def test_nobody_gives_themselves_more(cast, mode, field):
    mode("OPEN")
    answer = register(**{field: "TEACHER"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_nobody_registers_at_a_suspended_center_or_on_the_main_host(cast, mode):
    mode("OPEN")
    assert register(host="localhost").status_code == 404
    Center.objects.filter(pk=cast.north.id).update(status="SUSPENDED")
    tenancy.forget()
    answer = register()
    assert (answer.status_code, answer.json()["code"]) == (403, "center_suspended")


def test_what_was_typed_stays_out_of_letters(cast, mode):
    mode("OPEN")
    register(first_name="<b>Win a car</b> at http://evil.test", last_name="\r\nBcc: all@north.test")
    [letter] = arrived(NEW)
    assert "evil" not in str(letter.message())
    assert letter.recipients() == [NEW]


def test_no_secret_is_stored(cast, mode):
    mode("OPEN")
    register()
    secrets = secrets_in(arrived(NEW)[0])
    assert secrets["token"] not in str(list(Mail.objects.values()))


def test_many_accounts_from_one_address_are_slowed_down(cast, mode, monkeypatch):
    from api.common.throttling import RegisterRate

    mode("OPEN")
    monkeypatch.setattr(RegisterRate, "THROTTLE_RATES", {"register": "3/hour"})
    answers = [
        Api().post(
            "auth/register/",
            {"email": f"p{number}@north.test", "password": PASSWORD},
            HTTP_X_FORWARDED_FOR=f"10.0.0.{number}",
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert int(answers[3].headers["Retry-After"]) > 0
