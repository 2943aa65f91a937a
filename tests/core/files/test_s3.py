"""Files in a bucket: a real endpoint over HTTP, path addressing, as with MinIO."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core import tenancy
from apps.core.files import store
from apps.core.files.errors import StorageUnavailable
from apps.materials import operations as materials
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations.files import media
from tests.client import Api
from tests.core.files import samples
from tests.core.files.conftest import use

pytestmark = pytest.mark.django_db


def local(url):
    return urlsplit(url)._replace(scheme="", netloc="").geturl()


def upload(person, content):
    body = {"target": "jlpt_group_audio", "file": SimpleUploadedFile("a.wav", content)}
    return Api(person).post("media-uploads/", body, format="multipart")


def test_a_recording_goes_in_comes_out_in_parts_and_goes(cast, endpoint, bucket, django_capture_on_commit_callbacks):
    answer = upload(cast.carol, samples.wav())
    assert answer.status_code == 201, answer.content
    (key,) = endpoint.keys(bucket)
    assert key.startswith(f"c/{cast.north.id}/audio/")
    link = local(answer.json()["url"])
    assert Api().get(link).content == samples.wav()
    part = Api().get(link, headers={"Range": "bytes=8-11"})
    assert (part.status_code, part.content) == (206, b"WAVE")
    size = len(samples.wav())
    tail = Api().get(link, headers={"Range": "bytes=-2"})
    assert (tail.status_code, tail.headers["Content-Range"]) == (206, f"bytes {size - 2}-{size - 1}/{size}")
    assert Api().get(link, headers={"Range": f"bytes={size}-"}).status_code == 416
    assert Api().head(link).headers["Content-Length"] == str(size)
    with django_capture_on_commit_callbacks(execute=True):
        media.delete_media(actor=cast.carol, media_id=MediaFile.objects.get().pk)
    assert endpoint.keys(bucket) == []


def test_only_what_is_asked_for_is_fetched(cast, endpoint, bucket, monkeypatch):
    kept = media.store_media(actor=cast.carol, content=samples.wav(20), file_name="a.wav")
    fetched = []
    client = default_storage.client
    plain = client.get_object
    monkeypatch.setattr(client, "get_object", lambda **wanted: fetched.append(wanted["Range"]) or plain(**wanted))
    assert len(store.read(kept.storage_name, begin=100, end=150)) == 50
    assert fetched == ["bytes=100-149"]


def test_objects_are_private_and_leave_by_links_of_the_bucket_that_expire(cast, endpoint, bucket, settings):
    use(settings, endpoint, bucket, redirects=True)
    answer = upload(cast.carol, samples.wav())
    moved = Api().get(local(answer.json()["url"]))
    assert (moved.status_code, moved.headers["Cache-Control"]) == (302, "private, no-store")
    signed = moved.headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(signed).query).items()}
    assert signed.startswith(f"{endpoint.url}/{bucket}/c/{cast.north.id}/")
    assert 0 < int(query["X-Amz-Expires"]) <= 6 * 60 * 60  # as long as the link that was shown
    with httpx.Client(trust_env=False) as browser:
        got = browser.get(signed, headers={"Range": "bytes=0-3"})
        assert (got.status_code, got.content) == (206, b"RIFF")
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["content-type"] == "audio/wav"
        assert got.headers["cache-control"] == "private, no-store"
        unsigned = signed.partition("?")[0]
        assert browser.get(unsigned).status_code == 403
    name, said = MediaFile.objects.get().storage_name, {"media_type": "audio/wav", "disposition": "inline"}
    lives = [parse_qs(urlsplit(store.link(name, seconds=n, **said)).query) for n in (1, 60, 10**9)]
    assert [life["X-Amz-Expires"][0] for life in lives] == ["1", "60", str(7 * 86_400)]
    assert len({life["X-Amz-Signature"][0] for life in lives}) == 3  # nobody can give themselves more
    acl = endpoint.client.get_object_acl(Bucket=bucket, Key=endpoint.keys(bucket)[0])
    assert [grant["Grantee"]["Type"] for grant in acl["Grants"]] == ["CanonicalUser"]


def test_a_link_that_is_not_good_is_refused_before_the_bucket_hears_of_it(cast, endpoint, bucket, settings):
    use(settings, endpoint, bucket, redirects=True)
    link = local(upload(cast.carol, samples.wav()).json()["url"])
    assert Api().get(link[:-1]).status_code == 404
    assert Api(host="south.localhost").get(link).status_code == 404


def test_links_are_signed_for_the_address_that_others_use(cast, endpoint, bucket, settings):
    kept = media.store_media(actor=cast.carol, content=samples.wav(), file_name="a.wav")
    for said in ("https://files.example.com", "files.example.com"):
        use(settings, endpoint, bucket, redirects=True, custom_domain=said)
        link = store.link(kept.storage_name, seconds=60, media_type="audio/wav", disposition="inline")
        assert link.startswith(f"https://files.example.com/{bucket}/c/")


def test_materials_live_there_too(cast, endpoint, bucket, django_capture_on_commit_callbacks):
    made = materials.share_material(actor=cast.carol, name="Handout", file=samples.pdf())
    shown = Api(cast.alice).get(f"materials/{made.pk}/").json()
    assert Api().get(local(shown["file"])).content == samples.pdf()
    with django_capture_on_commit_callbacks(execute=True):
        materials.delete_material(actor=cast.carol, material_id=made.pk)
    assert endpoint.keys(bucket) == []


def test_a_bucket_that_is_not_there_is_told_in_words(cast, endpoint, bucket, settings):
    link = local(upload(cast.carol, samples.wav()).json()["url"])
    use(settings, endpoint, "no-such-bucket")
    for answer, code in (
        (upload(cast.carol, samples.wav(2)), "storage_unavailable"),
        (Api().get(link), "media_unavailable"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert answer.headers["Retry-After"]
        assert "bucket" not in answer.content.decode().lower()
    assert MediaFile.objects.count() == 1
    with pytest.raises(StorageUnavailable):
        default_storage.open("c/x")
    with pytest.raises(StorageUnavailable):
        list(default_storage.walk("c/x"))


def test_a_server_that_is_not_there_is_told_in_words(cast, endpoint, bucket, settings):
    use(settings, endpoint, bucket, endpoint_url="http://127.0.0.1:9")
    answer = upload(cast.carol, samples.wav())
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


def test_a_file_that_is_gone_is_not_a_storage_that_is(cast, endpoint, bucket):
    with pytest.raises(FileNotFoundError):
        store.read(f"c/{cast.north.id}/audio/gone.wav")
    with pytest.raises(FileNotFoundError):
        default_storage.open(f"c/{cast.north.id}/audio/gone.wav")
    default_storage.delete(f"c/{cast.north.id}/audio/gone.wav")


def test_each_center_has_its_own_place_in_the_bucket(cast, endpoint, bucket):
    for tenant, person in ((cast.north, cast.carol), (cast.south, cast.trent)):
        with tenancy.enter(tenant):
            media.store_media(actor=person, content=samples.wav(), file_name="a.wav")
            assert [kept.name.split("/")[1] for kept in store.walk()] == [str(tenant.id)]
    assert len(endpoint.keys(bucket)) == 2
