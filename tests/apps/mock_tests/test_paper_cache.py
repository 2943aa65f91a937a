"""Papers are remembered in the process and in Redis: bounded, never across centers, and never a reason to fail."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.attempts import queries as attempts
from apps.attempts.operations import sitting
from apps.core import tenancy
from apps.mock_tests.errors import PaperNotFound
from apps.mock_tests.queries.papers import content
from apps.mock_tests.queries.papers.content import Shelf, content_of
from tests.factories import make_room, make_test, people_of, publish


@pytest.fixture(autouse=True)
def _fresh():
    content.shelf.forget()


@pytest.fixture
def paper(cast):
    return publish(cast, make_test(cast))


def papers_asked(queries):
    return [one["sql"] for one in queries if 'FROM "mock_tests_paper"' in one["sql"]]


@pytest.mark.django_db
def test_the_next_process_finds_a_paper_in_redis(cast, paper, count_queries):
    first = content_of(paper.pk)
    assert first == paper.content
    content.shelf.forget()
    with count_queries() as asked:
        assert content_of(paper.pk) == first
    assert len(asked) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("value", [b"garbage", b"", "text", 7])
def test_what_cannot_be_read_is_fetched_again(cast, paper, value):
    cache.set(content.name_of(paper.pk), value)
    assert content_of(paper.pk) == paper.content
    content.shelf.forget()
    assert content_of(paper.pk) == paper.content


@pytest.mark.django_db
def test_without_redis_the_database_answers(cast, paper, monkeypatch):
    def down(*args, **kwargs):
        raise RedisError("down")

    for name in ("get", "set"):
        monkeypatch.setattr("django.core.cache.backends.redis.RedisCache." + name, down)
    assert content_of(paper.pk) == paper.content


@pytest.mark.django_db
def test_a_neighbour_who_knows_the_id_finds_nothing(cast, paper):
    content_of(paper.pk)
    with tenancy.enter(cast.south), pytest.raises(PaperNotFound):
        content_of(paper.pk)
    with pytest.raises(PaperNotFound):
        content_of(uuid.uuid4())


@pytest.mark.django_db
def test_of_twenty_who_start_nobody_asks_the_database_for_the_paper_more_than_once(cast, paper, count_queries):
    room = make_room(cast, *(people := people_of(cast, 20)), test=paper.test)
    content.shelf.forget()
    asked_for_content = 0
    for person in people:
        with count_queries() as asked:
            attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
            attempts.render_paper(attempt, sign=str)
        found = papers_asked(asked)
        assert len(found) <= 1, found
        asked_for_content += sum('SELECT "mock_tests_paper"."content"' in sql for sql in found)
    assert asked_for_content == 0, "Publishing has put it into Redis."
    cache.delete(content.name_of(paper.pk))
    content.shelf.forget()
    with count_queries() as asked:
        attempts.render_paper(attempt, sign=str)
        attempts.render_paper(attempt, sign=str)
    assert len(papers_asked(asked)) == 1


def test_a_shelf_holds_so_many_and_lets_the_oldest_go():
    shelf, asked = Shelf(2), []

    def get(name):
        return shelf.get((uuid.UUID(int=0), uuid.UUID(int=name)), lambda: asked.append(name) or {"name": name})

    for name in (1, 2, 1, 3, 1, 2):
        assert get(name) == {"name": name}
    assert asked == [1, 2, 3, 2]


def test_of_many_at_once_one_fetches_and_a_failure_is_not_held():
    shelf, asked, gate = Shelf(2), [], threading.Barrier(12)
    key = (uuid.UUID(int=0), uuid.UUID(int=1))

    def fetch():
        asked.append(1)
        threading.Event().wait(0.05)
        if len(asked) == 1:
            raise PaperNotFound
        return {}

    def work():
        gate.wait(10)
        try:
            shelf.get(key, fetch)
        except PaperNotFound:
            failed.append(1)

    failed: list[int] = []
    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (len(asked), len(failed)) == (2, 1)
