"""Pictures and recordings of drafts: looked into, written to the storage a few at a time, and kept with the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.core.errors import Problem
from apps.mock_tests.errors import FileRefused
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations.files import media as files
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftTest, place_of
from apps.mock_tests.rules.exchange.reading import Step, no_step
from apps.mock_tests.rules.files import media
from apps.mock_tests.rules.files.media import Inspected, UnusableMedia

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.operations.files.media import Written

AT_ONCE = 2**20
"""Bytes that are held in memory before they are written."""
MOST_PROBLEMS = 100

Shelf = Mapping[int, MediaFile]
"""The files of the center by the identity of the drafts' files."""


@dataclass(slots=True)
class Stored:
    """Files of a draft that are written, and not yet recorded."""

    written: list[Written] = field(default_factory=list)
    _digests: dict[int, str] = field(default_factory=dict)

    def keep(self) -> Shelf:
        """Record them; belongs inside the transaction that uses them."""
        kept = files.keep(files=self.written)
        return {key: kept[digest] for key, digest in self._digests.items()}

    def discard(self) -> None:
        """Remove them after the commit: somebody else was faster."""
        files.discard(files=self.written)


def _count_files(draft: DraftTest) -> int:
    """How many files the draft has, each once."""
    return len({id(file) for _, file in _files(draft)})


def check_files(*, draft: DraftTest, step: Step = no_step) -> None:
    """Look into every file and keep none; refuses damaged ones with the places of their questions."""
    problems: list[Problem] = []
    for _ in _inspected(draft, problems, step):
        pass
    if problems:
        raise FileRefused(problems=problems)


@contextmanager
def stored_files(*, draft: DraftTest, actor: User, step: Step = no_step) -> Iterator[Stored]:
    """Write the files of a draft to the center's storage; what the block then fails to keep is removed. Memory holds a
    few of them at a time. Refuses damaged ones with the places of their questions."""
    stored = Stored()
    problems: list[Problem] = []
    with ExitStack() as stack:
        batch: list[tuple[str, Inspected]] = []
        for key, file, found in _inspected(draft, problems, step):
            stored._digests[key] = hashlib.sha256(found.content).hexdigest()
            batch.append((file.name, found))
            if sum(_weight(waiting) for _, waiting in batch) >= AT_ONCE:
                stored.written += stack.enter_context(files.written(things=_emptied(batch), actor=actor))
        if problems:
            raise FileRefused(problems=problems)
        if batch:
            stored.written += stack.enter_context(files.written(things=_emptied(batch), actor=actor))
        yield stored


def _emptied(batch: list[tuple[str, Inspected]]) -> Iterator[tuple[str, Inspected]]:
    while batch:
        yield batch.pop(0)


def _weight(found: Inspected) -> int:
    return len(found.content) + sum(len(preview.content) for preview in found.previews)


def _inspected(draft: DraftTest, problems: list[Problem], step: Step) -> Iterator[tuple[int, DraftFile, Inspected]]:
    total, seen = _count_files(draft), set[int]()
    for where, file in _files(draft):
        if id(file) in seen:
            continue
        seen.add(id(file))
        step(len(seen), total)
        try:
            found = media.inspect(file.content)
        except UnusableMedia as refusal:
            problems.append(Problem(where, refusal.code, f"{file.name}: {refusal}"))
            if len(problems) >= MOST_PROBLEMS:
                raise FileRefused(problems=problems) from refusal
            continue
        if not problems:
            yield id(file), file, found


def _files(draft: DraftTest) -> Iterable[tuple[str, DraftFile]]:
    for group in draft.groups():
        first = place_of(group.questions[0].line, group.questions[0].path) if group.questions else place_of(1)
        yield from ((first, file) for file in group.files)
        for question in group.questions:
            where = place_of(question.line, question.path)
            yield from ((where, file) for file in question.files)
