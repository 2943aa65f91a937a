"""Pictures and recordings that lie beside a test in a zip, and are named in its texts."""

from __future__ import annotations

import functools
import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from apps.mock_tests.rules.exchange.draft import DraftFile
from apps.mock_tests.rules.exchange.files import RefusedFile, candidates, media_type_of, safe_name
from apps.mock_tests.rules.files.archives import Archive
from apps.mock_tests.rules.texts import foreign_html, richtext

_IMAGE: Final = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)>')
_SOURCE: Final = re.compile(r'\ssrc="([^"]*)"')


class Bundle:
    """The files beside a test. Each is looked into once, and read when it is asked for."""

    def __init__(self, archive: Archive | None = None, folder: str = "") -> None:
        self._archive = archive
        self._folder = folder
        self._files: dict[str, DraftFile] = {}

    def take(self, name: str) -> tuple[str, DraftFile]:
        """The file of a name or path, as people write them, and where it is; refuses with `RefusedFile`."""
        if self._archive is None:
            raise RefusedFile(f'The file "{name}" is missing: files come in a zip that holds the table too.')
        path = self._find(self._archive, name)
        if path not in self._files:
            self._files[path] = self._looked_into(self._archive, path)
        return path, self._files[path]

    def unused(self) -> Iterator[str]:
        """The pictures and recordings that nothing has asked for."""
        return (path for path in self._archive or () if path not in self._files)

    def _find(self, archive: Archive, name: str) -> str:
        asked = posixpath.normpath(unquote(name.strip()).replace("\\", "/")).lstrip("/")
        for path in (posixpath.join(self._folder, asked), asked):
            if (found := archive.find(path)) is not None:
                return found
        same = self._by_name.get(posixpath.basename(asked).casefold(), [])
        if len(same) > 1:
            raise RefusedFile(f'Several files of the zip are named "{name}"; name the folder too.')
        if not same:
            raise RefusedFile(f'The file "{name}" is not in the zip.')
        return same[0]

    @functools.cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._archive or ():
            found.setdefault(posixpath.basename(path).casefold(), []).append(path)
        return found

    def _looked_into(self, archive: Archive, path: str) -> DraftFile:
        content = archive.read(path)
        if not content:
            raise RefusedFile(f'The file "{path}" is empty.')
        media_type, kind = media_type_of(path, content)
        return DraftFile(safe_name(path), functools.partial(archive.read, path), media_type, kind)


class Texts:
    """Texts of one question or group with the files that they show. ``problems`` are reasons against them."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._used: dict[str, DraftFile] = {}
        """By their paths."""
        self.problems: list[str] = []

    @property
    def files(self) -> tuple[DraftFile, ...]:
        return tuple(self._used.values())

    def html(self, source: str) -> str:
        """HTML whose pictures are named as files of the bundle, as it is stored."""
        if "<" not in source:
            return richtext.clean_html(source)
        # Pictures of any address survive the first pass; the second is the house's own.
        known = foreign_html.with_tex(richtext.without_control_characters(source), self.problems.append)
        normal = foreign_html.normalised(known, {"http", "https", "data", "media", "file"})
        return richtext.clean_html(_IMAGE.sub(self._image, normal))

    def take(self, name: str, kind: str) -> DraftFile | None:
        """A file that is named on its own, in a cell or so."""
        try:
            path, file = self._bundle.take(name)
            if file.kind != kind:
                what = "picture" if kind == "image" else "recording"
                raise RefusedFile(f'The file "{name}" is used as a {what}, but it is none.')
        except RefusedFile as refusal:
            self.problems.append(str(refusal))
            return None
        return self._used.setdefault(path, self._named_apart(file))

    def _named_apart(self, file: DraftFile) -> DraftFile:
        """The file under a name that no other file of these texts has."""
        taken = {used.name for used in self._used.values()}
        if file.name not in taken:
            return file
        name = next(name for name in candidates(file.name) if name not in taken)
        return DraftFile(name, lambda: file.content, file.media_type, file.kind)

    def _image(self, match: re.Match[str]) -> str:
        source = _SOURCE.search(match[1])
        address = source[1] if source else ""
        if source is None or re.match(r"(?!media:)[a-z]+:", address, re.IGNORECASE):
            self.problems.append("A picture is not among the files of the zip.")
            return ""
        file = self.take(address.removeprefix("media:"), "image")
        return match.group().replace(source.group(), f' src="media:{file.name}"') if file else ""


def placed(files: Iterable[DraftFile], folder: str) -> dict[str, DraftFile]:
    """Files by their paths in a zip, the same bytes of the same name once. Other bytes of a name lie in a folder more."""
    found: dict[str, DraftFile] = {}
    for file in files:
        for number in itertools.count(1):
            path = f"{folder}/{file.name}" if number == 1 else f"{folder}/{number}/{file.name}"
            if found.setdefault(path, file) == file:
                break
    return found


def paths_of(files: Iterable[DraftFile], placed_files: Mapping[str, DraftFile]) -> dict[int, str]:
    """Where each of these files lies, by its identity."""
    known = {id(file): path for path, file in placed_files.items()}
    return {
        id(file): known.get(id(file)) or next(path for path, other in placed_files.items() if other == file)
        for file in files
    }
