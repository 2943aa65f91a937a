"""What lists of people say, however people wrote them."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.authentication.rules import roster, roster_sheet, roster_template, roster_words
from apps.authentication.rules.roster_text import Unreadable
from tests import drawing

HEAD = "email,first name,last name,role,groups,language,phone\n"


def book(rows, *, formulas=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for place, formula in formulas:
        made.active[place] = formula
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(data, **changes):
    """The workbook with parts changed or added: ``{path: function of bytes}``."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            change = changes.get(part.filename, lambda body: body)
            new.writestr(part.filename, change(old.read(part)))
        for path in set(changes) - set(old.namelist()):
            new.writestr(path, changes[path](b""))
    return out.getvalue()


def refused(data):
    with pytest.raises(Unreadable) as refusal:
        roster.read(data)
    assert str(refusal.value)
    return refusal.value.code


def test_a_whole_list_is_understood():
    text = HEAD + "Alice@North.test, Alice ,North,student,N5; N4,en,+998 90 123 45 67\nbob@north.test,,,,,,\n"
    found = roster.read(text.encode())
    assert found.flaws == []
    assert found.entries[0] == roster.Entry(
        2, "alice@north.test", "Alice", "North", "STUDENT", ("N5", "N4"), "en", "+998 90 123 45 67"
    )
    assert found.entries[1] == roster.Entry(3, "bob@north.test")
    assert (found.total, found.encoding, found.delimiter) == (2, "utf-8", ",")


JAPAN = ("メール,姓,名,役割,クラス,言語", "a@b.jp,山田,太郎,生徒,初級、中級,日本語")
UZBEKISTAN = ("Elektron pochta,Ism,Familiya,Rol,Guruh,Til", "a@b.uz,Ali,Valiyev,O‘quvchi,A1,Oʻzbek")
RUSSIA = ("Эл. почта,Имя,Фамилия,Роль,Группа,Язык", "a@b.ru,Иван,Петров,Преподаватель,A1,русский")
ENGLAND = ("E-Mail Address,Given name,SURNAME,Role,Class,Lang", "a@b.com,Ann,Lee,Guest,,english")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (JAPAN, ("太郎", "山田", "STUDENT", 2, "ja")),
        (UZBEKISTAN, ("Ali", "Valiyev", "STUDENT", 1, "uz")),
        (RUSSIA, ("Иван", "Петров", "TEACHER", 1, "ru")),
        (ENGLAND, ("Ann", "Lee", "GUEST", 0, "en")),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headers_of_four_countries_and_three_delimiters(lines, expected, delimiter):
    text = "\n".join(line.replace(",", delimiter) for line in lines)
    [entry] = roster.read(text.encode()).entries
    assert (entry.first_name, entry.last_name, entry.role, len(entry.groups), entry.language) == expected


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Alice North", "Alice", "North"),
        ("山田 太郎", "太郎", "山田"),
        ("North, Alice May", "Alice May", "North"),
        ("Alice", "Alice", ""),
    ],
)
def test_whole_names_are_divided(name, first, last):
    text = f'email;full name\na@b.com;"{name}"'
    [entry] = roster.read(text.encode()).entries
    assert (entry.first_name, entry.last_name) == (first, last)


RUSSIAN = "почта,имя,фамилия,группа\na@b.ru,Иван,Щербаков,Начальная\nb@b.ru,Юлия,Ёлкина,Средняя\n"
JAPANESE = "メール,姓,名,クラス\na@b.jp,山田,太郎,初級\nb@b.jp,佐藤,花子,中級\n"
PLAIN = HEAD + "a@b.com,Ann,Lee,,,,\n"


