"""Items and packages of QTI as they are written elsewhere: in all versions, and with the habits of several tools."""

from __future__ import annotations

import re

from tests.apps.mock_tests.test_archives import zipped

SPACES = {
    "2.0": "http://www.imsglobal.org/xsd/imsqti_v2p0",
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
_PLAIN = frozenset(
    "p div span br hr img a b i u s em strong sub sup h1 h2 h3 table tr td th tbody thead caption ul ol li dl dt dd pre"
    " ruby rb rt rp object audio video source math code small blockquote script cite q abbr col colgroup style".split()
)
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def processed(name):
    """Marking by one of the usual ways."""
    return f'<responseProcessing template="{TEMPLATES}{name}"/>'


def declared(values=(), *, base="identifier", cardinality="single", mapping="", name="RESPONSE"):
    key = "".join(f"<value>{value}</value>" for value in values)
    correct = f"<correctResponse>{key}</correctResponse>" if values else ""
    said = f'identifier="{name}" cardinality="{cardinality}" baseType="{base}"'
    return f"<responseDeclaration {said}>{correct}{mapping}</responseDeclaration>"


def mapped(entries, **bounds):
    said = "".join(f' {name}="{value}"' for name, value in bounds.items())
    inner = "".join(f'<mapEntry mapKey="{key}" mappedValue="{worth}"/>' for key, worth in entries)
    return f"<mapping{said}>{inner}</mapping>"


SCORE = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'


def item(body, *declarations, processing="", after="", title="An item", name="item", outcomes=SCORE, attributes=""):
    """An item in the names of QTI 2, without a namespace."""
    return (
        f'<assessmentItem identifier="{name}" title="{title}" adaptive="false" timeDependent="false"{attributes}>'
        f"{''.join(declarations)}{outcomes}<itemBody>{body}</itemBody>{processing}{after}</assessmentItem>"
    )


def choices(*options, tag="simpleChoice"):
    return "".join(f'<{tag} identifier="{name}">{text}</{tag}>' for name, text in options)


def written(xml, version="2.1"):
    """The same in the names and the namespace of a version; ``prefixed`` and ``bom`` as some tools write 2.1."""
    if version == "3.0":
        xml = re.sub(r"(</?)([A-Za-z]\w*)((?:\s[^<>]*?)?)(/?>)", _in_three, xml)
    if version == "prefixed":
        xml = re.sub(r"(</?)([A-Za-z]\w*)(?=[\s/>])", lambda tag: f"{tag[1]}q:{tag[2]}", xml)
        return _declared(xml, f' xmlns:q="{SPACES["2.1"]}"')
    if version == "bare":
        return xml.encode()
    if version == "bom":
        return b"\xef\xbb\xbf" + _declared(xml, f' xmlns="{SPACES["2.2"]}"')
    return _declared(xml, f' xmlns="{SPACES[version]}"')


def _declared(xml, space):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + re.sub(r"^<([\w:\-]+)", rf"<\1{space}", xml)).encode()


def _in_three(tag):
    opening, name, attributes, closing = tag.groups()
    if name in _PLAIN or name[0].isupper() or attributes.startswith(" xmlns="):
        return tag.group()
    named = re.sub(r"([A-Za-z]+)(?==\")", lambda attribute: _kebab(attribute[1]), attributes)
    return f"{opening}qti-{_kebab(name)}{named}{closing}"


def _kebab(name):
    return _CAPITAL.sub(r"-\1", name).lower()


def resource(path, kind="item", version="2.1", name=None, metadata="", depends=()):
    name = name or re.sub(r"\W", "-", path)
    refs = "".join(f'<dependency identifierref="{other}"/>' for other in depends)
    said = f'identifier="{name}" type="imsqti_{kind}_xmlv{version.replace(".", "p")}" href="{path}"'
    return f'<resource {said}>{metadata}<file href="{path}"/>{refs}</resource>'


def manifest(*resources, title=""):
    said = f"<general><title><string>{title}</string></title></general>" if title else ""
    metadata = f'<metadata><lom xmlns="http://ltsc.ieee.org/xsd/LOM">{said}</lom></metadata>' if title else ""
    return (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m">'
        f"{metadata}<organizations/><resources>{''.join(resources)}</resources></manifest>"
    ).encode()


def package(*files, resources=None, title=""):
    """A package of named files; without ``resources`` all XML in it are items."""
    if resources is None:
        resources = [resource(name) for name, _ in files if name.endswith(".xml")]
    return zipped(("imsmanifest.xml", manifest(*resources, title=title)), *files)


def exam(*parts, title="An exam", before="", after=""):
    """A test in the names of QTI 2."""
    inner = "".join(parts)
    return f'<assessmentTest identifier="test" title="{title}">{before}{inner}{after}</assessmentTest>'


def part_of(*sections, limits="", name="P1"):
    said = f'identifier="{name}" navigationMode="linear" submissionMode="individual"'
    return f"<testPart {said}>{limits}{''.join(sections)}</testPart>"


def section(*inner, title="S", name="s", limits="", before=""):
    return (
        f'<assessmentSection identifier="{name}" title="{title}" visible="true">'
        f"{limits}{before}{''.join(inner)}</assessmentSection>"
    )


def minutes(count):
    return f'<timeLimits maxTime="{count * 60}"/>'


def ref(path, name="i", inner="", attributes=""):
    return f'<assessmentItemRef identifier="{name}" href="{path}"{attributes}>{inner}</assessmentItemRef>'


def rubric(text, use="", view="candidate"):
    said = f' use="{use}"' if use else ""
    return f'<rubricBlock view="{view}"{said}>{text}</rubricBlock>'


CHOICE = item(
    "<p>Which sign forbids parking?</p>"
    '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1"><prompt>Choose one.</prompt>'
    + choices(("A", "the red one"), ("B", "the <b>blue</b> one"), ("C", "neither"))
    + "</choiceInteraction>",
    declared(["B"]),
    processing=processed("match_correct"),
    title="Signs",
)
"""A single choice as simple as they come."""
