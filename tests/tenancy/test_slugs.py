"""What may become a schema name is decided twice, and the two agree."""

from __future__ import annotations

import random

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from apps.centers.rules import names
from apps.core import tenancy
from tests.client import Api

NASTY = (
    "public pg_x pg_catalog xn__a template shiken_template information_schema ab abc abc_ _abc a_b ABC a-b-c a.b www "
    "a'b;--c a\"bc c_north aaa%s a\\b naïve аbc ａｂｃ a\tbc a\nbc abc\n north1 localhost".split(" ")
)


def many_names(count: int) -> list[str]:
    """The known nasty ones, and drawn ones from letters that matter."""
    draw = random.Random(7)
    letters = "abcz09_" * 3 + "-.'\"; \\%éПａ\n$A"
    drawn = ["".join(draw.choices(letters, k=draw.choice([1, 2, 3, 4, 8, 20, 41, 42, 63, 64]))) for _ in range(count)]
    return [*NASTY, *drawn, *(f"a{name}" for name in sorted(names.RESERVED)), *names.RESERVED, "a" * 41, "a" * 42]


@pytest.mark.django_db
def test_the_rule_and_the_database_agree_on_hundreds_of_names():
    listed = many_names(500)
    with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'center_slug_is_plain'")
        condition = cursor.fetchone()[0].removeprefix("CHECK ")
        cursor.execute(f"SELECT slug, {condition} FROM unnest(%s::text[]) AS slug", [listed])
        decided = dict(cursor.fetchall())
    assert {name: names.is_slug(name) for name in listed} == decided
    assert 5 < sum(decided.values()) < len(decided) / 2


# The row of north once more, under other names.
INSERT = """
INSERT INTO public.centers_center
SELECT (jsonb_populate_record(
    north, jsonb_build_object('id', gen_random_uuid(), 'slug', %s::text, 'schema_name', %s::text)
)).*
FROM public.centers_center north WHERE slug = 'north'
"""


@pytest.mark.django_db
def test_the_table_itself_takes_none_of_them(north):
    refused, taken = 0, 0
    with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
        for name in many_names(500):
            try:
                with transaction.atomic():
                    cursor.execute(INSERT, [name, f"c_{name}"])
            except (IntegrityError, DataError):
                assert not names.is_slug(name), name
                refused += 1
            else:
                assert names.is_slug(name), name
                taken += 1
                cursor.execute("DELETE FROM public.centers_center WHERE slug = %s", [name])
    assert refused > 400
    assert taken > 5


@pytest.mark.django_db
def test_the_api_answers_422_to_each_of_them(cast):
    client = Api(cast.olga)
    refused = [name for name in many_names(500) if not names.is_slug(name)]
    assert len(refused) > 400
    for name in refused:
        answer = client.post("owner-centers/", {"name": "East", "slug": name})
        # The API trims what surrounds a value; a name that is good without it is no trick.
        assert answer.status_code == 422 or names.is_slug(name.strip()), name