@pytest.mark.parametrize(
    ("text", "encoding", "mark", "told"),
    [
        (RUSSIAN, "cp1251", b"", "cp1251"),
        (JAPANESE, "cp932", b"", "cp932"),
        (RUSSIAN, "utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        (JAPANESE, "utf-8", b"", "utf-8"),
        (JAPANESE, "utf-16", b"", "utf-16"),
        (RUSSIAN, "utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        (PLAIN, "utf-16-le", b"", "utf-16-le"),
        (PLAIN, "utf-16-be", b"", "utf-16-be"),
        (PLAIN, "ascii", b"", "utf-8"),
    ],
)
def test_encodings_are_recognised(text, encoding, mark, told):
    found = roster.read(mark + text.encode(encoding))
    assert (found.encoding, found.flaws) == (told, [])
    assert found.entries == roster.read(text.encode()).entries


@pytest.mark.parametrize(
    "data",
    [
        "email,name\na@b.de,Jürgen Müß\n".encode("cp1252"),
        "email,name\na@b.jp,ｱﾘｽ\n".encode("cp932"),
        "email,имя\na@b.ru,Иван\n".encode("koi8-r"),
        "email,name\na@b.com,Ann\n".encode("utf-32"),
        b"\xff\xfea\x00\x00\xd8",
        b"email,name\na@b.com,\x81\xff\xfd\n",
    ],
)
def test_an_encoding_that_is_not_sure_is_refused_not_guessed(data):
    assert refused(data) == "unknown_encoding"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"name,role\nAnn,student\n", "no_email_column"),
        (b"email,e-mail\na@b.com,b@b.com\n", "column_twice"),
        (b"email\n\n\n", "no_rows"),
        (b"%PDF-1.7 \n", "not_a_list"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "not_a_list"),
        (b'email,name\na@b.com,"open\n', "broken_csv"),
        (b"email,name\na@b.com," + b"x" * 200_000 + b"\n", "broken_csv"),
        (b"PK\x03\x04 nothing", "broken_xlsx"),
        (b"email\n" + b"a@b.com\n" * (roster.MOST_BYTES // 8), "too_large"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(data, code):
    assert refused(data) == code


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",Ann,,,,,", "email", "required"),
        ("ann,,,,,,", "email", "invalid"),
        ("ann@localhost,,,,,,", "email", "invalid"),
        ("a@b.com\u200f,,,,,,", "email", "invalid"),
        ('"a@b.com,c@d.com",,,,,,', "email", "invalid"),
        ("=1+1,,,,,,", "email", "formula"),
        ("a@b.com,=HYPERLINK(1),,,,,", "first_name", "formula"),
        ("a@b.com,,@SUM(A1),,,,", "last_name", "formula"),
        ("a@b.com,-2+3,,,,,", "first_name", "formula"),
        ("a@b.com,+cmd|' /C calc'!A0,,,,,", "first_name", "formula"),
        ("a@b.com,,,,N5; =1,,", "groups", "formula"),
        ("a@b.com,,,,,,=1", "phone", "formula"),
        ("a@b.com,,,,,,+abc", "phone", "invalid"),
        ("a@b.com,,,admin,,,", "role", "invalid_choice"),
        ("a@b.com,,,CENTER_ADMIN,,,", "role", "invalid_choice"),
        ("a@b.com,,,OWNER,,,", "role", "invalid_choice"),
        ("a@b.com,,,,,tlh,", "language", "invalid_choice"),
        ("a@b.com," + "x" * 81 + ",,,,,", "first_name", "max_length"),
        ("a@b.com,,,,,," + "2" * 40, "phone", "max_length"),
        ("a@b.com,a\x07b,,,,,", "first_name", "invalid_characters"),
        ("a@b.com,,,," + ";".join(f"g{n}" for n in range(21)) + ",,", "groups", "too_many"),
    ],
)
def test_a_bad_cell_is_told_with_its_row_column_and_code(row, column, code):
    found = roster.read((HEAD + "good@b.com,,,,,,\n" + row + "\n").encode())
    assert (found.flaws[0].row, found.flaws[0].column, found.flaws[0].code) == (3, column, code)
    assert [entry.email for entry in found.entries] == ["good@b.com"]


def test_an_address_that_stands_twice_is_told_with_the_first_row():
    found = roster.read(b"email\na@b.com\nb@b.com\nA@B.com\n")
    assert [(flaw.row, flaw.code) for flaw in found.flaws] == [(4, "duplicate")]
    assert "Row 2" in found.flaws[0].detail


def test_rows_are_numbered_as_spreadsheets_do():
    found = roster.read(b'email,name\n\na@b.com,"Ann\nMay"\n\nnobody,\n')
    assert {flaw.row for flaw in found.flaws} == {3, 6}


def test_a_group_is_named_once_however_it_is_spelt():
    [entry] = roster.read(b"email,groups\na@b.com,N5;n5 ; N5\n").entries
    assert entry.groups == ("N5",)


def test_unknown_columns_are_named_and_left_out():
    found = roster.read(b"email,Shoe size,role\na@b.com,44,student\n")
    assert (found.columns, found.ignored) == (("email", "role"), ("Shoe size",))


# -- workbooks -------------------------------------------------------------------------------------------------------


def test_a_row_whose_cells_have_moved_is_refused_and_a_note_beside_a_workbook_is_not():
    read = roster.read(b"email;groups;role\na@north.test;N5;N4;student\nb@north.test;N5;student;;\n")
    assert [(flaw.row, flaw.column, flaw.code) for flaw in read.flaws if flaw.code != "invalid_choice"] == [
        (2, "", "too_many_cells")
    ]
    assert [entry.email for entry in read.entries] == ["b@north.test"]
    noted = roster.read(book([["email"], ["a@north.test", "sits in front"]]))
    assert (noted.flaws, len(noted.entries)) == ([], 1)


def test_a_workbook_is_read_like_a_text():
    rows = [
        ["メール", "姓", "名", "電話", "クラス"],
        ["a@b.jp", "山田", "太郎", 998901234567, "初級"],
        [None],
        ["b@b.jp", None, None, 12345.0, 5],
    ]
    found = roster.read(book(rows))
    assert (found.format, found.flaws) == ("xlsx", [])
    assert [(entry.row, entry.phone, entry.groups) for entry in found.entries] == [
        (2, "998901234567", ("初級",)),
        (4, "12345", ("5",)),
    ]  # fmt: skip


