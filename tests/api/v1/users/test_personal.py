"""What a center holds about a person, and how it forgets one."""

from __future__ import annotations

import io
import json
import uuid
import zipfile

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, journal, sitting
from apps.authentication.models import Invitation, Session, User
from apps.authentication.operations import profile
from apps.core import tenancy
from apps.groups import operations as groups
from apps.leaderboards import operations as boards
from apps.leaderboards import queries as standings
from apps.leaderboards.models import ExamResult, Rank
from apps.mail.models import Mail
from apps.notifications import operations as notices
from apps.notifications.models import Notice
from tests import factories
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db

CANARY = "Kanarienvogel"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}
    return tmp_path


def opened(answer):
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return json.loads(file.read("personal-data.json")), file.namelist()


def picture():
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (9, 9)).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def room(cast):
    """Alice and Bob have sat; the results are not released."""
    group = groups.create_group(name="N5", teacher_ids=[cast.carol.pk])
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    room = factories.make_room(cast, group_ids=[group.pk], result_policy="MANUAL")
    for student in (cast.alice, cast.bob):
        attempt = sitting.start_attempt(actor=student, assignment_id=room.pk).attempt
        paper = Attempt.objects.get(pk=attempt.pk).paper.content
        question = paper["sections"][0]["question_groups"][0]["questions"][0]
        journal.save_answers(
            actor=student,
            attempt_id=attempt.pk,
            epoch=1,
            answers=[{"seq": 1, "question": question["id"], "response": question["options"][0]["id"]}],
        )
        sitting.submit_attempt(attempt_id=attempt.pk, actor=student)
        grading.grade_attempt(attempt_id=attempt.pk)
        boards.record_result(attempt_id=attempt.pk)
    boards.compute_ranking(assignment_id=room.pk, is_final=False)
    return room


def test_a_person_gets_everything_about_themselves_in_one_file(cast, room):
    profile.update_profile(actor=cast.alice, bio=CANARY, city="Toshkent")
    profile.set_avatar(actor=User.objects.get(pk=cast.alice.pk), data=picture())
    notices.notify(user_ids=[cast.alice.pk], type="SYSTEM_UPDATE", message="Hello Alice")
    data, names = opened(Api(cast.alice).get("auth/me/export/", HTTP_ACCEPT="application/zip"))
    assert names == ["personal-data.json", "picture.jpg"]
    assert (data["profile"]["email"], data["profile"]["bio"]) == (cast.alice.email, CANARY)
    assert [item["group"] for item in data["groups"]] == ["N5"]
    assert data["sessions"]
    assert [item["message"] for item in data["notices"]] == ["Hello Alice"]
    [attempt] = data["attempts"]
    assert (attempt["room"], attempt["status"]) == ("Mock exam", "GRADED")
    assert [answer["words"] for answer in attempt["answers"]] == [["yes"]]
    assert len(attempt["journal"]) == 1


def test_unreleased_marks_are_in_it_only_when_they_are_out(cast, room):
    for client, path in ((Api(cast.alice), "auth/me/export/"), (Api(cast.dora), f"users/{cast.alice.pk}/export/")):
        data, _ = opened(client.get(path))
        assert (data["attempts"][0]["result"], data["ranks"]) == (None, [])
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    data, _ = opened(Api(cast.alice).get("auth/me/export/"))
    assert data["attempts"][0]["result"]["score"] == "1.000"
    assert [row["rank"] for row in data["ranks"]] == [1]


def test_keys_secrets_and_other_people_are_not_in_it(cast, room):
    Api(cast.dora).get("users/")
    text = json.dumps(opened(Api(cast.alice).get("auth/me/export/"))[0])
    assert cast.bob.email not in text
    assert "Bob" not in text
    assert cast.carol.email not in text
    for name in ("fractions", "explanation", "password_hash", "argon2", "token", '"key"', "session_version", "outcome"):
        assert name not in text


def test_only_oneself_and_admins_get_it(cast, room):
    for person in (cast.carol, cast.bob, cast.gus):
        assert Api(person).get(f"users/{cast.alice.pk}/export/").status_code == 403
    unknown = Api(cast.dora).get(f"users/{uuid.uuid4()}/export/")
    foreign = Api(cast.dora).get(f"users/{cast.mallory.pk}/export/")
    assert {**unknown.json(), "request_id": 0} == {**foreign.json(), "request_id": 0}
    assert unknown.status_code == foreign.status_code == 404


# -- forgetting ------------------------------------------------------------------------------------------------------


