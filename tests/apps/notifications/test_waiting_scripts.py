"""Teachers hear that answers wait to be marked: those of the room, once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.attempts.models import Script
from apps.attempts.operations import grading, marking, sitting
from apps.authentication.models import User
from apps.core import clock
from apps.notifications import operations
from apps.notifications.models import Notice
from tests.apps.assignments.builders import make_group, make_room
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_essay_test
from tests.factories import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    """Made by the director for a group that Carol teaches; Cyril teaches another one."""
    test = make_essay_test(cast)
    publish(cast, test)
    make_group(cast, cast.bob, name="N4", teacher=cast.other_teacher)
    group = make_group(cast, cast.alice, cast.bob)
    return make_room(cast, actor=cast.dora, test=test, group_ids=[group.pk], title="July", open_now=True)


def hand_in(person, room):
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    journal.write(attempt, "letter", "Dear Bob")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    return grading.grade_attempt(attempt_id=attempt.pk)


def told():
    return sorted(
        (notice.user.email, notice.message, notice.link)
        for notice in Notice.objects.filter(notification_type="SCRIPTS_WAITING").select_related("user")
    )


def test_the_teachers_of_a_room_are_told_once_however_many_hand_in(cast, room, deliver):
    User.objects.filter(pk=cast.carol.pk).update(locale="ja")
    hand_in(cast.alice, room)
    deliver()
    link = f"/marking/{room.pk}/"
    expected = [
        (cast.carol.email, "「July」に採点を待つ解答があります。", link),
        (cast.dora.email, "Answers in July wait to be marked.", link),
    ]
    assert told() == sorted(expected)
    first = set(Notice.objects.filter(notification_type="SCRIPTS_WAITING").values_list("pk", flat=True))
    hand_in(cast.bob, room)
    deliver()
    assert set(Notice.objects.filter(notification_type="SCRIPTS_WAITING").values_list("pk", flat=True)) == first


def test_they_are_told_again_on_another_day(cast, room, deliver):
    hand_in(cast.alice, room)
    deliver()
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert operations.tell_waiting(assignment_id=room.pk, at=clock.now()) == 0
    Notice.objects.update(created_at=midnight)
    assert operations.tell_waiting(assignment_id=room.pk, at=midnight + timedelta(hours=23, minutes=59)) == 0
    Notice.objects.update(is_read=True)
    assert operations.tell_waiting(assignment_id=room.pk, at=midnight + timedelta(days=1)) == 2
    assert len(told()) == 2
    assert not Notice.objects.filter(notification_type="SCRIPTS_WAITING", is_read=True).exists()


def test_nobody_is_told_of_what_is_marked_by_then(cast, room, deliver):
    attempt = hand_in(cast.alice, room)
    scores = {2: {"0": "5", "1": "3"}, 3: {"0": "5"}}
    for script in Script.objects.filter(attempt=attempt):
        marking.mark_script(actor=cast.carol, script_id=script.pk, scores=scores[script.number], revision=0)
    deliver()
    assert told() == []


def test_who_cannot_mark_any_more_is_not_told(cast, room, deliver):
    hand_in(cast.alice, room)
    User.objects.filter(pk=cast.carol.pk).update(is_active=False)
    User.objects.filter(pk=cast.dora.pk).update(role="STUDENT")
    deliver()
    assert told() == []
