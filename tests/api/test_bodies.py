"""Bodies that no view should ever see, and those that would cost much to look at."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.django_db

HALVES = [
    rb'{"\ud800":1}',
    rb'{"email":"\udfff","password":"x"}',
    rb'{"email":["a\ud83d\ud83d"],"password":{"\udc00":1}}',
]
DEEP = [b"[" * 20_000 + b"]" * 20_000, b'{"email":' * 20_000 + b"1" + b"}" * 20_000, b"[" * 20_000]
WRONG = [b"\xff{}", b"\xef\xbb\xbf{}", b'{"email":NaN}', b"{", '{"email":"a"}'.encode("utf-16"), b"9" * 5000]


def send(client, body, path="auth/login/", method="POST", **headers):
    return client.generic(method, path, body, content_type="application/json", **headers)


@pytest.mark.parametrize("body", HALVES + DEEP + WRONG, ids=lambda body: repr(body[:40]))
def test_what_cannot_be_read_or_written_again_is_malformed(api, body):
    answer = send(api(), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_whole_pair_is_a_character(api, cast):
    answer = send(api(cast.carol), rb'{"title":"\ud83d\ude00"}', path="mock-tests/")
    assert (answer.status_code, answer.json()["title"]) == (201, "\N{GRINNING FACE}")


def test_a_body_beyond_all_measure_is_too_large(api):
    answer = send(api(), b'{"email":"' + b"a" * (6 * 2**20) + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer["Content-Type"] == "application/problem+json"


def test_of_very_many_unknown_fields_some_are_told(api):
    answer = send(api(), json.dumps(dict.fromkeys(map(str, range(50_000)))).encode())
    assert answer.status_code == 422
    assert 0 < len(answer.json()["errors"]) <= 20


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("groups/", {"name": "A", "teacher_ids": [0] * 50_000}),
        ("group-memberships/bulk-add/", {"members": [0] * 50_000}),
        ("exam-assignments/", {"assigned_user_ids": [0] * 50_000}),
    ],
)
def test_a_list_that_is_too_long_is_not_looked_into(api, cast, path, body):
    answer = api(cast.dora).post(path, body)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) < 5
    assert "max_length" in {flaw["code"] for flaw in answer.json()["errors"]}


def test_an_end_with_too_many_answers_is_not_looked_into(api, cast):
    answer = api(cast.alice).post(f"attempts/{cast.alice.pk}/submit/", {"epoch": 1, "answers": [0] * 50_000})
    assert answer.status_code == 422
    assert [flaw["code"] for flaw in answer.json()["errors"]] == ["max_length"]


def test_of_a_list_full_of_flaws_the_first_are_told(api, cast):
    body = {"group_id": str(cast.alice.pk), "members": [{"user_id": "x"}] * 100}
    answer = api(cast.dora).post("group-memberships/bulk-add/", body)
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [f"/members/{n}/user_id" for n in range(20)]
    body = {"epoch": 1, "answers": [dict.fromkeys("abcdefgh", 1)] * 500}
    answer = api(cast.alice).post(f"attempts/{cast.alice.pk}/submit/", body)
    assert len(answer.json()["errors"]) == 20 * 8


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_without_the_slash_is_not_sent_elsewhere(api, cast, settings, method):
    for settings.DEBUG in (False, True):
        answer = send(api(cast.dora), b"{}", path=f"users/{cast.alice.pk}", method=method)
        assert answer.status_code == 404


def test_a_reader_without_the_slash_is_led_on(api, cast):
    answer = api(cast.dora).get("users")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/users/")
