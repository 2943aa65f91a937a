"""Tests, parts of them and questions of the bank as files, with a statement of what each file does not keep."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import FileTooLarge, NothingToExport, TestNotFound
from apps.mock_tests.models import BankQuestion, MediaFile, MockTest, Question, Topic
from apps.mock_tests.queries.bank import questions as bank
from apps.mock_tests.rules.exchange import exporting, interchange
from apps.mock_tests.rules.exchange.draft import DraftFile
from apps.mock_tests.rules.exchange.table.writing import is_bundle
from apps.mock_tests.rules.files.media import MEDIA_KINDS
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_EMBEDDED_BYTES = 45 * 2**20
"""A third more as base64, which is still a file that can be imported."""
MOST_PACKED_BYTES = 95 * 2**20
MOST_QUESTIONS = 10_000

_BANK = "Questions"
_ENDS = {kind.media_type: end for end, kind in MEDIA_KINDS.items()}
_TEXT_MEDIA = "text/"


@dataclass(frozen=True, slots=True)
class Exported:
    """A test as a file, and what an import of that file would not give back."""

    file_name: str
    media_type: str
    content: bytes
    is_text: bool
    losses: tuple[interchange.Loss, ...]
    questions: int


def export_test_for(actor: User, test_id: uuid.UUID, *, to: str, question_ids: Collection[uuid.UUID] = ()) -> Exported:
    """A test ``actor`` may see as a file of the format ``to``, or some of its questions with the groups and sections that
    they stand in. Refuses a test whose pictures and recordings are more than such a file can be."""
    test = _test_or_quiz(actor, test_id)
    source = queries.load_source(test)
    if question_ids:
        source = _only(source, set(question_ids))
    names = Question.objects.filter(group__section__mock_test=test).values_list("id", "name", "tags")
    named = {question: exporting.Named(name, tuple(tags)) for question, name, tags in names}
    return _exported(source, named, to, test.description)


def title_of(actor: User, test_id: uuid.UUID) -> str:
    """Of a test or quiz that ``actor`` may see; refuses any other id."""
    return _test_or_quiz(actor, test_id).title


def _test_or_quiz(actor: User, test_id: uuid.UUID) -> MockTest:
    tests = MockTest.objects.filter(deleted_at=None) if actor.is_center_staff else MockTest.objects.none()
    test = tests.filter(pk=test_id).first()
    if test is None:
        raise TestNotFound
    return test


def check_bank_has(actor: User, *, filters: bank.Filters) -> None:
    """Refuses filters that no question of the bank meets."""
    if not bank.questions_for(actor, **filters).exists():
        raise _nothing_in_bank()


def export_bank_for(actor: User, *, to: str, filters: bank.Filters) -> Exported:
    """Questions of the bank as a test of one section. Refuses more than 10,000, and filters that nothing meets."""
    found = bank.questions_for(actor, **filters).select_related("current_version", "topic").order_by("created_at", "id")
    questions = list(found[: MOST_QUESTIONS + 1])
    if len(questions) > MOST_QUESTIONS:
        raise NothingToExport(f"More than {MOST_QUESTIONS:,} questions are asked for; choose fewer.")
    if not questions:
        raise _nothing_in_bank()
    paths = _topic_paths(questions)
    sources = [_of_bank(question, paths) for question in questions]
    named = {
        question.pk: exporting.Named(_version(question).name, tuple(question.tags), question.difficulty)
        for question in questions
    }
    section = SectionSource(uuid.uuid4(), _BANK, "GENERAL", 1, [GroupSource(uuid.uuid4(), sources)])
    return _exported(TestSource(_BANK, "", "custom", [section]), named, to, "")


def _nothing_in_bank() -> NothingToExport:
    return NothingToExport(problems=[Problem("/bank", "no_match", "No question of the bank is like this.")])


def _exported(source: TestSource, named: Mapping[uuid.UUID, exporting.Named], to: str, description: str) -> Exported:
    count = sum(1 for _ in source.questions())
    kind = interchange.FORMATS[to]
    files = _files_of(exporting.references(source), kind)
    draft = exporting.draft_of(source, named, files.__getitem__, keeps_all=kind.keeps_all, description=description)
    content, losses = interchange.write(draft, to)
    is_packed = not kind.is_text and kind.media_type != "application/zip" and is_bundle(content)
    before = exporting.losses(source, description, minutes_kept=kind.keeps_minutes, keeps_all=kind.keeps_all)
    return Exported(
        file_name=exporting.file_name(source.title, f"{kind.suffix}.zip" if is_packed else kind.suffix),
        media_type="application/zip" if is_packed else kind.media_type,
        content=content,
        is_text=kind.is_text or (kind.media_type.startswith(_TEXT_MEDIA) and not is_packed),
        losses=(*before, *losses),
        questions=count,
    )


def _only(source: TestSource, wanted: set[uuid.UUID]) -> TestSource:
    unknown = wanted - {question.id for question in source.questions()}
    if unknown:
        raise NothingToExport(problems=[Problem("/questions", "unknown", "The test has no such question.")])
    sections = [
        replace(
            section,
            groups=[
                replace(group, questions=[question for question in group.questions if question.id in wanted])
                for group in section.groups
                if any(question.id in wanted for question in group.questions)
            ],
        )
        for section in source.sections
        if any(question.id in wanted for group in section.groups for question in group.questions)
    ]
    return replace(source, sections=sections)


def _of_bank(question: BankQuestion, paths: Mapping[uuid.UUID, str]) -> QuestionSource:
    version = _version(question)
    return QuestionSource(
        id=question.pk,
        type=version.type,
        text=version.text,
        content=version.content,
        key=version.key,
        score=version.score,
        has_own_score=version.has_own_score,
        wrong_share=version.wrong_share,
        shuffle=version.shuffle,
        explanation=version.explanation,
        topic=paths.get(question.topic_id, "") if question.topic_id else "",
        image=version.image_id,
        audio=version.audio_id,
        bank_version=version.pk,
    )


def _version(question: BankQuestion) -> Any:
    return question.current_version


def _topic_paths(questions: Iterable[BankQuestion]) -> dict[uuid.UUID, str]:
    """Topics with all that they lie in, as an import into the bank understands them."""
    topics = {question.topic for question in questions if question.topic is not None}
    steps = {step for topic in topics for step in topic.path}
    names = dict(Topic.objects.filter(pk__in=steps).values_list("pk", "name"))
    return {topic.pk: " / ".join(names[step] for step in topic.path if step in names) for topic in topics}


def _files_of(media_ids: set[uuid.UUID], kind: interchange.Format) -> dict[uuid.UUID, DraftFile]:
    """The files, whose bytes are read when they are written; none where the format holds none."""
    rows = list(MediaFile.objects.filter(pk__in=media_ids))
    most = MOST_EMBEDDED_BYTES if kind.is_text else MOST_PACKED_BYTES
    if kind.holds_files and sum(row.size for row in rows) > most:
        raise FileTooLarge(most=most)
    return {
        row.pk: DraftFile(
            name=f"{row.pk}.{_ENDS.get(row.media_type) or row.storage_name.rpartition('.')[2]}",
            content=functools.partial(_read, row) if kind.holds_files else b"",
            media_type=row.media_type,
            kind="audio" if row.kind == MediaFile.Kind.AUDIO else "image",
        )
        for row in rows
    }


def _read(row: MediaFile) -> bytes:
    return queries.read_media(file=row, begin=0, end=row.size)
