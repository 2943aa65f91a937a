"""Packages of QTI."""

from __future__ import annotations

from tests.apps.mock_tests.hostile.case import ITEM, ONE_BAD, Case
from tests.apps.mock_tests.hostile.making import (
    CHOICE,
    PDF,
    SVG,
    asking,
    bomb,
    choices,
    declared,
    exam,
    huge_png,
    item,
    manifest,
    many_attributes,
    of_choices,
    package,
    part_of,
    qti,
    ref,
    resource,
    section,
    written,
    zipped,
)

QTI = [
    Case(
        "qti: a manifest with an entity bomb",
        lambda: zipped(("imsmanifest.xml", bomb().replace("quiz", "manifest").encode() + manifest())),
        "doctype_refused",
        "/files/imsmanifest.xml/line/1",
    ),
    Case(
        "qti: a manifest cut off",
        lambda: zipped(("imsmanifest.xml", manifest()[:-4])),
        "broken_xml",
        "/files/imsmanifest.xml/line/1",
    ),
    Case(
        "qti: a manifest that names files outside",
        lambda: package(("a.xml", b"<a/>"), resources=[resource("../../etc/passwd")]),
        "file_missing",
        "/files/imsmanifest.xml/line/1",
    ),
    Case(
        "qti: two resources of one name",
        lambda: package(("a.xml", b"<a/>"), resources=[resource("a.xml", name="x"), "\n", resource("a.xml", name="x")]),
        "duplicate_identifier",
        "/files/imsmanifest.xml/line/2",
    ),
    Case(
        "qti: an item that is a file of the server",
        lambda: qti(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + written(CHOICE).partition(b"\n")[2]),
        ONE_BAD,
        f"{ITEM}/1",
    ),
    Case("qti: an item cut off", lambda: qti(written(CHOICE)[:-9]), ONE_BAD, f"{ITEM}/2"),
    Case(
        "qti: an item in UTF-16 cut off",
        lambda: qti(written(CHOICE).decode()[38:].encode("utf-16")[:-9]),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: an item nested ten thousand deep",
        lambda: qti(asking("<div>" * 10_000 + "</div>" * 10_000)),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: an item with a tag of three megabytes",
        lambda: qti(asking(many_attributes(250_000))),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case("qti: two thousand choices", lambda: qti(of_choices(2_000)), ONE_BAD, f"{ITEM}/2"),
    Case("qti: two choices of one name", lambda: qti(CHOICE.replace('"C"', '"A"')), ONE_BAD, f"{ITEM}/2"),
    Case("qti: a key that names no choice", lambda: qti(CHOICE.replace("<value>B", "<value>X")), ONE_BAD, f"{ITEM}/2"),
    Case("qti: weights that add up to more than the marks", lambda: qti(_weighted()), ONE_BAD, f"{ITEM}/2"),
    Case(
        "qti: rules without end",
        lambda: qti(
            _ruled("<sum>" + "".join(f'<baseValue baseType="float">{n}</baseValue>' for n in range(30_000)) + "</sum>")
        ),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: rules that compute the impossible",
        lambda: qti(
            _ruled(
                "<product>"
                + "".join(f'<baseValue baseType="float">{n}e98</baseValue>' for n in range(1, 11_000))
                + "</product>"
            )
        ),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a program in the rules",
        lambda: qti(_ruled('<customOperator class="java.lang.Runtime"/>')),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: an inclusion",
        lambda: qti(asking('<p><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/></p>')),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case("qti: a script", lambda: qti(asking("<p><script>alert(1)</script></p>")), ONE_BAD, f"{ITEM}/2"),
    Case(
        "qti: a script in an SVG",
        lambda: qti(asking('<p><img src="x.svg" alt=""/></p>'), ("items/x.svg", SVG)),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a recording that is a PDF",
        lambda: qti(asking('<p><object data="x.mp3" type="audio/mpeg"/></p>'), ("items/x.mp3", PDF)),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a picture of 10,000 by 10,000",
        lambda: qti(asking('<p>?<img src="x.png" alt=""/></p>'), ("items/x.png", huge_png(10_000, 10_000))),
        "media_too_large",
        f"{ITEM}/2",
    ),
    Case(
        "qti: a picture from elsewhere",
        lambda: qti(asking('<p><img src="http://127.0.0.1:1/a.png" alt=""/></p>')),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a picture outside the package",
        lambda: qti(asking('<p><img src="../../etc/passwd" alt=""/></p>')),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a stimulus that shows itself",
        lambda: _with_stimulus('<qti-assessment-stimulus-ref identifier="s" href="s.xml"/>'),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case("qti: a stimulus with an entity", lambda: _with_stimulus("&boom;"), ONE_BAD, f"{ITEM}/2"),
    Case(
        "qti: sections in a circle",
        lambda: package(
            ("test.xml", written(exam(part_of('<assessmentSectionRef identifier="s" href="s.xml"/>')))),
            ("s.xml", written(section('<assessmentSectionRef identifier="s" href="s.xml"/>'))),
            ("a.xml", written(CHOICE)),
            resources=[resource("test.xml", "test"), resource("a.xml")],
        ),
        "cyclic_reference",
        "/files/s.xml/line/2",
    ),
    Case(
        "qti: sections that are too deep",
        lambda: _with_test(
            exam(
                part_of(
                    '<assessmentSection identifier="s" title="S" visible="true">' * 25
                    + ref("items/one.xml")
                    + "</assessmentSection>" * 25
                )
            )
        ),
        "too_deep",
        "/files/test.xml/line/2",
    ),
    Case(
        "qti: a test whose items are not there",
        lambda: _with_test(exam(part_of(section(ref("gone.xml"))))),
        "file_missing",
        "/files/test.xml/line/2",
    ),
    Case(
        "qti: QTI 1",
        lambda: b'<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"/>',
        "not_qti",
        format="qti22",
    ),
    Case(
        "qti: places on a picture",
        lambda: qti(CHOICE.replace("match_correct", "map_response_point")),
        ONE_BAD,
        f"{ITEM}/2",
    ),
    Case(
        "qti: a value for each taker",
        lambda: qti(CHOICE.replace("<itemBody>", "<templateProcessing/><itemBody>")),
        ONE_BAD,
        f"{ITEM}/2",
    ),
]


def _ruled(expression):
    said = f'<setOutcomeValue identifier="SCORE">{expression}</setOutcomeValue>'
    head, _, tail = CHOICE.partition("<responseProcessing")
    return f"{head}<responseProcessing>{said}</responseProcessing></assessmentItem>{tail[:0]}"


def _weighted():
    mapping = (
        '<mapping upperBound="1"><mapEntry mapKey="A" mappedValue="1"/><mapEntry mapKey="B" mappedValue="1"/></mapping>'
    )
    key = declared(["A", "B"], cardinality="multiple", mapping=mapping)
    body = choices(("A", "a"), ("B", "b"), ("C", "c"))
    asked = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="0">{body}</choiceInteraction>'
    return item(f"<p>?</p>{asked}", key)


def _with_stimulus(inner):
    stimulus = written(
        f'<assessmentStimulus identifier="s" title="S"><stimulusBody><p>x</p>{inner}</stimulusBody></assessmentStimulus>',
        "3.0",
    )
    shown = CHOICE.replace("<itemBody>", '<assessmentStimulusRef identifier="s" href="../s.xml"/><itemBody>')
    return package(("items/one.xml", written(shown, "3.0")), ("s.xml", stimulus), resources=[resource("items/one.xml")])


def _with_test(test):
    return package(
        ("test.xml", written(test)), ("items/one.xml", written(CHOICE)),
        resources=[resource("test.xml", "test"), resource("items/one.xml")],
    )  # fmt: skip
