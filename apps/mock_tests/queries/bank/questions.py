"""The bank as staff see it: questions, their versions and review, their topics, and likely doubles. Teachers read the
bank of their center, keys included, as they read the tests of their colleagues."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from django.db import connection
from django.db.models import F, Q, QuerySet

from apps.centers.queries import centers
from apps.mock_tests.errors import BankQuestionNotFound, TopicNotFound
from apps.mock_tests.models import BankQuestion, BankReview, BankVersion, PaperItem, Question, Topic
from apps.mock_tests.queries import get_test_for
from apps.mock_tests.rules.bank import questions as bank

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_DOUBLES = 200
"""Pairs in a list of likely doubles."""
MOST_CANDIDATES = 2_000
"""Pairs that are compared letter by letter for such a list."""
CROWD = 50
"""A band of the sketch that so many questions share tells of an instruction that they have in common, not of doubles."""

_OFF = "OFF"


class Filters(TypedDict, total=False):
    """What a list of questions can be narrowed by; what is absent does not narrow."""

    text: str
    topic: uuid.UUID
    without_topic: bool
    tags: Sequence[str]
    difficulty: str
    type: str
    exam_type: str
    language: str
    state: str
    author: uuid.UUID
    unused: bool
    usable: bool
    ids: Collection[uuid.UUID]


# -- questions -----------------------------------------------------------------------------------------------------


def questions_for(actor: User, **filters: Unpack[Filters]) -> QuerySet[BankQuestion]:
    """The questions that ``actor`` may see, newest first: staff all of the center, others none. ``topic`` means all below
    it too, ``tags`` all of them, ``text`` each word of it (the first eight) somewhere in the question; ``usable`` ones may
    be taken by tests (`usable_version`), ``unused`` ones stand in no test and no paper."""
    if not actor.is_center_staff:
        return BankQuestion.objects.none()
    questions = BankQuestion.objects.filter(deleted_at=None).defer("search_text", "sketch")
    if topic := filters.get("topic"):
        questions = questions.filter(topic__path__contains=[topic])
    if filters.get("without_topic"):
        questions = questions.filter(topic=None)
    if tags := filters.get("tags"):
        questions = questions.filter(tags__contains=list(tags))
    same = ("difficulty", "type", "exam_type", "language", "state")
    questions = questions.filter(**{name: filters[name] for name in same if name in filters})  # type: ignore[literal-required]
    if author := filters.get("author"):
        questions = questions.filter(created_by_id=author)
    if "ids" in filters:
        questions = questions.filter(pk__in=filters["ids"])
    if (unused := filters.get("unused")) is not None:
        questions = questions.exclude(pk__in=_used()) if unused else questions.filter(pk__in=_used())
    if (usable := filters.get("usable")) is not None:
        questions = questions.filter(_usable() if usable else ~_usable())
    # The dearest comes last.
    for word in bank.words_of(filters.get("text", "")):
        questions = questions.filter(search_text__contains=word)
    return questions


def list_questions_for(actor: User, **filters: Unpack[Filters]) -> QuerySet[BankQuestion]:
    """The same, each with its topic, author, current and approved version, and statistics of the current one."""
    related = ("topic", "created_by", "current_version__author", "current_version__statistics", "approved_version")
    return questions_for(actor, **filters).select_related(*related)


def get_question_for(actor: User, question_id: uuid.UUID) -> BankQuestion:
    """One of these; refuses any other id."""
    question = list_questions_for(actor).filter(pk=question_id).first()
    if question is None:
        raise BankQuestionNotFound
    return question


def usable_version(question: BankQuestion, *, review: str) -> uuid.UUID | None:
    """The version that tests may take: the newest, or where the center reviews, the newest that was approved."""
    if question.state == BankQuestion.State.RETIRED:
        return None
    return question.current_version_id if review == _OFF else question.approved_version_id


def _usable() -> Q:
    alive = ~Q(state=BankQuestion.State.RETIRED)
    return alive if centers.question_review() == _OFF else alive & Q(approved_version__isnull=False)


def _used() -> QuerySet[BankVersion, uuid.UUID]:
    """The questions of which a test or a paper has a version."""
    tests = Question.objects.filter(bank_version__isnull=False, group__section__mock_test__deleted_at=None)
    papers = PaperItem.objects.filter(bank_version__isnull=False)
    either = Q(pk__in=tests.values("bank_version")) | Q(pk__in=papers.values("bank_version"))
    return BankVersion.objects.filter(either).order_by().values_list("question", flat=True)


# -- versions and review -------------------------------------------------------------------------------------------


def versions_for(actor: User, question_id: uuid.UUID) -> QuerySet[BankVersion]:
    """Every version of a question, newest first, with who wrote it and why; refuses an unknown id."""
    get_question_for(actor, question_id)
    return (
        BankVersion.objects.filter(question_id=question_id).select_related("author", "statistics").order_by("-number")
    )


def get_version_for(actor: User, question_id: uuid.UUID, number: int) -> BankVersion:
    """One of these; refuses any other number."""
    version = versions_for(actor, question_id).filter(number=number).first()
    if version is None:
        raise BankQuestionNotFound
    return version


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a question, and every field in which they differ."""

    before: BankVersion
    after: BankVersion
    changes: list[bank.Change]


