"""Folders and materials over HTTP: who sees what, what is taken, and how files leave."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from api.v1.materials import serializers as shapes
from apps.centers.operations import subscriptions
from apps.groups import operations as groups
from apps.materials import operations
from apps.materials.models import Category, Material, StoredFile
from apps.notifications.models import Notice
from tests.client import Api
from tests.core.files import samples

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A storage of one's own."""
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}
    return Path(tmp_path)


def stored(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def group(cast):
    """Alice is in it, Carol teaches it."""
    made = groups.create_group(name="N5 A")
    groups.add_members(group_id=made.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    return made


def send(person, content=None, method="post", path="materials/", **fields):
    if content is not None:
        fields["file"] = SimpleUploadedFile("Key is B.bin", content)
    return getattr(Api(person), method)(path, {"name": "Handout", **fields}, format="multipart")


def names(person, path="materials/"):
    answer = Api(person).get(path)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def places(answer):
    assert answer.status_code == 422, answer.content
    return {(flaw["pointer"], flaw["code"]) for flaw in answer.json()["errors"]}


def local(url):
    return urlsplit(url)._replace(scheme="", netloc="").geturl()


# -- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_made_by_a_form_with_odd_values(cast, group):
    """As the forms of a known client send it."""
    body = {"name": "Kanji", "group_ids": [str(group.pk)], "file_type": "undefined", "category_id": "null"}
    answer = Api(cast.carol).post("material-categories/", body, format="multipart")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["name"], made["count"], made["is_public"]) == ("Kanji", 0, False)
    assert made["groups"] == [{"id": str(group.pk), "name": "N5 A"}]
    assert made["created_by"]["id"] == str(cast.carol.pk)
    body = {"name": "Kanji 2", "file_type": "undefined", "category_id": "[object Object]"}
    answer = Api(cast.carol).patch(f"material-categories/{made['id']}/", body, format="multipart")
    assert (answer.status_code, answer.json()["name"], len(answer.json()["groups"])) == (200, "Kanji 2", 1)


def test_without_a_word_a_folder_is_for_the_center_if_it_is_for_no_group(cast, group):
    made = Api(cast.carol).post("material-categories/", {"name": "Rules"}).json()
    assert made["is_public"] is True
    for said, shown in ((False, False), (True, True)):
        body = {"name": "x", "is_public": said, "group_ids": [str(group.pk)] if said else []}
        assert Api(cast.carol).post("material-categories/", body).json()["is_public"] is shown


def test_lists_of_folders_show_what_a_person_may_see(cast, group):
    for name, fields in {"all": {}, "ours": {"group_ids": [group.pk]}, "staff": {"is_public": False}}.items():
        operations.create_category(actor=cast.dora, name=name, **fields)
    assert names(cast.dora, "material-categories/") == ["all", "ours", "staff"]
    assert names(cast.other_teacher, "material-categories/") == ["all", "ours", "staff"]
    assert names(cast.alice, "material-categories/") == ["all", "ours"]
    assert names(cast.bob, "material-categories/") == ["all"]
    assert names(cast.gus, "material-categories/") == []
    answer = Api(cast.alice).get("material-categories/?page=all").json()
    assert [row["name"] for row in answer] == ["all", "ours"]
    assert names(cast.dora, "material-categories/?search=our&ordering=-name") == ["ours"]


def test_folders_are_changed_by_who_made_them_and_by_administrators(cast, group):
    category = operations.create_category(actor=cast.carol, name="Mine")
    path = f"material-categories/{category.pk}/"
    answer = Api(cast.other_teacher).patch(path, {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert Api(cast.alice).patch(path, {"name": "x"}).status_code == 403
    assert Api(cast.dora).put(path, {"name": "Ours"}).json()["name"] == "Ours"
    assert places(Api(cast.carol).patch(path, {"name": ""})) == {("/name", "blank")}
    foreign = groups.create_group(name="Not Cyril's")
    body = {"name": "x", "group_ids": [str(foreign.pk)]}
    assert places(Api(cast.other_teacher).post("material-categories/", body)) == {("/group_ids/0", "unknown_group")}
    assert Api(cast.sybil).patch(path, {"name": "x"}).status_code == 404


def test_a_folder_goes_with_what_is_in_it(cast, folder):
    category = operations.create_category(actor=cast.carol, name="Mine")
    operations.share_material(actor=cast.carol, name="a", file=samples.pdf(), category_id=category.pk)
    other = operations.share_material(actor=cast.dora, name="b", file=samples.wav(), category_id=category.pk)
    answer = Api(cast.carol).delete(f"material-categories/{category.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "category_not_empty")
    operations.delete_material(actor=cast.dora, material_id=other.pk)
    assert Api(cast.carol).delete(f"material-categories/{category.pk}/").status_code == 204
    assert not Category.objects.exists()
    assert not Material.objects.exists()
    assert not StoredFile.objects.exists()


# -- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "file_type", "media_type"),
    [
        (samples.pdf(), "PDF", "application/pdf"),
        (samples.docx(), "DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (samples.mp3(), "AUDIO", "audio/mpeg"),
        (samples.picture("JPEG"), "IMAGE", "image/jpeg"),
    ],
)
def test_a_file_is_handed_out_and_comes_back_by_its_link(cast, content, file_type, media_type):
    made = send(cast.carol, content, file_type=file_type, category_id="undefined")
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["file_type"], body["media_type"], body["category"]) == (file_type, media_type, None)
    assert (body["is_public"], body["created_by"]["full_name"]) == (True, cast.carol.get_full_name())
    shown = Api(cast.alice).get("materials/").json()["results"][0]
    answer = Api().get(local(shown["file"]))  # a new tab sends no token
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.content == content or file_type == "IMAGE"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"].startswith("private")
    kept = "attachment" if file_type in ("PDF", "DOCX") else "inline"
    assert answer.headers["Content-Disposition"].startswith(f'{kept}; filename="Handout.')
    assert shown["created_by"]["email"] is None


@pytest.mark.parametrize("link", ["https://example.com/a?b=c#d", "http://日本.example/"])
def test_a_link_of_the_web_is_handed_out(cast, link):
    made = Api(cast.carol).post("materials/", {"name": "Site", "link": link})
    assert made.status_code == 201, made.content
    assert (made.json()["file"], made.json()["file_type"], made.json()["size"]) == (link, "LINK", None)


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "data:text/html,x", "ftp://example.com/", "//example.com", "https://", "vbscript:x"),
        *("https://user:pw@example.com/", "https://example.com/a b", "file:///etc/passwd", " java\tscript:alert(1)"),
        "https://[::1",
    ],
)
def test_no_other_link_is(cast, link):
    for answer in (
        Api(cast.carol).post("materials/", {"name": "Site", "link": link}),
        Api(cast.carol).post("materials/", {"name": "Site", "link": link}, format="multipart"),
    ):
        assert {pointer for pointer, _ in places(answer)} == {"/link"}
    assert not Material.objects.exists()


