"""Tables as people write them."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.styles import Font

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftOption, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.table.columns import COLUMNS, column_of
from apps.mock_tests.rules.exchange.table.reading import read_csv, read_xlsx
from apps.mock_tests.rules.exchange.table.sheets import guarded, unguarded
from apps.mock_tests.rules.exchange.table.writing import template
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.types.registry import TYPES
from tests.apps.mock_tests.exchange.test_moodle_xml import MP3, png

HEADER = ["text", "A", "B", "C", "D", "key"]


def as_csv(*rows, delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def as_xlsx(*rows, change=lambda sheet: None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def packed(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


def read(*rows, header=HEADER):
    return read_csv(as_csv(header, *rows).encode())


def one(*row, header=HEADER):
    test, report = read(list(row), header=header)
    assert [row.reasons for row in report.rows if row.outcome == "refused"] == []
    (question,) = test.questions()
    return question


def refused(*row, header=HEADER):
    _, report = read(list(row), ["Fine?", "a", "b", "", "", "A"], header=header)
    first = report.rows[0]
    assert (first.outcome, first.line) == ("refused", 2)
    return first.column, " ".join(first.reasons)


def right(question):
    return [place for place, option in enumerate(question.options) if option.fraction > 0]


# -- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "places"),
    [
        ("B", [1]),
        ("b", [1]),
        ("Ｂ", [1]),
        ("2", [1]),
        ("２", [1]),
        ("②", [1]),
        ("(b)", [1]),
        ("B.", [1]),
        ("Osaka", [1]),
        ("OSAKA", [1]),
        ("Option B", [1]),
        ("選択肢2", [1]),
        ("Option A, Option C", [0, 2]),
        ("A, C", [0, 2]),
        ("1;3", [0, 2]),
        ("A、C", [0, 2]),
        ("A and C", [0, 2]),
        ("AC", [0, 2]),
        ("ＡＣ", [0, 2]),
        ("a/c", [0, 2]),
        ("A C", [0, 2]),
    ],
)
def test_a_key_names_options_in_many_ways(key, places):
    question = one("Which?", "Kyoto", "Osaka", "Nara", "Kobe", key)
    assert (question.type, right(question)) == ("single_choice" if len(places) == 1 else "multiple_choice", places)


def test_a_word_that_a_spreadsheet_made_a_truth_value_is_the_option_it_was():
    question = one("The sun is hot.", "True", "False", "", "", "TRUE")
    assert (question.type, right(question)) == ("single_choice", [0])
    assert right(one("Which?", "option 2", "option 1", "", "", "Option A")) == [0]
    assert "may mean option B" in refused("Which?", "Option 2", "Option 1", "", "", "Option 2")[1]


def test_several_right_options_share_the_marks_unless_the_key_says_how():
    assert [o.fraction for o in one("?", "a", "b", "c", "d", "A, B").options] == [Decimal("0.5"), Decimal("0.5"), 0, 0]
    weighted = one("?", "a", "b", "c", "d", "A=75%; B=25%; C=-50%")
    assert [o.fraction for o in weighted.options] == [Decimal("0.75"), Decimal("0.25"), Decimal("-0.5"), 0]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (("?", "a", "b", "", "", "E"), "key", '"E" is none of the options'),
        (("?", "a", "b", "", "", ""), "key", "does not say which option is right"),
        (("?", "a", "a", "", "", "A"), "B", "the same"),
        (("?", "a", "", "c", "", "A"), "B", "neither text nor a picture"),
        (("", "a", "b", "", "", "A"), "text", "neither text nor media"),
        (("?", "a", "b", "c", "", "A=70%; B=70%"), "key", "add up to 140 %"),
        (("?", "3", "2", "1", "", "1"), "key", "may mean option A, or option C"),
        (("?", "a", "b", "", "", "A, A"), "key", "twice"),
    ],
)
def test_refuses_a_row_with_the_column_at_fault(row, column, words):
    found, reason = refused(*row)
    assert found == column
    assert words in reason


@pytest.mark.parametrize(
    ("key", "kind", "said"),
    [
        ("TRUE", "true_false", True),
        ("○", "true_false", True),
        ("誤", "true_false", False),
        ("42", "numeric", (Decimal(42), 0)),
        ("３．５", "numeric", (Decimal("3.5"), 0)),
        ("3,5", "numeric", (Decimal("3.5"), 0)),
        ("1,234,567", "numeric", (Decimal(1234567), 0)),
        ("−2", "numeric", (Decimal(-2), 0)),
        ("3.14±0.01", "numeric", (Decimal("3.14"), Decimal("0.01"))),
        ("1..5", "numeric", (Decimal(3), Decimal(2))),
        ("Tokyo; 東京", "short_text", ["Tokyo", "東京"]),
        (r"a\;b|c", "short_text", ["a;b", "c"]),
        ("1,234", "short_text", ["1,234"]),
    ],
)
def test_a_key_without_options_says_what_the_type_is(key, kind, said):
    question = one("Well?", "", "", "", "", key)
    assert question.type == kind
    if kind == "true_false":
        assert question.truth.value is said
    elif kind == "numeric":
        assert [(a.value, a.tolerance) for a in question.answers] == [said]
    else:
        assert [text.text for text in question.texts] == said


def test_types_have_many_names():
    header = [*HEADER, "question type", "★"]
    assert one("?", "a", "b", "", "", "A", "Multiple Choice", "", header=header).type == "single_choice"
    assert one("?", "a", "b", "", "", "A", "multiple_choice", "", header=header).type == "multiple_choice"
    star = one("?", "a", "b", "c", "d", "3142", "並べ替え", "2", header=header)
    assert ([o.text for o in star.options], star.star, star.policy) == (["c", "a", "d", "b"], 2, "star")
    pairs = one("?", "Japan => Tokyo", "Peru -> Lima", "=> Oslo", "", "", "matching", "", header=header)
    assert [(p.text, pairs.options[int(p.target)].text) for p in pairs.prompts] == [
        ("Japan", "Tokyo"),
        ("Peru", "Lima"),
    ]
    assert len(pairs.options) == 3
    gaps = one("In [[1]] it is [[2]].", "", "", "", "", "Tokyo/東京; warm", "", "", header=header)
    assert [[text.text for text in gap.texts] for gap in gaps.gaps] == [["Tokyo", "東京"], ["warm"]]
    assert refused("?", "a", "b", "", "", "A", "magic", "", header=header)[0] == "type"


# -- headers and places --------------------------------------------------------------------------------------------


def test_headers_are_understood_in_any_order_case_and_language():
    rows = [
        ["解説", "正解", "選択肢１", "選択肢２", "問題文", "配点", "My notes"],
        ["だから", "２", "はい", "いいえ", "どちら？", "２点", "x"],
    ]
    test, report = read_csv(as_csv(*rows).encode())
    (question,) = test.questions()
    assert (question.text, right(question), question.marks, question.explanation) == ("どちら？", [1], 2, "だから")
    assert report.notes == ("Columns that are not known were left out. (My notes)",)


def test_a_heading_above_the_header_and_empty_rows_are_no_trouble():
    rows = [["Mock test 3"], [], HEADER, [], ["?", "a", "b", "", "", "A"], ["", "", ""], ["!", "a", "b", "", "", "B"]]
    test, report = read_csv(as_csv(*rows).encode())
    assert [row.line for row in report.rows] == [5, 7]
    assert [right(question) for question in test.questions()] == [[0], [1]]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["a", "b"], ["c", "d"]], "no_header"),
        ([HEADER], "no_questions"),
        ([[*HEADER, "Question"], ["?"]], "duplicate_column"),
    ],
)
def test_refuses_a_table_that_says_nothing(rows, code):
    with pytest.raises(UnreadableFile) as refusal:
        read_csv(as_csv(*rows).encode())
    assert refusal.value.code == code


def test_every_column_is_known_by_its_names():
    for column in COLUMNS:
        for name in (column.name, column.name.upper(), *filter(None, column.others.split(","))):
            assert column_of(name) == column.name


def test_rows_stand_in_groups_and_empty_cells_say_as_above():
    header = ["section", "group", "passage", "text", "key", "test", "level"]
    test, _ = read(
        ["文字・語彙", "1", "Read this.", "Q1", "1", "N5 模試", ""],
        ["", "", "", "Q2", "2", "", ""],
        ["", "2", "", "Q3", "3", "", ""],
        ["聴解", "", "", "", "", "", ""],
        ["", "", "", "Q4", "4", "", ""],
        header=header,
    )
    assert (test.title, test.level) == ("N5 模試", "N5")
    shape = [(s.name, s.section_type, [(g.reading_text, len(g.questions)) for g in s.groups]) for s in test.sections]
    assert shape == [("文字・語彙", "VOCAB", [("Read this.", 2), ("", 1)]), ("聴解", "LISTENING", [("", 1)])]


# -- files of spreadsheets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_comes_in_the_encodings_and_with_the_delimiters_of_spreadsheets(encoding, delimiter):
    rows = [["問題文", "選択肢A", "選択肢B", "正解"], ["雨が_____います。、どれ？", "ふって", "ふった", "A"]]
    data = as_csv(*rows, delimiter=delimiter).encode(encoding)
    assert interchange.guess_format(data) == "csv"
    (question,) = read_csv(data)[0].questions()
    assert (question.text, right(question)) == ("雨が_____います。、どれ？", [0])


def test_numbers_and_words_of_a_workbook_are_read_as_people_typed_them():
    header = [*HEADER, "marks", "tags"]
    rows = [
        ["Sum?", 1.0, 2.5, 0.1 + 0.2, True, 4, 2.0, "a; b"],
        ["Number?", None, None, None, None, 0.1 + 0.2, 1, None],
    ]
    first, second = read_xlsx(as_xlsx(header, *rows))[0].questions()
    assert [option.text for option in first.options] == ["1", "2.5", "0.3", "TRUE"]
    assert (right(first), first.marks, first.tags) == ([3], 2, ("a", "b"))
    assert second.answers[0].value == Decimal("0.3")


def test_dates_and_errors_of_a_workbook_are_refused_and_formulas_counted_with_their_values():
    rows = [
        ["Half?", date(2026, 1, 2), "b", "", "", "B"],
        ["Error?", "#REF!", "b", "", "", "B"],
        ["New?", "=1+1", "b", "", "", "B"],
        ["Fine?", "a", "b", "", "", "A"],
    ]
    _, report = read_xlsx(as_xlsx(HEADER, *rows, change=lambda sheet: setattr(sheet["B3"], "data_type", "e")))
    found = [(row.outcome, row.column, " ".join(row.reasons)[:45]) for row in report.rows]
    assert found[0] == ("refused", "A", "A: The spreadsheet has made a date of it; set")
    assert found[1] == ("refused", "A", "A: The cell holds an error of the spreadsheet")
    assert found[2] == ("refused", "A", "A: The cell holds a formula without a value; ")
    assert found[3][0] == "taken"


def test_a_formula_with_a_value_is_taken_and_told():
    data = as_xlsx(HEADER, ["Sum?", "=1+1", "b", "", "", "A"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b"<v />" in members[sheet] or b"<v></v>" in members[sheet]
    members[sheet] = members[sheet].replace(b"<v />", b"<v>2</v>").replace(b"<v></v>", b"<v>2</v>")
    test, report = read_xlsx(packed(**members))
    (question,) = test.questions()
    assert question.options[0].text == "2"
    assert [(row.outcome, row.column) for row in report.rows] == [("partly", "A")]


def test_merged_cells_and_styles_are_no_trouble():
    def merge(sheet):
        sheet.merge_cells("A2:A3")
        sheet["B1"].font = Font(bold=True)

    test, _ = read_xlsx(
        as_xlsx(
            ["passage", *HEADER],
            ["Read.", "1?", "a", "b", "", "", "A"],
            [None, "2?", "a", "b", "", "", "B"],
            change=merge,
        )
    )
    (group,) = test.groups()
    assert (group.reading_text, len(group.questions)) == ("Read.", 2)


def test_only_the_first_sheet_with_a_header_is_read():
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    sheet = book.create_sheet("Questions")
    sheet.append(HEADER)
    sheet.append(["?", "a", "b", "", "", "A"])
    hidden = book.create_sheet("Old", 0)
    hidden.append(HEADER)
    hidden.append(["Old?", "a", "b", "", "", "A"])
    hidden.sheet_state = "hidden"
    made = io.BytesIO()
    book.save(made)
    test, _ = read_xlsx(made.getvalue())
    assert [question.text for question in test.questions()] == ["?"]


# -- pictures and recordings ---------------------------------------------------------------------------------------


def test_pictures_and_recordings_come_from_the_zip_by_their_names():
    header = [*HEADER, "image", "audio"]
    rows = [["See", '<img src="img/b.png">', "b", "", "", "A", "A.PNG", "one.mp3"]]
    table = as_csv(header, *rows).encode()
    data = packed(
        **{"set/questions.csv": table, "set/a.png": png(), "set/img/b.png": png(), "x/one.mp3": MP3, "x/un.png": png()}
    )
    assert interchange.guess_format(data) == "csv"
    test, report = read_csv(data)
    (question,) = test.questions()
    assert question.text == 'See<img src="media:a.png">'
    assert question.options[0].text == '<img src="media:b.png">'
    assert sorted((file.name, file.kind) for file in question.files) == [
        ("a.png", "image"),
        ("b.png", "image"),
        ("one.mp3", "audio"),
    ]
    assert report.notes == ("1 files of the zip are named by no row and were left out. (x/un.png)",)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("c.png", "is not in the zip"),
        ("same.png", "Several files"),
        ("sound.png", "is not what its name says"),
        ("notes.exe", "of a kind that is not accepted"),
        ("one.mp3", "used as a picture"),
    ],
)
def test_refuses_a_row_whose_picture_is_not_there_or_is_none(name, words):
    table = as_csv([*HEADER, "image"], ["See", "a", "b", "", "", "A", name], ["Ok", "a", "b", "", "", "A", ""]).encode()
    files = {"1/same.png": png(), "2/same.png": png(), "sound.png": MP3, "notes.exe": b"MZ", "one.mp3": MP3}
    _, report = read_csv(packed(**{"questions.csv": table}, **files))
    assert report.rows[0].outcome == "refused"
    assert words in " ".join(report.rows[0].reasons)


def test_a_picture_from_elsewhere_is_refused_and_so_is_a_picture_without_a_zip():
    for source in ("https://evil.test/a.png", "data:image/png;base64,AAAA"):
        assert "not among the files" in refused(f'<img src="{source}">?', "a", "b", "", "", "A")[1]
    assert "files come in a zip" in refused("?", "a", "b", "", "", "A", "a.png", header=[*HEADER, "image"])[1]


# -- writing -------------------------------------------------------------------------------------------------------

RISKY = ["=1+1", "+81", "-x", "@SUM(A1)", "'=1", "''+", "\t=1", "'quoted'", "-5", "+3.5"]
NUMBERS = ("-5", "+3.5", "+81")


@pytest.mark.parametrize("text", RISKY)
def test_texts_that_look_like_formulas_are_made_harmless_and_come_back(text):
    assert unguarded(guarded(text)) == text
    is_number = text in NUMBERS
    assert guarded(text)[0] not in "=+-@\t\r" or is_number


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_no_cell_of_an_export_is_a_formula(to):
    options = tuple(DraftOption(text.strip(), Decimal(n == 0)) for n, text in enumerate(RISKY))
    question = DraftQuestion("single_choice", "=HYPERLINK(1)", "+cmd|' /C calc'!A0", options, tags=("@x",))
    test = DraftTest("-Title", "", (DraftSection("=S", "GENERAL", (DraftGroup(questions=(question,)),)),))
    content, losses = interchange.write(test, to)
    assert losses == ()
    if to == "csv":
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        cells = [cell.value or "" for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert not [cell for cell in cells if str(cell)[:1] in tuple("=+-@\t\r") and str(cell) not in NUMBERS]


def test_the_template_names_every_column_and_holds_no_question():
    for to, read_table in (("csv", read_csv), ("xlsx", read_xlsx)):
        with pytest.raises(UnreadableFile) as refusal:
            read_table(template(to))
        assert refusal.value.code == "no_questions"
    header = next(csv.reader(io.StringIO(template("csv").decode("utf-8-sig"))))
    assert {column.name for column in COLUMNS} <= set(header)
    assert all(column_of(name) == name for name in header)


def test_the_examples_of_the_template_are_questions_of_every_type():
    book = openpyxl.load_workbook(io.BytesIO(template("xlsx")))
    assert book.sheetnames == ["questions", "help", "examples"]
    rows = [[cell.value for cell in row] for row in book["examples"].iter_rows()]
    test, report = read_xlsx(as_xlsx(*rows))
    assert report.count("taken") == len(report.rows)
    assert [question.type for question in test.questions()] == list(TYPES)
