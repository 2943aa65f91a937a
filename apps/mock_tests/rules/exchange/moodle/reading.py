"""Moodle XML: reading a question bank as a test.

Categories `$course$/top/<title>/<section>/<topic>` give the test its shape. A description opens a group that holds
the questions after it. A description tagged `instruction` carries the instruction of the group instead of a passage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
    Outcome,
    ReportRow,
)
from apps.mock_tests.rules.exchange.moodle.answers import RefusedQuestion
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area, shown_files
from apps.mock_tests.rules.exchange.moodle.questions import is_hidden, plain_name, read_question, tags_of
from apps.mock_tests.rules.exchange.moodle.tree import Limits, Node, read_tree
from apps.mock_tests.rules.exchange.outline import INSTRUCTION_TAG
from apps.mock_tests.rules.exchange.reading import Source, Watch, nobody
from apps.mock_tests.rules.exchange.sections import DEFAULT_SECTION, level_in, section_type
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.numbers import parse_number

DEFAULT_LIMITS: Final = Limits()
WATCHED: Final = 25
"""Questions between two words about how far it is."""

Path = tuple[str, ...]


def read_moodle_xml(
    data: Source, /, watch: Watch = nobody, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[DraftTest, ImportReport]:
    """Return what the file holds as a test, and what became of each of its questions.

    The title is empty when the categories name none. Raises `UnreadableFile` when the file as a whole cannot be read;
    a single question that cannot be taken is a refused row of the report.
    """
    root = read_tree(data, limits, watch)
    if root.tag != "quiz":
        raise UnreadableFile("not_moodle_xml", "The file is XML, but not a Moodle question file.", root.line)
    nodes = list(root.find_all("question"))
    if not nodes:
        raise UnreadableFile("no_questions", "The file holds no questions.", root.line)
    return draft_of(nodes, {}, watch)


def draft_of(
    nodes: Sequence[Node], refusals: Mapping[int, tuple[str, ...]], watch: Watch = nobody
) -> tuple[DraftTest, ImportReport]:
    """Return the test that Moodle's elements make, whatever file they come from; `refusals` are reasons by `id`
    against those that could not even be read."""
    return _Import(nodes, refusals, watch).result()


@dataclass(slots=True)
class _Block:
    """Questions of one category with the descriptions directly before them."""

    path: Path
    instruction: Node | None = None
    passages: list[Node] = field(default_factory=list)
    questions: list[Node] = field(default_factory=list)

    @property
    def descriptions(self) -> list[Node]:
        return [*([self.instruction] if self.instruction else []), *self.passages]


class _Import:
    """One file on its way to a test; rows are collected by element and reported in the order of the file."""

    def __init__(self, nodes: Sequence[Node], refusals: Mapping[int, tuple[str, ...]], watch: Watch) -> None:
        self._nodes = nodes
        self._refusals = refusals
        self._watch = watch
        self._rows: dict[int, ReportRow] = {}

    def result(self) -> tuple[DraftTest, ImportReport]:
        notes = _notes(self._nodes)
        blocks = list(_blocks(self._nodes))
        title = _common_title(blocks)
        sections: dict[str, list[DraftGroup]] = {}
        for block in (part for whole in blocks for part in self._dealt_out(whole)):
            group = self._group(block)
            if group.questions:
                sections.setdefault(_section_name(block.path, title), []).append(group)
        test = DraftTest(
            title=title,
            level=level_in(title),
            sections=tuple(DraftSection(name, section_type(name), tuple(sections[name])) for name in sections),
        )
        rows = tuple(self._rows[id(node)] for node in self._nodes if id(node) in self._rows)
        return test, ImportReport(rows, notes)

    def _dealt_out(self, block: _Block) -> Iterator[_Block]:
        """Split a run of passages by the question numbers in their names, or keep all of them together."""
        hands = _deal([plain_name(passage) for passage in block.passages], len(block.questions))
        if not hands:
            yield block
            return
        for number, (passage, hand) in enumerate(zip(block.passages, hands, strict=True)):
            questions = [block.questions[position] for position in hand]
            yield _Block(block.path, block.instruction if number == 0 else None, [passage], questions)

    def _group(self, block: _Block) -> DraftGroup:
        shelf = Shelf()
        instruction = read_area(_text_of(block.instruction), shelf)
        passages = [read_area(_text_of(passage), shelf) for passage in block.passages]
        files = shown_files([instruction, *passages])
        obstacle = self._obstacle(block, [instruction, *passages], files)
        topic = block.path[-1] if block.path else ""
        questions = tuple(q for node in block.questions if (q := self._question(node, topic, obstacle)))
        self._report_descriptions(block, instruction, passages, taken=bool(questions))
        return DraftGroup(
            title=plain_name(block.descriptions[-1]) if len(block.passages) < 2 and block.descriptions else topic,
            instruction=instruction.html,
            reading_text="\n".join(passage.html for passage in passages if passage.html),
            files=files,
            questions=questions,
        )

    def _obstacle(self, block: _Block, areas: Sequence[Area], files: Sequence[DraftFile]) -> str:
        """Why no question of the block can be taken, or nothing."""
        if any(area.problems for area in areas):
            return f"Its passage or instruction was refused (line {block.descriptions[0].line})."
        if sum(file.kind == "audio" for file in files) > 1:
            return "Its passages play more than one recording."
        return ""

    def _question(self, node: Node, topic: str, obstacle: str) -> DraftQuestion | None:
        if is_hidden(node):
            self._report(node, "ignored", ("It is hidden in Moodle.",))
            return None
        if id(node) in self._refusals:
            self._report(node, "refused", self._refusals[id(node)])
            return None
        try:
            read = read_question(node, topic)
        except RefusedQuestion as refusal:
            self._report(node, "refused", refusal.reasons)
            return None
        if obstacle:
            self._report(node, "refused", (obstacle,))
            return None
        self._report(node, "partly" if read.notes else "taken", read.notes)
        # A large file is not kept twice, as elements and as questions.
        node.children = []
        return read.question

    def _report_descriptions(self, block: _Block, instruction: Area, passages: Sequence[Area], *, taken: bool) -> None:
        areas = [*([instruction] if block.instruction else []), *passages]
        for node, area in zip(block.descriptions, areas, strict=True):
            notes = area.notes
            if len(passages) > 1 and node is not block.instruction:
                notes = (*notes, "Its questions could not be told apart; all passages stand before all questions.")
            if area.problems:
                self._report(node, "refused", area.problems)
            elif not taken:
                self._report(node, "ignored", ("No question that was taken belongs to it.",))
            else:
                self._report(node, "partly" if notes else "taken", notes)

    def _report(self, node: Node, outcome: Outcome, reasons: tuple[str, ...]) -> None:
        kind = node.attributes.get("type", "")
        self._rows[id(node)] = ReportRow(node.line, kind, plain_name(node), outcome, reasons)
        if len(self._rows) % WATCHED == 0:
            self._watch(len(self._rows))


def _blocks(nodes: Iterable[Node]) -> Iterator[_Block]:
    block: _Block | None = None
    path: Path = ()
    for node in nodes:
        kind = node.attributes.get("type", "")
        if kind == "category":
            new_path = _category(node.value("category/text"))
            if block and (block.descriptions or new_path != path):
                yield block
                block = None
            path = new_path
            continue
        starts = kind == "description" and (INSTRUCTION_TAG in tags_of(node) or block is None or block.questions)
        if block is None or starts:
            if block:
                yield block
            block = _Block(path)
        if kind != "description":
            block.questions.append(node)
        elif INSTRUCTION_TAG in tags_of(node):
            block.instruction = node
        else:
            block.passages.append(node)
    if block:
        yield block


def _category(text: str) -> Path:
    """The names on a category path; a slash inside a name is written twice."""
    names = [" ".join(name.replace("//", "/").split()) for name in re.split(r"(?<!/)/(?!/)", text)]
    if names and re.fullmatch(r"\$\w+\$", names[0]):
        names = names[1:]
        if names and names[0] == "top":
            names = names[1:]
    return tuple(name for name in names if name)


def _common_title(blocks: Sequence[_Block]) -> str:
    """The first name of all paths, when they share one."""
    titles = {block.path[0] if block.path else "" for block in blocks}
    return titles.pop() if len(titles) == 1 else ""


def _section_name(path: Path, title: str) -> str:
    names = path[1:] if title else path
    return names[0] if names else title or DEFAULT_SECTION


def _deal(names: Sequence[str], count: int) -> list[list[int]]:
    """Return the positions of the questions of each passage, or nothing when the names do not say.

    The numbers may count from the first question of the run or of a whole book, so only their order matters.
    """
    numbers = [_question_numbers(name) for name in names]
    known = sorted(number for mentioned in numbers for number in mentioned)
    if len(names) < 2 or not all(numbers) or len(set(known)) != len(known) or len(known) != count:
        return []
    position = {number: place for place, number in enumerate(known)}
    return [sorted(position[number] for number in mentioned) for mentioned in numbers]


def _question_numbers(name: str) -> list[int]:
    """The numbers of questions named as in "Passage 1 (Q1, Q2)", "Questions 3-5" or "問6〜8"."""
    said = re.search(r"(?:\bQ|\bQuestions?|\bItems?|問題?)\s*\d.*", unicodedata.normalize("NFKC", name), re.IGNORECASE)
    if said is None:
        return []
    numbers: list[int] = []
    for first, last in re.findall(r"(\d{1,4})(?:\s*[-–—~〜]\s*(?:Q|問)?\s*(\d{1,4}))?", said.group()):
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def _text_of(description: Node | None) -> Node | None:
    return description.find("questiontext") if description else None


def _notes(nodes: Sequence[Node]) -> tuple[str, ...]:
    """What the file says about all its questions and the product does not use."""
    notes = []
    if any(parse_number(node.value("penalty", "0")) for node in nodes):
        notes.append("Penalties for repeated tries are not used.")
    if any(node.value("hint/text") for node in nodes):
        notes.append("Hints are not used.")
    kinds = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
    if any(node.value(f"{kind}/text") for node in nodes for kind in kinds):
        notes.append("General words after right or wrong answers are not used; explanations are.")
    return tuple(notes)
