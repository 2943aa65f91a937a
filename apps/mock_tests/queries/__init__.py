from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models import Count, DecimalField, Model, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.core import tenancy
from apps.core.files import store, usage
from apps.mock_tests.errors import (
    MediaNotFound,
    MediaUnavailable,
    NotPublished,
    PaperNotFound,
    PartNotFound,
    TestNotFound,
)
from apps.mock_tests.models import (
    ImportRun,
    MediaFile,
    MediaPreview,
    MockTest,
    Paper,
    PaperItem,
    PaperKey,
    Question,
    QuestionGroup,
    Quiz,
    TestSection,
)
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.queries.content import PAPERS_PER_PROCESS, content_of
from apps.mock_tests.rules.papers import items, rendering
from apps.mock_tests.rules.papers import reasons as publishing_reasons
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.papers.quizzes import QuizRules, read_rules
from apps.mock_tests.rules.papers.reasons import Findings

if TYPE_CHECKING:
    from apps.authentication.models import User

log = logging.getLogger(__name__)


Row = TypeVar("Row", bound=Model)


# -- tests and their parts, for authors ----------------------------------------------------------------------------


def tests_for(actor: User) -> QuerySet[MockTest]:
    """The tests ``actor`` may see: staff all of the center, others none (they get papers with their attempts)."""
    return written_for(actor, kind=MockTest.Kind.MOCK_TEST)


def written_for(actor: User, *, kind: str) -> QuerySet[MockTest]:
    """``tests_for``, or the same of quizzes."""
    if not actor.is_center_staff:
        return MockTest.objects.none()
    return MockTest.objects.filter(deleted_at=None, kind=kind)


def list_tests_for(actor: User, *, search: str = "", level: str = "", status: str = "") -> QuerySet[MockTest]:
    """``tests_for`` with ``total_score``, ``question_count`` and sections that carry theirs."""
    tests = tests_for(actor)
    if search:
        tests = tests.filter(title__icontains=search)
    if level:
        tests = tests.filter(level=level)
    if status:
        tests = tests.filter(status=status)
    return (
        tests.select_related("created_by")
        .annotate(
            total_score=_sum_of_scores("group__section__mock_test"), question_count=_count("group__section__mock_test")
        )
        .prefetch_related(Prefetch("sections", queryset=_with_totals(TestSection.objects.all())))
    )


def get_test_for(actor: User, test_id: uuid.UUID) -> MockTest:
    """One of the tests ``actor`` may see, as ``list_tests_for`` gives it; refuses any other id."""
    test = list_tests_for(actor).filter(pk=test_id).first()
    if test is None:
        raise TestNotFound
    return test


def sections_for(actor: User) -> QuerySet[TestSection]:
    """Sections of the tests ``actor`` may see, with ``total_score`` and ``question_count``."""
    return _with_totals(TestSection.objects.filter(mock_test__in=tests_for(actor)))


def get_section_for(actor: User, section_id: uuid.UUID) -> TestSection:
    """One of these; refuses any other id."""
    return _one(sections_for(actor).filter(pk=section_id))


def groups_for(actor: User) -> QuerySet[QuestionGroup]:
    """Question groups of the tests ``actor`` may see, as they stand in each, with the ids and numbers of their questions."""
    questions = Question.objects.only("id", "group_id", "question_number", "order")
    groups = QuestionGroup.objects.filter(section__mock_test__in=tests_for(actor))
    return groups.order_by("section__mock_test_id", "section__order", "section_id", "order", "id").prefetch_related(
        Prefetch("questions", queryset=questions)
    )


def get_group_for(actor: User, group_id: uuid.UUID) -> QuestionGroup:
    """One of these; refuses any other id."""
    return _one(groups_for(actor).filter(pk=group_id))


