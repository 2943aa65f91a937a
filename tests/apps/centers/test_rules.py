"""What a center may be called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.centers.rules import names


@pytest.mark.parametrize("slug", ["sakura", "abc", "a1_2", "c" * 41, "tokyo_jlpt_2026"])
def test_plain_slugs_are_accepted(slug):
    assert names.is_slug(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "ab",
        "c" * 42,
        "1abc",
        "_abc",
        "abc_",
        "Abc",
        "a-b-c",
        "a b",
        "a.b",
        "abc\n",
        "пример",
        "ａｂｃ",
        "a'bc",
        'a"b;c',
        "public",
        "www",
        "pg_catalog",
        "pg_toast",
        "xn__p1ai",
        "shiken_template",
        "information_schema",
        "abc\0",
        "a" * 64,
    ],
)
def test_everything_else_is_refused(slug):
    assert not names.is_slug(slug)


@given(st.text())
def test_what_passes_is_safe_in_a_schema_name_and_a_host(text):
    if names.is_slug(text):
        assert names.schema_for(text).isascii()
        assert len(names.schema_for(text)) <= 63
        assert names.is_host(names.host_for(text, "localhost"))


@given(st.text(max_size=150))
def test_a_slug_made_from_a_name_is_a_slug_or_nothing(name):
    slug = names.slug_from(name)
    assert slug == "" or names.is_slug(slug)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Sakura Academy", "sakura_academy"), ("École № 5", "ecole_no_5"), ("桜", ""), ("  A & B  ", "a_b"), ("WWW", "")],
)
def test_a_slug_is_made_from_the_latin_letters_of_a_name(name, slug):
    assert names.slug_from(name) == slug


@pytest.mark.parametrize("host", ["sakura.localhost", "exam.school.uz", "a.b", "x1-2.example.com"])
def test_hosts_are_full_names(host):
    assert names.is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "a b.c",
        "-a.b",
        "a-.b",
        "a..b",
        "a.b:80",
        "A.b",
        "a.b/",
        "u@a.b",
        "é.b",
        "a.b\n",
        "a" * 64 + ".b",
    ],
)
def test_everything_else_is_no_host(host):
    assert not names.is_host(host)
