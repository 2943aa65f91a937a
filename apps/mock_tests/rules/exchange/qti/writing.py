"""Writing a test as a QTI package: a manifest, the test, an item for each question, and the files that they show."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.markup import Dialect, Version
from apps.mock_tests.rules.exchange.qti.packaging import MANIFEST
from apps.mock_tests.rules.exchange.qti.reading import INSTRUCTIONS, PASSAGE
from apps.mock_tests.rules.texts.richtext import without_control_characters
from apps.mock_tests.rules.types.registry import mappings

_QTI: Final = {
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
_MANIFEST: Final = {
    "2.1": "http://www.imsglobal.org/xsd/imscp_v1p1",
    "2.2": "http://www.imsglobal.org/xsd/imscp_v1p1",
    "3.0": "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
}
_SCHEMA: Final = {
    "2.1": ("QTIv2.1 Package", "1.0.0"),
    "2.2": ("QTIv2.2 Package", "1.0.0"),
    "3.0": ("QTI Package", "3.0.0"),
}
_METADATA: Final = "http://ltsc.ieee.org/xsd/LOM"
_TOOL: Final = "Shiken"
_DIFFICULTIES: Final = {"EASY": "easy", "MEDIUM": "medium", "HARD": "difficult"}
_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of all files of a package, so that the same test gives the same bytes."""
_LANGUAGE: Final = "x-none"


def writer(version: Version) -> Callable[[DraftTest], tuple[bytes, dict[str, str]]]:
    """Writes tests in one version of QTI."""

    def write(test: DraftTest) -> tuple[bytes, dict[str, str]]:
        return _Writing(Dialect(version)).package(test)

    return write


@dataclass(slots=True)
class _Resource:
    """An entry of the manifest."""

    identifier: str
    type: str
    path: str
    files: list[str] = field(default_factory=list)
    depends: list[str] = field(default_factory=list)
    metadata: str = ""


