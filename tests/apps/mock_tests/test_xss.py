"""None of the known attacks survives in a text, and what was there to be read does."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mock_tests.rules.texts import richtext
from tests.apps.mock_tests.xss import VECTORS, WORDS

PIECES = st.sampled_from(
    [
        *VECTORS,
        "<ruby>漢<rt>かん</rt></ruby>",
        "<u>",
        "</u>",
        "<table><tr><td>",
        "$x<y$",
        "&lt;",
        "<",
        ">",
        '"',
        "'",
        "--",
    ]
)


class Looker(HTMLParser):
    """An HTML reader that is not the cleaner's, and tells all that it finds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, str]] = []
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, "", ""))
        self.found += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.said.append(data)

    def handle_comment(self, data):
        self.found.append(("!--", "", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


def looked_at(text):
    looker = Looker()
    looker.feed(text)
    looker.close()
    return looker


def what_acts(text):
    """Everything in a text that is not on the list."""
    found = []
    for tag, name, value in looked_at(text).found:
        allowed = richtext.ATTRIBUTES.get(tag, set()) | richtext.ATTRIBUTES["*"]
        if tag not in richtext.TAGS or (name and name not in allowed):
            found.append((tag, name, value))
        if name == "src" and not (value.startswith("media:") and richtext.MEDIA_NAME.fullmatch(value[6:])):
            found.append((tag, name, value))
    return found


def test_there_are_enough_of_them():
    assert len(set(VECTORS)) >= 90


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_that_acts_survives_and_what_is_read_does(vector):
    cleaned = richtext.clean_html(vector)
    assert what_acts(cleaned) == []
    assert WORDS in "".join(looked_at(cleaned).said)
    assert WORDS in richtext.to_text(cleaned)
    assert richtext.clean_html(cleaned) == cleaned


@pytest.mark.parametrize("vector", VECTORS)
def test_the_same_inside_furigana_a_table_and_a_formula(vector):
    for around in ("<ruby>漢<rt>{}</rt></ruby>", "<table><tr><td>{}</td></tr></table>", "$a {} b$", "<u>{}"):
        assert what_acts(richtext.clean_html(around.format(vector))) == []


@given(st.lists(PIECES, max_size=6))
def test_no_mixture_of_them_survives_and_cleaning_twice_changes_nothing(pieces):
    cleaned = richtext.clean_html("".join(pieces))
    assert what_acts(cleaned) == []
    assert richtext.clean_html(cleaned) == cleaned


def test_the_looker_would_notice(monkeypatch):
    """The other half: without cleaning, most of them are found."""
    assert sum(bool(what_acts(vector)) for vector in VECTORS) > 80
