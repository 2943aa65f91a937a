"""Text and tables."""

from __future__ import annotations

from tests.apps.mock_tests.hostile.case import ONE_BAD, Case
from tests.apps.mock_tests.hostile.making import (
    bomb,
    csv,
    picture,
    repacked,
    workbook,
    zipped,
)

PLAIN = [
    Case("gift: UTF-16", lambda: "::Q::One? {=a ~b}".encode("utf-16"), "wrong_encoding", format="gift"),
    Case("gift: Shift JIS", lambda: "::問::一つ？ {=あ ~い}".encode("cp932"), "wrong_encoding", format="gift"),
    Case("gift: lone surrogates", lambda: b"\n::Q::One \xed\xa0\x80? {=a ~b}", "wrong_encoding", "/line/2", "gift"),
    Case("gift: NUL", lambda: b"::Q::One?\n\0 {=a ~b}", "not_text", "/line/2", "gift"),
    Case(
        "gift: a line of two megabytes",
        lambda: b"\n::Q:: {=" + b"x" * 2 * 2**20 + b" ~b}",
        "line_too_long",
        "/line/2",
        "gift",
    ),
    Case("gift: braces that never close", lambda: b"::Q::One? {=a ~b\n", ONE_BAD, format="gift"),
    Case("gift: two thousand options", lambda: b"::Q::One? {=a " + b"~b " * 2_000 + b"}", ONE_BAD, format="gift"),
    Case("gift: no right answer", lambda: b"::Q::One? {~a ~b}", ONE_BAD, format="gift"),
    Case("gift: weights that do not add up", lambda: b"::Q::One? {~%50%a ~%20%b ~%-100%c}", ONE_BAD, format="gift"),
    Case("gift: a picture", picture, "wrong_encoding", format="gift"),
    Case("aiken: a key that names no option", lambda: b"One?\nA) a\nB) b\nANSWER: C\n", ONE_BAD, format="aiken"),
    Case("aiken: no answer", lambda: b"One?\nA) a\nB) b\n", ONE_BAD, format="aiken"),
    Case("aiken: UTF-16", lambda: "One?\nA) a\nB) b\nANSWER: A\n".encode("utf-16-le"), "not_text", format="aiken"),
]

TABLES = [
    Case("csv: empty", lambda: b"", "file_empty", format="csv"),
    Case("csv: no header", lambda: b"1,2,3\n4,5,6\n", "no_header", format="csv"),
    Case("csv: a column twice", lambda: csv("x,a,b,A", head="text,A,A,key"), "duplicate_column", format="csv"),
    Case("csv: NUL", lambda: csv("x,\0,b,A"), "no_header", format="csv"),
    Case("csv: quotes that never close", lambda: csv('"x,a,b,A\n'), "broken_csv", "/line/2", "csv"),
    Case("csv: five thousand columns", lambda: csv(",".join("x" * 5_000)), "too_many_columns", "/line/2", "csv"),
    Case("csv: more rows than any table", lambda: csv(*[",,,"] * 20_001), "too_many_rows", "/line/20001", "csv"),
    Case("csv: a cell of a megabyte", lambda: csv("x" * 2**20 + ",a,b,A"), "broken_csv", "/line/2", "csv"),
    Case("csv: a key that names no option", lambda: csv("Is it?,yes,no,C"), ONE_BAD, "/line/2", "csv"),
    Case(
        "csv: a picture from elsewhere",
        lambda: csv("?,a,b,A,http://127.0.0.1:1/x.png", head="text,A,B,key,image"),
        ONE_BAD,
        "/line/2",
        "csv",
    ),
    Case(
        "csv: a picture that leads out",
        lambda: csv("?,a,b,A,../../etc/passwd", head="text,A,B,key,image"),
        ONE_BAD,
        "/line/2",
        "csv",
    ),
    Case(
        "csv: a type that there is not",
        lambda: csv("?,a,b,A,hotspot", head="text,A,B,key,type"),
        ONE_BAD,
        "/line/2",
        "csv",
    ),
    Case("xlsx: cut off", lambda: workbook(["?", "a", "b", "A"])[:-30], "not_zip", format="xlsx"),
    Case("xlsx: a zip that is no workbook", lambda: zipped(("readme.pdf", b"x")), "not_one_table", format="xlsx"),
    Case(
        "xlsx: entity bomb in the sheet",
        lambda: repacked(
            workbook(["?", "a", "b", "A"]), sheet1=lambda old: bomb().encode() + b"<worksheet>&e9;</worksheet>"
        ),
        "doctype_refused",
        "/files/xl~1worksheets~1sheet1.xml/line/1",
        "xlsx",
    ),
    Case(
        "xlsx: a sheet that unpacks to megabytes",
        lambda: repacked(workbook(["?", "a", "b", "A"]), sheet1=lambda old: old + b" " * 8 * 2**20),
        "archive_bomb",
        "/files/xl~1worksheets~1sheet1.xml/line/1",
        "xlsx",
    ),
    Case(
        "xlsx: a sheet that is none",
        lambda: repacked(workbook(["?", "a", "b", "A"]), sheet1=lambda old: b"<worksheet>"),
        "broken_xlsx",
        format="xlsx",
    ),
    Case("xlsx: a key that names no option", lambda: workbook(["Is it?", "yes", "no", "C"]), ONE_BAD, "/line/2"),
    Case(
        "xlsx in a zip with another table",
        lambda: zipped(("a.csv", csv("?,a,b,A")), ("b.csv", csv("?,a,b,A"))),
        "unknown_package",
    ),
]
