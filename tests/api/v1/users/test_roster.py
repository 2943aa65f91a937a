"""Lists of people come in."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.authentication.models import User
from apps.centers.models import Center
from apps.core import tenancy
from apps.groups import operations as groups
from apps.groups.models import Group, Membership
from apps.mail.models import Mail
from tests.client import Api
from tests.letters import arrived

pytestmark = pytest.mark.django_db

LIST = """email,first name,last name,role,groups,language,phone
ann@north.test,Ann,Lee,student,N5,ja,+998901234567
ben@north.test,Ben,Ode,,N5; N4,,
tom@north.test,Tom,Ito,teacher,N5,,
"""


def send(person, text, to="users/import/", **fields):
    data = text if isinstance(text, bytes) else text.encode()
    return Api(person).post(to, {"file": SimpleUploadedFile("people.csv", data), **fields}, format="multipart")


@pytest.fixture
def n5(cast):
    return groups.create_group(name="N5")


def told(answer):
    return [(item["row"], item["column"], item["code"]) for item in answer.json()["errors"]]


def test_people_come_in_with_their_groups_and_get_a_letter(cast, n5):
    answer = send(cast.dora, LIST, create_groups="true")
    body = answer.json()
    assert answer.status_code == 201, body
    assert (body["created"], body["joined"], body["groups_created"], body["error_count"]) == (3, 4, ["N4"], 0)
    ann = User.objects.get(email="ann@north.test")
    assert (ann.get_full_name(), ann.role, ann.locale, ann.phone) == ("Ann Lee", "STUDENT", "ja", "+998901234567")
    assert ann.is_approved
    assert not ann.has_usable_password()
    assert set(n5.memberships.values_list("user__email", "role_in_group")) == {
        ("ann@north.test", "STUDENT"),
        ("ben@north.test", "STUDENT"),
        ("tom@north.test", "TEACHER"),
    }
    assert sorted(letter.to[0] for letter in arrived()) == ["ann@north.test", "ben@north.test", "tom@north.test"]


def test_the_letter_leads_to_a_password_and_in(cast, n5):
    send(cast.dora, "email\nann@north.test\n")
    [letter] = arrived()
    link = next(word for word in letter.body.split() if "#uid=" in word)
    parts = dict(part.split("=") for part in link.split("#")[1].split("&"))
    answer = Api().post("auth/password/reset/confirm/", {**parts, "new_password": "correct horse 8"})
    assert answer.status_code == 200, answer.json()
    assert Api().post("auth/login/", {"email": "ann@north.test", "password": "correct horse 8"}).status_code == 200


def test_the_same_file_again_changes_nothing_and_says_so(cast, n5):
    send(cast.dora, LIST, create_groups="true")
    before = list(User.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values())
    mails = Mail.objects.count()
    answer = send(cast.dora, LIST, create_groups="true")
    assert (answer.status_code, answer.json()["unchanged"], answer.json()["kept"]) == (200, True, 3)
    after = list(User.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values())
    assert (before, mails) == (after, Mail.objects.count())


def test_a_preview_tells_everything_and_stores_nothing(cast, n5):
    cast.dora  # noqa: B018
    people = User.objects.count()
    answer = send(cast.dora, LIST + "ann@north.test,,,,,,\n", create_groups="true", preview="true")
    body = answer.json()
    assert (answer.status_code, body["created"], body["joined"], body["groups_created"]) == (200, 3, 4, ["N4"])
    assert told(answer) == [(5, "email", "duplicate")]
    assert next((row["row"], row["outcome"], row["email"]) for row in body["rows"]) == (2, "create", "ann@north.test")
    assert (User.objects.count(), Group.objects.count(), Mail.objects.count()) == (people, 1, 0)


def test_one_bad_row_refuses_the_whole_with_its_place(cast, n5):
    answer = send(cast.dora, LIST + "nobody,,,,,,\n", create_groups="true")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "roster_refused")
    assert [(item["pointer"], item["code"]) for item in body["errors"]] == [("/rows/5/email", "invalid")]
    assert not User.objects.filter(email="ann@north.test").exists()


def test_bad_rows_are_left_out_if_asked_for(cast, n5):
    answer = send(cast.dora, LIST + "nobody,,,,,,\n", create_groups="true", mode="skip_bad_rows")
    assert (answer.status_code, answer.json()["created"]) == (201, 3)
    assert told(answer) == [(5, "email", "invalid")]


def test_groups_that_are_not_there_are_not_opened_by_a_slip_of_the_pen(cast, n5):
    answer = send(cast.dora, LIST, preview="true")
    assert told(answer) == [(3, "groups", "unknown_group")]
    assert send(cast.dora, LIST).status_code == 422


def test_the_center_is_looked_at_row_by_row(cast, n5):
    cast.carol, cast.alice, cast.bob  # noqa: B018
    Api(cast.dora).patch(f"users/{cast.bob.pk}/", {"is_active": False})
    full = groups.create_group(name="Full", max_students=1)
    groups.archive_group(group_id=groups.create_group(name="Old").pk)
    lines = [
        "email,role,groups",
        f"{cast.carol.email},student,",
        f"{cast.bob.email},,",
        "one@north.test,,FULL",
        "two@north.test,,full",
        "old@north.test,,Old",
        "guest@north.test,guest,N5",
        f"{cast.dora.email},,N5",
        f"{cast.alice.email.upper()},,n5",
    ]
    answer = send(cast.dora, "\n".join(lines), mode="skip_bad_rows")
    assert answer.status_code == 201, answer.json()
    assert told(answer) == [
        (2, "role", "role_differs"),
        (3, "email", "shut_out"),
        (5, "groups", "group_full"),
        (6, "groups", "group_archived"),
        (7, "groups", "no_member_role"),
        (8, "groups", "no_member_role"),
    ]
    assert set(full.memberships.values_list("user__email", flat=True)) == {"one@north.test"}
    assert set(n5.memberships.values_list("user__email", flat=True)) == {cast.alice.email}
    assert User.objects.get(pk=cast.alice.pk).first_name == "Alice"


def test_people_who_are_here_are_changed_only_if_asked_for(cast):
    text = f"email,first name,last name,phone\n{cast.alice.email},Alicia,,12345\n"
    assert send(cast.dora, text).json()["unchanged"] is True
    answer = send(cast.dora, text, update_existing="true")
    assert (answer.status_code, answer.json()["updated"]) == (201, 1)
    alice = User.objects.get(pk=cast.alice.pk)
    assert (alice.first_name, alice.last_name, alice.phone) == ("Alicia", "North", "12345")
    assert send(cast.dora, text, update_existing="true").json()["unchanged"] is True


def test_guests_of_a_list_are_here_for_a_time(cast):
    send(cast.dora, "email,role\ng@north.test,guest\n")
    assert User.objects.get(email="g@north.test").access_ends_at is not None


def test_letters_can_be_left_out_and_sent_later(cast):
    send(cast.dora, "email\nann@north.test\n", send_invitations="false")
    assert arrived() == []
    ann = User.objects.get(email="ann@north.test")
    assert Api(cast.dora).post(f"users/{ann.pk}/resend-invitation/").json()["is_invited"] is True
    assert len(arrived()) == 1


def test_a_new_group_has_places_for_all_who_come(cast):
    text = "email,groups\n" + "".join(f"p{n}@north.test,Big\n" for n in range(35))
    assert send(cast.dora, text, create_groups="true").json()["joined"] == 35
    assert Group.objects.get(name="Big").max_students == 35


def test_more_people_than_the_plan_has_seats_for_are_refused_whole(cast):
    cast.dora  # noqa: B018
    with tenancy.enter(tenancy.PUBLIC):
        Center.objects.filter(slug="north").update(limit_overrides={"seats": 2})
    tenancy.forget()
    text = "email\nann@north.test\nben@north.test\n"
    assert send(cast.dora, text, preview="true").json()["refusal"]["code"] == "plan_limit_reached"
    answer = send(cast.dora, text)
    assert answer.json()["code"] == "plan_limit_reached"
    assert not User.objects.filter(email="ann@north.test").exists()


def test_the_work_in_the_database_hardly_grows_with_the_list(cast, count_queries):
    def text(name, count):
        return "email,groups\n" + "".join(f"{name}{n}@north.test,N5\n" for n in range(count))

    groups.create_group(name="N5", max_students=1000)
    send(cast.dora, text("first", 1))
    with count_queries() as few:
        send(cast.dora, text("a", 5))
    with count_queries() as many:
        send(cast.dora, text("b", 200))
    # For many, the moment is asked for once and written as a value.
    assert len(many) <= len(few) + 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"name\nAnn\n", "no_email_column"),
        ("email,name\na@b.de,Jürgen\n".encode("cp1252"), "unknown_encoding"),
        (b"PK\x03\x04 no workbook", "broken_xlsx"),
        (b"email\n" + b"".join(b"p%d@b.com\n" % n for n in range(100_000)), "too_many_rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_reason(cast, data, code):
    answer = send(cast.dora, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "roster_unreadable")
    assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [("/file", code)]


@pytest.mark.parametrize("fields", [{"mode": "some"}, {"preview": "perhaps"}, {"role": "OWNER"}])
def test_fields_are_checked(cast, fields):
    answer = send(cast.dora, LIST, **fields)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(fields))}")
    assert Api(cast.dora).post("users/import/", {}, format="multipart").json()["errors"][0]["pointer"] == "/file"


@pytest.mark.parametrize("name", ["carol", "alice", "gus"])
def test_only_admins_import(cast, name):
    assert send(getattr(cast, name), LIST).status_code == 403
    assert Api(getattr(cast, name)).get("users/import/template/").status_code == 403


@pytest.mark.parametrize(("to", "kind"), [("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats")])
def test_the_empty_list_can_be_had(cast, to, kind):
    answer = Api(cast.dora).get(f"users/import/template/?to={to}")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert answer["Content-Disposition"] == f'attachment; filename="people.{to}"'
    if to == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames == ["people", "help"]
    assert Api(cast.dora).get("users/import/template/?to=pdf").status_code == 422