@pytest.mark.parametrize(
    ("content", "file_type", "code"),
    [
        (samples.picture(), "PDF", "wrong_type"),
        (samples.pdf(), "AUDIO", "wrong_type"),
        (samples.docx(), "IMAGE", "wrong_type"),
        (b"<svg onload=alert(1)>", "IMAGE", "unknown_type"),
        (b"<html></html>", "OTHER", "unknown_type"),
        (b"MZ\x90\x00", "PDF", "unknown_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "DOCX", "unknown_type"),
        (samples.pdf() + samples.docx(), "PDF", "polyglot"),
        (samples.docx({"word/vbaProject.bin": b"x"}), "DOCX", "macros"),
        (samples.pdf()[:20], "PDF", "damaged"),
        (samples.claimed_png(10_000, 10_000), "IMAGE", "too_large"),
        (samples.wav(0), "AUDIO", "damaged"),
    ],
)
def test_what_is_something_else_is_refused_and_leaves_nothing(cast, folder, content, file_type, code):
    assert places(send(cast.carol, content, file_type=file_type)) == {("/file", code)}
    assert (stored(folder), Material.objects.count()) == ([], 0)


def test_what_is_missing_or_too_much_is_refused(cast, monkeypatch):
    assert places(send(cast.carol)) == {("/file", "required")}
    assert places(send(cast.carol, samples.pdf(), link="https://example.com/")) == {("/link", "invalid")}
    assert places(send(cast.carol, samples.pdf(), category_id="nonsense")) == {("/category_id", "invalid")}
    unknown = "3f2b8a52-0000-4000-8000-000000000000"
    assert places(send(cast.carol, samples.pdf(), category_id=unknown)) == {("/category_id", "unknown_category")}
    assert places(send(cast.carol, samples.pdf(), is_admin="1")) == {("/is_admin", "unknown_field")}
    monkeypatch.setattr("apps.materials.rules.MOST_BYTES", 100)
    answer = send(cast.carol, samples.pdf() + bytes(70_000))
    assert (answer.status_code, answer.json()["code"]) == (422, "file_too_large")


def test_what_the_plan_has_no_room_for_is_refused(cast, folder):
    subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={"storage_bytes": 50})
    answer = send(cast.carol, samples.pdf())
    assert (answer.status_code, answer.json()["code"], stored(folder)) == (409, "plan_limit_reached", [])