def questions_for(actor: User) -> QuerySet[Question]:
    """Questions of the tests ``actor`` may see, as they stand in each."""
    questions = Question.objects.filter(group__section__mock_test__in=tests_for(actor))
    return questions.select_related("group", "bank_version").order_by(
        "group__section__mock_test_id",
        "group__section__order",
        "group__section_id",
        "group__order",
        "group_id",
        "order",
        "id",
    )


def get_question_for(actor: User, question_id: uuid.UUID) -> Question:
    """One of these; refuses any other id."""
    return _one(questions_for(actor).filter(pk=question_id))


def papers_for(actor: User, test_id: uuid.UUID) -> QuerySet[Paper]:
    """The editions of a test ``actor`` may see, newest first, without their content; refuses any other id."""
    if not tests_for(actor).filter(pk=test_id).exists():
        raise TestNotFound
    return Paper.objects.filter(test_id=test_id).defer("content").select_related("test").order_by("-number")


def _one(rows: QuerySet[Row]) -> Row:
    row = rows.first()
    if row is None:
        raise PartNotFound
    return row


def _with_totals(sections: QuerySet[TestSection]) -> QuerySet[TestSection]:
    return sections.annotate(total_score=_sum_of_scores("group__section"), question_count=_count("group__section"))


def _sum_of_scores(owner: str) -> Coalesce:
    of_owner = Question.objects.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(of_owner.annotate(n=Sum("score")).values("n")), 0, output_field=DecimalField())


def _count(owner: str) -> Coalesce:
    of_owner = Question.objects.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(of_owner.annotate(n=Count("pk")).values("n")), 0)


# -- whole tests ---------------------------------------------------------------------------------------------------


def load_source(test: MockTest) -> TestSource:
    """Everything that a paper is made of, in three queries (four for a quiz)."""
    groups = QuestionGroup.objects.prefetch_related(Prefetch("questions", queryset=Question.objects.all()))
    sections = TestSection.objects.filter(mock_test=test).prefetch_related(Prefetch("question_groups", queryset=groups))
    quiz = Quiz.objects.filter(pk=test.pk).first() if test.kind == MockTest.Kind.QUIZ else None
    rules = QuizRules(quiz.default_question_seconds, quiz.passing_percent) if quiz else None
    return TestSource(
        title=test.title,
        level=test.level,
        profile=test.profile,
        sections=[_section_source(section) for section in sections],
        quiz=rules,
        rules=exam_profiles.find_profile(test.profile),
    )


def findings_about(source: TestSource) -> Findings:
    """What prevents that a test is published, and what its author should look at, in two queries."""
    media = media_kinds(media_ids=publishing_reasons.media_of(source))
    return publishing_reasons.findings(source, exam_profiles.surroundings(source.exam, media))


def findings_for(actor: User, test_id: uuid.UUID) -> Findings:
    """The same of a test ``actor`` may see."""
    return findings_about(load_source(get_test_for(actor, test_id)))