def compare_for(actor: User, question_id: uuid.UUID, *, since: int | None = None, to: int | None = None) -> Comparison:
    """What the edits after version ``since``, or else the one before, changed up to ``to``, or else the newest; refuses
    unknown ids and numbers."""
    versions = {version.number: version for version in versions_for(actor, question_id)}
    last = max(versions) if to is None else to
    before, after = versions.get(max(1, last - 1) if since is None else since), versions.get(last)
    if before is None or after is None:
        raise BankQuestionNotFound
    return Comparison(before, after, bank.changes(bank.wording_of(before), bank.wording_of(after)))


def reviews_for(actor: User, question_id: uuid.UUID) -> QuerySet[BankReview]:
    """The steps of a question's review, newest first, with who took them; refuses an unknown id."""
    get_question_for(actor, question_id)
    return BankReview.objects.filter(question_id=question_id).select_related("by", "version").order_by("-id")


# -- topics --------------------------------------------------------------------------------------------------------


def topics_for(actor: User, *, search: str = "", is_active: bool | None = None) -> QuerySet[Topic]:
    """The topics that ``actor`` may see, by name: staff all of the center, others none."""
    if not actor.is_center_staff:
        return Topic.objects.none()
    topics = Topic.objects.select_related("author")
    if search:
        topics = topics.filter(name__icontains=search)
    return topics if is_active is None else topics.filter(is_active=is_active)


def get_topic_for(actor: User, topic_id: uuid.UUID) -> Topic:
    """One of these; refuses any other id."""
    topic = topics_for(actor).filter(pk=topic_id).first()
    if topic is None:
        raise TopicNotFound
    return topic


