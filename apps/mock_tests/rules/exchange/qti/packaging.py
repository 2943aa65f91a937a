"""A content package: its manifest, and the files that this calls items, tests and stimuli. Packages without a manifest,
and single files, are looked through instead."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from apps.mock_tests.rules.exchange.qti.files import resolved
from apps.mock_tests.rules.exchange.reading import beginning_of, bytes_of
from apps.mock_tests.rules.files.archives import OFFICE, Archive, looks_like_zip
from apps.mock_tests.rules.files.elements import ITEM_LIMITS, MANIFEST_LIMITS, Element, read_elements
from apps.mock_tests.rules.files.unreadable import UnreadableFile

MANIFEST: Final = "imsmanifest.xml"
MOST_ITEMS: Final = 10_000
ITEM: Final = "assessmentItem"
TEST: Final = "assessmentTest"
SECTION: Final = "assessmentSection"
STIMULUS: Final = "assessmentStimulus"
_KINDS: Final = {"item": ITEM, "apipitem": ITEM, "test": TEST, "section": SECTION, "stimulus": STIMULUS}
_TYPE: Final = re.compile(r"imsqti_([a-z]+)_xmlv(\d)p\d|imsqti_([a-z]+)", re.IGNORECASE)
_VERSION: Final = re.compile(rb"(?:imsqti_\w*?|imsqtiasi_|qti/qti)v([23])p([0-2])")
_LOOKED_AT: Final = 64 * 1024
_OLD: Final = re.compile(r"imsqti_xmlv1p|imsqti_asi_xmlv1p|xmlv1p", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resource:
    """A file of the package that is of interest, with what the manifest says about it."""

    kind: str
    path: str
    identifier: str = ""
    title: str = ""
    keywords: tuple[str, ...] = ()
    topic: str = ""
    difficulty: str = ""


@dataclass(slots=True)
class Package:
    """The files of a package by their kind; XML is read when it is asked for."""

    archive: Archive | None
    single: bytes = b""
    resources: dict[str, Resource] = field(default_factory=dict)
    title: str = ""
    notes: list[str] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.kind == kind]

    def find(self, base: str, address: str) -> str:
        """The path of a file that an address in the file `base` means; empty if there is none."""
        path = resolved(base, address)
        return (self.archive.find(path) or "") if self.archive is not None and path else ""

    def root(self, path: str) -> Element:
        """The root of an XML file, or `UnreadableFile`."""
        if self.archive is None:
            return read_elements(self.single, "", ITEM_LIMITS)
        return read_elements(self.archive.read(path, most=ITEM_LIMITS.size), path, ITEM_LIMITS)


def owns_qti(names: Collection[str]) -> bool:
    """Whether a zip with such files is a package of this kind."""
    if any(posixpath.basename(name).lower() == MANIFEST for name in names):
        return True
    return any(name.lower().endswith(".xml") for name in names)


def is_single(beginning: bytes) -> bool:
    """Whether a file that begins so is a single item or test."""
    return re.search(rb"<(?:[\w.\-]+:)?(?:qti-)?assessment-?(?:item|test)[\s>]", beginning, re.IGNORECASE) is not None


def format_of(beginning: bytes) -> str:
    """The format whose version the beginning of a manifest, item or test names."""
    found = _VERSION.search(beginning)
    return f"qti{found[1].decode()}{found[2].decode()}" if found and found[0][-4:] in (b"v2p1", b"v3p0") else "qti22"


def format_in(archive: Archive) -> str:
    """The format of a package, by its manifest or by its first file."""
    names = [name for name in archive if name.lower().endswith(".xml")]
    first = min(
        names, key=lambda name: (posixpath.basename(name).lower() != MANIFEST, name.count("/"), name), default=""
    )
    return format_of(archive.beginning(first, _LOOKED_AT)) if first else "qti22"


def open_package(source: bytes | IO[bytes]) -> Package:
    """The package in a zip, or around a single file. Refuses with `UnreadableFile` what holds no items."""
    if not looks_like_zip(beginning_of(source, 8)):
        return _around(bytes_of(source))
    archive = Archive(source, may_nest=OFFICE)
    package = Package(archive)
    manifest = min(
        (name for name in archive if posixpath.basename(name).lower() == MANIFEST),
        key=lambda name: (name.count("/"), name),
        default=None,
    )
    if manifest is None:
        package.notes.append("The package has no manifest; its files were looked through.")
        _look_through(package)
    else:
        _read_manifest(package, manifest)
        if not package.of_kind(ITEM) and not package.of_kind(TEST):
            _look_through(package)
    if not package.of_kind(ITEM) and not package.of_kind(TEST):
        raise UnreadableFile("no_questions", "The package holds no items.", path=manifest or "")
    if len(package.of_kind(ITEM)) > MOST_ITEMS:
        raise UnreadableFile("too_many_questions", f"The package has more than {MOST_ITEMS:,} items.")
    return package


def _around(data: bytes) -> Package:
    package = Package(None, data)
    root = package.root("")
    if root.name not in (ITEM, TEST) or root.space != "":
        raise UnreadableFile("not_qti", "The file is XML, but neither a package nor an item of QTI 2 or 3.", root.line)
    package.resources[""] = Resource(root.name, "")
    return package


def _read_manifest(package: Package, path: str) -> None:
    archive = package.archive
    if archive is None:
        return
    root = read_elements(archive.read(path, most=MANIFEST_LIMITS.size), path, MANIFEST_LIMITS)
    if root.name != "manifest":
        raise UnreadableFile("not_qti", "The manifest of the package is none.", root.line, path)
    package.title = _title(root)
    folder = root.get("base")
    seen: dict[str, int] = {}
    for element in root.find_all("resource"):
        identifier = element.get("identifier")
        if identifier and seen.setdefault(identifier, element.line) != element.line:
            message = f'Two resources have the identifier "{identifier[:40]}".'
            raise UnreadableFile("duplicate_identifier", message, element.line, path)
        resource = _resource(package, path, folder, element)
        if resource is not None and package.resources.setdefault(resource.path, resource) is not resource:
            package.notes.append(f'The file "{resource.path}" is named twice in the manifest.')


def _resource(package: Package, manifest: str, folder: str, element: Element) -> Resource | None:
    said = element.get("type")
    if _OLD.search(said):
        package.notes.append(f'"{element.get("identifier")[:40]}" is QTI 1; only QTI 2 and 3 can be read.')
        return None
    found = _TYPE.search(said)
    kind = _KINDS.get((found[1] or found[3] or "").lower()) if found else None
    if kind is None:
        return None
    address = element.get("href") or next((file.get("href") for file in element.find_all("file")), "")
    base = posixpath.join(posixpath.dirname(manifest), folder, element.get("base"), "x")
    path = package.find(base, address)
    if not path:
        message = f'The file "{address[:80]}" of the manifest is missing.'
        raise UnreadableFile("file_missing", message, element.line, manifest)
    return Resource(
        kind,
        path,
        element.get("identifier"),
        _title(element),
        tuple(_keywords(element)),
        _entry(element),
        _difficulty(element),
    )


def _title(element: Element) -> str:
    metadata = element.child("metadata")
    general = metadata.find("general") if metadata is not None else None
    title = general.child("title") if general is not None else None
    return title.text if title is not None else ""


def _keywords(element: Element) -> Iterator[str]:
    for keyword in element.find_all("keyword"):
        texts = [part.text for part in keyword.find_all("string", "langstring")] or [keyword.text]
        yield from (text for text in texts if text)


def _entry(element: Element) -> str:
    """The innermost name of its first classification."""
    path = element.find("taxonPath", "taxonpath")
    names = [entry.text for entry in path.find_all("entry") if entry.text] if path is not None else []
    return names[-1] if names else ""


_DIFFICULTIES: Final = {
    "very easy": "EASY", "easy": "EASY", "medium": "MEDIUM", "difficult": "HARD", "very difficult": "HARD",
}  # fmt: skip


def _difficulty(element: Element) -> str:
    said = element.find("difficulty")
    value = said.find("value") if said is not None else None
    return _DIFFICULTIES.get(value.text.lower(), "") if value is not None else ""


def _look_through(package: Package) -> None:
    """Take every XML file for what its root says; files that are no XML are told of."""
    for name in package.archive or ():
        if name.lower().endswith(".xml") and posixpath.basename(name).lower() != MANIFEST:
            root = package.root(name)
            if root.space == "old" or root.name == "questestinterop":
                package.notes.append(f'"{name}" is QTI 1; only QTI 2 and 3 can be read.')
            elif root.name in (ITEM, TEST, STIMULUS) and root.space == "":
                package.resources.setdefault(name, Resource(root.name, name))
