"""Papers: editions of tests as they were published, what they hold, and how one taker gets them."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from apps.core import tenancy
from apps.mock_tests.errors import NotPublished, PaperNotFound, TestNotFound
from apps.mock_tests.models import MediaFile, MockTest, Paper, PaperItem, PaperKey
from apps.mock_tests.queries.papers.content import PAPERS_PER_PROCESS, content_of
from apps.mock_tests.rules.papers import items, rendering
from apps.mock_tests.rules.papers.quizzes import QuizRules, read_rules


def get_published_paper(*, test_id: uuid.UUID) -> Paper:
    """The edition that a new room gets now; refuses a test that is not published."""
    tests = MockTest.objects.filter(pk=test_id, deleted_at=None)
    test = tests.select_related("current_paper").defer("current_paper__content").first()
    if test is None:
        raise TestNotFound
    if test.current_paper is None:
        raise NotPublished
    return test.current_paper


def get_paper(*, paper_id: uuid.UUID) -> Paper:
    """One paper; its content is loaded when it is asked for."""
    paper = Paper.objects.filter(pk=paper_id).defer("content").first()
    if paper is None:
        raise PaperNotFound
    return paper


def item_specs(*, paper_id: uuid.UUID) -> Mapping[uuid.UUID, items.ItemSpec]:
    """What is needed to check responses to a paper; remembered in this process."""
    return _specs(tenancy.current().id, paper_id)


def get_key(*, paper_id: uuid.UUID) -> Mapping[uuid.UUID, Mapping[str, Any]]:
    """The key of a paper, by question; read from the database each time, so that no memory holds it."""
    key = PaperKey.objects.filter(pk=paper_id).values_list("items", flat=True).first()
    if key is None:
        raise PaperNotFound
    return {uuid.UUID(question): item for question, item in key.items()}


def list_items(*, paper_id: uuid.UUID) -> list[PaperItem]:
    """The items of a paper in their order, without keys."""
    return list(PaperItem.objects.filter(paper_id=paper_id))


def section_times(*, paper_id: uuid.UUID) -> list[tuple[str, str, str, int]]:
    """The sections of a paper in their order: id, name, type, seconds; remembered in this process."""
    sections = content_of(paper_id)["sections"]
    return [(section["id"], section["name"], section["section_type"], section["seconds"]) for section in sections]


def quiz_rules(*, paper_id: uuid.UUID) -> QuizRules | None:
    """What the quiz behind a paper said about time and passing; nothing for other tests. Remembered in this process."""
    shown = content_of(paper_id).get("quiz")
    return read_rules(shown) if shown else None


def penalties_of(*, paper_id: uuid.UUID) -> list[dict[str, Any]]:
    """What wrong answers cost in a paper, for who is about to sit it; see ``items.penalties``."""
    return items.penalties(content_of(paper_id))


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording where it is heard: its section, and the group or the question that it belongs to."""

    recording: uuid.UUID
    section_id: str
    section: str
    title: str
    number: int | None
    seconds: float = 0.0


def heard_in_order(*, paper_id: uuid.UUID) -> list[Heard]:
    """The recordings of a paper in its order, each once in a section, with how long they last."""
    heard = list(_heard(tenancy.current().id, paper_id))
    lengths = dict(MediaFile.objects.filter(pk__in={one.recording for one in heard}).values_list("pk", "seconds"))
    return [replace(one, seconds=lengths.get(one.recording) or 0.0) for one in heard]


def recordings_of(*, paper_id: uuid.UUID) -> Mapping[str, frozenset[str]]:
    """The recordings of a paper by their ids, each with the sections it is heard in; remembered in this process."""
    return _recordings(tenancy.current().id, paper_id)


def render_paper(
    *,
    paper_id: uuid.UUID,
    seed: int,
    shuffle_questions: bool,
    shuffle_options: bool,
    sign: rendering.Sign,
    only_sections: Container[str] | None = None,
) -> dict[str, Any]:
    """A paper as one taker gets it; ``sign`` turns the id of a media file into an address that they may open. With
    ``only_sections`` all others come without their questions."""
    return rendering.render(
        only_sections=only_sections,
        content=content_of(paper_id),
        seed=seed,
        shuffle_questions=shuffle_questions,
        shuffle_options=shuffle_options,
        sign=sign,
    )


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _heard(center_id: uuid.UUID, paper_id: uuid.UUID) -> tuple[Heard, ...]:
    found: dict[tuple[str, str], Heard] = {}
    for section in content_of(paper_id)["sections"]:
        for group in section["question_groups"]:
            for heard in [group, *group["questions"]]:
                if heard["audio_file"]:
                    name = heard["audio_file"].removeprefix(rendering.PREFIX)
                    one = Heard(
                        uuid.UUID(name), section["id"], section["name"], group["title"], heard.get("question_number")
                    )
                    found.setdefault((section["id"], name), one)
    return tuple(found.values())


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _recordings(center_id: uuid.UUID, paper_id: uuid.UUID) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for section in content_of(paper_id)["sections"]:
        for group in section["question_groups"]:
            for heard in [group, *group["questions"]]:
                if heard["audio_file"]:
                    found.setdefault(heard["audio_file"].removeprefix(rendering.PREFIX), set()).add(section["id"])
    return MappingProxyType({recording: frozenset(sections) for recording, sections in found.items()})


@functools.lru_cache(maxsize=PAPERS_PER_PROCESS)
def _specs(center_id: uuid.UUID, paper_id: uuid.UUID) -> Mapping[uuid.UUID, items.ItemSpec]:
    sections = content_of(paper_id)["sections"]
    questions = (q for section in sections for group in section["question_groups"] for q in group["questions"])
    return MappingProxyType({uuid.UUID(question["id"]): items.spec_of(question) for question in questions})
