"""Questions of the bank: written by hand or added from files, changed as new versions, and taken into tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core import tenancy
from apps.core.errors import Problem
from apps.mock_tests.errors import (
    BadContent,
    BankQuestionNotFound,
    EditedMeanwhile,
    NotYourQuestion,
    QuestionRetired,
)
from apps.mock_tests.models import BankQuestion, BankVersion, MockTest, Question, Topic
from apps.mock_tests.operations import authoring, bank_topics
from apps.mock_tests.operations.authoring import access, marks
from apps.mock_tests.operations.importing_files import stored_files
from apps.mock_tests.operations.importing_rows import AT_ONCE, question_of
from apps.mock_tests.queries import bank as queries
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.bank import questions as rules
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.reading import Step, no_step
from apps.mock_tests.rules.texts.richtext import without_control_characters
from apps.mock_tests.rules.types.base import Given

if TYPE_CHECKING:
    from apps.authentication.models import User

Changes = Mapping[str, Any]

FILED = frozenset({"topic_id", "difficulty", "exam_type", "language", "tags"})
"""How a question is filed: of no version, so changing it makes none."""
SAID = frozenset(
    {"type", "name", "text", "score", "wrong_share", "shuffle", "explanation", "image_id", "audio_id", "given"}
)
SAID |= authoring.PARTS_OF_ANSWERS
"""What a version holds, as authors change it."""
_COPIED = (
    *("type", "name", "text", "content", "key", "score", "has_own_score", "wrong_share", "shuffle", "explanation"),
    *("image", "audio"),
)
_HELD = (*_COPIED[:-2], "image_id", "audio_id")

MOST_AT_ONCE = 1_000
LONGEST_NOTE = 300
DRAFT, IN_REVIEW, APPROVED, RETIRED = BankQuestion.State


# -- by hand -------------------------------------------------------------------------------------------------------


def create_question(*, actor: User, changes: Changes, note: str = "") -> BankQuestion:
    """Write a question into the bank, its first version. Refuses answers that do not fit its type, with every reason, and a
    topic that is unknown or not active."""
    with transaction.atomic():
        said, filed = _apart(changes)
        scratch = Question(has_own_score=False)
        _set_score(scratch, said)
        given = authoring.put_together(present=Given(), changes=said)
        authoring.write_question(question=scratch, changes={"given": Given(), **given})
        question = BankQuestion(id=uuid.uuid4(), created_by_id=actor.pk)
        _file(question, filed)
        version = _version_of(scratch, question, 1, actor, note, centers.question_review())
        _store([(question, version)])
        audit.record(action="question.created", subject="question", subject_id=question.pk, name=version.name)
    return question


def edit_question(
    *, actor: User, question_id: uuid.UUID, changes: Changes, note: str = "", expected: int | None = None
) -> BankQuestion:
    """Change a question. Whatever it says anew becomes its next version, with author and note; how it is filed changes in
    place. Where the center reviews, the new version waits for its own approval, and tests go on taking the approved one.

    Refuses the question of a colleague, a retired one, and answers that do not fit the type; with ``expected``, the number
    of the version that was read, also a question that has been changed since."""
    with transaction.atomic():
        question = question_to_change(actor=actor, question_id=question_id)
        present = _current(question)
        if expected is not None and expected != present.number:
            raise EditedMeanwhile(revision=present.number)
        if question.state == RETIRED:
            raise QuestionRetired
        said, filed = _apart(changes)
        _file(question, filed)
        if said:
            scratch = copy_of(version=present)
            _set_score(scratch, said)
            authoring.rewrite_question(question=scratch, changes=said)
            if rules.wording_of(scratch) != rules.wording_of(present):
                review = centers.question_review()
                version = _version_of(scratch, question, present.number + 1, actor, note, review)
                version.save(force_insert=True)
                after = {"version": version.number}
                audit.record(
                    action="question.edited", subject="question", subject_id=question.pk, name=version.name, after=after
                )
        question.updated_at = Now()
        question.save()
    return question


def delete_question(*, actor: User, question_id: uuid.UUID) -> None:
    """Put a question out of sight. Tests and papers that took it keep their copies. Refuses that of a colleague."""
    with transaction.atomic():
        question = question_to_change(actor=actor, question_id=question_id)
        BankQuestion.objects.filter(pk=question.pk).update(deleted_at=Now())
        name = _current(question).name
        audit.record(action="question.deleted", subject="question", subject_id=question.pk, name=name)


def question_to_change(*, actor: User, question_id: uuid.UUID) -> BankQuestion:
    """A question, its row locked. Teachers change what they wrote, administrators everything; refuses all others."""
    question = lock_question(actor=actor, question_id=question_id)
    if not may_change(actor=actor, question=question):
        raise NotYourQuestion
    return question


def lock_question(*, actor: User, question_id: uuid.UUID) -> BankQuestion:
    """A question that ``actor`` may see, its row locked; refuses any other id."""
    locked = queries.questions_for(actor).select_for_update().filter(pk=question_id)
    # Only now: what another edit has written while we waited is seen by the next statement, not by this one.
    if not locked.values_list("pk").first():
        raise BankQuestionNotFound
    return BankQuestion.objects.select_related("current_version", "approved_version").get(pk=question_id)


def may_change(*, actor: User, question: BankQuestion) -> bool:
    """Whether ``actor`` wrote the question or is an administrator."""
    return actor.role == actor.Role.CENTER_ADMIN or question.created_by_id == actor.pk


# -- from files ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Skipped:
    """A drafted question that says what one of the bank says already, ``known``."""

    draft: DraftQuestion
    known: uuid.UUID


@dataclass(frozen=True, slots=True)
class Added:
    """What became of drafted questions, in their order."""

    created: list[BankQuestion]
    skipped: list[Skipped]


def add_questions(
    *,
    actor: User,
    drafts: Sequence[DraftQuestion],
    topic: uuid.UUID | None = None,
    difficulty: str = "",
    exam_type: str = "",
    language: str = "",
    tags: Iterable[str] = (),
    note: str = "",
    files_step: Step = no_step,
    step: Step = no_step,
) -> Added:
    """Put drafted questions into the bank with their pictures and recordings, all of them or none. What is there already,
    by content, or stands twice among them, is skipped and named. Topics that drafts name (``Grammar / Particles``) are
    found or made below ``topic``. Refuses damaged files with the place of their question, and an unknown ``topic``. The
    steps are told how many files and how many questions are done."""
    whole = DraftTest("", sections=(DraftSection("", groups=(DraftGroup(questions=tuple(drafts)),)),))
    with stored_files(draft=whole, actor=actor, step=files_step) as stored, transaction.atomic():
        _one_after_the_other()
        shelf = stored.keep()
        total = 3 * len(drafts)
        rows, hashes = [], []
        for number, draft in enumerate(drafts, 1):
            rows.append(question_of(group=cast(Any, None), draft=draft, order=0, number=number, shelf=shelf))
            hashes.append(rules.content_hash(rules.wording_of(rows[-1])))
            if number % AT_ONCE == 0:
                step(number, total)
        known = queries.known_content(hashes=hashes)
        topics = bank_topics.find_or_make(actor=actor, names={draft.topic for draft in drafts}, below=topic)
        review = centers.question_review()
        created: list[tuple[BankQuestion, BankVersion]] = []
        skipped: list[Skipped] = []
        for number, (draft, row, digest) in enumerate(zip(drafts, rows, hashes, strict=True), 1):
            if number % AT_ONCE == 0:
                step(len(drafts) + number, total)
            if digest in known:
                skipped.append(Skipped(draft, known[digest]))
                continue
            question = BankQuestion(id=uuid.uuid4(), created_by_id=actor.pk, topic=topics[draft.topic])
            question.difficulty = draft.difficulty or difficulty
            question.exam_type, question.language = exam_type, language
            question.tags = _tidy_tags([*draft.tags, *tags])
            known[digest] = question.pk
            created.append((question, _version_of(row, question, 1, actor, note, review)))
        for place in range(0, len(created), AT_ONCE):
            _store(created[place : place + AT_ONCE])
            step(2 * len(drafts) + place, total)
        if created:
            after = {"count": len(created)}
            audit.record(action="question.imported", subject="question", subject_id="", name=note, after=after)
    return Added([question for question, _ in created], skipped)


def _one_after_the_other() -> None:
    """Two imports into one bank at once would not know of each other's questions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("bank", "import")])


