from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts import queries as attempts
from apps.attempts.queries import homework as homework_standings
from apps.attempts.queries import marking, submissions, visibility
from apps.authentication import acting
from apps.authentication import queries as people
from apps.authentication.errors import UserNotFound
from apps.centers.errors import CenterNotFound
from apps.centers.queries import contacts, domains, subscriptions
from apps.core import clock, realtime, tenancy
from apps.mail import operations as mail
from apps.materials import queries as materials
from apps.notifications import queries, rules
from apps.notifications.errors import LinkNotFound, NoticeNotFound
from apps.notifications.models import MailWish, Notice

if TYPE_CHECKING:
    from apps.assignments.models import HomeworkAssignment
    from apps.authentication.models import User
    from apps.centers.queries.subscriptions import Subscription

# The statement does not see its own rows, so what was unread before is counted and the new one added.
_TELL = f"""
WITH told AS (
    INSERT INTO {Notice._meta.db_table}
        (id, user_id, notification_type, message, link, related_task_id, related_contact_request_id, is_read)
    SELECT gen_random_uuid(), person, %s, %s, %s, %s, %s, false FROM unnest(%s::uuid[]) AS person
    ON CONFLICT DO NOTHING
    RETURNING id, user_id, created_at
)
SELECT told.id, told.user_id, told.created_at, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint,
       1 + (SELECT count(*) FROM {Notice._meta.db_table} n WHERE n.user_id = told.user_id AND NOT n.is_read)
FROM told
"""  # noqa: S608


def notify(
    *,
    user_ids: Iterable[uuid.UUID],
    type: str,
    message: str | Mapping[str, str],
    link: str = "",
    related_task_id: uuid.UUID | None = None,
    related_contact_request_id: uuid.UUID | None = None,
    is_news: bool = False,
) -> int:
    """Tell people something, with one statement for each language however many they are, and push it to their open
    sockets. A message in several languages reaches everybody in theirs, else in English. Who was told this about this
    thing before is left alone, unless it ``is_news`` again: then the new notice takes the place of the old one. Returns
    how many were told."""
    wanted = set(user_ids)
    said = {rules.ENGLISH: message} if isinstance(message, str) else message
    theirs = people.find_languages(user_ids=wanted) if len(said) > 1 else {}
    groups: dict[str, set[uuid.UUID]] = {}
    for who in wanted:
        groups.setdefault(said.get(theirs.get(who, ""), said[rules.ENGLISH]), set()).add(who)
    with transaction.atomic():
        return sum(
            _notify(sorted(group), type, text, link, related_task_id, related_contact_request_id, is_news)
            for text, group in groups.items()
            if group
        )


def _notify(
    told: list[uuid.UUID],
    type: str,
    message: str,
    link: str,
    related_task_id: uuid.UUID | None,
    related_contact_request_id: uuid.UUID | None,
    is_news: bool,
) -> int:
    with transaction.atomic():
        if is_news:
            Notice.objects.filter(user__in=told, notification_type=type, related_task_id=related_task_id).delete()
        with connection.cursor() as cursor:
            cursor.execute(_TELL, [type, message, link, related_task_id, related_contact_request_id, told])
            made = cursor.fetchall()
        news = []
        for notice_id, user_id, created_at, version, unread in made:
            notice = Notice(
                id=notice_id,
                user_id=user_id,
                notification_type=type,
                message=message,
                link=link,
                related_task_id=related_task_id,
                related_contact_request_id=related_contact_request_id,
                created_at=created_at,
            )
            news.append((_room(user_id), {**queries.as_data(notice), "unread": unread, "version": version}))
        realtime.push_many("notification", news)
    return len(made)


def tell_opened(*, assignment_id: uuid.UUID) -> int:
    """Tell whom a room is for that it is open; nothing if it is not open any more. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    if room.status != room.Status.OPEN:
        return 0
    return _tell_audience(
        room.pk, Notice.Type.EXAM_OPENED, rules.say("room_open", title=room.title), rules.room_link(room.pk)
    )


def tell_released(*, assignment_id: uuid.UUID) -> int:
    """Tell whom a room is for that its results are out. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    return _tell_audience(
        room.pk, Notice.Type.EXAM_PUBLISHED, rules.say("results_out", title=room.title), rules.room_link(room.pk)
    )


