"""Uploads, and the gate through which private files leave."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from api.common import links
from api.v1.mock_tests import uploads, views
from apps.core import clock, tenancy
from apps.mock_tests import queries
from apps.mock_tests.models import MediaFile, MediaPreview
from apps.mock_tests.operations.files import media
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def sound(cast):
    return media.store_media(actor=cast.carol, content=recording(), file_name="key is B.wav")


class Asked:
    """As much of a request as signing needs."""

    def __init__(self, tenant):
        self.tenant = tenant

    def build_absolute_uri(self, path):
        return f"http://{self.tenant.slug}.localhost{path}"


def link(file, tenant, lasts=timedelta(minutes=5)):
    return links.sign_media(Asked(tenant), file.pk, clock.now() + lasts).partition(".localhost")[2]


def upload(api, content, **fields):
    return api.post("media-uploads/", {"file": SimpleUploadedFile("a.png", content), **fields}, format="multipart")


# -- uploads -------------------------------------------------------------------------------------------------------


def test_an_upload_answers_with_its_key_and_a_link(cast):
    body = body_of(upload(Api(cast.carol), picture(), target="jlpt_question"), 201)
    file = MediaFile.objects.get()
    assert (body["file_key"], body["kind"], body["size"]) == (f"media:{file.pk}", "image", len(picture()))
    assert Api().get(urlsplit(body["url"])._replace(scheme="", netloc="").geturl()).content == picture()


@pytest.mark.parametrize(
    ("content", "target", "place"),
    [
        (b"<svg onload=alert(1)>", "jlpt_question", ("/file", "unknown_media_type")),
        (picture(), "jlpt_group_audio", ("/file", "wrong_kind")),
        (recording(), "jlpt_group", ("/file", "wrong_kind")),
        (picture(), "avatar", ("/target", "invalid_choice")),
        (b"", "jlpt_question", ("/file", "empty")),
    ],
)
def test_refuses_what_is_not_what_it_says(cast, content, target, place):
    assert places(upload(Api(cast.carol), content, target=target)) == {place}
    assert not MediaFile.objects.exists()


def test_stops_a_body_that_is_too_large_before_and_while_it_arrives(cast, monkeypatch):
    monkeypatch.setattr(views, "MOST_AUDIO_BYTES", 100)
    refused = body_of(upload(Api(cast.carol), b"x" * 200_000), 422)
    assert refused["code"] == "file_too_large"
    monkeypatch.setattr(uploads, "ROOM_FOR_FIELDS", 10**9)
    assert body_of(upload(Api(cast.carol), b"x" * 200_000), 422)["code"] == "file_too_large"
    assert not MediaFile.objects.exists()


def test_takes_multipart_only(cast):
    assert Api(cast.carol).post("media-uploads/", {"file": "x"}).status_code == 415


# -- the gate ------------------------------------------------------------------------------------------------------


def test_a_link_opens_its_file_for_anybody_with_careful_headers(cast, sound):
    answer = Api().get(link(sound, cast.north))
    assert (answer.status_code, answer.content) == (200, recording())
    headers = {name: answer.headers[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")}
    assert headers == {
        "Content-Type": "audio/wav", "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{sound.pk}.wav"'
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_browsers_may_ask_with_an_accept_of_their_own(cast, sound):
    assert Api().get(link(sound, cast.north), headers={"Accept": "audio/webm,audio/ogg;q=0.9"}).status_code == 200


SIZE = len(recording())


@pytest.mark.parametrize(
    ("wanted", "first", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-", 0, SIZE),
        ("bytes=100-199", 100, 200),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        ("bytes=-999999999", 0, SIZE),
        (f"bytes=10-{SIZE * 2}", 10, SIZE),
    ],
)
def test_gives_the_part_that_is_asked_for(cast, sound, wanted, first, end):
    answer = Api().get(link(sound, cast.north), headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, recording()[first:end])
    assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/{SIZE}"


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", "bytes=5-4", "bytes=-0", "bytes=999999999999-"])
def test_says_where_the_file_ends(cast, sound, wanted):
    answer = Api().get(link(sound, cast.north), headers={"Range": wanted})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("wanted", ["", "bytes=", "bytes=-", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=١-"])
def test_gives_everything_where_no_single_part_is_asked_for(cast, sound, wanted):
    answer = Api().get(link(sound, cast.north), headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (200, recording())


def test_an_expired_link_is_refused_as_such(cast, sound):
    answer = Api().get(link(sound, cast.north, timedelta(seconds=-1)))
    assert body_of(answer, 403)["code"] == "link_expired"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_link_that_was_tampered_with_leads_nowhere(cast, sound):
    good = link(sound, cast.north)
    query = {name: values[0] for name, values in parse_qs(urlsplit(good).query).items()}
    other = media.store_media(actor=cast.carol, content=picture(), file_name="a.png")
    base = f"/api/v1/media/{sound.pk}/"
    bad = [
        base,
        f"{base}?sig={query['sig']}",
        f"{base}?expires={query['expires']}",
        f"{base}?expires={int(query['expires']) + 1}&sig={query['sig']}",
        f"{base}?expires={query['expires']}&sig={query['sig'][:-1]}",
        f"{base}?expires={query['expires']}&sig=%C3%A9",
        f"{base}?expires=-5&sig={query['sig']}",
        f"{base}?expires=%D9%A3&sig={query['sig']}",
        f"{base}?expires={'9' * 400}&sig={query['sig']}",
        f"/api/v1/media/{other.pk}/?{urlsplit(good).query}",
    ]
    unknown = Api().get(f"/api/v1/media/{uuid.uuid4()}/?{urlsplit(good).query}")
    for path in bad:
        same_not_found(Api().get(path), unknown)


def test_a_link_is_good_at_its_own_center_only(cast, sound):
    good = link(sound, cast.north)
    with tenancy.enter(cast.south):
        twin = media.store_media(actor=cast.trent, content=recording(), file_name="a.wav")
        MediaFile.objects.filter(pk=twin.pk).update(id=sound.pk)
    assert Api(host="south.localhost").get(link(sound, cast.south)).status_code == 200
    assert Api(host="south.localhost").get(good).status_code == 404
    assert Api().get(link(sound, cast.south)).status_code == 404


def test_being_signed_in_opens_nothing(cast, sound):
    assert Api(cast.dora).get(f"media/{sound.pk}/").status_code == 404


def test_a_file_that_its_storage_lost_is_not_found_and_a_broken_storage_says_so(cast, sound, monkeypatch):
    good = link(sound, cast.north)
    MediaFile.objects.filter(pk=sound.pk).update(storage_name="c/gone.wav")
    assert Api().get(good).status_code == 404
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.open", lambda *args: 1 / 0)
    answer = Api().get(good)
    assert body_of(answer, 503)["code"] == "media_unavailable"
    assert answer.headers["Retry-After"]


def test_head_is_answered_too(cast, sound):
    answer = Api().head(link(sound, cast.north))
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(SIZE))


def test_a_browser_goes_on_where_it_stopped_and_is_told_what_it_has(cast, sound):
    good = link(sound, cast.north)
    whole = Api().get(good)
    tag = whole.headers["ETag"]
    assert (Api().get(good, headers={"If-None-Match": tag}).status_code, tag[0]) == (304, '"')
    assert Api().get(good, headers={"If-None-Match": f'"other", W/{tag}'}).status_code == 304
    assert Api().get(good, headers={"If-None-Match": '"other"'}).status_code == 200
    for given, status in ((tag, 206), ('"other"', 200), ("Wed, 21 Oct 2015 07:28:00 GMT", 200)):
        answer = Api().get(good, headers={"Range": "bytes=4-7", "If-Range": given})
        assert (answer.status_code, answer.content) == (status, recording()[4:8] if status == 206 else recording())
    head = Api().head(good, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", tag)
    assert head.headers["Content-Length"] == str(SIZE)


def test_a_wide_picture_comes_smaller_where_that_will_do(cast):
    content = picture("JPEG", (1500, 300))
    body = body_of(upload(Api(cast.carol), content, target="jlpt_question"), 201)
    assert (body["width"], body["height"], sorted(body["previews"])) == (1500, 300, ["1024", "320"])
    place = urlsplit(body["url"])._replace(scheme="", netloc="").geturl()

    def width(query):
        answer = Api().get(place + query)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
        return Image.open(io.BytesIO(answer.content)).size[0], answer.headers["ETag"]

    assert [width(query)[0] for query in ("", "&w=100", "&w=320", "&w=321", "&w=1025", "&w=0", "&w=x", "&w=-1")] == [
        *(1500, 320, 320, 1024, 1500, 320, 1500, 1500)
    ]
    assert len({width(query)[1] for query in ("", "&w=320", "&w=1024")}) == 3
    assert Api().get(f"/api/v1/media/{body['file_key'][6:]}/?w=320").status_code == 404
    assert MediaPreview.objects.count() == 2


def test_a_picture_is_known_by_what_was_sent_and_by_what_is_kept(cast):
    content = picture("JPEG", (40, 30))
    first = media.store_media(actor=cast.carol, content=content, file_name="a.jpg")
    kept = queries.read_media(file=first)
    assert kept != content
    for again in (content, kept):
        assert media.store_media(actor=cast.dora, content=again, file_name="b.jpg").pk == first.pk
    assert MediaFile.objects.count() == 1
