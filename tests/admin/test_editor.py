"""The editor in the admin: where it stands, the shelf it takes pictures from, and what is saved through it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.centers.operations import subscriptions
from apps.mock_tests.models import BankQuestion, MediaFile, Question, QuestionGroup
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.files import media
from apps.mock_tests.rules.types.base import Given, Option
from tests import factories
from tests.admin.test_writes import form_of, press
from tests.client import Api
from tests.core.files import samples

pytestmark = pytest.mark.django_db

SHELF = "/admin/mock_tests/mediafile/shelf/"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}


@pytest.fixture
def draft(cast):
    factories.make_test(cast)
    return Question.objects.filter(type="multiple_choice").select_related("group").first()


def page_of(row):
    return f"/admin/mock_tests/{type(row)._meta.model_name}/{row.pk}/change/"


def picture(cast, color="red"):
    return media.store_media(actor=cast.dora, content=samples.picture(size=(700, 50), color=color), file_name="map.png")


@pytest.mark.parametrize("where", ["question", "group"])
def test_texts_have_an_editor(cast, browser, draft, where):
    row, names = (
        (draft, ("text", "explanation")) if where == "question" else (draft.group, ("instruction", "reading_text"))
    )
    page = browser(cast.dora).get(page_of(row))
    assert page.status_code == 200
    html = page.content.decode()
    assert '<script src="/static/web/editor/editor.js" type="module"></script>' in html
    assert "/static/web/editor/editor.css" in html
    for name in names:
        (tag,) = [part for part in html.split("<textarea")[1:] if f'name="{name}"' in part]
        assert f'data-shelf="{SHELF}"' in tag
        assert "data-rich-text" in tag


def test_what_the_editor_sends_is_cleaned_and_saved(cast, browser, draft):
    kept, dora = picture(cast), browser(cast.dora)
    body = form_of(dora, page_of(draft))
    body["text"] = f'<ruby>漢字<rt>かんじ</rt></ruby><script>x</script><img src="media:{kept.pk}" alt="map">'
    assert dora.post(page_of(draft), body).status_code == 302
    draft.refresh_from_db()
    assert draft.text == f'<ruby>漢字<rt>かんじ</rt></ruby><img src="media:{kept.pk}" alt="map">'
    body["text"] = '<img src="media:3f2b8a52-0000-4000-8000-000000000000">'
    refused = dora.post(page_of(draft), body)
    assert "no such picture" in refused.content.decode()


def test_pictures_and_recordings_are_chosen_by_what_they_are(cast, browser, draft):
    dora, shown = browser(cast.dora), picture(cast)
    heard = media.store_media(actor=cast.dora, content=samples.wav(), file_name="song.wav")
    body = form_of(dora, page_of(draft.group)) | {"image": shown.pk, "audio": heard.pk}
    assert dora.post(page_of(draft.group), body).status_code == 302
    group = QuestionGroup.objects.get(pk=draft.group_id)
    assert (group.image_id, group.audio_id) == (shown.pk, heard.pk)
    refused = dora.post(page_of(draft.group), body | {"image": heard.pk})
    assert refused.status_code == 200
    assert QuestionGroup.objects.get(pk=draft.group_id).image_id == shown.pk
    found = dora.get(
        "/admin/autocomplete/?term=map&app_label=mock_tests&model_name=questiongroup&field_name=image"
    ).json()
    assert [row["id"] for row in found["results"]] == [str(shown.pk)]


def test_a_question_of_the_bank_gets_its_next_version(cast, browser):
    given = Given(options=(Option("0", "a", fraction=Decimal(1)), Option("1", "b")))
    changes = {"type": "single_choice", "text": "<p>old</p>", "given": given}
    row = bank.create_question(actor=cast.dora, changes=changes)
    dora = browser(cast.dora)
    page = dora.get(page_of(row))
    assert "data-rich-text" in page.content.decode()
    body = form_of(dora, page_of(row))
    assert body["text"] == "<p>old</p>"
    answer = dora.post(page_of(row), body | {"text": "<p>new<script>x</script></p>"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    now = BankQuestion.objects.get(pk=row.pk).current_version
    assert (now.number, now.text) == (2, "<p>new</p>")
    dora.post(page_of(row), form_of(dora, page_of(row)))
    assert BankQuestion.objects.get(pk=row.pk).current_version.number == 2


# -- the shelf -------------------------------------------------------------------------------------------------------


def test_the_shelf_lists_pictures_with_addresses_that_open(cast, browser):
    kept = picture(cast)
    media.store_media(actor=cast.dora, content=samples.wav(), file_name="song.wav")
    dora = browser(cast.dora)
    (item,) = dora.get(f"{SHELF}?kind=image&search=MAP").json()["items"]
    assert (item["id"], item["name"]) == (str(kept.pk), "map.png")
    whole, preview = (Api().get(item[name]) for name in ("url", "preview"))
    assert (whole.status_code, preview.status_code) == (200, 200)
    assert len(preview.content) < len(whole.content)
    assert len(dora.get(SHELF).json()["items"]) == 2
    assert dora.get(f"{SHELF}?search=nothing").json()["items"] == []
    (again,) = dora.get(f"{SHELF}?ids={kept.pk},nonsense,3f2b8a52-0000-4000-8000-000000000000").json()["items"]
    assert again["id"] == str(kept.pk)


def test_a_picture_is_added_and_what_is_none_is_refused(cast, browser):
    dora = browser(cast.dora)
    added = dora.post(SHELF, {"file": SimpleUploadedFile("new.png", samples.picture())})
    assert (added.status_code, added.json()["name"]) == (201, "new.png")
    assert MediaFile.objects.get().created_by_id == cast.dora.pk
    refused = dora.post(SHELF, {"file": SimpleUploadedFile("x.svg", b"<svg onload=alert(1)>")})
    assert refused.status_code == 422
    assert "Only these kinds" in refused.json()["detail"]
    assert dora.post(SHELF).status_code == 422
    subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={"storage_bytes": 1})
    full = dora.post(SHELF, {"file": SimpleUploadedFile("b.png", samples.picture(color="blue"))})
    assert full.status_code == 422
    assert "plan" in full.json()["detail"]


def test_the_shelf_is_for_who_may_open_the_admin_and_knows_where_a_form_came_from(cast, browser):
    for person in (None, cast.alice):
        assert browser(person).get(SHELF).status_code == 302
    dora = browser(cast.dora)
    dora.handler.enforce_csrf_checks = True
    assert dora.post(SHELF, {"file": SimpleUploadedFile("new.png", samples.picture())}).status_code == 403
    assert not MediaFile.objects.exists()


def test_a_file_is_removed_on_its_page_unless_something_shows_it(cast, browser, draft):
    kept, dora = picture(cast), browser(cast.dora)
    assert "<img" in dora.get(page_of(kept)).content.decode()
    Question.objects.filter(pk=draft.pk).update(image=kept)
    press(dora, "/admin/mock_tests/mediafile/", kept, "remove")
    assert MediaFile.objects.exists()
    Question.objects.filter(pk=draft.pk).update(image=None)
    press(dora, "/admin/mock_tests/mediafile/", kept, "remove")
    assert not MediaFile.objects.exists()
