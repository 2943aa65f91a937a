"""Packages of QTI: which files are read, in which order, and what is told about the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.qti.reading import read_qti
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from tests.apps.mock_tests.exchange.qti_files import (
    CHOICE,
    exam,
    manifest,
    minutes,
    package,
    part_of,
    ref,
    resource,
    rubric,
    section,
    written,
)
from tests.apps.mock_tests.test_archives import zipped
from tests.apps.mock_tests.test_media_rules import picture, recording


def asking(text, **options):
    """The same choice with another text."""
    return written(CHOICE.replace("Which sign forbids parking?", text).replace('"item"', f'"{text}"'), **options)


def items(*names):
    return [(f"items/{name}.xml", asking(name)) for name in names]


def with_test(test, *files, version="2.1", resources=()):
    named = [resource("test.xml", "test", version), *resources]
    named += [resource(name, "item", version) for name, _ in files if name.startswith("items/")]
    return package(("test.xml", written(test, version)), *files, resources=named)


def shape(test):
    """Sections, their minutes, and the first words of the questions in their groups."""
    return [
        (
            each.name,
            each.minutes,
            [[question.text[3:].partition("<")[0] for question in group.questions] for group in each.groups],
        )
        for each in test.sections
    ]


def refusal(data):
    with pytest.raises(UnreadableFile) as caught:
        read_qti(data)
    return caught.value


# -- the order of a test -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.1", "2.2", "3.0"])
def test_parts_sections_and_their_times(version):
    test = exam(
        part_of(
            section(ref("items/a.xml"), ref("items/b.xml"), title="Vocabulary", limits=minutes(20)),
            section(
                section(ref("items/c.xml"), title="Problem 1"), section(ref("items/d.xml"), title="Problem 2"),
                title="Reading", limits=minutes(50),
            ),
        ),
        title="Practice N4",
    )  # fmt: skip
    files = [(name, asking(name[6:7], version=version)) for name, _ in items(*"abcd")]
    found, report = read_qti(with_test(test, *files, version=version))
    assert (found.title, found.level) == ("Practice N4", "N4")
    assert shape(found) == [("Vocabulary", 20, [["a", "b"]]), ("Reading", 50, [["c"], ["d"]])]
    assert [group.title for group in found.groups()] == ["", "Problem 1", "Problem 2"]
    assert [each.section_type for each in found.sections] == ["VOCAB", "GRAMMAR_READING"]
    assert report.counts() == {"taken": 4, "partly": 0, "refused": 0, "ignored": 0}
    assert report.notes == ()


def test_the_time_of_a_part_or_of_the_whole_is_that_of_its_one_section():
    one = section(ref("items/a.xml"), title="Only")
    for test in (exam(part_of(one, limits=minutes(30))), exam(part_of(one), before=minutes(30))):
        assert shape(read_qti(with_test(test, *items("a")))[0]) == [("Only", 30, [["a"]])]


def test_sections_that_share_the_time_of_their_part_are_one_here():
    two = (section(ref("items/a.xml"), title="One", name="x"), section(ref("items/b.xml"), title="Two", name="y"))
    found, _ = read_qti(with_test(exam(part_of(*two, limits=minutes(9), name="Morning")), *items("a", "b")))
    assert shape(found) == [("Morning", 9, [["a"], ["b"]])]


def test_one_time_for_the_whole_makes_its_sections_groups():
    two = (section(ref("items/a.xml"), title="One", name="x"), section(ref("items/b.xml"), title="Two", name="y"))
    found, report = read_qti(with_test(exam(part_of(*two), before=minutes(60)), *items("a", "b")))
    assert shape(found) == [("An exam", 60, [["a"], ["b"]])]
    assert [group.title for group in found.groups()] == ["One", "Two"]
    assert report.notes == ()


def test_times_that_have_no_place_are_told():
    timed = section(section(ref("items/b.xml"), limits=minutes(3)), title="Two", limits=minutes(5))
    test = exam(part_of(section(ref("items/a.xml"), title="One"), timed), before=minutes(60))
    found, report = read_qti(with_test(test, *items("a", "b")))
    assert shape(found) == [("One", None, [["a"]]), ("Two", 5, [["b"]])]
    assert "section inside another" in report.notes[0]
    assert "time of the whole test is not kept" in report.notes[1]
    seconds = exam(part_of(section(ref("items/a.xml"), limits='<timeLimits maxTime="100"/>')))
    found, report = read_qti(with_test(seconds, *items("a")))
    assert (found.sections[0].minutes, "100 seconds became 2 minutes" in report.notes[0]) == (2, True)


def test_weights_and_categories_of_a_reference_belong_to_the_question():
    inner = '<weight identifier="W" value="2.5"/>'
    test = exam(part_of(section(ref("items/a.xml", inner=inner, attributes=' category="algebra x-hidden"'))))
    question = next(read_qti(with_test(test, *items("a")))[0].questions())
    assert (question.marks, question.tags) == (Decimal("2.5"), ("algebra",))


def test_what_a_test_does_at_random_or_on_conditions_is_told():
    drawn = '<selection select="1"/><ordering shuffle="true"/>'
    rule = '<preCondition><isNull><variable identifier="X"/></isNull></preCondition>'
    test = exam(part_of(section(ref("items/a.xml", inner=rule), ref("items/b.xml"), before=drawn)))
    found, report = read_qti(with_test(test, *items("a", "b")))
    assert len(list(found.questions())) == 2
    said = " ".join(report.notes)
    assert all(words in said for words in ("are drawn", "are shuffled", "Conditions"))
    assert "/assessmentTest/testPart/assessmentSection/selection, line 2" in said


def test_sections_in_files_of_their_own_are_followed_but_not_in_circles():
    inner = section(ref("../items/a.xml"), title="Apart")
    outer = exam(part_of('<assessmentSectionRef identifier="r" href="parts/one.xml"/>'))
    files = (("parts/one.xml", written(inner)), *items("a"))
    found, _ = read_qti(with_test(outer, *files))
    assert shape(found) == [("Apart", None, [["a"]])]
    circle = section('<assessmentSectionRef identifier="r" href="one.xml"/>', title="Round")
    refused = refusal(with_test(outer, ("parts/one.xml", written(circle)), *items("a")))
    assert (refused.code, refused.path) == ("cyclic_reference", "parts/one.xml")


def test_several_tests_follow_one_another():
    one, two = (
        exam(part_of(section(ref("items/a.xml"), title="A")), title="First"),
        exam(part_of(section(ref("items/b.xml"), title="B")), title="Second"),
    )
    named = [resource("t1.xml", "test"), resource("t2.xml", "test"), resource("items/a.xml"), resource("items/b.xml")]
    found, report = read_qti(
        package(("t1.xml", written(one)), ("t2.xml", written(two)), *items("a", "b"), resources=named)
    )
    assert (found.title, shape(found)) == ("First", [("A", None, [["a"]]), ("B", None, [["b"]])])
    assert "2 tests" in report.notes[0]


# -- what items share ----------------------------------------------------------------------------------------------


def stimulus(inner, name="s1", title="About bees"):
    return written(
        f'<assessmentStimulus identifier="{name}" title="{title}"><stimulusBody>{inner}</stimulusBody></assessmentStimulus>',
        "3.0",
    )


def pointing(text, *hrefs):
    """An item of 3.0 that refers to stimuli."""
    refs = "".join(f'<assessmentStimulusRef identifier="s" href="{href}"/>' for href in hrefs)
    return written(
        CHOICE.replace("Which sign forbids parking?", text).replace("<itemBody>", f"{refs}<itemBody>"), "3.0"
    )


def test_items_that_refer_to_the_same_stimulus_stand_together():
    files = (
        ("items/a.xml", pointing("a", "../stimuli/s1.xml")),
        ("items/b.xml", pointing("b", "../stimuli/s1.xml")),
        ("items/c.xml", asking("c", version="3.0")),
        (
            "stimuli/s1.xml",
            stimulus('<p>Bees <img src="../bee.png" alt="a bee"/></p><audio src="../buzz.wav"></audio>'),
        ),
        ("bee.png", picture()),
        ("buzz.wav", recording()),
    )
    test = exam(part_of(section(*(ref(f"items/{name}.xml") for name in "abc"), title="Reading")))
    named = [resource("stimuli/s1.xml", "stimulus", "3.0")]
    found, report = read_qti(with_test(test, *files, version="3.0", resources=named))
    assert shape(found) == [("Reading", None, [["a", "b"], ["c"]])]
    bees, alone = found.groups()
    assert (bees.title, bees.reading_text) == ("About bees", '<p>Bees <img src="media:bee.png" alt="a bee"></p>')
    assert [(file.name, file.kind) for file in bees.files] == [("bee.png", "image"), ("buzz.wav", "audio")]
    assert (alone.title, alone.reading_text, alone.files) == ("", "", ())
    assert report.counts()["taken"] == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is missing"),
        (
            stimulus('<qti-assessment-stimulus-ref identifier="s" href="s1.xml"/>'),
            "refers to another one, or to itself",
        ),
        (stimulus('<p><img src="gone.png" alt=""/></p>'), 'The file "stimuli/gone.png" is missing'),
        (stimulus("<p>x</p>")[:-9], "stimuli/s1.xml, line 2: The file ends in the middle"),
        (written(CHOICE, "3.0"), "is no stimulus"),
        (stimulus('<audio src="../a.wav"></audio><audio src="../b.wav"></audio>'), "more than one recording"),
    ],
)
def test_a_stimulus_that_cannot_be_shown_takes_its_items_with_it(content, reason):
    files = [("items/a.xml", pointing("a", "../stimuli/s1.xml")), ("items/b.xml", asking("b", version="3.0"))]
    files += [("a.wav", recording()), ("b.wav", recording(2))]
    files += [] if content is None else [("stimuli/s1.xml", content)]
    test = exam(part_of(section(ref("items/a.xml"), ref("items/b.xml"))))
    found, report = read_qti(with_test(test, *files, version="3.0"))
    assert shape(found) == [("S", None, [["b"]])]
    assert (report.rows[0].outcome, report.rows[0].path) == ("refused", "items/a.xml")
    assert reason in report.rows[0].reasons[-1]


def test_rubrics_are_instructions_or_passages():
    long = "<p>" + "A long story of a short life. " * 20 + "</p>"
    test = exam(
        part_of(
            section(
                rubric("<p>Read and choose.</p>"), rubric(long), rubric("<p>Key: B</p>", view="scorer"),
                section(ref("items/a.xml"), before=rubric("<p>Mind the signs.</p>", use="instructions"), title="G1"),
                section(ref("items/b.xml"), before=rubric("<p>Short.</p>", use="sharedstimulus"), title="G2"),
            )
        )
    )  # fmt: skip
    found, _ = read_qti(with_test(test, *items("a", "b")))
    first, second = found.groups()
    assert (first.title, first.instruction) == ("G1", "<p>Read and choose.</p>\n<p>Mind the signs.</p>")
    assert first.reading_text.startswith("<p>A long story")
    assert (second.instruction, second.reading_text) == ("", "<p>Short.</p>")
    assert "Key: B" not in str(found)


# -- which files ---------------------------------------------------------------------------------------------------


def test_items_without_a_test_follow_one_another_under_the_manifests_title():
    found, report = read_qti(package(*items("b", "a"), title="Loose items"))
    assert (found.title, shape(found)) == ("Loose items", [("Questions", None, [["b", "a"]])])
    assert [row.path for row in report.rows] == ["items/b.xml", "items/a.xml"]


def test_a_package_without_a_manifest_is_looked_through():
    found, report = read_qti(zipped(*items("a", "b"), ("notes.xml", b"<notes/>"), ("readme.txt", b"x")))
    assert shape(found) == [("Questions", None, [["a", "b"]])]
    assert "no manifest" in report.notes[0]


def test_a_package_in_a_folder_with_windows_paths_and_spaces():
    files = [("My test\\q 1\\one.xml", asking("one")), ("My test\\pics\\x.png", picture())]
    named = [resource("q%201\\one.xml", name="r1")]
    found, _ = read_qti(zipped(("My test\\imsmanifest.xml", manifest(*named)), *files))
    assert [question.path for question in found.questions()] == ["My test/q 1/one.xml"]


def test_a_single_item_needs_no_package():
    data = written(CHOICE)
    found, report = read_qti(data)
    assert (shape(found)[0][0], report.rows[0].path) == ("Questions", "")


def test_packages_are_known_by_their_files():
    versions = {"2.0": "qti22", "2.1": "qti21", "2.2": "qti22", "3.0": "qti30", "prefixed": "qti21", "bare": "qti22"}
    for version, name in versions.items():
        assert interchange.guess_format(written(CHOICE, version)) == name
        assert interchange.guess_format(zipped(("items/a.xml", written(CHOICE, version)))) == name
    assert interchange.guess_format(package(*items("a"))) == "qti21"
    assert (
        interchange.guess_format(package(("a.xml", b"<a/>"), resources=[resource("a.xml", version="3.0")])) == "qti30"
    )


def test_metadata_names_tags_topic_and_difficulty():
    metadata = (
        '<metadata><imsmd:lom xmlns:imsmd="http://www.imsglobal.org/xsd/imsmd_v1p2"><imsmd:general>'
        "<imsmd:title><imsmd:langstring>From the manifest</imsmd:langstring></imsmd:title>"
        "<imsmd:keyword><imsmd:langstring>road</imsmd:langstring></imsmd:keyword>"
        "<imsmd:keyword><imsmd:langstring>signs</imsmd:langstring></imsmd:keyword></imsmd:general>"
        "<imsmd:educational><imsmd:difficulty><imsmd:value>difficult</imsmd:value></imsmd:difficulty></imsmd:educational>"
        "<imsmd:classification><imsmd:taxonPath><imsmd:taxon><imsmd:entry><imsmd:langstring>Traffic</imsmd:langstring>"
        "</imsmd:entry></imsmd:taxon></imsmd:taxonPath></imsmd:classification></imsmd:lom></metadata>"
    )
    untitled = written(CHOICE.replace('title="Signs"', ""))
    data = package(("a.xml", untitled), resources=[resource("a.xml", metadata=metadata)])
    question = next(read_qti(data)[0].questions())
    assert (question.name, question.tags, question.topic, question.difficulty) == (
        "From the manifest", ("road", "signs"), "Traffic", "HARD",
    )  # fmt: skip


def test_items_that_no_test_asks_are_told():
    test = exam(part_of(section(ref("items/a.xml"))))
    _, report = read_qti(with_test(test, *items("a", "b")))
    assert [(row.path, row.outcome) for row in report.rows] == [("items/a.xml", "taken"), ("items/b.xml", "ignored")]


def test_one_item_that_cannot_be_read_does_not_stop_the_others():
    data = package(
        ("a.xml", asking("a")), ("b.xml", b"<assessmentItem>\n<p"), ("c.xml", b"<quiz/>"), ("d.xml", asking("d"))
    )
    found, report = read_qti(data)
    assert shape(found) == [("Questions", None, [["a", "d"]])]
    assert [(row.path, row.outcome, row.line) for row in report.rows if row.outcome != "taken"] == [
        ("b.xml", "refused", 2), ("c.xml", "refused", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        (zipped(("readme.txt", b"x")), "no_questions", ""),
        (package(("x.png", picture()), resources=[]), "no_questions", "imsmanifest.xml"),
        (package(("a.xml", b"x"), resources=[resource("gone.xml")]), "file_missing", "imsmanifest.xml"),
        (zipped(("imsmanifest.xml", b"<manifest>")), "broken_xml", "imsmanifest.xml"),
        (zipped(("imsmanifest.xml", b"<html/>")), "not_qti", "imsmanifest.xml"),
        (with_test(exam(part_of(section(ref("items/gone.xml")))), *items("a")), "file_missing", "test.xml"),
        (with_test(CHOICE, *items("a")), "not_qti", "test.xml"),
        (b"<quiz/>", "not_qti", ""),
        (b'<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"/>', "not_qti", ""),
        (b"", "file_empty", ""),
    ],
)
def test_packages_that_cannot_be_read_say_where(data, code, path):
    refused = refusal(data)
    assert (refused.code, refused.path) == (code, path)


def test_two_resources_of_one_name_are_refused():
    data = package(
        *items("a", "b"), resources=[resource("items/a.xml", name="x"), "\n", resource("items/b.xml", name="x")]
    )
    assert (refusal(data).code, refusal(data).line) == ("duplicate_identifier", 2)


def test_qti_1_is_told_of():
    old = '<resource identifier="old" type="imsqti_xmlv1p2" href="old.xml"><file href="old.xml"/></resource>'
    data = package(("old.xml", b"<questestinterop/>"), *items("a"), resources=[old, resource("items/a.xml")])
    assert "QTI 1" in read_qti(data)[1].notes[0]
    assert "QTI 1" in read_qti(zipped(("old.xml", b"<questestinterop/>"), *items("a")))[1].notes[1]


def test_somebody_can_watch_and_stop():
    seen = []
    read_qti(package(*items(*"abc")), watch=seen.append)
    assert seen == [0, 1, 2, 3]

    def stop(done):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        read_qti(package(*items("a")), watch=stop)


def test_a_picture_that_many_items_show_is_one():
    shown = CHOICE.replace("<p>Which", '<p><img src="../x.png" alt=""/>Which')
    data = package(("items/a.xml", written(shown)), ("items/b.xml", written(shown)), ("x.png", picture()))
    one, other = read_qti(data)[0].questions()
    assert one.files[0] is other.files[0]


def test_a_file_of_somebody_else_does_not_end_the_names():
    """The same name in two folders is two files."""
    body = CHOICE.replace("<p>Which", '<p><img src="../one/x.png" alt=""/><img src="../two/x.png" alt=""/>Which')
    data = package(("items/a.xml", written(body)), ("one/x.png", picture()), ("two/x.png", picture(size=(5, 5))))
    question = next(read_qti(data)[0].questions())
    assert [file.name for file in question.files] == ["x.png", "x-2.png"]
    assert question.text.startswith('<p><img src="media:x.png"><img src="media:x-2.png">')
