"""Headers, languages, waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mail import rules


@given(st.text())
def test_whatever_is_typed_becomes_one_printable_line(text):
    line = rules.one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.isprintable()
    assert len(line) <= 120


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.test", "a@b\r\nBcc: x@y.test", "a@b.test,c@d.test", "a b@c.test", "<a@b.test>", "a@b\x00.test"],
)
def test_what_is_no_single_address_is_refused(text):
    assert not rules.is_address(text)


def test_ordinary_and_foreign_addresses_are_fine():
    assert rules.is_address("o'brien+jlpt@sub.example.co.jp")
    assert rules.is_address("たろう@例え.jp")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [(["ja-JP"], "ja"), (["", "uz_UZ"], "uz"), (["jp"], "ja"), (["xx", "RU"], "ru"), ([], "en"), (["../../etc"], "en")],
)
def test_takes_the_first_language_that_there_is(wanted, language):
    assert rules.language_of(*wanted) == language


def test_waits_longer_each_time_and_an_hour_at_most():
    waits = [rules.wait_before(tries) for tries in range(1, 12)]
    assert waits[:3] == [60, 120, 240]
    assert waits == sorted(waits)
    assert waits[-1] == 3600
