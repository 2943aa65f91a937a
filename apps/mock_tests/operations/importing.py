"""Whole tests from files: read, then stored in one transaction or not at all."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from apps.audit import operations as audit
from apps.core import tenancy
from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import FileRefused
from apps.mock_tests.models import ImportRun, MediaFile, MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import media as files
from apps.mock_tests.rules import interchange, media, profiles, richtext
from apps.mock_tests.rules.draft import (
    DraftFile,
    DraftGroup,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
    UnreadableFile,
    place_of,
)
from apps.mock_tests.rules.items import SMALLEST_MARK
from apps.mock_tests.rules.media import Inspected, UnusableMedia
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Answer, Gap, Given, Option, Text
from apps.mock_tests.rules.types.registry import TYPES

if TYPE_CHECKING:
    from apps.authentication.models import User

FILE_ENDS = re.compile(r"(\.(moodle|gift|aiken))?\.(xml|txt|gift)$", re.IGNORECASE)
LONGEST_NAME = 120
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import gave. ``test`` is empty after a preview of a file that the center does not have yet."""

    test: MockTest | None
    report: dict[str, Any]
    existing: bool


def import_test(
    *, actor: User, data: bytes, file_name: str, level: str = "", format: str = "", preview: bool = False
) -> ImportOutcome:
    """Make a draft of a file; the report has a row for each of its elements. Without ``format`` the content tells it. The
    same bytes again give the same test as long as that exists. A preview stores nothing. Refuses a file that cannot be
    read, or holds no question that can be taken, with the lines and reasons."""
    format = format or interchange.guess_format(data)
    digest = hashlib.sha256(data).hexdigest()
    known = _existing(digest)
    if known:
        return known
    draft, report = _read(data, format)
    inspected = inspect_files(draft)
    if preview:
        return ImportOutcome(None, _plain(report), existing=False)
    things = ((file.name, found) for file, found in inspected.values())
    with files.written(things=things, actor=actor) as written, transaction.atomic():
        _wait_for_others(digest)
        known = _existing(digest)
        if known is None:
            kept = files.keep(files=written)
            shelf = {key: kept[hashlib.sha256(found.content).hexdigest()] for key, (_, found) in inspected.items()}
            test = _store(actor, draft, level or draft.level, file_name, shelf)
            run = ImportRun(test=test, report=_plain(report), created_by_id=actor.pk, sha256=digest, format=format)
            run.file_name = _short(file_name, LONGEST_TITLE)
            run.save(force_insert=True)
            after = {"file": run.file_name, "format": format, "sha256": digest}
            audit.record(action="test.imported", subject="test", subject_id=test.pk, name=test.title, after=after)
            return ImportOutcome(test, run.report, existing=False)
        files.discard(files=written)
    return known


def _existing(digest: str) -> ImportOutcome | None:
    run = queries.find_import(sha256=digest)
    return ImportOutcome(run.test, run.report, existing=True) if run else None


def _wait_for_others(digest: str) -> None:
    """Two imports of the same bytes into one center go one after the other."""
    with connection.cursor() as cursor:
        name = tenancy.key("import", digest)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


# -- reading -------------------------------------------------------------------------------------------------------


def _read(data: bytes, format: str) -> tuple[DraftTest, ImportReport]:
    if format not in interchange.FORMATS:
        known = ", ".join(interchange.FORMATS)
        raise FileRefused(problems=[Problem("/format", "unknown_format", f"Formats: {known}.")])
    try:
        draft, report = interchange.FORMATS[format].read(data)
    except UnreadableFile as refusal:
        problem = Problem(place_of(refusal.line, refusal.path), refusal.code, refusal.message)
        raise FileRefused(problems=[problem]) from refusal
    if not any(draft.questions()):
        raise FileRefused("The file holds no question that can be taken.", problems=list(_refused_rows(report)))
    unstorable = [
        Problem(place_of(question.line, question.path), "marks_too_fine", "Marks have at most three decimals.")
        for question in draft.questions()
        if question.marks.quantize(SMALLEST_MARK) != question.marks
    ]
    if unstorable:
        raise FileRefused(problems=unstorable)
    return draft, report


def _refused_rows(report: ImportReport) -> Iterator[Problem]:
    for row in report.rows:
        if row.outcome in ("refused", "ignored"):
            for reason in row.reasons:
                yield Problem(place_of(row.line, row.path), f"question_{row.outcome}", reason)


def _plain(report: ImportReport) -> dict[str, Any]:
    rows = [{**asdict(row), "reasons": list(row.reasons)} for row in report.rows]
    return {"rows": rows, **report.counts(), "notes": list(report.notes)}


FileKey = int


def inspect_files(draft: DraftTest) -> dict[FileKey, tuple[DraftFile, Inspected]]:
    """Every file of the draft, looked into, by its identity; refuses damaged ones with the line of their question."""
    found: dict[FileKey, tuple[DraftFile, Inspected]] = {}
    problems = []
    for where, file in _files(draft):
        try:
            found[id(file)] = (file, media.inspect(file.content))
        except UnusableMedia as refusal:
            problems.append(Problem(where, refusal.code, f"{file.name}: {refusal}"))
    if problems:
        raise FileRefused(problems=problems)
    return found