def tell_marked(*, attempt_id: uuid.UUID, assignment_id: uuid.UUID, student_id: uuid.UUID) -> int:
    """Tell a student, once, that people have marked what they wrote; nothing as long as the marks are not shown. Returns how
    many were told."""
    attempt = submissions.find_released_attempt(attempt_id=attempt_id)
    if attempt is None:
        return 0
    return notify(
        user_ids=[student_id],
        type=Notice.Type.EXAM_PUBLISHED,
        message=rules.say("marked", title=attempt.assignment.title),
        link=rules.result_link(attempt_id),
        related_task_id=assignment_id,
    )


def tell_waiting(*, assignment_id: uuid.UUID, at: datetime | None = None) -> int:
    """Tell the teachers of a room that answers in it wait to be marked, at most once a day (UTC) however many come; nothing
    if none waits any more. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    if not marking.is_waiting(assignment_id=assignment_id):
        return 0
    midnight = (at or clock.now()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    told, type = rooms.marker_ids(assignment_id=room.pk), Notice.Type.SCRIPTS_WAITING
    with transaction.atomic():
        # One of today stays, so whoever has it is not told again, also not by a call at the same moment.
        old = Notice.objects.filter(user__in=told, notification_type=type, related_task_id=room.pk)
        old.filter(created_at__lt=midnight).delete()
        return notify(
            user_ids=told,
            type=type,
            message=rules.say("scripts_waiting", title=room.title),
            link=rules.marking_link(room.pk),
            related_task_id=room.pk,
        )


def tell_assigned(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for that there is one; nothing if it is gone. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    message = rules.say("homework_new", title=homework.title, until=rules.moment(homework.deadline))
    return _tell_of_homework(homework, audience, Notice.Type.TASK_ASSIGNED, message)


def tell_changed(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for that it is another than before; who was not told of it yet learns that there is one.
    Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    about = Notice.objects.filter(related_task_id=homework_id, notification_type=Notice.Type.TASK_ASSIGNED)
    known = audience & set(about.values_list("user", flat=True))
    told = tell_assigned(homework_id=homework_id)
    message = rules.say("homework_changed", title=homework.title)
    return told + _tell_of_homework(homework, known, Notice.Type.HOMEWORK_UPDATED, message, is_news=True)


def tell_moved(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for until when it is now. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    message = rules.say("homework_moved", title=homework.title, until=rules.moment(homework.deadline))
    return _tell_of_homework(homework, audience, Notice.Type.HOMEWORK_DEADLINE_CHANGED, message, is_news=True)


def tell_ending(*, homework_id: uuid.UUID) -> int:
    """Remind those who have not handed in all of a homework that its deadline is near. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    message = rules.say("homework_ending", title=homework.title, until=rules.moment(homework.deadline))
    waited_for = homework_standings.list_waited_for(homework=homework)
    return _tell_of_homework(homework, waited_for, Notice.Type.DEADLINE_APPROACHING, message, is_news=True)


