"""Moodle's ``matching``, whose answers are plain text."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import (
    TRUE,
    Answers,
    MoodleMapping,
    RefusedQuestion,
    as_area,
    few,
    kind_of,
    numbered,
    refuse_flaws,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import escape, flag, text_and_files
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Given, Prompt


class MatchingInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) in ("matching", "match")

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        elements = few(node, "subquestion")
        texts = [read_area(as_area(element), shelf) for element in elements]
        targets = [richtext.escape_plain(element.value("answer/text")) for element in elements]
        if any(not target for target in targets):
            raise RefusedQuestion("A pair has no answer.")
        places = {target: str(place) for place, target in enumerate(dict.fromkeys(targets))}
        prompts = tuple(
            Prompt("", area.html, places[target])
            for area, target in zip(texts, targets, strict=True)
            if not area.is_empty or area.problems
        )
        options = tuple(map(DraftOption, places))
        refuse_flaws("matching", "", Given(numbered(options), prompts=prompts))
        shuffle = node.value("shuffleanswers") in TRUE
        return Answers("matching", options, prompts=prompts, areas=tuple(texts), shuffle=shuffle)

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        used = {prompt.target for prompt in question.prompts}
        unused = (str(place) for place in range(len(question.options)) if str(place) not in used)
        pairs = [*question.prompts, *(Prompt("", "", target) for target in unused)]
        return "matching", [
            f"<shuffleanswers>{flag(question.shuffle)}</shuffleanswers>",
            *(
                f'<subquestion format="html">{text_and_files(pair.text, question.files)}<answer><text>'
                f"{escape(richtext.to_text(question.options[int(pair.target)].text))}</text></answer></subquestion>"
                for pair in pairs
            ),
        ]


MAPPING = MatchingInMoodle()
