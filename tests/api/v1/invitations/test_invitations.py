"""Inviting people and letting them in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.authentication.models import Invitation, User
from apps.mail.models import Mail
from tests.client import Api
from tests.letters import arrived, link_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence 9"


def invite(cast, **body):
    answer = Api(cast.dora).post("centers/invitations/", {"role": "STUDENT", **body})
    assert answer.status_code == 201, answer.content
    return answer.json()


def register(code, email="new@north.test", host="north.localhost", **more):
    body = {"email": email, "password": PASSWORD, "invitation_code": code, **more}
    return Api(host=host).post("auth/register/", body)


def decide(cast, verb, code):
    return Api(cast.dora).post(f"centers/invitations/{verb}/", {"code": code})


def sign_in(email="new@north.test"):
    return Api().post("auth/login/", {"email": email, "password": PASSWORD})


def test_one_is_answered_as_itself_and_several_as_an_array(cast):
    one = invite(cast, role="TEACHER")
    assert re.fullmatch("[A-Z0-9]{10}", one["code"])
    assert (one["role"], one["status"], one["is_guest"], one["target_user"]) == ("TEACHER", "PENDING", False, None)
    assert one["invited_by_id"] == str(cast.dora.pk)
    assert one["center_id"] == str(cast.north.id)
    many = invite(cast, quantity="100")
    assert len({row["code"] for row in many}) == 100


def test_hundred_invitations_take_a_handful_of_statements(cast, count_queries):
    client = Api(cast.dora)
    emails = [f"p{n}@north.test" for n in range(100)]
    with count_queries() as queries:
        assert client.post("centers/invitations/", {"role": "STUDENT", "emails": emails}).status_code == 201
    assert len(queries) < 16


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/role"}),
        ({"role": "CENTER_ADMIN"}, {"/role"}),
        ({"role": "OWNER"}, {"/role"}),
        ({"role": "TEACHER", "is_guest": True}, {"/is_guest"}),
        ({"role": "STUDENT", "quantity": 0}, {"/quantity"}),
        ({"role": "STUDENT", "quantity": 101}, {"/quantity"}),
        ({"role": "STUDENT", "quantity": 2, "emails": ["a@b.test"]}, {"/quantity"}),
        ({"role": "STUDENT", "emails": ["a@b.test\nBcc: c@d.test"]}, {"/emails/0"}),
        ({"role": "STUDENT", "emails": ["a@b.test", "A@B.test"]}, {"/emails/1"}),
        ({"role": "STUDENT", "emails": ["x@b.test", "dora@north.test"]}, {"/emails/1"}),
        ({"role": "STUDENT", "expires_at": "2020-01-01T00:00:00Z"}, {"/expires_at"}),
        ({"role": "STUDENT", "expires_at": "2090-01-01T00:00:00Z"}, {"/expires_at"}),
        ({"role": "STUDENT", "status": "APPROVED"}, {"/status"}),
    ],
)
def test_refuses_what_makes_no_sense(cast, body, pointers):
    answer = Api(cast.dora).post("centers/invitations/", body)
    assert answer.status_code == 422, answer.content
    assert {problem["pointer"] for problem in answer.json()["errors"]} == pointers
    assert not Invitation.objects.exists()


def test_lives_two_weeks_and_a_day_for_guests(cast):
    def life(row):
        made = Invitation.objects.get(pk=row["id"])
        return made.expires_at - made.created_at

    assert life(invite(cast)) == timedelta(days=14)
    assert life(invite(cast, is_guest=True)) == timedelta(hours=24)


def test_goes_by_mail_to_each_address(cast):
    rows = invite(cast, emails=["Ann@North.test", "ben@north.test"])
    letters = arrived()
    assert {message.to[0] for message in letters} == {"ann@north.test", "ben@north.test"}
    for row in rows:
        [letter] = [message for message in letters if message.to == [row["email"]]]
        assert link_in(letter).endswith(f"//north.localhost:8000/join/#code={row['code']}")
        assert row["code"] in letter.body


def test_a_letter_about_a_rejected_invitation_does_not_leave(cast):
    row = invite(cast, emails=["ann@north.test"])
    decide(cast, "reject", row["code"])
    assert arrived() == []
    assert Mail.objects.get().status == "NEEDLESS"


def test_a_code_makes_an_account_that_waits_until_it_is_approved(cast):
    code = invite(cast, role="TEACHER")["code"]
    answer = register(f" {code[:5].lower()}-{code[5:].lower()}", first_name="Nina")
    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["role"]) == ("new@north.test", "TEACHER")
    assert sign_in().status_code == 401
    [listed] = Api(cast.dora).get("centers/invitations/list/?is_used=true").json()["results"]
    assert (listed["status"], listed["target_user"]["email"]) == ("PENDING", "new@north.test")
    answer = decide(cast, "approve", code)
    assert answer.status_code == 200
    assert isinstance(answer.json()["detail"], str)
    assert sign_in().json()["user"]["role"] == "TEACHER"
    assert decide(cast, "approve", code).status_code == 200
    subjects = [message.subject for message in arrived("new@north.test")]
    assert sorted(subjects) == ["Confirm your e-mail address", "You can sign in at North"]


def test_a_guest_invitation_makes_a_guest(cast):
    code = invite(cast, is_guest=True)["code"]
    assert register(code).json()["role"] == "GUEST"
    decide(cast, "approve", code)
    assert sign_in().json()["user"]["role"] == "GUEST"
    [guest] = Api(cast.dora).get("guests/").json()["results"]
    assert (guest["email"], guest["invitation_code"], guest["is_expired"]) == ("new@north.test", code, False)


def refusals(cast):
    used, rejected, expired = (invite(cast)["code"] for _ in range(3))
    bound = invite(cast, emails=["ann@north.test"])["code"]
    assert register(used, "first@north.test").status_code == 201
    decide(cast, "reject", rejected)
    Invitation.objects.filter(code=expired).update(expires_at=timezone.now() - timedelta(seconds=1))
    return {"used": used, "rejected": rejected, "expired": expired, "for another": bound, "unknown": "ABCDEFGH22"}


def test_whatever_is_wrong_with_a_code_the_refusal_is_the_same(cast):
    elsewhere = invite(cast)["code"]
    answers = {name: register(code) for name, code in refusals(cast).items()}
    answers["another center"] = register(elsewhere, host="south.localhost")
    bodies = []
    for name, answer in answers.items():
        assert answer.status_code == 404, name
        bodies.append({**answer.json(), "request_id": ""})
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "invitation_refused"
    assert not User.objects.filter(email="new@north.test").exists()
    assert register(elsewhere).status_code == 201


def test_approving_needs_somebody_who_registered(cast):
    code = invite(cast)["code"]
    assert decide(cast, "approve", code).json()["code"] == "invitation_unclaimed"
    assert decide(cast, "approve", "ABCDEFGH22").status_code == 404
    assert decide(cast, "reject", code).status_code == 200
    assert decide(cast, "approve", code).json()["code"] == "invitation_decided"
    assert register(code).status_code == 404


def test_rejecting_shuts_out_who_registered(cast):
    code = invite(cast)["code"]
    register(code)
    assert decide(cast, "reject", code).json()["invitation"]["status"] == "REJECTED"
    person = User.objects.get(email="new@north.test")
    assert (person.is_active, person.is_approved) == (False, False)
    assert sign_in().status_code == 401
    approved = invite(cast)["code"]
    register(approved, "second@north.test")
    decide(cast, "approve", approved)
    assert decide(cast, "reject", approved).status_code == 409


def test_approving_the_person_approves_the_invitation(cast):
    for number, verb in enumerate(["post", "patch"]):
        email = f"p{number}@north.test"
        code = invite(cast)["code"]
        register(code, email)
        person = User.objects.get(email=email)
        if verb == "post":
            answer = Api(cast.dora).post(f"users/{person.pk}/approve/")
        else:
            answer = Api(cast.dora).patch(f"users/{person.pk}/", {"is_approved": True})
        assert answer.status_code == 200
        assert Invitation.objects.get(code=code).status == "APPROVED"


def test_lists_with_filters(cast):
    names = refusals(cast)
    invite(cast, role="TEACHER")

    def listed(query=""):
        answer = Api(cast.dora).get(f"centers/invitations/list/{query}")
        assert answer.status_code == 200, answer.content
        return {row["code"] for row in answer.json()["results"]}

    assert len(listed()) == 5
    assert listed("?status=EXPIRED") == {names["expired"]}
    assert listed("?status=REJECTED") == {names["rejected"]}
    assert listed("?is_used=true") == {names["used"]}
    assert len(listed("?role=TEACHER")) == 1
    assert listed(f"?search={names['used'][2:8].lower()}") == {names["used"]}
    assert listed("?search=ann@") == {names["for another"]}
    assert len(listed("?ordering=-expires_at&page_size=2")) == 2
    for bad in ("?ordering=target_user__password", "?status=NOPE", "?target_user__password=x"):
        assert Api(cast.dora).get(f"centers/invitations/list/{bad}").status_code == 422


def test_the_list_takes_as_many_statements_for_few_as_for_many(cast, count_queries):
    client = Api(cast.dora)

    def cost():
        with count_queries() as queries:
            client.get("centers/invitations/list/?page_size=100")
        return len(queries)

    for number in range(3):
        register(invite(cast)["code"], f"a{number}@north.test")
    few = cost()
    for number in range(10):
        register(invite(cast)["code"], f"b{number}@north.test")
    assert cost() == few


def test_only_admins_invite(cast):
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).post("centers/invitations/", {"role": "STUDENT"}).status_code == 403
        assert Api(person).get("centers/invitations/list/").status_code == 403
    assert Api(cast.sybil).get("centers/invitations/list/").json()["count"] == 0
    assert mail.outbox == []


def test_an_unused_code_can_be_withdrawn(cast):
    code = Api(cast.dora).post("centers/invitations/", {"role": "STUDENT"}).json()["code"]
    for _ in range(2):
        answer = Api(cast.dora).post("centers/invitations/withdraw/", {"code": code})
        assert (answer.status_code, answer.json()["invitation"]["status"]) == (200, "REJECTED")
        assert answer.json()["invitation"]["reason"] == "Withdrawn."
    body = {"email": "w@north.test", "password": "a long sentence 9", "invitation_code": code}
    assert Api().post("auth/register/", body).json()["code"] == "invitation_refused"


def test_a_letter_with_a_code_can_be_sent_again(cast):
    made = Api(cast.dora).post("centers/invitations/", {"role": "STUDENT", "emails": ["w@north.test"]}).json()
    assert len(arrived("w@north.test")) == 1
    Invitation.objects.update(expires_at="2020-01-01T00:00:00Z")
    answer = Api(cast.dora).post("centers/invitations/resend/", {"code": made["code"]})
    assert (answer.status_code, answer.json()["invitation"]["status"]) == (200, "PENDING")
    assert len(arrived("w@north.test")) == 2
    Api(cast.dora).post("centers/invitations/resend/", {"code": made["code"]})
    assert len(arrived("w@north.test")) == 2


def test_what_cannot_be_sent_again_or_withdrawn_is_told(cast):
    admin = Api(cast.dora)
    code = admin.post("centers/invitations/", {"role": "STUDENT"}).json()["code"]
    assert admin.post("centers/invitations/resend/", {"code": code}).json()["code"] == "no_address"
    body = {"email": "w@north.test", "password": "a long sentence 9", "invitation_code": code}
    assert Api().post("auth/register/", body).status_code == 201
    assert admin.post("centers/invitations/withdraw/", {"code": code}).json()["code"] == "invitation_used"
    sent = admin.post("centers/invitations/", {"role": "STUDENT", "emails": ["v@north.test"]}).json()["code"]
    admin.post("centers/invitations/withdraw/", {"code": sent})
    assert admin.post("centers/invitations/resend/", {"code": sent}).json()["code"] == "invitation_decided"
    for verb in ("withdraw", "resend"):
        assert admin.post(f"centers/invitations/{verb}/", {"code": "ABCDEFGHJK"}).status_code == 404
        assert Api(cast.sybil).post(f"centers/invitations/{verb}/", {"code": code}).status_code == 404
        for person in (cast.carol, cast.alice):
            assert Api(person).post(f"centers/invitations/{verb}/", {"code": code}).status_code == 403
