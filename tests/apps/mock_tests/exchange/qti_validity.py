"""What makes a package of QTI valid in its version, as far as it concerns what is ever written."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

SPACES = {
    "qti21": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "qti22": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "qti30": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
ORDER = [
    "responseDeclaration", "outcomeDeclaration", "assessmentStimulusRef", "itemBody", "responseProcessing",
    "modalFeedback",
]  # fmt: skip
NEEDED = {
    "assessmentItem": {"identifier", "title", "adaptive", "timeDependent"},
    "assessmentTest": {"identifier", "title"},
    "testPart": {"identifier", "navigationMode", "submissionMode"},
    "assessmentSection": {"identifier", "title", "visible"},
    "assessmentItemRef": {"identifier", "href"},
    "assessmentStimulus": {"identifier", "title"},
    "assessmentStimulusRef": {"identifier", "href"},
    "responseDeclaration": {"identifier", "cardinality", "baseType"},
    "outcomeDeclaration": {"identifier", "cardinality"},
    "mapEntry": {"mapKey", "mappedValue"},
    "choiceInteraction": {"responseIdentifier", "maxChoices", "shuffle"},
    "orderInteraction": {"responseIdentifier", "shuffle"},
    "matchInteraction": {"responseIdentifier", "maxAssociations", "shuffle"},
    "inlineChoiceInteraction": {"responseIdentifier", "shuffle"},
    "textEntryInteraction": {"responseIdentifier"},
    "extendedTextInteraction": {"responseIdentifier"},
    "simpleChoice": {"identifier"},
    "inlineChoice": {"identifier"},
    "simpleAssociableChoice": {"identifier", "matchMax"},
    "modalFeedback": {"outcomeIdentifier", "identifier", "showHide"},
    "rubricBlock": {"view"},
    "baseValue": {"baseType"},
    "variable": {"identifier"},
    "correct": {"identifier"},
    "setOutcomeValue": {"identifier"},
    "stringMatch": {"caseSensitive"},
    "equal": {"toleranceMode"},
    "index": {"n"},
    "img": {"src", "alt"},
    "timeLimits": {"maxTime"},
}
BLOCKS = {"p", "div", "table", "ul", "ol", "dl", "pre", "blockquote", "hr", "h3", "h4", "h5", "h6", "rubricBlock",
          "choiceInteraction", "orderInteraction", "matchInteraction", "extendedTextInteraction"}  # fmt: skip
NOT_IN_2 = {"u", "s", "audio", "video"}
RUBY_TAGS = {"ruby", "rb", "rt", "rp", "rtc"}
NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)


def check(content, to):
    """The rules of the version, as far as they concern what is ever written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert len(files) == len(set(files))
    named = check_manifest(ElementTree.fromstring(files["imsmanifest.xml"]), set(files), to)
    for path, data in files.items():
        if path.endswith(".xml") and path != "imsmanifest.xml":
            root = ElementTree.fromstring(data)
            check_elements(root, to)
            if path.startswith("items/"):
                check_item(root)
            for href in {*attributes(root, "href"), *attributes(root, "src"), *attributes(root, "data")}:
                assert resolved(path, href) in files, (path, href)
                assert resolved(path, href) in named


def check_manifest(root, files, to):
    resources = [element for element in root.iter() if local(element) == "resource"]
    paths = {element.get("href") for element in resources}
    assert paths == files - {"imsmanifest.xml"}
    identifiers = [element.get("identifier") for element in resources]
    assert len(set(identifiers)) == len(identifiers)
    assert all(NAME.fullmatch(identifier) for identifier in identifiers)
    for element in root.iter():
        if local(element) == "dependency":
            assert element.get("identifierref") in identifiers
        if local(element) == "resource" and element.get("href").startswith("items/"):
            assert element.get("type") == f"imsqti_item_xmlv{to[3]}p{to[4]}"
            assert local(element[-1]) in ("dependency", "file")
    return paths


def check_elements(root, to):
    names = {local(element) for element in root.iter()}
    assert {element.tag.partition("}")[0].lstrip("{") for element in root.iter()} == {SPACES[to]}
    if to == "qti30":
        assert all(name == name.lower() for name in names)
    else:
        assert not names & NOT_IN_2
        assert not any(name.startswith("qti-") for name in names)
        assert to == "qti22" or not names & RUBY_TAGS
    for element in root.iter():
        missing = NEEDED.get(camel(local(element)), set()) - {camel(name) for name in element.attrib}
        assert not missing, (local(element), missing)
    for name in {*attributes(root, "identifier"), *attributes(root, "responseIdentifier")}:
        assert NAME.fullmatch(name), name


def check_item(root):
    order = [ORDER.index(camel(local(child))) for child in root]
    assert order == sorted(order)
    body = next(child for child in root if camel(local(child)) == "itemBody")
    assert all(camel(local(child)) in BLOCKS for child in body)
    assert not (body.text or "").strip()
    declared = {child.get("identifier") for child in root if camel(local(child)) == "responseDeclaration"}
    outcomes = {child.get("identifier") for child in root if camel(local(child)) == "outcomeDeclaration"}
    assert set(attributes(root, "responseIdentifier")) == declared
    assert set(attributes(root, "outcomeIdentifier")) <= outcomes
    for element in root.iter():
        if camel(local(element)) in ("variable", "correct", "mapResponse", "setOutcomeValue"):
            assert element.get("identifier") in declared | outcomes
    choices = [e.get("identifier") for e in body.iter() if camel(local(e)).endswith("Choice") and e.get("identifier")]
    assert len(set(choices)) == len(choices)


def local(element):
    return element.tag.rpartition("}")[2]


def camel(name):
    return re.sub(r"-(\w)", lambda match: match[1].upper(), name.removeprefix("qti-"))


def attributes(root, name):
    return [value for element in root.iter() for key, value in element.items() if camel(key) == name]


def resolved(base, href):
    parts = base.split("/")[:-1]
    for part in href.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)