def test_the_name_of_a_file_does_not_matter_but_a_formula_does():
    found = roster.read(book([["email", "first name"], ["a@b.com", "x"]], formulas=[("B2", "=1+1")]))
    assert [(flaw.row, flaw.column, flaw.code) for flaw in found.flaws] == [(2, "first_name", "formula")]


def test_texts_that_a_workbook_shares_are_found():
    rows = [f'<row r="{n}"><c r="A{n}" t="s"><v>{n - 1}</v></c></row>' for n in (1, 2)]
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
    texts = f'<sst xmlns="{space}"><si><t>email</t></si><si><r><t>a@</t></r><r><t>b.com</t></r></si></sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    shared = repacked(
        book(GOOD),
        **{
            SHEET: lambda body: sheet.encode(),
            "xl/sharedStrings.xml": lambda body: texts.encode(),
            "[Content_Types].xml": lambda body: body.replace(
                b"</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
            ),
        },
    )
    assert [entry.email for entry in roster.read(shared).entries] == ["a@b.com"]


def test_the_first_sheet_that_can_be_seen_counts():
    made = openpyxl.Workbook()
    made.active.sheet_state = "hidden"
    sheet = made.create_sheet("people")
    sheet.append(["email"])
    sheet.append(["a@b.com"])
    out = io.BytesIO()
    made.save(out)
    assert len(roster.read(out.getvalue()).entries) == 1


SHEET = "xl/worksheets/sheet1.xml"
GOOD = [["email"], ["a@b.com"]]


def test_entities_and_document_types_are_refused_in_any_encoding():
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]>'
    assert refused(repacked(book(GOOD), **{SHEET: lambda body: bomb + body})) == "entities"
    wide = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'
    assert refused(repacked(book(GOOD), **{SHEET: lambda body: wide.encode("utf-16")})) == "entities"


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked():
    zeros = b" " * (roster_sheet.MOST_UNPACKED + 1)
    bomb = repacked(book(GOOD), **{SHEET: lambda body: body + zeros})
    assert len(bomb) < 2**20
    assert refused(bomb) == "too_large"
    texts = repacked(book(GOOD), **{"xl/sharedStrings.xml": lambda body: zeros[: roster_sheet.MOST_TEXTS + 1]})
    assert refused(texts) == "too_large"


@pytest.mark.parametrize("spoil", [lambda body: body[:200], lambda body: b"<a>", lambda body: b"\xff" * 100])
def test_a_broken_sheet_is_refused(spoil):
    assert refused(repacked(book(GOOD), **{SHEET: spoil})) == "broken_xlsx"


def test_a_truncated_workbook_is_refused():
    whole = book(GOOD)
    assert refused(whole[: len(whole) // 2]) == "broken_xlsx"


def test_a_row_far_below_costs_nothing():
    far = repacked(
        book(GOOD), **{SHEET: lambda body: body.replace(b'r="2"', b'r="1048576"').replace(b'"A2"', b'"A1048576"')}
    )
    assert refused(far) == "no_rows"


def test_more_than_ten_thousand_people_are_refused_early(monkeypatch):
    read = []
    entry = roster._entry
    monkeypatch.setattr(roster, "_entry", lambda *args: read.append(1) or entry(*args))
    text = "email\n" + "".join(f"p{number}@b.com\n" for number in range(100_000))
    assert refused(text.encode()) == "too_many_rows"
    assert len(read) == roster.MOST_ROWS


# -- the form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_the_form_is_understood_and_holds_nobody(to):
    assert refused(roster_template.template(to)) == "no_rows"


def test_the_form_names_every_column():
    [header] = csv.reader(io.StringIO(roster_template.template("csv").decode("utf-8-sig")))
    assert tuple(header) == roster_words.COLUMNS
    form = openpyxl.load_workbook(io.BytesIO(roster_template.template("xlsx")))
    assert tuple(cell.value for cell in form["people"][1]) == roster_words.COLUMNS
    explained = {row[0] for row in form["help"].iter_rows(min_row=2, values_only=True)}
    assert explained == set(roster_words.COLUMNS)


def test_every_name_of_a_column_means_one_column():
    for column, others in roster_words.known_headers().items():
        for word in (column, *others, column.upper(), f" {column} "):
            assert roster_words.header_of(word) == column


# -- anything at all -------------------------------------------------------------------------------------------------


@settings(max_examples=drawing.up_to(200), deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "surrogatepass")))
def test_whatever_is_sent_is_read_or_refused(data):
    try:
        found = roster.read(data)
    except Unreadable:
        return
    assert len(found.entries) + len({flaw.row for flaw in found.flaws}) == found.total
