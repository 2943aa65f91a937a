"""``{=Japan -> Tokyo =India -> Delhi}`` in GIFT."""

from __future__ import annotations

from collections.abc import Iterator

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import (
    GiftMapping,
    element,
    escaped,
    html,
    meant,
    own_area,
    refuse,
    refuse_words,
)
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.texts import richtext


class MatchingInGift(GiftMapping):
    turn = 30

    def takes(self, answers: str) -> bool:
        return "=" in answers and "->" in answers

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "matching", list(_pairs(answers, form))

    def write(self, question: DraftQuestion) -> str:
        targets = [richtext.to_text(option.text).replace("\n", " ") for option in question.options]
        if not all(targets):
            raise CannotHold("GIFT holds no files, and without them an answer is empty.")
        if any(not richtext.to_text(richtext.without_images(prompt.text)) for prompt in question.prompts):
            raise CannotHold("GIFT holds no files, and without them a pair is empty.")
        used = {prompt.target for prompt in question.prompts}
        pairs = [(html(prompt.text), targets[int(prompt.target)]) for prompt in question.prompts]
        pairs += [("", target) for place, target in enumerate(targets) if str(place) not in used]
        return "".join(f"\n={prompt} -> {escaped(target)}" for prompt, target in pairs)


def _pairs(answers: str, form: str) -> Iterator[Node]:
    first, *pieces = answers.split("=")
    refuse_words(first)
    for piece in pieces:
        prompt, arrow, target = piece.partition("->")
        if not arrow:
            refuse(f'The pair "{shortened(meant(piece))}" has no ->.')
        node = own_area("subquestion", prompt, form)
        node.children.append(Node("answer", {}, 0, [element("text", target)]))
        yield node


MAPPING = MatchingInGift()