def tell_ended(*, homework_id: uuid.UUID) -> int:
    """Tell those who have not begun all of a homework that its deadline has passed; what runs then is handed in by the
    clock. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    message = rules.say("homework_ended", title=homework.title)
    missing = homework_standings.list_waited_for(homework=homework, begun_is_enough=True)
    return _tell_of_homework(homework, missing, Notice.Type.DEADLINE_MISSED, message, is_news=True)


def tell_shared(*, material_id: uuid.UUID) -> int:
    """Tell the students who may see a material that it is there; nothing if it is gone, and nobody twice. Returns how many
    were told."""
    material = materials.find_material(material_id=material_id)
    if material is None:
        return 0
    name, folder = material.name, material.category.name if material.category else ""
    return notify(
        user_ids=materials.audience_ids(material=material),
        type=Notice.Type.MATERIAL_SHARED,
        message=rules.say("material_in" if folder else "material", name=name, folder=folder),
        related_task_id=material.pk,
    )


def tell_request(*, request_id: uuid.UUID) -> int:
    """Tell the owners that somebody asks to be called, if the request is still there. Runs in the public schema; returns
    how many were told."""
    request = contacts.find_request(request_id=request_id)
    if request is None:
        return 0
    return notify(
        user_ids=people.active_ids(role="OWNER"),
        type=Notice.Type.CONTACT_REQUEST,
        message=f"{request.full_name} ({request.center_name}) asks to be called."[:300],
        link=rules.request_link(request.pk),
        related_contact_request_id=request.pk,
    )


def tell_domain(*, claim_id: uuid.UUID) -> int:
    """Tell the present center's admins that a domain of theirs lost its record, or is not served any more, if that is
    still so. Returns how many were told."""
    claim = domains.find_claim(claim_id=claim_id)
    if claim is None or claim.state not in (claim.State.FAILING, claim.State.LOST):
        return 0
    is_lost = claim.state == claim.State.LOST
    what = "is not served any more" if is_lost else "cannot be verified: its record has gone"
    return notify(
        user_ids=people.active_ids(role="CENTER_ADMIN"),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"The domain {claim.domain} {what}."[:300],
        link=rules.DOMAINS_LINK,
    )


def tell_plan_ending(*, center_id: uuid.UUID, days: int) -> int:
    """Tell the admins of a center that its trial or plan ends, by notice and by mail; nothing if it does not any more.
    Returns how many were told."""
    plan = _plan_of(center_id)
    if plan is None or not plan.is_active or plan.ends_at is None or plan.days_remaining is None:
        return 0
    if plan.days_remaining > days:  # it has been moved since
        return 0
    left = plan.days_remaining
    text = f"The {_what(plan)} of this center ends in {left} day{'s' if left != 1 else ''}."
    values = {"days": str(left), "ends": _day(plan.ends_at)}
    return _tell_admins(plan, text, "trial_reminder", f"plan_ending:{center_id}:{values['ends']}:{days}", values)


def tell_plan_ended(*, center_id: uuid.UUID) -> int:
    """Tell the admins of a center that its trial or plan is over and what that means, unless it goes on by now. Returns
    how many were told."""
    plan = _plan_of(center_id)
    if plan is None or not plan.center.suspended_because or plan.ends_at is None:
        return 0
    text = f"The {_what(plan)} of this center is over. Exams that run go on; nobody but its admins can sign in."
    values = {"ends": _day(plan.ends_at)}
    return _tell_admins(plan, text, "trial_ended", f"plan_ended:{center_id}:{values['ends']}", values)


def _plan_of(center_id: uuid.UUID) -> Subscription | None:
    try:
        return subscriptions.get_subscription(center_id=center_id)
    except CenterNotFound:
        return None


def _what(plan: Subscription) -> str:
    return "trial" if plan.center.trial_ends_at else "plan"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _tell_admins(plan: Subscription, text: str, letter: str, key: str, values: dict[str, str]) -> int:
    """A notice and a letter to each admin of the center, in whose schema both are written."""
    with tenancy.enter(tenancy.get_by_schema(plan.center.schema_name)), transaction.atomic():
        admins = people.list_people(role="CENTER_ADMIN", is_active=True, is_approved=True)
        found = dict(admins.values_list("pk", "email"))
        told = notify(user_ids=found, type=Notice.Type.SYSTEM_UPDATE, message=text, link=rules.PLAN_LINK)
        mail.send(letter=letter, to=found.values(), key=key, values=values, path=rules.PLAN_LINK)
    return told


def mail_results(*, assignment_id: uuid.UUID) -> int:
    """Write to everybody who has a result in a room that it is out: one letter each, however often this is called; who is
    marked later gets theirs with a later call. Nothing as long as results are not shown, nor where each student has seen
    the own one at once. Returns to how many is written."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    at_once = room.result_policy == room.ResultPolicy.IMMEDIATELY and not room.is_published
    if at_once or not visibility.are_results_shown(room):
        return 0
    told = people.list_people(is_active=True, is_approved=True).filter(
        pk__in=attempts.graded_student_ids(assignment_id=room.pk)
    )
    told = told.exclude(pk__in=MailWish.objects.filter(results=False).values("user"))
    drafts = [
        mail.Draft(
            rules.RESULTS,
            email,
            f"results:{room.pk}:{user_id}",
            {"user_id": str(user_id), "assignment_id": str(room.pk)},
            locale,
        )
        for user_id, email, locale in told.values_list("pk", "email", "locale")
    ]
    with transaction.atomic():
        return mail.post(drafts=drafts)