# -- into tests ----------------------------------------------------------------------------------------------------


def use_in_group(*, actor: User, group_id: uuid.UUID, question_ids: Sequence[uuid.UUID]) -> list[Question]:
    """Copy questions of the bank to the end of a group, in this order; each copy knows its version. Refuses a group that is
    no draft of theirs, questions that are unknown, that tests may not take, or that the test has already, each with its
    place."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        found = {row.pk: row for row in queries.questions_for(actor, ids=question_ids).select_related("topic")}
        review = centers.question_review()
        usable = {pk: queries.usable_version(row, review=review) for pk, row in found.items()}
        taken = set(
            Question.objects.filter(
                group__section__mock_test=group.section.mock_test_id, bank_version__question__in=found
            ).values_list("bank_version__question", flat=True)
        )
        if problems := _against_use(question_ids, usable, taken):
            raise BadContent(problems=problems)
        versions = BankVersion.objects.in_bulk([version for version in usable.values() if version])
        last = Question.objects.filter(group=group).aggregate(last=Max("order"))["last"] or 0
        copies = []
        for order, question_id in enumerate(question_ids, last + 1):
            original = found[question_id]
            copy = copy_of(version=versions[cast(uuid.UUID, usable[question_id])])
            copy.group, copy.order = group, order
            copy.topic = original.topic.name if original.topic else ""
            copy.tags = list(original.tags)
            copies.append(copy)
        Question.objects.bulk_create(copies)
        _follow_profile(group.section.mock_test, copies)
    return copies


def bring_up_to_date(
    *, actor: User, test_id: uuid.UUID, question_ids: Sequence[uuid.UUID] | None = None
) -> list[Question]:
    """Let questions of a draft say what the bank has for tests now: those named, or all. Their places, their numbers, and
    marks that the test gives otherwise than the bank did, stay. Refuses a test that is not a draft of theirs, and questions
    that are not of this test or have nothing newer, each with its place."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        behind = {row.question.pk: row for row in queries.outdated_in(actor, test_id) if row.newer}
        if question_ids is not None:
            problems = [
                Problem(
                    f"/question_ids/{place}", "nothing_newer", "The test has no such question with a newer version."
                )
                for place, question_id in enumerate(question_ids)
                if question_id not in behind
            ]
            if problems:
                raise BadContent(problems=problems)
        wanted = [row for pk, row in behind.items() if question_ids is None or pk in set(question_ids)]
        for row in wanted:
            _renew(row.question, cast(BankVersion, row.newer))
        Question.objects.bulk_update([row.question for row in wanted], [*_COPIED, "bank_version"])
        _follow_profile(test, [row.question for row in wanted])
    return [row.question for row in wanted]


