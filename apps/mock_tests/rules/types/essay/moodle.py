"""Moodle's ``essay``, without files and without a rubric: what it tells graders is the model answer."""

from __future__ import annotations

from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import Answers, MoodleMapping, RefusedQuestion, kind_of, refuse_flaws
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import area
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.essay import LONGEST, without_rubric

_THOUSANDTH = Decimal("0.001")


class EssayInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "essay"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        if node.value("responseformat") == "noinline":
            raise RefusedQuestion("It takes files only; essays are written as text here.")
        said = read_area(node.find("graderinfo"), shelf)
        # Marks that are no number are refused where they are read.
        marks = parse_number(node.value("defaultgrade", "1")) or Decimal(1)
        limits = {"unit": "words", "least": _words(node, "minwordlimit"), "most": _words(node, "maxwordlimit")}
        own = without_rubric(marks.quantize(_THOUSANDTH), limits=limits, model_answer=said.html)
        refuse_flaws("essay", "", Given(own=own))
        notes = []
        if node.value("attachments", "0") != "0":
            notes.append("Files cannot be handed in with it; only its text is taken.")
        if not read_area(node.find("responsetemplate"), shelf).is_empty:
            notes.append("The text that stands in the answer at first was left out.")
        return Answers("essay", own=own, areas=(said,), notes=tuple(notes))

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        limits = question.own["limits"]
        counted = {name: (limits[name] if limits["unit"] == "words" else None) or 0 for name in ("least", "most")}
        return "essay", [
            "<responseformat>plain</responseformat><responserequired>0</responserequired>",
            "<responsefieldlines>15</responsefieldlines>",
            f"<minwordlimit>{counted['least']}</minwordlimit><maxwordlimit>{counted['most']}</maxwordlimit>",
            "<attachments>0</attachments><attachmentsrequired>0</attachmentsrequired>",
            area("graderinfo", question.own["model_answer"], question.files),
        ]


def _words(node: Node, name: str) -> int | None:
    count = parse_number(node.value(name, "0"))
    return int(count) if count and 0 < count <= LONGEST else None


MAPPING = EssayInMoodle()
