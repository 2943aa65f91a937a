"""Before an edition: every reason why a test cannot be published, and what its author should look at nevertheless.
`docs/papers.md` lists the codes; a test compares the two."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.core.errors import Problem
from apps.mock_tests.rules.papers.marking import Marking
from apps.mock_tests.rules.papers.publishing import (
    GroupSource,
    QuestionSource,
    SectionSource,
    TestSource,
    area_in,
    canonical,
    markings,
)
from apps.mock_tests.rules.profiles import CUSTOM, Profile, TimedSection, holds, part_of
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import plain
from apps.mock_tests.rules.types.registry import TYPES

MOST_MARKS = Decimal(10_000)
MOST_IN_ALL = Decimal(999_999)
IMAGE, AUDIO = "image", "audio"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a test cannot know of itself: which files the center has, and how a profile stands today."""

    media: Mapping[uuid.UUID, str] | None = None
    """The kind of each file that the test names and the center has; nothing: not looked at."""
    today: date | None = None
    profile_is_old: bool = False
    """There is a newer edition of its profile, or nobody is to use it any more."""


@dataclass(frozen=True, slots=True)
class Findings:
    """``problems`` prevent publishing, ``warnings`` do not."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Sums:
    questions: int = 0
    marks: Decimal = Decimal(0)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def reasons_against(test: TestSource, around: Surroundings | None = None) -> tuple[Problem, ...]:
    """Every reason why the test cannot be published, with its place; nothing if it can."""
    return findings(test, around).problems


def findings(test: TestSource, around: Surroundings | None = None) -> Findings:
    """All that is to be said about publishing it. Numbers that differ from the exam's are a warning, unless the profile
    says that they are exact."""
    around = around or Surroundings()
    profile = test.exam
    marked = markings(test)
    problems = [*_test_flaws(test, profile, marked, around.media)]
    differences = list(_differences(test, profile or CUSTOM, marked))
    warnings = [*_warnings(test, profile, around)]
    (problems if profile and profile.counts_are_exact else warnings).extend(differences)
    return Findings(tuple(problems), tuple(warnings))


# -- what prevents it ----------------------------------------------------------------------------------------------


def _test_flaws(
    test: TestSource,
    profile: Profile | None,
    marked: Mapping[uuid.UUID, Marking],
    media: Mapping[uuid.UUID, str] | None,
) -> Iterator[Problem]:
    if profile is None:
        yield Problem("/profile", "unknown_profile", f'There is no exam profile "{test.profile}".')
    if not test.sections:
        yield Problem("/sections", "no_sections", "The test has no sections.")
    for position, section in enumerate(test.sections):
        yield from _section_flaws(f"/sections/{position}", section, marked)
        if media is not None:
            yield from _media_flaws(f"/sections/{position}", section, media)
    if _total(test, marked) > MOST_IN_ALL:
        yield Problem("/sections", "too_many_marks", f"All questions together give more than {MOST_IN_ALL:,} marks.")
    if profile is not None and profile.areas:
        yield from _area_flaws(test, profile)


def _total(test: TestSource, marked: Mapping[uuid.UUID, Marking]) -> Decimal:
    return sum((marked[q.id].score if q.id in marked else q.score for q in test.questions()), Decimal(0))


def _section_flaws(place: str, section: SectionSource, marked: Mapping[uuid.UUID, Marking]) -> Iterator[Problem]:
    if section.duration <= 0:
        yield Problem(f"{place}/duration", "no_duration", f'The section "{section.name}" has no time.')
    if not any(group.questions for group in section.groups):
        yield Problem(f"{place}/question_groups", "empty_section", f'The section "{section.name}" has no questions.')
        return
    for number, group in enumerate(section.groups):
        inner = f"{place}/question_groups/{number}"
        if not group.questions:
            yield Problem(f"{inner}/questions", "empty_group", f'The group "{group.title}" has no questions.')
        for position, question in enumerate(group.questions):
            marking = marked.get(question.id)
            yield from _question_flaws(f"{inner}/questions/{position}", group, question, marking)


def _question_flaws(
    place: str, group: GroupSource, question: QuestionSource, marking: Marking | None
) -> Iterator[Problem]:
    says_something = richtext.to_text(question.text) or richtext.media_names(question.text)
    if not (says_something or question.image or question.audio or group.has_stimulus):
        yield Problem(f"{place}/text", "no_text", "The question has neither text nor media.")
    if not 0 < (marking.score if marking else question.score) <= MOST_MARKS:
        yield Problem(f"{place}/score", "bad_score", "The marks of a question are more than 0.")
    if question.wrong_share is not None and not -1 <= question.wrong_share <= 0:
        detail = "A wrong answer earns nothing, or loses at most what a right one earns."
        yield Problem(f"{place}/wrong_share", "bad_wrong_share", detail)
    if marking is None:
        yield Problem(f"{place}/type", "unknown_type", f'There is no question type "{question.type}".')
        return
    for flaw in TYPES[question.type].reasons(question.text, marking.given):
        yield Problem(place + flaw.pointer, flaw.code, flaw.detail)


def _area_flaws(test: TestSource, profile: Profile) -> Iterator[Problem]:
    known = {area.code for area in profile.areas}
    fed = set()
    for position, section in enumerate(test.sections):
        for number, group in enumerate(section.groups):
            area = area_in(section, profile, group)
            fed.add(area)
            if area not in known:
                place = f"/sections/{position}/question_groups/{number}/scored_area"
                yield Problem(place, "unknown_area", f"{profile.name} has no scored area for this group.")
    for missing in profile.areas:
        if missing.code not in fed:
            yield Problem("/sections", "missing_area", f'No question counts for "{missing.name}".')


def _media_flaws(place: str, section: SectionSource, media: Mapping[uuid.UUID, str]) -> Iterator[Problem]:
    for number, group in enumerate(section.groups):
        inner = f"{place}/question_groups/{number}"
        texts = {"instruction": group.instruction, "reading_text": group.reading_text}
        yield from _media_of(inner, {IMAGE: group.image, AUDIO: group.audio}, texts, media)
        for position, question in enumerate(group.questions):
            own = f"{inner}/questions/{position}"
            texts = {"text": question.text, "explanation": question.explanation}
            if question.type in TYPES:
                given = question.given()
                texts |= {f"options/{n}/text": option.text for n, option in enumerate(given.options)}
                texts |= {f"prompts/{n}/text": prompt.text for n, prompt in enumerate(given.prompts)}
                pictures = {f"options/{n}": option.image for n, option in enumerate(given.options)}
                pictures |= {f"prompts/{n}": prompt.image for n, prompt in enumerate(given.prompts)}
                for name, picture in pictures.items():
                    yield from _media_of(f"{own}/{name}", {IMAGE: picture}, {}, media)
            yield from _media_of(own, {IMAGE: question.image, AUDIO: question.audio}, texts, media)


def _media_of(
    place: str,
    files: Mapping[str, uuid.UUID | None],
    texts: Mapping[str, str],
    media: Mapping[uuid.UUID, str],
) -> Iterator[Problem]:
    for kind, file in files.items():
        if file is not None and file not in media:
            yield Problem(f"{place}/{kind}", "media_gone", "The center does not have this file any more.")
        elif file is not None and media[file] != kind:
            what = "picture" if kind == IMAGE else "recording"
            yield Problem(f"{place}/{kind}", "wrong_media", f"This file is not a {what}.")
    for name, text in texts.items():
        if any(_id(found) not in media for found in richtext.media_names(text)):
            yield Problem(f"{place}/{name}", "media_gone", "The center does not have a file that this text shows.")


def media_of(test: TestSource) -> set[uuid.UUID]:
    """Every file that the test names, wherever it does."""
    found: set[uuid.UUID | None] = set()
    for section in test.sections:
        for group in section.groups:
            found |= {group.image, group.audio, *_in_texts(group.instruction, group.reading_text)}
            for question in group.questions:
                found |= {question.image, question.audio, *_in_texts(question.text, question.explanation)}
                if question.type in TYPES:
                    given = question.given()
                    found |= {*(option.image for option in given.options), *(prompt.image for prompt in given.prompts)}
                    found |= {*_in_texts(*(o.text for o in given.options), *(p.text for p in given.prompts))}
    return {file for file in found if file is not None}


def _in_texts(*texts: str) -> Iterator[uuid.UUID | None]:
    return (_id(name) for text in texts for name in richtext.media_names(text))


def _id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None


# -- what to look at -----------------------------------------------------------------------------------------------


def _warnings(test: TestSource, profile: Profile | None, around: Surroundings) -> Iterator[Problem]:
    if profile is not None and around.profile_is_old:
        yield Problem("/profile", "profile_replaced", f"{profile.name} ({profile.code}) is not the present edition.")
    elif profile is not None and around.today and not holds(profile, around.today):
        yield Problem("/profile", "profile_not_in_force", f"{profile.name} ({profile.code}) does not hold today.")
    seen: dict[bytes, str] = {}
    for position, section in enumerate(test.sections):
        yield from _repeated_numbers(f"/sections/{position}", section)
        for number, group in enumerate(section.groups):
            for place, question in enumerate(group.questions):
                pointer = f"/sections/{position}/question_groups/{number}/questions/{place}"
                what = _said(question)
                if what and (first := seen.setdefault(what, pointer)) != pointer:
                    yield Problem(pointer, "repeated_question", f"The same question stands at {first}.")


def _repeated_numbers(place: str, section: SectionSource) -> Iterator[Problem]:
    seen: set[int] = set()
    for number, group in enumerate(section.groups):
        for position, question in enumerate(group.questions):
            if question.question_number is None:
                continue
            if question.question_number in seen:
                pointer = f"{place}/question_groups/{number}/questions/{position}/question_number"
                detail = f"The number {question.question_number} stands in this section more than once."
                yield Problem(pointer, "repeated_number", detail)
            seen.add(question.question_number)


def _said(question: QuestionSource) -> bytes | None:
    """What makes a question the same as another one; nothing where its text does not tell it."""
    if not richtext.to_text(question.text) or question.image or question.audio or question.type not in TYPES:
        return None
    names = iter(range(10**6))
    content, _ = TYPES[question.type].write(question.given().renamed(lambda: str(next(names))))
    return canonical([question.type, question.text, content])


def _differences(test: TestSource, profile: Profile, marked: Mapping[uuid.UUID, Marking]) -> Iterator[Problem]:
    """Where the numbers of the test are not those of the exam."""
    sums: dict[str, _Sums] = {}
    for position, section in enumerate(test.sections):
        part = part_of(profile, code=section.code, section_type=section.section_type, name=section.name)
        if part is None:
            continue
        if test.quiz is None and section.duration != part.minutes:
            detail = f'"{section.name}" has {section.duration} minutes, in the exam it has {part.minutes}.'
            yield Problem(f"/sections/{position}/duration", "minutes_differ", detail)
        _add_up(sums.setdefault(part.code, _Sums()), section, marked)
    for part in profile.sections:
        yield from _count_differences(profile, part, sums.get(part.code, _Sums()))
    total = _total(test, marked)
    if profile.max_marks is not None and total != profile.max_marks:
        detail = f"All questions give {plain(total)} marks, in the exam they give {plain(profile.max_marks)}."
        yield Problem("/sections", "marks_do_not_add_up", detail)


def _add_up(sums: _Sums, section: SectionSource, marked: Mapping[uuid.UUID, Marking]) -> None:
    for group in section.groups:
        for question in group.questions:
            sums.questions += 1
            sums.counts[question.type, ""] += 1
            if question.id in marked:
                sums.counts["", plain(marked[question.id].score)] += 1


def _count_differences(profile: Profile, part: TimedSection, sums: _Sums) -> Iterator[Problem]:
    kinds = [kind for kind in profile.item_kinds if kind.section == part.code]
    usual = sum(kind.count for kind in kinds)
    if kinds and sums.questions != usual:
        detail = f'"{part.name}" has {sums.questions} questions, in the exam it has {usual}.'
        yield Problem("/sections", "count_differs", detail)
        return
    expected: Counter[tuple[str, str]] = Counter()
    for kind in kinds:
        for said in ((kind.type, ""), ("", plain(kind.marks) if kind.marks is not None else "")):
            if any(said):
                expected[said] += kind.count
    for (kind_of, marks), count in expected.items():
        if sums.counts[kind_of, marks] != count:
            what = f'of the type "{kind_of}"' if kind_of else f"for {marks} marks"
            detail = f'"{part.name}" has {sums.counts[kind_of, marks]} questions {what}, in the exam it has {count}.'
            yield Problem("/sections", "count_differs", detail)