def _renew(question: Question, newer: BankVersion) -> None:
    """Marks and shuffling are the test's to say: what it says otherwise than the bank did stays."""
    was, old = rules.wording_of(question), rules.wording_of(cast(BankVersion, question.bank_version))
    kept: set[str] = set()
    if was.score != old.score:
        kept |= {"score", "has_own_score"}
    kept |= {name for name in ("wrong_share", "shuffle") if getattr(was, name) != getattr(old, name)}
    for name in _HELD:
        if name not in kept:
            setattr(question, name, getattr(newer, name))
    question.bank_version = newer


def _follow_profile(test: MockTest, questions: Sequence[Question]) -> None:
    """Questions without marks of their own get those of the test's exam profile."""
    profile = exam_profiles.find_profile(test.profile) or profiles.CUSTOM
    marks.follow_profile(
        profile=profile, questions=Question.objects.filter(pk__in=[question.pk for question in questions])
    )


def _against_use(
    question_ids: Sequence[uuid.UUID], usable: Mapping[uuid.UUID, uuid.UUID | None], taken: set[uuid.UUID]
) -> list[Problem]:
    problems = []
    seen: set[uuid.UUID] = set()
    for place, question_id in enumerate(question_ids):
        at = f"/question_ids/{place}"
        if question_id not in usable:
            problems.append(Problem(at, "unknown_question", "The bank has no such question."))
        elif usable[question_id] is None:
            problems.append(
                Problem(at, "not_usable", "Tests may not take it: it is retired, or nobody has approved it.")
            )
        elif question_id in taken or question_id in seen:
            problems.append(Problem(at, "already_in_test", "The test has this question already."))
        seen.add(question_id)
    return problems