def media_kinds(*, media_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Which of these files the center has, and whether each is a picture or a recording."""
    return dict(MediaFile.objects.filter(pk__in=set(media_ids)).values_list("pk", "kind"))


def _section_source(section: TestSection) -> SectionSource:
    groups = [_group_source(group) for group in section.question_groups.all()]
    return SectionSource(section.pk, section.name, section.section_type, section.duration, groups, section.code)


def _group_source(group: QuestionGroup) -> GroupSource:
    return GroupSource(
        id=group.pk,
        questions=[_question_source(question) for question in group.questions.all()],
        title=group.title,
        mondai_number=group.mondai_number,
        instruction=group.instruction,
        reading_text=group.reading_text,
        image=group.image_id,
        audio=group.audio_id,
        scored_area=group.scored_area,
    )


def _question_source(question: Question) -> QuestionSource:
    return QuestionSource(
        id=question.pk,
        type=question.type,
        text=question.text,
        content=question.content,
        key=question.key,
        score=question.score,
        question_number=question.question_number,
        shuffle=question.shuffle,
        explanation=question.explanation,
        topic=question.topic,
        image=question.image_id,
        audio=question.audio_id,
        seconds=question.seconds,
        has_own_score=question.has_own_score,
        wrong_share=question.wrong_share,
        bank_version=question.bank_version_id,
    )


# -- papers --------------------------------------------------------------------------------------------------------


def get_published_paper(*, test_id: uuid.UUID) -> Paper:
    """The edition that a new room gets now; refuses a test that is not published."""
    tests = MockTest.objects.filter(pk=test_id, deleted_at=None)
    test = tests.select_related("current_paper").defer("current_paper__content").first()
    if test is None:
        raise TestNotFound
    if test.current_paper is None:
        raise NotPublished
    return test.current_paper


def get_paper(*, paper_id: uuid.UUID) -> Paper:
    """One paper; its content is loaded when it is asked for."""
    paper = Paper.objects.filter(pk=paper_id).defer("content").first()
    if paper is None:
        raise PaperNotFound
    return paper


def item_specs(*, paper_id: uuid.UUID) -> Mapping[uuid.UUID, items.ItemSpec]:
    """What is needed to check responses to a paper; remembered in this process."""
    return _specs(tenancy.current().id, paper_id)


def get_key(*, paper_id: uuid.UUID) -> Mapping[uuid.UUID, Mapping[str, Any]]:
    """The key of a paper, by question; read from the database each time, so that no memory holds it."""
    key = PaperKey.objects.filter(pk=paper_id).values_list("items", flat=True).first()
    if key is None:
        raise PaperNotFound
    return {uuid.UUID(question): item for question, item in key.items()}


def list_items(*, paper_id: uuid.UUID) -> list[PaperItem]:
    """The items of a paper in their order, without keys."""
    return list(PaperItem.objects.filter(paper_id=paper_id))


def section_times(*, paper_id: uuid.UUID) -> list[tuple[str, str, str, int]]:
    """The sections of a paper in their order: id, name, type, seconds; remembered in this process."""
    sections = content_of(paper_id)["sections"]
    return [(section["id"], section["name"], section["section_type"], section["seconds"]) for section in sections]


def quiz_rules(*, paper_id: uuid.UUID) -> QuizRules | None:
    """What the quiz behind a paper said about time and passing; nothing for other tests. Remembered in this process."""
    shown = content_of(paper_id).get("quiz")
    return read_rules(shown) if shown else None


def penalties_of(*, paper_id: uuid.UUID) -> list[dict[str, Any]]:
    """What wrong answers cost in a paper, for who is about to sit it; see ``items.penalties``."""
    return items.penalties(content_of(paper_id))


def heard_in_order(*, paper_id: uuid.UUID) -> list[Heard]:
    """The recordings of a paper in its order, each once in a section, with how long they last."""
    heard = list(_heard(tenancy.current().id, paper_id))
    lengths = dict(MediaFile.objects.filter(pk__in={one.recording for one in heard}).values_list("pk", "seconds"))
    return [replace(one, seconds=lengths.get(one.recording) or 0.0) for one in heard]


def recordings_of(*, paper_id: uuid.UUID) -> Mapping[str, frozenset[str]]:
    """The recordings of a paper by their ids, each with the sections it is heard in; remembered in this process."""
    return _recordings(tenancy.current().id, paper_id)


def render_paper(
    *,
    paper_id: uuid.UUID,
    seed: int,
    shuffle_questions: bool,
    shuffle_options: bool,
    sign: rendering.Sign,
    only_sections: Container[str] | None = None,
) -> dict[str, Any]:
    """A paper as one taker gets it; ``sign`` turns the id of a media file into an address that they may open. With
    ``only_sections`` all others come without their questions."""
    return rendering.render(
        only_sections=only_sections,
        content=content_of(paper_id),
        seed=seed,
        shuffle_questions=shuffle_questions,
        shuffle_options=shuffle_options,
        sign=sign,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording where it is heard: its section, and the group or the question that it belongs to."""

    recording: uuid.UUID
    section_id: str
    section: str
    title: str
    number: int | None
    seconds: float = 0.0


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _heard(center_id: uuid.UUID, paper_id: uuid.UUID) -> tuple[Heard, ...]:
    found: dict[tuple[str, str], Heard] = {}
    for section in content_of(paper_id)["sections"]:
        for group in section["question_groups"]:
            for heard in [group, *group["questions"]]:
                if heard["audio_file"]:
                    name = heard["audio_file"].removeprefix(rendering.PREFIX)
                    one = Heard(
                        uuid.UUID(name), section["id"], section["name"], group["title"], heard.get("question_number")
                    )
                    found.setdefault((section["id"], name), one)
    return tuple(found.values())


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _recordings(center_id: uuid.UUID, paper_id: uuid.UUID) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for section in content_of(paper_id)["sections"]:
        for group in section["question_groups"]:
            for heard in [group, *group["questions"]]:
                if heard["audio_file"]:
                    found.setdefault(heard["audio_file"].removeprefix(rendering.PREFIX), set()).add(section["id"])
    return MappingProxyType({recording: frozenset(sections) for recording, sections in found.items()})


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _specs(center_id: uuid.UUID, paper_id: uuid.UUID) -> Mapping[uuid.UUID, items.ItemSpec]:
    sections = content_of(paper_id)["sections"]
    questions = (q for section in sections for group in section["question_groups"] for q in group["questions"])
    return MappingProxyType({uuid.UUID(question["id"]): items.spec_of(question) for question in questions})


# -- files ---------------------------------------------------------------------------------------------------------


def get_media(*, media_id: uuid.UUID) -> MediaFile:
    """One file of the center; refuses an unknown id."""
    file = MediaFile.objects.filter(pk=media_id).first()
    if file is None:
        raise MediaNotFound
    return file


def read_media(*, file: MediaFile | MediaPreview, begin: int = 0, end: int | None = None) -> bytes:
    """Some of a file's bytes; refuses when its storage does not answer."""
    try:
        return store.read(file.storage_name, begin=begin, end=end)
    except FileNotFoundError:
        raise MediaNotFound from None
    except Exception as error:
        log.exception("The storage does not give out %s.", file.pk)
        raise MediaUnavailable from error


def find_preview(*, media_id: uuid.UUID, width: int) -> MediaPreview | None:
    """The smallest picture made of this one that is so wide at least; nothing where only the picture itself is."""
    return MediaPreview.objects.filter(media=media_id, width__gte=width).order_by("width").first()


def preview_widths(*, media_id: uuid.UUID) -> list[int]:
    """How wide the smaller ones of a picture are."""
    return list(MediaPreview.objects.filter(media=media_id).values_list("width", flat=True))


def count_tests() -> int:
    """How many tests are published."""
    return MockTest.objects.filter(status=MockTest.Status.PUBLISHED, deleted_at=None).order_by().count()


@usage.kept
def kept_media() -> usage.Sizes:
    """The pictures and recordings of tests."""
    return usage.sized(MediaFile.objects.all(), "size")


@usage.kept
def kept_previews() -> usage.Sizes:
    """The smaller ones that were made of them."""
    return usage.sized(MediaPreview.objects.all(), "size", files=0)


def known_media(*, media_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these files the center has. None of them is removed before the transaction that asks has ended."""
    wanted = list(set(media_ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        table = MediaFile._meta.db_table
        cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [wanted])  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


def find_import(*, sha256: str) -> ImportRun | None:
    """The run that took these very bytes, if its test still exists."""
    runs = ImportRun.objects.filter(sha256=sha256, test__isnull=False, test__deleted_at=None)
    return runs.select_related("test").first()


def find_import_run(*, sha256: str, created_by: uuid.UUID) -> ImportRun | None:
    """The newest run in which this person had these very bytes taken."""
    return ImportRun.objects.filter(sha256=sha256, created_by_id=created_by).first()
