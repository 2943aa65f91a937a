from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.centers.rules import colors, contacts, profile

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_every_color_gets_text_that_can_be_read_on_it_and_an_accent_that_can_be_read_on_white(color):
    found = colors.palette(color)
    assert found.color == color
    assert colors.contrast(found.text, found.color) >= 4.5
    assert colors.contrast(found.accent, "#ffffff") >= 4.5
    assert colors.contrast("#1d1a1b", found.soft) >= 7


def test_contrast_is_that_of_the_guidelines():
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#ffffff", "#ffffff") == 1
    assert colors.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_a_dark_color_is_its_own_accent_and_a_light_one_is_darkened():
    assert colors.palette("#B3123B").accent == "#b3123b"
    light = colors.palette("#ffdd00")
    assert (light.text, light.accent != "#ffdd00") == ("#1d1a1b", True)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "#b3123b;}", "url(x)"])
def test_what_is_no_color_becomes_the_platforms(text):
    assert colors.palette(text).color == colors.PLAIN


@pytest.mark.parametrize(
    ("typed", "website"),
    [
        ("", ""),
        ("sakura.jp", "https://sakura.jp"),
        ("sakura.jp:8080/a", "https://sakura.jp:8080/a"),
        ("http://sakura.jp/a?b=c", "http://sakura.jp/a?b=c"),
        ("HTTPS://sakura.jp", "HTTPS://sakura.jp"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://sakura.jp", None),
        ("https://me@sakura.jp", None),
        ("https://sakura", None),
        ("https://sakura.jp/a b", None),
        ("https://[::1", None),
        ("//sakura.jp", None),
    ],
)
def test_a_website_is_one_that_a_page_may_link_to(typed, website):
    assert profile.clean_website(typed) == website


def test_the_list_of_time_zones_is_ianas():
    assert {"Asia/Tashkent", "Asia/Tokyo", "UTC"} <= profile.time_zones()
    assert "Mars/Base" not in profile.time_zones()


@pytest.mark.parametrize("typed", ["+998 90 123-45-67", "998901234567", "(998) 90/123.45.67", "９９８901234567"])
def test_a_number_is_the_same_however_it_is_written(typed):
    assert contacts.phone_digits(typed) == "998901234567"


@pytest.mark.parametrize("typed", ["", "1234", "call me", "+998 90 123 45 67 ext 5", "1" * 16, "----------"])
def test_what_is_no_number_is_none(typed):
    assert contacts.phone_digits(typed) == ""


def test_words_of_strangers_lose_what_could_mislead():
    assert contacts.one_line("Sa\u202ekura\r\n  school\x00 ") == "Sa kura school"
    assert contacts.plain_text("a\r\nb \x07\u202e\n\n c\t\n") == "a\nb\n\n c"
    assert contacts.has_word("さくら")
    assert not contacts.has_word("–– !!")
