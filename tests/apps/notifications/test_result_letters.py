"""Letters about results: one to each student who has one, and none to who wants none."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, sitting
from apps.core import bus, tenancy
from apps.groups import operations as groups
from apps.mail.models import Mail
from apps.notifications import errors, operations, queries, rules
from tests import factories
from tests.letters import arrived

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    """Alice and Bob have sat in it, Gus has not; it is closed."""
    room = factories.make_room(cast, cast.alice, cast.bob, cast.gus, title="Mock exam 7")
    for student in (cast.alice, cast.bob):
        mark(sit(student, room))
    rooms.close_room(assignment_id=room.pk)
    return room


def sit(student, room):
    attempt = sitting.start_attempt(actor=student, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=student)
    return attempt


def mark(attempt):
    grading.grade_attempt(attempt_id=attempt.pk)


def written():
    return sorted(Mail.objects.filter(letter="results").values_list("to", flat=True))


def test_release_writes_once_to_everybody_who_has_a_result(cast, room):
    rooms.release_results(assignment_id=room.pk)
    for _ in range(2):
        bus.deliver_due()
        operations.mail_results(assignment_id=room.pk)
    assert written() == ["alice@north.test", "bob@north.test"]
    [message] = arrived("alice@north.test")
    attempt = Attempt.objects.get(student=cast.alice)
    assert message.subject == "Your result: Mock exam 7"
    assert "Hello Alice North," in message.body
    assert f"/attempts/{attempt.pk}/result/" in message.body


def test_many_are_written_with_few_statements(cast, room, count_queries):
    rooms.release_results(assignment_id=room.pk)
    with count_queries() as two:
        operations.mail_results(assignment_id=room.pk)
    Mail.objects.all().delete()
    paper = Attempt.objects.first()
    for number, student in enumerate(factories.people_of(cast, 40)):
        paper.pk, paper.student, paper.number = uuid.uuid4(), student, number + 10
        paper.save(force_insert=True)
    with count_queries() as many:
        assert operations.mail_results(assignment_id=room.pk) == 42
    assert len(many) == len(two) <= 6


def test_nothing_is_written_before_results_are_shown(cast, room):
    bus.deliver_due()
    assert operations.mail_results(assignment_id=room.pk) == 0
    assert operations.mail_results(assignment_id=uuid.uuid4()) == 0
    assert written() == []


def test_whoever_is_marked_after_the_release_is_written_to_in_the_end(cast):
    room = factories.make_room(cast, cast.alice, cast.bob)
    mark(sit(cast.alice, room))
    late = sit(cast.bob, room)
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    operations.mail_results(assignment_id=room.pk)
    assert written() == ["alice@north.test"]
    mark(late)
    rooms.finalise_room(assignment_id=room.pk)
    bus.deliver_due()
    assert written() == ["alice@north.test", "bob@north.test"]


def test_results_that_show_themselves_after_the_close_are_written_of_then(cast, room):
    ExamAssignment.objects.update(result_policy="AFTER_CLOSE")
    rooms.finalise_room(assignment_id=room.pk)
    bus.deliver_due()
    assert written() == ["alice@north.test", "bob@north.test"]


def test_where_everybody_saw_the_own_result_at_once_no_letter_is_needed(cast, room):
    ExamAssignment.objects.update(result_policy="IMMEDIATELY")
    rooms.finalise_room(assignment_id=room.pk)
    bus.deliver_due()
    assert written() == []


def test_whoever_wants_none_gets_none_even_if_it_was_written_already(cast, room):
    operations.set_wishes(actor=cast.alice, results=False)
    rooms.release_results(assignment_id=room.pk)
    operations.mail_results(assignment_id=room.pk)
    assert written() == ["bob@north.test"]
    operations.set_wishes(actor=cast.bob, results=False)
    assert [message for message in arrived() if "result" in message.subject] == []
    assert Mail.objects.get(letter="results").status == "NEEDLESS"


def test_a_letter_knows_who_has_left_and_which_language_is_theirs(cast, room):
    cast.alice.locale = "uz"
    cast.alice.save()
    rooms.release_results(assignment_id=room.pk)
    operations.mail_results(assignment_id=room.pk)
    cast.bob.is_active = False
    cast.bob.save()
    [message] = [message for message in arrived() if message.to != ["dora@north.test"]]
    assert message.to == ["alice@north.test"]
    assert message.subject == "Natijangiz: Mock exam 7"


def test_whoever_was_moved_to_another_group_still_gets_it(cast):
    old, new = groups.create_group(name="N5"), groups.create_group(name="N4")
    groups.add_member(group_id=old.pk, user_id=cast.alice.pk, role="STUDENT")
    room = factories.make_room(cast, group_ids=[old.pk])
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    groups.move_members(from_group_id=old.pk, to_group_id=new.pk, user_ids=[cast.alice.pk])
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    mark(attempt)
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    operations.mail_results(assignment_id=room.pk)
    assert written() == ["alice@north.test"]


def token_in(message):
    return message.body.rpartition("#token=")[2].strip()


def test_its_links_end_such_letters_and_no_others(cast, room):
    rooms.release_results(assignment_id=room.pk)
    operations.mail_results(assignment_id=room.pk)
    [message] = arrived("alice@north.test")
    token = token_in(message)
    header = message.message()["List-Unsubscribe"]
    assert header == f"<http://north.localhost:8000/api/v1/notifications/unsubscribe/?token={token}>"
    assert message.message()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for _ in range(2):
        operations.unsubscribe(token=token)
    assert not queries.wishes_of(user_id=cast.alice.pk).results
    assert queries.wishes_of(user_id=cast.bob.pk).results


def test_tokens_of_others_are_refused(cast):
    def token(user_id, kind="results", tenant=cast.north):
        return rules.leave_token(user_id, kind=kind, center_id=tenant.id, key=settings.SHIKEN_LINK_KEY)

    right = token(cast.alice.pk)
    wrong = ["", "x", "é" * 40, right[:-1], right.upper(), token(uuid.uuid4()), token(cast.alice.pk, "notices")]
    wrong += [token(cast.alice.pk, tenant=cast.south), f"{cast.bob.pk.hex}.{right.partition('.')[2]}"]
    for bad in wrong:
        with pytest.raises(errors.LinkNotFound):
            operations.unsubscribe(token=bad)
    with tenancy.enter(cast.south), pytest.raises(errors.LinkNotFound):
        operations.unsubscribe(token=right)
    assert queries.wishes_of(user_id=cast.alice.pk).results
