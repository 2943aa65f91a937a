"""Moodle XML."""

from __future__ import annotations

from tests.apps.mock_tests.hostile.case import ONE_BAD, Case
from tests.apps.mock_tests.hostile.making import (
    GIF_AND_SCRIPT,
    PDF,
    SAMPLE,
    SVG,
    bomb,
    choice,
    huge_png,
    many_attributes,
    moodle,
    picture,
    quiz,
    recording,
    showing,
)

MOODLE = [
    Case("moodle: empty", lambda: b"", "file_empty"),
    Case("moodle: only a byte order mark", lambda: b"\xef\xbb\xbf  \n", "file_empty"),
    Case("moodle: cut off", lambda: SAMPLE.read_bytes()[:50_000], "broken_xml", "/line/67"),
    Case("moodle: cut off inside CDATA", lambda: b"<quiz>\n<question><![CDATA[half", "broken_xml", "/line/2"),
    Case(
        "moodle: Latin-1 that says UTF-8",
        lambda: moodle("caf\xe9").replace("é".encode(), b"\xe9"),
        "broken_xml",
        "/line/2",
    ),
    Case(
        "moodle: an encoding nobody knows",
        lambda: moodle(head='<?xml version="1.0" encoding="klingon"?>'),
        "wrong_encoding",
    ),
    Case("moodle: UTF-16 cut off", lambda: moodle().decode().encode("utf-16")[:-7], "broken_xml", "/line/3"),
    Case("moodle: entity bomb", lambda: moodle("&e9;", head=bomb()), "doctype_refused"),
    Case(
        "moodle: one large entity many times",
        lambda: moodle("&a;" * 5_000, head=f'<!DOCTYPE quiz [<!ENTITY a "{"x" * 50_000}">]>'),
        "doctype_refused",
    ),
    Case(
        "moodle: entity that is a file",
        lambda: moodle("&a;", head='<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        "doctype_refused",
    ),
    Case(
        "moodle: parameter entity",
        lambda: moodle(head='<!DOCTYPE quiz [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;]>'),
        "doctype_refused",
    ),
    Case(
        "moodle: document type from elsewhere",
        lambda: moodle(head='<!DOCTYPE quiz SYSTEM "http://127.0.0.1:1/quiz.dtd">'),
        "doctype_refused",
    ),
    Case("moodle: entity that is not declared", lambda: moodle("&nbsp;"), "broken_xml", "/line/2"),
    Case(
        "moodle: nothing but an inclusion",
        lambda: moodle('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
        "no_questions",
    ),
    Case("moodle: nested ten thousand deep", lambda: moodle("<a>" * 10_000 + "</a>" * 10_000), "too_deep", "/line/2"),
    Case("moodle: nested and never closed", lambda: moodle("<a>" * 5_000), "too_deep", "/line/2"),
    Case("moodle: a tag of three megabytes", lambda: moodle(many_attributes(250_000)), "tag_too_long", "/line/2"),
    Case(
        "moodle: a comment of three megabytes", lambda: moodle(f"<!--{'x' * 3_000_000}-->"), "tag_too_long", "/line/2"
    ),
    Case("moodle: an attribute twice", lambda: moodle('<question a="1" a="2"/>'), "broken_xml", "/line/2"),
    Case("moodle: NUL", lambda: moodle(choice("a\0b")), "broken_xml", "/line/2"),
    Case(
        "moodle: lone surrogate as a reference",
        lambda: moodle(choice().replace("<single>", "&#xD800;<single>")),
        "broken_xml",
        "/line/2",
    ),
    Case(
        "moodle: lone surrogate as bytes", lambda: moodle("@").replace(b"@", b"\xed\xa0\x80"), "broken_xml", "/line/2"
    ),
    Case("moodle: two roots", lambda: moodle() + b"\n<quiz/>", "broken_xml", "/line/4"),
    Case("moodle: a page", lambda: b"<!DOCTYPE html><html><body>Hello</body></html>", "doctype_refused"),
    Case("moodle: a page without a document type", lambda: b"<html><body>Hello</body></html>", "not_moodle_xml"),
    Case("moodle: a script in an SVG as a picture", lambda: showing("x.svg", SVG), ONE_BAD, "/line/3"),
    Case("moodle: a script in an SVG that says PNG", lambda: showing("x.png", SVG), ONE_BAD, "/line/3"),
    Case(
        "moodle: a picture that is a script as well",
        lambda: showing("x.gif", GIF_AND_SCRIPT),
        "damaged_media",
        "/line/3",
    ),
    Case("moodle: a recording that is a PDF", lambda: showing("x.mp3", PDF, played=True), ONE_BAD, "/line/3"),
    Case(
        "moodle: a picture of 10,000 by 10,000",
        lambda: showing("x.png", huge_png(10_000, 10_000)),
        "media_too_large",
        "/line/3",
    ),
    Case(
        "moodle: a picture cut off", lambda: showing("x.png", picture(size=(60, 60))[:-40]), "damaged_media", "/line/3"
    ),
    Case(
        "moodle: a recording without sound",
        lambda: showing("x.wav", recording()[:30], played=True),
        "damaged_media",
        "/line/3",
    ),
    Case(
        "moodle: broken base64",
        lambda: showing("x.png", picture()).replace(b"</file>", b"***</file>"),
        ONE_BAD,
        "/line/3",
    ),
    Case(
        "moodle: two files of one name",
        lambda: quiz(
            choice(
                '<img src="@@PLUGINFILE@@/a.png">',
                files="".join(f'<file name="a.png" path="/" encoding="base64">{n}</file>' for n in ("AAAA", "BBBB")),
            )
        ),
        ONE_BAD,
        "/line/3",
    ),
    Case(
        "moodle: a picture from elsewhere",
        lambda: quiz(choice('<img src="http://127.0.0.1:1/x.png">')),
        ONE_BAD,
        "/line/3",
    ),
    Case(
        "moodle: two thousand options",
        lambda: quiz(choice(options=[("a", 100), *((f"o{n}", 0) for n in range(2_000))])),
        ONE_BAD,
        "/line/3",
    ),
    Case(
        "moodle: weights that do not add up",
        lambda: quiz(choice(options=[("a", 50), ("b", 20), ("c", 0)]).replace("<single>true", "<single>false")),
        ONE_BAD,
        "/line/3",
    ),
    Case(
        "moodle: weights that are no numbers",
        lambda: quiz(choice(options=[("a", "NaN"), ("b", "1e999")])),
        ONE_BAD,
        "/line/3",
    ),
    Case("moodle: no right answer", lambda: quiz(choice(options=[("a", 0), ("b", 0)])), ONE_BAD, "/line/3"),
    Case("moodle: marks that are infinite", lambda: quiz(choice(marks="Infinity")), ONE_BAD, "/line/3"),
    Case("moodle: marks with a thousand digits", lambda: quiz(choice(marks="9" * 1_000)), ONE_BAD, "/line/3"),
    Case("moodle: marks that are too fine", lambda: quiz(choice(marks="0.0001")), "marks_too_fine", "/line/3"),
    Case(
        "moodle: a text of a thousand tags inside one another", lambda: quiz(choice("<b>" * 1_000)), ONE_BAD, "/line/3"
    ),
]
