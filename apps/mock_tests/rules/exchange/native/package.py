"""Writing and reading the center's own packages."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from apps.mock_tests.rules.exchange.bundle import paths_of, placed
from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
    Outcome,
    ReportRow,
)
from apps.mock_tests.rules.exchange.files import RefusedFile, media_type_of
from apps.mock_tests.rules.exchange.given import given_of
from apps.mock_tests.rules.exchange.limits import MAX_MARKS
from apps.mock_tests.rules.exchange.native import kept
from apps.mock_tests.rules.exchange.native.codec import Undecodable, decode, encode
from apps.mock_tests.rules.exchange.reading import Source, Watch, nobody
from apps.mock_tests.rules.files.archives import Archive
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.registry import TYPES

MANIFEST: Final = "shiken.json"
TEST: Final = "test.json"
FOLDER: Final = "media"
FORMAT: Final = "shiken-test"
VERSION: Final = 1
MOST_QUESTIONS: Final = 10_000
LONGEST_JSON: Final = 64 * 2**20
# A fixed moment, so that the same test is the same file.
_MOMENT: Final = (2020, 1, 1, 0, 0, 0)
_HTML: Final[Mapping[str, tuple[str, ...]]] = {
    "DraftQuestion": ("text", "explanation"),
    "DraftOption": ("text", "feedback"),
    "Option": ("text", "feedback"),
    "Text": ("feedback",),
    "Truth": ("feedback_true", "feedback_false"),
    "Prompt": ("text",),
    "Gap": (),
    "DraftGroup": ("instruction", "reading_text"),
}
"""Which fields hold HTML; all others are plain text."""


@dataclass(frozen=True, slots=True)
class _Member:
    size: int
    sha256: str


def write_native(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the package. It holds everything, so nothing is ever left out."""
    files = placed(_files(test), FOLDER)
    paths = paths_of(_files(test), files)
    content = _json(encode(test, lambda file: paths[id(file)]))
    members = {TEST: _member(content)}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(TEST, _MOMENT), content, zipfile.ZIP_DEFLATED)
        for path, file in files.items():
            body = file.content
            members[path] = _member(body)
            # Pictures and recordings are packed already.
            archive.writestr(zipfile.ZipInfo(path, _MOMENT), body, zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo(MANIFEST, _MOMENT), _json(_manifest(test, members)), zipfile.ZIP_DEFLATED)
    return made.getvalue(), {}


def owns_native(names: Collection[str]) -> bool:
    """Whether a zip of these files is such a package."""
    return MANIFEST in names


def read_native(source: Source, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]:
    """Return the test of a package. Raises `UnreadableFile` for one that is of a later version, or not as its manifest
    says; a question that cannot be taken is a refused row."""
    archive = Archive(source)
    members = _checked_manifest(archive)
    content = archive.read(TEST, most=LONGEST_JSON)
    _check_member(TEST, content, members)
    files = functools.cache(functools.partial(_file, archive, members))
    try:
        test = decode(DraftTest, _loaded(TEST, content), files)
    except Undecodable as error:
        raise UnreadableFile("bad_package", f"{error.reason} ({error.pointer})", path=TEST) from error
    if sum(1 for _ in test.questions()) > MOST_QUESTIONS:
        raise UnreadableFile(
            "too_many_questions", f"The package has more than {MOST_QUESTIONS:,} questions.", path=TEST
        )
    return _Reading(watch).read(test)


# -- the manifest --------------------------------------------------------------------------------------------------


def _manifest(test: DraftTest, members: Mapping[str, _Member]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": test.title,
        "questions": sum(1 for _ in test.questions()),
        "files": {path: {"size": member.size, "sha256": member.sha256} for path, member in sorted(members.items())},
    }


def _checked_manifest(archive: Archive) -> dict[str, _Member]:
    if MANIFEST not in archive or TEST not in archive:
        raise UnreadableFile("not_a_package", f"The zip has no {MANIFEST if MANIFEST not in archive else TEST}.")
    manifest = _loaded(MANIFEST, archive.read(MANIFEST, most=4 * 2**20))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UnreadableFile("not_a_package", "The manifest is of something else.", path=MANIFEST)
    if manifest.get("version") != VERSION:
        message = f"The package is of version {str(manifest.get('version'))[:20]}; version {VERSION} can be read."
        raise UnreadableFile("unknown_version", message, path=MANIFEST)
    listed = manifest.get("files")
    if not isinstance(listed, dict):
        raise UnreadableFile("bad_package", "The manifest lists no files.", path=MANIFEST)
    members = {path: _listed(path, entry) for path, entry in listed.items()}
    present = set(archive) - {MANIFEST}
    if present != members.keys():
        path = min(present ^ members.keys())
        said = "is not in the manifest" if path in present else "is missing"
        raise UnreadableFile("bad_package", f'The file "{path[:80]}" {said}.', path=MANIFEST)
    return members