def set_wishes(*, actor: User, **wishes: bool) -> MailWish:
    """Say which letters one wants that nobody has to get."""
    wish, _ = MailWish.objects.update_or_create(user_id=actor.pk, defaults=wishes)
    return wish


def unsubscribe(*, token: str) -> None:
    """Write no more letters about results to whoever got this token in one; again without effect. Refuses any other token,
    as if nothing were there."""
    key = settings.SHIKEN_LINK_KEY
    user_id = rules.leaving(token, kind=rules.RESULTS, center_id=tenancy.current().id, key=key)
    if user_id is None or not people.list_people().filter(pk=user_id).exists():
        raise LinkNotFound
    MailWish.objects.update_or_create(user_id=user_id, defaults={"results": False})


def tell_acting(*, acting_id: uuid.UUID) -> int:
    """Tell the present center's admins that an owner of the platform acts here, or did. Returns how many were told."""
    row = acting.get_acting(acting_id=acting_id)
    what = "no longer acts" if row.ended_at else f"acts for {row.minutes} minutes"
    return notify(
        user_ids=people.active_ids(role="CENTER_ADMIN"),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"{row.owner_name} of the platform {what} in an admin's place: {row.reason}"[:300],
        link=rules.AUDIT_LINK,
    )


def tell_erasure_asked(*, user_id: uuid.UUID) -> int:
    """Tell the center's admins that somebody asks to be forgotten; nothing if they do not any more. Returns how many were
    told."""
    try:
        person = people.get_user(user_id=user_id)
    except UserNotFound:
        return 0
    if person.erasure_asked_at is None:
        return 0
    return notify(
        user_ids=people.list_admin_ids(),
        type=Notice.Type.SYSTEM_UPDATE,
        message=f"{person} asks to be erased."[:300],
        related_task_id=person.pk,
    )


def forget_person(*, user_id: uuid.UUID) -> int:
    """Remove what a person was told, which letters they wanted, and notices about them. Returns how many notices."""
    with transaction.atomic():
        MailWish.objects.filter(user=user_id).delete()
        count, _ = Notice.objects.filter(Q(user=user_id) | Q(related_task_id=user_id)).delete()
    return count


def set_read(*, actor: User, notice_id: uuid.UUID, is_read: bool) -> Notice:
    """Mark one's own notice as read or unread; refuses any other id."""
    with transaction.atomic():
        notice = queries.notices_for(actor).select_for_update(no_key=True).filter(pk=notice_id).first()
        if notice is None:
            raise NoticeNotFound
        if notice.is_read != is_read:
            notice.is_read = is_read
            notice.save(update_fields=["is_read"])
            _push_unread(actor)
    return notice


def mark_all_read(*, actor: User) -> int:
    """Mark everything as read. Returns how much that was."""
    with transaction.atomic():
        count = queries.notices_for(actor, is_read=False).update(is_read=True)
        if count:
            _push_unread(actor)
    return count


def _tell_audience(assignment_id: uuid.UUID, type: str, message: Mapping[str, str], link: str) -> int:
    audience: Sequence[uuid.UUID] = list(rooms.audience_ids(assignment_id=assignment_id))
    return notify(user_ids=audience, type=type, message=message, link=link, related_task_id=assignment_id)


def _tell_of_homework(
    homework: HomeworkAssignment,
    people: Iterable[uuid.UUID],
    type: str,
    message: Mapping[str, str],
    *,
    is_news: bool = False,
) -> int:
    return notify(
        user_ids=people,
        type=type,
        message=message,
        related_task_id=homework.pk,
        is_news=is_news,
    )


def _push_unread(actor: User) -> None:
    realtime.push(_room(actor.pk), "unread", queries.unread_state(user_id=actor.pk))


def _room(user_id: uuid.UUID) -> str:
    return tenancy.room("user", user_id)
