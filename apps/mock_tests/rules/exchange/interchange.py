"""The formats that tests come in and go out by: which one a file is, and what of a test a format does not keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.mock_tests.rules.exchange.aiken import read_aiken, write_aiken
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftQuestion, DraftTest
from apps.mock_tests.rules.exchange.gift.reading import read_gift
from apps.mock_tests.rules.exchange.gift.writing import write_gift
from apps.mock_tests.rules.exchange.moodle.reading import read_moodle_xml
from apps.mock_tests.rules.exchange.moodle.writing import write_moodle_xml
from apps.mock_tests.rules.exchange.native.package import owns_native, read_native, write_native
from apps.mock_tests.rules.exchange.qti.markup import Version
from apps.mock_tests.rules.exchange.qti.packaging import format_in, format_of, is_single, owns_qti
from apps.mock_tests.rules.exchange.qti.reading import read_qti
from apps.mock_tests.rules.exchange.qti.writing import writer
from apps.mock_tests.rules.exchange.reading import Reader, Source, beginning_of, whole
from apps.mock_tests.rules.exchange.table.reading import owns_csv, owns_xlsx, read_csv, read_xlsx
from apps.mock_tests.rules.exchange.table.sheets import looks_like_table
from apps.mock_tests.rules.exchange.table.writing import write_csv, write_xlsx
from apps.mock_tests.rules.files.archives import OFFICE, Archive, looks_like_zip
from apps.mock_tests.rules.files.unreadable import UnreadableFile

Writer = Callable[[DraftTest], tuple[bytes, dict[str, str]]]

_LOOKED_AT: Final = 1024 * 1024
_AIKEN_SIGNS: Final = re.compile(rb"^\s*(?:ANSWER\s*:|B[.)]\s)", re.MULTILINE | re.IGNORECASE)
_GIFT_SIGNS: Final = re.compile(rb"^\s*(?:\$CATEGORY:|::)|(?<!\\)\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Format:
    """One format, with the names of its files."""

    read: Reader
    write: Writer
    suffix: str
    media_type: str
    is_text: bool = True
    """Whether the file can stand in an answer as it is."""
    holds_files: bool = False
    """Whether pictures and recordings are in the file."""
    owns: Callable[[Collection[str]], bool] | None = None
    """Whether a zip with files of these names is one of this format; none for formats without zips."""
    keeps_minutes: bool = False
    """Whether the time of a section comes back."""
    keeps_all: bool = False
    """Whether everything comes back that a test has."""


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _qti(version: Version) -> Format:
    """All versions are read by the same reader, whichever is named."""
    suffix = f".qti{version.replace('.', '')}.zip"
    return Format(
        read_qti,
        writer(version),
        suffix,
        "application/zip",
        is_text=False,
        holds_files=True,
        owns=owns_qti,
        keeps_minutes=True,
    )


FORMATS: Final[Mapping[str, Format]] = {
    "moodle_xml": Format(read_moodle_xml, write_moodle_xml, ".moodle.xml", "application/xml", holds_files=True),
    "gift": Format(whole(read_gift), write_gift, ".gift.txt", "text/plain"),
    "aiken": Format(whole(read_aiken), write_aiken, ".aiken.txt", "text/plain"),
    "native": Format(
        read_native,
        write_native,
        ".shiken.zip",
        "application/zip",
        is_text=False,
        holds_files=True,
        owns=owns_native,
        keeps_minutes=True,
        keeps_all=True,
    ),
    "csv": Format(read_csv, write_csv, ".csv", "text/csv", is_text=False, holds_files=True, owns=owns_csv),
    "xlsx": Format(read_xlsx, write_xlsx, ".xlsx", XLSX, is_text=False, holds_files=True, owns=owns_xlsx),
    "qti22": _qti("2.2"),
    "qti21": _qti("2.1"),
    "qti30": _qti("3.0"),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a file does not keep; `pointer` is its place in the test."""

    pointer: str
    reason: str


def guess_format(source: Source) -> str:
    """The format that the content looks like. Refuses with `UnreadableFile` a zip that cannot be opened, or whose files are
    of no format."""
    beginning = beginning_of(source, _LOOKED_AT)
    if looks_like_zip(beginning):
        archive = Archive(source, may_nest=OFFICE)
        names = list(archive)
        for name, kind in FORMATS.items():
            if kind.owns is not None and kind.owns(names):
                return format_in(archive) if kind.owns is owns_qti else name
        raise UnreadableFile("unknown_package", "The zip holds no test in a format that is known.")
    if looks_like_table(beginning):
        return "csv"
    beginning = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith(b"<"):
        return format_of(beginning) if is_single(beginning) else "moodle_xml"
    if _GIFT_SIGNS.search(beginning):
        return "gift"
    return "aiken" if _AIKEN_SIGNS.search(beginning) else "moodle_xml"


