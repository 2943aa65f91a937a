from __future__ import annotations

import io
import uuid

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.audit.models import Entry
from apps.centers.models import Center
from apps.core import tenancy
from tests.client import Api

pytestmark = pytest.mark.django_db
LIST = "center-admin-centers/"
LOGO = "centers/avatar/"


@pytest.fixture
def dora(cast, api):
    return api(cast.dora)


@pytest.fixture
def one(north):
    return f"{LIST}{north.id}/"


@pytest.fixture
def media(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "apps.core.files.storage.LocalStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


def picture(size=(800, 200), kind="PNG", color="navy", **options) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, kind, **options)
    return made.getvalue()


def upload(client, data: bytes, name="logo.png", method="post"):
    return getattr(client, method)(LOGO, {"avatar": SimpleUploadedFile(name, data)}, format="multipart")


def test_shows_the_fields_that_clients_read(dora, one, north):
    body = dora.get(one).json()
    assert {
        "id",
        "name",
        "slug",
        "avatar",
        "description",
        "email",
        "phone",
        "website",
        "address",
        "primary_color",
    } <= set(body)
    assert (body["id"], body["status"], body["status_display"], body["is_ready"]) == (
        str(north.id),
        "ACTIVE",
        "Active",
        True,
    )
    listed = dora.get(LIST).json()
    assert (listed["count"], listed["results"]) == (1, [body])


@pytest.mark.parametrize("method", ["patch", "put"])
def test_changes_what_it_is_given_and_nothing_else(dora, one, north, method):
    changes = {
        "name": "Sakura",
        "description": "A school.",
        "email": "office@sakura.jp",
        "phone": "+81 3 0000 0000",
        "website": "sakura.jp",
        "address": "Tokyo",
        "primary_color": "#FFDD00",
        "locale": "ja",
        "time_zone": "Asia/Tokyo",
        "registration": "OPEN",
    }
    body = getattr(dora, method)(one, changes).json()
    assert {name: body[name] for name in changes} == {**changes, "website": "https://sakura.jp"}
    assert body["brand"]["text"] == "#1d1a1b"
    cleared = getattr(dora, method)(one, {"email": "", "phone": "", "website": "", "address": "", "description": ""})
    assert cleared.status_code == 200
    row = Center.objects.get(pk=north.id)
    assert (row.name, row.website, row.status, row.slug) == ("Sakura", "", "ACTIVE", "north")
    assert tenancy.find_by_host("north.localhost").name == "Sakura"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"status": "TRIAL"}, "/status"),
        ({"plan": "PRO"}, "/plan"),
        ({"slug": "south"}, "/slug"),
        ({"schema_name": "c_south"}, "/schema_name"),
        ({"id": str(uuid.uuid4())}, "/id"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"email": "x"}, "/email"),
        ({"website": "javascript:alert(1)"}, "/website"),
        ({"primary_color": "red"}, "/primary_color"),
        ({"primary_color": "#12345"}, "/primary_color"),
        ({"locale": "fr"}, "/locale"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"registration": "EVERYBODY"}, "/registration"),
    ],
)
def test_refuses_with_its_place(dora, one, north, change, pointer):
    before = Center.objects.filter(pk=north.id).values().get()
    answer = dora.patch(one, change)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]
    assert Center.objects.filter(pk=north.id).values().get() == before


def test_every_other_center_is_unknown(dora, south):
    for method in ("get", "patch", "put"):
        said = [getattr(dora, method)(f"{LIST}{id}/", {}) for id in (south.id, uuid.uuid4())]
        assert {answer.status_code for answer in said} == {404}
        assert {**said[0].json(), "request_id": ""} == {**said[1].json(), "request_id": ""}


@pytest.mark.parametrize("name", ["alice", "carol", "gus"])
def test_is_for_admins(cast, api, one, name):
    client = api(getattr(cast, name))
    assert client.get(LIST).status_code == client.get(one).status_code == client.patch(one, {}).status_code == 403
    assert upload(client, picture()).status_code == 403
    assert client.delete(LOGO).status_code == 403


# -- the logo ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_a_logo_is_made_anew_and_shown_by_an_address_of_its_own(media, dora, one, method):
    text = PngInfo()
    text.add_text("Comment", "canary")
    answer = upload(dora, picture((3000, 1500), pnginfo=text) + b"PK\x03\x04 canary", method=method)
    assert answer.status_code == 200, answer.content
    address = answer.json()["avatar"]
    assert address.startswith("http://north.localhost/api/v1/pictures/")
    assert dora.get(one).json()["avatar"] == address
    shown = Api().get(address.removeprefix("http://north.localhost"))
    assert shown.status_code == 200
    assert b"canary" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert image.size == (512, 256)


def test_an_earlier_logo_is_removed_with_the_next(media, dora, north, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        upload(dora, picture())
    first = Center.objects.get(pk=north.id).logo
    assert first.startswith(f"c/{north.id}/logo/")
    assert default_storage.exists(first)
    with django_capture_on_commit_callbacks(execute=True):
        upload(dora, picture(color="red"))
    second = Center.objects.get(pk=north.id).logo
    assert not default_storage.exists(first)
    assert default_storage.exists(second)
    with django_capture_on_commit_callbacks(execute=True):
        assert dora.delete(LOGO).json()["avatar"] is None
    assert not default_storage.exists(second)
    assert list(Entry.objects.filter(subject="center").order_by("pk").values_list("action", flat=True)) == [
        "center.logo_changed",
        "center.logo_changed",
        "center.logo_removed",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"%PDF-1.4 not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<html><script>alert(1)</script>",
        picture()[:60],
    ],
)
def test_what_is_no_picture_is_refused(media, dora, north, data):
    answer = upload(dora, data)
    assert answer.status_code == 422
    assert {problem["pointer"] for problem in answer.json()["errors"]} == {"/avatar"}
    assert Center.objects.get(pk=north.id).logo == ""
    assert not list(media.rglob("*.*"))


def test_refuses_a_body_without_a_file(dora):
    assert dora.post(LOGO, {}, format="multipart").status_code == 422


def test_the_brand_is_on_the_pages_of_the_center_and_in_what_it_says_of_itself(media, cast, dora, one):
    dora.patch(one, {"name": "Sakura & <b>Co</b>", "primary_color": "#ffdd00"})
    logo = upload(dora, picture()).json()["avatar"]
    page = Api().get("/").content.decode()
    assert "Sakura &amp; &lt;b&gt;Co" in page
    assert "<b>Co" not in page
    assert dora.get(one).json()["brand"]["accent"] in page
    assert logo.removeprefix("http://north.localhost").partition("?")[0] in page
    info = dora.get("auth/me/").json()["center_info"]
    assert (info["name"], info["avatar"], info["brand"]["color"]) == ("Sakura & <b>Co</b>", logo, "#ffdd00")