@pytest.mark.parametrize("name", ["alice", "gus"])
def test_only_staff_hand_out(cast, name):
    assert send(getattr(cast, name), samples.pdf()).status_code == 403


# -- who sees what ---------------------------------------------------------------------------------------------------


def test_a_student_sees_what_is_for_all_or_for_a_group_of_theirs(cast, group):
    closed = operations.create_category(actor=cast.carol, name="closed", is_public=False)
    ours = operations.create_category(actor=cast.carol, name="ours", group_ids=[group.pk])
    everybody = operations.create_category(actor=cast.carol, name="all")
    link = {"link": "https://example.com/"}
    for name, fields in {
        "a: loose, for all": {},
        "b: loose, ours": {"group_ids": [group.pk]},
        "c: loose, staff": {"is_public": False},
        "d: in ours": {"category_id": ours.pk},
        "e: in closed, though public": {"category_id": closed.pk, "is_public": True},
        "f: in all, though for nobody": {"category_id": everybody.pk, "is_public": False},
    }.items():
        operations.share_material(actor=cast.carol, name=name, **link, **fields)

    def seen(person):
        return [name[0] for name in names(person, "materials/?ordering=name")]

    assert seen(cast.dora) == seen(cast.other_teacher) == list("abcdef")
    assert (seen(cast.alice), seen(cast.bob), seen(cast.gus)) == (list("abdf"), list("af"), [])
    hidden = Material.objects.get(name__startswith="d")
    assert Api(cast.alice).get(f"materials/{hidden.pk}/").status_code == 200
    unknown = Api(cast.bob).get("materials/3f2b8a52-0000-4000-8000-000000000000/")
    for person in (cast.bob, cast.gus):
        answer = Api(person).get(f"materials/{hidden.pk}/")
        assert (answer.status_code, answer.json()["code"]) == (404, unknown.json()["code"])
    groups.remove_member(membership_id=group.memberships.get(user=cast.alice).pk)
    assert seen(cast.alice) == list("af")
    assert Api(cast.sybil).get(f"materials/{hidden.pk}/").status_code == 404


