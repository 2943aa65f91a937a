"""Writing tests by hand. ``changes`` name fields and their new values; a field that is not named stays as it is."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import BadContent
from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import access, marks
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.bank import questions as bank
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Gap, Given, ItemType, Option, Prompt
from apps.mock_tests.rules.types.registry import TYPES

if TYPE_CHECKING:
    from apps.authentication.models import User

Changes = Mapping[str, Any]
Part = TypeVar("Part", TestSection, QuestionGroup, Question)

TEST_FIELDS = frozenset({"title", "description", "level", "profile"})
SECTION_FIELDS = frozenset({"name", "section_type", "code", "duration", "order"})
GROUP_FIELDS = frozenset(
    {"title", "mondai_number", "instruction", "reading_text", "image_id", "audio_id", "scored_area", "order"}
)
QUESTION_FIELDS = frozenset(
    {"type", "name", "text", "question_number", "score", "shuffle", "explanation", "topic", "tags", "order", "seconds"}
    | {"image_id", "audio_id", "given", "wrong_share"}
)
PARTS_OF_ANSWERS = frozenset(
    {"options", "answers", "texts", "case_sensitive", "truth", "prompts", "gaps", "policy", "star", "own"}
)
HTML_FIELDS = frozenset({"instruction", "reading_text", "text", "explanation"})
MEDIA_FIELDS = frozenset({"image_id", "audio_id"})


# -- tests ---------------------------------------------------------------------------------------------------------


def create_test(*, actor: User, changes: Changes) -> MockTest:
    """Begin a test. One with a level has the timed sections of its exam at once, ready for questions."""
    with transaction.atomic():
        test = MockTest(created_by_id=actor.pk)
        _set(test, changes, TEST_FIELDS)
        profile = _settle_profile(test, changes, before="")
        test.save(force_insert=True)
        _lay_out(test, profile)
        audit.record(action="test.created", subject="test", subject_id=test.pk, name=test.title)
    return test


def update_test(*, actor: User, test_id: uuid.UUID, changes: Changes, expected: int | None = None) -> MockTest:
    """Change title, description, level or profile of a draft. Another level brings its sections while there are no
    questions; later the sections stay as they are."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        access.check_revision(row=test, expected=expected)
        before = test.profile
        _set(test, changes, TEST_FIELDS)
        profile = _settle_profile(test, changes, before) if {"level", "profile"} & changes.keys() else None
        test.save(update_fields=[*TEST_FIELDS, "updated_at"])
        if profile and profile.code != before and not Question.objects.filter(group__section__mock_test=test).exists():
            test.sections.all().delete()
            _lay_out(test, profile)
        elif profile and profile.code != before:
            marks.follow_profile(profile=profile, questions=Question.objects.filter(group__section__mock_test=test))
    return test


def delete_test(*, actor: User, test_id: uuid.UUID, expected: int | None = None) -> None:
    """Put a draft out of sight; the papers it once had, and their results, stay."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        access.check_revision(row=test, expected=expected)
        MockTest.objects.filter(pk=test.pk).update(deleted_at=Now())
        audit.record(action="test.deleted", subject="test", subject_id=test.pk, name=test.title)


def clone_test(*, actor: User, test_id: uuid.UUID) -> MockTest:
    """A deep copy as a draft of ``actor``'s own. Anybody who sees a test may copy it."""
    with transaction.atomic():
        source = queries.get_test_for(actor, test_id)
        copy = MockTest.objects.create(
            kind=source.kind,
            title=f"{source.title[:190]} (copy)",
            level=source.level,
            description=source.description,
            profile=source.profile,
            created_by_id=actor.pk,
        )
        sections = copy_rows(
            rows=TestSection.objects.filter(mock_test=source), owner="mock_test_id", new_owners={source.pk: copy.pk}
        )
        groups = copy_rows(
            rows=QuestionGroup.objects.filter(section__mock_test=source), owner="section_id", new_owners=sections
        )
        copy_rows(rows=Question.objects.filter(group__section__mock_test=source), owner="group_id", new_owners=groups)
        after = {"copied_from": str(source.pk)}
        audit.record(action="test.created", subject="test", subject_id=copy.pk, name=copy.title, after=after)
    return copy


