"""A new password by letter or by oneself; sessions; the profile."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.authentication import queries
from apps.authentication.models import Session, User
from apps.authentication.operations import people
from apps.core import clock, tenancy
from apps.mail.models import Mail
from tests.cast import PASSWORD
from tests.client import Api, access_token
from tests.letters import arrived, link_in, secrets_in

pytestmark = pytest.mark.django_db
NEW = "another sentence 8"


def ask(email, host="north.localhost", **headers):
    return Api(host=host).post("auth/password/reset/", {"email": email}, headers=headers)


def confirm(secrets, password=NEW, host="north.localhost"):
    return Api(host=host).post("auth/password/reset/confirm/", {**secrets, "new_password": password})


def sign_in(email, password, host="north.localhost"):
    return Api(host=host).post("auth/login/", {"email": email, "password": password})


def reset_letter(person):
    ask(person.email)
    return arrived(person.email)[-1]


def test_a_link_sets_a_new_password_and_ends_every_session(cast):
    running = Api(cast.alice)
    answer = confirm(secrets_in(reset_letter(cast.alice)))
    assert answer.status_code == 200
    assert running.get("auth/me/").status_code == 401
    assert sign_in(cast.alice.email, PASSWORD).status_code == 401
    assert sign_in(cast.alice.email, NEW).status_code == 200
    assert User.objects.get(pk=cast.alice.pk).email_verified_at


def test_a_link_works_once(cast):
    secrets = secrets_in(reset_letter(cast.alice))
    assert confirm(secrets).status_code == 200
    answer = confirm(secrets, "a third sentence 7")
    assert (answer.status_code, answer.json()["code"]) == (404, "link_refused")
    assert sign_in(cast.alice.email, NEW).status_code == 200


def test_a_weak_password_does_not_use_the_link_up(cast):
    secrets = secrets_in(reset_letter(cast.alice))
    answer = confirm(secrets, "12345678")
    assert answer.status_code == 422
    assert {problem["pointer"] for problem in answer.json()["errors"]} == {"/new_password"}
    assert confirm(secrets).status_code == 200


@pytest.mark.parametrize("change", ["password", "role", "shut out", "expiry", "uid", "host", "purpose", "address"])
def test_a_link_is_dead_after_a_change_and_elsewhere(cast, change, monkeypatch):
    secrets, host = secrets_in(reset_letter(cast.alice)), "north.localhost"
    if change == "password":
        people.change_password(user_id=cast.alice.pk, password="a third sentence 7")
    if change == "role":
        people.change_role(user_id=cast.alice.pk, role="TEACHER")
    if change == "shut out":
        people.deactivate(user_id=cast.alice.pk)
    if change == "address":
        User.objects.filter(pk=cast.alice.pk).update(email="else@north.test")
    if change == "expiry":
        monkeypatch.setattr(clock, "now", lambda: timezone.now() + timedelta(minutes=60))
    if change == "uid":
        secrets["uid"] = str(cast.bob.pk)
    if change == "host":
        host = "south.localhost"
        twin = User.objects.get(pk=cast.alice.pk)
        with tenancy.enter(cast.south):
            twin.save(force_insert=True)
    if change == "purpose":
        assert Api().post("auth/verify/", secrets).status_code == 404
        return
    answer = confirm(secrets, host=host)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_refused")


def test_a_link_lives_an_hour_from_the_asking(cast):
    at = int(secrets_in(reset_letter(cast.alice))["token"].partition("-")[0])
    mail = Mail.objects.get()
    assert timedelta(minutes=59) < timedelta(seconds=at - mail.created_at.timestamp()) <= timedelta(hours=1)


def test_every_address_is_answered_alike_and_only_people_get_a_letter(cast):
    off, waiting = cast.person("Off", "STUDENT"), cast.person("Wendy", "STUDENT")
    people.deactivate(user_id=off.pk)
    User.objects.filter(pk=waiting.pk).update(is_approved=False)
    emails = [cast.alice.email, off.email, waiting.email, "nobody@north.test", cast.mallory.email]
    answers = [ask(email) for email in emails]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert sorted(message.to[0] for message in arrived()) == [cast.alice.email, waiting.email]


def test_asking_costs_the_same_statements_for_every_address(cast, count_queries):
    costs = []
    ask("first@north.test")  # from now on the center is remembered
    for email in (cast.alice.email, "nobody@north.test"):
        with count_queries() as queries:
            ask(email)
        costs.append([query["sql"].split()[0] for query in queries.captured_queries])
    assert costs[0] == costs[1]


def test_a_mailbox_is_not_flooded(cast):
    for _ in range(5):
        ask(f" {cast.alice.email.upper()} ")
    assert len(arrived()) <= 2


@pytest.mark.parametrize("spelt", ["ALICE@MINI.test", "alice@m\u0131ni.test"])
def test_a_letter_goes_to_the_address_that_is_kept_not_as_it_was_spelt(cast, spelt, monkeypatch):
    """Where upper() takes a dotless i for an i, a look-up finds Alice; whoever owns that other domain gets nothing."""
    User.objects.filter(pk=cast.alice.pk).update(email="alice@mini.test")
    alike = lambda *, email: User.objects.get(email="alice@mini.test")  # noqa: E731
    monkeypatch.setattr(queries, "find_by_email", alike)
    ask(spelt)
    assert [message.to for message in arrived()] == [["alice@mini.test"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.test"},
        {"Forwarded": "host=evil.test"},
        {"X-Host": "evil.test"},
        {"Origin": "https://evil.test", "Referer": "https://evil.test/"},
        {"Host": "NORTH.localhost.:9999"},
    ],
)
def test_links_lead_to_the_stored_host_whatever_a_request_says(cast, headers):
    assert ask(cast.alice.email, **headers).status_code == 202
    [letter] = arrived()
    assert link_in(letter).startswith("http://north.localhost:8000/reset/#uid=")
    assert "evil" not in str(letter.message())
    assert ":9999" not in str(letter.body)


def test_a_host_that_is_no_center_writes_no_letter(cast):
    assert ask(cast.alice.email, host="evil.test").status_code == 404
    assert arrived() == []


def test_owners_reset_on_the_main_host_alone(cast):
    assert ask(cast.olga.email).status_code == 202
    assert arrived() == []
    ask(cast.olga.email, host="localhost")
    [letter] = arrived()
    assert link_in(letter).startswith("http://localhost:8000/reset/#")
    assert confirm(secrets_in(letter)).status_code == 404
    assert confirm(secrets_in(letter), host="localhost").status_code == 200
    assert sign_in(cast.olga.email, NEW, host="localhost").status_code == 200


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": "a@b.test", "host": "evil"}, {"email": ["a@b.test"]}])
def test_what_is_no_address_is_refused(body):
    assert Api().post("auth/password/reset/", body).status_code == 422


# -- one's own password ----------------------------------------------------------------------------------------------


def test_changing_it_keeps_this_session_and_ends_the_others(cast):
    here, there = Api(cast.alice), Api(cast.alice)
    answer = here.post("auth/password/update/", {"old_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 200
    assert here.get("auth/me/").status_code == 200
    assert there.get("auth/me/").status_code == 401
    assert sign_in(cast.alice.email, PASSWORD).status_code == 401
    assert sign_in(cast.alice.email, NEW).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "pointer"), [("wrong", NEW, "/old_password"), (PASSWORD, "12345678", "/new_password")]
)
def test_a_wrong_or_a_weak_one_changes_nothing(cast, old, new, pointer):
    here, there = Api(cast.alice), Api(cast.alice)
    answer = here.post("auth/password/update/", {"old_password": old, "new_password": new})
    assert answer.status_code == 422
    assert {problem["pointer"] for problem in answer.json()["errors"]} == {pointer}
    assert there.get("auth/me/").status_code == 200
    assert sign_in(cast.alice.email, PASSWORD).status_code == 200


# -- sessions --------------------------------------------------------------------------------------------------------


def test_shows_where_one_is_signed_in(cast):
    here, _ = Api(cast.alice), Api(cast.alice)
    Session.objects.filter(user=cast.alice).update(agent="Phone")
    ended = access_token(cast.alice)
    Api(token=ended).post("auth/logout/")
    rows = here.get("auth/sessions/").json()["results"]
    assert sorted(row["is_current"] for row in rows) == [False, True]
    assert Api(cast.bob).get("auth/sessions/").json()["count"] == 1


def test_ends_one_of_them_or_all_others(cast):
    here, there, elsewhere = (Api(cast.alice) for _ in range(3))
    [current] = [row["id"] for row in there.get("auth/sessions/").json()["results"] if row["is_current"]]
    assert here.delete(f"auth/sessions/{current}/").status_code == 204
    assert there.get("auth/me/").status_code == 401
    assert here.delete(f"auth/sessions/{current}/").status_code == 404
    answer = here.delete("auth/sessions/")
    assert (answer.status_code, answer.json()["ended"]) == (200, 1)
    assert elsewhere.get("auth/me/").status_code == 401
    assert here.get("auth/me/").status_code == 200


def test_nobody_ends_the_sessions_of_others(cast):
    running = Api(cast.alice)
    [session] = Session.objects.filter(user=cast.alice)
    for person in (cast.bob, cast.dora, cast.mallory):
        answers = [Api(person).delete(f"auth/sessions/{one}/") for one in (session.pk, uuid.uuid4())]
        bodies = [{**answer.json(), "request_id": ""} for answer in answers]
        assert answers[0].status_code == 404
        assert bodies[0] == bodies[1]
    assert running.get("auth/me/").status_code == 200


# -- profile ---------------------------------------------------------------------------------------------------------


def test_people_change_their_name_language_and_time_zone(cast):
    client = Api(cast.alice)
    wanted = {"first_name": "Aiko", "last_name": "Mori", "locale": "ja", "time_zone": "Asia/Tokyo"}
    answer = client.patch("auth/me/", wanted)
    assert answer.status_code == 200
    assert wanted.items() <= answer.json().items()
    assert client.patch("auth/me/", {"locale": ""}).json()["first_name"] == "Aiko"
    assert wanted.items() - {("locale", "ja")} <= client.get("auth/me/").json().items()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("role", "CENTER_ADMIN"),
        ("email", "x@y.test"),
        ("is_approved", True),
        ("session_version", 1),
        ("locale", "tlh"),
        ("time_zone", "../../etc/passwd"),
        ("first_name", "x" * 81),
        ("first_name", "nul\u0000"),
    ],
)
def test_and_nothing_else(cast, name, value):
    answer = Api(cast.alice).patch("auth/me/", {name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"