def test_lists_are_searched_filtered_ordered_and_paged(cast, group):
    category = operations.create_category(actor=cast.carol, name="Folder")
    operations.share_material(actor=cast.carol, name="Kanji list", file=samples.pdf(), category_id=category.pk)
    operations.share_material(actor=cast.carol, name="Kana song", file=samples.wav(), is_public=False)
    operations.share_material(actor=cast.carol, name="A site", link="https://example.com/")
    told = {
        "?search=kan&ordering=name": ["Kana song", "Kanji list"],
        "?search=kanji+list": ["Kanji list"],
        "?file_type=AUDIO": ["Kana song"],
        "?file_type=OTHER": ["A site"],
        f"?category={category.pk}": ["Kanji list"],
        "?category=undefined&ordering=name": ["A site", "Kana song", "Kanji list"],
        "?is_public=false": ["Kana song"],
        "?is_public=true&ordering=-name": ["Kanji list", "A site"],
        "?page=2&page_size=2&ordering=name": ["Kanji list"],
    }
    for query, expected in told.items():
        assert names(cast.dora, f"materials/{query}") == expected, query
    for query in ("?ordering=created_by__password", "?file_type=EXE", "?name__startswith=a", "?category=x"):
        assert Api(cast.dora).get(f"materials/{query}").status_code == 422, query


def test_a_list_costs_the_same_however_long_it_is(cast, group, count_queries):
    category = operations.create_category(actor=cast.carol, name="Folder", group_ids=[group.pk])
    costs = []
    for _ in range(3):
        for number in range(5):
            operations.share_material(
                actor=cast.carol, name=str(number), link="https://example.com/", category_id=category.pk
            )
        with count_queries() as asked:
            assert Api(cast.alice).get("materials/?page_size=50").status_code == 200
        costs.append(len(asked))
    assert costs[1] == costs[2]


# -- changing and taking back ----------------------------------------------------------------------------------------


def test_a_file_is_replaced_and_the_old_one_goes(cast, folder, django_capture_on_commit_callbacks):
    made = send(cast.carol, samples.pdf(), file_type="PDF").json()
    path = f"materials/{made['id']}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(cast.carol, samples.wav(), "patch", path, file_type="AUDIO", name="Song", category_id="undefined")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["name"], answer.json()["file_type"], answer.json()["seconds"]) == ("Song", "AUDIO", 1.5)
    assert len(stored(folder)) == 1
    assert Api().get(local(answer.json()["file"])).content == samples.wav()
    assert places(send(cast.carol, None, "patch", path, file_type="PDF")) == {("/file_type", "wrong_type")}
    assert send(cast.carol, None, "patch", path, file_type="AUDIO", name="Again").json()["name"] == "Again"


def test_a_file_may_become_a_link(cast, folder, django_capture_on_commit_callbacks):
    made = send(cast.carol, samples.pdf()).json()
    with django_capture_on_commit_callbacks(execute=True):
        answer = Api(cast.carol).patch(f"materials/{made['id']}/", {"link": "https://example.com/"})
    assert (answer.json()["file_type"], answer.json()["file"], stored(folder)) == ("LINK", "https://example.com/", [])


def test_the_same_bytes_are_kept_once_and_go_with_the_last_material(cast, folder, django_capture_on_commit_callbacks):
    first, second = (send(cast.carol, samples.pdf(), name=name).json() for name in "ab")
    assert (len(stored(folder)), StoredFile.objects.count()) == (1, 1)
    with django_capture_on_commit_callbacks(execute=True):
        assert Api(cast.carol).delete(f"materials/{first['id']}/").status_code == 204
    assert Api().get(local(first["file"])).status_code == 404
    assert Api().get(local(second["file"])).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert Api(cast.carol).delete(f"materials/{second['id']}/").status_code == 204
    assert (stored(folder), StoredFile.objects.count()) == ([], 0)