def rows_with(word):
    """Every table of the center, and of the letters, in which a word stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()] + ["public.mail_mail", "public.core_delivery"]
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} AS row WHERE row::text ILIKE %s", [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def erase(cast, person, **body):
    return Api(cast.dora).post(f"users/{person.pk}/erase/", {"reason": "asked for it", **body})


@pytest.fixture
def known(cast, room, storage):
    """Alice under a name that stands nowhere else, with a trace in every place."""
    User.objects.filter(pk=cast.alice.pk).update(last_name=CANARY, email=f"{CANARY.lower()}@north.test")
    boards.rebuild_results(assignment_id=room.pk)
    boards.compute_ranking(assignment_id=room.pk, is_final=False)
    alice = User.objects.get(pk=cast.alice.pk)
    alice.tenant = cast.north
    client = Api(alice)
    client.patch("auth/me/", {"bio": CANARY, "address": CANARY, "emergency_contact_phone": "+99890000000"})
    client.post("auth/email/", {"email": f"new-{CANARY}@north.test", "password": PASSWORD})
    Api(cast.dora).post("centers/invitations/", {"role": "STUDENT", "emails": [f"new-{CANARY.lower()}@north.test"]})
    profile.set_avatar(actor=alice, data=picture())
    client.post("auth/me/erasure/", {"password": PASSWORD})
    LogEntry.objects.create(user=cast.dora, object_id=str(alice.pk), object_repr=CANARY, action_flag=2)
    notices.notify(user_ids=[alice.pk], type="SYSTEM_UPDATE", message=f"Hello {CANARY}")
    return alice


def test_nothing_tells_any_more_who_it_was(cast, room, known, deliver, storage, django_capture_on_commit_callbacks):
    deliver()
    assert len(rows_with(CANARY)) > 5
    assert list(storage.rglob("*.jpg"))
    before = list(Rank.objects.order_by("pk").values_list("position", "score", "rank", "percentile"))
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(cast, known).status_code == 200
    deliver()
    assert rows_with(CANARY) == []
    assert rows_with("99890000000") == []
    assert list(storage.rglob("*.jpg")) == []
    assert list(Rank.objects.order_by("pk").values_list("position", "score", "rank", "percentile")) == before
    assert ExamResult.objects.get(student=known).display_name == "Erased person"
    assert Attempt.objects.filter(student=known, status="GRADED").exists()
    assert not Session.objects.filter(user=known).exists()
    assert not Notice.objects.filter(user=known).exists()


def test_the_live_board_forgets_the_name_too(cast, room, known, deliver, django_capture_on_commit_callbacks):
    standings.build_live_board(assignment_id=room.pk)
    names = [row.name for row in standings.live_board(assignment_id=room.pk).top]
    assert any(CANARY in name for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        erase(cast, known)
        deliver()
    names = [row.name for row in standings.live_board(assignment_id=room.pk).top]
    assert sorted(names) == ["Bob North", "Erased person"]


def test_the_erased_account_is_closed_for_good(cast, known):
    client = Api(known)
    answer = erase(cast, known)
    again = erase(cast, known)
    assert (again.status_code, again.json()["erased_at"]) == (200, answer.json()["erased_at"])
    assert client.get("auth/me/").status_code == 401
    assert Api().post("auth/login/", {"email": known.email, "password": PASSWORD}).status_code == 401
    assert Api(cast.dora).get(f"users/{known.pk}/").status_code == 404
    assert Api(cast.dora).post(f"users/{known.pk}/restore/").json()["code"] == "person_erased"
    body = {"email": known.email, "password": PASSWORD, "role": "STUDENT"}
    assert Api(cast.dora).post("users/", body).status_code == 201


def test_the_reason_is_asked_for_and_kept(cast):
    assert Api(cast.dora).post(f"users/{cast.alice.pk}/erase/", {}).json()["errors"][0]["pointer"] == "/reason"
    erase(cast, cast.alice, reason="written request 12")
    assert rows_with("written request 12") == ["audit_entry"]


def test_deleted_people_can_be_erased_and_nobody_erases_themselves(cast):
    Api(cast.dora).delete(f"users/{cast.alice.pk}/")
    assert erase(cast, cast.alice).status_code == 200
    answer = erase(cast, cast.dora)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")


def test_others_erase_nobody(cast):
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).post(f"users/{cast.bob.pk}/erase/", {"reason": "x"}).status_code == 403
    unknown = Api(cast.dora).post(f"users/{uuid.uuid4()}/erase/", {"reason": "x"})
    foreign = Api(cast.dora).post(f"users/{cast.mallory.pk}/erase/", {"reason": "x"})
    assert {**unknown.json(), "request_id": 0} == {**foreign.json(), "request_id": 0}
    with tenancy.enter(cast.south):
        assert User.objects.get(pk=cast.mallory.pk).erased_at is None


def test_who_asks_to_be_forgotten_is_shown_to_admins_and_may_change_their_mind(cast, deliver):
    cast.dora  # noqa: B018
    alice = Api(cast.alice)
    wrong = alice.post("auth/me/erasure/", {"password": "wrong"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/password")
    for _ in range(2):
        assert alice.post("auth/me/erasure/", {"password": PASSWORD}).status_code == 202
    deliver()
    assert [row["id"] for row in Api(cast.dora).get("users/?wants_erasure=true").json()["results"]] == [
        str(cast.alice.pk)
    ]
    assert [notice.message for notice in Notice.objects.filter(user=cast.dora)] == ["Alice North asks to be erased."]
    assert alice.delete("auth/me/erasure/").json()["erasure_asked_at"] is None
    assert alice.delete("auth/me/erasure/").json()["code"] == "no_erasure_asked"


def test_an_invitation_to_the_address_is_gone_with_it(cast, known):
    assert Invitation.objects.filter(email__startswith="new-").exists()
    erase(cast, known)
    assert not Invitation.objects.filter(email__startswith="new-").exists()
    assert not Mail.objects.filter(to__icontains=CANARY).exists()
