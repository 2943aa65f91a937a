"""Papers beside one another, and as their takers will see them: for authors."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.mock_tests import queries
from apps.mock_tests.errors import PaperNotFound
from apps.mock_tests.models import Paper, PaperKey
from apps.mock_tests.queries.papers.content import content_of
from apps.mock_tests.rules.papers import publishing, rendering
from apps.mock_tests.rules.papers.comparison import Change, Sheet, compare

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from the edition ``since`` to the edition ``number``; of the first one, from nothing."""

    number: int
    since: int | None
    is_same: bool
    changes: tuple[Change, ...]


def changes_for(actor: User, test_id: uuid.UUID, *, number: int, since: int | None = None) -> Comparison:
    """What changed between two editions of a test ``actor`` may see, keys included; by default since the one before. Refuses
    numbers that the test does not have."""
    papers = {paper.number: paper for paper in queries.papers_for(actor, test_id)}
    since = since if since is not None else max((known for known in papers if known < number), default=number)
    if number not in papers or since not in papers:
        raise PaperNotFound
    later, earlier = papers[number], papers[since]
    sheets = _sheets(later, earlier)
    changes = compare(sheets[earlier.pk], sheets[later.pk])
    return Comparison(number, since, later.content_hash == earlier.content_hash, changes)


def preview_for(
    actor: User,
    test_id: uuid.UUID,
    *,
    seed: int,
    shuffle_questions: bool,
    shuffle_options: bool,
    sign: rendering.Sign,
) -> dict[str, Any]:
    """A test ``actor`` may see as a taker with this seed would get it. A draft is shown as it stands, complete or not; there
    is no attempt, and nothing is kept."""
    test = queries.get_test_for(actor, test_id)
    paper_id = test.current_paper_id
    content = publishing.build(queries.load_source(test)).content if paper_id is None else content_of(paper_id)
    return rendering.render(
        content, seed=seed, shuffle_questions=shuffle_questions, shuffle_options=shuffle_options, sign=sign
    )


def _sheets(*papers: Paper) -> dict[uuid.UUID, Sheet]:
    ids = [paper.pk for paper in papers]
    contents = dict(Paper.objects.filter(pk__in=ids).values_list("pk", "content"))
    keys = dict(PaperKey.objects.filter(pk__in=ids).values_list("pk", "items"))
    return {pk: Sheet(contents[pk], keys[pk]) for pk in ids}
