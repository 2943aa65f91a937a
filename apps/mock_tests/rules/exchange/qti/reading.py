"""Reading a QTI package, or a single item, as a test with a report of what became of each of its items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
    ReportRow,
)
from apps.mock_tests.rules.exchange.given import given_of
from apps.mock_tests.rules.exchange.limits import MAX_MARKS
from apps.mock_tests.rules.exchange.qti.body import Markup, for_takers
from apps.mock_tests.rules.exchange.qti.files import Shelf, recordings
from apps.mock_tests.rules.exchange.qti.findings import Findings, Refused
from apps.mock_tests.rules.exchange.qti.item import Item
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.packaging import ITEM, STIMULUS, Package, Resource, open_package
from apps.mock_tests.rules.exchange.qti.structure import ItemRef, Part, Structure, read_structure
from apps.mock_tests.rules.exchange.reading import Source, Watch, nobody
from apps.mock_tests.rules.exchange.sections import level_in, section_type
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.registry import TYPES, mappings

MOST_NOTES: Final = 100
PASSAGE: Final = "sharedstimulus"
INSTRUCTIONS: Final = "instructions"
_LONG: Final = 200
"""A rubric with more characters than this is a passage, if it does not say what it is."""


def read_qti(source: Source, /, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]:
    """What the package holds as a test, and what became of each of its items. Raises `UnreadableFile` when the package as
    a whole cannot be read; an item that cannot be taken is a refused row."""
    package = open_package(source)
    watch(0)
    findings = Findings()
    structure = read_structure(package, findings)
    reading = _Reading(package, structure, watch)
    sections = tuple(section for part in structure.parts if (section := reading.section(part)).groups)
    test = DraftTest(structure.title, level_in(structure.title), sections)
    notes = tuple(dict.fromkeys([*package.notes, *findings.notes]))[:MOST_NOTES]
    return test, ImportReport((*reading.rows, *reading.left_over()), notes)


@dataclass(slots=True)
class _Shared:
    """What items that stand together share, as far as it is read."""

    title: str = ""
    instruction: str = ""
    passage: str = ""
    files: tuple[DraftFile, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class _Group:
    """Items that stand together: in one section, with the same stimuli."""

    section: Element | None
    stimuli: tuple[str, ...]
    questions: list[DraftQuestion] = field(default_factory=list)


class _Reading:
    """One package on its way to a test."""

    def __init__(self, package: Package, structure: Structure, watch: Watch) -> None:
        self.rows: list[ReportRow] = []
        self._package = package
        self._structure = structure
        self._watch = watch
        self._mappings: dict[str, QtiMapping] = mappings("qti", QtiMapping)
        self._asked: set[str] = set()
        self._pool: dict[tuple[str, str], DraftFile] = {}
        self._done = 0

    def section(self, part: Part) -> DraftSection:
        groups: list[_Group] = []
        shared: dict[tuple[int, tuple[str, ...]], _Shared] = {}
        for ref in part.items:
            root, stimuli = self._root(ref)
            if root is None:
                continue
            key = (id(ref.section), stimuli)
            if key not in shared:
                first = not any(known == key[0] for known, _ in shared)
                shared[key] = self._shared(ref, stimuli, root, with_rubrics=first)
            question = self._question(ref, root, shared[key])
            if question is None:
                continue
            if not groups or (groups[-1].section, groups[-1].stimuli) != (ref.section, stimuli):
                groups.append(_Group(ref.section, stimuli))
            groups[-1].questions.append(question)
        return DraftSection(
            name=part.name,
            section_type=section_type(part.name),
            groups=tuple(self._group(group, shared[id(group.section), group.stimuli]) for group in groups),
            minutes=part.minutes,
        )

    def left_over(self) -> Iterator[ReportRow]:
        """A row for each item that no test asks."""
        for resource in self._package.of_kind(ITEM):
            if resource.path not in self._asked:
                reason = "No test of the package holds it."
                yield ReportRow(1, ITEM, resource.title or resource.identifier, "ignored", (reason,), resource.path)

    @staticmethod
    def _group(group: _Group, shared: _Shared) -> DraftGroup:
        questions = tuple(group.questions)
        return DraftGroup(shared.title, shared.instruction, shared.passage, shared.files, questions)

    # -- items -----------------------------------------------------------------------------------------------------

    def _root(self, ref: ItemRef) -> tuple[Element | None, tuple[str, ...]]:
        """The item of a reference, and the paths of its stimuli; a row if it cannot be read."""
        self._asked.add(ref.path)
        self._done += 1
        self._watch(self._done)
        try:
            root = self._package.root(ref.path)
        except UnreadableFile as refusal:
            name = self._resource(ref.path).title
            self.rows.append(ReportRow(refusal.line, ITEM, name, "refused", (refusal.message,), ref.path))
            return None, ()
        if root.name != ITEM:
            reason = f'It is no item, but "{root.written[:40]}".'
            self.rows.append(ReportRow(root.line, ITEM, "", "refused", (reason,), ref.path))
            return None, ()
        refs = [child for child in root.children if child.name == "assessmentStimulusRef"]
        return root, tuple(self._package.find(ref.path, each.get("href")) or each.get("href") for each in refs)

    def _question(self, ref: ItemRef, root: Element, shared: _Shared) -> DraftQuestion | None:
        findings = Findings()
        resource = self._resource(ref.path)
        untitled = "" if "title" in root.attributes else root.get("identifier")
        name = " ".join((root.get("title") or resource.title or untitled).split())
        question, kind = None, ITEM
        try:
            shelf = Shelf(self._package.archive, self._pool)
            item = Item(root, Markup(ref.path, shelf, findings), findings)
            if not item.interactions:
                reason = "It asks for nothing; what it shows was left out."
                self.rows.append(ReportRow(root.line, ITEM, name, "ignored", (reason,), ref.path))
                return None
            kind = item.interactions[0].name
            question = self._read(item, DraftQuestion("", name, "", line=root.line, path=ref.path))
            question = _with_marks(question, ref.weight)
            question = _with_labels(replace(question, files=shelf.files), resource, ref)
            self._check(question, item, findings)
        except Refused as refusal:
            findings.problem(refusal.reason, refusal.element)
        except UnreadableFile as refusal:
            findings.problem(refusal.message)
        if shared.problem:
            findings.problem(shared.problem)
        self._report(ref, root, kind, name, findings)
        return None if findings.problems else question

    def _read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        mapping = next((mapping for mapping in self._mappings.values() if mapping.takes(item)), None)
        if mapping is None:
            raise _unsupported(item)
        if item.marking.says_nothing and item.only("extendedTextInteraction") is None:
            raise Refused("It does not say which answer is right.", item.root)
        question = mapping.read(item, question)
        if item.marking.unknown_template:
            name = item.marking.unknown_template
            item.findings.note(f'How it is marked ("{name[:40]}") is not known; its right answer earns the marks.')
        return question

    def _check(self, question: DraftQuestion, item: Item, findings: Findings) -> None:
        if not richtext.to_text(question.text) and not question.files:
            findings.problem("The question has neither text nor media.", item.body)
        if recordings(question.files) > 1:
            findings.problem("The question plays more than one recording.", item.body)
        for flaw in TYPES[question.type].reasons(question.text, given_of(question)):
            findings.problem(flaw.detail)

    def _report(self, ref: ItemRef, root: Element, kind: str, name: str, findings: Findings) -> None:
        problems, notes = (tuple(dict.fromkeys(said)) for said in (findings.problems, findings.notes))
        if problems:
            row = ReportRow(findings.line or root.line, kind, name, "refused", problems[:MOST_NOTES], ref.path)
        else:
            row = ReportRow(root.line, kind, name, "partly" if notes else "taken", notes[:MOST_NOTES], ref.path)
        self.rows.append(row)

    def _resource(self, path: str) -> Resource:
        return self._package.resources.get(path) or Resource(ITEM, path)

    # -- what they share -------------------------------------------------------------------------------------------

    def _shared(self, ref: ItemRef, stimuli: Sequence[str], root: Element, *, with_rubrics: bool) -> _Shared:
        """The rubrics of a section, which stand before its first items, and the stimuli of some items."""
        findings, shelf, shared = Findings(), Shelf(self._package.archive, self._pool), _Shared(ref.title)
        passages: list[str] = []
        instructions: list[str] = []
        for rubric in _rubrics(ref.section) if ref.section is not None and with_rubrics else ():
            markup = Markup(self._structure.files.get(id(rubric.parent), ""), shelf, findings)
            before = len(shelf.files)
            text = markup.inner(rubric)
            is_passage = _is_passage(rubric, text, plays=len(shelf.files) > before)
            (passages if is_passage else instructions).append(text)
        for stimulus in stimuli:
            passages.append(self._stimulus(stimulus, shelf, findings, root, shared))
        shared.instruction = "\n".join(filter(None, instructions))
        shared.passage = "\n".join(filter(None, passages))
        shared.files = shelf.files
        if recordings(shelf.files) > 1:
            findings.problem("Its passages play more than one recording.")
        if findings.problems:
            shared.problem = f"What it shares with others was refused: {findings.problems[0]}"
        for note in findings.notes:
            self._package.notes.append(note)
        return shared

    def _stimulus(self, stimulus: str, shelf: Shelf, findings: Findings, root: Element, shared: _Shared) -> str:
        if self._package.archive is None or stimulus not in self._package.archive:
            findings.problem(f'The stimulus "{stimulus[:80]}" is missing.', root.child("assessmentStimulusRef"))
            return ""
        try:
            found = self._package.root(stimulus)
        except UnreadableFile as refusal:
            findings.problem(f"{stimulus}, line {refusal.line}: {refusal.message}")
            return ""
        body = found.child("stimulusBody")
        if found.name != STIMULUS or body is None:
            findings.problem(f'"{stimulus}" is no stimulus with a body.', found)
            return ""
        nested = found.find("assessmentStimulusRef")
        if nested is not None:
            findings.problem("A stimulus refers to another one, or to itself.", nested)
            return ""
        shared.title = shared.title or found.get("title")
        return Markup(stimulus, shelf, findings).inner(body)


def _rubrics(section: Element) -> Iterator[Element]:
    """What the section and those around it show to takers, the outermost first."""
    around = section.parent
    if around is not None and around.name == "assessmentSection" and _first_in(around) is section:
        yield from _rubrics(around)
    for child in section.children:
        if child.name == "rubricBlock" and for_takers(child) and child.get("use") not in ("scoring", "ScoringGuidance"):
            yield child


def _first_in(section: Element) -> Element | None:
    return section.child("assessmentItemRef", "assessmentSection", "assessmentSectionRef")


def _is_passage(rubric: Element, text: str, *, plays: bool) -> bool:
    use = rubric.get("use").casefold()
    if use in (PASSAGE, "passage", "stimulus"):
        return True
    if use.startswith(("instruction", "navigation")):
        return False
    return plays or len(richtext.to_text(text)) > _LONG


def _with_marks(question: DraftQuestion, weight: Decimal) -> DraftQuestion:
    marks = question.marks * weight
    if not 0 < marks <= MAX_MARKS:
        raise Refused(f"The marks ({marks:f}) are not a number above 0 (and up to {MAX_MARKS:,}).")
    return replace(question, marks=marks.normalize() + 0)


def _with_labels(question: DraftQuestion, resource: Resource, ref: ItemRef) -> DraftQuestion:
    tags = tuple(dict.fromkeys((*resource.keywords, *ref.categories)))
    return replace(question, tags=tags, topic=resource.topic, difficulty=resource.difficulty)


def _unsupported(item: Item) -> Refused:
    known = {"choiceInteraction", "orderInteraction", "matchInteraction", "associateInteraction"}
    known |= {"gapMatchInteraction", "inlineChoiceInteraction", "textEntryInteraction", "extendedTextInteraction"}
    other = next((each for each in item.interactions if each.name not in known), None)
    if other is not None:
        return Refused(f'Questions with a "{other.written}" cannot be imported.', other)
    undeclared = next((each for each in item.interactions if item.declared(each) is None), None)
    if undeclared is not None:
        return Refused("The response of an interaction is not declared.", undeclared)
    return Refused("It asks several things at once; one question is needed for each.", item.interactions[1])