def write(test: DraftTest, to: str) -> tuple[bytes, tuple[Loss, ...]]:
    """Return the test as a file, and everything that an import of that very file would not give back."""
    content, left_out = FORMATS[to].write(test)
    losses = [Loss(pointer, f"Left out. {reason}") for pointer, reason in left_out.items()]
    if len(left_out) < sum(1 for _ in test.questions()):
        try:
            again, _ = FORMATS[to].read(content)
        except UnreadableFile as refusal:
            losses.append(Loss("", f"The file could not be imported here again. {refusal.message}"))
        else:
            losses += _differences(test, again, left_out)
    return content, tuple(losses)


# -- what came back ------------------------------------------------------------------------------------------------

WORDS: Final = {
    "type": "its type",
    "name": "the title",
    "text": "the text as it is",
    "options": "the options as they are",
    "answers": "the numbers as they are",
    "texts": "the accepted texts as they are",
    "case_sensitive": "whether the case matters",
    "truth": "the answer with its feedback",
    "prompts": "the pairs as they are",
    "gaps": "the gaps as they are",
    "policy": "the way it is marked",
    "star": "the star",
    "marks": "the marks",
    "explanation": "the explanation",
    "tags": "the tags",
    "topic": "the topic",
    "shuffle": "whether options are shuffled",
    "files": "pictures and recordings",
    "difficulty": "how difficult it is",
    "kept": "what only a package of the center's own holds",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A question with what is around it."""

    question: DraftQuestion
    group: DraftGroup
    group_pointer: str
    section: tuple[str, str]
    section_pointer: str
    pointer: str


def _places(test: DraftTest) -> Iterator[_Place]:
    for number, section in enumerate(test.sections):
        outer = f"/sections/{number}"
        for position, group in enumerate(section.groups):
            middle = f"{outer}/question_groups/{position}"
            for place, question in enumerate(group.questions):
                pointer = f"{middle}/questions/{place}"
                yield _Place(question, group, middle, (section.name, section.section_type), outer, pointer)


def _differences(test: DraftTest, again: DraftTest, left_out: Mapping[str, str]) -> Iterator[Loss]:
    if (test.title, test.level) != (again.title, again.level):
        words = _listed((("title", "the title"), ("level", "the level")), test, again)
        yield Loss("", f"The file does not keep {words} of the test.")
    before = [place for place in _places(test) if place.pointer not in left_out]
    after = list(_places(again))
    if len(before) != len(after):
        yield Loss("", f"Of {len(before)} questions {len(after)} come back.")
        return
    yield from _sections(before, after)
    yield from _groups(before, after)
    for was, now in zip(before, after, strict=True):
        names = [name for name in WORDS if _told(was.question, name) != _told(now.question, name)]
        own = [f"the field {name}" for name in _differing(was.question.own, now.question.own)]
        if names or own:
            lost = [*(WORDS[name] for name in names), *own]
            yield Loss(was.pointer, f"The file does not keep {', '.join(lost)}.")


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _sections(before: Iterable[_Place], after: Iterable[_Place]) -> Iterator[Loss]:
    pairs = {was.section_pointer: (was.section, now.section) for was, now in zip(before, after, strict=True)}
    for pointer, (was, now) in pairs.items():
        names = [word for word, old, new in zip(("the name", "the type"), was, now, strict=True) if old != new]
        if names:
            yield Loss(pointer, f"The file does not keep {' and '.join(names)} of the section.")


def _groups(before: Iterable[_Place], after: Iterable[_Place]) -> Iterator[Loss]:
    """By the first question of each group; the others must follow it into the same one."""
    seen: dict[str, str] = {}
    taken: set[str] = set()
    words = (
        ("title", "the title"),
        ("instruction", "the instruction"),
        ("reading_text", "the passage"),
        ("files", "files"),
    )
    for was, now in zip(before, after, strict=True):
        first = was.group_pointer not in seen
        if first and now.group_pointer in taken:
            yield Loss(was.group_pointer, "Its questions come back in the group before.")
        elif first and (said := _listed(words, was.group, now.group)):
            yield Loss(was.group_pointer, f"The file does not keep {said} of the group.")
        elif not first and seen[was.group_pointer] not in ("", now.group_pointer):
            yield Loss(was.group_pointer, "Its questions come back in several groups.")
            seen[was.group_pointer] = ""
            continue
        seen.setdefault(was.group_pointer, now.group_pointer)
        taken.add(now.group_pointer)


def _listed(words: Iterable[tuple[str, str]], was: Any, now: Any) -> str:
    return ", ".join(word for name, word in words if _told(was, name) != _told(now, name))


def _told(thing: Any, name: str) -> Any:
    """A part of a test for comparison; the order of files says nothing."""
    value = getattr(thing, name)
    return sorted(value, key=_file_name) if name == "files" else value


def _file_name(file: DraftFile) -> str:
    return file.name