class _Writing:
    """One package."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._mappings: Mapping[str, QtiMapping] = mappings("qti", QtiMapping)
        self._resources: list[_Resource] = []
        self._media: dict[str, DraftFile] = {}
        self._paths: dict[int, str] = {}
        self._left_out: dict[str, str] = {}
        self._packed = io.BytesIO()
        self._zip = zipfile.ZipFile(self._packed, "w", zipfile.ZIP_DEFLATED)
        self._items = 0
        self._stimuli = 0
        self._groups = 0

    def package(self, test: DraftTest) -> tuple[bytes, dict[str, str]]:
        """The package, and reasons by pointer for what is left out."""
        whole = _Resource("test", self._type("test"), "test.xml")
        parts = "".join(
            self._section(section, f"/sections/{place}", place, whole) for place, section in enumerate(test.sections)
        )
        self._resources.insert(0, whole)
        self._put(whole.path, self._test(test, parts))
        self._put(MANIFEST, self._manifest(test))
        for path, file in self._media.items():
            self._put(path, file.content)
        self._zip.close()
        return self._packed.getvalue(), self._left_out

    def _put(self, path: str, content: str | bytes) -> None:
        entry = zipfile.ZipInfo(path, _DATE)
        entry.external_attr = 0o644 << 16
        packed = zipfile.ZIP_STORED if isinstance(content, bytes) else zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, content.encode() if isinstance(content, str) else content, packed)

    def _type(self, kind: str) -> str:
        return f"imsqti_{kind}_xmlv{self._dialect.version.replace('.', 'p')}"

    # -- the test --------------------------------------------------------------------------------------------------

    def _test(self, test: DraftTest, parts: str) -> str:
        tag = self._dialect.tag
        score = {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
        total = tag("sum", {}, tag("testVariables", {"variableIdentifier": "SCORE"}))
        processing = tag("outcomeProcessing", {}, tag("setOutcomeValue", {"identifier": "SCORE"}, total))
        inner = (tag("outcomeDeclaration", score), parts or self._empty_part(), processing)
        return self._document("assessmentTest", {"identifier": "test", "title": test.title}, *inner)

    def _section(self, section: DraftSection, pointer: str, place: int, whole: _Resource) -> str:
        tag, name = self._dialect.tag, f"section-{place + 1}"
        groups = [
            self._group(group, f"{pointer}/question_groups/{number}", whole)
            for number, group in enumerate(section.groups)
        ]
        written = [group for group in groups if group]
        if not written:
            return ""
        limits = tag("timeLimits", {"maxTime": str(section.minutes * 60)}) if section.minutes else ""
        said = {"identifier": name, "title": section.name, "visible": "true"}
        inner = tag("assessmentSection", said, limits, *written)
        modes = {"identifier": f"part-{place + 1}", "navigationMode": "nonlinear", "submissionMode": "simultaneous"}
        return tag("testPart", modes, inner)

    def _empty_part(self) -> str:
        tag = self._dialect.tag
        section = tag("assessmentSection", {"identifier": "section-1", "title": "", "visible": "true"})
        modes = {"identifier": "part-1", "navigationMode": "nonlinear", "submissionMode": "simultaneous"}
        return tag("testPart", modes, section)

    def _group(self, group: DraftGroup, pointer: str, whole: _Resource) -> str:
        tag = self._dialect.tag
        near = self._addresses(group.files, "", whole)
        rubrics, stimulus = "", ""
        if group.instruction:
            rubrics += self._rubric(INSTRUCTIONS, self._dialect.block(group.instruction, near))
        if self._dialect.is_three:
            stimulus = self._stimulus(group)
        elif passage := self._passage(group, near):
            rubrics += self._rubric(PASSAGE, passage)
        refs = [self._item(q, f"{pointer}/questions/{n}", stimulus, whole) for n, q in enumerate(group.questions)]
        written = [ref for ref in refs if ref]
        if not written:
            return ""
        self._groups += 1
        said = {"identifier": f"group-{self._groups}", "title": group.title, "visible": _flag(bool(group.title))}
        return tag("assessmentSection", said, rubrics, *written)

    def _passage(self, group: DraftGroup, address: Callable[[str], str]) -> str:
        text = self._dialect.block(group.reading_text, address) if group.reading_text else ""
        played = (file for file in group.files if file.kind == "audio")
        return text + "".join(self._dialect.recording(address(file.name), file.media_type) for file in played)

    def _rubric(self, use: str, inner: str) -> str:
        tag = self._dialect.tag
        content = tag("contentBody", {}, inner) if self._dialect.is_three else inner
        return tag("rubricBlock", {"view": "candidate", "use": use}, content)

    def _stimulus(self, group: DraftGroup) -> str:
        """The passage in a file of its own; returns its resource's name, or nothing where there is no passage."""
        name = f"stimulus-{self._stimuli + 1}"
        resource = _Resource(name, self._type("stimulus"), f"stimuli/{name}.xml")
        passage = self._passage(group, self._addresses(group.files, "../", resource))
        if not passage:
            return ""
        self._stimuli += 1
        body = self._dialect.tag("stimulusBody", {}, passage)
        said = {"identifier": name, "title": group.title}
        self._put(resource.path, self._document("assessmentStimulus", said, body))
        self._resources.append(resource)
        return name

    def _addresses(self, files: Iterable[DraftFile], up: str, resource: _Resource) -> Callable[[str], str]:
        """Where the files of a text lie, seen from the file of a resource, which then names them."""
        known = {file.name: file for file in files}

        def address(name: str) -> str:
            if name not in known:
                return ""
            path = self._path(known[name])
            if path not in resource.files:
                resource.files.append(path)
            return f"{up}{path}"

        return address

    def _path(self, file: DraftFile) -> str:
        """The place of a file in the package; the same bytes under the same name have one."""
        if id(file) not in self._paths:
            digest = hashlib.sha256(file.content).hexdigest()[:16]
            path = f"media/{digest}/{file.name}"
            self._media.setdefault(path, file)
            self._paths[id(file)] = path
        return self._paths[id(file)]

    # -- items -----------------------------------------------------------------------------------------------------

    def _item(self, question: DraftQuestion, pointer: str, stimulus: str, whole: _Resource) -> str:
        mapping = self._mappings.get(question.type)
        if mapping is None:
            self._left_out[pointer] = "The format has no such questions."
            return ""
        self._items += 1
        name = f"item-{self._items}"
        resource = _Resource(name, self._type("item"), f"items/{name}.xml", metadata=self._labels(question))
        if stimulus:
            resource.depends.append(stimulus)
        writing = ItemWriting(question, self._dialect, self._addresses(question.files, "../", resource))
        mapping.write(question, writing)
        said = {"identifier": name, "title": question.name, "adaptive": "false", "timeDependent": "false"}
        ref = {"identifier": stimulus, "href": f"../stimuli/{stimulus}.xml"}
        parts = (
            writing.parts(),
            self._dialect.tag("assessmentStimulusRef", ref) if stimulus else "",
            writing.body(),
            writing.processing(),
            writing.feedback(),
        )
        self._put(resource.path, self._document("assessmentItem", said, *parts))
        self._resources.append(resource)
        whole.depends.append(name)
        return self._dialect.tag("assessmentItemRef", {"identifier": name, "href": resource.path})

    def _document(self, name: str, attributes: Mapping[str, str], *inner: str) -> str:
        said = {"xmlns": _QTI[self._dialect.version], **attributes}
        tool = {"toolName": _TOOL, "toolVersion": "1"} if name in ("assessmentItem", "assessmentTest") else {}
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self._dialect.tag(name, {**said, **tool}, *inner)}\n'

    # -- the manifest ----------------------------------------------------------------------------------------------

    def _manifest(self, test: DraftTest) -> str:
        schema, number = _SCHEMA[self._dialect.version]
        about = (
            f"<metadata><schema>{schema}</schema><schemaversion>{number}</schemaversion>"
            f"{_metadata(_general(test.title, ()))}</metadata>"
        )
        media = [_Resource(f"file-{number}", "webcontent", path) for number, path in enumerate(self._media, 1)]
        names = {resource.path: resource.identifier for resource in media}
        resources = "".join(_resource(resource, names) for resource in (*self._resources, *media))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<manifest xmlns="{_MANIFEST[self._dialect.version]}" identifier="package">{about}<organizations/>'
            f"<resources>{resources}</resources></manifest>\n"
        )

    def _labels(self, question: DraftQuestion) -> str:
        inner = _general(question.name, question.tags)
        if question.difficulty in _DIFFICULTIES:
            level = _DIFFICULTIES[question.difficulty]
            inner += f"<educational><difficulty><value>{level}</value></difficulty></educational>"
        if question.topic:
            entry = f"<taxonPath><taxon><entry>{_string(question.topic)}</entry></taxon></taxonPath>"
            inner += f"<classification>{entry}</classification>"
        return _metadata(inner)


def _resource(resource: _Resource, names: Mapping[str, str]) -> str:
    metadata = f"<metadata>{resource.metadata}</metadata>" if resource.metadata else ""
    depends = [*(names[path] for path in resource.files if path in names), *resource.depends]
    refs = "".join(f'<dependency identifierref="{name}"/>' for name in depends)
    path = _escaped(resource.path)
    return (
        f'<resource identifier="{resource.identifier}" type="{resource.type}" href="{path}">'
        f'{metadata}<file href="{path}"/>{refs}</resource>'
    )


def _metadata(inner: str) -> str:
    return f'<lom xmlns="{_METADATA}">{inner}</lom>'


def _general(title: str, keywords: tuple[str, ...]) -> str:
    said = f"<title>{_string(title)}</title>" if title else ""
    return f"<general>{said}{''.join(f'<keyword>{_string(word)}</keyword>' for word in keywords)}</general>"


def _string(text: str) -> str:
    return f'<string language="{_LANGUAGE}">{_escaped(text)}</string>'


def _escaped(text: str) -> str:
    return escape(without_control_characters(text))


def _flag(value: bool) -> str:
    return "true" if value else "false"