def _listed(path: str, entry: object) -> _Member:
    if isinstance(entry, dict):
        size, digest = entry.get("size"), entry.get("sha256")
        if type(size) is int and isinstance(digest, str) and len(digest) == 64:
            return _Member(size, digest)
    raise UnreadableFile("bad_package", f'The manifest says nothing usable of "{path[:80]}".', path=MANIFEST)


def _check_member(path: str, content: bytes, members: Mapping[str, _Member]) -> None:
    if _member(content) != members[path]:
        message = f'The file "{path[:80]}" is not the one that the manifest names: it was changed or damaged.'
        raise UnreadableFile("damaged_package", message, path=path)


def _member(content: bytes) -> _Member:
    return _Member(len(content), hashlib.sha256(content).hexdigest())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _loaded(path: str, content: bytes) -> object:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(content.decode(), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableFile("bad_package", "It is not JSON that can be read.", line, path) from error


def _file(archive: Archive, members: Mapping[str, _Member], name: str, path: str) -> DraftFile:
    """A file of the package, looked into once. Refuses with `ValueError`."""
    if not richtext.MEDIA_NAME.fullmatch(name):
        raise ValueError("The name of the file cannot stand in a text.")
    if path not in members or not path.startswith(f"{FOLDER}/"):
        raise ValueError(f'The file "{path[:80]}" is not in the package.')
    content = archive.read(path)
    _check_member(path, content, members)
    try:
        media_type, kind = media_type_of(path, content)
    except RefusedFile as refusal:
        raise ValueError(str(refusal)) from refusal
    return DraftFile(name, functools.partial(archive.read, path), media_type, kind)


# -- what it says --------------------------------------------------------------------------------------------------


class _Reading:
    """Cleans texts, and tells questions that can be taken from others."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._rows: list[ReportRow] = []

    def read(self, test: DraftTest) -> tuple[DraftTest, ImportReport]:
        _check_kept("", test.kept, kept.OF_TEST)
        sections = tuple(self._section(section, f"/sections/{place}") for place, section in enumerate(test.sections))
        description = test.kept.get(kept.DESCRIPTION, "")
        cleaned = {**test.kept, kept.DESCRIPTION: richtext.without_control_characters(description)}
        read = replace(test, title=_line(test.title), sections=sections, kept=cleaned if description else test.kept)
        return read, ImportReport(tuple(self._rows))

    def _section(self, section: DraftSection, pointer: str) -> DraftSection:
        _check_kept(pointer, section.kept, kept.OF_SECTION)
        if section.minutes is not None and not 1 <= section.minutes <= 10_000:
            raise UnreadableFile("bad_package", f"A section has 1 to 10,000 minutes. ({pointer}/minutes)", path=TEST)
        groups = (self._group(group, f"{pointer}/groups/{place}") for place, group in enumerate(section.groups))
        return replace(section, name=_line(section.name), groups=tuple(groups))

    def _group(self, group: DraftGroup, pointer: str) -> DraftGroup:
        _check_kept(pointer, group.kept, kept.OF_GROUP)
        cleaned: DraftGroup = _cleaned(replace(group, questions=()))
        faults = list(_file_faults(cleaned, cleaned.files, [cleaned.kept.get(kept.IMAGE, "")]))
        if faults:
            raise UnreadableFile("bad_package", f"{faults[0]} ({pointer})", path=TEST)
        questions = (
            self._question(question, f"{pointer}/questions/{place}") for place, question in enumerate(group.questions)
        )
        taken = tuple(question for question in questions if question is not None)
        return replace(cleaned, title=_line(group.title), questions=taken)

    def _question(self, question: DraftQuestion, pointer: str) -> DraftQuestion | None:
        place = f"{TEST}{pointer}"
        number = len(self._rows) + 1
        if number % 50 == 0:
            self._watch(number)
        reasons = list(_reasons(question))
        cleaned: DraftQuestion | None = None
        if not reasons:
            cleaned = _cleaned(replace(question, line=number, path=place))
            reasons = [*_file_faults(cleaned, cleaned.files, _pictures(cleaned))]
        outcome: Outcome = "refused" if reasons else "taken"
        if cleaned is not None and not reasons:
            # A test that is not finished goes out and in like any other.
            flaws = [flaw.detail for flaw in TYPES[cleaned.type].reasons(cleaned.text, _given(cleaned))]
            reasons = [f"It is not complete: {flaw}" for flaw in flaws]
            outcome = "partly" if reasons else "taken"
        name = _line(question.name)[:200]
        self._rows.append(ReportRow(number, question.type[:40], name, outcome, tuple(reasons), place))
        return None if outcome == "refused" else cleaned


def _check_kept(pointer: str, values: Mapping[str, Any], allowed: Mapping[str, kept.Check]) -> None:
    if found := kept.misfits(values, allowed):
        raise UnreadableFile("bad_package", f"The value is not usable. ({pointer}/kept/{found[0][:40]})", path=TEST)


def _reasons(question: DraftQuestion) -> Iterator[str]:
    """What is wrong before its answers are looked at."""
    if question.type not in TYPES:
        yield f'Questions of the type "{question.type[:40]}" are not known here.'
    elif found := [flaw.detail for flaw in own_fields.flaws(TYPES[question.type].fields, question.own)]:
        yield from found
    if not 0 < question.marks <= MAX_MARKS:
        yield f"The marks are not a number above 0 (and up to {MAX_MARKS:,})."
    if found := kept.misfits(question.kept, kept.OF_QUESTION):
        yield f'The value of "{found[0][:40]}" is not usable.'
    if sum(file.kind == "audio" for file in question.files) > 1:
        yield "The question plays more than one recording."
    if any(prompt.image or prompt.id for prompt in question.prompts) or any(
        option.image for gap in question.gaps for option in gap.options
    ):
        yield "Pictures are named under kept, not by ids."
    targets = {prompt.target for prompt in question.prompts}
    if not targets <= {str(place) for place in range(len(question.options))}:
        yield "A pair names no option."


def _pictures(question: DraftQuestion) -> list[str]:
    named = question.kept.get(kept.PICTURES, {})
    return [question.kept.get(kept.IMAGE, ""), *named.values()]


def _given(question: DraftQuestion) -> Any:
    """As its type sees it: an option with a picture is not empty."""
    given = given_of(question)
    pictures = question.kept.get(kept.PICTURES, {})
    if not pictures:
        return given
    shown = '<img src="media:picture">'

    def with_picture(thing: Any, place: str) -> Any:
        name = pictures.get(place)
        return replace(thing, text=f"{thing.text}{shown.replace('picture', name)}") if name else thing

    return replace(
        given,
        options=tuple(with_picture(o, f"options/{n}") for n, o in enumerate(given.options)),
        prompts=tuple(with_picture(p, f"prompts/{n}") for n, p in enumerate(given.prompts)),
        gaps=tuple(
            replace(gap, options=tuple(with_picture(o, f"gaps/{g}/options/{n}") for n, o in enumerate(gap.options)))
            for g, gap in enumerate(given.gaps)
        ),
    )


def _file_faults(
    thing: DraftQuestion | DraftGroup, files: Collection[DraftFile], shown: Collection[str]
) -> Iterator[str]:
    """Texts that show what is not there."""
    kinds = {file.name: file.kind for file in files}
    if len(kinds) != len(files):
        yield "Two of its files have the same name."
    named = {name for text in _texts(thing) for name in richtext.media_names(text)} | {name for name in shown if name}
    for name in sorted(named):
        if kinds.get(name) != "image":
            yield f'The picture "{name}" is not among its files.'


def _texts(thing: object) -> list[str]:
    """Every HTML text inside a draft."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    _changed(thing, note)
    return found


def _cleaned(thing: Any) -> Any:
    return _changed(thing, lambda text: richtext.clean_html(text) if text else text)


def _changed(thing: Any, change: Callable[[str], str]) -> Any:
    """The draft with every HTML text in it changed, and every other one without control characters."""
    html = _HTML.get(type(thing).__name__)
    if html is None:
        return thing
    told: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, str):
            told[field.name] = change(value) if field.name in html else richtext.without_control_characters(value)
        elif isinstance(value, tuple):
            told[field.name] = tuple(_changed(inner, change) for inner in value)
        elif type(value).__name__ in _HTML:
            told[field.name] = _changed(value, change)
    if isinstance(thing, DraftQuestion):
        declared = TYPES[thing.type].fields
        if thing.own:
            told["own"] = own_fields.filled(declared, own_fields.with_html(declared, thing.own, change))
    return replace(thing, **told)


def _line(text: str) -> str:
    return " ".join(richtext.without_control_characters(text).split())


def _files(test: DraftTest) -> Iterator[DraftFile]:
    for group in test.groups():
        yield from group.files
        for question in group.questions:
            yield from question.files