def _files(draft: DraftTest) -> Iterable[tuple[str, DraftFile]]:
    for group in draft.groups():
        first = place_of(group.questions[0].line, group.questions[0].path) if group.questions else place_of(1)
        yield from ((first, file) for file in group.files)
        for question in group.questions:
            where = place_of(question.line, question.path)
            yield from ((where, file) for file in question.files)


# -- storing -------------------------------------------------------------------------------------------------------

Shelf = Mapping[FileKey, MediaFile]


def _store(actor: User, draft: DraftTest, level: str, file_name: str, shelf: Shelf) -> MockTest:
    """All rows of the test, one insert per table."""
    profile = profiles.profile_for(level)
    title = draft.title or FILE_ENDS.sub("", file_name.rpartition("/")[2]) or "Imported test"
    test = MockTest.objects.create(
        title=_short(title, LONGEST_TITLE), level=level, profile=profile.code, created_by_id=actor.pk
    )
    sections: list[TestSection] = []
    groups: list[QuestionGroup] = []
    questions: list[Question] = []
    for position, section in enumerate(draft.sections, 1):
        sections.append(_section(test, section, profile, position))
        for place, group in enumerate(section.groups, 1):
            groups.append(_group(sections[-1], group, place, shelf))
            for order, question in enumerate(group.questions, 1):
                number = len(questions) + 1
                questions.append(question_of(groups[-1], question, order=order, number=number, shelf=shelf))
    TestSection.objects.bulk_create(sections)
    QuestionGroup.objects.bulk_create(groups)
    Question.objects.bulk_create(questions)
    return test


def _section(test: MockTest, draft: DraftSection, profile: profiles.Profile, order: int) -> TestSection:
    count = sum(len(group.questions) for group in draft.groups)
    return TestSection(
        mock_test=test,
        name=_short(draft.name, LONGEST_NAME),
        section_type=draft.section_type,
        duration=draft.minutes or profiles.minutes_for(draft.section_type, profile, count),
        order=order,
    )


def _group(section: TestSection, draft: DraftGroup, order: int, shelf: Shelf) -> QuestionGroup:
    names = _names(draft.files, shelf)
    return QuestionGroup(
        section=section,
        title=_short(draft.title, LONGEST_TITLE),
        mondai_number=order,
        instruction=_placed(draft.instruction, names),
        reading_text=_placed(draft.reading_text, names),
        audio=_audio(draft.files, shelf),
        order=order,
    )


def question_of(group: QuestionGroup, draft: DraftQuestion, *, order: int, number: int, shelf: Shelf) -> Question:
    """The row of a question, not saved; ``shelf`` has the files of the center for those of the draft."""
    names = _names(draft.files, shelf)
    given = _given(draft, names).renamed(lambda: secrets.token_urlsafe(9))
    content, key = TYPES[draft.type].write(given)
    return Question(
        group=group,
        type=draft.type,
        name=_short(draft.name, LONGEST_TITLE),
        text=_placed(draft.text, names),
        question_number=number,
        score=draft.marks,
        content=content,
        key=key,
        shuffle=draft.shuffle,
        explanation=_placed(draft.explanation, names),
        topic=_short(draft.topic, LONGEST_NAME),
        tags=list(draft.tags),
        audio=_audio(draft.files, shelf),
        order=order,
    )


def _given(draft: DraftQuestion, names: Mapping[str, uuid.UUID]) -> Given:
    truth = draft.truth
    return Given(
        options=tuple(
            Option(str(place), _placed(option.text, names), option.fraction, feedback=_placed(option.feedback, names))
            for place, option in enumerate(draft.options)
        ),
        answers=tuple(Answer(answer.value, answer.tolerance, answer.fraction) for answer in draft.answers),
        texts=_texts(draft.texts, names),
        case_sensitive=draft.case_sensitive,
        truth=truth
        and replace(
            truth,
            feedback_true=_placed(truth.feedback_true, names),
            feedback_false=_placed(truth.feedback_false, names),
        ),
        prompts=tuple(replace(prompt, text=_placed(prompt.text, names)) for prompt in draft.prompts),
        gaps=tuple(_gap(gap, names) for gap in draft.gaps),
        policy=draft.policy,
        star=draft.star,
        own=own_fields.with_html(TYPES[draft.type].fields, draft.own, lambda text: _placed(text, names)),
    )


def _gap(gap: Gap, names: Mapping[str, uuid.UUID]) -> Gap:
    options = tuple(
        replace(option, text=_placed(option.text, names), feedback=_placed(option.feedback, names))
        for option in gap.options
    )
    return replace(gap, options=options, texts=_texts(gap.texts, names))


def _texts(texts: Iterable[Text], names: Mapping[str, uuid.UUID]) -> tuple[Text, ...]:
    return tuple(replace(text, feedback=_placed(text.feedback, names)) for text in texts)


def _names(drafts: Iterable[DraftFile], shelf: Shelf) -> dict[str, uuid.UUID]:
    return {file.name: shelf[id(file)].pk for file in drafts}


def _placed(text: str, names: Mapping[str, uuid.UUID]) -> str:
    return richtext.replace_media(text, lambda name: f"media:{names[name]}") if "media:" in text else text


def _audio(drafts: Iterable[DraftFile], shelf: Shelf) -> MediaFile | None:
    return next((shelf[id(file)] for file in drafts if file.kind == "audio"), None)


def _short(text: str, most: int) -> str:
    return richtext.without_control_characters(text)[:most]
