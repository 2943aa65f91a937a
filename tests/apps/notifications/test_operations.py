"""Telling people: once, in one statement, and nobody else."""

from __future__ import annotations

import uuid
from string import Formatter

import pytest

from apps.assignments import operations as rooms
from apps.authentication.models import User
from apps.core import bus, realtime, tenancy
from apps.core.models import Delivery
from apps.groups import operations as groups
from apps.notifications import errors, operations, queries, rules
from apps.notifications.models import Notice
from tests.apps.assignments.builders import make_group, make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushed(monkeypatch):
    """What goes to sockets: room, kind and data."""
    seen = []

    def listen(kind, news):
        seen.extend((room, kind, data) for room, data in news)

    monkeypatch.setattr(realtime, "push_many", listen)
    return seen


def room_of(person, tenant):
    return tenancy.room("user", person.pk, tenant=tenant)


def test_tells_many_with_one_statement(cast, count_queries, pushed):
    people = [cast.alice.pk, cast.bob.pk, cast.gus.pk, cast.alice.pk]
    with count_queries() as told:
        assert operations.notify(user_ids=people, type="EXAM_OPENED", message="Go.", link="/x/") == 3
    statements = [query["sql"] for query in told.captured_queries if "notifications_notice" in query["sql"]]
    assert len(statements) == 1
    assert Notice.objects.count() == 3
    assert sorted(room for room, _, _ in pushed) == sorted(
        room_of(person, cast.north) for person in (cast.alice, cast.bob, cast.gus)
    )


def test_nobody_is_told_the_same_of_the_same_thing_twice(cast, pushed):
    thing = {"type": "EXAM_OPENED", "message": "Go.", "related_task_id": uuid.uuid4()}
    assert operations.notify(user_ids=[cast.alice.pk], **thing) == 1
    assert operations.notify(user_ids=[cast.alice.pk, cast.bob.pk], **thing) == 1
    assert operations.notify(user_ids=[cast.alice.pk], **{**thing, "type": "EXAM_PUBLISHED"}) == 1
    assert operations.notify(user_ids=[cast.alice.pk], **{**thing, "related_task_id": uuid.uuid4()}) == 1
    assert operations.notify(user_ids=[], **thing) == 0
    assert [data["unread"] for room, _, data in pushed if room == room_of(cast.alice, cast.north)] == [1, 2, 3]
    assert [data["unread"] for room, _, data in pushed if room == room_of(cast.bob, cast.north)] == [1]


def test_what_is_pushed_is_the_notice_as_it_is_stored(cast, pushed):
    operations.notify(
        user_ids=[cast.alice.pk], type="EXAM_OPENED", message="Go.", link="/x/", related_task_id=uuid.uuid4()
    )
    [(_, kind, data)] = pushed
    assert kind == "notification"
    assert data.pop("unread") == 1
    assert data.pop("version") > 0
    assert data == queries.as_data(Notice.objects.get())


def test_reading_is_ones_own_and_pushes_the_new_count(cast, pushed):
    operations.notify(user_ids=[cast.alice.pk, cast.bob.pk], type="EXAM_OPENED", message="One.")
    operations.notify(user_ids=[cast.alice.pk], type="EXAM_OPENED", message="Two.")
    first = queries.notices_for(cast.alice).get(message="One.")
    pushed.clear()
    operations.set_read(actor=cast.alice, notice_id=first.pk, is_read=True)
    operations.set_read(actor=cast.alice, notice_id=first.pk, is_read=True)
    assert operations.mark_all_read(actor=cast.alice) == 1
    assert operations.mark_all_read(actor=cast.alice) == 0
    assert [(kind, data["unread"]) for _, kind, data in pushed] == [("unread", 1), ("unread", 0)]
    assert {room for room, _, _ in pushed} == {room_of(cast.alice, cast.north)}
    assert pushed[0][2]["version"] < pushed[1][2]["version"]
    with pytest.raises(errors.NoticeNotFound):
        operations.set_read(actor=cast.bob, notice_id=first.pk, is_read=False)
    assert queries.unread_state(user_id=cast.bob.pk)["unread"] == 1


def test_an_opening_is_told_to_the_audience_once(cast, deliver, pushed):
    room = make_room(cast, actor=cast.dora, title="July", group_ids=[make_group(cast, cast.alice).pk])
    rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, user_ids=[cast.gus.pk, cast.bob.pk])
    rooms.open_room(assignment_id=room.pk)
    deliver()
    rooms.open_room(assignment_id=room.pk)
    operations.tell_opened(assignment_id=room.pk)
    deliver()
    told = Notice.objects.order_by("user__email")
    assert [notice.user for notice in told] == [cast.alice, cast.bob, cast.gus]
    assert {(n.notification_type, n.message, n.link, n.related_task_id) for n in told} == {
        ("EXAM_OPENED", "July is open.", f"/rooms/{room.pk}/", room.pk)
    }
    assert len(pushed) == 3
    assert bus.waiting()["dead"] == 0


def test_an_opening_that_is_over_is_not_told_any_more(cast, deliver):
    room = make_room(cast)
    rooms.open_room(assignment_id=room.pk)
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert not Notice.objects.exists()


def test_released_results_are_told_to_the_audience(cast, deliver):
    room = make_room(cast, title="July")
    rooms.open_room(assignment_id=room.pk)
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    deliver()
    assert {(n.user, n.notification_type, n.message) for n in Notice.objects.all()} == {
        (person, "EXAM_PUBLISHED", "The results of July are out.") for person in (cast.alice, cast.bob)
    }


def test_a_room_that_is_gone_is_not_talked_about(cast, deliver):
    room = make_room(cast, open_now=True)
    rooms.delete_assignment(actor=cast.carol, assignment_id=room.pk)
    deliver()
    assert operations.tell_released(assignment_id=room.pk) == 0
    assert not Notice.objects.exists()
    assert not Delivery.objects.filter(event__startswith="assignment.", done_at=None).exists()


def test_another_center_is_told_nothing(cast, deliver, south, pushed):
    with tenancy.enter(south):
        groups.create_group(name="N5", teacher_ids=[cast.trent.pk])
    make_room(cast, open_now=True)
    deliver()
    with tenancy.enter(south):
        assert not Notice.objects.exists()
    prefix = f"c.{cast.north.id.hex}."
    assert pushed
    assert all(room.startswith(prefix) for room, _, _ in pushed)


def test_the_longest_title_fits_into_a_message(cast, deliver):
    make_room(cast, title="試" * 200, open_now=True)
    deliver()
    assert Notice.objects.count() == 2


def test_everybody_reads_it_in_their_language(cast, pushed):
    User.objects.filter(pk=cast.alice.pk).update(locale="ja")
    User.objects.filter(pk=cast.bob.pk).update(locale="ru")
    _ = cast.gus
    people = [cast.alice.pk, cast.bob.pk, cast.gus.pk]
    said = rules.say("room_open", title="N5")
    assert operations.notify(user_ids=people, type="EXAM_OPENED", message=said, related_task_id=uuid.uuid4()) == 3
    told = dict(Notice.objects.values_list("user", "message"))
    assert told == {
        cast.alice.pk: "「N5」が始まりました。",
        cast.bob.pk: "N5 is open.",
        cast.gus.pk: "N5 is open.",
    }


def test_every_message_says_the_same_things_in_each_language():
    for name, texts in rules._WORDS.items():
        assert set(texts) == {"en", "ja"}, name
        fields = [{field for _, field, *_ in Formatter().parse(text) if field} for text in texts.values()]
        assert fields[0] == fields[1], name