def test_materials_are_changed_by_who_handed_them_out_and_by_administrators(cast):
    material = operations.share_material(actor=cast.carol, name="Mine", file=samples.pdf())
    path = f"materials/{material.pk}/"
    for method in ("patch", "delete"):
        answer = getattr(Api(cast.other_teacher), method)(path, {"name": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
        assert getattr(Api(cast.alice), method)(path, {"name": "x"}).status_code == 403
        assert getattr(Api(cast.sybil), method)(path, {"name": "x"}).status_code == 404
    assert Api(cast.dora).patch(path, {"name": "Ours"}).json()["name"] == "Ours"
    assert Api(cast.dora).delete(path).status_code == 204


def test_moving_a_material_into_a_folder_and_out_again_changes_who_sees_it(cast, group):
    ours = operations.create_category(actor=cast.carol, name="ours", group_ids=[group.pk])
    closed = operations.create_category(actor=cast.carol, name="closed", is_public=False)
    made = send(cast.carol, samples.pdf(), category_id=str(closed.pk)).json()
    path = f"materials/{made['id']}/"
    assert (names(cast.alice), names(cast.bob)) == ([], [])
    assert send(cast.carol, None, "patch", path, category_id=str(ours.pk)).json()["category"] == str(ours.pk)
    assert (names(cast.alice), names(cast.bob)) == (["Handout"], [])
    assert send(cast.carol, None, "patch", path, category_id="undefined").json()["category"] == str(ours.pk)
    assert send(cast.carol, None, "patch", path, category_id="null").json()["category"] is None
    assert (names(cast.alice), names(cast.bob)) == ([], [])  # nobody said that it is for more people now
    assert send(cast.carol, None, "patch", path, is_public="true").json()["is_public"] is True
    assert names(cast.bob) == ["Handout"]


# -- the gate --------------------------------------------------------------------------------------------------------


def test_a_link_opens_one_file_for_a_while(cast, settings, monkeypatch):
    made = send(cast.carol, samples.wav()).json()
    good = local(made["file"])
    answer = Api().get(good, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"RIFF")
    tag = answer.headers["ETag"]
    assert Api().get(good, headers={"If-None-Match": tag}).status_code == 304
    assert Api().get(good, headers={"Range": "bytes=0-3", "If-Range": tag}).status_code == 206
    assert Api().get(good, headers={"Range": "bytes=0-3", "If-Range": '"other"'}).status_code == 200
    head = Api().head(good)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(samples.wav())))
    other = send(cast.carol, samples.pdf(), name="x").json()
    query = urlsplit(good).query
    for bad in (good[:-1], f"/api/v1/materials/{other['id']}/file/?{query}", f"/api/v1/media/{made['id']}/?{query}"):
        assert Api().get(bad).status_code == 404, bad
    assert Api(host="south.localhost").get(good).status_code == 404
    later = timezone.now() + timedelta(seconds=settings.SHIKEN_FILE_LINK_SECONDS + 1)
    monkeypatch.setattr("api.v1.materials.views.clock.now", lambda: later)
    answer = Api().get(good)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


def test_a_storage_that_does_not_answer_is_told_as_such(cast, monkeypatch):
    made = send(cast.carol, samples.wav()).json()
    monkeypatch.setattr("apps.core.files.storage.LocalStorage.read_range", lambda *args: 1 / 0)
    answer = Api().get(local(made["file"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "file_unavailable")


# -- news ------------------------------------------------------------------------------------------------------------


def test_who_may_see_it_is_told_once(cast, group, deliver):
    told = Notice.objects.filter(notification_type="MATERIAL_SHARED")
    assert {cast.bob.role, cast.gus.role} == {"STUDENT", "GUEST"}
    ours = operations.create_category(actor=cast.carol, name="ours", group_ids=[group.pk])
    made = send(cast.carol, samples.pdf(), category_id=str(ours.pk)).json()
    deliver()
    assert [(notice.user, notice.message) for notice in told] == [(cast.alice, "New material in ours: Handout")]
    send(cast.carol, None, "patch", f"materials/{made['id']}/", category_id="null", is_public="true")
    deliver()
    assert {notice.user for notice in told.all()} == {cast.alice, cast.bob}
    assert told.all().count() == 2


def test_what_somebody_did_is_in_the_trail(cast):
    made = send(cast.carol, samples.pdf()).json()
    Api(cast.carol).delete(f"materials/{made['id']}/")
    found = Api(cast.dora).get("audit/?subject=material").json()["results"]
    assert [entry["action"] for entry in found] == ["material.deleted", "material.shared"]


def test_no_shape_names_a_type_that_the_rules_do_not_know():
    assert set(shapes.FILE_TYPES) == set(Material.Type.values)