def _settle_profile(test: MockTest, changes: Changes, before: str) -> profiles.Profile:
    """The profile that was asked for, or the newest of the level. One that is not offered any more may stay."""
    code = changes.get("profile") or profiles.profile_for(test.level).code
    profile = exam_profiles.find_profile(code)
    if profile is None or profile.level not in ("", test.level):
        raise BadContent(problems=[Problem("/profile", "unknown_profile", "There is no such profile for this level.")])
    if code != before and not exam_profiles.is_offered(code):
        detail = f'"{code}" was replaced or retired; new tests follow another profile.'
        raise BadContent(problems=[Problem("/profile", "profile_not_offered", detail)])
    test.profile = profile.code
    return profile


def _lay_out(test: MockTest, profile: profiles.Profile) -> None:
    TestSection.objects.bulk_create(
        TestSection(
            mock_test=test,
            name=part.name,
            section_type=part.section_type,
            code=part.code,
            duration=part.minutes,
            order=position,
        )
        for position, part in enumerate(profiles.sections_for(profile), 1)
    )


def copy_rows(
    *, rows: QuerySet[Part], owner: str, new_owners: Mapping[uuid.UUID, uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """Copy rows under new owners; returns the new ids by the old ones."""
    new_ids: dict[uuid.UUID, uuid.UUID] = {}
    made = list(rows)
    for row in made:
        new_ids[row.pk] = uuid.uuid4()
        row.pk = new_ids[row.pk]
        setattr(row, owner, new_owners[getattr(row, owner)])
        row._state.adding = True
    rows.model._default_manager.bulk_create(made)
    return new_ids


# -- sections and groups -------------------------------------------------------------------------------------------


def create_section(*, actor: User, test_id: uuid.UUID, changes: Changes) -> TestSection:
    """Add a section to a draft, at the end unless ``order`` says otherwise."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        section = TestSection(mock_test=test, order=_next(TestSection.objects.filter(mock_test=test)))
        _set(section, changes, SECTION_FIELDS)
        section.save(force_insert=True)
    return section


def update_section(*, actor: User, section_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a section of a draft."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        access.check_revision(row=section, expected=expected)
        _set(section, changes, SECTION_FIELDS)
        section.save(update_fields=list(changes))


def delete_section(*, actor: User, section_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a section of a draft with its questions."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        access.check_revision(row=section, expected=expected)
        section.delete()


def create_group(*, actor: User, section_id: uuid.UUID, changes: Changes) -> QuestionGroup:
    """Add a question group to a section of a draft."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        group = QuestionGroup(section=section, order=_next(QuestionGroup.objects.filter(section=section)))
        _set(group, _checked(changes), GROUP_FIELDS)
        group.save(force_insert=True)
    return group


def update_group(*, actor: User, group_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a question group of a draft."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        access.check_revision(row=group, expected=expected)
        _set(group, _checked(changes), GROUP_FIELDS)
        group.save(update_fields=list(changes))


def delete_group(*, actor: User, group_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a question group of a draft with its questions."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        access.check_revision(row=group, expected=expected)
        group.delete()


# -- questions -----------------------------------------------------------------------------------------------------


def create_question(*, actor: User, group_id: uuid.UUID, changes: Changes) -> Question:
    """Add a question to a draft; refuses answers that do not fit its type, with every reason. Its answers are ``given``
    as a whole, or by their parts; prompts then name options by their places."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        question = Question(group=group, order=_next(Question.objects.filter(group=group)))
        question.has_own_score = changes.get("score") is not None
        given = put_together(present=Given(), changes=_without_blank_score(changes))
        write_question(question=question, changes={"given": Given(), **given})
        question.save(force_insert=True)
        marks.follow_own_profile(question=question)
    return question


def update_question(*, actor: User, question_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a question of a draft; refuses answers that do not fit its type, with every reason. Of answers that are given
    by their parts, those that are not named stay. One that came from the bank and now says something else is a question
    of its own from then on."""
    with transaction.atomic():
        question = access.question_to_change(actor=actor, question_id=question_id)
        access.check_revision(row=question, expected=expected)
        said = _said(question)
        if "score" in changes:
            question.has_own_score = changes["score"] is not None
        rewrite_question(question=question, changes=_without_blank_score(changes))
        if _said(question) != said:
            question.bank_version_id = None
        question.save()
        marks.follow_own_profile(question=question)


def delete_question(*, actor: User, question_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a question of a draft."""
    with transaction.atomic():
        question = access.question_to_change(actor=actor, question_id=question_id)
        access.check_revision(row=question, expected=expected)
        question.delete()


def _without_blank_score(changes: Changes) -> Changes:
    """No score of its own: the exam profile's."""
    return {name: value for name, value in changes.items() if name != "score" or value is not None}


def rewrite_question(*, question: Question, changes: Changes) -> None:
    """Set what is named in changes, and of its answers the parts that are; refuses answers that do not fit its type, with
    every reason. Saves nothing."""
    present = TYPES[question.type].read(question.content, question.key)
    changes = put_together(present=present.numbered(), changes=changes)
    if "type" in changes and "given" not in changes:
        changes = {**changes, "given": present}
    write_question(question=question, changes=changes)


def _said(question: Question) -> str:
    return bank.content_hash(bank.wording_of(question))


def put_together(*, present: Given, changes: Changes) -> Changes:
    """The changes with all named parts of answers in one value."""
    parts = {name: value for name, value in changes.items() if name in PARTS_OF_ANSWERS}
    if not parts:
        return changes
    if "own" in parts:
        parts["own"] = {**present.own, **parts["own"]}
    others = {name: value for name, value in changes.items() if name not in PARTS_OF_ANSWERS}
    return {**others, "given": replace(present, **parts)}


def write_question(*, question: Question, changes: Changes) -> None:
    """Set fields and answers of a question that is not saved yet; refuses answers that do not fit its type."""
    clean = _checked(changes)
    given = clean.pop("given", None)
    _set(question, clean, QUESTION_FIELDS)
    if question.type not in TYPES:
        raise BadContent(problems=[Problem("/type", "unknown_type", "There is no such type of question.")])
    item_type = TYPES[question.type]
    if given is None:
        present = item_type.read(question.content, question.key)
        flaws = tuple(item_type.text_flaws(question.text, present)) if "text" in clean else ()
    else:
        # A question of another type before may still carry what only that one says.
        given = replace(given, own={name: given.own[name] for name in item_type.own_names & given.own.keys()})
        flaws = tuple(item_type.reasons(question.text, given))
    if flaws:
        raise BadContent(problems=flaws)
    if given is not None:
        given = replace(given, own=own_fields.with_html(item_type.fields, given.own, richtext.clean_html))
        _refuse_unknown_media(_in_own(item_type, given))
        question.content, question.key = item_type.write(given.renamed(lambda: secrets.token_urlsafe(9)))


# -- checking ------------------------------------------------------------------------------------------------------


def _checked(changes: Changes) -> dict[str, Any]:
    """Clean HTML, and refuse pictures and recordings that the center does not have."""
    clean: dict[str, Any] = dict(changes)
    for name in HTML_FIELDS & clean.keys():
        clean[name] = richtext.clean_html(clean[name])
    if "given" in clean:
        clean["given"] = _clean_given(clean["given"])
    _refuse_unknown_media(_references(clean))
    return clean


def _refuse_unknown_media(references: Iterable[tuple[str, uuid.UUID | None]]) -> None:
    wanted = dict(references)
    known = queries.known_media(media_ids=(media for media in wanted.values() if media))
    unknown = [place for place, media in wanted.items() if media not in known]
    if unknown:
        detail = "The center has no such picture or recording."
        raise BadContent(problems=[Problem(place, "unknown_media", detail) for place in unknown])


def _clean_given(given: Given) -> Given:
    """Everything that is shown as HTML cleaned, without options that the author left blank."""
    html = richtext.clean_html
    truth = given.truth
    return replace(
        given,
        options=_clean_options(given.options),
        texts=tuple(replace(text, feedback=html(text.feedback)) for text in given.texts),
        truth=truth
        and replace(truth, feedback_true=html(truth.feedback_true), feedback_false=html(truth.feedback_false)),
        prompts=tuple(replace(prompt, text=html(prompt.text)) for prompt in given.prompts),
        gaps=tuple(_clean_gap(gap) for gap in given.gaps),
    )


def _clean_gap(gap: Gap) -> Gap:
    texts = tuple(replace(text, feedback=richtext.clean_html(text.feedback)) for text in gap.texts)
    return replace(gap, options=_clean_options(gap.options), texts=texts)


def _clean_options(options: Iterable[Option]) -> tuple[Option, ...]:
    cleaned = (
        replace(option, text=richtext.clean_html(option.text), feedback=richtext.clean_html(option.feedback))
        for option in options
    )
    return tuple(option for option in cleaned if not _is_blank(option))


def _is_blank(option: Option) -> bool:
    return not (option.text or option.image or option.fraction)


def _references(clean: Changes) -> Iterable[tuple[str, uuid.UUID | None]]:
    """Every place that shows or plays a file, with the id of the file; ``None`` for what cannot be an id."""
    for name, value in clean.items():
        if name in MEDIA_FIELDS and value is not None:
            yield f"/{name.removesuffix('_id')}", value
        elif name in HTML_FIELDS:
            yield from _in_text(f"/{name}", value)
    if "given" in clean:
        yield from _in_given(clean["given"])


def _in_given(given: Given) -> Iterable[tuple[str, uuid.UUID | None]]:
    yield from _in_things("/options", given.options)
    yield from _in_things("/prompts", given.prompts)
    for position, text in enumerate(given.texts):
        yield from _in_text(f"/texts/{position}/feedback", text.feedback)
    if given.truth:
        yield from _in_text("/truth/feedback_true", given.truth.feedback_true)
        yield from _in_text("/truth/feedback_false", given.truth.feedback_false)
    for position, gap in enumerate(given.gaps):
        yield from _in_things(f"/gaps/{position}/options", gap.options)
        for number, text in enumerate(gap.texts):
            yield from _in_text(f"/gaps/{position}/texts/{number}/feedback", text.feedback)


def _in_own(item_type: ItemType, given: Given) -> Iterable[tuple[str, uuid.UUID | None]]:
    for place, text in own_fields.html_in(item_type.fields, given.own):
        yield from _in_text(place, text)


def _in_things(place: str, things: Iterable[Option | Prompt]) -> Iterable[tuple[str, uuid.UUID | None]]:
    for position, thing in enumerate(things):
        if thing.image:
            yield f"{place}/{position}/image", thing.image
        yield from _in_text(f"{place}/{position}/text", thing.text)
        if isinstance(thing, Option):
            yield from _in_text(f"{place}/{position}/feedback", thing.feedback)


def _in_text(place: str, text: str) -> Iterable[tuple[str, uuid.UUID | None]]:
    for number, name in enumerate(richtext.media_names(text)):
        try:
            yield f"{place}/{number}", uuid.UUID(name)
        except ValueError:
            yield f"{place}/{number}", None


def _set(row: Model, changes: Changes, fields: frozenset[str]) -> None:
    foreign = changes.keys() - fields
    if foreign:
        raise TypeError(f"{type(row).__name__} has no fields {sorted(foreign)} that authors change.")
    for name, value in changes.items():
        setattr(row, name, value)


def _next(siblings: QuerySet[Part]) -> int:
    last: int | None = siblings.aggregate(last=Max("order"))["last"]
    return 1 if last is None else last + 1
