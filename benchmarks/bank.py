"""A bank of 10,000 questions, half of them Japanese: what its list costs the database, filtered and searched.

- the peer joins versions and looks for the words in their HTML, ignoring case;
- ours is ``queries.bank.list_questions_for`` as the API pages it: the count of all that match and one page of them.

Both are ``EXPLAIN ANALYZE``d, so that only the database is measured; the slowest of all filters is held against the bar. The
whole list of likely doubles, and adding questions, are timed beside it.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Run, stage

if TYPE_CHECKING:
    from django.db.models import QuerySet

MILLISECONDS = 50.0
PAGE = 20
TOPICS, BELOW, TAGS = 12, 8, 40
JAPANESE = "経済政治教育文化料理旅行天気病院学校会社電車自然動物植物音楽映画歴史科学技術社会生活家族友達仕事"
ENGLISH = (
    "river mountain energy force speed triangle integral matrix enzyme acid metal voltage planet history grammar verb"
).split()


def drafts(count: int) -> Iterable[Any]:
    from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion

    draw = random.Random(5)
    for number in range(count):
        if number % 2:
            words = ["".join(draw.choices(JAPANESE, k=4)) for _ in range(12)]
            text = f"<p>つぎの <ruby>文<rt>ぶん</rt></ruby>の {''.join(words[:8])} に {number} を入れなさい。</p>"
        else:
            words = draw.choices(ENGLISH, k=12)
            text = f"<p>Question {number}: <b>{' '.join(words[:8])}</b>?</p>"
        yield DraftQuestion(
            type="single_choice",
            name=f"Question {number}",
            text=text,
            options=tuple(DraftOption(f"<p>{word}</p>", Decimal(place == 0)) for place, word in enumerate(words[8:])),
            topic=f"Topic {number % TOPICS} / Part {number % (TOPICS * BELOW)}",
            tags=(f"tag {number % TAGS}", f"year {number % 7}"),
        )


class Bench:
    def __init__(self, questions: int) -> None:
        from django.db import connection

        from apps.authentication.operations import people
        from apps.mock_tests.models import BankQuestion, Topic
        from apps.mock_tests.operations import bank

        self.admin = people.create_person(email="admin@bench.test", password=None, role="CENTER_ADMIN")
        began = time.perf_counter()
        added = bank.add_questions(actor=self.admin, drafts=list(drafts(questions)), language="ja")
        self.adding = time.perf_counter() - began
        assert len(added.created) == questions
        for place, difficulty in enumerate(("EASY", "MEDIUM", "HARD")):
            third = [question.pk for question in added.created[place::3]]
            BankQuestion.objects.filter(pk__in=third).update(difficulty=difficulty)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        self.filters: Mapping[str, dict[str, Any]] = {
            "nothing": {},
            "two kanji": {"text": "経済"},
            "four kanji": {"text": "経済政治"},
            "a word": {"text": "voltage"},
            "two words": {"text": "enzyme planet"},
            "what nobody says": {"text": "無無無"},
            "a topic": {"topic": Topic.objects.get(name="Topic 3").pk},
            "a tag": {"tags": ["tag 7"]},
            "unused": {"unused": True},
            "all of it": {
                "text": "経済",
                "topic": Topic.objects.get(name="Topic 3").pk,
                "difficulty": "EASY",
                "language": "ja",
                "type": "single_choice",
                "unused": True,
                "usable": True,
            },
        }

    def ours(self, filters: dict[str, Any]) -> float:
        from apps.mock_tests.queries.bank import questions as bank

        matching = bank.list_questions_for(self.admin, **filters)
        return _explained(matching[:PAGE]) + _explained_count(bank.questions_for(self.admin, **filters))

    def peer(self, text: str) -> float:
        from apps.mock_tests.models import BankQuestion

        found = BankQuestion.objects.filter(deleted_at=None, current_version__text__icontains=text)
        return _explained(found.select_related("current_version")[:PAGE]) + _explained_count(found)

    def doubles(self) -> float:
        from apps.mock_tests.queries.bank import questions as bank

        began = time.perf_counter()
        bank.doubles_for(self.admin)
        return time.perf_counter() - began


def _explained_count(rows: QuerySet[Any]) -> float:
    from django.db import connection

    sql, parameters = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE SELECT count(*) FROM ({sql}) AS rows", parameters)
        return _time_in("\n".join(row[0] for row in cursor.fetchall()))


def _explained(rows: QuerySet[Any]) -> float:
    return _time_in(rows.explain(analyze=True))


def _time_in(plan: str) -> float:
    return sum(float(found) for found in re.findall(r"(?:Planning|Execution) Time: ([\d.]+) ms", plan))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--questions", type=int, default=10_000)
    words.add_argument("--repeats", type=int, default=5)
    given = words.parse_args()
    run = Run("bank", unit="ms", repeats=given.repeats)
    with stage("bank") as here:
        from apps.core import tenancy

        with tenancy.enter(here.open_center("school")):
            bench = Bench(given.questions)
            run.take_turns(
                {
                    "the peer, two kanji": lambda: bench.peer("経済"),
                    **{name: (lambda chosen=chosen: bench.ours(chosen)) for name, chosen in bench.filters.items()},
                }
            )
            doubles = bench.doubles()
            print(f"  {given.questions:,} questions were added in {bench.adding:.1f} s")
            print(f"  the list of likely doubles took {doubles:.1f} s")
    for name in bench.filters:
        run.bar(f"milliseconds in the database: {name}", run.median(name), at_most=MILLISECONDS)
    run.report(against="the peer, two kanji")


if __name__ == "__main__":
    main()
