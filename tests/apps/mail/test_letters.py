"""Every letter in every language: as it is read in HTML, and the same in plain text."""

from __future__ import annotations

import html
import io
import re
from email import message_from_bytes, policy

import pytest
from django.template import engines
from django.template.base import VariableNode
from PIL import Image

from apps.centers.queries.centers import Face
from apps.mail import composing, letters, rules
from apps.mail.composing import Logo
from apps.mail.letters import LETTERS, Content

FACE = Face("Kita & Söhne 北", "#ffd400", "en", "Asia/Tashkent", "kita.example.com")
GIVEN_BY_ALL = {"center", "language", "host", "quote", "address", "leave", "layout", "color", "ink", "logo"}
ROLES = {"role": "TEACHER", "event": "password", "waits": "yes", "days": "7"}


def content(name):
    values = {value: ROLES.get(value, f"<{value}> & so") for value in LETTERS[name].values - {"quote"}}
    if "quote" in LETTERS[name].values:
        values["quote"] = "First line.\nSecond <b>line</b>."
    leave = {"unsubscribe": "/unsubscribe/#token=t", "one_click": "/api/v1/x/?token=t"}
    return Content(values, path="/somewhere/#a=1&b=2", **(leave if LETTERS[name].is_optional else {}))


def letter(name, language, face=FACE, logo=None, said=None):
    return composing.compose(
        mail_id="0" * 8,
        letter=name,
        to="alice@north.test",
        language=language,
        face=face,
        content=said or content(name),
        logo=logo,
    )


def words(markup):
    """What is read, in order, without marks of quoting."""
    body = markup[markup.index("<body") :] if "<body" in markup else markup
    plain = html.unescape(re.sub(r"<[^>]*>", " ", body)) if "<body" in markup else body
    return re.sub(r"[\s>:]+", " ", plain)


EVERY = [(name, language) for name in letters.names() for language in rules.LANGUAGES]


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_html_and_text_say_the_same(name, language):
    message = letter(name, language)
    [rich] = [part.content for part in message.alternatives]
    shown = words(rich)
    for line in message.body.splitlines():
        wanted = words(line).strip().removesuffix(" ·")
        if wanted not in ("", "-- ", "--"):
            assert wanted in shown or line in html.unescape(rich), line
    assert len(message.subject) > 5
    assert "\n\n\n" not in message.body
    assert f'lang="{language}"' in rich
    assert "None" not in message.body + rich
    has_button = LETTERS[name].has_button
    assert ("https://kita.example.com" in message.body.replace("http:", "https:")) == has_button
    assert ("<a href" in rich) == (has_button or LETTERS[name].is_optional)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_template_uses_the_words_that_its_letter_has_and_no_others(name, language):
    template = engines["django"].engine.get_template(f"mail/{language}/{name}.txt")
    used = {str(node.filter_expression.var) for node in template.nodelist.get_nodes_by_type(VariableNode)}
    source = template.source
    used |= set(re.findall(r"{%\s*(?:el)?if (\w+)", source)) | set(re.findall(r"{{\s*(\w+)", source))
    assert used - GIVEN_BY_ALL <= LETTERS[name].values
    assert LETTERS[name].values - used <= {"quote"}
    assert ("block action" in source) == LETTERS[name].has_button
    assert ("block leave" in source) == LETTERS[name].is_optional


@pytest.mark.parametrize("name", letters.names())
def test_languages_differ(name):
    assert len({letter(name, language).subject for language in rules.LANGUAGES}) == len(rules.LANGUAGES)


def test_the_table_of_the_page_lists_every_letter_with_its_words():
    with open("docs/mail.md") as page:
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|[^|]*\|$", page.read(), re.MULTILINE)
    listed = {name: frozenset(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", values))) for name, values in rows}
    assert listed == {name: kind.values for name, kind in LETTERS.items()}


def test_words_of_others_are_marked_as_theirs():
    message = letter("rejected", "en", said=Content({"quote": "Bad\r\n-- \nThe center\nhttp://evil.test/\x00"}))
    assert "> Bad\n> --\n> The center\n> http://evil.test/" in message.body
    assert message.body.count("\n-- \n") == 1
    [rich] = [part.content for part in message.alternatives]
    assert "http://evil.test/" in rich
    assert 'href="http://evil.test' not in rich
    assert len(rules.paragraph("x" * 9000)) == 2000


@pytest.mark.parametrize(("color", "ink"), [("#ffd400", "#1d1a1b"), ("#102030", "#ffffff"), ("nonsense", "#ffffff")])
def test_a_button_can_be_read_on_any_color(color, ink):
    face = Face("North", color, "en", "UTC", "north.test")
    [rich] = [part.content for part in letter("approved", "en", face=face).alternatives]
    assert f"color:{ink};font-weight:600" in rich
    assert ("#b3123b" in rich) == (color == "nonsense")


def test_the_logo_travels_inside_the_letter():
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(data, "PNG")
    raw = letter("approved", "ja", logo=Logo(data.getvalue(), "png")).message().as_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    assert message.get_content_type() == "multipart/related"
    words, picture = message.iter_parts()
    assert [part.get_content_type() for part in words.iter_parts()] == ["text/plain", "text/html"]
    assert (picture.get_content_type(), picture.get_content_disposition()) == ("image/png", "inline")
    assert picture.get_content() == data.getvalue()
    rich = words.get_body(["html"]).get_content()
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in rich
    assert re.findall(r"""(?:src|background)=["']?http""", rich) == []


def test_long_and_foreign_names_arrive_as_they_are():
    face = Face("日本語教室「さくら」" * 12, "", "ja", "UTC", "sakura.example.com")
    said = Content({"name": "Oʻgʻiljon Ўғил 🌸 O'Neil", "room": "Пробный экзамен № 7 — «Сакура» " * 9})
    message = message_from_bytes(
        letter("results", "ja", face=face, said=said).message().as_bytes(), policy=policy.default
    )
    assert message["Subject"].startswith("結果が出ました：Пробный экзамен № 7 — «Сакура»")
    assert len(message["Subject"]) <= 200
    assert message["From"].addresses[0].display_name == ("日本語教室「さくら」" * 12)[:120]
    assert message["From"].addresses[0].addr_spec == "no-reply@localhost"
    assert all(len(line) <= 998 for line in message.as_bytes().splitlines())
    assert "Oʻgʻiljon Ўғил 🌸 O'Neil様" in message.get_body(["plain"]).get_content()


def test_only_letters_that_one_can_do_without_say_how():
    told = {name for name in letters.names() if "List-Unsubscribe" in letter(name, "en").message()}
    assert told == {"results"}


def test_a_letter_that_nobody_knows_cannot_be_registered():
    with pytest.raises(LookupError):
        letters.letter("surprise")