def count_by_topic() -> dict[uuid.UUID, int]:
    """How many questions lie in each topic and below it; topics without any are not named. One query for all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT above, count(*) FROM mock_tests_bankquestion q"
            " JOIN mock_tests_topic t ON t.id = q.topic_id, unnest(t.path) above"
            " WHERE q.deleted_at IS NULL GROUP BY above"
        )
        return dict(cursor.fetchall())


# -- tests that took questions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outdated:
    """A question of a test whose original has moved on. Without ``newer`` the original was retired or deleted."""

    question: Question
    newer: BankVersion | None


def outdated_in(actor: User, test_id: uuid.UUID) -> list[Outdated]:
    """The questions of a test that say something older than what the bank has for tests now, in the order of the test;
    refuses an unknown id."""
    get_test_for(actor, test_id)
    taken = (
        Question.objects.filter(group__section__mock_test=test_id, bank_version__isnull=False)
        .select_related("bank_version__question")
        .order_by("group__section__order", "group__order", "order")
    )
    review = centers.question_review()
    behind: list[tuple[Question, uuid.UUID | None]] = []
    for question in taken:
        assert question.bank_version is not None
        original = question.bank_version.question
        usable = None if original.deleted_at else usable_version(original, review=review)
        if usable != question.bank_version_id:
            behind.append((question, usable))
    newer = BankVersion.objects.select_related("author").in_bulk({usable for _, usable in behind if usable})
    return [Outdated(question, newer[usable] if usable else None) for question, usable in behind]


# -- doubles -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubles:
    """Two questions that are the same, or alike: ``likeness`` is the share of trigrams that they have in common."""

    one: BankQuestion
    other: BankQuestion
    likeness: float
    is_exact: bool


def doubles_for(actor: User, *, question_id: uuid.UUID | None = None) -> list[Doubles]:
    """Pairs of questions that are the same or alike, the most alike first, of the whole bank or of one question; refuses an
    unknown id. Two questions at most ask the database, however many there are; pairs beyond a cap are left out."""
    if question_id is not None:
        get_question_for(actor, question_id)
    elif not actor.is_center_staff:
        return []
    exact = _pairs(_SAME, question_id, MOST_DOUBLES)
    alike = _ALIKE if question_id is None else _ALIKE_ONE
    candidates = [pair for pair in _pairs(alike, question_id, MOST_CANDIDATES) if pair not in set(exact)]
    found = BankQuestion.objects.select_related("current_version", "topic", "created_by").in_bulk(
        set(itertools.chain(*exact, *candidates))
    )
    texts = {pk: bank.trigrams(bank.asked_text(bank.wording_of(_current(row)))) for pk, row in found.items()}
    doubles = [Doubles(found[one], found[other], 1.0, is_exact=True) for one, other in exact]
    for one, other in candidates:
        likeness = bank.likeness(texts[one], texts[other])
        if likeness >= bank.ALIKE:
            doubles.append(Doubles(found[one], found[other], likeness, is_exact=False))
    return sorted(doubles, key=lambda pair: (not pair.is_exact, -pair.likeness))[:MOST_DOUBLES]


_ONE = "(%(question)s::uuid IS NULL OR %(question)s::uuid IN (one.id, other.id))"
_SAME = f"""
SELECT one.id, other.id FROM mock_tests_bankquestion one
JOIN mock_tests_bankquestion other ON other.content_hash = one.content_hash AND other.id > one.id
WHERE one.deleted_at IS NULL AND other.deleted_at IS NULL AND {_ONE} LIMIT %(most)s
"""  # noqa: S608
_ALIKE = """
WITH bands AS (
    SELECT id, band, count(*) OVER (PARTITION BY band) AS crowd
    FROM mock_tests_bankquestion, unnest(sketch) AS band WHERE deleted_at IS NULL
)
SELECT one.id, other.id FROM bands one JOIN bands other ON other.band = one.band AND other.id > one.id
WHERE one.crowd BETWEEN 2 AND %(crowd)s
GROUP BY one.id, other.id ORDER BY count(*) DESC LIMIT %(most)s
"""
_ALIKE_ONE = """
SELECT LEAST(one.id, other.id), GREATEST(one.id, other.id) FROM mock_tests_bankquestion one
JOIN mock_tests_bankquestion other ON other.sketch && one.sketch AND other.id <> one.id
WHERE one.id = %(question)s AND other.deleted_at IS NULL LIMIT %(most)s
"""


def _pairs(statement: str, question_id: uuid.UUID | None, most: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"question": question_id, "most": most, "crowd": CROWD})
        return cursor.fetchall()


def _current(question: BankQuestion) -> BankVersion:
    assert question.current_version is not None
    return question.current_version


# -- for operations ------------------------------------------------------------------------------------------------


def known_content(*, hashes: Iterable[str]) -> dict[str, uuid.UUID]:
    """The questions that say exactly what one of these hashes stands for."""
    rows = BankQuestion.objects.filter(deleted_at=None, content_hash__in=set(hashes))
    return dict(rows.order_by("-created_at").values_list("content_hash", F("id")))
