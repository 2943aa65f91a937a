"""What people change of themselves."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.authentication.models import User
from apps.groups import operations as groups
from tests.cast import PASSWORD
from tests.client import Api
from tests.letters import arrived

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}
    return tmp_path


PROFILE = {
    "first_name": "Alicia",
    "last_name": "Smith",
    "locale": "ja",
    "time_zone": "Asia/Tashkent",
    "bio": "Learns Japanese.",
    "address": "1 North Street",
    "city": "Toshkent",
    "phone": "+998 90 123 45 67",
    "emergency_contact_phone": "(90) 765-43-21",
}


@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_person_tells_of_themselves(cast, method):
    answer = getattr(Api(cast.alice), method)("auth/me/", PROFILE)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in PROFILE} == PROFILE
    assert getattr(Api(cast.alice), method)("auth/me/", {"city": ""}).json()["bio"] == "Learns Japanese."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("locale", "tlh"),
        ("phone", "call me"),
        ("emergency_contact_phone", "=1+1"),
        ("bio", "x" * 1001),
        ("email", "x@north.test"),
        ("role", "CENTER_ADMIN"),
        ("is_approved", True),
        ("access_ends_at", None),
        ("avatar", "c/other.png"),
        ("first_name", "A\u0000"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(cast, field, value):
    answer = Api(cast.alice).patch("auth/me/", {field: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")


def test_my_groups_are_named(cast):
    group = groups.create_group(name="N5")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    body = Api(cast.alice).get("auth/me/").json()
    assert body["my_groups"] == [{"id": str(group.pk), "name": "N5", "role": "STUDENT"}]
    assert body["center"] == str(cast.north.id)
    assert Api(cast.olga).get("auth/me/").json()["my_groups"] == []


# -- the picture -----------------------------------------------------------------------------------------------------


def picture(size=(900, 300), form="PNG", **options):
    made = io.BytesIO()
    Image.new("RGB", size).save(made, form, **options)
    return made.getvalue()


def upload(person, data, method="post", field="avatar"):
    file = SimpleUploadedFile("me.svg", data, content_type="image/svg+xml")
    return getattr(Api(person), method)("auth/avatar/", {field: file}, format="multipart")


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_a_picture_is_made_anew_and_shown_by_a_signed_address(cast, method, storage):
    exif = Image.Exif()
    exif[0x010E] = "Home of Alice"
    answer = upload(cast.alice, picture(form="JPEG", exif=exif), method)
    assert answer.status_code == 200, answer.json()
    address = answer.json()["avatar"]
    assert address.startswith("http://north.localhost/api/v1/pictures/avatars/")
    shown = Api().get(address.removeprefix("http://north.localhost"))
    assert Image.open(io.BytesIO(shown.content)).size == (512, 171)
    assert b"Home of Alice" not in shown.content
    [row] = Api(cast.dora).get("users/?search=alice").json()["results"]
    assert urlsplit(row["avatar"]).path == urlsplit(address).path


def test_the_picture_before_is_removed(cast, storage, django_capture_on_commit_callbacks):
    upload(cast.alice, picture())
    [first] = storage.rglob("*.jpg")
    with django_capture_on_commit_callbacks(execute=True):
        upload(cast.alice, picture((20, 20)))
    [second] = storage.rglob("*.jpg")
    assert first != second
    with django_capture_on_commit_callbacks(execute=True):
        assert Api(cast.alice).delete("auth/avatar/").json()["avatar"] is None
    assert list(storage.rglob("*.jpg")) == []
    assert Api(cast.alice).delete("auth/avatar/").status_code == 200


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"<svg/>", "not_a_picture"), (b"%PDF-1.7", "not_a_picture")]
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(cast, data, code, storage):
    answer = upload(cast.alice, data)
    assert answer.status_code == 422
    assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [("/avatar", code)]
    assert [path for path in storage.rglob("*") if path.is_file()] == []


def test_a_picture_is_needed_and_not_too_large(cast):
    assert Api(cast.alice).post("auth/avatar/", {}, format="multipart").json()["errors"][0]["pointer"] == "/avatar"
    assert upload(cast.alice, b"x" * (10 * 2**20 + 1)).status_code in (413, 422)
    assert upload(cast.alice, picture(), field="file").status_code == 422


def test_owners_have_a_picture_too(cast):
    address = upload(cast.olga, picture()).json()["avatar"]
    assert address.startswith("http://localhost/api/v1/pictures/avatars/")


# -- the address -----------------------------------------------------------------------------------------------------


def ask(person, email, password=PASSWORD):
    return Api(person).post("auth/email/", {"email": email, "password": password})


def link_in(letter):
    link = next(word for word in letter.body.split() if "#uid=" in word)
    return dict(part.split("=") for part in link.split("#")[1].split("&"))


def test_a_new_address_counts_when_its_letter_is_answered_and_the_old_one_is_told(cast):
    alice = Api(cast.alice)
    assert ask(cast.alice, "Alicia@north.test").status_code == 202
    assert alice.get("auth/me/").json()["email"] == cast.alice.email
    assert alice.get("auth/me/").json()["new_email"] == "alicia@north.test"
    [letter] = arrived()
    assert letter.to == ["alicia@north.test"]
    assert Api().post("auth/verify/", link_in(letter)).status_code == 200
    assert alice.get("auth/me/").status_code == 401
    told = arrived()[-1]
    assert told.to == [cast.alice.email]
    assert "alicia@north.test" in told.body
    assert Api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD}).status_code == 401
    signed_in = Api().post("auth/login/", {"email": "alicia@north.test", "password": PASSWORD})
    assert signed_in.json()["user"]["email_verified_at"]
    assert Api().post("auth/verify/", link_in(letter)).json()["code"] == "link_refused"


def test_a_later_wish_kills_the_link_before(cast):
    ask(cast.alice, "one@north.test")
    [letter] = arrived()
    ask(cast.alice, "two@north.test")
    assert Api().post("auth/verify/", link_in(letter)).status_code == 404
    assert User.objects.get(pk=cast.alice.pk).email == cast.alice.email


def test_the_password_is_asked_for(cast):
    answer = ask(cast.alice, "one@north.test", "wrong")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password")
    assert ask(cast.alice, "no", PASSWORD).json()["errors"][0]["pointer"] == "/email"


def test_whose_address_it_is_is_not_told_and_nobody_is_written_to(cast):
    free, taken = ask(cast.alice, "free@north.test"), ask(cast.alice, cast.bob.email)
    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    assert arrived() == []


def test_an_address_that_somebody_took_meanwhile_is_refused(cast):
    ask(cast.alice, "one@north.test")
    [letter] = arrived()
    Api(cast.dora).post("users/", {"email": "one@north.test", "password": PASSWORD, "role": "STUDENT"})
    answer = Api().post("auth/verify/", link_in(letter))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_a_link_of_another_center_is_none(cast):
    ask(cast.alice, "one@north.test")
    [letter] = arrived()
    assert Api(host="south.localhost").post("auth/verify/", link_in(letter)).status_code == 404