# -- rows ----------------------------------------------------------------------------------------------------------


def copy_of(*, version: BankVersion) -> Question:
    """A question that says what a version says and knows it; of no group, not saved."""
    return Question(bank_version=version, **{name: getattr(version, name) for name in _HELD})


def _version_of(
    said: Question, question: BankQuestion, number: int, actor: User, note: str, review: str
) -> BankVersion:
    """The next version of a question, not saved; the question points to it and is searched by it."""
    wording = rules.wording_of(said)
    version = BankVersion(
        id=uuid.uuid4(),
        question=question,
        number=number,
        author_id=actor.pk,
        note=without_control_characters(note).strip()[:LONGEST_NOTE],
        content_hash=rules.content_hash(wording),
        **{name: getattr(said, name) for name in _HELD},
    )
    question.current_version = version
    question.type, question.content_hash = version.type, version.content_hash
    question.search_text = without_control_characters(rules.search_text(wording))
    question.sketch = rules.sketch(rules.asked_text(wording))
    if review == "OFF":
        question.state, question.approved_version = APPROVED, version
    else:
        question.state = DRAFT
    return version


def _store(rows: Sequence[tuple[BankQuestion, BankVersion]]) -> None:
    """Questions and versions point at each other, which PostgreSQL looks at when the transaction ends."""
    BankQuestion.objects.bulk_create([question for question, _ in rows], batch_size=500)
    BankVersion.objects.bulk_create([version for _, version in rows], batch_size=500)


def _apart(changes: Changes) -> tuple[dict[str, Any], dict[str, Any]]:
    foreign = changes.keys() - FILED - SAID
    if foreign:
        raise TypeError(f"Questions of the bank have no fields {sorted(foreign)} that authors change.")
    said = {name: value for name, value in changes.items() if name in SAID}
    return said, {name: value for name, value in changes.items() if name in FILED}


def _set_score(scratch: Question, said: dict[str, Any]) -> None:
    """Marks that are given are the question's own; ``None`` leaves them to the exam profile of each test."""
    if "score" in said:
        scratch.has_own_score = said["score"] is not None
    if said.get("score", 1) is None:
        del said["score"]


def _file(question: BankQuestion, filed: Changes) -> None:
    for name, value in filed.items():
        setattr(question, name, _tidy_tags(value) if name == "tags" else value)
    if filed.get("topic_id"):
        check_topic(topic_id=filed["topic_id"])


def check_topic(*, topic_id: uuid.UUID) -> None:
    """Refuse a topic that is unknown or takes no new questions."""
    topic = Topic.objects.filter(pk=topic_id).first()
    if topic is None or not topic.is_active:
        detail = "There is no such topic." if topic is None else "This topic takes no new questions."
        raise BadContent(problems=[Problem("/topic", "unknown_topic", detail)])


def _tidy_tags(tags: Iterable[str]) -> list[str]:
    """Each tag once, in the order in which they were given."""
    return list(dict.fromkeys(tag for tag in (" ".join(tag.split())[:60] for tag in tags) if tag))


def _current(question: BankQuestion) -> BankVersion:
    assert question.current_version is not None
    return question.current_version
