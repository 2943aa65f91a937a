"""The editor for rich text in a real Chromium, on a page that allows nothing but its own files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from apps.demo import content
from apps.mock_tests.rules.texts import richtext
from tests.apps.mock_tests.xss import VECTORS, WORDS
from tests.browser.cable import Cable
from tests.browser.staff import Teacher
from tests.core.files import samples
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "web" / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
KINDS = {".js": "text/javascript", ".css": "text/css"}


def item(id: str, name: str) -> dict[str, str]:
    return {"id": id, "name": name, "kind": "image", "url": f"/media/{id}/", "preview": f"/media/{id}/"}


class Desk:
    """The page, what it was served, and what its browser complained of."""

    def __init__(self, page: Page, text: str = "") -> None:
        self.page, self.text = page, text
        self.complaints: list[str] = []
        self.added: list[bytes] = []
        self.sent = ""
        page.on(
            "console", lambda told: self.complaints.append(told.text) if told.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", self.serve)
        page.goto("http://desk.test/")
        self.area = page.locator(".rt-area")
        expect(self.area).to_be_visible()

    def serve(self, route: Route) -> None:
        path = route.request.url.removeprefix("http://desk.test/").partition("?")[0]
        if path.startswith("static/"):
            file = STATIC / path.removeprefix("static/")
            route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        elif path.startswith("media/"):
            route.fulfill(body=samples.picture(size=(120, 60), color="teal"), content_type="image/png")
        elif path == "shelf/" and route.request.method == "POST":
            self.added.append(route.request.post_data_buffer or b"")
            route.fulfill(body=json.dumps(item(TWO, "new.png")), content_type="application/json")
        elif path == "shelf/":
            route.fulfill(body=json.dumps({"items": [item(ONE, "map.png")]}), content_type="application/json")
        elif path == "sent/":
            self.sent = route.request.post_data or ""
            route.fulfill(body="", content_type="text/html")
        else:
            route.fulfill(body=self.html(), content_type="text/html", headers={"Content-Security-Policy": POLICY})

    def html(self) -> str:
        escaped = self.text.replace("&", "&amp;").replace("<", "&lt;")
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Desk</title>'
            '<link rel="icon" href="/media/icon/"><link rel="stylesheet" href="/static/web/editor/editor.css">'
            '<script type="module" src="/static/web/editor/editor.js"></script></head><body>'
            '<form method="post" action="/sent/"><input type="hidden" name="csrfmiddlewaretoken" value="token">'
            f'<textarea name="text" data-rich-text data-shelf="/shelf/">{escaped}</textarea><button>Save</button></form>'
        )

    @property
    def value(self) -> str:
        return str(self.page.eval_on_selector("textarea", "area => area.value"))

    def write(self, text: str) -> None:
        self.area.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def mark(self, words: str) -> None:
        """Select these words."""
        self.page.evaluate(
            """words => {
                const walker = document.createTreeWalker(document.querySelector(".rt-area"), NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const at = walker.currentNode.data.indexOf(words);
                    if (at < 0) continue;
                    document.querySelector(".rt-area").focus();
                    const range = document.createRange();
                    range.setStart(walker.currentNode, at);
                    range.setEnd(walker.currentNode, at + words.length);
                    getSelection().removeAllRanges();
                    getSelection().addRange(range);
                    return;
                }
                throw new Error(`There is no ${words}`);
            }""",
            words,
        )

    def press(self, name: str) -> None:
        self.page.locator(f".rt-bar [data-do={name}]").click()

    def paste(self, html: str = "", text: str = "") -> None:
        self.area.focus()
        self.page.evaluate(
            """([html, text]) => {
                const data = new DataTransfer();
                if (html) data.setData("text/html", html);
                data.setData("text/plain", text);
                const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
                document.querySelector(".rt-area").dispatchEvent(event);
            }""",
            [html, text],
        )


@pytest.fixture
def desk(context: BrowserContext) -> Iterator[Desk]:
    made = Desk(context.new_page())
    yield made
    assert made.complaints == []


def test_what_is_written_is_what_the_server_keeps(desk: Desk) -> None:
    desk.write("bold and plain, H2O, 5m2")
    for words, name in (("bold", "bold"), ("plain", "underline"), ("2O", "subscript")):
        desk.mark(words if name != "subscript" else "2")
        desk.press(name)
    assert desk.value == "<b>bold</b> and <u>plain</u>, H<sub>2</sub>O, 5m2"
    assert richtext.clean_html(desk.value) == desk.value


def test_lists_and_tables(desk: Desk) -> None:
    desk.write("one")
    desk.press("insertUnorderedList")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.type("two")
    assert desk.value == "<ul><li>one</li><li>two</li></ul>"
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Enter")
    desk.press("table")
    desk.area.locator("td").first.click()
    desk.page.keyboard.type("cell")
    desk.press("table")
    desk.press("column")
    assert desk.area.locator("tr").count() == 3
    assert desk.area.locator("td").count() == 9
    assert "<td>cell</td>" in desk.value.replace("cell<br>", "cell")
    assert "style" not in desk.value
    assert richtext.clean_html(desk.value) == desk.value


def test_a_reading_is_set_changed_and_taken_away(desk: Desk) -> None:
    desk.write("明日の漢字を読む")
    desk.mark("漢字")
    desk.press("ruby")
    reading = desk.page.locator(".rt-reading input")
    expect(reading).to_be_focused()
    reading.fill("かんじ")
    reading.press("Enter")
    assert desk.value == "明日の<ruby>漢字<rt>かんじ</rt></ruby>を読む"
    desk.page.keyboard.type("!")
    assert desk.value == "明日の<ruby>漢字<rt>かんじ</rt></ruby>!を読む"
    desk.area.locator("ruby").click()
    expect(reading).to_have_value("かんじ")
    reading.fill("カンジ")
    reading.press("Enter")
    assert "<rt>カンジ</rt>" in desk.value
    desk.area.locator("ruby").click()
    reading.fill("")
    reading.press("Enter")
    assert desk.value == "明日の漢字!を読む"
    assert richtext.clean_html(desk.value) == desk.value


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("今日《きょう》は", "<ruby>今日<rt>きょう</rt></ruby>は"),
        ("毎日、水曜日《すいようび》に", "毎日、<ruby>水曜日<rt>すいようび</rt></ruby>に"),
        ("温かい｜お茶《おちゃ》を", "温かい<ruby>お茶<rt>おちゃ</rt></ruby>を"),
        ("{漢字|かんじ}です", "<ruby>漢字<rt>かんじ</rt></ruby>です"),
        ("時々《ときどき》", "<ruby>時々<rt>ときどき</rt></ruby>"),
        (r"$\frac{x|y}{2}$ {a|b}", r"$\frac{x|y}{2}$ {a|b}"),
        ("$漢《x》$", "$漢《x》$"),
    ],
)
def test_readings_that_are_typed_in_short(desk: Desk, typed: str, kept: str) -> None:
    desk.write(typed)
    desk.page.locator("button", has_text="Save").focus()  # leaving the text converts what is left
    assert desk.value == kept
    assert richtext.clean_html(kept) == kept


def test_what_is_pasted_is_cleaned(desk: Desk) -> None:
    desk.paste(
        '<meta charset=utf-8><style>p{color:red}</style><p class=MsoNormal style="margin:0" onclick="window.__ran=1">'
        '<span lang=JA style="font-family:x"><b>試験</b></span> <o:p>x</o:p><a href="javascript:1">link</a>'
        f'<img src="https://evil.test/a.gif"><img src="/api/v1/media/{ONE}/?sig=1" alt=map><script>1</script></p>'
    )
    assert desk.value == (f'<p><span lang="JA"><b>試験</b></span> xlink<img alt="map" src="media:{ONE}"></p>')
    assert richtext.clean_html(desk.value) == desk.value


def test_plain_text_is_pasted_as_it_is(desk: Desk) -> None:
    desk.paste(text="a < b & 漢字《かんじ》\n<script>")
    assert desk.value == "a &lt; b &amp; <ruby>漢字<rt>かんじ</rt></ruby><br>&lt;script&gt;"


def test_what_was_put_in_is_taken_back(desk: Desk) -> None:
    desk.write("before")
    desk.paste("<p>pasted</p>")
    assert desk.value == "before<p>pasted</p>"
    desk.page.keyboard.press("Control+z")
    assert desk.value == "before"
    desk.paste("<p>one</p><p>two</p>")
    desk.page.keyboard.type("!")
    desk.paste("<p>three</p>")
    assert desk.value == "before<p>one</p><p>two!</p><p>three</p>"


def test_a_picture_of_the_center_is_chosen_or_added(desk: Desk) -> None:
    desk.write("See: ")
    desk.press("picture")
    desk.page.locator(".rt-grid button", has_text="map.png").click()
    expect(desk.area.locator("img")).to_have_attribute("src", f"/media/{ONE}/")
    assert desk.value == f'See: <img alt="map" src="media:{ONE}">'
    desk.press("picture")
    desk.page.set_input_files(
        ".rt-dialog input[type=file]", [{"name": "new.png", "mimeType": "image/png", "buffer": samples.picture()}]
    )
    expect(desk.area.locator("img")).to_have_count(2)
    assert f"media:{TWO}" in desk.value
    assert samples.picture() in desk.added[0]
    assert richtext.clean_html(desk.value) == desk.value


def test_a_stored_text_comes_back_as_it_was(context: BrowserContext) -> None:
    stored = richtext.clean_html(
        f"<p>問題 <u>下線</u> <ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby> $a&lt;b$ x<sup>2</sup></p>"
        f'<table><tbody><tr><td colspan="2">a</td></tr></tbody></table><ul><li>b</li></ul><img src="media:{ONE}" alt="m">'
    )
    desk = Desk(context.new_page(), stored)
    expect(desk.area.locator("img")).to_have_attribute("src", f"/media/{ONE}/")
    desk.page.locator("button", has_text="Save").click()
    desk.page.wait_for_load_state()
    desk.page.goto("http://desk.test/")
    expect(desk.area).to_be_visible()
    desk.write("")
    desk.page.locator("[data-do=source]").click()
    assert richtext.clean_html(desk.value) == richtext.clean_html(desk.value)
    assert sorted(richtext.clean_html(desk.value)) == sorted(stored)
    assert desk.complaints == []


def test_no_attack_runs_in_the_editor_or_out_of_the_cleaner(context: BrowserContext) -> None:
    """Loaded from the row, pasted, and as the server cleaned it, in a page where scripts could run."""
    desk = Desk(context.new_page(), "".join(VECTORS[:40]))
    for vector in VECTORS:
        desk.page.evaluate("document.querySelector('.rt-area').replaceChildren()")
        desk.paste(vector, vector)
        assert richtext.clean_html(desk.value) == desk.value, vector
        assert WORDS.split()[0] in desk.value or "<script" in vector or "<!--" in vector, vector
    free = context.new_page()  # no policy here
    free.route("**/*", lambda route: route.fulfill(body="<!doctype html><body>", content_type="text/html"))
    free.goto("http://free.test/")
    for vector in VECTORS:
        free.evaluate("html => { document.body.innerHTML = html }", richtext.clean_html(vector))
    free.wait_for_timeout(300)
    assert free.evaluate("window.__ran") is None
    assert desk.page.evaluate("window.__ran") is None
    free.evaluate("html => { document.body.innerHTML = html }", "<img src=x:x onerror=window.__ran=1>")
    free.wait_for_function("window.__ran === 1")  # the other half: an attack that is not cleaned does run


def test_it_looks_as_it_should(desk: Desk, tmp_path: Path) -> None:
    desk.paste(
        "<p>（　）に　入る　<u>いちばん</u>　いいものを　一つ　えらんで　ください。</p>"
        "<table><tr><td>月</td><td>火</td></tr><tr><td>水</td><td>木</td></tr></table>"
    )
    desk.write("毎朝《まいあさ》六時《ろくじ》に起《お》きます。")
    desk.mark("いちばん")
    desk.press("bold")
    assert len(desk.page.screenshot(path=tmp_path / "editor.png")) > 5_000
    box = desk.area.bounding_box()
    assert box
    assert box["height"] > 100


def test_a_question_of_the_demo_is_written_in_the_admin(
    stack: Stack, cable: Cable, context: BrowserContext, tmp_path: Path
) -> None:
    """The whole way: the page of the admin, a reading, a picture that is added, and what is in the database afterwards."""
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    teacher = Teacher(stack)
    (test,) = (row for row in teacher.get("mock-tests/")["results"] if row["title"] == content.MOCK_TEST_TITLE)
    draft = teacher.post(f"mock-tests/{test['id']}/clone/")["id"]
    ((question,),) = stack.query(
        "SELECT q.id FROM mock_tests_question q JOIN mock_tests_questiongroup g ON g.id = q.group_id"
        " JOIN mock_tests_testsection s ON s.id = g.section_id WHERE s.mock_test_id = %s LIMIT 1",
        draft,
    )
    base = f"http://{CENTER}.localhost:{cable.port}"
    page.goto(f"{base}/admin/")
    page.fill("input[name=username]", f"admin@{CENTER}.test")
    page.fill("input[name=password]", content.PASSWORD)
    page.click("button[type=submit]")
    page.goto(f"{base}/admin/mock_tests/question/{question}/change/")
    box = page.locator(".rt-box").first
    expect(box).to_be_visible()
    box.locator(".rt-area").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("今日《きょう》は よい 天気です。 ")
    box.locator("[data-do=picture]").click()
    page.set_input_files(
        ".rt-dialog input[type=file]", [{"name": "sky.png", "mimeType": "image/png", "buffer": samples.picture()}]
    )
    expect(box.locator(".rt-area img")).to_have_js_property("complete", True)
    assert box.locator(".rt-area img").evaluate("image => image.naturalWidth") == 40
    page.screenshot(path=tmp_path / "admin.png")
    assert page.input_value("input[name=name]") != "sky.png"
    page.locator("button[name=_save], input[name=_save]").first.click()
    page.wait_for_load_state()
    ((text,),) = stack.query("SELECT text FROM mock_tests_question WHERE id = %s", question)
    assert text.startswith("<ruby>今日<rt>きょう</rt></ruby>は よい 天気です。")
    assert '<img alt="sky" src="media:' in text
    assert complaints == []
