"""Limited and synchronised listening over HTTP, and the gate of single plays."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

import pytest

from api.common import links
from apps.attempts.models import Play
from apps.attempts.operations import sitting
from apps.core import clock
from tests.apps.attempts.recordings import BYTES, make_listening_room
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(cast):
    room, files = make_listening_room(cast, cast.alice, cast.bob)
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt, files


@pytest.fixture
def together(cast):
    return make_listening_room(cast, cast.alice, cast.bob, listening="SYNCHRONISED")


def play(person, attempt, **body):
    return Api(person).post(f"attempts/{attempt.pk}/plays/", body, format="json")


def start(cast, attempt, file):
    answer = play(cast.alice, attempt, action="start", recording=str(file.pk))
    assert answer.status_code == 201, answer.content
    return answer.json()


def content(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


# -- the paper -----------------------------------------------------------------------------------------------------


def test_no_address_of_a_recording_stands_in_the_paper(cast, heard):
    attempt, files = heard
    paper = Api(cast.alice).get(f"attempts/{attempt.pk}/paper/")
    started = Api(cast.alice).post(f"exam-assignments/{attempt.assignment_id}/start/", {}, format="json")
    for answer in (paper, started):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "sig=" not in text
        assert "/media/" not in text
    groups = [group for section in paper.json()["sections"] for group in section["question_groups"]]
    assert [(group["audio_file"], group["recording"]) for group in groups] == [(None, str(file.pk)) for file in files]
    assert started.json()["listening"] == "LIMITED"
    assert started.json()["plays_allowed"] == 2


def test_where_recordings_are_free_the_paper_has_their_addresses(cast):
    room, files = make_listening_room(cast, cast.alice, listening="FREE")
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    paper = Api(cast.alice).get(f"attempts/{attempt.pk}/paper/").json()
    address = paper["sections"][0]["question_groups"][0]["audio_file"]
    assert str(files[0].pk) in address
    assert content(Api().get(address.replace("http://north.localhost", ""))) == BYTES
    refused = play(cast.alice, attempt, action="start", recording=str(files[0].pk))
    assert (refused.status_code, refused.json()["code"]) == (409, "recordings_are_free")
    assert Api(cast.alice).get(f"attempts/{attempt.pk}/plays/").status_code == 409


# -- plays ---------------------------------------------------------------------------------------------------------


def test_a_play_is_started_fetched_and_finished(cast, heard):
    attempt, (first, _) = heard
    body = start(cast, attempt, first)
    assert (body["number"], body["plays_left"], body["starts_at"], body["offset"]) == (1, 1, None, 0.0)
    fetched = Api().get(body["url"])
    assert (fetched.status_code, fetched["Content-Type"], content(fetched)) == (200, "audio/mpeg", BYTES)
    assert fetched["Cache-Control"] == "private, no-store"
    done = play(cast.alice, attempt, action="finish", play=body["play"])
    assert (done.status_code, done.json()["url"]) == (200, None)
    assert done.json()["finished_at"]
    assert Api().get(body["url"]).status_code == 404
    listed = Api(cast.alice).get(f"attempts/{attempt.pk}/plays/").json()["recordings"]
    assert {"recording": str(first.pk), "plays": 1, "plays_left": 1} in listed


def test_a_third_play_of_two_is_refused(cast, heard):
    attempt, (first, _) = heard
    for _ in range(2):
        start(cast, attempt, first)
    answer = play(cast.alice, attempt, action="start", recording=str(first.pk))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_plays_left")


def test_a_fetch_goes_on_where_it_broke_and_never_back(cast, heard):
    attempt, (first, _) = heard
    url = start(cast, attempt, first)["url"]
    ahead = Api().get(url, HTTP_RANGE="bytes=5000-")
    assert (ahead.status_code, ahead.json()["code"]) == (409, "not_in_order")
    assert Api().get(url, HTTP_RANGE="bytes=0-").status_code == 206
    rest = Api().get(url, HTTP_RANGE="bytes=5000-")
    assert (rest.status_code, content(rest)) == (206, BYTES[5000:])
    assert rest["Content-Range"] == f"bytes 5000-{len(BYTES) - 1}/{len(BYTES)}"
    assert Api().get(url).status_code == 409
    for _ in range(20):
        last = Api().get(url, HTTP_RANGE="bytes=5000-")
    assert last.status_code == 409


def test_an_address_is_for_one_play_and_for_a_minute(cast, heard, north, south):
    attempt, (first, second) = heard
    body, other = start(cast, attempt, first), start(cast, attempt, second)
    swapped = body["url"].replace(body["play"], other["play"])
    as_media = body["url"].replace(f"plays/{body['play']}", f"media/{first.pk}")
    late = links.sign_play(north, body["play"], clock.now() - timedelta(seconds=1))
    foreign = links.sign_play(south, body["play"], clock.now() + timedelta(seconds=60))
    for url in (swapped, as_media, late, foreign, body["url"].split("?")[0], body["url"] + "x"):
        assert Api().get(url).status_code in (403, 404), url
    seconds = int(body["url"].split("expires=")[1].split("&")[0]) - clock.now().timestamp()
    assert 0 < seconds <= 60


def test_a_stall_gives_time_back(cast, heard):
    attempt, (first, _) = heard
    body = start(cast, attempt, first)
    Play.objects.update(started_at=clock.now() - timedelta(seconds=30))
    before = Api(cast.alice).get(f"attempts/{attempt.pk}/").json()["deadline_at"]
    told = play(cast.alice, attempt, action="stall", play=body["play"], seconds=4.5)
    assert (told.status_code, told.json()["credited"]) == (200, 4.5)
    assert Api(cast.alice).get(f"attempts/{attempt.pk}/").json()["deadline_at"] > before


def test_a_stall_with_an_id_of_its_own_may_be_told_again(cast, heard):
    attempt, (first, _) = heard
    body = start(cast, attempt, first)
    Play.objects.update(started_at=clock.now() - timedelta(seconds=30))
    told = {"action": "stall", "play": body["play"], "seconds": 4.5, "report": str(uuid.uuid4())}
    before = Api(cast.alice).get(f"attempts/{attempt.pk}/").json()["deadline_at"]
    answers = [play(cast.alice, attempt, **told) for _ in range(3)]
    assert [answer.json()["credited"] for answer in answers] == [4.5] * 3
    moved = Api(cast.alice).get(f"attempts/{attempt.pk}/").json()["deadline_at"]
    assert datetime.fromisoformat(moved) - datetime.fromisoformat(before) == timedelta(seconds=4.5)


def test_who_may_not_play(cast, heard):
    attempt, (first, _) = heard
    how = {"action": "start", "recording": str(first.pk)}
    assert play(cast.bob, attempt, **how).status_code == 404
    assert play(cast.mallory, attempt, **how).status_code == 404
    assert play(cast.dora, attempt, **how).status_code == 403
    assert Api(cast.dora).get(f"attempts/{attempt.pk}/plays/").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/action"),
        ({"action": "seek"}, "/action"),
        ({"action": "start"}, "/recording"),
        ({"action": "start", "recording": str(uuid.uuid4())}, "/recording"),
        ({"action": "finish"}, "/play"),
        ({"action": "stall", "play": str(uuid.uuid4())}, "/seconds"),
        ({"action": "finish", "play": str(uuid.uuid4()), "seconds": 3}, "/seconds"),
        ({"action": "finish", "play": str(uuid.uuid4()), "report": str(uuid.uuid4())}, "/report"),
        ({"action": "stall", "play": str(uuid.uuid4()), "seconds": 3, "report": "mine"}, "/report"),
        ({"action": "start", "recording": "x"}, "/recording"),
        ({"action": "stall", "play": str(uuid.uuid4()), "seconds": "NaN"}, "/seconds"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(cast, heard, body, pointer):
    answer = play(cast.alice, heard[0], **body)
    assert answer.status_code == 422, answer.content
    assert [row["pointer"] for row in answer.json()["errors"]] == [pointer]


# -- the whole room ------------------------------------------------------------------------------------------------


def test_staff_start_a_recording_for_the_room_and_see_how_it_is_heard(cast, together):
    room, (first, _) = together
    path, body = f"exam-assignments/{room.pk}/cues/", {"recording": str(first.pk)}
    given = Api(cast.dora).post(path, body, format="json")
    assert given.status_code == 201, given.content
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    listed = Api(cast.alice).get(f"attempts/{attempt.pk}/plays/").json()
    assert listed["cue"] == given.json()
    assert listed["recordings"][0]["plays_left"] is None
    heard = play(cast.alice, attempt, action="start", cue=given.json()["id"])
    assert (heard.status_code, heard.json()["starts_at"]) == (201, given.json()["starts_at"])
    assert content(Api().get(heard.json()["url"])) == BYTES
    play(cast.alice, attempt, action="finish", play=heard.json()["play"])
    [told] = Api(cast.dora).get(path).json()
    assert (told["seats"], told["finished"], told["stalled"]) == (1, 1, 0)


def test_who_may_not_start_it(cast, together, heard):
    room, (first, _) = together
    path, body = f"exam-assignments/{room.pk}/cues/", {"recording": str(first.pk)}
    assert Api(cast.alice).post(path, body, format="json").status_code == 403
    for person in (cast.other_teacher, cast.sybil):
        assert Api(person).post(path, body, format="json").status_code == 404
        assert Api(person).get(path).status_code == 404
    unknown = Api(cast.dora).post(path, {"recording": str(uuid.uuid4())}, format="json")
    assert [row["pointer"] for row in unknown.json()["errors"]] == ["/recording"]
    past = {**body, "starts_at": "2001-01-01T00:00:00Z"}
    assert [row["pointer"] for row in Api(cast.dora).post(path, past, format="json").json()["errors"]] == ["/starts_at"]
    other = f"exam-assignments/{heard[0].assignment_id}/cues/"
    refused = Api(cast.dora).post(other, {"recording": str(heard[1][0].pk)}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_together")
    assert json.loads(refused.content)["detail"]


def test_staff_see_what_there_is_to_start(cast, together):
    room, (first, second) = together
    path = f"exam-assignments/{room.pk}/recordings/"
    told = Api(cast.dora).get(path).json()
    assert [(row["recording"], row["section"], row["title"], row["cues"]) for row in told] == [
        (str(first.pk), "Part 0", "Group", 0),
        (str(second.pk), "Part 1", "Group", 0),
    ]
    Api(cast.dora).post(f"exam-assignments/{room.pk}/cues/", {"recording": str(first.pk)}, format="json")
    assert [row["cues"] for row in Api(cast.dora).get(path).json()] == [1, 0]
    assert Api(cast.alice).get(path).status_code == 403
    for person in (cast.other_teacher, cast.sybil):
        assert Api(person).get(path).status_code == 404


def test_by_the_clock_the_next_recording_is_asked_for(cast):
    fields = {"listening": "SYNCHRONISED", "is_sectioned": True, "is_cued_by_clock": True}
    room, (first, _) = make_listening_room(cast, cast.alice, cast.bob, **fields)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    path = f"attempts/{attempt.pk}/next-recording/"
    told = Api(cast.alice).post(path)
    assert told.status_code == 200, told.content
    cue = told.json()["cue"]
    assert cue["recording"] == str(first.pk)
    assert cue["starts_at"] > told.json()["server_time"]
    assert Api(cast.alice).post(path).json()["cue"] == cue
    heard = play(cast.alice, attempt, action="start", cue=cue["id"])
    assert (heard.status_code, heard.json()["plays_left"]) == (201, None)
    assert Api(cast.bob).post(path).status_code == 404
    assert Api(cast.dora).post(path).status_code == 403
    started = Api(cast.bob).post(f"exam-assignments/{room.pk}/start/", {}, format="json").json()
    assert (started["listening"], started["is_cued_by_clock"]) == ("SYNCHRONISED", True)


def test_where_nothing_goes_by_the_clock_that_is_said(cast, heard):
    refused = Api(cast.alice).post(f"attempts/{heard[0].pk}/next-recording/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_by_clock")


def test_a_room_that_cannot_go_by_the_clock_is_refused_at_the_field(cast):
    room, _ = make_listening_room(cast, cast.alice, open_now=False)
    path = f"exam-assignments/{room.pk}/"
    answer = Api(cast.dora).patch(path, {"is_cued_by_clock": True}, format="json")
    assert answer.status_code == 422, answer.content
    assert [row["pointer"] for row in answer.json()["errors"]] == ["/is_cued_by_clock"]
    fields = {"is_cued_by_clock": True, "is_sectioned": True, "listening": "SYNCHRONISED"}
    assert Api(cast.dora).patch(path, fields, format="json").json()["is_cued_by_clock"] is True
