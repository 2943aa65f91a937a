"""A center with one row at least of everything that is shown to anybody, as operations make them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.assignments import operations as rooms
from apps.assignments.models import Accommodation, ExamAssignment, HomeworkAssignment
from apps.assignments.operations import accommodations, homework
from apps.attempts.models import Attempt, Play, RefusedAnswer, Script, WithdrawnSheet
from apps.attempts.operations import grading, sitting
from apps.audit.models import Entry
from apps.authentication.models import Acting, Identity, Session
from apps.authentication.operations import directors, registration
from apps.authentication.operations import single_sign_on_providers as providers
from apps.centers.models import Center
from apps.centers.operations import domains as claims
from apps.centers.queries import domains
from apps.centers.queries.domains import Address
from apps.core import clock, tenancy
from apps.groups import operations as groups
from apps.groups.models import Group, Membership
from apps.jobs import operations as jobs
from apps.jobs.models import Job
from apps.leaderboards import operations as boards
from apps.live.models import LateAnswer, Player, QuizSession
from apps.mail import operations as mail
from apps.mail.models import Mail
from apps.materials import operations as materials
from apps.materials.models import Category, Material
from apps.mock_tests import queries as papers
from apps.mock_tests.models import BankQuestion, Blueprint, ExamProfile, MediaFile, MockTest, Question
from apps.mock_tests.operations import bank, profiles
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.rules.bank.blueprint import GroupPlan, Line, Plan, SectionPlan
from apps.notifications.models import Notice
from tests import factories
from tests.cast import Cast
from tests.core.files import samples
from tests.homework import make_quiz
from tests.live import open_quiz


@dataclass(frozen=True)
class Furniture:
    group: Group
    membership: Membership
    test: MockTest
    draft: MockTest
    question: Question
    room: ExamAssignment
    later: ExamAssignment
    attempt: Attempt
    session: Session
    identity: Identity
    notice: Notice
    media: MediaFile
    category: Category
    material: Material
    job: Job
    mail: Mail
    center: Center
    address: Address
    entry: Entry
    acting: Acting
    accommodation: Accommodation
    play: Play
    script: Script
    quiz: MockTest
    homework: HomeworkAssignment
    quiz_question: Question
    live: QuizSession
    player: Player
    bank_question: BankQuestion
    blueprint: Blueprint
    profile: ExamProfile

    def id_for(self, path: str) -> uuid.UUID | None:
        """What stands for ``{id}`` in a path of the API."""
        part = path.removeprefix("/api/v1/").split("{")[0].strip("/")
        question_group = self.question.group
        found: dict[str, Any] = {
            "accommodations": self.accommodation,
            "acting": self.acting,
            "attempts": self.attempt,
            "audit": SimpleNamespace(pk=self.entry.uid),
            "auth/identities": self.identity,
            "auth/sessions": self.session,
            "bank-questions": self.bank_question,
            "blueprints": self.blueprint,
            "exam-profiles": self.profile,
            "identity-providers": self.identity.provider,
            "center-admin-centers": self.center,
            "centers/domains": SimpleNamespace(pk=self.address.id),
            "exam-assignments": self.room,
            "group-memberships": self.membership,
            "grading-queue": self.script,
            "grading-queue/rooms": self.room,
            "groups": self.group,
            "homework-assignments": self.homework,
            "submissions/history": self.homework,
            "leaderboards/exams": self.room,
            "mails": self.mail,
            "material-categories": self.category,
            "materials": self.material,
            "media": self.media,
            "media-uploads": self.media,
            "mock-tests": self.draft,
            "notifications": self.notice,
            "plays": self.play,
            "question-groups": question_group,
            "questions": self.question,
            "leaderboards/quizzes": self.live,
            "quiz-sessions": self.live,
            "quizzes": self.quiz,
            "quiz-questions": self.quiz_question,
            "results/exams": self.room,
            "results/users": self.attempt.student,
            "submissions": self.attempt,
            "tasks": self.job,
            "tasks/file": self.job,
            "test-sections": question_group.section,
            "topics": SimpleNamespace(pk=self.bank_question.topic_id),
            "users": self.attempt.student,
        }
        return found[part].pk if part in found else None


def _identity(cast: Cast, place: str) -> Identity:
    """Alice signs in with the school's accounts too."""
    given = {"name": f"School of {place}", "issuer": "https://id.school.test", "client_id": "shiken"}
    provider = providers.add_provider(changes=given)
    return Identity.objects.create(
        user=cast.alice, provider=provider, issuer=provider.issuer, subject="alice", email=cast.alice.email
    )


ONE_EASY = Plan((SectionPlan("All", (GroupPlan((Line(1, difficulty="EASY"),)),)),))


def furnish(cast: Cast) -> Furniture:
    """Alice sits in Carol's group, in a room of Dora's, and has her marks; a second room is scheduled."""
    place = cast.north.name
    group = groups.create_group(name=f"Class of {place}")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    category = materials.create_category(actor=cast.carol, name=f"Folder of {place}", group_ids=[group.pk])
    registration.invite(actor=cast.dora, role="STUDENT")
    directors.copy_directors()
    claims.add_domain(center_id=cast.north.id, domain=f"{cast.north.slug}-exams.jp")
    factories.import_sample(cast)
    test = factories.make_test(cast, title=f"Test of {place}")
    factories.publish(cast, test)
    draft = factories.make_test(cast, title=f"Draft of {place}")
    quiz = make_quiz(cast, title=f"Quiz of {place}")
    room = factories.make_room(cast, test=test, title=f"Room of {place}", group_ids=[group.pk])
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    boards.record_result(attempt_id=attempt.pk)
    boards.compute_ranking(assignment_id=room.pk, is_final=False)
    live = open_quiz(cast, cast.alice, test=test, title=f"Live in {place}")
    _keep_for_review(cast, attempt, live)
    with transaction.atomic():
        mail.send(letter="rejected", to=[cast.alice.email], key="furniture", values={"quote": f"Letter of {place}"})
    return Furniture(
        group=group,
        membership=Membership.objects.get(group=group, user=cast.alice),
        test=test,
        draft=draft,
        question=Question.objects.select_related("group__section").get(
            group__section__mock_test=draft, type="multiple_choice"
        ),
        room=room,
        later=rooms.assign_test(actor=cast.dora, mock_test_id=test.pk, title=f"Later in {place}", group_ids=[group.pk]),
        attempt=attempt,
        identity=_identity(cast, place),
        session=Session.objects.create(
            user=cast.alice, expires_at=Now() + timedelta(days=1), agent=f"Phone of {place}"
        ),
        notice=Notice.objects.create(
            user=cast.alice, notification_type="EXAM_OPENED", message=f"Notice of {place}", related_task_id=uuid.uuid4()
        ),
        media=MediaFile.objects.first() or MediaFile(),
        category=category,
        material=materials.share_material(
            actor=cast.carol,
            name=f"Handout of {place}",
            file=samples.pdf(),
            file_name=f"{place}.pdf",
            category_id=category.pk,
        ),
        job=_ask(cast),
        mail=Mail.objects.get(schema_name=cast.north.schema_name, letter="rejected"),
        center=Center.objects.get(pk=cast.north.id),
        address=domains.list_addresses(center_id=cast.north.id)[0],
        entry=Entry.objects.latest("id"),
        quiz=quiz,
        quiz_question=Question.objects.filter(group__section__mock_test=quiz).earliest("order"),
        live=live,
        player=Player.objects.get(session=live),
        bank_question=_bank_question(cast, place),
        blueprint=blueprints.create_blueprint(actor=cast.carol, name=f"Blueprint of {place}", plan=ONE_EASY),
        profile=profiles.create_profile(actor=cast.dora, changes={"name": f"Exam of {place}"}),
        homework=homework.assign_homework(
            actor=cast.dora,
            title=f"Homework of {place}",
            deadline=clock.now() + timedelta(days=3),
            mock_test_ids=[test.pk],
            quiz_ids=[quiz.pk],
            group_ids=[group.pk],
        ),
        play=Play.objects.create(attempt=attempt, recording=uuid.uuid4(), number=1, started_at=attempt.started_at),
        script=Script.objects.create(
            attempt=attempt,
            assignment=room,
            question_id=papers.list_items(paper_id=attempt.paper_id)[0].question_id,
            is_blank=True,
            revision=1,
        ),
        accommodation=accommodations.propose(
            actor=cast.carol,
            student_id=cast.alice.pk,
            factors={"*": Decimal("1.25")},
            reason=f"Letter of a doctor in {place}",
        ),
        acting=Acting.objects.create(
            owner_id=uuid.uuid4(),
            owner_name=f"Owner in {place}",
            admin=cast.dora,
            reason=f"Reason of {place}",
            minutes=15,
            code_hash=uuid.uuid4().hex,
            code_expires_at=Now() + timedelta(minutes=5),
        ),
    )


def _keep_for_review(cast: Cast, attempt: Attempt, live: QuizSession) -> None:
    """An answer after the end, a sheet that was withdrawn, and a late answer to a live question."""
    late: dict[str, Any] = {"seq": 1, "response": None, "received_at": attempt.deadline_at}
    question_id = papers.list_items(paper_id=attempt.paper_id)[0].question_id
    RefusedAnswer.objects.create(attempt=attempt, epoch=1, question_id=question_id, code="attempt_closed", **late)
    WithdrawnSheet.objects.create(
        attempt=attempt,
        answers={},
        entry_count=0,
        receipt=uuid.uuid4().hex * 2,
        frozen_at=attempt.deadline_at,
        finished_at=attempt.deadline_at,
        reason=f"Withdrawn in {cast.north.name}",
        withdrawn_by=cast.dora,
    )
    player = Player.objects.get(session=live)
    LateAnswer.objects.create(session=live, number=1, player=player, code="too_late", **{**late, "response": "x"})


def _bank_question(cast: Cast, place: str) -> BankQuestion:
    topic = bank_topics.create_topic(actor=cast.carol, changes={"name": f"Topic of {place}"})
    said = {"text": f"Question of {place}", "given": factories.options(yes="1", no="0"), "topic_id": topic.pk}
    return bank.create_question(actor=cast.carol, changes=said)


def _ask(cast: Cast) -> Job:
    with transaction.atomic():
        return jobs.ask(kind="export_center", params={"center_id": ""}, title="Nothing", asker=cast.alice)


def furnish_south(cast: Cast) -> Furniture:
    """The same next door: Mallory sits, Trent teaches, Sybil directs."""
    south = Cast(north=cast.south, south=cast.south)
    with tenancy.enter(cast.south):
        south.__dict__ |= {"alice": cast.mallory, "carol": cast.trent, "dora": cast.sybil}
        return furnish(south)
